"""The machine as earlier commands of the same line leave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..access import World
from ..words import UNKNOWN


class Overlay:
    """`World` with the files that the commands have written so far.

    :ivar written: absolute path -> content, `UNKNOWN` where it cannot be told.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.written: dict[str, str] = {}
        self._listed: dict[str, Sequence[str] | None] = {}

    @property
    def home(self) -> str:
        """The user's home directory."""
        return self._world.home

    @property
    def variables(self) -> Mapping[str, str]:
        """Variables whose values are known."""
        return self._world.variables

    def write(self, path: str, text: str, *, append: bool) -> None:
        """Note that a file is written."""
        if UNKNOWN in path and path in self.written:
            append = True  # it may be another file
        old = self.written.get(path, "") if append else ""
        self.written[path] = (old + text)[-100_000:]

    def names_in(self, directory: str) -> Sequence[str] | None:
        """Return the names in a directory, with those of new files."""
        if directory not in self._listed:
            self._listed[directory] = self._world.names_in(directory)
        found = self._listed[directory]
        if not self.written or found is None:
            return found
        start = directory.rstrip("/") + "/"
        new = {
            path[len(start) :].split("/", 1)[0]
            for path in self.written
            if path.startswith(start)
        }
        return sorted({*found, *new}) if new else found

    def is_directory(self, path: str) -> bool:
        """Return whether path is a directory."""
        return self._world.is_directory(path)

    def text_of(self, path: str) -> str | None:
        """Return a small text file's content, None where it is not to be had."""
        text = self.written.get(path)
        if text is None or self._world.is_secret(path):
            return self._world.text_of(path)
        return None if UNKNOWN in text else text

    def is_secret(self, path: str) -> bool:
        """Return whether the policy protects path."""
        return self._world.is_secret(path)
