"""What one hook call writes, until it is committed or dropped as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from hookwright.hookspecs import Key, Record, RecordType

from .buffer import Buffer
from .keys import encode_key
from .operations import Change, Delete, Operation, Put, PutIfAbsent, Step

if TYPE_CHECKING:
    from .overlay import Overlay
    from .schema import Schema

M = TypeVar("M", bound=Record)


class Stage:
    """Implements `hookspecs.RecordStore`; hand it to `Store.commit`, or drop it.

    Reads see its own writes over the buffer over the store. One thread uses it.
    """

    def __init__(
        self, overlay: Overlay, schema_of: Callable[[RecordType[Any]], Schema]
    ) -> None:
        self._overlay = overlay
        self._schema_of = schema_of
        self._buffer = Buffer()
        self._operations: list[Operation] = []

    @property
    def operations(self) -> int:
        """Return how many operations are staged."""
        return len(self._operations)

    def get(self, record_type: RecordType[M], *key: str) -> M | None:
        """Return the record under key, or None.

        :raises StoreDamagedError: the record's checksum is wrong.
        """
        schema = self._schema_of(record_type)
        return cast("M | None", self._overlay.get(schema, key, self._buffer))

    def scan(
        self,
        record_type: RecordType[M],
        *prefix: str,
        reverse: bool = False,
        limit: int | None = None,
    ) -> Iterator[M]:
        """Yield the records whose key begins with prefix, in key order."""
        schema = self._schema_of(record_type)
        found = self._overlay.scan(
            schema, prefix, self._buffer, reverse=reverse, limit=limit
        )
        return cast("Iterator[M]", found)

    def find(self, record_type: RecordType[M], index: str, value: str) -> Iterator[M]:
        """Yield the records that `index` lists under value, in key order.

        :raises KeyError: the record type declares no such index.
        """
        if index not in record_type.indexes:
            raise KeyError(f"{record_type.name} has no index {index!r}")
        schema = self._schema_of(record_type)
        found = self._overlay.find(schema, index, value, self._buffer)
        return cast("Iterator[M]", found)

    def count(self, record_type: RecordType[M], *prefix: str) -> int:
        """Return how many records there are under prefix."""
        return self._overlay.count(self._schema_of(record_type), prefix, self._buffer)

    def put(self, record_type: RecordType[M], record: M) -> None:
        """Write the record, replacing what its key held.

        :raises RecordError: it cannot be stored.
        """
        self._write(record_type, record, Put)

    def put_if_absent(self, record_type: RecordType[M], record: M) -> None:
        """Write the record unless its key holds one when the write is applied.

        :raises RecordError: it cannot be stored.
        """
        self._write(record_type, record, PutIfAbsent)

    def merge(self, record_type: RecordType[M], key: Key, /, **changes: object) -> None:
        """Merge changes into the record under key, by the type's merge policy.

        :raises RecordError: a field is unknown or cannot hold its change.
        """
        schema = self._schema_of(record_type)
        step = Change(schema.rules.changes(changes), schema.version)
        self._add(schema, tuple(key), encode_key(key), step)

    def delete(self, record_type: RecordType[M], *key: str) -> None:
        """Remove the record under key; nothing happens when there is none."""
        schema = self._schema_of(record_type)
        self._add(schema, key, encode_key(key), Delete())

    def take(self) -> list[Operation]:
        """Return what was staged and begin again empty; for `Store.commit`."""
        taken, self._operations = self._operations, []
        self._buffer = Buffer()
        return taken

    def peek(self) -> list[Operation]:
        """Return what is staged, in order."""
        return list(self._operations)

    def _write(
        self,
        record_type: RecordType[M],
        record: M,
        make: type[Put] | type[PutIfAbsent],
    ) -> None:
        schema = self._schema_of(record_type)
        value = schema.encode(record)
        key, encoded = schema.key_of(record)
        self._add(schema, key, encoded, make(value, schema.index_entries(record)))

    def _add(self, schema: Schema, key: Key, encoded: bytes, step: Step) -> None:
        operation = Operation(schema.name, key, encoded, step)
        self._buffer.add(operation, schema)
        self._operations.append(operation)
