"""One function for each of Gemini CLI's events: its fields to our events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

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
    ToolCall,
    TurnEnd,
)

from ..wire.messages import Message, directory_of, is_inside, project_of
from ..wire.payload import Payload
from ..wire.reflog import mark
from .calls import AGENT_TOOL, changed_file, read_call, read_result, text_of
from .names import AGENT_HOST, PROJECT_VARIABLE
from .sessions import (
    OpenCall,
    Session,
    Subagent,
    call_id,
    called,
    main_agent,
    seconds,
    subagent_of,
)

_MAX_TIME = 40


class Told(NamedTuple):
    """One message with what its session's earlier ones told.

    :param when: the message's own time, as Gemini CLI wrote it.
    """

    message: Message
    session: Session
    when: str

    @property
    def payload(self) -> Payload:
        """Return the message's fields."""
        return self.message.payload

    @property
    def seconds(self) -> float:
        """Return the message's own time in seconds since 1970."""
        return seconds(self.when, self.message.time)

    def fields(self, agent: Agent, number: int = 0) -> dict[str, Any]:
        """Return the fields of the message's event with that number."""
        return self.message._replace(agent=agent).fields(number)


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
        agent=main_agent(),
        cwd=cwd,
    )


def time_in(payload: Payload, default: str) -> str:
    """Return the message's own time; default, which tells it from others, else.

    :raises ValueError: the field is no string.
    """
    return payload.text("timestamp", "")[:_MAX_TIME] or default


def _session_start(told: Told) -> Sequence[Event]:
    source = told.payload.text("source", "startup")
    return [SessionStart(**told.message.fields(), source=source)]


def _prompt(told: Told) -> Sequence[Event]:
    prompt = told.payload.text("prompt")
    # Whatever the turn before left open was stopped.
    told.session.end_turn()
    told.session.prompt_id = told.when
    return [
        PromptSubmit(**told.message.fields(), prompt=prompt, prompt_id=told.when),
    ]


def _tool_before(told: Told) -> Sequence[Event]:
    message, session = told.message, told.session
    what = called(told.payload.identifier("tool_name"), _arguments(told))
    call = read_call(told.payload, message.cwd, call_id(what, told.when))
    subagent = session.running(message.session_id, told.seconds)
    agent = subagent.agent if subagent else main_agent()
    is_shell = call.tool == "shell"
    place = mark(message.project, message.time) if is_shell else None
    session.open(OpenCall(call.id, what, agent, place))
    if call.native_name == AGENT_TOOL:
        name = told.payload.child("tool_input").text("agent_name", "")
        prompt = told.payload.child("tool_input").text("prompt", "")
        asked = Subagent(subagent_of(name, call.id), prompt, told.seconds)
        session.start_subagent(call.id, asked)
    return [*_announced(told, subagent), ToolBefore(**told.fields(agent), call=call)]


def _announced(told: Told, subagent: Subagent | None) -> Sequence[Event]:
    """Return a subagent's start, with the first message that shows it to run."""
    delivery_id = told.message.delivery_id
    if subagent is None or subagent.announced not in ("", delivery_id):
        return []
    subagent.announced = delivery_id
    return [SubagentStart(**told.fields(subagent.agent, 1))]


def _tool_after(told: Told) -> Sequence[Event]:
    message = told.message
    what = called(told.payload.identifier("tool_name"), _arguments(told))
    known = told.session.close(what, told.when)
    name = known.id if known else call_id(what, told.when)
    call = read_call(told.payload, message.cwd, name)
    response = told.payload.child("tool_response")
    result = read_result(call, response)
    agent = known.agent if known else main_agent()
    after = ToolAfter(
        **told.fields(agent),
        call=call,
        succeeded=not result.error,
        output=response.fields,
        error=result.error,
        interrupted=result.interrupted,
    )
    changed = None if result.error else changed_file(call, response)
    if changed is not None and is_inside(changed[0], message.project.worktree):
        path, change = changed
        fields = told.fields(agent, 1)
        return [after, FileChanged(**fields, path=path, change=change, call_id=name)]
    if call.native_name == AGENT_TOOL:
        return [after, *_subagent_ended(told, call, response)]
    return [after]


def _subagent_ended(told: Told, call: ToolCall, response: Payload) -> list[Event]:
    events: list[Event] = []
    subagent = told.session.subagents.get(call.id)
    if subagent is None:
        # Its call was announced to another process.
        name = told.payload.child("tool_input").text("agent_name", "")
        agent = subagent_of(name, call.id)
    else:
        subagent.ended = True
        agent = subagent.agent
        events += _announced(told, subagent)
    shown = response.fields.get("returnDisplay")
    said = shown.get("result") if isinstance(shown, Mapping) else None
    if not isinstance(said, str):
        said = text_of(response.fields.get("llmContent"))
    return [*events, SubagentStop(**told.fields(agent, 2), message=said)]


def _turn_end(told: Told) -> Sequence[Event]:
    session = told.session
    session.end_turn()
    return [
        TurnEnd(
            **told.message.fields(),
            prompt_id=session.prompt_id or told.when,
            message=told.payload.text("prompt_response", ""),
            repeated=told.payload.flag("stop_hook_active"),
        )
    ]


def _compact_before(told: Told) -> Sequence[Event]:
    trigger = told.payload.text("trigger", "")
    # `auto` comes before every model request, whether or not anything is too long.
    if trigger == "auto":
        return []
    return [Compaction(**told.message.fields(), phase="before", trigger=trigger)]


def _session_end(told: Told) -> Sequence[Event]:
    told.session.end_turn()
    return [SessionEnd(**told.message.fields(), reason=told.payload.text("reason", ""))]


def _arguments(told: Told) -> object:
    return told.payload.child("tool_input", required=True).fields


READERS: Mapping[str, Callable[[Told], Sequence[Event]]] = {
    "SessionStart": _session_start,
    "BeforeAgent": _prompt,
    "BeforeTool": _tool_before,
    "AfterTool": _tool_after,
    "AfterAgent": _turn_end,
    "PreCompress": _compact_before,
    "SessionEnd": _session_end,
}
