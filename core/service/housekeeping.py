"""What a daemon looks after by the way: its footing, its standard error, its children.

And how it ends when leaving takes too long. What a daemon acknowledged is in the
spool before it answers, so it may end at any moment; leaving in order only saves the
next one some work.
"""

from __future__ import annotations

import logging
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from ..paths import Paths
from .lifetime import BOOT_LOG
from .locks import same_file

_log = logging.getLogger(__name__)

#: What plugins print is kept up to this many bytes, and once more in `boot.log.1`.
MAX_BOOT_LOG = 256 * 2**10
#: Seconds for everything between SIGTERM and the end, but for a flush under way.
MAX_LEAVING = 0.95
#: Seconds for that flush.
_MAX_FLUSH = 5.0
#: Seconds that whoever started a child has to ask how it ended.
_FORGOTTEN = 10.0
#: The file in an LMDB directory; `madvise(2)`, the same number on every Linux.
_STORE_FILE = "data.mdb"
_MADV_DONTNEED = 4
_POLL_S = 0.02


def bound_standard_error(paths: Paths) -> None:
    """Begin a new `boot.log` when plugins have printed much on standard error.

    Does nothing where standard error is something else.
    """
    file = paths.run / BOOT_LOG
    try:
        state = os.fstat(2)
        if state.st_size <= MAX_BOOT_LOG or not stat.S_ISREG(state.st_mode):
            return
        if not same_file(file, (state.st_dev, state.st_ino)):
            return
        os.replace(file, file.with_name(f"{BOOT_LOG}.1"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(file, flags, 0o600)
    except OSError as error:
        _log.warning("%s cannot be kept short: %s", file, error)
        return
    os.dup2(descriptor, 2)
    os.close(descriptor)


def give_back_heap() -> None:
    """Return memory that the C library's allocator keeps unused; with glibc only.

    pydantic's and LMDB's come from there. What a busy hour took stays otherwise.
    """
    if sys.platform.startswith("linux") and hasattr(_libc(), "malloc_trim"):
        _libc().malloc_trim(0)


def give_back_pages(store: Path) -> int:
    """Let go of the store's pages that were read; return the bytes of their mapping.

    LMDB maps its file, and what was read once counts as this process's memory for as
    long as it lives, although the kernel may take it back at any time. What is needed
    again comes from the kernel's cache. Linux only: 0 elsewhere.
    """
    if not sys.platform.startswith("linux"):
        return 0
    file = os.fsencode(store / _STORE_FILE)
    with open("/proc/self/maps", "rb") as maps:
        found = [line.split(maxsplit=5) for line in maps]
    size = 0
    for words in found:
        # Shared: nothing is in these pages that is not in the file.
        if len(words) == 6 and words[5].rstrip() == file and words[1].endswith(b"s"):
            begin, end = (int(word, 16) for word in words[0].split(b"-"))
            if _libc().madvise(begin, end - begin, _MADV_DONTNEED) == 0:
                size += end - begin
    return size


@cache
def _libc() -> Any:
    # Imported late: it is of no use anywhere else.
    import ctypes

    libc = ctypes.CDLL(None)
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return libc


class Reaper:
    """Takes away children that ended long ago and that nobody asked about.

    A plugin that starts a process and forgets it would leave a zombie for as long as
    the daemon lives. Whoever does ask has some seconds, so that no exit code is lost.

    :param patience: those seconds.
    """

    def __init__(self, patience: float = _FORGOTTEN) -> None:
        self._patience = patience
        self._pid = 0
        self._since = 0.0

    def look(self) -> None:
        """Look once; to be called every few seconds."""
        # Python offers it on macOS from 3.13 on; there the next Popen does the same.
        wait = getattr(os, "waitid", None)
        if wait is None:
            return
        try:
            found = wait(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            found = None
        now = time.monotonic()
        pid = 0 if found is None else found.si_pid
        if pid != self._pid:
            self._pid, self._since = pid, now
        elif pid and now - self._since > self._patience:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def end_group() -> None:
    """Tell the processes that this one's plugins left running to end.

    Those in this process's own group, when it leads one; who made a session of its
    own wants to stay. SIGTERM must be of no consequence to this process by now.
    """
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGTERM)


class LastResort:
    """Ends the process when leaving in order takes too long.

    :param is_writing: whether a flush is just writing to the store, which is let
        finish within reason.
    :param last: what is done at the very end.
    """

    def __init__(
        self, is_writing: Callable[[], bool], last: Callable[[], None]
    ) -> None:
        self._is_writing = is_writing
        self._last = last
        self._begun = False
        #: Whether the end has come: the signal that goes to the whole group is ours.
        self.ends = False

    def begin(self) -> None:
        """Give the process its last second; the first call counts."""
        if self._begun:
            return
        self._begun = True
        name = "hookwright-last-resort"
        threading.Thread(target=self._wait, name=name, daemon=True).start()

    def _wait(self) -> None:
        begun = time.monotonic()
        time.sleep(MAX_LEAVING)
        while self._is_writing() and time.monotonic() - begun < _MAX_FLUSH:
            time.sleep(_POLL_S)
        _log.warning("left at once; the next daemon finishes what was under way")
        self.ends = True
        self._last()
        os._exit(0)
