"""The file system as the guard may use it: cheap questions, and not too many.

Nothing here follows a pipe, reads a large file or lists a large directory, and after
so many questions it raises `TooMuchError`, which the guard answers with `ask`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from stat import S_ISDIR, S_ISLNK, S_ISREG

_QUESTIONS = 4_000
_ENTRIES = 20_000
_NAMES = 2_000
_TEXT = 64 * 1024
#: Seconds of this thread's own processor time, for what the counts miss: they are what
#: limits a verdict. A command may load the readers of the programs that it names.
_SECONDS = 0.5
_LOOK_EVERY = 16
#: Hookwright's own locks. Whoever closes such a file in the process that holds it
#: drops the lock (fcntl(2)), and this runs in the daemon.
_LOCK_FILES = frozenset({"lock.mdb", "daemon.lock", "start.lock"})


class TooMuchError(Exception):
    """The question would take too long."""


class Disk:
    """The file system, for one verdict; what was asked once is remembered."""

    def __init__(self) -> None:
        self._questions = _QUESTIONS
        self._entries = _ENTRIES
        self._ends_at = 0.0
        self._real: dict[str, str] = {}
        self._states: dict[str, os.stat_result | None] = {}
        self._names: dict[str, tuple[str, ...] | None] = {}
        self._contents: dict[tuple[str, int], bytes | None] = {}

    def start(self, seconds: float | None = None) -> None:
        """Let the processor's time count from now on."""
        given = _SECONDS if seconds is None else seconds
        self._ends_at = time.thread_time() + given

    def ask(self, count: int = 1) -> None:
        """Count questions.

        :raises TooMuchError: there were too many, or they took too long.
        """
        self._questions -= count
        if self._questions < 0:
            raise TooMuchError("too many files would have to be looked at")
        # To ask for the time takes as long as a question.
        if self._questions % _LOOK_EVERY + count < _LOOK_EVERY or not self._ends_at:
            return
        if time.thread_time() > self._ends_at:
            raise TooMuchError("it takes too long to follow")

    def state(self, path: str) -> os.stat_result | None:
        """Return what `stat` says of the file behind path; None when there is none."""
        if path in self._states:
            return self._states[path]
        self.ask()
        try:
            found: os.stat_result | None = os.stat(path)
        except (OSError, ValueError):
            found = None
        self._states[path] = found
        return found

    def is_directory(self, path: str) -> bool:
        """Return whether path is a directory, behind links too."""
        state = self.state(path)
        return state is not None and S_ISDIR(state.st_mode)

    def is_file(self, path: str) -> bool:
        """Return whether path is a regular file, behind links too."""
        state = self.state(path)
        return state is not None and S_ISREG(state.st_mode)

    def real(self, path: str) -> str:
        """Return an absolute path with its links followed, as far as they lead."""
        known = self._real.get(path)
        if known is None:
            known = self._real[path] = self._followed(path)
        return known

    def _followed(self, path: str) -> str:
        """Follow the last name only: what is above it was mostly followed before."""
        above, _, name = path.rpartition("/")
        if not name or name in (".", ".."):
            return os.path.realpath(path) if name else path.rstrip("/") or "/"
        self.ask()
        place = f"{self.real(above).rstrip('/')}/{name}" if above else f"/{name}"
        try:
            is_link = S_ISLNK(os.lstat(place).st_mode)
            return os.path.realpath(place) if is_link else place
        except (OSError, ValueError):
            return place

    def names_in(self, directory: str) -> tuple[str, ...] | None:
        """Return the sorted names in a directory, () for none, None for too many."""
        if directory not in self._names:
            self.ask()
            self._names[directory] = self._listed(directory)
        return self._names[directory]

    def _listed(self, directory: str) -> tuple[str, ...] | None:
        names: list[str] = []
        try:
            with os.scandir(directory) as found:
                for entry in found:
                    names.append(entry.name)
                    if len(names) > _NAMES:
                        return None
        except (OSError, ValueError):
            return ()
        return tuple(sorted(names))

    def entries(self, directory: str) -> Iterator[tuple[str, bool]]:
        """Yield the names in a directory, and whether each is a directory itself.

        :raises TooMuchError: too many entries were listed by now.
        """
        self.ask()
        try:
            with os.scandir(directory) as found:
                for entry in found:
                    self._entries -= 1
                    if self._entries < 0:
                        raise TooMuchError("too many files would have to be looked at")
                    yield entry.name, entry.is_dir(follow_symlinks=False)
        except OSError:
            return

    def read(self, path: str, most: int = _TEXT) -> bytes | None:
        """Return a regular file's content; None when it is none or larger than that."""
        asked = (path, most)
        if asked not in self._contents:
            self._contents[asked] = self._content(path, most)
        return self._contents[asked]

    def _content(self, path: str, most: int) -> bytes | None:
        state = self.state(path)
        if state is None or not S_ISREG(state.st_mode) or state.st_size > most:
            return None
        if os.path.basename(os.path.realpath(path)) in _LOCK_FILES:
            return None
        self.ask(1 + state.st_size // 4096)
        try:
            with open(path, "rb") as file:
                content = file.read(most + 1)
        except OSError:
            return None
        return content if len(content) <= most else None
