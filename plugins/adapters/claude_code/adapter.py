"""The adapter: messages in, events and answers out, tokens from the transcript."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from hookwright.hookspecs import (
    Answer,
    Decision,
    Delivery,
    Event,
    GateKind,
    SessionEnd,
    StatusQuery,
    SubagentStop,
    TurnEnd,
)

from ..wire.messages import Message, event_name, named_by_argument, named_by_payload
from .answers import render_answer, render_line
from .messages import READERS, read_events, read_message, read_query
from .names import AGENT_HOST, OUTPUTS, PROJECT_VARIABLE, REFUSABLE, STATUS
from .usage import UsageReader


class ClaudeCodeAdapter:
    """Speaks Claude Code's command-hook wire."""

    agent_host: str = AGENT_HOST
    input_format: Literal["json", "text"] = "json"
    environment: Sequence[str] = (PROJECT_VARIABLE,)
    refusable_events: Mapping[str, GateKind] = REFUSABLE
    output_events: Collection[str] = OUTPUTS

    def __init__(self) -> None:
        self._usage = UsageReader()

    def refusable(self, delivery: Delivery) -> bool:
        """Return whether Claude Code obeys a refusal of this message."""
        names = {named_by_argument(delivery), named_by_payload(delivery)}
        return not names.isdisjoint(REFUSABLE)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Return the message's events; none for an event we have no use for.

        :raises ValueError: the message is malformed; the text names the field.
        """
        name = event_name(delivery)
        if name not in READERS or named_by_argument(delivery) == STATUS:
            return ()
        message = read_message(delivery, name)
        events = read_events(message)
        self._note_transcript(message)
        return events

    def read_status(self, delivery: Delivery) -> StatusQuery | None:
        """Return whose status line is asked for; None when it is none.

        :raises ValueError: the message is malformed; the text names the field.
        """
        if named_by_argument(delivery) != STATUS:
            return None
        return read_query(delivery)

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return the events, preceded by the model calls that were not seen yet."""
        completed: list[Event] = []
        for event in events:
            if isinstance(event, TurnEnd | SubagentStop | SessionEnd):
                completed += self._usage.read(
                    event, ended=isinstance(event, SessionEnd)
                )
            completed.append(event)
        return completed

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        """Return the decision as Claude Code's JSON, a status line, or nothing."""
        if named_by_argument(delivery) == STATUS:
            return render_line(decision)
        return render_answer(event_name(delivery), decision)

    def _note_transcript(self, message: Message) -> None:
        payload = message.payload
        self._usage.note(
            message.session_id,
            payload.text("transcript_path", ""),
            payload.text("agent_transcript_path", ""),
        )
