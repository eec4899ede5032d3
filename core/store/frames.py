"""The spool's file format: a header, then frames.

Standard library only: the path without a daemon writes this while an agent waits.

All numbers are little-endian. Header: magic `HWSP`, format version u8, then 26
characters that name the segment (a ULID or 26 hexadecimal digits) and 26 that name
its owner. Frame: payload length u32, CRC-32 u32 over type and payload, type u8,
payload. A frame is written by one `write(2)`.

`E` frame (a delivery was accepted): time in milliseconds u64, length of the id u16,
the id in UTF-8, the payload. `O` frame (operations): JSON, see `operations.py`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from ..named_tuple import NamedTuple

MAGIC = b"HWSP"
FORMAT = 1
NAME_SIZE = 26
HEADER_SIZE = len(MAGIC) + 1 + 2 * NAME_SIZE
#: No frame is longer; a larger length is damage.
MAX_PAYLOAD = 64 * 2**20
_MAX_ID = 0xFFFF
DELIVERY = ord("E")
OPERATIONS = ord("O")
_FRAME = struct.Struct("<IIB")
_DELIVERY = struct.Struct("<QH")


class Header(NamedTuple):
    """Who wrote a segment."""

    segment: str
    owner: str


class Frame(NamedTuple):
    """One whole frame; `end` is the offset behind it."""

    kind: int
    payload: bytes
    end: int


class FrameError(ValueError):
    """A payload does not have the layout of its frame type."""


def encode_header(segment: str, owner: str) -> bytes:
    """Return a segment's first bytes."""
    names = segment.encode("ascii") + owner.encode("ascii")
    if len(names) != 2 * NAME_SIZE:
        raise ValueError(f"a spool's names have {NAME_SIZE} characters each")
    return MAGIC + bytes([FORMAT]) + names


def decode_header(data: bytes) -> Header | None:
    """Return the header that data begins with, or None."""
    if len(data) < HEADER_SIZE or not data.startswith(MAGIC + bytes([FORMAT])):
        return None
    start = len(MAGIC) + 1
    names = data[start:HEADER_SIZE]
    if not (names.isascii() and names.isalnum()):
        return None
    text = names.decode("ascii")
    return Header(text[:NAME_SIZE], text[NAME_SIZE:])


def encode_frame(kind: int, payload: bytes) -> bytes:
    """Return one frame.

    :raises FrameError: the payload is longer than `MAX_PAYLOAD`.
    """
    if len(payload) > MAX_PAYLOAD:
        raise FrameError(f"{len(payload)} bytes do not fit in one spool frame")
    crc = zlib.crc32(payload, zlib.crc32(bytes([kind])))
    return _FRAME.pack(len(payload), crc, kind) + payload


def read_frames(data: bytes, start: int = HEADER_SIZE) -> Iterator[Frame]:
    """Yield the whole frames up to the end or to the first damage."""
    position = start
    while position + _FRAME.size <= len(data):
        length, crc, kind = _FRAME.unpack_from(data, position)
        begin = position + _FRAME.size
        end = begin + length
        if length > MAX_PAYLOAD or end > len(data):
            return
        payload = data[begin:end]
        if zlib.crc32(payload, zlib.crc32(bytes([kind]))) != crc:
            return
        yield Frame(kind, payload, end)
        position = end


def encode_delivery(time_ms: int, delivery_id: str, payload: bytes) -> bytes:
    """Return the payload of an `E` frame.

    :raises FrameError: the id is longer than 65535 bytes.
    """
    name = delivery_id.encode("utf-8", "replace")
    if len(name) > _MAX_ID:
        raise FrameError(f"a delivery's id has {len(name)} bytes; at most {_MAX_ID}")
    return _DELIVERY.pack(time_ms, len(name)) + name + payload


def decode_delivery(data: bytes) -> tuple[int, str, bytes]:
    """Return time in milliseconds, id and payload of an `E` frame.

    :raises FrameError: it is shorter than it says.
    """
    if len(data) < _DELIVERY.size:
        raise FrameError("a delivery frame is too short")
    time_ms, length = _DELIVERY.unpack_from(data)
    end = _DELIVERY.size + length
    if end > len(data):
        raise FrameError("a delivery frame's id is cut off")
    name = data[_DELIVERY.size : end].decode("utf-8", "replace")
    return time_ms, name, data[end:]
