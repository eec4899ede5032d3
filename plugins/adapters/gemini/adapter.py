"""The adapter: messages in, events and answers out, the rest from files."""

from __future__ import annotations

from collections import OrderedDict
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

from ..wire.call_ids import name_of
from ..wire.messages import event_name, named_by_argument, named_by_payload
from ..wire.payload import Payload
from .answers import after_tool, render_answer
from .messages import READERS, Told, read_message, stamp_of, time_in
from .names import AGENT_HOST, OUTPUTS, PROJECT_VARIABLE, REFUSABLE
from .sessions import Sessions, call_key

if TYPE_CHECKING:
    from ..wire.reflog import Mark
    from .open_calls import OpenCall
    from .usage import ChatReader

_MAX_MARKS = 1_024


class GeminiAdapter:
    """Speaks Gemini CLI's command-hook wire."""

    agent_host: str = AGENT_HOST
    input_format: Literal["json", "text"] = "json"
    environment: Sequence[str] = (PROJECT_VARIABLE,)
    refusable_events: Mapping[str, GateKind] = REFUSABLE
    output_events: Collection[str] = OUTPUTS

    def __init__(self) -> None:
        self._sessions = Sessions()
        self._chats: ChatReader | None = None
        #: Where the repository stood before a shell command, by the call's id; None
        #: where another process saw it begin.
        self._marks: OrderedDict[str, Mark | None] = OrderedDict()

    def refusable(self, delivery: Delivery) -> bool:
        """Return whether Gemini CLI obeys a refusal of this message."""
        names = {named_by_argument(delivery), named_by_payload(delivery)}
        return not names.isdisjoint(REFUSABLE)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Return the message's events; none for an event we have no use for.

        :raises ValueError: the message is malformed; the text names the field.
        """
        name = event_name(delivery)
        if name not in READERS:
            return ()
        message = read_message(delivery, name)
        when = time_in(message.payload, delivery.id)
        transcript = message.payload.text("transcript_path", "")
        with self._sessions.lock:
            self._sessions.of(message.session_id, transcript)
            events = READERS[name](Told(message, self._sessions, when))
            for event in events:
                if isinstance(event, ToolAfter) and event.call.tool == "shell":
                    self._keep_mark(event)
        return events

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return the events with what the chat files and git's files tell."""
        completed: list[Event] = []
        for event in events:
            if isinstance(event, TurnEnd | SubagentStop | SessionEnd):
                completed += self._reader().read(
                    event, ended=isinstance(event, SessionEnd)
                )
            completed.append(event)
            if isinstance(event, ToolAfter) and event.call.tool == "shell":
                completed += self._committed(event)
        return completed

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        """Return the decision as Gemini CLI's JSON, or nothing."""
        name = event_name(delivery)
        if name == "BeforeTool":
            self._note_decision(delivery, decision)
        if name == "AfterTool":
            return after_tool(decision.output, self._contexts_of(delivery))
        return render_answer(name, decision)

    def reopen(self, calls: Sequence[OpenCall]) -> None:
        """Know the tool calls of which another process saw one half."""
        with self._sessions.lock:
            for call in calls:
                self._sessions.reopen(call)

    def open_call(self, event: ToolBefore | ToolAfter) -> OpenCall:
        """Return what is to be kept of a call while one half of it is known."""
        from .open_calls import OpenCall

        call = event.call
        key, stamp, ended = self._sessions.ids.told_under(call.id)
        with self._sessions.lock:
            asked = self._sessions.of(event.session_id).subagents.get(call.id)
        agent = event.agent
        return OpenCall(
            session_id=event.session_id,
            id=call.id,
            key=key,
            stamp=stamp,
            ended=ended,
            native=call.native_name,
            agent=agent.name if agent.is_subagent else "",
            instance=agent.instance,
            asked=asked.agent.name if asked else "",
            prompt=asked.prompt if asked else "",
        )

    def _keep_mark(self, event: ToolAfter) -> None:
        known = self._sessions.of(event.session_id).calls.get(event.call.id)
        self._marks[event.call.id] = known.mark if known else None
        while len(self._marks) > _MAX_MARKS:
            self._marks.popitem(last=False)

    def _reader(self) -> ChatReader:
        if self._chats is None:
            from .usage import ChatReader

            self._chats = ChatReader(self._sessions)
        return self._chats

    def _committed(self, event: ToolAfter) -> Sequence[Event]:
        from ..wire.reflog import Mark, since

        with self._sessions.lock:
            if event.call.id not in self._marks:
                return []
            before = self._marks.pop(event.call.id)
        if before is None:
            asked = self._reader().last_answer(event)
            before = Mark(event.project, asked, None)
        return list(since(before, event))

    def _note_decision(self, delivery: Delivery, decision: Decision) -> None:
        """Remember what has to be known when the call's result comes."""
        if not (decision.refuses or decision.contexts or decision.input is not None):
            return
        found = _call_of(delivery)
        if found is None:
            return
        session_id, native, key, stamp = found
        with self._sessions.lock:
            session = self._sessions.of(session_id)
            name = name_of(key, stamp)
            if decision.refuses:
                session.refuse(name)
                self._sessions.ids.refused(name)
            elif (call := session.calls.get(name)) is not None:
                call.contexts = decision.contexts
                if decision.outcome == "rewrite":
                    call.rewritten = True
                    new = call_key(session_id, native, decision.input)
                    self._sessions.ids.rewritten(name, new)

    def _contexts_of(self, delivery: Delivery) -> tuple[str, ...]:
        found = _call_of(delivery)
        if found is None:
            return ()
        session_id, _, key, stamp = found
        with self._sessions.lock:
            name = self._sessions.ids.ended(key, stamp)
            known = self._sessions.of(session_id).calls.get(name) if name else None
            return known.contexts if known else ()


def _call_of(delivery: Delivery) -> tuple[str, str, str, str] | None:
    """Return session, tool, key and stamp of a tool's message, if it has them."""
    try:
        payload = Payload.of(delivery.payload)
        session_id = payload.identifier("session_id")
        native = payload.identifier("tool_name")
        arguments = payload.child("tool_input", required=True).fields
        stamp = stamp_of(time_in(payload, delivery.id), delivery.time)
    except ValueError:
        return None
    return session_id, native, call_key(session_id, native, arguments), stamp
