"""Tell a store that was closed from one whose last user was killed."""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path

from .locks import try_lock

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_WORD = b"open\n"
_log = logging.getLogger(__name__)


class Usage:
    """A file that says `open` while any process has the store open to write.

    Each holds a shared lock on it, so the last one to leave knows that it is the
    last and empties the file. One that dies leaves the word behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def enter(self) -> bool:
        """Take part; return whether the last user was killed.

        The store's lock must be held.
        """
        if self._descriptor is not None:
            return False
        killed = False
        try:
            self._descriptor = os.open(self._path, _FLAGS, 0o600)
            killed = self._is_left_behind(self._descriptor)
            os.pwrite(self._descriptor, _WORD, 0)
        except OSError as error:
            # A full disk is no reason not to open the store.
            _log.warning("%s cannot be written: %s", self._path, error)
        return killed

    def leave(self) -> None:
        """Take part no more; leaving twice does no harm."""
        if self._descriptor is None:
            return
        try:
            if try_lock(self._descriptor):
                os.ftruncate(self._descriptor, 0)
        except OSError as error:
            # Whoever comes next looks at a store that needs no look.
            _log.warning("%s cannot be written: %s", self._path, error)
        self.abandon()

    def abandon(self) -> None:
        """Let go in a child of what its parent holds."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _is_left_behind(self, descriptor: int) -> bool:
        alone = try_lock(descriptor)
        word = os.fstat(descriptor).st_size > 0
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return alone and word
