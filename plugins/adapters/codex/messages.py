"""One function for each of Codex's events: its fields to our events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hookwright.core.api import locate_project
from hookwright.hookspecs import (
    Agent,
    Compaction,
    Delivery,
    Event,
    FileChanged,
    PromptSubmit,
    SessionEnd,
    SessionStart,
    SubagentStart,
    SubagentStop,
    ToolAfter,
    ToolBefore,
    TurnEnd,
)

from ..wire.messages import Message, directory_of, is_inside
from ..wire.payload import Payload
from .calls import files_of, read_call
from .names import AGENT_HOST, MAIN_AGENT, PATCH
from .patches import exit_code

#: What stands for the model's last words where a person stopped it.
INTERRUPTED = "interrupted"


def read_message(delivery: Delivery, name: str) -> Message:
    """Return the parts that all messages have.

    :raises ValueError: a field is missing or of the wrong type.
    """
    payload = Payload.of(delivery.payload)
    cwd = directory_of(payload, delivery)
    return Message(
        agent_host=AGENT_HOST,
        name=name,
        payload=payload,
        delivery_id=delivery.id,
        time=delivery.time,
        session_id=payload.identifier("session_id"),
        project=locate_project(cwd),
        agent=_agent(payload, name),
        cwd=cwd,
    )


def agent_of(agent_type: str, instance: str) -> Agent:
    """Return the agent of that type; the main one when it has no instance."""
    name = agent_type or "subagent" if instance else MAIN_AGENT
    return Agent(id=f"{AGENT_HOST}/{name}", name=name, instance=instance)


def _agent(payload: Payload, name: str) -> Agent:
    instance = payload.text("agent_id", "")
    agent = agent_of(payload.text("agent_type", ""), instance)
    if name == "SessionStart" and (model := payload.text("model", "")):
        return agent.model_copy(update={"model": model})
    return agent


def _session_start(message: Message) -> Sequence[Event]:
    payload = message.payload
    return [
        SessionStart(
            **message.fields(),
            source=payload.text("source", "startup"),
            model=payload.text("model", "") or None,
        )
    ]


def _prompt(message: Message) -> Sequence[Event]:
    payload = message.payload
    return [
        PromptSubmit(
            **message.fields(),
            prompt=payload.text("prompt"),
            prompt_id=payload.text("turn_id", ""),
            source="subagent" if message.agent.is_subagent else "user",
        )
    ]


def _tool_before(message: Message) -> Sequence[Event]:
    call = read_call(message.payload, message.cwd)
    return [ToolBefore(**message.fields(), call=call)]


def _tool_after(message: Message) -> Sequence[Event]:
    payload = message.payload
    call = read_call(payload, message.cwd)
    output = payload.fields.get("tool_response")
    # Of a shell command the text says nothing; the rollout does, see rollouts.py.
    is_patch = call.native_name == PATCH
    succeeded = not (_is_error(output) or (is_patch and exit_code(output)))
    events: list[Event] = [
        ToolAfter(
            **message.fields(),
            call=call,
            succeeded=succeeded,
            output=output,
            error=output if isinstance(output, str) and not succeeded else "",
        )
    ]
    if not (succeeded and is_patch):
        return events
    for file in files_of(payload, message.cwd):
        if is_inside(file.path, message.project.worktree):
            changed = FileChanged(
                **message.fields(len(events)),
                path=file.path,
                change=file.change,
                call_id=call.id,
            )
            events.append(changed)
    return events


def _is_error(output: object) -> bool:
    """Return whether an MCP server says of its result that it is an error."""
    return isinstance(output, Mapping) and output.get("isError") is True


def _turn_end(message: Message) -> Sequence[Event]:
    payload = message.payload
    return [
        TurnEnd(
            **message.fields(),
            prompt_id=payload.text("turn_id", ""),
            message=payload.text("last_assistant_message", ""),
            repeated=payload.flag("stop_hook_active"),
        )
    ]


def _interrupted(message: Message) -> Sequence[Event]:
    turn = message.payload.text("turn_id", "")
    return [
        TurnEnd(**message.fields(), prompt_id=turn, message=INTERRUPTED, failed=True)
    ]


def _subagent_start(message: Message) -> Sequence[Event]:
    message.payload.identifier("agent_id")
    return [SubagentStart(**message.fields())]


def _subagent_stop(message: Message) -> Sequence[Event]:
    payload = message.payload
    payload.identifier("agent_id")
    return [
        SubagentStop(
            **message.fields(),
            message=payload.text("last_assistant_message", ""),
            repeated=payload.flag("stop_hook_active"),
        )
    ]


def _compact_before(message: Message) -> Sequence[Event]:
    trigger = message.payload.text("trigger", "")
    return [Compaction(**message.fields(), phase="before", trigger=trigger)]


def _compact_after(message: Message) -> Sequence[Event]:
    trigger = message.payload.text("trigger", "")
    return [Compaction(**message.fields(), phase="after", trigger=trigger)]


def _session_end(message: Message) -> Sequence[Event]:
    reason = message.payload.text("reason", "")
    return [SessionEnd(**message.fields(), reason=reason)]


READERS: Mapping[str, Callable[[Message], Sequence[Event]]] = {
    "SessionStart": _session_start,
    "UserPromptSubmit": _prompt,
    "PreToolUse": _tool_before,
    "PostToolUse": _tool_after,
    "Stop": _turn_end,
    "Interrupt": _interrupted,
    "SubagentStart": _subagent_start,
    "SubagentStop": _subagent_stop,
    "PreCompact": _compact_before,
    "PostCompact": _compact_after,
    "SessionEnd": _session_end,
}
