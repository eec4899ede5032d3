"""The adapter: messages in, events and answers out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from hookwright.hookspecs import Answer, Decision, Delivery, Event, GateKind

from ..wire.lent_hooks import is_lent
from ..wire.messages import named_by_argument, named_by_payload
from .answers import render_answer
from .messages import READERS, Subagents, read_message, read_subagent
from .names import (
    AGENT_HOST,
    HOME_VARIABLE,
    LENT_NAMES,
    OUTPUTS,
    PROJECT_VARIABLE,
    REFUSABLE,
)
from .own_hooks import are_there


class CursorAdapter:
    """Speaks the wire of Cursor's hooks."""

    agent_host: str = AGENT_HOST
    input_format: Literal["json", "text"] = "json"
    environment: Sequence[str] = (PROJECT_VARIABLE, HOME_VARIABLE)
    refusable_events: Mapping[str, GateKind] = REFUSABLE
    output_events: Collection[str] = OUTPUTS

    def __init__(self) -> None:
        self._subagents = Subagents()

    def refusable(self, delivery: Delivery) -> bool:
        """Return whether Cursor obeys a refusal of this message."""
        names = {named_by_argument(delivery), named_by_payload(delivery)}
        return not names.isdisjoint(REFUSABLE)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Return the message's events; none for an event we have no use for.

        None either for what came by an entry of Claude Code's where hooks of our own
        tell the same.

        :raises ValueError: the message is malformed; the text names the field.
        """
        name = _name_of(delivery)
        if name not in READERS or _is_second(delivery):
            return ()
        message = read_message(delivery, name, self._subagents)
        events = READERS[name](message)
        if name == "subagentStart":
            self._subagents.note(*read_subagent(message.payload, message.session_id))
        return events

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return the events: Cursor leaves no file that tells more."""
        return events

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        """Return the decision as Cursor's JSON."""
        return render_answer(_name_of(delivery), decision, delivery.payload)


def _name_of(delivery: Delivery) -> str:
    """Return Cursor's name of the event, whoever's entry it came by."""
    name = named_by_payload(delivery) or named_by_argument(delivery)
    return LENT_NAMES.get(name, name)


def _is_second(delivery: Delivery) -> bool:
    return is_lent(delivery.arguments) and are_there(delivery.environment)
