"""MCP's messages, without any input or output: JSON-RPC 2.0 read and written.

Format: the Model Context Protocol, revisions 2024-11-05 to 2025-11-25, as much of it as
a server needs that offers tools and nothing else. Of the revision 2026-07-28, which has
no handshake, clients find out by `server/discover`: it is answered as any unknown
method, and they go on with `initialize`. Standard library only and light: a process for
each agent session imports this. The official SDK is not used here, because importing it
takes over a second, which `claude -p` waits for; tests hold every answer against it.
"""

from __future__ import annotations

from .. import light_json
from .client import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Message = dict[str, Any]
    Id = str | int

#: Revisions that open with `initialize`, the newest first. 2025-03-26 has batches,
#: which no other one has; who asks for it is offered the newest.
REVISIONS = ("2025-11-25", "2025-06-18", "2024-11-05")
#: Bytes of one message; a call's arguments beyond that are no arguments.
MAX_MESSAGE = 16 * 2**20

NOT_JSON, NOT_A_REQUEST, NO_METHOD, BAD_PARAMS, FAULT = (
    -32700,
    -32600,
    -32601,
    -32602,
    -32603,
)
#: The one member of `structuredContent` where a tool's result is no object.
RESULT = "result"
NAME = "hookwright"
_DECODER = light_json.Decoder()
_INSTRUCTIONS = (
    "What the plugins of Hookwright on this machine offer. An argument `directory` "
    "that is left out is the directory of this session's project."
)


class RpcError(Exception):
    """A request that is answered with an error of the protocol.

    :param code: one of JSON-RPC's.
    :param id: of the request; None where it cannot be told.
    """

    def __init__(self, code: int, message: str, id: Id | None = None) -> None:  # noqa: A002 - its name in the format
        super().__init__(message)
        self.code = code
        self.id = id


class Incoming:
    """A request, or a notification where `id` is None."""

    __slots__ = ("id", "method", "params")

    def __init__(self, method: str, params: Message, id: Id | None = None) -> None:  # noqa: A002 - as above
        self.method = method
        self.params = params
        self.id = id


def read(text: bytes) -> Incoming | None:
    """Return what a client sent; None for what needs no answer and says nothing.

    :raises RpcError: it is no message of the protocol.
    """
    try:
        # As `json` reads bytes: half a character is no reason to refuse a message.
        found = _DECODER.decode(text.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise RpcError(NOT_JSON, f"the message is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise RpcError(NOT_A_REQUEST, "send one JSON object at a time, no batch")
    number = found.get("id")
    known = number if isinstance(number, (str, int)) else None
    known = None if isinstance(number, bool) else known
    method = found.get("method")
    if not isinstance(method, str):
        if "result" in found or "error" in found:
            # Nothing was asked of the client, so this answers nothing.
            return None
        raise RpcError(NOT_A_REQUEST, "the message has no method", known)
    if "id" in found and known is None:
        raise RpcError(NOT_A_REQUEST, "an id is a text or a whole number")
    params = found.get("params")
    if params is not None and not isinstance(params, dict):
        if known is None:
            return None
        raise RpcError(BAD_PARAMS, "params is not an object", known)
    return Incoming(method, params or {}, known)


def write(message: Message) -> bytes:
    """Return a message on one line, without the line's end; plain ASCII."""
    return light_json.dumps(message).encode("ascii")


def success(id: Id | None, result: Message) -> Message:  # noqa: A002 - as above
    """Return the answer to a request."""
    return {"jsonrpc": "2.0", "id": id, "result": result}


def failure(error: RpcError) -> Message:
    """Return the answer to what cannot be answered."""
    told = {"code": error.code, "message": str(error)}
    return {"jsonrpc": "2.0", "id": error.id, "error": told}


def notification(method: str) -> Message:
    """Return a notification without parameters."""
    return {"jsonrpc": "2.0", "method": method}


def initialized(params: Message, *, tells_changes: bool) -> Message:
    """Return the result of `initialize`.

    :param tells_changes: whether `notifications/tools/list_changed` will be sent.
    """
    wanted = params.get("protocolVersion")
    return {
        "protocolVersion": wanted if wanted in REVISIONS else REVISIONS[0],
        "capabilities": {"tools": {"listChanged": True} if tells_changes else {}},
        "serverInfo": {"name": NAME, "title": "Hookwright", "version": VERSION},
        "instructions": _INSTRUCTIONS,
    }


def listed(tools: Iterable[Message]) -> Message:
    """Return the result of `tools/list`."""
    return {"tools": list(tools)}


def called(incoming: Incoming) -> tuple[str, Message]:
    """Return the name and the arguments of a `tools/call`.

    :raises RpcError: they are none.
    """
    name, arguments = incoming.params.get("name"), incoming.params.get("arguments")
    if not isinstance(name, str):
        raise RpcError(BAD_PARAMS, "params.name is not a text", incoming.id)
    if arguments is not None and not isinstance(arguments, dict):
        raise RpcError(BAD_PARAMS, "params.arguments is not an object", incoming.id)
    return name, arguments or {}


def done(result: Any) -> Message:
    """Return the result of a tool that did what it was asked, a JSON value."""
    structured = result if isinstance(result, dict) else {RESULT: result}
    # Imported late: a session has begun, and the agent host has its tools, before this.
    from json import dumps

    text = result if isinstance(result, str) else dumps(result, ensure_ascii=False)
    return {"content": [_text(text)], "structuredContent": structured}


def refused(sentence: str) -> Message:
    """Return the result of a tool that cannot do it; the model reads the sentence."""
    return {"content": [_text(sentence)], "isError": True}


def unknown_method(incoming: Incoming) -> RpcError:
    """Return the error for a method that is not served."""
    return RpcError(
        NO_METHOD, f"there is no method {incoming.method[:200]!r}", incoming.id
    )


def _text(text: str) -> Message:
    return {"type": "text", "text": text}
