"""What the daemon leaves behind for the path that has neither settings nor plugins.

Standard library only and light. The file `run/cold.json` says which agent hosts
there are, what each sends, and which redaction rules the user added. It holds only
while the configuration is the one it was made from.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..paths import Paths, make_private
from .client import VERSION
from .intake import InputFormat

FILE = "cold.json"
_OVERRIDE = "HOOKWRIGHT__REDACTION"


class HostRules(NamedTuple):
    """What one agent host sends, and the variables its adapter reads."""

    #: None: nobody knows.
    input_format: InputFormat | None
    environment: tuple[str, ...] = ()


class ColdRules(NamedTuple):
    """The rules of one configuration; `hosts` is None when nobody knows them yet."""

    hosts: Mapping[str, HostRules] | None = None
    extra: tuple[tuple[str, str], ...] = ()
    allow: tuple[str, ...] = ()
    #: Whether the project's own .env files say what is secret.
    env_files: bool = True
    #: The configuration they were made from.
    stamp: str = ""


def stamp_of(paths: Paths) -> str:
    """Return what changes when the user's configuration file does."""
    try:
        state = os.stat(paths.config_file)
    except OSError:
        return "none"
    return f"{state.st_mtime_ns}:{state.st_size}:{state.st_ino}"


def save(paths: Paths, rules: ColdRules) -> None:
    """Write the rules, whole or not at all.

    :raises OSError: the run directory cannot be written.
    """
    hosts = {name: host._asdict() for name, host in (rules.hosts or {}).items()}
    found = {"version": VERSION, **rules._asdict(), "hosts": hosts}
    content = json.dumps(found, sort_keys=True)
    file = paths.run / FILE
    draft = file.with_name(f"{FILE}.{os.getpid()}")
    make_private(paths.run)
    draft.write_text(content, "utf-8")
    os.replace(draft, file)


def load(paths: Paths, environment: Mapping[str, str]) -> ColdRules | None:
    """Return the rules, or None when only the whole program can tell them."""
    if any(name.startswith(_OVERRIDE) for name in environment):
        return None
    try:
        found = json.loads((paths.run / FILE).read_bytes())
        if found["version"] != VERSION or found["stamp"] != stamp_of(paths):
            return None
        return _rules(found)
    except FileNotFoundError:
        # Nobody ran yet: without a configuration the built-in rules are all.
        return ColdRules() if stamp_of(paths) == "none" else None
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return None


def _rules(found: dict[str, Any]) -> ColdRules:
    hosts = {
        name: HostRules(rules["input_format"], tuple(rules["environment"]))
        for name, rules in found["hosts"].items()
    }
    extra = tuple((name, pattern) for name, pattern in found["extra"])
    return ColdRules(
        hosts, extra, tuple(found["allow"]), found["env_files"], found["stamp"]
    )
