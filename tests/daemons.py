"""The daemons that a test started, found by the data directory that they use."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_DAEMON = b"hookwright.core.service.daemon"


def alive(pid: int) -> bool:
    """Return whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def daemons_of(data: Path) -> list[int]:
    """Return the daemons that use a data directory."""
    return [pid for pid, words in _users_of(data) if _DAEMON in words]


def end_daemons(data: Path) -> None:
    """End each of them, and whoever is just about to start one."""
    quiet = time.monotonic()
    while time.monotonic() - quiet < 0.1:
        for pid, _ in _users_of(data):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            quiet = time.monotonic()
        time.sleep(0.02)


def _users_of(data: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the processes that were started with it, and their command lines."""
    mark = b"HOOKWRIGHT_DATA_DIR=" + os.fsencode(data)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    if alive(int(entry.name)):
                        yield int(entry.name), words
