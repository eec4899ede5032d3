"""The adapter: messages in, events and answers out, tokens from the transcript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from hookwright.hookspecs import (
    Answer,
    Decision,
    Delivery,
    Event,
    GateKind,
    SessionEnd,
    SubagentStop,
    TurnEnd,
)

from .answers import render_answer
from .messages import READERS, Message, read_events, read_message
from .names import AGENT_HOST, REFUSABLE
from .usage import UsageReader


class ClaudeCodeAdapter:
    """Speaks Claude Code's command-hook wire."""

    agent_host: str = AGENT_HOST
    input_format: Literal["json", "text"] = "json"
    environment: Sequence[str] = ("CLAUDE_PROJECT_DIR",)
    refusable_events: Mapping[str, GateKind] = REFUSABLE

    def __init__(self) -> None:
        self._usage = UsageReader()

    def refusable(self, delivery: Delivery) -> bool:
        """Return whether Claude Code obeys a refusal of this message."""
        names = {_argument(delivery), _named_by_payload(delivery)}
        return not names.isdisjoint(REFUSABLE)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Return the message's events; none for an event we have no use for.

        :raises ValueError: the message is malformed; the text names the field.
        """
        name = _event_name(delivery)
        if name not in READERS:
            return ()
        message = read_message(delivery, name)
        events = read_events(message)
        self._note_transcript(message)
        return events

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
        """Return the decision as Claude Code's JSON, or nothing."""
        return render_answer(_event_name(delivery), decision)

    def _note_transcript(self, message: Message) -> None:
        payload = message.payload
        self._usage.note(
            message.session_id,
            payload.text("transcript_path", ""),
            payload.text("agent_transcript_path", ""),
        )


def _argument(delivery: Delivery) -> str:
    words = [word for word in delivery.arguments if not word.startswith("-")]
    return words[0] if words else ""


def _named_by_payload(delivery: Delivery) -> str:
    payload = delivery.payload
    name = payload.get("hook_event_name") if isinstance(payload, Mapping) else None
    return name if isinstance(name, str) else ""


def _event_name(delivery: Delivery) -> str:
    return _named_by_payload(delivery) or _argument(delivery)
