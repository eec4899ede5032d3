"""A flight recorder: which plugins were being called when the daemon went down.

Each thread has a slot in a small file that is mapped into memory. It holds the plugin
and the hook while that thread is inside a plugin's code, which costs less than a
microsecond a call. The kernel keeps the file's pages whatever ends the process, so the
next daemon reads who was in the air. An orderly stop removes the file.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..paths import make_private

if TYPE_CHECKING:
    from .plugin import Plugin

FILE = "plugin-calls"
_SLOT = 256
_SLOTS = 128
#: The last slot is for all threads that find no other; nobody reads it.
_SIZE = _SLOT * (_SLOTS + 1)
_USED = b"\x01"


class Flight(NamedTuple):
    """One call that was under way; `hook` may also be `importing it` or the like."""

    plugin: str
    version: str
    hook: str


class _Slot:
    """A thread's place in the file; it is free again when the thread has ended."""

    __slots__ = ("_free", "first", "whole")

    def __init__(self, first: int, free: list[int] | None) -> None:
        self.first = first
        self.whole = slice(first, first + _SLOT)
        self._free = free

    def __del__(self) -> None:
        if self._free is not None:
            self._free.append(self.first)


class Recorder:
    """Notes calls under way in a file.

    :raises OSError: the file cannot be made, or there is no room for it.
    """

    def __init__(self, file: Path) -> None:
        make_private(file.parent)
        self._file = file
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(file, flags, 0o600)
        try:
            os.ftruncate(descriptor, 0)
            # Really written: a page that finds no room later would end the process.
            if os.pwrite(descriptor, bytes(_SIZE), 0) != _SIZE:
                raise OSError(f"{file} cannot be written as a whole")
            self._map = mmap.mmap(descriptor, _SIZE)
        finally:
            os.close(descriptor)
        self._free = [place * _SLOT for place in reversed(range(_SLOTS))]
        self._here = threading.local()

    def mark(self, plugin: Plugin, hook: str) -> bytes:
        """Return what `enter` notes for a hook of a plugin."""
        text = "\0".join((plugin.name, plugin.version, hook)).encode()[: _SLOT - 2]
        return _USED + text.ljust(_SLOT - 1, b"\0")

    def enter(self, mark: bytes) -> _Slot:
        """Note that this thread goes into a plugin's code."""
        slot: _Slot | None = getattr(self._here, "slot", None)
        if slot is None:
            slot = self._claim()
        self._map[slot.whole] = mark
        return slot

    def leave(self, slot: _Slot) -> None:
        """Note that it came back."""
        self._map[slot.first] = 0

    @contextmanager
    def during(self, mark: bytes) -> Iterator[None]:
        """Note the plugin for a while."""
        slot = self.enter(mark)
        try:
            yield
        finally:
            self.leave(slot)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Note that this thread's plugin waits for others: it cannot be at fault."""
        slot: _Slot | None = getattr(self._here, "slot", None)
        if slot is None:
            slot = self._claim()
        was = self._map[slot.first]
        self._map[slot.first] = 0
        try:
            yield
        finally:
            self._map[slot.first] = was

    def close(self) -> None:
        """Remove the file: this process leaves as it should."""
        # Not unmapped: a thread that a plugin left behind may still come back to it.
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def _claim(self) -> _Slot:
        try:
            slot = _Slot(self._free.pop(), self._free)
        except IndexError:
            slot = _Slot(_SIZE - _SLOT, None)
        self._here.slot = slot
        return slot


def read_flights(file: Path) -> list[Flight]:
    """Return the calls that were under way when the last daemon went; none at first."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return []
    with os.fdopen(descriptor, "rb") as opened:
        content = opened.read(_SIZE)
    found = []
    for first in range(0, _SLOT * _SLOTS, _SLOT):
        slot = content[first : first + _SLOT]
        parts = slot[1:].rstrip(b"\0").decode("utf-8", "replace").split("\0")
        if slot[:1] == _USED and len(parts) == 3:
            found.append(Flight(*parts))
    return found
