"""What the guard itself rests on, which no agent may change.

Hookwright's settings, data, keys and program, and the files in which agent hosts and
git were told to ask Hookwright; directories too, with which one of these would go.
"""

from __future__ import annotations

import os
from functools import lru_cache

from hookwright import hookspecs
from hookwright.core import api
from hookwright.core.api import Paths, find_paths

from .access import Mode
from .disk import Disk

#: Files that make another program ask us; they count while they name us.
_HOOKS = (
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".claude/skills/hookwright/.claude-plugin/plugin.json",
    ".claude/skills/hookwright/hooks/hooks.json",
    ".codex/config.toml",
    ".codex/hooks.json",
    ".copilot/config.json",
    ".copilot/hooks/hookwright.json",
    ".copilot/settings.json",
    ".cursor/hooks.json",
    ".gemini/extensions/hookwright/gemini-extension.json",
    ".gemini/extensions/hookwright/hooks/hooks.json",
    ".gemini/settings.json",
    ".git/hooks/post-commit",
    ".git/hooks/pre-commit",
    ".git/hooks/pre-push",
    ".github/copilot/settings.json",
    ".github/copilot/settings.local.json",
    ".github/hooks/hookwright.json",
    ".config/opencode/plugin/hookwright.js",
    ".config/opencode/plugins/hookwright.js",
    ".opencode/plugin/hookwright.js",
    ".opencode/plugins/hookwright.js",
)
#: A file counts that holds one of these; Codex keeps the hashes of hooks by themselves.
_MARKS = (b"hookwright", b"trusted_hash")
#: The names in each of them.
_PARTS = tuple(tuple(file.split("/")) for file in _HOOKS)
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


@lru_cache(maxsize=1)
def _program() -> tuple[str, ...]:
    """Return the directories that the parts of Hookwright are in."""
    parts = (os.path.dirname(hookspecs.__file__), os.path.dirname(api.__file__))
    return tuple({os.path.realpath(part) for part in parts})


class OwnFiles:
    """Tells the files that only a person may change.

    :param worktree: top of the work tree; who works on Hookwright itself changes it.
    """

    def __init__(
        self, disk: Disk, paths: Paths | None = None, worktree: str = ""
    ) -> None:
        self._disk = disk
        self._paths = paths
        self._worktree = worktree

    def forbids(self, path: str, mode: Mode) -> bool:
        """Return whether that must not be done with the file."""
        if mode in _SHOWS:
            return path.endswith(_KEYS) and self._is_ours(path)
        if mode not in _CHANGES:
            return False
        if self._is_ours(path) or self._is_hook(path):
            return True
        # To write into a directory (`wget -P ~`) changes nothing of ours in it.
        return mode == "remove" and self._is_above(path)

    def _is_ours(self, path: str) -> bool:
        real = self._disk.real(path)
        own = self._own_directories()
        if any(_is_in(each, directory) for each in {path, real} for directory in own):
            return True
        return any(
            _is_in(real, directory) and not _is_in(directory, self._worktree or "\0")
            for directory in _program()
        )

    def _own_directories(self) -> tuple[str, ...]:
        paths = self._paths or find_paths()
        return _directories(str(paths.data), str(paths.config))

    def _is_hook(self, path: str) -> bool:
        if not path.endswith(_HOOKS):
            return False
        content = self._disk.read(path, _MOST)
        return content is not None and any(mark in content for mark in _MARKS)

    def _is_above(self, path: str) -> bool:
        """Return whether something of ours goes with a directory: `rm -r .claude`."""
        if not self._disk.is_directory(path):
            return False
        if any(_is_in(directory, path) for directory in self._own_directories()):
            return True
        names = path.rstrip("/").split("/")
        return any(
            names[-count:] == list(parts[:count])
            and self._is_hook("/".join([*names, *parts[count:]]))
            for parts in _PARTS
            for count in range(1, len(parts))
        )


def _is_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory.rstrip('/')}/")
