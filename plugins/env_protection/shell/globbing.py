"""File names that a pattern stands for."""

from __future__ import annotations

from collections.abc import Sequence

from ..access import Findings, World
from ..programs.places import absolute
from ..words import UNKNOWN, Word
from .patterns import Chunk, compiled, is_pattern, matches, stretched

#: A pattern that needs more directories listed is not resolved.
_MOST_DIRECTORIES = 64
#: More names are one unknown stretch.
_MOST_NAMES = 512


class TooManyError(Exception):
    """The pattern stands for more than is looked at."""


def paths(
    chunks: Sequence[Chunk],
    cwd: str,
    world: World,
    options: frozenset[str],
    findings: Findings,
) -> list[Word]:
    """Return the names that a word with a pattern becomes.

    What cannot be listed stays a word with an unknown stretch.
    """
    literal = "".join(text for text, _ in chunks)
    unresolved = Word(stretched(chunks), many=True)
    if UNKNOWN in literal or UNKNOWN in cwd:
        return [unresolved]
    walk = _Walk(cwd, world, options, findings)
    try:
        found = walk.names(_components(chunks))
    except TooManyError:
        return [unresolved]
    if found:
        return [Word(name) for name in sorted(found)]
    return [] if "nullglob" in options else [Word(_without_backslashes(chunks))]


def _without_backslashes(chunks: Sequence[Chunk]) -> str:
    return "".join(text for text, _ in chunks)


def _components(chunks: Sequence[Chunk]) -> list[list[Chunk]]:
    """Split a pattern at its slashes, not within parentheses."""
    found: list[list[Chunk]] = [[]]
    depth = 0
    for text, quoted in chunks:
        start = 0
        for place, letter in enumerate(text):
            if letter == "/" and not depth:
                found[-1].append((text[start:place], quoted))
                found.append([])
                start = place + 1
            elif not quoted and letter in "()":
                depth = max(0, depth + (1 if letter == "(" else -1))
        found[-1].append((text[start:], quoted))
    return found


class _Walk:
    """Lists directories, not too many."""

    def __init__(
        self, cwd: str, world: World, options: frozenset[str], findings: Findings
    ) -> None:
        self.cwd, self.world, self.findings = cwd, world, findings
        self.options = options
        self.fold = "nocaseglob" in options
        self.hidden = "dotglob" in options
        self.left = _MOST_DIRECTORIES

    def names(self, components: list[list[Chunk]]) -> list[str]:
        """Return what the components match."""
        places = [""]
        for number, component in enumerate(components):
            last = number == len(components) - 1
            text = "".join(piece for piece, _ in component)
            if text == "**" and is_pattern(component):
                places = self._below(places, last)
            elif is_pattern(component):
                places = self._matched(places, component, last)
            else:
                places = [place + text + ("" if last else "/") for place in places]
                if number and last and text:
                    places = [place for place in places if self._exists(place)]
            if not places:
                return []
        return places

    def _exists(self, name: str) -> bool:
        path = absolute(name, self.cwd)
        directory, _, wanted = path.rpartition("/")
        listed = self._list(directory or "/")
        return wanted in listed or self.world.is_directory(path)

    def _list(self, directory: str) -> Sequence[str]:
        self.left -= 1
        if self.left < 0:
            raise TooManyError
        listed = self.world.names_in(directory)
        if listed is None:
            raise TooManyError
        # Matching a name is cheap beside following a word.
        if not self.findings.step(1 + len(listed) // 16):
            raise TooManyError
        return listed

    def _matched(
        self, places: list[str], component: list[Chunk], last: bool
    ) -> list[str]:
        tokens = compiled(component)
        first = tokens[0] if tokens else ("", None)
        dotted = first == ("c", ".") or first[0] == "group"
        found: list[str] = []
        for place in places:
            path = absolute(place or ".", self.cwd)
            names = self._list(path)
            if not self.findings.step(len(names) * len(tokens) // 16):
                raise TooManyError
            for name in names:
                if name[:1] == "." and not (dotted or self.hidden):
                    continue
                if not matches(tokens, name, fold=self.fold):
                    continue
                if last:
                    found.append(place + name)
                elif self.world.is_directory(absolute(place + name, self.cwd)):
                    found.append(f"{place}{name}/")
            if len(found) > _MOST_NAMES:
                raise TooManyError
        return found

    def _below(self, places: list[str], last: bool) -> list[str]:
        """Return what `**` matches: directories at any depth, files if it is last.

        Without the option globstar it is `*`, which is less.
        """
        found: list[str] = []
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            found.append(place)
            for name in self._list(absolute(place or ".", self.cwd)):
                if name[:1] == "." and not self.hidden:
                    continue
                if self.world.is_directory(absolute(place + name, self.cwd)):
                    waiting.append(f"{place}{name}/")
                elif last:
                    found.append(place + name)
            if len(found) + len(waiting) > _MOST_NAMES:
                raise TooManyError
        return [name for name in found if name] if last else found
