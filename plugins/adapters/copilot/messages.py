"""One function for each of Copilot CLI's events: its fields to our events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hookwright.hookspecs import (
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

from ..wire.call_ids import CallIds
from ..wire.messages import Message, directory_of, is_inside, project_of
from ..wire.payload import Payload
from .calls import (
    arguments_of,
    changed_files,
    key_of,
    read_call,
    read_error,
    read_result,
)
from .names import AGENT_HOST, LENT, PROJECT_VARIABLE, own_name
from .sessions import Sessions, agent_of
from .spelling import Spelling


@dataclass(frozen=True)
class Told:
    """One message, how its fields are called, and what was remembered of others.

    Its events have Copilot CLI's own name, whichever spelling they came in.
    """

    message: Message
    spelling: Spelling
    calls: CallIds

    @property
    def payload(self) -> Payload:
        """Return the message's fields."""
        return self.message.payload

    def text(self, name: str, default: str = "") -> str:
        """Return the field that Copilot CLI calls so.

        :raises ValueError: it is no string.
        """
        return self.payload.text(self.spelling(name), default)

    @property
    def key(self) -> str:
        """Return what is the same before and after the message's tool call.

        :raises ValueError: a field is missing or of the wrong type.
        """
        return key_of(
            self.message.session_id,
            self.message.agent.instance,
            self.spelling.tool(self.payload),
            arguments_of(self.payload, self.spelling).fields,
        )

    @property
    def stamp(self) -> str:
        """Return when it was told, by Copilot CLI's clock or else by ours."""
        told = self.spelling.stamp(self.payload)
        return told or str(round(self.message.time.timestamp() * 1000))

    def call(self, name: str) -> ToolCall:
        """Return the tool call under that id.

        :raises ValueError: a field is missing or of the wrong type.
        """
        return read_call(self.payload, self.spelling, self.message.cwd, name)


def read_told(
    delivery: Delivery, name: str, sessions: Sessions, calls: CallIds
) -> Told:
    """Return the parts that all messages have.

    :raises ValueError: a field is missing or of the wrong type.
    """
    payload = Payload.of(delivery.payload)
    spelling = Spelling(payload, lent=name in LENT)
    cwd = directory_of(payload, delivery)
    session = sessions.session_of(payload, spelling)
    sessions.note_transcript(session, payload, spelling, delivery.environment)
    message = Message(
        agent_host=AGENT_HOST,
        name=own_name(name),
        payload=payload,
        delivery_id=delivery.id,
        time=delivery.time,
        session_id=session,
        project=project_of(cwd, delivery.environment, PROJECT_VARIABLE),
        agent=agent_of(
            payload.text(spelling("agentType"), ""),
            payload.text(spelling("agentId"), ""),
        ),
        cwd=cwd,
    )
    return Told(message, spelling, calls)


def read_events(told: Told) -> Sequence[Event]:
    """Return the events that the message stands for, none for one we do not use.

    :raises ValueError: a field is missing or of the wrong type.
    """
    reader = _READERS.get(told.message.name)
    return reader(told) if reader else ()


def _session_start(told: Told) -> Sequence[Event]:
    source = told.text("source", "startup")
    # What others call `startup`.
    source = "startup" if source == "new" else source
    return [SessionStart(**told.message.fields(), source=source)]


def _prompt(told: Told) -> Sequence[Event]:
    source = "subagent" if told.message.agent.is_subagent else "user"
    prompt = told.payload.text("prompt")
    return [PromptSubmit(**told.message.fields(), prompt=prompt, source=source)]


def _tool_before(told: Told) -> Sequence[Event]:
    call = told.call(told.calls.before(told.key, told.stamp))
    return [ToolBefore(**told.message.fields(), call=call)]


def _tool_finished(told: Told) -> Sequence[Event]:
    message = told.message
    call = told.call(told.calls.after(told.key, told.stamp))
    result = read_result(call, told.payload, told.spelling)
    after = ToolAfter(
        **message.fields(),
        call=call,
        succeeded=not result.error,
        output=result.output,
        error=result.error,
    )
    return [after, *(() if result.error else _changes(message, call))]


def _changes(message: Message, call: ToolCall) -> Iterator[FileChanged]:
    inside = (
        found
        for found in changed_files(call, message.cwd)
        if is_inside(found[0], message.project.worktree)
    )
    for number, (path, change) in enumerate(inside, 1):
        fields = message.fields(number)
        yield FileChanged(**fields, path=path, change=change, call_id=call.id)


def _tool_failed(told: Told) -> Sequence[Event]:
    call = told.call(told.calls.after(told.key, told.stamp))
    error = read_error(told.payload)
    fields = told.message.fields()
    return [ToolAfter(**fields, call=call, succeeded=False, error=error)]


def _turn_end(told: Told) -> Sequence[Event]:
    if told.message.agent.is_subagent:
        return ()  # its end is told by an event of its own as well
    repeated = told.payload.flag("stop_hook_active")
    return [TurnEnd(**told.message.fields(), repeated=repeated)]


def _subagent_start(told: Told) -> Sequence[Event]:
    told.payload.identifier(told.spelling("agentId"))
    return [SubagentStart(**told.message.fields())]


def _subagent_stop(told: Told) -> Sequence[Event]:
    told.payload.identifier(told.spelling("agentId"))
    return [
        SubagentStop(
            **told.message.fields(),
            message=told.text("response"),
            repeated=told.payload.flag("stop_hook_active"),
        )
    ]


def _compaction(told: Told) -> Sequence[Event]:
    trigger = told.text("trigger")
    return [Compaction(**told.message.fields(), phase="before", trigger=trigger)]


def _session_end(told: Told) -> Sequence[Event]:
    return [SessionEnd(**told.message.fields(), reason=told.text("reason"))]


_READERS: Mapping[str, Callable[[Told], Sequence[Event]]] = {
    "sessionStart": _session_start,
    "userPromptSubmitted": _prompt,
    "preToolUse": _tool_before,
    "postToolUse": _tool_finished,
    "postToolUseFailure": _tool_failed,
    "agentStop": _turn_end,
    "subagentStart": _subagent_start,
    "subagentStop": _subagent_stop,
    "preCompact": _compaction,
    "sessionEnd": _session_end,
}
