"""Frames on the unix socket: what `client.py` sends and reads, for the daemon.

A request is a head of 10 bytes (`HKWR`, protocol number, kind, body length) and a
body of fields, each behind its length in 4 bytes; numbers are big-endian. The first
field is the sender's version; the second field of the kind `CONTROL` is JSON,
`{"op": ..., "args": {...}}`. A reply is a head of 16 bytes (`HKWA`, protocol
number, status, exit code, 0, length of stdout, length of stderr) and both texts.
Heads and statuses stay as they are in every later protocol, so that programs of two
versions always understand "leave".
"""

from __future__ import annotations

from typing import NamedTuple

from .client import (
    CONTROL,
    DONE,
    FAULT,
    HOOK,
    MAGIC,
    MAX_STDIN,
    PROTOCOL,
    REPLY_HEAD,
    REPLY_MAGIC,
    RETIRE,
    USAGE,
    VERSION,
    encode,
)

__all__ = [
    "CONTROL",
    "DONE",
    "FAULT",
    "HOOK",
    "MAGIC",
    "MAX_BODY",
    "MAX_STDIN",
    "PROTOCOL",
    "REPLY_HEAD",
    "REPLY_MAGIC",
    "REQUEST_HEAD",
    "RETIRE",
    "USAGE",
    "VERSION",
    "FrameError",
    "Head",
    "HookRequest",
    "Reply",
    "decode_hook",
    "encode",
    "encode_reply",
    "fields_of",
    "read_head",
    "read_reply_head",
]

REQUEST_HEAD = 10
#: Standard input, and room for arguments and environment.
MAX_BODY = MAX_STDIN + 4 * 2**20
_MAX_FIELDS = 16
_HOOK_FIELDS = 7


class FrameError(ValueError):
    """The bytes are no frame of ours, or of a size that nobody sends."""


class Head(NamedTuple):
    """The first bytes of a request."""

    protocol: int
    kind: int
    length: int


class Reply(NamedTuple):
    """One answer.

    :param status: `DONE`; `RETIRE`: this daemon is of another version and leaves;
        `FAULT`: it could not answer; `USAGE`: the arguments are wrong, see stderr.
    """

    status: int = DONE
    exit_code: int = 0
    stdout: bytes = b""
    stderr: bytes = b""


class HookRequest(NamedTuple):
    """One event as the client sent it; nothing in it is redacted."""

    version: str
    delivery: str
    flags: str
    agent_host: str
    arguments: tuple[str, ...]
    cwd: str
    environment: dict[str, str]
    stdin: bytes


def read_head(data: bytes | bytearray | memoryview) -> Head:
    """Return the head of a request.

    :raises FrameError: it is none, or its body would be larger than `MAX_BODY`.
    """
    head = bytes(data[:REQUEST_HEAD])
    if len(head) < REQUEST_HEAD or head[:4] != MAGIC:
        raise FrameError("not a Hookwright request")
    length = int.from_bytes(head[6:10])
    if length > MAX_BODY:
        raise FrameError(f"a request of {length} bytes; accepted: {MAX_BODY}")
    return Head(head[4], head[5], length)


def fields_of(body: bytes | memoryview) -> list[bytes]:
    """Return the fields of a body.

    :raises FrameError: a length points past the end, or there are too many fields.
    """
    view = memoryview(body)
    fields: list[bytes] = []
    at = 0
    while at < len(view):
        end = at + 4 + int.from_bytes(view[at : at + 4])
        if at + 4 > len(view) or end > len(view) or len(fields) == _MAX_FIELDS:
            raise FrameError("a field's length is wrong")
        fields.append(bytes(view[at + 4 : end]))
        at = end
    return fields


def decode_hook(fields: list[bytes]) -> HookRequest:
    """Return the event that a hook request carries.

    :raises FrameError: fields are missing or not what the client writes.
    """
    if len(fields) < _HOOK_FIELDS:
        raise FrameError(f"{len(fields)} fields where {_HOOK_FIELDS} belong")
    version, delivery, flags, words, cwd, environment = map(_text, fields[:6])
    agent_host, *arguments = words.split("\0")
    if not _is_delivery(delivery):
        raise FrameError("the delivery id is not 20 hexadecimal digits")
    pairs = (item.partition("=") for item in environment.split("\0") if item)
    return HookRequest(
        version=version,
        delivery=delivery,
        flags=flags,
        agent_host=agent_host,
        arguments=tuple(arguments),
        cwd=cwd,
        environment={name: value for name, _, value in pairs},
        stdin=fields[6],
    )


def encode_reply(reply: Reply) -> bytes:
    """Return the bytes of a reply."""
    head = REPLY_MAGIC + bytes((PROTOCOL, reply.status, reply.exit_code & 255, 0))
    sizes = len(reply.stdout).to_bytes(4) + len(reply.stderr).to_bytes(4)
    return head + sizes + reply.stdout + reply.stderr


def read_reply_head(data: bytes) -> tuple[int, int, int, int]:
    """Return (status, exit code, length of stdout, length of stderr).

    :raises FrameError: it is no reply, or larger than `MAX_BODY`.
    """
    if len(data) < REPLY_HEAD or data[:4] != REPLY_MAGIC:
        raise FrameError("not a Hookwright reply")
    out, err = int.from_bytes(data[8:12]), int.from_bytes(data[12:16])
    if out + err > MAX_BODY:
        raise FrameError(f"a reply of {out + err} bytes; accepted: {MAX_BODY}")
    return data[5], data[6], out, err


def _text(field: bytes) -> str:
    # A path or an argument of the agent host may be no UTF-8; the replacement
    # keeps the rest readable, and JSON cannot hold the original anyway.
    return field.decode("utf-8", "replace")


def _is_delivery(text: str) -> bool:
    return len(text) == 20 and not text.strip("0123456789abcdef")
