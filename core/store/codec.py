"""Stored values: model version u8, CRC-32 u32 of version and JSON, JSON."""

from __future__ import annotations

import struct
import zlib
from typing import Any, cast

from pydantic_core import from_json, to_json

from ..errors import StoreDamagedError

_HEAD = struct.Struct("<BI")
HEAD_SIZE = _HEAD.size
_SEEDS = tuple(zlib.crc32(bytes([version])) for version in range(256))


class DamagedValueError(StoreDamagedError):
    """A stored value does not have the checksum it was written with."""


def pack(version: int, json: bytes) -> bytes:
    """Return the bytes to store."""
    return _HEAD.pack(version, zlib.crc32(json, _SEEDS[version])) + json


def unpack(value: bytes) -> tuple[int, bytes]:
    """Return version and JSON of stored bytes.

    :raises DamagedValueError: they are not what was written.
    """
    if len(value) < HEAD_SIZE:
        raise DamagedValueError("the stored value is cut off")
    version, crc = _HEAD.unpack_from(value)
    json = value[HEAD_SIZE:]
    if zlib.crc32(json, _SEEDS[version]) != crc:
        raise DamagedValueError("the stored value's checksum is wrong")
    return version, json


def pack_document(document: dict[str, Any], version: int = 1) -> bytes:
    """Return the bytes to store for a JSON object of our own."""
    return pack(version, to_json(document))


def unpack_document(value: bytes) -> dict[str, Any]:
    """Return a JSON object of our own.

    :raises DamagedValueError: it is not what was written.
    """
    return cast("dict[str, Any]", from_json(unpack(value)[1]))
