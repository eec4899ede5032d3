"""What the guard itself rests on, which no agent may change.

Hookwright's settings, data and keys, and the files in which agent hosts and git were
told to ask Hookwright.
"""

from __future__ import annotations

import os
from functools import lru_cache

from hookwright.core.api import Paths, find_paths

from .access import Mode
from .disk import Disk

#: Files that make another program ask us; they count while they name us.
_HOOKS = (
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".codex/config.toml",
    ".codex/hooks.json",
    ".copilot/config.json",
    ".copilot/settings.json",
    ".cursor/hooks.json",
    ".gemini/settings.json",
    ".git/hooks/post-commit",
    ".git/hooks/pre-commit",
    ".git/hooks/pre-push",
    ".github/hooks/hookwright.json",
    ".config/opencode/plugin/hookwright.js",
    ".config/opencode/plugins/hookwright.js",
    ".opencode/plugin/hookwright.js",
    ".opencode/plugins/hookwright.js",
)
_CHANGES = frozenset({"write", "remove"})
_SHOWS = frozenset({"read", "copy", "commit", "send", "load"})
#: In the data directory; with the key one could guess what a token stands for.
_KEYS = ("/redaction.key", "/http.token")
_MOST = 1024 * 1024


@lru_cache(maxsize=16)
def _directories(*places: str) -> tuple[str, ...]:
    """Return the directories as they are named and as they are."""
    found = [(place.rstrip("/"), os.path.realpath(place)) for place in places]
    return tuple({each for pair in found for each in pair})


class OwnFiles:
    """Tells the files that only a person may change."""

    def __init__(self, disk: Disk, paths: Paths | None = None) -> None:
        self._disk = disk
        self._paths = paths

    def forbids(self, path: str, mode: Mode) -> bool:
        """Return whether that must not be done with the file."""
        if mode in _SHOWS:
            return path.endswith(_KEYS) and self._is_ours(path)
        if mode not in _CHANGES:
            return False
        return self._is_ours(path) or self._is_hook(path)

    def _is_ours(self, path: str) -> bool:
        paths = self._paths or find_paths()
        spellings = {path, self._disk.real(path)}
        return any(
            each == directory or each.startswith(f"{directory}/")
            for each in spellings
            for directory in _directories(str(paths.data), str(paths.config))
        )

    def _is_hook(self, path: str) -> bool:
        if not path.endswith(_HOOKS):
            return False
        content = self._disk.read(path, _MOST)
        return content is not None and b"hookwright" in content
