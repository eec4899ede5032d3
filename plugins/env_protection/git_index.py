"""What git has staged, from its own files: the index, and loose objects.

Formats: gitformat-index(5) versions 2 to 4, and loose objects (zlib; the header `blob
SIZE` and a NUL). Blobs that were staged since the last commit are loose; those in packs
are older.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from .disk import Disk

#: Bytes; an index of some 200,000 files.
_LARGEST = 24 * 2**20
_LARGEST_BLOB = 2**20
_FIXED = 40
_EXTENDED = 0x4000
_LENGTH = 0x0FFF
_REGULAR = 0o100000


class Entry(NamedTuple):
    """One file as it is staged."""

    #: Below the top of the work tree.
    path: str
    #: The blob's name, hexadecimal.
    blob: str
    #: Last change of its content when it was staged, nanoseconds since 1970.
    changed_ns: int
    #: Low 32 bits of its size in bytes.
    size: int


#: By path: the index as it was, and what was in it.
_read: dict[str, tuple[tuple[int, int, int], tuple[Entry, ...]]] = {}
_MOST_READ = 4


class IndexUnreadableError(Exception):
    """The index is of another form, damaged or too large; the text says which."""


class Repository(NamedTuple):
    """Where git keeps a work tree's files.

    :param git_dir: the work tree's own git directory.
    :param common: the directory that all its work trees share.
    """

    git_dir: str
    common: str

    @classmethod
    def at(cls, disk: Disk, git_dir: str) -> Repository:
        """Return the repository of a git directory."""
        content = disk.read(os.path.join(git_dir, "commondir"))
        if content is None:
            return cls(git_dir, git_dir)
        named = content.decode("utf-8", "surrogateescape").strip()
        return cls(git_dir, os.path.normpath(os.path.join(git_dir, named)))

    def loose(self, blob: str) -> str:
        """Return where an object is while it is loose."""
        return os.path.join(self.common, "objects", blob[:2], blob[2:])


def read_index(path: str) -> tuple[Entry, ...]:
    """Return the files in an index, () for one that is not there.

    :raises IndexUnreadableError: it cannot be read.
    """
    try:
        state = os.stat(path)
        if state.st_size > _LARGEST:
            raise IndexUnreadableError("git's index is too large")
        stamp = (state.st_ino, state.st_mtime_ns, state.st_size)
        kept = _read.get(path)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        with open(path, "rb") as file:
            data = file.read(_LARGEST)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise IndexUnreadableError(f"git's index: {error.strerror}") from error
    try:
        entries = tuple(_entries(data))
    except (struct.error, ValueError, IndexError) as error:
        raise IndexUnreadableError("git's index is of another form") from error
    if len(_read) >= _MOST_READ:
        _read.clear()
    _read[path] = (stamp, entries)
    return entries


def _entries(data: bytes) -> Iterator[Entry]:
    signature, version, count = struct.unpack_from(">4sII", data)
    if signature != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("no index")
    size = _hash_size(data, version)
    place, before = 12, b""
    unpack = struct.Struct(f">2I2I6I{size}sH").unpack_from
    fixed = _FIXED + size + 2
    for _ in range(count):
        values = unpack(data, place)
        mode, length = values[6], values[9]
        flags = values[-1]
        start = place + fixed + (2 if version > 2 and flags & _EXTENDED else 0)
        if version == 4:
            drop, start = _offset(data, start)
            end = data.index(b"\0", start)
            name = before[: len(before) - drop] + data[start:end]
            before, place = name, end + 1
        else:
            end = data.index(b"\0", start)
            name = data[start:end]
            place += (end - place + 8) // 8 * 8
        if mode & 0o170000 == _REGULAR:
            yield Entry(
                name.decode("utf-8", "surrogateescape"),
                values[10].hex(),
                values[2] * 10**9 + values[3],
                length,
            )


def _offset(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of variable length (`pack-format`, offset encoding)."""
    byte = data[place]
    value = byte & 0x7F
    while byte & 0x80:
        place += 1
        byte = data[place]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, place + 1


def _hash_size(data: bytes, version: int) -> int:
    """Return 20 or 32, whichever the first entry is of one piece with."""
    if len(data) < 12 + _FIXED + 22:
        return 20
    for size in (20, 32):
        start = 12 + _FIXED + size
        flags = int.from_bytes(data[start : start + 2], "big")
        begin = start + 2 + (2 if version > 2 and flags & _EXTENDED else 0)
        if version == 4:
            _, begin = _offset(data, begin)
        end = data.find(b"\0", begin)
        if end - begin == flags & _LENGTH or flags & _LENGTH == _LENGTH:
            return size
    raise ValueError("no index")


def read_blob(path: str) -> bytes | None:
    """Return a loose blob's content; None for one that is too large or none.

    What a larger one would hold is never unpacked.
    """
    try:
        with open(path, "rb") as file:
            packed = file.read(_LARGEST_BLOB)
    except OSError:
        return None
    try:
        content = zlib.decompressobj().decompress(packed, _LARGEST_BLOB)
    except zlib.error:
        return None
    header, nul, rest = content.partition(b"\0")
    if not nul or not header.startswith(b"blob "):
        return None
    return rest if str(len(rest)).encode() == header[5:] else None
