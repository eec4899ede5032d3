"""One function for each of Claude Code's events: its fields to our events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hookwright.hookspecs import (
    Agent,
    Compaction,
    Delivery,
    Event,
    FileChanged,
    PromptSubmit,
    SessionEnd,
    SessionStart,
    StatusQuery,
    SubagentStart,
    SubagentStop,
    ToolAfter,
    ToolBefore,
    TurnEnd,
)

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
        agent=_agent(payload, name),
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


def _turn_end(message: Message) -> Sequence[Event]:
    payload = message.payload
    return [
        TurnEnd(
            **message.fields(),
            prompt_id=payload.text("prompt_id", ""),
            message=payload.text("last_assistant_message", ""),
            repeated=payload.flag("stop_hook_active"),
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
    payload = message.payload
    return [
        Compaction(
            **message.fields(),
            phase="after",
            trigger=payload.text("trigger", ""),
            summary=payload.text("compact_summary", ""),
        )
    ]


def _session_end(message: Message) -> Sequence[Event]:
    reason = message.payload.text("reason", "")
    return [SessionEnd(**message.fields(), reason=reason)]


READERS: Mapping[str, Callable[[Message], Sequence[Event]]] = {
    "SessionStart": _session_start,
    "UserPromptSubmit": _prompt,
    "PreToolUse": _tool_before,
    "PostToolUse": _tool_succeeded,
    "PostToolUseFailure": _tool_failed,
    "Stop": _turn_end,
    "StopFailure": _turn_failed,
    "SubagentStart": _subagent_start,
    "SubagentStop": _subagent_stop,
    "PreCompact": _compact_before,
    "PostCompact": _compact_after,
    "SessionEnd": _session_end,
}
