"""Messages in, events and answers out, and what is remembered between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hookwright.hookspecs import (
    Answer,
    Decision,
    Delivery,
    Event,
    SessionEnd,
    SubagentStop,
    TurnEnd,
)

from ..wire.call_ids import CallIds, name_of
from ..wire.lent_hooks import is_lent
from ..wire.messages import event_name
from .answers import render_answer
from .calls import key_of
from .messages import read_events, read_told
from .names import own_name
from .open_calls import OpenCall
from .own_hooks import OwnHooks
from .sessions import Sessions
from .usage import UsageReader


class Reading:
    """What the adapter does; safe to use from several threads."""

    def __init__(self) -> None:
        self._own = OwnHooks()
        self._calls = CallIds()
        self._sessions = Sessions()
        self._usage = UsageReader(self._sessions)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Return the message's events.

        :raises ValueError: the message is malformed; the text names the field.
        """
        name = event_name(delivery)
        if not own_name(name):
            return ()
        if is_lent(delivery.arguments) and self._own.are_there(delivery.environment):
            return ()
        return read_events(read_told(delivery, name, self._sessions, self._calls))

    def reopen(self, calls: Iterable[OpenCall]) -> None:
        """Know the calls of which another process saw one half."""
        for call in calls:
            self._calls.reopen(call.key, call.stamp, call.id, ended=call.ended)

    def open_call(self, name: str) -> OpenCall:
        """Return what is to be kept of a call while one half of it is known."""
        key, stamp, ended = self._calls.told_under(name)
        return OpenCall(id=name, key=key, stamp=stamp, ended=ended)

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return the events, preceded by the model calls that were not seen yet."""
        completed: list[Event] = []
        for event in events:
            if isinstance(event, TurnEnd | SubagentStop | SessionEnd):
                ended = isinstance(event, SessionEnd)
                completed += self._usage.read(event, ended=ended)
            completed.append(event)
        return completed

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        """Return the decision in Copilot CLI's words."""
        name = event_name(delivery)
        takes_text = False
        if decision.outcome == "rewrite" and own_name(name) == "preToolUse":
            takes_text = self._expect_rewritten(delivery, name, decision)
        return render_answer(own_name(name), decision, takes_text=takes_text)

    def _expect_rewritten(
        self, delivery: Delivery, name: str, decision: Decision
    ) -> bool:
        """Know the call by its new arguments; return whether they are a mere text."""
        told = read_told(delivery, name, self._sessions, self._calls)
        message, payload = told.message, told.payload
        key = key_of(
            message.session_id,
            message.agent.instance,
            told.spelling.tool(payload),
            decision.input,
        )
        self._calls.rewritten(name_of(told.key, told.stamp), key)
        return isinstance(payload.fields.get(told.spelling("toolArgs")), str)
