"""The two locks of a daemon's life: who is the daemon, and who is starting one.

Both are record locks (`fcntl`), because of what the kernel does with those: they go
with their process, whatever ends it; a fork does not take them along, so nothing that
a daemon leaves behind stands for it; and anybody may ask for the holder's process
number without taking the lock, so that looking never disturbs who is starting. What
is written in the file is for people and never decides anything.

Their one weakness: a process loses the lock when it closes any descriptor of the file.
Nothing here opens a file that this process holds, and a daemon takes its lock again
every few seconds.

Standard library only and light: the path without a daemon imports this while an agent
waits.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import sys
import time
from pathlib import Path
from typing import Any

from ..paths import Paths
from .client import VERSION

LOCK = "daemon.lock"
START_LOCK = "start.lock"
_POLL_S = 0.02
# `struct flock` of fcntl.h: where the type and the process number are in it.
_DARWIN = sys.platform == "darwin"
_FLOCK, _TYPE, _PID = ("qqihh", 3, 2) if _DARWIN else ("hhqqi", 0, 4)
#: What this process holds: (process, descriptor); a forked child holds none of it.
_held: dict[Path, tuple[int, int]] = {}


class InstanceLock:
    """The lock that makes a daemon the only one; the kernel frees it at its death."""

    def __init__(self, paths: Paths) -> None:
        self._file = paths.run / LOCK
        self._descriptor = -1

    def acquire(self, timeout: float) -> bool:
        """Return whether the lock is ours, after waiting up to timeout seconds.

        :raises OSError: the run directory cannot be written.
        """
        deadline = time.monotonic() + timeout
        while not self._take():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def keep(self) -> bool:
        """Return whether the lock is still ours, and still the one others look at.

        It is not when the run directory was removed or replaced. Where it was let go
        by mistake, it is taken again.
        """
        if self._descriptor < 0 or not _names(self._file, self._descriptor):
            return False
        return _lock(self._descriptor)

    def describe(self, **more: object) -> None:
        """Write who holds the lock into it, for people."""
        info = {"pid": os.getpid(), "version": VERSION, "python": sys.executable}
        content = json.dumps({**info, **more}).encode()
        # In one piece: whoever reads meanwhile finds what was there or what is to be.
        before = os.fstat(self._descriptor).st_size
        os.pwrite(self._descriptor, content.ljust(before), 0)
        os.ftruncate(self._descriptor, len(content))

    def release(self) -> None:
        """Let another daemon live."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            _held.pop(self._file, None)
            os.close(self._descriptor)
            self._descriptor = -1

    def _take(self) -> bool:
        if _is_ours(self._file):
            return False
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._file, flags, 0o600)
        # Looked at again under the lock: the directory may just have been replaced.
        if not _lock(descriptor) or not _names(self._file, descriptor):
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        self._descriptor = descriptor
        _held[self._file] = (os.getpid(), self._descriptor)
        return True


class StartLock:
    """Held from the decision to start a daemon until it listens; survives exec."""

    def __init__(self, paths: Paths) -> None:
        self._file = paths.run / START_LOCK
        self._descriptor = -1

    def acquire(self) -> bool:
        """Return whether nobody else is starting a daemon; never waits.

        Who held it before exec holds it still.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        self._descriptor = os.open(self._file, flags, 0o600)
        if not _lock(self._descriptor):
            return False
        _held[self._file] = (os.getpid(), self._descriptor)
        os.set_inheritable(self._descriptor, True)
        return True

    def release(self) -> None:
        """Let others start daemons: closing one descriptor frees a record lock."""
        if self._descriptor >= 0:
            _held.pop(self._file, None)
            os.close(self._descriptor)
            self._descriptor = -1


def holder(paths: Paths) -> dict[str, Any] | None:
    """Return what is known of the running daemon, or None when none runs.

    `pid`; once it runs, `version` and `python`; once it listens, `started`. One that
    is just starting has `pid` alone, which is 0 where the kernel does not tell it
    (another container).
    """
    pid = owner_of(paths.run / LOCK)
    if pid is None:
        pid = owner_of(paths.run / START_LOCK)
        return None if pid is None else {"pid": pid}
    told = _description(paths.run / LOCK)
    # What is written may be a dead predecessor's, for a moment.
    return told if told.get("pid") == pid or (told and not pid) else {"pid": pid}


def starter(paths: Paths) -> int | None:
    """Return the process that is just starting a daemon, or None."""
    return owner_of(paths.run / START_LOCK)


def owner_of(file: Path) -> int | None:
    """Return the process that holds a lock file; None when nobody does.

    Asks the kernel and takes nothing.
    """
    if _is_ours(file):
        return os.getpid()
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        asked = [0] * 5
        asked[_TYPE] = fcntl.F_WRLCK
        found = struct.unpack(
            _FLOCK,
            fcntl.fcntl(descriptor, fcntl.F_GETLK, struct.pack(_FLOCK, *asked)),
        )
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None if found[_TYPE] == fcntl.F_UNLCK else max(int(found[_PID]), 0)


def _description(file: Path) -> dict[str, Any]:
    try:
        own = _held[file][1] if _is_ours(file) else -1
        told = json.loads(file.read_bytes() if own < 0 else os.pread(own, 4096, 0))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _is_ours(file: Path) -> bool:
    return file in _held and _held[file][0] == os.getpid()


def _lock(descriptor: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, says POSIX
        return False
    return True


def same_file(path: Path, identity: tuple[int, int] | None) -> bool:
    """Return whether a path names the file with this device and inode."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == identity


def _names(path: Path, descriptor: int) -> bool:
    """Return whether a path still names the file that is open."""
    mine = os.fstat(descriptor)
    return same_file(path, (mine.st_dev, mine.st_ino))
