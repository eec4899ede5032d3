"""One function for each of Cursor's events: its fields to our events."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from hookwright.hookspecs import (
    Agent,
    Delivery,
    Event,
    FileChanged,
    PromptSubmit,
    SessionStart,
    SubagentStart,
    SubagentStop,
    ToolAfter,
    ToolBefore,
    TurnEnd,
)

from ..wire import claude_fields
from ..wire.messages import Message, is_inside, project_of
from ..wire.payload import Payload
from .calls import changed_file, exit_code, read_call, read_output
from .names import AGENT_HOST, MAIN_AGENT, PROJECT_VARIABLE

_MAX_SUBAGENTS = 4_096
#: Why a call failed that was never made.
_REFUSED = "permission_denied"


class Subagent(NamedTuple):
    """A subagent, and the conversation it belongs to."""

    agent: Agent
    session_id: str


class Subagents:
    """The subagents that were started, by the conversation each of them is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Subagent] = OrderedDict()

    def note(self, name: str, subagent: Subagent) -> None:
        """Remember a subagent's start."""
        with self._lock:
            self._known[name] = subagent
            while len(self._known) > _MAX_SUBAGENTS:
                self._known.popitem(last=False)

    def find(self, name: str) -> Subagent | None:
        """Return the subagent that a conversation is, or None."""
        with self._lock:
            return self._known.get(name)


def read_message(delivery: Delivery, name: str, subagents: Subagents) -> Message:
    """Return the parts that all messages have.

    :raises ValueError: a field is missing or of the wrong type.
    """
    payload = Payload.of(delivery.payload)
    cwd = _directory(payload, delivery)
    session = payload.text("session_id", "") or payload.identifier("conversation_id")
    subagent = subagents.find(session)
    return Message(
        agent_host=AGENT_HOST,
        name=name,
        payload=payload,
        delivery_id=delivery.id,
        time=delivery.time,
        session_id=subagent.session_id if subagent else session,
        project=project_of(cwd, delivery.environment, PROJECT_VARIABLE),
        agent=subagent.agent if subagent else agent_of("", ""),
        cwd=cwd,
    )


def agent_of(agent_type: str, instance: str) -> Agent:
    """Return the agent of that type; the main one when it has no instance."""
    name = agent_type or "subagent" if instance else MAIN_AGENT
    return Agent(id=f"{AGENT_HOST}/{name}", name=name, instance=instance)


def read_subagent(payload: Payload, session_id: str) -> tuple[str, Subagent]:
    """Return the subagent that a start or a stop is about, and its conversation.

    :raises ValueError: a field is missing or of the wrong type.
    """
    name = payload.identifier("subagent_id")
    agent = agent_of(payload.text("subagent_type", ""), name)
    parent = payload.text("parent_conversation_id", "") or session_id
    return name, Subagent(agent, parent)


def _directory(payload: Payload, delivery: Delivery) -> str:
    """Return where it happened: a user's hook runs in another place.

    :raises ValueError: a field is of the wrong type, or holds a NUL character.
    """
    roots = payload.fields.get("workspace_roots")
    first = roots[0] if isinstance(roots, list | tuple) and roots else None
    root = first if isinstance(first, str) and first else ""
    started_in = delivery.environment.get(PROJECT_VARIABLE)
    if not root and isinstance(started_in, str):
        root = started_in
    cwd = payload.text("cwd", "")
    if "\0" in cwd or "\0" in root:
        raise ValueError("cwd or workspace_roots holds a NUL character")
    return os.path.normpath(os.path.join(delivery.cwd or os.sep, root, cwd))


def _session_start(message: Message) -> Sequence[Event]:
    model = message.payload.text("model", "") or None
    agent = message.agent.model_copy(update={"model": model})
    return [SessionStart(**{**message.fields(), "agent": agent}, model=model)]


def _prompt(message: Message) -> Sequence[Event]:
    payload = message.payload
    return [
        PromptSubmit(
            **message.fields(),
            prompt=payload.text("prompt"),
            prompt_id=payload.text("generation_id", ""),
            source="subagent" if message.agent.is_subagent else "user",
        )
    ]


def _tool_before(message: Message) -> Sequence[Event]:
    call = read_call(message.payload, message.cwd)
    return [ToolBefore(**message.fields(), call=call)]


def _tool_succeeded(message: Message) -> Sequence[Event]:
    payload = message.payload
    call = read_call(payload, message.cwd)
    output = read_output(payload)
    code = exit_code(call, output)
    after = ToolAfter(
        **message.fields(),
        call=call,
        succeeded=not code,
        output=output,
        error=f"exit code {code}" if code else "",
        duration_ms=payload.number("duration"),
    )
    changed = changed_file(call)
    if changed is None or not is_inside(changed[0], message.project.worktree):
        return [after]
    path, change = changed
    return [
        after,
        FileChanged(**message.fields(1), path=path, change=change, call_id=call.id),
    ]


def _tool_failed(message: Message) -> Sequence[Event]:
    payload = message.payload
    # Of a call that was refused every other agent host tells nothing more.
    if payload.text("failure_type", "") == _REFUSED:
        return []
    return [
        ToolAfter(
            **message.fields(),
            call=read_call(payload, message.cwd),
            succeeded=False,
            error=payload.text("error_message", "") or "The tool failed.",
            interrupted=payload.flag("is_interrupt"),
            duration_ms=payload.number("duration"),
        )
    ]


def _subagent_start(message: Message) -> Sequence[Event]:
    _, found = read_subagent(message.payload, message.session_id)
    return [SubagentStart(**_of(message, found))]


def _subagent_stop(message: Message) -> Sequence[Event]:
    payload = message.payload
    _, found = read_subagent(payload, message.session_id)
    return [
        SubagentStop(
            **_of(message, found),
            message=payload.text("summary", ""),
            repeated=bool(payload.number("loop_count")),
        )
    ]


def _of(message: Message, found: Subagent) -> dict[str, object]:
    mine = {"agent": found.agent, "session_id": found.session_id}
    return {**message.fields(), **mine}


def _turn_end(message: Message) -> Sequence[Event]:
    payload = message.payload
    return [
        TurnEnd(
            **message.fields(),
            prompt_id=payload.text("generation_id", ""),
            repeated=bool(payload.number("loop_count")),
            failed=payload.text("status", "completed") != "completed",
        )
    ]


READERS: Mapping[str, Callable[[Message], Sequence[Event]]] = {
    "sessionStart": _session_start,
    "beforeSubmitPrompt": _prompt,
    "preToolUse": _tool_before,
    "postToolUse": _tool_succeeded,
    "postToolUseFailure": _tool_failed,
    "subagentStart": _subagent_start,
    "subagentStop": _subagent_stop,
    "preCompact": claude_fields.compact_before,
    "stop": _turn_end,
    "sessionEnd": claude_fields.session_end,
}
