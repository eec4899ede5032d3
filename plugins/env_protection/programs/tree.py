"""Files below a directory, for programs that search: bounded, near ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..globs import name_matches
from ..words import UNKNOWN
from .call import Call

#: Directories of others' files, and git's own: no walk enters them.
SKIPPED = frozenset(
    {
        ".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", ".cache", ".idea",
        "node_modules", "__pycache__", "site-packages", ".mypy_cache", ".ruff_cache",
        ".pytest_cache", "target", "vendor", ".next", ".nuxt", ".gradle", ".terraform",
    }
)  # fmt: skip
#: Endings of sources: after so many that are not protected, the rest is not asked for.
_SOURCES = frozenset(
    [
        "py",
        "pyi",
        "js",
        "jsx",
        "ts",
        "tsx",
        "mjs",
        "cjs",
        "css",
        "scss",
        "html",
        "vue",
        "svelte",
        "md",
        "rst",
        "c",
        "h",
        "cc",
        "cpp",
        "hpp",
        "go",
        "rs",
        "java",
        "kt",
        "swift",
        "rb",
        "php",
        "cs",
        "scala",
        "lua",
        "pl",
        "sh",
        "sql",
        "svg",
        "png",
        "jpg",
        "gif",
        "map",
        "snap",
    ]
)
_MOST_SOURCES = 40
_MOST_NAMES = 800
_MOST_DIRECTORIES = 100


class Found(NamedTuple):
    """What a walk came upon.

    :param parts: names below where it began; () for the start itself.
    """

    path: str
    parts: tuple[str, ...]
    is_directory: bool

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass
class Walk:
    """A walk over the files below a directory, near ones first.

    :ivar is_whole: whether nothing was left out because there was too much.
    """

    call: Call
    start: str
    hidden: bool = True
    is_whole: bool = True
    _sources: int = 0

    def is_secret(self, item: Found) -> bool:
        """Return whether a file that the walk came upon is protected."""
        if item.is_directory:
            return False
        if item.name.rpartition(".")[2].lower() in _SOURCES:
            self._sources += 1
            if self._sources > _MOST_SOURCES:
                return False
        return self.call.world.is_secret(item.path)

    def __iter__(self) -> Iterator[Found]:
        """Yield the start and everything below it, as far as the limits go."""
        world = self.call.world
        yield Found(self.start, (), world.is_directory(self.start))
        waiting: list[tuple[str, tuple[str, ...]]] = [(self.start, ())]
        names_left, directories = _MOST_NAMES, 0
        if UNKNOWN in self.start:
            self.is_whole = False
            return
        for directory, parts in waiting:
            directories += 1
            names = world.names_in(directory)
            names_left -= len(names or ())
            if names is None or names_left < 0 or directories > _MOST_DIRECTORIES:
                self.is_whole = False
                return
            if not self.call.findings.step(1 + len(names) // 4):
                return
            for name in names:
                if not self.hidden and name.startswith("."):
                    continue
                path = f"{directory.rstrip('/')}/{name}"
                below = world.is_directory(path)
                yield Found(path, (*parts, name), below)
                if below and name not in SKIPPED:
                    waiting.append((path, (*parts, name)))


def any_matches(patterns: Sequence[str], name: str) -> bool:
    """Return whether a name matches one of these patterns (`*`, `?`, `[..]`)."""
    return any(name_matches(pattern, name) for pattern in patterns)


def secrets_below(
    call: Call,
    start: str,
    wanted: Callable[[Found], bool] = lambda _: True,
    *,
    hidden: bool = True,
) -> tuple[list[str], bool]:
    """Return the secret files below a directory, and whether all were looked at."""
    walk = Walk(call, start, hidden)
    found = [item.path for item in walk if wanted(item) and walk.is_secret(item)]
    return found, walk.is_whole


def as_unknown(pattern: str) -> str:
    """Return a file pattern as text with unknown stretches."""
    text, place = "", 0
    while place < len(pattern):
        letter = pattern[place]
        if letter in "*?":
            text += UNKNOWN
        elif letter == "[" and "]" in pattern[place + 2 :]:
            text += UNKNOWN
            place = pattern.index("]", place + 2)
        elif letter == "\\" and place + 1 < len(pattern):
            place += 1
            text += pattern[place]
        else:
            text += letter
        place += 1
    return text.replace(UNKNOWN * 2, UNKNOWN)
