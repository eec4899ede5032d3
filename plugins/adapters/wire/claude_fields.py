"""Messages with the field names of Claude Code's hooks.

Codex CLI has taken most of them over, Cursor some, each with the same meaning.
"""

from __future__ import annotations

from collections.abc import Sequence

from hookwright.hookspecs import (
    Agent,
    Compaction,
    Event,
    SessionEnd,
    SessionStart,
    SubagentStart,
    SubagentStop,
    TurnEnd,
)

from .messages import Message
from .payload import Payload


def session_start(message: Message) -> Sequence[Event]:
    """Return the start of a session, with `source` and `model`."""
    payload = message.payload
    return [
        SessionStart(
            **message.fields(),
            source=payload.text("source", "startup"),
            model=payload.text("model", "") or None,
        )
    ]


def session_end(message: Message) -> Sequence[Event]:
    """Return the end of a session, with `reason`."""
    reason = message.payload.text("reason", "")
    return [SessionEnd(**message.fields(), reason=reason)]


def subagent_start(message: Message) -> Sequence[Event]:
    """Return a subagent's start.

    :raises ValueError: `agent_id` is missing.
    """
    message.payload.identifier("agent_id")
    return [SubagentStart(**message.fields())]


def subagent_stop(message: Message) -> Sequence[Event]:
    """Return a subagent's end, with its last words.

    :raises ValueError: `agent_id` is missing.
    """
    payload = message.payload
    payload.identifier("agent_id")
    return [
        SubagentStop(
            **message.fields(),
            message=payload.text("last_assistant_message", ""),
            repeated=payload.flag("stop_hook_active"),
        )
    ]


def turn_end(message: Message, prompt_id: str) -> Sequence[Event]:
    """Return the end of a turn, with the model's last words.

    :param prompt_id: the name of the field that says which prompt is answered.
    """
    payload = message.payload
    return [
        TurnEnd(
            **message.fields(),
            prompt_id=payload.text(prompt_id, ""),
            message=payload.text("last_assistant_message", ""),
            repeated=payload.flag("stop_hook_active"),
        )
    ]


def compact_before(message: Message) -> Sequence[Event]:
    """Return that the context is about to be shortened, with `trigger`."""
    trigger = message.payload.text("trigger", "")
    return [Compaction(**message.fields(), phase="before", trigger=trigger)]


def compact_after(message: Message) -> Sequence[Event]:
    """Return that the context was shortened, with the summary where it is told."""
    payload = message.payload
    return [
        Compaction(
            **message.fields(),
            phase="after",
            trigger=payload.text("trigger", ""),
            summary=payload.text("compact_summary", ""),
        )
    ]


def agent_named(agent_host: str, main: str, payload: Payload, name: str) -> Agent:
    """Return who acts: `agent_type` and `agent_id`, the main agent without the latter.

    :param main: the main agent's name.
    :param name: of the event; a session's start says which model the agent has.
    """
    instance = payload.text("agent_id", "")
    agent = agent_of(agent_host, main, payload.text("agent_type", ""), instance)
    if name == "SessionStart" and (model := payload.text("model", "")):
        return agent.model_copy(update={"model": model})
    return agent


def agent_of(agent_host: str, main: str, agent_type: str, instance: str) -> Agent:
    """Return the agent of that type; the main one when it has no instance."""
    name = agent_type or "subagent" if instance else main
    return Agent(id=f"{agent_host}/{name}", name=name, instance=instance)
