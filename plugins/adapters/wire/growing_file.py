"""Read the lines that another program appends to a file, each once.

For transcripts in JSON Lines, which may hold gigabytes and be cut off in a line.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

#: A line longer than this is passed over unread (an image in a tool's result, say).
MAX_LINE = 4 * 2**20
#: Bytes read at once; the rest comes with the next read.
MAX_READ = 64 * 2**20
_NO_FILE = (0, 0)


class GrowingFile:
    """One such file, read from where the last read ended.

    A file that was replaced or cut short is read from its beginning again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._identity = _NO_FILE

    def lines(self, *, ended: bool = False) -> Iterator[bytes]:
        """Yield the new lines; none when there is no such file, or none to read.

        :param ended: nothing more will be written: the last line counts even where
            it has no end.
        """
        try:
            if not stat.S_ISREG(self._path.stat().st_mode):
                return
            with self._path.open("rb") as file:
                self._find_place(file)
                yield from self._read(file, ended)
        except (OSError, ValueError):
            # Gone, not ours to read, or not a name a file can have.
            return

    def _find_place(self, file: IO[bytes]) -> None:
        found = os.fstat(file.fileno())
        identity = (found.st_dev, found.st_ino)
        if identity != self._identity or found.st_size < self._offset:
            self._identity = identity
            self._offset = 0
        file.seek(self._offset)

    def _read(self, file: IO[bytes], ended: bool) -> Iterator[bytes]:
        end = self._offset + MAX_READ
        while self._offset < end and (line := file.readline(MAX_LINE)):
            size = len(line)
            while not line.endswith(b"\n") and (more := file.readline(MAX_LINE)):
                size += len(more)
                line = b"\n" if more.endswith(b"\n") else b""
            finished = line.endswith(b"\n")
            if not finished and not ended:
                return
            self._offset += size
            if line.strip():
                yield line
