"""The warm process: one for each user and data directory.

`python -P -m hookwright.core.service.daemon [--foreground]`. It is started by the
first event that finds none, and leaves when no event has come for
`service.idle_exit`, on SIGTERM and SIGINT, when it is asked to, and when a program
of another version speaks to it. Leaving means: take no more connections, finish what
is under way for a moment, flush, go. What was not finished waits in the spool.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ..errors import ConfigError, HookwrightError
from ..host import RedactingFilter
from ..paths import Paths, find_paths
from ..redaction import Redactor, load_key
from ..settings import LoadedSettings, SettingsWatcher
from .answering import Answering
from .client import ANSWER_TIMEOUT
from .door import SocketDoor
from .lifetime import InstanceLock, StartLock, holder, make_run_directory
from .logs import LOGGER, close_log, open_log
from .opening import Extra
from .runtime import Runtime

# Not `__name__`, which is `__main__` here.
_log = logging.getLogger(f"{LOGGER}.daemon")

#: Seconds to wait for a daemon that is just leaving.
_SUCCEED = 5.0
#: Seconds for answers and for observers that are under way when it leaves.
_LAST_ANSWERS = 0.4
_LAST_WORK = 0.4
_LONGEST_PAUSE = 5.0


class Daemon:
    """Serves one runtime until it is told to leave."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._leaving = asyncio.Event()
        self._reason = ""
        self._loop = asyncio.get_running_loop()
        self._answering = Answering(runtime, self.leave)
        self._door = SocketDoor(runtime.paths.run, self._answering)
        # Once more soon: while it started, others went the way without a daemon.
        self._recovered = -math.inf
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._answering.control.about = self._about
        self._answering.control.reloaded = self._apply
        self._watcher = SettingsWatcher(runtime.paths, None, self._on_change)

    def leave(self, reason: str) -> None:
        """Begin to leave; the first reason counts."""
        self._reason = self._reason or reason
        self._leaving.set()

    async def serve(self, lock: InstanceLock, start: StartLock) -> None:
        """Serve until it is time to leave.

        :raises OSError: the socket cannot be made.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._on_signal, number)
        self._apply()
        # First of all: what others left comes before anything new.
        await self._answering.in_worker(self._answering.take_over)
        await self._door.open()
        lock.describe(started=self._started)
        start.release()
        _log.info("listening, process %d", os.getpid())
        await self._answering.in_worker(self._watch_settings)
        try:
            while not self._leaving.is_set():
                await self._pause()
                await self._look_around()
        finally:
            await self._depart()

    async def _pause(self) -> None:
        service = self._runtime.settings.service
        age = self._runtime.settings.store.flush_seconds
        pause = min(_LONGEST_PAUSE, age / 2, service.idle_exit / 4)
        try:
            await asyncio.wait_for(self._leaving.wait(), pause)
        except TimeoutError:
            return

    async def _look_around(self) -> None:
        now = time.monotonic()
        if now - self._recovered > self._runtime.settings.store.flush_seconds:
            self._recovered = now
            await self._answering.in_worker(self._answering.take_over)
        await self._answering.in_worker(self._runtime.tick)
        quiet = now - self._answering.last_event
        if self._door.connections or self._answering.lanes.busy:
            return
        if quiet > self._runtime.settings.service.idle_exit:
            self.leave(f"no event for {quiet:.0f} s")

    async def _depart(self) -> None:
        _log.info("leaving: %s", self._reason or "a fault")
        self._door.shut()
        deadline = time.monotonic() + _LAST_ANSWERS
        while self._door.busy and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await self._answering.in_worker(lambda: self._answering.lanes.drain(_LAST_WORK))
        await self._answering.in_worker(self._watcher.stop)
        await self._answering.in_worker(self._runtime.close)
        self._door.close()
        self._answering.close()
        # Let the loop write what was sent last.
        await asyncio.sleep(0)

    def _on_signal(self, number: int) -> None:
        if self._leaving.is_set():
            os._exit(128 + number)
        self.leave(signal.Signals(number).name)

    def _watch_settings(self) -> None:
        self._watcher.start()
        # What was changed since the start, nobody has watched.
        for problem in self._runtime.reload():
            if not any(problem in note for note in self._runtime.notes):
                _log.error("the changed configuration is not taken: %s", problem)
        self._loop.call_soon_threadsafe(self._apply)

    def _on_change(self, change: LoadedSettings | ConfigError) -> None:
        problems = self._runtime.reload(change)
        for problem in problems:
            _log.error("the changed configuration is not taken: %s", problem)
        if not problems:
            _log.info("the changed configuration holds now")
        self._loop.call_soon_threadsafe(self._apply)

    def _apply(self) -> None:
        """Apply the settings that are not the runtime's."""
        if self._runtime.outdated:
            self.leave("the changed configuration needs a new daemon")
        service = self._runtime.settings.service
        logging.getLogger(LOGGER).setLevel(service.log_level.upper())
        link = self._runtime.paths.run / "answer_timeout"
        link.unlink(missing_ok=True)
        if service.answer_timeout != ANSWER_TIMEOUT:
            link.symlink_to(f"{service.answer_timeout:g}")

    def _about(self) -> dict[str, object]:
        return {
            "started": self._started,
            "python": sys.executable,
            "connections": len(self._door.connections),
        }


def run(
    paths: Paths, *, foreground: bool = False, plugins: Iterable[Extra] = ()
) -> int:
    """Be the daemon until it leaves; return the process's exit code.

    :param foreground: log to standard error too, and say when one runs already.
    :param plugins: plugins that are not installed, each with its name.
    :raises HookwrightError: the run directory is somebody else's.
    :raises OSError: the data directory cannot be written.
    """
    os.umask(0o077)
    # Observers work beside those who answer; at Python's default of 5 ms, an agent
    # would often wait for one turn of theirs.
    sys.setswitchinterval(0.0005)
    make_run_directory(paths)
    start, lock = StartLock(paths), InstanceLock(paths)
    start.acquire()
    if not lock.acquire(0.0 if foreground else _SUCCEED):
        pid = (holder(paths) or {}).get("pid", "unknown")
        _say(f"a daemon runs already: process {pid}")
        return 1
    lock.describe()
    redactor = Redactor(load_key(paths.data))
    handlers = [open_log(paths.logs, "info", lambda text: redactor.text(text))]
    if foreground:
        handlers.append(logging.StreamHandler())
        logging.getLogger(LOGGER).addHandler(handlers[-1])
    try:
        return asyncio.run(_serve(paths, lock, start, plugins, handlers))
    except Exception:
        _log.exception("the daemon failed")
        raise
    finally:
        for handler in handlers:
            close_log(handler)
        start.release()
        lock.release()


async def _serve(
    paths: Paths,
    lock: InstanceLock,
    start: StartLock,
    plugins: Iterable[Extra],
    handlers: Sequence[logging.Handler],
) -> int:
    runtime = Runtime.open(paths, plugins=plugins)
    for handler in handlers:
        handler.filters.clear()
        handler.addFilter(RedactingFilter(runtime.redact))
    await Daemon(runtime).serve(lock, start)
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the daemon; return the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if unknown := [word for word in words if word != "--foreground"]:
        _say(f"unknown argument {unknown[0]!r}; accepted: --foreground")
        return 2
    try:
        return run(find_paths(), foreground=bool(words))
    except (HookwrightError, OSError) as error:
        _say(f"the daemon cannot run: {error}")
        return 1


if __name__ == "__main__":
    # At once: a thread that a plugin left behind must not keep the process.
    os._exit(main())
