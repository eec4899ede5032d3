"""The adapter: what the shim sends in, events and answers out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from hookwright.hookspecs import Answer, Decision, Delivery, Event, GateKind

from ..wire.messages import event_name, named_by_argument, named_by_payload
from .answers import render_answer
from .messages import READERS, read_events, read_message
from .names import AGENT_HOST, OUTPUTS, REFUSABLE

_NAME = "event"


class OpenCodeAdapter:
    """Speaks with `shim.js`, which runs inside OpenCode."""

    agent_host: str = AGENT_HOST
    input_format: Literal["json", "text"] = "json"
    environment: Sequence[str] = ()
    refusable_events: Mapping[str, GateKind] = REFUSABLE
    output_events: Collection[str] = OUTPUTS

    def refusable(self, delivery: Delivery) -> bool:
        """Return whether the shim carries a refusal of this message out."""
        names = {named_by_argument(delivery), named_by_payload(delivery, _NAME)}
        return not names.isdisjoint(REFUSABLE)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Return the message's events; none for one that we have no use for.

        :raises ValueError: the message is malformed; the text names the field.
        """
        name = event_name(delivery, _NAME)
        if name not in READERS:
            return ()
        return read_events(read_message(delivery, name))

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return the events as they are: OpenCode tells everything by itself."""
        return events

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        """Return the decision as the shim's JSON, or nothing."""
        return render_answer(event_name(delivery, _NAME), decision)
