"""Whether Cursor runs hooks that were installed for it.

Then they tell everything, and what an entry of Claude Code's is told besides is no
news. Asked only of what came by such an entry: two small files are read then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ..wire.json_comments import plain_json
from .names import AGENT_HOST, HOME_VARIABLE, PROJECT_VARIABLE

HOOKS_FILE = os.path.join(".cursor", "hooks.json")
OBSERVE = "--observe"
#: The event whose hook must be there: a guard's.
_GATE = "preToolUse"
#: Bytes; a hooks file with more is none.
_MOST = 2**20


def are_there(environment: Mapping[str, Any]) -> bool:
    """Return whether the project's or the user's hooks file has a gate of ours."""
    places = (environment.get(PROJECT_VARIABLE), environment.get(HOME_VARIABLE))
    return any(
        _has_gate(os.path.join(place, HOOKS_FILE))
        for place in places
        if isinstance(place, str) and os.path.isabs(place) and "\0" not in place
    )


def is_our_hook(entry: object, event: str) -> bool:
    """Know an entry by its last arguments, whatever else it has."""
    words = words_of(entry)
    tail = words[:-1] if words[-1:] == [OBSERVE] else words
    return tail[-2:] == [AGENT_HOST, event] and len(tail) > 2


def words_of(entry: object) -> list[str]:
    """Return the words of an entry's line for the shell; none where it is no entry."""
    # Imported late: most who load this are never asked.
    import shlex

    command = entry.get("command") if isinstance(entry, Mapping) else None
    try:
        return shlex.split(command) if isinstance(command, str) else []
    except ValueError:
        return []  # a quote without its end: a shell would not run it either


def _has_gate(path: str) -> bool:
    try:
        with open(path, encoding="utf-8-sig") as file:
            found = json.loads(plain_json(file.read(_MOST)))
    except (OSError, ValueError, RecursionError):
        return False
    hooks = found.get("hooks") if isinstance(found, dict) else None
    entries = hooks.get(_GATE) if isinstance(hooks, dict) else None
    return isinstance(entries, list) and any(
        is_our_hook(entry, _GATE) for entry in entries
    )
