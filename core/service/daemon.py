"""The warm process: one for each user and data directory.

`python -P -m hookwright.core.service.daemon [--foreground]`. It is started by the
first event that finds none, and leaves when no event has come for
`service.idle_exit`, on SIGTERM and SIGINT, when it is asked to, and when a program
of another version speaks to it. Leaving means: take no more connections, finish what
is under way for a moment, flush, go. What was not finished waits in the spool.
"""

from __future__ import annotations

if __name__ == "__main__":
    # Before anything is imported; in any other process that is not ours to decide.
    from .late_openssl import openssl_left_out
    from .light_start import leave_out_pydantic_plugins

    leave_out_pydantic_plugins()
    with openssl_left_out():
        from . import answering as _answering  # noqa: F401 - and all that it needs

import asyncio
import gc
import logging
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..errors import ConfigError, HookwrightError
from ..host import RedactingFilter, watchdog
from ..paths import Paths, find_paths
from ..redaction import Redactor, load_key
from ..settings import LoadedSettings, SettingsWatcher
from .answering import Answering
from .client import ANSWER_TIMEOUT
from .door import SocketDoor
from .housekeeping import (
    LastResort,
    Reaper,
    bound_standard_error,
    end_group,
    give_back_heap,
    give_back_pages,
)
from .http_port import is_wanted
from .lifetime import InstanceLock, StartLock, holder, make_run_directory
from .logs import LOGGER, close_log, open_log
from .native import Upkeep
from .opening import Extra
from .runtime import Runtime

if TYPE_CHECKING:
    from .http_door import HttpDoor

# Not `__name__`, which is `__main__` here.
_log = logging.getLogger(f"{LOGGER}.daemon")

#: Seconds to wait for a daemon that is just leaving.
_SUCCEED = 5.0
#: Seconds for answers and for observers that are under way when it leaves.
_LAST_ANSWERS = 0.3
_LAST_WORK = 0.3
_LONGEST_PAUSE = 2.0
#: Rounds of housekeeping that fail, one after another, until it leaves.
_MOST_FAULTS = 5


class Daemon:
    """Serves one runtime until it is told to leave.

    :param lock: held; the one that makes this daemon the only one.
    :param last: done at the very end, when leaving in order took too long.
    """

    def __init__(
        self, runtime: Runtime, lock: InstanceLock, last: Callable[[], None]
    ) -> None:
        self._runtime = runtime
        self._lock = lock
        #: What stands there is another daemon's: nothing is to be touched any more.
        self._displaced = False
        self._leaving = asyncio.Event()
        self._reason = ""
        self._loop = asyncio.get_running_loop()
        self._answering = Answering(runtime, self.leave)
        self._upkeep = Upkeep()
        self._answering.expects = self._upkeep.knows
        self._door = SocketDoor(runtime.paths.run, self._answering)
        self._http: HttpDoor | None = None
        # Once more soon: while it started, others went the way without a daemon.
        self._recovered = -math.inf
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._answering.control.about = self._about
        self._answering.control.reloaded = self._apply
        self._watcher = SettingsWatcher(runtime.paths, None, self._on_change)
        self._watched = False
        self._reaper = Reaper()
        self._faults = 0
        # Threads of its own: every other one may be held up by a plugin.
        self._last_thread = ThreadPoolExecutor(1, "hookwright-leave")
        self._last_resort = LastResort(lambda: runtime.is_writing, last)

    def leave(self, reason: str) -> None:
        """Begin to leave; the first reason counts."""
        if not self._leaving.is_set():
            self._reason = reason
            self._last_resort.begin()
        self._leaving.set()

    async def serve(self, start: StartLock) -> None:
        """Serve until it is time to leave.

        :raises OSError: the socket cannot be made.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._on_signal, number)
        self._apply()
        # First of all: what others left comes before anything new.
        await self._answering.in_worker(self._answering.take_over)
        # Before anybody can speak to this daemon: an old client would end it.
        await self._answering.in_worker(self._keep_client)
        await self._door.open()
        self._lock.describe(started=self._started)
        start.release()
        _log.info("listening, process %d", os.getpid())
        self._runtime.host.start_workers()
        await self._tend_http()
        await self._answering.in_worker(self._watch_settings)
        try:
            while not self._leaving.is_set():
                await self._pause()
                await self._tend()
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

    async def _tend(self) -> None:
        """Do the housekeeping; a fault in it ends no daemon that answers agents."""
        try:
            await self._look_around()
            self._faults = 0
        except Exception:  # noqa: BLE001 - agents wait for a daemon, not for its chores
            self._faults += 1
            _log.exception("housekeeping failed, the daemon goes on")
            if self._faults >= _MOST_FAULTS:
                self.leave(f"its housekeeping failed {self._faults} times in a row")

    async def _look_around(self) -> None:
        if not self._lock.keep() or not self._door.stands:
            self._displaced = not self._lock.keep()
            self.leave("its run directory, or the socket in it, was removed")
        if version := self._upkeep.updated():
            self.leave(f"version {version} was installed")
        if self._leaving.is_set():
            return
        bound_standard_error(self._runtime.paths)
        self._reaper.look()
        now = time.monotonic()
        due = now - self._recovered > self._runtime.settings.store.flush_seconds
        catches_up = self._runtime.is_behind and not self._answering.lanes.is_full
        if due or catches_up:
            self._recovered = now
            await self._answering.in_worker(self._give_back)
            await self._answering.in_worker(self._answering.take_over)
        await self._answering.in_worker(self._runtime.tick)
        await self._answering.in_worker(self._watch_settings)
        await self._tend_http()
        quiet = now - self._answering.last_event
        if self._door.busy or self._answering.lanes.busy:
            return
        if quiet > self._runtime.settings.service.idle_exit:
            self.leave(f"no event for {quiet:.0f} s")

    async def _depart(self) -> None:
        _log.info("leaving: %s", self._reason or "a fault")
        self._last_resort.begin()
        doors: list[SocketDoor | HttpDoor] = [self._door]
        doors += [] if self._http is None else [self._http]
        for door in doors:
            door.shut()
        if not self._displaced:
            await self._finish(doors)
        for door in doors:
            door.close()
        self._answering.close()
        # Let the loop write what was sent last.
        await asyncio.sleep(0)

    async def _finish(self, doors: Sequence[SocketDoor | HttpDoor]) -> None:
        deadline = time.monotonic() + _LAST_ANSWERS
        while any(door.busy for door in doors) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        drain = self._answering.lanes.drain
        for step in (lambda: drain(_LAST_WORK), self._watcher.stop, self._let_go):
            await self._loop.run_in_executor(self._last_thread, step)

    def _give_back(self) -> None:
        try:
            give_back_pages(self._runtime.paths.store)
            give_back_heap()
        except OSError as error:
            _log.debug("the store's pages are not given back: %s", error)

    def _keep_client(self) -> None:
        if stale := self._upkeep.begin(self._runtime.paths):
            _log.error(
                "hooks run the client of version %s, so each of their events is "
                "delivered without the daemon: %s",
                stale.version,
                stale.why,
            )

    def _let_go(self) -> None:
        try:
            self._runtime.close()
        except (HookwrightError, OSError):
            # Nothing is lost by it: what was acknowledged is in the spool.
            _log.exception("the store was not left in order")

    async def _tend_http(self) -> None:
        """Open or close the HTTP door, as settings and installed hooks ask."""
        service, paths = self._runtime.settings.service, self._runtime.paths
        if self._http is None:
            if not is_wanted(service.http, paths.data):
                return
            # Imported late and beside the loop: few want it, and it costs 10 ms.
            made = await self._answering.in_worker(_http_door)
            self._http = made(paths.data, self._answering)
        await self._http.tend(service.http, service.http_port)

    def _on_signal(self, number: int) -> None:
        if self._last_resort.ends:
            return
        if self._leaving.is_set():
            os._exit(128 + number)
        self.leave(signal.Signals(number).name)

    def _watch_settings(self) -> None:
        """Begin to watch the files once there are any.

        Until then, who looks now and then sees the first one come; what watches costs
        1.5 MB.
        """
        if self._watched or not (self._watcher.has_files or self._runtime.loaded.files):
            return
        self._watched = True
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
            "http": None if self._http is None else self._http.about(),
        }


def _http_door() -> type[HttpDoor]:
    from .http_door import HttpDoor

    return HttpDoor


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
        pid = (holder(paths) or {}).get("pid") or "unknown"
        _say(f"a daemon runs already: process {pid}")
        return 1
    lock.describe()
    # What it says at the end would be taken for why a daemon did not come up.
    logging.getLogger("watchdog").addHandler(logging.NullHandler())
    redactor = Redactor(load_key(paths.data))
    handlers = [open_log(paths.logs, "info", lambda text: redactor.text(text))]
    if foreground:
        handlers.append(logging.StreamHandler())
        logging.getLogger(LOGGER).addHandler(handlers[-1])
    # In the foreground, the group is a person's, with who reads its output.
    last: Callable[[], None] = (lambda: None) if foreground else end_group
    try:
        watchdog.begin()
        runtime = Runtime.open(paths, plugins=plugins, isolate=True, recover=True)
        for handler in handlers:
            handler.filters.clear()
            handler.addFilter(RedactingFilter(runtime.redact))
        # What is there now stays: a collection that looks at all of it stops every
        # answer for tens of milliseconds.
        gc.collect()
        gc.freeze()
        asyncio.run(_serve(runtime, lock, start, last))
        return 0
    except Exception:
        _log.exception("the daemon failed")
        raise
    finally:
        watchdog.end()
        # The signal that ends the group reaches this process as well.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        last()
        for handler in handlers:
            close_log(handler)
        start.release()
        lock.release()


async def _serve(
    runtime: Runtime, lock: InstanceLock, start: StartLock, last: Callable[[], None]
) -> None:
    watchdog.follow(asyncio.get_running_loop())
    await Daemon(runtime, lock, last).serve(start)


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
