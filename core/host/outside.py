"""A plugin whose hooks and tools run in a worker process, as the host holds it.

A thread of the daemon's, its keeper, starts the process when it is first wanted, takes
what it logs, and reaps it. A process that was lost after it had been of use is started
again at once, ready for the next call; another one when the next call comes. Calls run
side by side, each over a channel of its own: a slow observer does not hold up the same
plugin's gate.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hookwright.hookspecs import RecordType

from ..errors import PluginError
from .chain import ProcessLostError
from .channel import Channel, ChannelError
from .context import CallContext, Services
from .discovery import Found
from .events import SHUTDOWN, STARTUP
from .loading import LOAD_BUDGET_S
from .logs import PLUGIN_LOGGER, RedactingLogger
from .messages import Hello, Logged
from .outside_calls import OutsideCall, converse, tool_request
from .plugin import Implementation, Plugin
from .process import WorkerProcess

if TYPE_CHECKING:
    from ..store import Stage

State = Literal["down", "starting", "warming", "up", "closed"]
#: Calls at once, and how many there may be when an agent or another call waits.
_CHANNELS = 8
_URGENT_CHANNELS = 24
#: Seconds without a call after which the process is ended.
IDLE_S = 600.0
#: Seconds after a failed start in which no other one is tried.
_REST_S = 1.0
_LEFT = "has left with its worker process"
_RETIRED = "had its worker process ended, as nobody called it"


class Line(NamedTuple):
    """A channel that one call has for itself."""

    process: WorkerProcess
    channel: Channel


class Outside:
    """One plugin's worker process, started again as often as it is needed.

    :param record_types: gives a registered record type by its name.
    :param run: calls the plugin's `hookwright_startup` or `hookwright_shutdown`; gives
        what it wrote, and its failure or "".
    :param give_up: called with the failure of a startup.
    """

    def __init__(
        self,
        plugin: Plugin,
        found: Found,
        services: Services,
        record_types: Callable[[str], RecordType[Any] | None],
        run: Callable[[Plugin, str], tuple[list[Stage], str]],
        give_up: Callable[[Plugin, str], None],
    ) -> None:
        self.record_types = record_types
        self.idle_s = IDLE_S
        self._plugin = plugin
        self._found = found
        self._services = services
        self._run = run
        self._give_up = give_up
        self._changed = threading.Condition()
        self._state: State = "down"
        self._wanted = False
        self._keeper: threading.Thread | None = None
        self._process: WorkerProcess | None = None
        self._free: list[Channel] = []
        self._open = 0
        self._useful = False
        self._used_at = 0.0
        #: How many starts have failed, the last one's failure, and when.
        self._failures = 0
        self._failure = ""
        self._failed_at = 0.0
        #: What was written when no call was there to keep it: by a startup, say.
        self._unkept: list[Stage] = []

    @property
    def pid(self) -> int | None:
        """Return the number of the process that runs, or None."""
        process = self._process
        return None if process is None or process.is_over else process.pid

    @property
    def is_up(self) -> bool:
        """Return whether calls can be made at once."""
        process = self._process
        return self._state == "up" and process is not None and not process.is_over

    @property
    def log_level(self) -> int:
        """Return the level below which the plugin need not log."""
        return logging.getLogger(PLUGIN_LOGGER).getEffectiveLevel()

    def call(
        self,
        implementation: Implementation,
        permit: int,
        context: CallContext,
        values: Mapping[str, Any],
        budget: float,
    ) -> OutsideCall:
        """Return the call of a hook."""
        return OutsideCall(self, implementation, permit, context, values, budget)

    def call_tool(
        self, context: CallContext, name: str, arguments: Mapping[str, Any]
    ) -> Any:
        """Call a tool; return its result as a JSON value.

        :raises ProcessLostError: the process cannot be started, or was lost.
        :raises Exception: what the tool raised.
        """
        self.await_up(LOAD_BUDGET_S)
        line = self.take(urgent=False)
        request = tool_request(name, arguments, context.from_agent, self.log_level)
        return converse(self, line, request, context)

    def want(self) -> None:
        """Have the process started; return at once."""
        with self._changed:
            self._want()

    def await_up(self, patience: float, *, warming: bool = False) -> None:
        """Return when calls can be made.

        :param patience: seconds to wait for a process that is being started.
        :param warming: whether the caller is what warms it up.
        :raises ProcessLostError: it is not up by then, or cannot be started.
        """
        if self.is_up or (warming and self._state == "warming"):
            return
        with self._changed:
            failures = self._want()
            in_time = self._changed.wait_for(
                lambda: (
                    self.is_up or self._state == "closed" or self._failures > failures
                ),
                patience,
            )
            failure = self._failure or _LEFT
        if not in_time:
            text = "is still being started in its worker process"
            raise ProcessLostError(text, blameless=True)
        if not self.is_up:
            raise ProcessLostError(failure)

    def take(self, *, urgent: bool) -> Line:
        """Return a channel for one call; `give_back` it.

        :param urgent: whether an agent, or another call, waits for this one.
        :raises ProcessLostError: the process is gone.
        """
        limit = _URGENT_CHANNELS if urgent else _CHANNELS
        with self._changed:
            while True:
                process = self._process
                if process is None or process.is_over:
                    raise ProcessLostError(self._failure or _LEFT, blameless=True)
                self._used_at = time.monotonic()
                if self._free:
                    return Line(process, self._free.pop())
                if self._open < limit:
                    return Line(process, self._open_channel(process))
                self._changed.wait(1.0)

    def give_back(self, line: Line, *, broken: bool = False) -> None:
        """Take a channel back, or close one that is in an unknown state."""
        with self._changed:
            self._used_at = time.monotonic()
            if broken or line.process is not self._process:
                line.process.forget(line.channel)
                self._open -= line.process is self._process
            else:
                self._useful = True
                self._free.append(line.channel)
            self._changed.notify_all()

    def unkept(self) -> list[Stage]:
        """Return what was written without a call to keep it, once."""
        if not self._unkept:
            return []
        with self._changed:
            kept, self._unkept = self._unkept, []
        return kept

    def close(self, *, wait: bool = True) -> None:
        """End the process for good.

        :param wait: for the process to be reaped.
        """
        with self._changed:
            self._state = "closed"
            self._changed.notify_all()
            process, keeper = self._process, self._keeper
        if process is not None:
            process.cut(_LEFT)
        if wait and keeper is not None:
            keeper.join(LOAD_BUDGET_S)

    def _want(self) -> int:
        """Wake the keeper; return how many starts had failed. The lock is held."""
        if self._state == "up":
            # It may be over already: then it is started again when it is buried.
            self._wanted = not self.is_up
            return self._failures
        if self._state != "down" or self._wanted:
            return self._failures
        if self._failures and time.monotonic() - self._failed_at < _REST_S:
            # Too soon: what failed a moment ago stands for this start.
            return self._failures - 1
        self._wanted = True
        self._changed.notify_all()
        if self._keeper is None:
            name = f"hookwright-keeps-{self._found.name}"
            self._keeper = threading.Thread(target=self._keep, name=name, daemon=True)
            self._keeper.start()
        return self._failures

    def _keep(self) -> None:
        """Be the keeper, until the plugin leaves."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._state == "closed")
                if self._state == "closed":
                    return
                self._wanted, self._state = False, "starting"
            process = self._start()
            if process is not None:
                self._services.workers.start(partial(self._warm_up, process))
                self._tend(process)
                self._bury(process)

    def _start(self) -> WorkerProcess | None:
        memory = self._plugin.info.memory_limit_mb
        hello = Hello(self._found, tuple(sys.path), memory, self.log_level)
        try:
            process = WorkerProcess()
        except OSError as error:
            self._has_failed(f"could not get a worker process: {error}")
            return None
        with self._changed:
            self._process, self._free, self._open = process, [], 0
            self._useful = False
            if self._state == "closed":
                process.cut(_LEFT)
        try:
            process.greet(hello, LOAD_BUDGET_S, self._log)
        except PluginError as error:
            process.cut(str(error))
            process.dispose()
            self._has_failed(str(error))
            return None
        with self._changed:
            if self._state == "starting":
                self._state = "warming"
            self._used_at = time.monotonic()
        label = self._plugin.label
        self._services.log.info("plugin %s: worker process %d", label, process.pid)
        return process

    def _warm_up(self, process: WorkerProcess) -> None:
        """Call the plugin's startup; then all other calls may come."""
        stages, failure = self._run(self._plugin, STARTUP)
        with self._changed:
            self._unkept += stages
            if self._state == "warming" and not failure and not process.is_over:
                self._state = "up"
                self._changed.notify_all()
                return
        if self._state == "closed" or (process.is_over and not process.was_ended):
            return  # the keeper finds out
        process.cut(f"{STARTUP} {failure}")
        self._give_up(self._plugin, f"{STARTUP} {failure}")

    def _tend(self, process: WorkerProcess) -> None:
        """Take what the process logs, until it is over."""
        while True:
            if not process.has_news(self.idle_s / 4):
                if self._is_idle():
                    self._retire(process)
                continue
            try:
                message = process.news()
            except (EOFError, OSError):
                return
            except ChannelError as error:
                self._services.log.debug("%s: %s", self._plugin.label, error)
                continue
            if isinstance(message, Logged):
                self._log(message)

    def _bury(self, process: WorkerProcess) -> None:
        """Reap the process; have another one started when this one was of use."""
        by_us, fate = process.was_ended, process.finish()
        with self._changed:
            for channel in self._free:
                process.forget(channel)
            self._free, self._process = [], None
            again = self._useful and fate != _RETIRED
            warming = self._state == "warming"
        process.dispose()
        if not by_us:
            self._services.log.warning("plugin %s %s", self._plugin.label, fate)
        if warming:
            self._has_failed(fate)
            return
        with self._changed:
            self._failure = fate
            if self._state != "closed":
                self._state, self._wanted = "down", again or self._wanted
            self._changed.notify_all()

    def _has_failed(self, failure: str) -> None:
        with self._changed:
            self._process = None
            self._failures += 1
            self._failure, self._failed_at = failure, time.monotonic()
            if self._state != "closed":
                self._state = "down"
            self._changed.notify_all()

    def _open_channel(self, process: WorkerProcess) -> Channel:
        try:
            channel = process.open_channel()
        except OSError as error:
            raise ProcessLostError(f"cannot be reached: {error}") from error
        self._open += 1
        return channel

    def _is_idle(self) -> bool:
        quiet = time.monotonic() - self._used_at
        return quiet > self.idle_s and self._open == len(self._free)

    def _retire(self, process: WorkerProcess) -> None:
        if self._state == "up":
            stages, _ = self._run(self._plugin, SHUTDOWN)
            with self._changed:
                self._unkept += stages
        process.cut(_RETIRED)

    def _log(self, message: Logged) -> None:
        logger = RedactingLogger(message.logger, self._services.redacting)
        if logger.isEnabledFor(message.level):
            record = logger.makeRecord(
                message.logger, message.level, "", 0, message.text, (), None
            )
            record.exc_text = message.trace or None
            logger.handle(record)
