"""How the daemon answers: events from workers within the deadline, in order."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from hookwright.hookspecs import Answer

from ..errors import HookwrightError, UnknownNameError
from .complaints import line
from .control import Control
from .deliveries import Received
from .desk import Desk, Ticket
from .door import Send
from .intake import RawDelivery
from .lanes import MOST_JOBS, Lanes
from .precedence import Precedence
from .runtime import Runtime
from .wire import (
    CONTROL,
    DONE,
    FAULT,
    HOOK,
    RETIRE,
    USAGE,
    VERSION,
    FrameError,
    HookRequest,
    Reply,
    decode_hook,
)

_log = logging.getLogger(__name__)
R = TypeVar("R")
#: Part of the client's patience after which it is answered without the plugins.
_SHARE = 0.9
#: Part of it in which the gates must have decided; whoever has not is represented by
#: its failure policy, beside the verdicts of the others.
_GATES_SHARE = 0.8
#: Events that are answered at the same time, and control requests.
_PLACES = 32
_WORKERS = 8
#: Seconds that what is only recorded waits while the observers are far behind.
_ROOM_S = 1.0


@dataclass(slots=True)
class _UnderWay:
    """One event on its way to an answer."""

    #: None once it is answered: its timer would keep all of it.
    raw: RawDelivery | None
    #: When the gates must have decided; None for what is only recorded.
    due: float | None
    ticket: Ticket
    received: Received | None = None


class Answering:
    """Brings requests to the runtime; implements `door.Answerer`.

    :param leave: called when the daemon is to leave, with the reason.
    """

    def __init__(self, runtime: Runtime, leave: Callable[[str], None]) -> None:
        self._runtime = runtime
        self._leave = leave
        self._desk = Desk(_PLACES)
        self._workers = ThreadPoolExecutor(_WORKERS, "hookwright-answer")
        self._urgent = ThreadPoolExecutor(2, "hookwright-late")
        self._precedence = Precedence()
        self.lanes = Lanes(precedence=self._precedence)
        self.control = Control(runtime, self, leave)
        #: Whether a program of that version speaking is no reason to leave.
        self.expects: Callable[[str], bool] = lambda _version: False
        #: When the last event came, in monotonic seconds.
        self.last_event = time.monotonic()
        self.count = 0

    async def answer(self, kind: int, fields: list[bytes], send: Send) -> Reply | None:
        """Answer one request of either kind."""
        if kind == HOOK:
            return await self._event(fields)
        if kind == CONTROL and len(fields) == 2:
            same = fields[0].decode("utf-8", "replace") == VERSION
            return await self._operation(fields[1], same, send)
        raise FrameError(f"kind {kind} with {len(fields)} fields")

    def retire(self) -> None:
        """Leave: somebody of another version is here."""
        self._leave("another version")

    def dispatch(self, received: Received, size: int = 0) -> None:
        """Let the observers see the events, after those that came before.

        :param size: bytes of the message they came in.
        """
        if received.fresh:
            self.lanes.submit(received.lane, lambda: self._finish(received), size)

    def take_over(self) -> int:
        """Dispatch what other processes left behind; return how many deliveries."""
        found = self._runtime.recover(MOST_JOBS)
        for received in found:
            self.dispatch(received)
        return len(found)

    async def in_worker(self, function: Callable[[], R]) -> R:
        """Run a function that may block; return what it returns."""
        return await self._start(function)

    def close(self) -> None:
        """Take no more work; what runs is not waited for."""
        self.lanes.close()
        self._desk.close()
        for pool in (self._workers, self._urgent):
            pool.shutdown(wait=False, cancel_futures=True)

    def answer_soon(self, fields: list[bytes], send: Callable[[Reply], None]) -> bool:
        """Have an event answered; return False when it must wait for room first.

        Called in the event loop's thread.

        :param send: called once with the reply, in any thread.
        :raises FrameError: the fields are no event.
        """
        request = decode_hook(fields)
        if request.version != VERSION:
            if not self.expects(request.version):
                self.retire()
            send(Reply(RETIRE))
            return True
        observed = "o" in request.flags
        if observed and self.lanes.is_full:
            return False
        self._begin(request, send, observed)
        return True

    async def _event(self, fields: list[bytes]) -> Reply:
        """Answer an event; one that is only recorded waits for room."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Reply] = loop.create_future()

        def send(reply: Reply) -> None:
            loop.call_soon_threadsafe(_resolve, answered, reply)

        if not self.answer_soon(fields, send):
            if not await self._has_room():
                # The client leaves it in the spool: on the disk, not in memory.
                return Reply(FAULT)
            self._begin(decode_hook(fields), send, True)
        return await answered

    def _begin(
        self, request: HookRequest, send: Callable[[Reply], None], observed: bool
    ) -> None:
        now = time.monotonic()
        if "i" not in request.flags:
            # Drawing a status line is no sign of life of an agent.
            self.last_event = now
            self.count += 1
        patience = self._runtime.settings.service.answer_timeout
        raw = RawDelivery(
            id=request.delivery,
            agent_host=request.agent_host,
            arguments=request.arguments,
            cwd=request.cwd,
            environment=request.environment,
            stdin=request.stdin,
        )
        due = None if observed else now + patience * _GATES_SHARE
        event = _UnderWay(raw, due, Ticket(send))
        loop = asyncio.get_running_loop()
        loop.call_later(patience * _SHARE, self._overdue, event)
        self._desk.submit(lambda: self._answer(event, raw))

    def _answer(self, event: _UnderWay, raw: RawDelivery) -> None:
        """Receive one event and answer it; runs in a thread of the desk's."""
        self._precedence.began()
        try:
            received = self._runtime.receive(raw)
            if self._runtime.unrecorded:
                received = self._runtime.set_aside(received)
            event.received = received
            if event.due is not None:
                self._runtime.decide_here(
                    received, event.due, lambda answer: self._end(event, answer)
                )
                return
        except Exception as error:  # noqa: BLE001 - the agent is told, whatever it is
            self._failed(event, error)
            return
        self._end(event, lambda: self._runtime.answer_record(received))

    def _end(self, event: _UnderWay, answer: Callable[[], Answer]) -> None:
        """Send the answer; an answer that comes too late still has its event seen."""
        try:
            reply = _reply(answer())
        except Exception as error:  # noqa: BLE001 - the agent is told, whatever it is
            self._failed(event, error)
            return
        self._send(event, reply)

    def _failed(self, event: _UnderWay, error: Exception) -> None:
        if isinstance(error, UnknownNameError):
            reply = Reply(USAGE, stderr=line(str(error)).encode())
        else:
            _log.error("a request could not be answered", exc_info=error)
            reply = Reply(FAULT)
        self._send(event, reply)

    def _send(self, event: _UnderWay, reply: Reply) -> None:
        """Have the event seen, whatever came of its answer; then send that.

        In this order, so that the session's next event is behind this one.
        """
        self._precedence.ended()
        raw, received = event.raw, event.received
        event.raw = event.received = None
        if raw is not None and received is not None:
            try:
                self.dispatch(received, len(raw.stdin))
            except RuntimeError as error:
                # The lanes are closed: it waits in the spool for the next daemon.
                _log.warning("an event is left to the next daemon: %s", error)
        if event.ticket.answer(reply):
            self._desk.leave()

    def _overdue(self, event: _UnderWay) -> None:
        """Answer for the plugins; in the event loop's thread."""
        raw, received = event.raw, event.received
        if raw is None or not event.ticket.is_open:
            return
        _log.warning("an answer to %s came too late", raw.agent_host)
        if received is None:
            # The client goes the way without a daemon, under the same id.
            if event.ticket.answer(Reply(FAULT)):
                self._desk.leave()
            return

        def answer() -> None:
            try:
                reply = _reply(self._runtime.late(received))
            except Exception:  # noqa: BLE001 - its place must be given back
                _log.exception("a late request could not be answered")
                reply = Reply(FAULT)
            if event.ticket.answer(reply):
                self._desk.leave()

        self._urgent.submit(answer)

    def _start(self, function: Callable[[], R]) -> asyncio.Future[R]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._workers, function)

    async def _has_room(self) -> bool:
        deadline = time.monotonic() + _ROOM_S
        while self.lanes.is_full and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        return not self.lanes.is_full

    def _finish(self, received: Received) -> None:
        if self._runtime.finish(received) is not None:
            self.take_over()

    async def _operation(self, request: bytes, same: bool, send: Send) -> Reply | None:
        try:
            wanted = json.loads(request)
            name, arguments = str(wanted["op"]), dict(wanted.get("args", {}))
        except (ValueError, KeyError, TypeError) as error:
            raise FrameError(f"a control request that is none: {error}") from None
        if not same and name not in Control.ANY_VERSION:
            self.retire()
            return Reply(RETIRE)
        try:
            result = await self.control.run(name, arguments, send)
        except HookwrightError as error:
            kind = type(error).__name__
            told = {"error": {"type": kind, "message": str(error)}}
            return Reply(DONE, error.exit_code, json.dumps(told).encode())
        return Reply(stdout=json.dumps({"result": result}).encode())


def _resolve(answered: asyncio.Future[Reply], reply: Reply) -> None:
    if not answered.done():
        answered.set_result(reply)


def _reply(answer: Answer) -> Reply:
    return Reply(
        DONE,
        answer.exit_code,
        answer.stdout.encode("utf-8", "replace"),
        answer.stderr.encode("utf-8", "replace"),
    )
