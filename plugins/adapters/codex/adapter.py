"""The adapter: messages in, events and answers out, the rest from rollouts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from hookwright.hookspecs import (
    Answer,
    Decision,
    Delivery,
    Event,
    GateKind,
    SessionEnd,
    SubagentStop,
    ToolAfter,
    ToolBefore,
    TurnEnd,
)

from ..wire.messages import Message, event_name, named_by_argument, named_by_payload
from .names import AGENT_HOST, OUTPUTS, REFUSABLE

if TYPE_CHECKING:
    from .rollouts import Rollouts


class CodexAdapter:
    """Speaks Codex CLI's command-hook wire."""

    agent_host: str = AGENT_HOST
    input_format: Literal["json", "text"] = "json"
    environment: Sequence[str] = ()
    refusable_events: Mapping[str, GateKind] = REFUSABLE
    output_events: Collection[str] = OUTPUTS

    def __init__(self) -> None:
        self._rollouts: Rollouts | None = None

    def refusable(self, delivery: Delivery) -> bool:
        """Return whether Codex obeys a refusal of this message."""
        names = {named_by_argument(delivery), named_by_payload(delivery)}
        return not names.isdisjoint(REFUSABLE)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Return the message's events; none for an event we have no use for.

        :raises ValueError: the message is malformed; the text names the field.
        """
        from .messages import READERS, read_message

        reader = READERS.get(event_name(delivery))
        if reader is None:
            return ()
        message = read_message(delivery, event_name(delivery))
        events = reader(message)
        self._note(message, events)
        return events

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return the events, preceded by what only the rollouts tell."""
        completed: list[Event] = []
        for event in events:
            match event:
                case ToolAfter() if event.call.tool == "shell":
                    completed.append(self._known().settled(event))
                    continue
                case TurnEnd() | SubagentStop() | SessionEnd():
                    completed += self._known().read(event)
            completed.append(event)
        return completed

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        """Return the decision as Codex's JSON, or nothing."""
        from .answers import render_answer

        return render_answer(event_name(delivery), delivery, decision)

    def _known(self) -> Rollouts:
        if self._rollouts is None:
            from .rollouts import Rollouts

            self._rollouts = Rollouts()
        return self._rollouts

    def _note(self, message: Message, events: Sequence[Event]) -> None:
        payload = message.payload
        # A subagent's stop names the rollout of who started it first.
        field = "transcript_path"
        if message.name == "SubagentStop":
            field = "agent_transcript_path"
        self._known().note(
            message.session_id,
            message.agent,
            rollout=payload.text(field, ""),
            turn=payload.text("turn_id", ""),
            model=payload.text("model", ""),
        )
        for event in events:
            match event:
                case ToolBefore() if event.call.tool == "shell" and event.call.paths:
                    self._known().note_patch(event.call.id)
