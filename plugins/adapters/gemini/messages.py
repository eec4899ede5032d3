"""One function for each of Gemini CLI's events: its fields to our events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
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
from .calls import changed_file, read_call, read_result, text_of
from .names import AGENT_HOST, PROJECT_VARIABLE
from .sessions import (
    AGENT_TOOL,
    KnownCall,
    Session,
    Sessions,
    Subagent,
    call_key,
    digest,
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
    sessions: Sessions
    when: str

    @property
    def payload(self) -> Payload:
        """Return the message's fields."""
        return self.message.payload

    @property
    def session(self) -> Session:
        """Return what is known of the message's session."""
        return self.sessions.of(self.message.session_id)

    @property
    def seconds(self) -> float:
        """Return the message's own time in seconds since 1970."""
        return seconds(self.when, self.message.time)

    @property
    def key(self) -> str:
        """Return what is the same before and after the message's tool call.

        :raises ValueError: a field is missing or of the wrong type.
        """
        native = self.payload.identifier("tool_name")
        arguments = self.payload.child("tool_input", required=True).fields
        return call_key(self.message.session_id, native, arguments)

    @property
    def stamp(self) -> str:
        """Return the message's own time as `CallIds` takes it."""
        return stamp_of(self.when, self.message.time)

    def end_turn(self) -> None:
        """Take it that nothing of the turn before goes on."""
        self.sessions.end_turn(self.message.session_id, self.seconds)

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


def stamp_of(when: str, default: datetime) -> str:
    """Return a message's own time in milliseconds since 1970."""
    return str(round(seconds(when, default) * 1000))


def _session_start(told: Told) -> Sequence[Event]:
    source = told.payload.text("source", "startup")
    return [SessionStart(**told.message.fields(), source=source)]


def _prompt(told: Told) -> Sequence[Event]:
    prompt = told.payload.text("prompt")
    # Whatever the turn before left open was stopped.
    told.end_turn()
    told.session.prompt_id = told.when
    return [
        PromptSubmit(**told.message.fields(), prompt=prompt, prompt_id=told.when),
    ]


def _tool_before(told: Told) -> Sequence[Event]:
    message, session = told.message, told.session
    name = told.sessions.ids.before(told.key, told.stamp)
    call = read_call(told.payload, message.cwd, name)
    subagent = session.running(message.session_id, told.seconds)
    agent = subagent.agent if subagent else main_agent()
    is_shell = call.tool == "shell"
    place = mark(message.project, message.time) if is_shell else None
    session.announce(KnownCall(name, call.native_name, agent, told.seconds, place))
    # Its end may have been read before.
    if call.native_name == AGENT_TOOL and told.sessions.ids.is_open(name):
        given = told.payload.child("tool_input")
        prompt = digest(given.text("prompt", ""))
        asked = subagent_of(given.text("agent_name", ""), name)
        session.start_subagent(name, Subagent(asked, prompt, told.seconds))
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
    native = told.payload.identifier("tool_name")
    name = told.sessions.ended(message.session_id, native, told.key, told.stamp)
    known = told.session.calls.get(name)
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
    told.end_turn()
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
    told.end_turn()
    return [SessionEnd(**told.message.fields(), reason=told.payload.text("reason", ""))]


READERS: Mapping[str, Callable[[Told], Sequence[Event]]] = {
    "SessionStart": _session_start,
    "BeforeAgent": _prompt,
    "BeforeTool": _tool_before,
    "AfterTool": _tool_after,
    "AfterAgent": _turn_end,
    "PreCompress": _compact_before,
    "SessionEnd": _session_end,
}
