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
from .lanes import Lanes
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
#: Part of the client's patience that the plugins may use up.
_SHARE = 0.9
_WORKERS = 32


class Answering:
    """Brings requests to the runtime; implements `door.Answerer`.

    :param leave: called when the daemon is to leave, with the reason.
    """

    def __init__(self, runtime: Runtime, leave: Callable[[str], None]) -> None:
        self._runtime = runtime
        self._leave = leave
        self._workers = ThreadPoolExecutor(_WORKERS, "hookwright-answer")
        self._urgent = ThreadPoolExecutor(2, "hookwright-late")
        self.lanes = Lanes()
        self.control = Control(runtime, self, leave)
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

    def dispatch(self, received: Received) -> None:
        """Let the observers see the events, after those that came before."""
        if received.fresh:
            self.lanes.submit(received.lane, lambda: self._finish(received))

    def take_over(self) -> int:
        """Dispatch what other processes left behind; return how many deliveries."""
        found = self._runtime.recover()
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
            self.retire()
            return Reply(RETIRE)
        self.last_event = time.monotonic()
        self.count += 1
        timeout = self._runtime.settings.service.answer_timeout * _SHARE
        raw = RawDelivery(
            id=request.delivery,
            agent_host=request.agent_host,
            arguments=request.arguments,
            cwd=request.cwd,
            environment=request.environment,
            stdin=request.stdin,
        )
        known: list[Received] = []
        answering = self._start(lambda: self._answer(raw, "o" in request.flags, known))
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

    def _answer(self, raw: RawDelivery, observe: bool, known: list[Received]) -> Answer:
        """Answer in a worker; what is received goes into `known` at once."""
        received = self._runtime.receive(raw)
        known.append(received)
        try:
            if not observe:
                return self._runtime.decide(received)
            said = received.problem or received.note
            return Answer(stderr=line(said) if said else "")
        finally:
            # Before the answer, so that the session's next event is behind this one.
            self.dispatch(received)

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
