"""Keep the event of a process that failed: redacted and spooled as on the cold path.

Standard library only. Whatever made that process fail may have made the settings
unreadable too, so every redaction rule that can be found in them counts, and nothing
that takes one back: what is redacted without need is no harm.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..places import CONFIG_FILE, PROJECT_CONFIG_FILE, find_places
from ..redaction import Redactor
from . import cold, cold_rules
from .cold_rules import ColdRules
from .intake import RawDelivery

_VARIABLE = "HOOKWRIGHT__REDACTION__EXTRA"
_Pair = tuple[str, str]


def record(raw: RawDelivery) -> None:
    """Redact the event and put it in the spool; what is wrong is told on stderr."""
    cold.record(raw, "", rules_for(raw))


def rules_for(raw: RawDelivery) -> ColdRules:
    """Return the redaction rules that hold for an event, as far as they are known."""
    _, config = find_places(raw.environment)
    project = os.path.join(cold.worktree_of(raw.cwd), PROJECT_CONFIG_FILE)
    rules = cold_rules.load_here(raw.environment)
    if rules is not None and not os.path.exists(project):
        return rules
    extra = [*(rules.extra if rules else ())]
    for file in (os.path.join(config, CONFIG_FILE), project):
        extra += _pairs(_redaction_in(file).get("extra"))
    extra += _pairs(_decoded(raw.environment))
    hosts = rules.hosts if rules else None
    return ColdRules(hosts, tuple(_usable(dict.fromkeys(extra))))


def _redaction_in(file: str) -> Mapping[str, Any]:
    """Return a configuration file's table `redaction`; empty where there is none."""
    # Imported late: only who comes here needs it.
    import tomllib

    try:
        with open(file, "rb") as opened:
            table = tomllib.load(opened).get("redaction")
    except (OSError, ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _decoded(environment: Mapping[str, str]) -> object:
    try:
        return json.loads(environment.get(_VARIABLE, "[]"))
    except (ValueError, RecursionError):
        return []


def _pairs(value: object) -> Iterator[_Pair]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            name, pattern = item.get("name"), item.get("pattern")
            if isinstance(name, str) and isinstance(pattern, str):
                yield name, pattern


def _usable(pairs: Iterable[_Pair]) -> Iterator[_Pair]:
    for pair in pairs:
        try:
            Redactor(b"", extra=[pair])
        except ValueError:
            continue  # nobody could have used it
        yield pair
