"""The adapter: it loads what reads and answers with the first message."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from hookwright.hookspecs import Answer, Decision, Delivery, Event, GateKind

from ..wire.messages import named_by_argument, named_by_payload
from .names import AGENT_HOST, HOME_VARIABLE, OUTPUTS, PROJECT_VARIABLE, REFUSABLE

if TYPE_CHECKING:
    from .open_calls import OpenCall
    from .reading import Reading


class CopilotAdapter:
    """Speaks Copilot CLI's command-hook wire, under both names of its events."""

    agent_host: str = AGENT_HOST
    input_format: Literal["json", "text"] = "json"
    environment: Sequence[str] = (PROJECT_VARIABLE, HOME_VARIABLE)
    refusable_events: Mapping[str, GateKind] = REFUSABLE
    output_events: Collection[str] = OUTPUTS

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: Reading | None = None
        self._reopened: list[OpenCall] = []

    def refusable(self, delivery: Delivery) -> bool:
        """Return whether Copilot CLI obeys a refusal of this message."""
        names = {named_by_argument(delivery), named_by_payload(delivery)}
        return not names.isdisjoint(REFUSABLE)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Return the message's events; none for an event we have no use for.

        None either for what came by an entry of Claude Code's where hooks of our own
        tell the same.

        :raises ValueError: the message is malformed; the text names the field.
        """
        return self._reading.parse(delivery)

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return the events, preceded by the model calls that were not seen yet."""
        return self._reading.complete(events)

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        """Return the decision as Copilot CLI's JSON, or nothing."""
        return self._reading.render(delivery, decision)

    def reopen(self, calls: Sequence[OpenCall]) -> None:
        """Know the tool calls of which another process saw one half."""
        with self._lock:
            self._reopened += calls

    def open_call(self, name: str) -> OpenCall:
        """Return what is to be kept of a call while one half of it is known."""
        return self._reading.open_call(name)

    @property
    def _reading(self) -> Reading:
        with self._lock:
            if self._loaded is None:
                # Imported late: most sessions are not Copilot CLI's.
                from .reading import Reading

                self._loaded = Reading()
            if self._reopened:
                self._loaded.reopen(self._reopened)
                self._reopened = []
            return self._loaded
