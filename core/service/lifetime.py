"""The daemon's life: one at a time, started by anybody, stopped on request.

Standard library only and light: the path without a daemon imports this while an
agent waits. Two locks in the run directory: `daemon.lock` (flock) is held by the
daemon for as long as it lives; `start.lock` (a record lock, which survives exec but
not fork) by whoever starts one, until the daemon listens.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import ServiceError
from ..paths import CONFIG_DIR_VARIABLE, DATA_DIR_VARIABLE, Paths
from .client import VERSION, connect

SOCKET = "daemon.sock"
_LOCK = "daemon.lock"
_START_LOCK = "start.lock"
_BOOT_LOG = "boot.log"
_MODULE = "hookwright.core.service.daemon"
#: What a daemon inherits: an agent's variables would reach every later session.
_KEPT = frozenset(
    ("HOME", "LANG", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")
)
_KEPT_PREFIXES = ("HOOKWRIGHT_", "LC_", "XDG_")
_POLL_S = 0.02
#: Before another daemon is started in place of one that went without a word.
_AGAIN_S = 1.0


class InstanceLock:
    """The lock that makes a daemon the only one; the kernel frees it at its death."""

    def __init__(self, paths: Paths) -> None:
        self._file = paths.run / _LOCK
        self._descriptor = -1

    def acquire(self, timeout: float) -> bool:
        """Return whether the lock is ours, after waiting up to timeout seconds.

        :raises OSError: the run directory cannot be written.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._file, flags, 0o600)
        deadline = time.monotonic() + timeout
        while not _lock(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                return False
            time.sleep(_POLL_S)
        self._descriptor = descriptor
        return True

    def describe(self, **more: object) -> None:
        """Write who holds the lock into it, for people and for `stop`."""
        info = {"pid": os.getpid(), "version": VERSION, "python": sys.executable}
        content = json.dumps({**info, **more}).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)

    def release(self) -> None:
        """Let another daemon live."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


class StartLock:
    """Held from the decision to start a daemon until it listens."""

    def __init__(self, paths: Paths) -> None:
        self._file = paths.run / _START_LOCK
        self._descriptor = -1

    def acquire(self) -> bool:
        """Return whether nobody else is starting a daemon; never waits.

        Who held it before exec holds it still.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        self._descriptor = os.open(self._file, flags, 0o600)
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        os.set_inheritable(self._descriptor, True)
        return True

    def release(self) -> None:
        """Let others start daemons: closing one descriptor frees a record lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder(paths: Paths) -> dict[str, Any] | None:
    """Return what the running daemon says of itself, or None when none runs.

    `pid`, `version`, `python`, and `started` once it listens; empty while it boots.
    """
    try:
        descriptor = os.open(paths.run / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if _lock(descriptor):
            return None
        found = json.loads(os.read(descriptor, 4096) or b"{}")
        return found if isinstance(found, dict) else {}
    except ValueError:
        return {}
    finally:
        os.close(descriptor)


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
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        os.dup2(os.open(paths.run / _BOOT_LOG, flags, 0o600), 2)
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
        **kept,
        DATA_DIR_VARIABLE: os.path.abspath(paths.data),
        CONFIG_DIR_VARIABLE: os.path.abspath(paths.config),
    }


def start(paths: Paths, environment: Mapping[str, str], timeout: float = 10.0) -> None:
    """Start a daemon unless one runs, and wait until it listens.

    :raises ServiceError: it does not come up; the text has its last words.
    """
    start_detached(paths, environment)
    begun = time.monotonic()
    deadline, again = begun + timeout, begun + _AGAIN_S
    while not is_listening(paths):
        now = time.monotonic()
        silent = not _last_words(paths.run / _BOOT_LOG)
        if now > again and silent and holder(paths) is None:
            # The one that was started met another that was just leaving.
            start_detached(paths, environment)
            again = now + _AGAIN_S
        if now > deadline:
            raise ServiceError(
                f"the daemon did not come up within {timeout:g} s. "
                f"{_last_words(paths.run / _BOOT_LOG) or f'See {paths.logs}.'}"
            )
        time.sleep(_POLL_S)


def is_listening(paths: Paths) -> bool:
    """Return whether somebody accepts connections on the socket."""
    try:
        connect(os.fsencode(os.path.abspath(paths.run))).close()
    except OSError:
        return False
    return True


def end(paths: Paths, timeout: float = 5.0) -> bool:
    """Make the daemon flush and leave; return whether there was one.

    :raises ServiceError: it is still there after timeout seconds.
    """
    found = holder(paths)
    if found is None:
        return False
    pid, deadline = 0, time.monotonic() + timeout
    while found is not None:
        # It may just be writing who it is; whoever comes after it is not meant.
        named = int(found.get("pid", 0))
        if named and not pid:
            pid = named
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        elif named not in (0, pid):
            return True
        if time.monotonic() > deadline:
            raise ServiceError(
                f"the daemon (process {pid or 'unknown'}) is still there after "
                f"{timeout:g} s; end it with: kill -9 {pid or 'PID'}"
            )
        time.sleep(_POLL_S)
        found = holder(paths)
    return True


def _last_words(file: Path) -> str:
    try:
        lines = file.read_text("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
