"""What can be done to one key, and how the spool writes it down.

An `O` frame holds `{"number", "time", "delivery", "operations"}`; an operation is
`[kind, type, key parts, version, data, repeat]`, where data is a whole record, or the
changes of a merge, or null.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic_core import from_json, to_json

from hookwright.hookspecs import Key

from .codec import pack
from .frames import FrameError
from .keys import encode_key
from .merging import Document
from .schema import Schema, json_of

Kind = Literal["put", "absent", "delete", "merge"]


@dataclass(frozen=True, slots=True)
class Put:
    """Write a value; `entries` are its index entries."""

    value: bytes
    entries: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class PutIfAbsent:
    """Write a value unless the key holds one."""

    value: bytes
    entries: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the key."""


@dataclass(frozen=True, slots=True)
class Change:
    """Merge changes into what the key holds, `repeat` times."""

    changes: Document
    version: int
    repeat: int = 1


Step = Put | PutIfAbsent | Delete | Change
_KINDS: dict[type[Step], Kind] = {
    Put: "put",
    PutIfAbsent: "absent",
    Delete: "delete",
    Change: "merge",
}


class Operation(NamedTuple):
    """One step on one key of one record type."""

    type: str
    key: Key
    encoded: bytes
    step: Step


class RawOperation(NamedTuple):
    """An operation as the spool holds it: its record type may be unknown here."""

    kind: Kind
    type: str
    key: Key
    version: int
    data: Document | None
    repeat: int

    def resolve(self, schema: Schema) -> Operation:
        """Return the operation for a registered type.

        :raises RecordError: its record does not validate, or its key is no key.
        """
        return Operation(self.type, self.key, encode_key(self.key), self._step(schema))

    def _step(self, schema: Schema) -> Step:
        if self.kind == "delete":
            return Delete()
        if self.kind == "merge":
            return Change(self.data or {}, self.version, self.repeat)
        value = pack(self.version, to_json(self.data or {}))
        entries = schema.entries_of(value)
        make = Put if self.kind == "put" else PutIfAbsent
        return make(value, entries)

    def encode(self) -> bytes:
        """Return the operation as JSON."""
        return to_json(list(self))


class Batch(NamedTuple):
    """The operations of one commit; `number` counts the commits of one owner."""

    number: int
    time_ms: int
    delivery: str | None
    operations: list[RawOperation]


def kind_of(step: Step) -> Kind:
    """Return the word for a step."""
    return _KINDS[type(step)]


def encode_operation(operation: Operation) -> bytes:
    """Return one operation as JSON."""
    step = operation.step
    head = to_json([_KINDS[type(step)], operation.type, operation.key])[:-1]
    if isinstance(step, Put | PutIfAbsent):
        return b"%s,%d,%s,1]" % (head, step.value[0], json_of(step.value))
    if isinstance(step, Change):
        data = to_json(step.changes)
        return b"%s,%d,%s,%d]" % (head, step.version, data, step.repeat)
    return head + b",1,null,1]"


def encode_batch(
    number: int, time_ms: int, delivery: str | None, operations: Iterable[Operation]
) -> bytes:
    """Return the payload of an `O` frame."""
    return b'{"number":%d,"time":%d,"delivery":%s,"operations":[%s]}' % (
        number,
        time_ms,
        to_json(delivery),
        b",".join(map(encode_operation, operations)),
    )


def decode_batch(payload: bytes) -> Batch:
    """Return what an `O` frame holds.

    :raises FrameError: it does not have the layout above.
    """
    try:
        found = from_json(payload)
        delivery = found["delivery"]
        return Batch(
            int(found["number"]),
            int(found["time"]),
            None if delivery is None else str(delivery),
            [decode_operation(item) for item in found["operations"]],
        )
    except (ValueError, TypeError, KeyError) as error:
        raise FrameError(f"an operations frame cannot be read: {error}") from error


def decode_operation(item: Any) -> RawOperation:
    """Return an operation from its JSON list.

    :raises FrameError: it does not have the layout above.
    """
    try:
        kind, name, key, version, data, repeat = item
    except (ValueError, TypeError) as error:
        raise FrameError(f"an operation cannot be read: {error}") from error
    if kind not in _KINDS.values() or not isinstance(data, dict | None):
        raise FrameError(f"an operation of kind {kind!r} cannot be read")
    parts = tuple(str(part) for part in key)
    return RawOperation(kind, str(name), parts, int(version), data, int(repeat))
