"""This process's own write-ahead log.

What is acknowledged was appended here first, with one `write(2)` a frame, which
survives the death of the process. The owner holds each file's lock; when the lock
is free, the owner is dead and anybody may fold the file (`recovery.py`).
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from pathlib import Path
from typing import NamedTuple

from ..clock import Clock
from ..errors import StoreError, StoreFullError
from ..paths import make_private
from .cold_spool import SUFFIX, mark_synced, still_named, write_whole
from .disk import is_full, sync_data, sync_folder
from .frames import FrameError, encode_frame, encode_header
from .locks import try_lock

#: A file that has no header yet; not for folding.
UNFINISHED = ".unfinished"
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_log = logging.getLogger(__name__)


class Segment:
    """One spool file of ours."""

    def __init__(self, name: str, path: Path, descriptor: int, size: int) -> None:
        self.name = name
        self.path = path
        self.size = size
        #: An append or a sync failed: nothing more is written to this file.
        self.broken = False
        #: A fold may be putting its content into the store at this moment.
        self.sealed = False
        #: Its content is in the store.
        self.applied = False
        self._descriptor: int | None = descriptor
        self._synced = 0
        self._failure: OSError | None = None
        self._closing = threading.Lock()

    def append(self, data: bytes) -> None:
        """Write one frame, whole or not at all; raises OSError."""
        if self._descriptor is None:
            raise StoreError(f"the spool {self.path.name} was closed")
        try:
            write_whole(self._descriptor, data, self.size)
        except OSError:
            self.broken = True
            raise
        self.size += len(data)

    def sync(self, end: int) -> None:
        """Bring all up to an offset to the disk; threads that wait share one sync.

        A file that was closed meanwhile is in the store already.

        :raises OSError: this sync failed, or an earlier one of this file. The kernel
            may have dropped the pages and would call the next sync a success, so
            there is none.
        """
        with self._closing:
            if self._descriptor is None or self._synced >= end:
                return
            if self._failure is not None:
                raise OSError(self._failure.errno, self._failure.strerror)
            size = self.size
            try:
                sync_data(self._descriptor)
                if not self._synced:
                    sync_folder(self.path.parent)
                    sync_folder(self.path.parent.parent)
            except OSError as error:
                self.broken = True
                self._failure = error
                raise
            self._synced = size

    def close(self) -> None:
        """Let go of the file and of its lock."""
        with self._closing:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def abandon(self) -> None:
        """Close a parent's file in its child, where no other thread is."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Ticket(NamedTuple):
    """Where a frame was written, for `Spool.sync`."""

    segment: Segment
    end: int
    frame: bytes


class Spool:
    """The files of one owner that are not in the store yet."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.owner = clock.new_id()
        self._folder = folder
        self._clock = clock
        self._lock = threading.RLock()
        #: Told when a fold has ended.
        self._folded = threading.Condition(self._lock)
        self._segments: list[Segment] = []
        self._current: Segment | None = None

    @property
    def names(self) -> frozenset[str]:
        """Return the names of this owner's files."""
        with self._lock:  # a fold that ends takes files out of the list
            return frozenset(segment.path.name for segment in self._segments)

    @property
    def size(self) -> int:
        """Return the bytes in this owner's files."""
        with self._lock:
            return sum(segment.size for segment in self._segments)

    def say_class(self, synced: bool) -> None:
        """Tell those who append without a daemon whether to sync.

        :raises StoreError: it cannot be written down.
        """
        try:
            mark_synced(self._folder, synced)
        except OSError as error:
            raise self._explain(error) from error

    def append(self, kind: int, payload: bytes) -> Ticket:
        """Write one frame.

        :raises StoreFullError: the disk is full; nothing of the frame is left.
        :raises StoreError: it could not be written for another reason.
        """
        try:
            frame = encode_frame(kind, payload)
        except FrameError as error:
            raise StoreError(str(error)) from error
        with self._lock:
            return self._append(frame)

    def sync(self, ticket: Ticket) -> None:
        """Bring a frame to the disk.

        When that fails, the frame is written once more to a new file, and that file
        is synced. Whoever reads both takes the frame once.

        :raises StoreError: that failed too. The frame is in the spool all the same.
        """
        try:
            ticket.segment.sync(ticket.end)
        except OSError:
            again = self._write_again(ticket)
            try:
                if again is not None:
                    again.segment.sync(again.end)
            except OSError as error:
                raise self._explain(error) from error

    def seal(self) -> list[Segment]:
        """Begin a new file with the next frame; return all files up to here.

        They are being folded until `discard` or `keep` is called.
        """
        with self._lock:
            self._current = None
            for segment in self._segments:
                segment.sealed = True
            return list(self._segments)

    def keep(self, segments: list[Segment]) -> None:
        """Note that these files were not folded."""
        with self._lock:
            for segment in segments:
                segment.sealed = False
            self._folded.notify_all()

    def discard(self, segments: list[Segment]) -> None:
        """Remove files whose content is in the store.

        One that cannot be removed stays for the next call; it is marked in the
        store, so nobody applies it again.
        """
        with self._lock:
            for segment in segments:
                segment.sealed, segment.applied = False, True
                try:
                    segment.path.unlink(missing_ok=True)
                except OSError as error:
                    _log.warning("%s cannot be removed: %s", segment.path, error)
                    continue
                segment.close()
                self._segments.remove(segment)
            self._folded.notify_all()

    def close(self) -> None:
        """Close all files; they stay for whoever recovers them."""
        with self._lock:
            for segment in self._segments:
                segment.close()
            self._segments = []
            self._current = None

    def abandon(self) -> None:
        """Close a parent's files in its child; the parent goes on with them."""
        for segment in self._segments:
            segment.abandon()

    def _write_again(self, ticket: Ticket) -> Ticket | None:
        with self._lock:
            # A second copy behind a fold would be applied a second time.
            self._folded.wait_for(lambda: not ticket.segment.sealed)
            return None if ticket.segment.applied else self._append(ticket.frame)

    def _append(self, frame: bytes) -> Ticket:
        try:
            segment = self._writable()
            segment.append(frame)
        except OSError as error:
            raise self._explain(error) from error
        return Ticket(segment, segment.size, frame)

    def _writable(self) -> Segment:
        current = self._current
        if current is None or current.broken:
            current = self._current = self._create()
            self._segments.append(current)
        return current

    def _create(self) -> Segment:
        make_private(self._folder)
        while True:
            name = self._clock.new_id()
            path = self._folder / f"{name}{SUFFIX}"
            unfinished = path.with_suffix(UNFINISHED)
            descriptor = os.open(unfinished, _FLAGS, 0o600)
            try:
                # Whoever cleans up may have the lock, and then removes the file.
                if try_lock(descriptor) and still_named(descriptor, str(unfinished)):
                    header = encode_header(name, self.owner)
                    write_whole(descriptor, header, 0)
                    unfinished.rename(path)
                    return Segment(name, path, descriptor, len(header))
            except BaseException:
                os.close(descriptor)
                with contextlib.suppress(OSError):
                    unfinished.unlink()
                raise
            os.close(descriptor)

    def _explain(self, error: OSError) -> StoreError:
        kind = StoreFullError if is_full(error) else StoreError
        return kind(f"the spool in {self._folder} cannot be written: {error.strerror}")
