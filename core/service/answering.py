"""How the daemon answers: events from workers within the deadline, in order."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hookwright.hookspecs import Answer

from ..errors import HookwrightError, UnknownNameError
from .complaints import line
from .control import Control
from .deliveries import Received
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
_WORKERS = 32
#: Seconds that what is only recorded waits while the observers are far behind.
_ROOM_S = 1.0


class Answering:
    """Brings requests to the runtime; implements `door.Answerer`.

    :param leave: called when the daemon is to leave, with the reason.
    """

    def __init__(self, runtime: Runtime, leave: Callable[[str], None]) -> None:
        self._runtime = runtime
        self._leave = leave
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
            return await self._event(decode_hook(fields))
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
        for pool in (self._workers, self._urgent):
            pool.shutdown(wait=False, cancel_futures=True)

    async def _event(self, request: HookRequest) -> Reply:
        if request.version != VERSION:
            if not self.expects(request.version):
                self.retire()
            return Reply(RETIRE)
        self.last_event = time.monotonic()
        self.count += 1
        patience = self._runtime.settings.service.answer_timeout
        timeout, due = patience * _SHARE, time.monotonic() + patience * _GATES_SHARE
        raw = RawDelivery(
            id=request.delivery,
            agent_host=request.agent_host,
            arguments=request.arguments,
            cwd=request.cwd,
            environment=request.environment,
            stdin=request.stdin,
        )
        if self.lanes.is_full and "o" in request.flags and not await self._has_room():
            # The client leaves it in the spool: on the disk, not in memory.
            return Reply(FAULT)
        known: list[Received] = []
        answering = self._start(
            lambda: self._answer(raw, None if "o" in request.flags else due, known)
        )
        try:
            # Shielded: an answer that comes too late still has its events observed.
            answer = await asyncio.wait_for(asyncio.shield(answering), timeout)
        except UnknownNameError as error:
            return Reply(USAGE, stderr=line(str(error)).encode())
        except TimeoutError:
            _log.warning("an answer to %s came too late", request.agent_host)
            if not known:
                # The client goes the way without a daemon, under the same id.
                return Reply(FAULT)
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(
                self._urgent, self._runtime.late, known[0]
            )
        return _reply(answer)

    def _start(self, function: Callable[[], R]) -> asyncio.Future[R]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._workers, function)

    def _answer(
        self, raw: RawDelivery, due: float | None, known: list[Received]
    ) -> Answer:
        """Answer in a worker; what is received goes into `known` at once.

        :param due: when the gates must have decided; None for what is only recorded.
        """
        self._precedence.began()
        try:
            return self._received(raw, due, known)
        finally:
            self._precedence.ended()

    def _received(
        self, raw: RawDelivery, due: float | None, known: list[Received]
    ) -> Answer:
        received = self._runtime.receive(raw)
        if self._runtime.unrecorded:
            received = self._runtime.set_aside(received)
        known.append(received)
        try:
            if due is not None:
                return self._runtime.decide(received, due)
            said = received.problem or received.note
            return Answer(stderr=line(said) if said else "")
        finally:
            # Before the answer, so that the session's next event is behind this one.
            self.dispatch(received, len(raw.stdin))

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


def _reply(answer: Answer) -> Reply:
    return Reply(
        DONE,
        answer.exit_code,
        answer.stdout.encode("utf-8", "replace"),
        answer.stderr.encode("utf-8", "replace"),
    )
