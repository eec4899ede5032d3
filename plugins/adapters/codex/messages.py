"""One function for each of Codex's events: its fields to our events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hookwright.core.api import locate_project
from hookwright.hookspecs import (
    Agent,
    Delivery,
    Event,
    FileChanged,
    PromptSubmit,
    ToolAfter,
    ToolBefore,
    TurnEnd,
)

from ..wire import claude_fields
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
        agent=claude_fields.agent_named(AGENT_HOST, MAIN_AGENT, payload, name),
        cwd=cwd,
    )


def agent_of(agent_type: str, instance: str) -> Agent:
    """Return the agent of that type; the main one when it has no instance."""
    return claude_fields.agent_of(AGENT_HOST, MAIN_AGENT, agent_type, instance)


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


def _interrupted(message: Message) -> Sequence[Event]:
    turn = message.payload.text("turn_id", "")
    return [
        TurnEnd(**message.fields(), prompt_id=turn, message=INTERRUPTED, failed=True)
    ]


def _turn_end(message: Message) -> Sequence[Event]:
    return claude_fields.turn_end(message, "turn_id")


READERS: Mapping[str, Callable[[Message], Sequence[Event]]] = {
    "SessionStart": claude_fields.session_start,
    "UserPromptSubmit": _prompt,
    "PreToolUse": _tool_before,
    "PostToolUse": _tool_after,
    "Stop": _turn_end,
    "Interrupt": _interrupted,
    "SubagentStart": claude_fields.subagent_start,
    "SubagentStop": claude_fields.subagent_stop,
    "PreCompact": claude_fields.compact_before,
    "PostCompact": claude_fields.compact_after,
    "SessionEnd": claude_fields.session_end,
}
