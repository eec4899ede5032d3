"""Messages of the shim about tool calls: their fields to our events."""

from __future__ import annotations

from collections.abc import Sequence

from hookwright.hookspecs import Event, FileChanged, ToolAfter, ToolBefore

from ..wire.messages import Message, is_inside
from ..wire.payload import Payload
from .calls import changed_files, read_call


def tool_before(message: Message) -> Sequence[Event]:
    """A call is about to run.

    :raises ValueError: a field is missing or of the wrong type.
    """
    payload = message.payload
    given = payload.child("input", required=True)
    call = read_call(
        given.identifier("tool"),
        given.identifier("callID"),
        payload.child("output", required=True).child("args"),
        payload,
        message.cwd,
    )
    return [ToolBefore(**message.fields(), call=call)]


def tool_after(message: Message) -> Sequence[Event]:
    """A call ran, or its command failed.

    :raises ValueError: a field is missing or of the wrong type.
    """
    payload = message.payload
    given = payload.child("input", required=True)
    output = payload.child("output", required=True)
    metadata = output.child("metadata")
    call = read_call(
        given.identifier("tool"),
        given.identifier("callID"),
        given.child("args"),
        payload,
        message.cwd,
    )
    error = _error_of(output, metadata)
    after = ToolAfter(
        **message.fields(),
        call=call,
        succeeded=not error,
        output=output.fields,
        error=error,
        duration_ms=payload.number("duration_ms"),
    )
    worktree = message.project.worktree
    changed = [] if error else changed_files(call, metadata, message.cwd)
    inside = [(path, how) for path, how in changed if is_inside(path, worktree)]
    return [
        after,
        *(
            FileChanged(
                **message.fields(number), path=path, change=how, call_id=call.id
            )
            for number, (path, how) in enumerate(inside, 1)
        ),
    ]


def _error_of(output: Payload, metadata: Payload) -> str:
    """Return what went wrong, or "": a shell tells its exit code, MCP a flag."""
    if output.fields.get("isError") is True:
        return "the MCP server reports an error"
    if "exit" not in metadata.fields:
        return ""
    code = metadata.fields["exit"]
    if code is None:
        return "the command was stopped before it ended"
    return f"exit code {code}" if code else ""


def tool_failed(message: Message, part: Payload) -> Event:
    """A call ended in an error.

    :raises ValueError: a field is missing or of the wrong type.
    """
    state = part.child("state")
    call = read_call(
        part.identifier("tool"),
        part.identifier("callID"),
        state.child("input"),
        message.payload,
        message.cwd,
    )
    return ToolAfter(
        **message.fields(),
        call=call,
        succeeded=False,
        error=state.text("error", ""),
        interrupted=state.child("metadata").flag("interrupted"),
        duration_ms=message.payload.number("duration_ms"),
    )
