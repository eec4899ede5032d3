"""Whether Copilot CLI runs hooks that were installed for it.

Then it tells everything there, and what it tells an entry of Claude Code's besides is
no news. This is asked while an agent waits: two small files, read when they change.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .names import AGENT_HOST, PROJECT_VARIABLE
from .sessions import home_of

USER_FILE = "hooks/hookwright.json"
PROJECT_FILE = ".github/copilot/settings.local.json"
OBSERVE = "--observe"
#: The event whose hook must be there: a guard's.
_GATE = "preToolUse"
#: Bytes; a settings file with more is none.
_MOST = 2**20


class OwnHooks:
    """Finds our own hooks, remembering what each file held when it was last changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, int, int], bool]] = {}

    def are_there(self, environment: Mapping[str, Any]) -> bool:
        """Return whether the user's or the project's file has hooks of ours.

        A project's are run in the same folders as the entries of Claude Code's: in
        those that are trusted.
        """
        files = [str(home_of(environment) / USER_FILE)]
        project = environment.get(PROJECT_VARIABLE)
        if isinstance(project, str) and os.path.isabs(project) and "\0" not in project:
            files.append(os.path.join(project, PROJECT_FILE))
        return any(map(self._is_in, files))

    def _is_in(self, path: str) -> bool:
        try:
            state = os.stat(path)
            mark = (state.st_mtime_ns, state.st_size, state.st_ino)
            known = self._known.get(path)
            if known is None or known[0] != mark:
                known = mark, state.st_size <= _MOST and has_ours(Path(path))
                self._known[path] = known
            return known[1]
        except OSError:
            return False


def has_ours(path: Path) -> bool:
    """Return whether a hooks file has a gate of ours.

    :raises OSError: the file cannot be read.
    """
    try:
        found = json.loads(path.read_bytes())
        entries = found["hooks"][_GATE]
        return any(is_our_hook(entry, _GATE) for entry in entries)
    except (KeyError, TypeError, ValueError, RecursionError):
        return False


def is_our_hook(entry: object, event: str) -> bool:
    """Know a hook by its last arguments, whatever else it has."""
    if not isinstance(entry, dict) or not isinstance(entry.get("exec"), str):
        return False
    args = entry.get("args")
    if not isinstance(args, list):
        return False
    tail = args[:-1] if args[-1:] == [OBSERVE] else args
    return tail[-2:] == [AGENT_HOST, event]
