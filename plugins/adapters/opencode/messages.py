"""One function for each message of the shim: its fields to our events.

A message is JSON: `event` (OpenCode's own name of the hook or bus event), `cwd` and
`worktree` (the plugin context's `directory` and `worktree`), `session` (`id`, `root`:
the session that a person began, `agent`: the subagent's type or ""), `input` and
`output` as OpenCode handed them to the plugin (for bus events `input` is the event),
and beside them what the shim has kept: `source`, `prompt_id`, `message`, `error`,
`trigger`, `summary`, `reason`, `model`, `mcp_server`, `duration_ms`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hookwright.core.api import locate_project
from hookwright.hookspecs import (
    Agent,
    Compaction,
    Delivery,
    Event,
    PromptSubmit,
    SessionEnd,
    SessionStart,
    SubagentStart,
    SubagentStop,
    TurnEnd,
    UsageReported,
)

from ..wire.messages import Message, directory_of
from ..wire.payload import Payload
from .names import AGENT_HOST, MAIN_AGENT
from .tool_messages import tool_after, tool_before, tool_failed

#: More tokens than this is not a count.
_MAX_COUNT = 10**12


def read_message(delivery: Delivery, name: str) -> Message | None:
    """Return the parts that all messages have; None when it is of no session.

    :raises ValueError: a field is missing or of the wrong type.
    """
    payload = Payload.of(delivery.payload)
    if name == "dispose" and payload.fields.get("session") is None:
        return None
    cwd = directory_of(payload, delivery)
    session_id, agent = _actor(payload)
    return Message(
        agent_host=AGENT_HOST,
        name=name,
        payload=payload,
        delivery_id=delivery.id,
        time=delivery.time,
        session_id=session_id,
        project=locate_project(cwd),
        agent=agent,
        cwd=cwd,
    )


def read_events(message: Message | None) -> Sequence[Event]:
    """Return the events that the message stands for, none for one we do not use.

    :raises ValueError: a field is missing or of the wrong type.
    """
    reader = READERS.get(message.name) if message else None
    return reader(message) if reader and message else ()


def _actor(payload: Payload) -> tuple[str, Agent]:
    """Return the session that a person began, and who acts in it."""
    session = payload.child("session")
    if session.fields:
        own, root = session.identifier("id"), session.identifier("root")
        kind = session.text("agent", "")
    else:
        own, root, kind = _named_by_host(payload)
    if own == root:
        return root, Agent(id=f"{AGENT_HOST}/{MAIN_AGENT}", name=MAIN_AGENT)
    name = kind or "subagent"
    return root, Agent(id=f"{AGENT_HOST}/{name}", name=name, instance=own)


def _named_by_host(payload: Payload) -> tuple[str, str, str]:
    """Return session, parent and agent as OpenCode itself names them."""
    given = payload.child("input")
    properties = given.child("properties")
    info = properties.child("info")
    own = properties.text("sessionID", "") or given.text("sessionID", "")
    own = own or info.identifier("id")
    return own, info.text("parentID", "") or own, info.text("agent", "")


def _session_created(message: Message) -> Sequence[Event]:
    if message.agent.is_subagent:
        return [SubagentStart(**message.fields())]
    source = message.payload.text("source", "startup")
    return [SessionStart(**message.fields(), source=source)]


def _prompt(message: Message) -> Sequence[Event]:
    output = message.payload.child("output", required=True)
    parts = output.fields.get("parts")
    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise ValueError("output.parts is no list")
    read = [Payload(part, "output.parts.") for part in parts if _is_typed(part)]
    texts = [part.text("text", "") for part in read if not part.flag("synthetic")]
    return [
        PromptSubmit(
            **message.fields(),
            prompt="\n".join(filter(None, texts)),
            prompt_id=output.child("message").text("id", ""),
            source="subagent" if message.agent.is_subagent else "user",
        )
    ]


def _is_typed(part: object) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "text"


def _part(message: Message) -> Sequence[Event]:
    part = message.payload.child("input").child("properties").child("part")
    match part.text("type", ""):
        case "step-finish":
            return [_usage(message, part)]
        case "tool" if part.child("state").text("status", "") == "error":
            return [tool_failed(message, part)]
        case _:
            return ()


def _usage(message: Message, part: Payload) -> Event:
    tokens = part.child("tokens", required=True)
    cache = tokens.child("cache")
    name = part.identifier("id")
    # A part's id is the same for ever, so that a call is counted once.
    return UsageReported(
        **{**message.fields(), "id": f"{AGENT_HOST}.usage.{name}"},
        model=message.payload.text("model", ""),
        input_tokens=_count(tokens, "input"),
        # OpenCode itself adds the two when it sums up (`opencode stats`).
        output_tokens=_count(tokens, "output") + _count(tokens, "reasoning"),
        cache_read_tokens=_count(cache, "read"),
        cache_write_tokens=_count(cache, "write"),
        message_id=name,
    )


def _count(tokens: Payload, name: str) -> int:
    number = tokens.number(name) or 0
    return int(number) if number < _MAX_COUNT else 0


def _idle(message: Message) -> Sequence[Event]:
    payload = message.payload
    said, error = payload.text("message", ""), payload.text("error", "")
    if message.agent.is_subagent:
        return [SubagentStop(**message.fields(), message=said or error)]
    return [
        TurnEnd(
            **message.fields(),
            prompt_id=payload.text("prompt_id", ""),
            message=said or error,
            failed=bool(error),
        )
    ]


def _compacting(message: Message) -> Sequence[Event]:
    trigger = message.payload.text("trigger", "")
    return [Compaction(**message.fields(), phase="before", trigger=trigger)]


def _compacted(message: Message) -> Sequence[Event]:
    payload = message.payload
    return [
        Compaction(
            **message.fields(),
            phase="after",
            trigger=payload.text("trigger", ""),
            summary=payload.text("summary", ""),
        )
    ]


def _end(message: Message) -> Sequence[Event]:
    if message.agent.is_subagent:
        return ()
    reason = message.payload.text("reason", "")
    return [SessionEnd(**message.fields(), reason=reason)]


READERS: Mapping[str, Callable[[Message], Sequence[Event]]] = {
    "session.created": _session_created,
    "chat.message": _prompt,
    "tool.execute.before": tool_before,
    "tool.execute.after": tool_after,
    "message.part.updated": _part,
    "session.idle": _idle,
    "experimental.session.compacting": _compacting,
    "session.compacted": _compacted,
    "session.deleted": _end,
    "dispose": _end,
}
