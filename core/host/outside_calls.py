"""One call of a plugin in its worker process, from the daemon's side.

The thread that makes the call sends it, and answers what the plugin asks of its context
until the result comes. So the call is an ordinary one for all that surrounds it: its
budget, its stage, its breaker. A call that is given up and does not come back takes
its process with it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from hookwright.hookspecs import PluginConfig, Record, RecordType

from ..errors import HookwrightError, RecordError
from .chain import Fault, ProcessLostError, RaisedElsewhereError, Reply
from .channel import Channel, ChannelError
from .context import CallContext
from .events import BRIEFING, GATE_HOOKS, STARTUP, STATUS_LINE
from .guard import HookCall
from .loading import LOAD_BUDGET_S
from .messages import (
    Ask,
    Given,
    Raised,
    Request,
    TypeName,
    raised,
    type_name,
    unreadable,
)
from .plugin import Implementation

if TYPE_CHECKING:
    from .outside import Line, Outside
    from .process import WorkerProcess

#: An agent waits for these.
_URGENT = frozenset((*GATE_HOOKS.values(), BRIEFING, STATUS_LINE))
#: Seconds that a gate waits for a process that is being started, at least.
_PATIENCE_S = 1.0
#: Seconds that a call which was given up may still take before its process is ended;
#: less than its budget, so that the next call like it does not hang with it.
_LATE_S = 1.0
#: Records that are sent at once.
_PIECE = 256


class OutsideCall(HookCall):
    """A hook call that is made in the plugin's worker process."""

    __slots__ = ("_given_up", "_line", "_outside", "_within")

    def __init__(
        self,
        outside: Outside,
        implementation: Implementation,
        permit: int,
        context: CallContext,
        values: Mapping[str, Any],
        budget: float,
    ) -> None:
        super().__init__(implementation, permit, context, values, budget)
        self._outside = outside
        self._within = context
        self._line: Line | None = None
        self._given_up = False
        self.function = self._converse
        self.args = (values,)
        self.abandon = self._give_up

    def make(self) -> Reply:
        """Make the call, once the process is up; nothing that it raises gets out.

        Waiting for the process is not the plugin's time: the budget begins after it.
        """
        begun = time.monotonic()
        hook = self.implementation.hook
        urgent = hook in _URGENT
        patience = max(_PATIENCE_S, self.budget) if urgent else LOAD_BUDGET_S
        try:
            self._outside.await_up(patience, warming=hook == STARTUP)
        except ProcessLostError as error:
            return Reply(None, _fault(error), time.monotonic() - begun)
        self._within.begin(self.budget)
        reply = super().make()
        if reply.fault is not None and isinstance(reply.fault.error, ProcessLostError):
            reply.fault = _fault(reply.fault.error)
        return reply

    def _converse(self, values: Mapping[str, Any]) -> Any:
        item = self.implementation
        urgent = item.hook in _URGENT or self._within.depth > 0
        line = self._line = self._outside.take(urgent=urgent)
        if self._given_up:
            self._outside.give_back(line)
            raise ProcessLostError("was given up", blameless=True)
        given = {name: values[name] for name in item.parameters if name != "context"}
        request = Request(
            "hook",
            item.hook,
            item.position,
            given,
            self._within.from_agent,
            self._outside.log_level,
        )
        try:
            return converse(self._outside, line, request, self._within)
        finally:
            self._line = None

    def _give_up(self) -> None:
        """Drop the call; its process goes too unless it comes back very soon.

        On a machine with too much to do a call is often only late, and ending the
        process would make everything later still.
        """
        self._within.abandon()
        # First noted, then looked at: _converse() sees the one or we see the other.
        self._given_up = True
        if self._line is not None:
            late = min(_LATE_S, self.budget / 2)
            timer = threading.Timer(late, self._end, (self._line.process,))
            timer.daemon = True
            timer.start()

    def _end(self, process: WorkerProcess) -> None:
        if self._line is not None:
            hook = self.implementation.hook
            process.cut(f"lost its worker process, as {hook} of it hung")


def tool_request(
    name: str, arguments: Mapping[str, Any], from_agent: bool, level: int
) -> Request:
    """Return the request that calls a tool; its arguments are validated there."""
    return Request("tool", name, 0, dict(arguments), from_agent, level)


def converse(
    outside: Outside, line: Line, request: Request, context: CallContext
) -> Any:
    """Make one request and answer what the plugin asks; return the result.

    :raises ProcessLostError: the process was lost.
    :raises Exception: what the plugin raised, or why its values cannot be sent.
    """
    broken = False
    try:
        message = _until_done(line.channel, request, _Desk(outside, context))
    except (EOFError, OSError) as error:
        broken = True
        by_us = line.process.was_ended
        raise ProcessLostError(line.process.finish(), blameless=by_us) from error
    finally:
        outside.give_back(line, broken=broken)
    context.nested += outside.unkept()
    if isinstance(message, Given):
        return message.value
    if request.kind == "tool" and isinstance(message.error, HookwrightError):
        # A tool's answer to its caller, which is no fault.
        raise message.error
    raise RaisedElsewhereError(message.text, message.trace)


def _until_done(channel: Channel, request: Request, desk: _Desk) -> Given | Raised:
    try:
        channel.send(request)
    except ChannelError as error:
        raise unreadable(error, "the arguments") from error
    while True:
        try:
            message = channel.receive()
        except ChannelError as error:
            unread = raised(unreadable(error, "what it asks or returns"))
            if not error.asks:
                return unread
            channel.send(unread)
            continue
        if not isinstance(message, Ask):
            done: Given | Raised = message
            return done
        try:
            channel.send(desk.answer(message))
        except ChannelError as error:
            channel.send(raised(unreadable(error, f"the answer to {message.service}")))


class _Desk:
    """Answers what a plugin asks of its context in one call."""

    def __init__(self, outside: Outside, context: CallContext) -> None:
        self._outside = outside
        self._context = context
        self._reading: dict[int, Iterator[Record]] = {}
        self._services: dict[str, Callable[..., Any]] = {
            "now": context.now,
            "new_id": context.new_id,
            "redact": context.redact,
            "state_dir": lambda: context.state_dir,
            "config": lambda: context.config(PluginConfig),
            "call_hook": context.call_hook,
            "scan": self._scan,
            "find": self._find,
            "more": self._more,
        }

    def answer(self, ask: Ask) -> Given | Raised:
        """Return the answer, or the error that the plugin would have met here."""
        try:
            service = self._services.get(ask.service)
            if service is not None:
                return Given(service(*ask.arguments, **(ask.named or {})))
            record_type = self._record_type(ask.arguments[0])
            method = getattr(self._context.store, ask.service)
            found = method(record_type, *ask.arguments[1:], **(ask.named or {}))
            return Given(found)
        except BaseException as error:  # noqa: BLE001 - it belongs to the plugin
            return raised(error)

    def _record_type(self, named: TypeName) -> RecordType[Any]:
        found = self._outside.record_types(named.name)
        if found is None or type_name(found) != named:
            raise RecordError(
                f"record type {named.name!r} ({named.model}) is not registered; return "
                "it from hookwright_register_records"
            )
        return found

    def _scan(self, named: TypeName, *prefix: str, **how: Any) -> tuple[int, Any, bool]:
        return self._begin(
            self._context.store.scan(self._record_type(named), *prefix, **how)
        )

    def _find(self, named: TypeName, index: str, value: str) -> tuple[int, Any, bool]:
        return self._begin(
            self._context.store.find(self._record_type(named), index, value)
        )

    def _begin(self, records: Iterator[Record]) -> tuple[int, Any, bool]:
        number = len(self._reading)
        self._reading[number] = records
        return number, *self._more(number)

    def _more(self, number: int) -> tuple[list[Record], bool]:
        """Return the next records of a reading, and whether they are the last."""
        piece = list(islice(self._reading[number], _PIECE))
        return piece, len(piece) < _PIECE


def _fault(error: ProcessLostError) -> Fault:
    return Fault("unasked" if error.blameless else "lost", str(error))
