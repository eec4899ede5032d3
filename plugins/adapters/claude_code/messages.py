"""One function for each of Claude Code's events: its fields to our events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hookwright.hookspecs import (
    Agent,
    Delivery,
    Event,
    FileChanged,
    PromptSubmit,
    StatusQuery,
    ToolAfter,
    ToolBefore,
    TurnEnd,
)

from ..wire import claude_fields
from ..wire.messages import Message, directory_of, is_inside, project_of
from ..wire.payload import Payload
from .calls import changed_file, read_call
from .names import AGENT_HOST, MAIN_AGENT, PROJECT_VARIABLE


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
        project=project_of(cwd, delivery.environment, PROJECT_VARIABLE),
        agent=claude_fields.agent_named(AGENT_HOST, MAIN_AGENT, payload, name),
        cwd=cwd,
    )


def read_query(delivery: Delivery) -> StatusQuery:
    """Return whose status line is asked for (statusline reference, 2.1.329).

    Next to `session_id`, `cwd` and `model` the message has `workspace.project_dir`, the
    directory that Claude Code was started in.

    :raises ValueError: a field is of the wrong type.
    """
    payload = Payload.of(delivery.payload)
    cwd = directory_of(payload, delivery)
    started_in = payload.child("workspace").text("project_dir", "")
    environment = {**delivery.environment}
    if started_in:
        environment[PROJECT_VARIABLE] = started_in
    model = payload.child("model").text("id", "") or None
    return StatusQuery(
        agent_host=AGENT_HOST,
        session_id=payload.text("session_id", ""),
        project=project_of(cwd, environment, PROJECT_VARIABLE),
        agent=agent_of("", "").model_copy(update={"model": model}),
        cwd=cwd,
    )


def read_events(message: Message) -> Sequence[Event]:
    """Return the events that the message stands for, none for one we do not use.

    :raises ValueError: a field is missing or of the wrong type.
    """
    reader = READERS.get(message.name)
    return reader(message) if reader else ()


def agent_of(agent_type: str, instance: str) -> Agent:
    """Return the agent of that type; the main one when it has no instance."""
    return claude_fields.agent_of(AGENT_HOST, MAIN_AGENT, agent_type, instance)


def _prompt(message: Message) -> Sequence[Event]:
    payload = message.payload
    prompt = payload.text("prompt")
    # The notice of a background agent's end comes as a prompt (seen in 2.1.329).
    usual = "system" if prompt.startswith("<task-notification>") else "user"
    return [
        PromptSubmit(
            **message.fields(),
            prompt=prompt,
            prompt_id=payload.text("prompt_id", ""),
            source=payload.text("source", usual),
        )
    ]


def _tool_before(message: Message) -> Sequence[Event]:
    call = read_call(message.payload, message.cwd)
    return [ToolBefore(**message.fields(), call=call)]


def _tool_succeeded(message: Message) -> Sequence[Event]:
    payload = message.payload
    call = read_call(payload, message.cwd)
    output = payload.fields.get("tool_response")
    after = ToolAfter(
        **message.fields(),
        call=call,
        succeeded=True,
        output=output,
        interrupted=isinstance(output, Mapping) and output.get("interrupted") is True,
        duration_ms=payload.number("duration_ms"),
    )
    changed = changed_file(call, output)
    if changed is None or not is_inside(changed[0], message.project.worktree):
        return [after]
    path, change = changed
    return [
        after,
        FileChanged(**message.fields(1), path=path, change=change, call_id=call.id),
    ]


def _tool_failed(message: Message) -> Sequence[Event]:
    payload = message.payload
    return [
        ToolAfter(
            **message.fields(),
            call=read_call(payload, message.cwd),
            succeeded=False,
            error=payload.text("error", ""),
            interrupted=payload.flag("is_interrupt"),
            duration_ms=payload.number("duration_ms"),
        )
    ]


def _turn_failed(message: Message) -> Sequence[Event]:
    payload = message.payload
    said = payload.text("last_assistant_message", "")
    return [
        TurnEnd(
            **message.fields(),
            prompt_id=payload.text("prompt_id", ""),
            message=said or payload.text("error", ""),
            failed=True,
        )
    ]


def _turn_end(message: Message) -> Sequence[Event]:
    return claude_fields.turn_end(message, "prompt_id")


READERS: Mapping[str, Callable[[Message], Sequence[Event]]] = {
    "SessionStart": claude_fields.session_start,
    "UserPromptSubmit": _prompt,
    "PreToolUse": _tool_before,
    "PostToolUse": _tool_succeeded,
    "PostToolUseFailure": _tool_failed,
    "Stop": _turn_end,
    "StopFailure": _turn_failed,
    "SubagentStart": claude_fields.subagent_start,
    "SubagentStop": claude_fields.subagent_stop,
    "PreCompact": claude_fields.compact_before,
    "PostCompact": claude_fields.compact_after,
    "SessionEnd": claude_fields.session_end,
}
