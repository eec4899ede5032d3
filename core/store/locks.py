"""File locks between processes, with a deadline.

flock(2): the kernel drops the lock when its holder dies, however it dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import StoreError

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.025


class FileLock:
    """One lock file; excludes the threads of this process too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._holder: int | None = None
        self._descriptor: int | None = None

    @property
    def mine(self) -> bool:
        """Return whether the calling thread holds the lock."""
        return self._holder == threading.get_ident()

    @contextlib.contextmanager
    def held(self, timeout: float) -> Iterator[None]:
        """Hold the lock for the length of a with block.

        :param timeout: seconds to wait for whoever holds it.
        :raises StoreError: it was not free in time.
        """
        deadline = time.monotonic() + timeout
        if not self._threads.acquire(timeout=timeout):
            raise self._too_late(timeout)
        try:
            descriptor = os.open(self._path, _FLAGS, 0o600)
            self._descriptor = descriptor
            try:
                self._wait(descriptor, deadline, timeout)
                self._holder = threading.get_ident()
                yield
            finally:
                self._holder = None
                self._descriptor = None
                # A child that was forked meanwhile has the descriptor too; closing
                # ours alone would leave the lock to it.
                fcntl.flock(descriptor, fcntl.LOCK_UN)
                os.close(descriptor)
        finally:
            self._threads.release()

    @contextlib.contextmanager
    def idle(self, timeout: float) -> Iterator[None]:
        """Keep this process's threads from the lock, without taking it.

        :raises StoreError: one of them held it for too long.
        """
        if not self._threads.acquire(timeout=timeout):
            raise self._too_late(timeout)
        try:
            yield
        finally:
            self._threads.release()

    def abandon(self) -> None:
        """Close in a child what a thread of the parent had open at the fork."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _wait(self, descriptor: int, deadline: float, timeout: float) -> None:
        pause = _FIRST_PAUSE
        while not try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise self._too_late(timeout)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _too_late(self, timeout: float) -> StoreError:
        return StoreError(
            f"another process has held {self._path} for {timeout:g} s; nothing was "
            "lost, the next flush tries again"
        )


def try_lock(descriptor: int) -> bool:
    """Take an open file's lock if it is free."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
