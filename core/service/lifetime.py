"""The daemon's life: one at a time, started by anybody, stopped on request.

Standard library only and light: the path without a daemon imports this while an
agent waits. Two locks in the run directory (`locks.py`): `daemon.lock` is held by the
daemon for as long as it lives, `start.lock` by whoever starts one, until the daemon
listens.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from ..errors import ServiceError
from ..paths import CONFIG_DIR_VARIABLE, DATA_DIR_VARIABLE, Paths
from .client import connect
from .locks import LOCK, InstanceLock, StartLock, holder, owner_of, starter

__all__ = [
    "BOOT_LOG",
    "SOCKET",
    "InstanceLock",
    "StartLock",
    "become_daemon",
    "daemon_environment",
    "end",
    "holder",
    "is_listening",
    "last_words",
    "make_run_directory",
    "start",
    "start_detached",
    "starter",
]

SOCKET = "daemon.sock"
#: What a daemon says on standard error: why it did not come up, and what its plugins
#: print there.
BOOT_LOG = "boot.log"
_MODULE = "hookwright.core.service.daemon"
#: What a daemon inherits: an agent's variables would reach every later session.
_KEPT = frozenset(
    ("HOME", "LANG", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")
)
_KEPT_PREFIXES = ("HOOKWRIGHT_", "LC_", "XDG_")
#: The C library's allocator gives threads pools of their own, of which each keeps what
#: it does not need: 6 MB after some thousand events. Python's threads take turns.
_MEMORY = {"MALLOC_ARENA_MAX": "1"}
_POLL_S = 0.02
#: Before another daemon is started in place of one that went without a word.
_AGAIN_S = 1.0


def make_run_directory(paths: Paths) -> None:
    """Make the run directory, open to its user alone.

    :raises OSError: it cannot be made.
    :raises ServiceError: it belongs to somebody else.
    """
    paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths.run.mkdir(mode=0o700, exist_ok=True)
    state = os.lstat(paths.run)
    if state.st_uid != os.geteuid():
        raise ServiceError(
            f"{paths.run} belongs to user {state.st_uid}; give it to yourself or set "
            f"{DATA_DIR_VARIABLE}"
        )
    if state.st_mode & 0o077:
        paths.run.chmod(0o700)


def start_detached(paths: Paths, environment: Mapping[str, str]) -> None:
    """Start a daemon that outlives this process and holds nothing of it.

    Returns at once, and never fails: a daemon that does not come up leaves its last
    words in `run/boot.log`.
    """
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if not os.fork():
            become_daemon(paths, environment)
    finally:
        os._exit(0)


def become_daemon(paths: Paths, environment: Mapping[str, str]) -> None:
    """Turn a forked process into a daemon; return when there is one already.

    :raises OSError: the run directory cannot be used.
    """
    _leave_everything()
    make_run_directory(paths)
    lock = StartLock(paths)
    if not lock.acquire():
        return
    try:
        # Looked at again under the lock: another start may just have succeeded.
        connect(os.fsencode(paths.run)).close()
    except OSError:
        log = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW
        os.dup2(os.open(paths.run / BOOT_LOG, log, 0o600), 2)
        # Its own process group, so that it can end what its plugins leave behind.
        os.setpgid(0, 0)
        command = [sys.executable, "-P", "-m", _MODULE]
        kept = daemon_environment(paths, environment)
        os.execve(sys.executable, command, kept)  # noqa: S606 - our own interpreter


def _leave_everything() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for name in os.listdir("/dev/fd"):
        if int(name) > 2:
            os.closerange(int(name), int(name) + 1)
    os.umask(0o077)
    os.chdir("/")


def daemon_environment(paths: Paths, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a daemon inherits of the variables of who starts it."""
    kept = {
        name: value
        for name, value in environment.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    # Absolute: the daemon has another working directory.
    return {
        **_MEMORY,
        **kept,
        DATA_DIR_VARIABLE: os.path.abspath(paths.data),
        CONFIG_DIR_VARIABLE: os.path.abspath(paths.config),
    }


def start(paths: Paths, environment: Mapping[str, str], timeout: float = 20.0) -> int:
    """Start a daemon unless one runs, and wait until it listens; return its process.

    :raises ServiceError: it does not come up; the text has its last words.
    """
    before = last_words(paths)
    start_detached(paths, environment)
    begun = time.monotonic()
    deadline, again = begun + timeout, begun + _AGAIN_S
    while not is_listening(paths):
        now = time.monotonic()
        silent = last_words(paths) in ("", before)
        if now > again and silent and holder(paths) is None:
            # The one that was started met another that was just leaving.
            start_detached(paths, environment)
            again = now + _AGAIN_S
        if now > deadline:
            raise ServiceError(
                f"the daemon did not come up within {timeout:g} s. "
                f"{last_words(paths) or f'See {paths.logs}.'}"
            )
        time.sleep(_POLL_S)
    return owner_of(paths.run / LOCK) or 0


def is_listening(paths: Paths) -> bool:
    """Return whether somebody accepts connections on the socket."""
    try:
        connect(os.fsencode(os.path.abspath(paths.run))).close()
    except OSError:
        return False
    return True


def end(paths: Paths, timeout: float = 5.0) -> int:
    """Make the daemon flush and leave; return its process, 0 when none ran.

    One that is just starting is ended too. One that is started meanwhile is not.

    :raises ServiceError: it is still there after timeout seconds.
    """
    there = _present(paths)
    for pid in there:
        if pid in (0, os.getpid()):
            continue
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            # One that was stopped (^Z, a debugger) must run to leave.
            os.kill(pid, signal.SIGCONT)
    deadline = time.monotonic() + timeout
    while left := [pid for pid in _present(paths) if pid in there]:
        if time.monotonic() > deadline:
            pid = left[0]
            raise ServiceError(
                f"the daemon (process {pid or 'unknown'}) is still there after "
                f"{timeout:g} s; end it with: kill -9 {pid or 'PID'}"
            )
        time.sleep(_POLL_S)
    return there[0] if there else 0


def _present(paths: Paths) -> list[int]:
    """Return the processes of the daemon, and of the one that is just starting."""
    found = (owner_of(paths.run / LOCK), starter(paths))
    return list(dict.fromkeys(pid for pid in found if pid is not None))


def last_words(paths: Paths) -> str:
    """Return the last line that a daemon said on standard error, or ""."""
    try:
        text = (paths.run / BOOT_LOG).read_text("utf-8", "replace")
    except OSError:
        return ""
    lines = (line.strip() for line in reversed(text.split("\n")))
    return next((line for line in lines if line), "")
