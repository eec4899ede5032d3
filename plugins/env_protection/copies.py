"""Secret files under other names: hard links, and copies byte for byte.

Whoever made the copy, by whatever program, it is as secret as what it was made of.
Compared are files of the same size as a secret file of the work tree. A file that is
older than the secret one is no copy of it: `.env` often begins as a copy of a sample.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from stat import S_ISREG

from .disk import Disk

_MOST_SECRETS = 50
_MOST_DIRECTORIES = 24
_DEEPEST = 2
#: Smaller ones are like others by chance.
_SMALLEST = 16
#: Directories that hold what others wrote, and none of the user's own secrets.
FOREIGN = frozenset(
    {
        ".git",
        ".hg",
        ".mypy_cache",
        ".next",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".terraform",
        ".tox",
        ".venv",
        "__pycache__",
        "bower_components",
        "node_modules",
        "site-packages",
        "venv",
    }
)
#: By work tree and rules: the directories that were looked at, when each had changed,
#: and the paths of the secret files in them.
_kept: dict[object, tuple[tuple[tuple[str, int], ...], tuple[str, ...]]] = {}
_MOST_KEPT = 16


class Copies:
    """Knows the work tree's secret files, and what is like them.

    :param rule_of: judges a path by its name.
    :param holds_secret: judges it by its text too, where that decides.
    :param rules: what `rule_of` goes by, to be compared.
    """

    def __init__(
        self,
        disk: Disk,
        worktree: str,
        rule_of: Callable[[str], str | None],
        holds_secret: Callable[[str], bool],
        rules: object,
    ) -> None:
        self._disk = disk
        self._worktree = worktree
        self._rule_of = rule_of
        self._holds_secret = holds_secret
        self._key = (worktree, rules)
        self._secrets: list[tuple[str, os.stat_result]] | None = None

    def holds(self, path: str) -> bool:
        """Return whether path is a secret file by another name, or a copy of one."""
        state = self._disk.state(path)
        if state is None or not S_ISREG(state.st_mode):
            return False
        return any(
            self._is_like(path, state, secret, other)
            for secret, other in self.secrets()
            if other.st_size == state.st_size
        )

    def _is_like(
        self, path: str, state: os.stat_result, secret: str, other: os.stat_result
    ) -> bool:
        if (state.st_dev, state.st_ino) == (other.st_dev, other.st_ino):
            return True
        # Nobody can set the time of a file's last change of any kind.
        if state.st_size < _SMALLEST or state.st_ctime_ns < other.st_ctime_ns:
            return False
        content = self._disk.read(secret)
        return content is not None and content == self._disk.read(path)

    def secrets(self) -> list[tuple[str, os.stat_result]]:
        """Return the secret files of the work tree's upper directories."""
        if self._secrets is None:
            states = ((path, self._disk.state(path)) for path in self._paths())
            self._secrets = [
                (path, state)
                for path, state in states
                if state is not None
                and S_ISREG(state.st_mode)
                and self._holds_secret(path)
            ]
        return self._secrets

    def _paths(self) -> tuple[str, ...]:
        kept = _kept.get(self._key)
        if kept is not None and all(self._changed(at) == when for at, when in kept[0]):
            return kept[1]
        looked: list[tuple[str, int]] = []
        paths = tuple(self._found(looked))[:_MOST_SECRETS]
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[self._key] = (tuple(looked), paths)
        return paths

    def _changed(self, directory: str) -> int:
        state = self._disk.state(directory)
        return 0 if state is None else state.st_mtime_ns

    def _found(self, looked: list[tuple[str, int]]) -> Iterator[str]:
        todo = [(self._worktree, 0)]
        while todo and len(looked) < _MOST_DIRECTORIES:
            directory, depth = todo.pop(0)
            looked.append((directory, self._changed(directory)))
            for name in self._disk.names_in(directory) or ():
                path = f"{directory.rstrip('/')}/{name}"
                if self._rule_of(path):
                    yield path
                elif depth < _DEEPEST and "." not in name and name not in FOREIGN:
                    todo.append((path, depth + 1))
