"""MCP over the HTTP door: `POST /v1/mcp`, one message in, at most one out.

Format: the transport "streamable HTTP" of the Model Context Protocol, revision
2025-11-25, without sessions and without streams: nothing here sends messages of its
own, so there is nothing to `GET` and nothing to `DELETE`, and every request stands for
itself. Who gets in is decided before (`http_requests.Guard`).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from .http_requests import HttpError
from .mcp_messages import (
    BAD_PARAMS,
    FAULT,
    MAX_MESSAGE,
    NOT_A_REQUEST,
    REVISIONS,
    Incoming,
    RpcError,
    called,
    done,
    failure,
    initialized,
    listed,
    read,
    refused,
    success,
    unknown_method,
    write,
)

if TYPE_CHECKING:
    from .mcp_messages import Message

#: The revision that a client says it speaks, after `initialize`.
REVISION = "mcp-protocol-version"
#: Revisions whose messages are the same as those of `REVISIONS`, but for batches.
_UNDERSTOOD = frozenset((*REVISIONS, "2025-03-26"))
Control = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


async def answer(body: bytes, revision: str, cwd: str, control: Control) -> bytes:
    """Return the answer to one message; empty when none is due.

    :param revision: the header `REVISION`, "" where there is none.
    :param cwd: the caller's working directory, "" when it did not say.
    :param control: runs an operation of the daemon; raises `HttpError`.
    :raises HttpError: the message is too large.
    """
    if len(body) > MAX_MESSAGE:
        raise HttpError(413, f"the message is too large; accepted: {MAX_MESSAGE} bytes")
    try:
        incoming = read(body)
        if incoming is None or incoming.id is None:
            return b""
        if revision and revision not in _UNDERSTOOD:
            raise _not_understood(incoming, revision)
        return write(success(incoming.id, await _result(incoming, cwd, control)))
    except RpcError as error:
        return write(failure(error))


def status_of(told: bytes) -> int:
    """Return the HTTP status for an answer: 202 for none, 400 for no message."""
    if not told:
        return 202
    error = json.loads(told).get("error")
    return 400 if error and error["code"] in (-32700, NOT_A_REQUEST) else 200


async def _result(incoming: Incoming, cwd: str, control: Control) -> Message:
    match incoming.method:
        case "initialize":
            return initialized(incoming.params, tells_changes=False)
        case "ping":
            return {}
        case "tools/list":
            try:
                return listed(await control("tools", {}))
            except HttpError as error:
                raise RpcError(FAULT, str(error), incoming.id) from error
        case "tools/call":
            return await _call(incoming, cwd, control)
    raise unknown_method(incoming)


async def _call(incoming: Incoming, cwd: str, control: Control) -> Message:
    name, arguments = called(incoming)
    wanted = {"name": name, "arguments": arguments, "from_agent": True, "cwd": cwd}
    try:
        return done(await control("tool", wanted))
    except HttpError as error:
        if error.kind == "UnknownNameError":
            raise RpcError(BAD_PARAMS, str(error), incoming.id) from error
        return refused(str(error))


def _not_understood(incoming: Incoming, revision: str) -> RpcError:
    known = ", ".join(sorted(_UNDERSTOOD))
    return RpcError(
        NOT_A_REQUEST,
        f"the revision {revision[:40]!r} is not spoken here; spoken: {known}",
        incoming.id,
    )
