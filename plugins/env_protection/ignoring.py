"""What git would leave out, by gitignore(5): `.gitignore`, `info/exclude`.

Only rules are read: a file that git tracks already is not ignored whatever they say.
The user's own `core.excludesFile` is looked for in its usual place.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from hookwright.core.api import git_dir_of

from .disk import Disk
from .globs import name_matches

_MOST_RULES = 2_000


class _Rule(NamedTuple):
    """One line: its pattern's names, and what it means."""

    names: tuple[str, ...]
    negated: bool
    only_directories: bool
    anywhere: bool


class Ignoring:
    """The rules of one work tree, read as directories are entered.

    :param worktree: its top.
    """

    def __init__(self, disk: Disk, worktree: str, home: str) -> None:
        self._disk = disk
        self._top = worktree.rstrip("/")
        self._rules: dict[str, tuple[_Rule, ...]] = {}
        git_dir = git_dir_of(worktree)
        first = [f"{home}/.config/git/ignore"]
        if git_dir is not None:
            first.append(os.path.join(_common(disk, git_dir), "info", "exclude"))
        self._general = tuple(rule for path in first for rule in self._read(path))

    def enter(self, directory: str) -> None:
        """Read the directory's own `.gitignore`, and those above it."""
        while directory.startswith(self._top) and directory not in self._rules:
            self._rules[directory] = self._read(f"{directory}/.gitignore")
            directory = directory.rpartition("/")[0]

    def ignores(self, path: str, is_directory: bool = False) -> bool:
        """Return whether git leaves the path out, or a directory above it."""
        if not path.startswith(f"{self._top}/"):
            return False
        names = path[len(self._top) + 1 :].split("/")
        self.enter(path.rpartition("/")[0])
        for size in range(1, len(names) + 1):
            last = size == len(names)
            if self._hits(names[:size], is_directory or not last):
                return True
        return False

    def _hits(self, names: list[str], is_directory: bool) -> bool:
        """Return what the last rule that matches says; the nearest file counts most."""
        for depth in range(len(names) - 1, -1, -1):
            directory = "/".join([self._top, *names[:depth]])
            found = _last_match(
                self._rules.get(directory, ()), names[depth:], is_directory
            )
            if found is not None:
                return not found.negated
        found = _last_match(self._general, names, is_directory)
        return found is not None and not found.negated

    def _read(self, path: str) -> tuple[_Rule, ...]:
        content = self._disk.read(path)
        if content is None:
            return ()
        lines = content.decode("utf-8", "surrogateescape").split("\n")[:_MOST_RULES]
        rules = (_rule_of(line) for line in lines)
        return tuple(rule for rule in rules if rule is not None)


def _common(disk: Disk, git_dir: str) -> str:
    content = disk.read(os.path.join(git_dir, "commondir"))
    if content is None:
        return git_dir
    named = content.decode("utf-8", "surrogateescape").strip()
    return os.path.normpath(os.path.join(git_dir, named))


def _rule_of(line: str) -> _Rule | None:
    text = line.rstrip("\r")
    bare = text.rstrip(" ")
    # A space at the end counts when it is escaped.
    text = bare + " " if bare.endswith("\\") and bare != text else bare
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[1:] if negated else text
    only_directories = text.endswith("/")
    text = text.rstrip("/")
    anywhere = "/" not in text
    names = tuple(_plain(name) for name in text.split("/") if name)
    if not names:
        return None
    return _Rule(names, negated, only_directories, anywhere)


def _plain(name: str) -> str:
    """Return a pattern's name with `\\#` as `[#]`, which both matchers understand."""
    if "\\" not in name:
        return name
    made, place = "", 0
    while place < len(name):
        if name[place] == "\\" and place + 1 < len(name):
            place += 1
            made += f"[{name[place]}]" if name[place] in "*?[" else name[place]
        else:
            made += name[place]
        place += 1
    return made


def _last_match(
    rules: tuple[_Rule, ...], names: list[str], is_directory: bool
) -> _Rule | None:
    for rule in reversed(rules):
        if rule.only_directories and not is_directory:
            continue
        if rule.anywhere:
            if name_matches(rule.names[0], names[-1]):
                return rule
        elif _path_matches(rule.names, names):
            return rule
    return None


def _path_matches(wanted: tuple[str, ...], names: list[str]) -> bool:
    at = place = 0
    back = (-1, 0)
    while place < len(names):
        if at < len(wanted) and wanted[at] == "**":
            back = (at, place)
            at += 1
        elif at < len(wanted) and name_matches(wanted[at], names[place]):
            at, place = at + 1, place + 1
        elif back[0] >= 0:
            back = (back[0], back[1] + 1)
            at, place = back[0] + 1, back[1]
        else:
            return False
    # `x/**` needs something in x; `**/x` may begin anywhere.
    return at == len(wanted) or (wanted[at:] == ("**",) and back[0] == at)
