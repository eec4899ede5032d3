"""Write the buffered entries of one record type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hookwright.hookspecs import Key

from ..errors import RecordError
from .applying import apply_steps
from .buffer import Entry
from .codec import DamagedValueError, unpack
from .opening import META
from .operations import (
    Change,
    Delete,
    Operation,
    Put,
    PutIfAbsent,
    Step,
    encode_operation,
    kind_of,
)
from .retention import entries_or_none, stamp
from .schema import Schema, json_of
from .setaside import DeadLetter
from .state import highest_version, raise_version

if TYPE_CHECKING:
    from lmdb import _Database

    from .environment import Txn


class TypeFold:
    """The part of a fold that concerns one record type."""

    def __init__(
        self,
        txn: Txn,
        database: Callable[[str], _Database],
        schema: Schema,
        limit: int,
    ) -> None:
        self.letters: list[DeadLetter] = []
        #: Operations that a newer program has to apply, as JSON.
        self.postponed: list[bytes] = []
        self._txn = txn
        self._schema = schema
        self._limit = limit
        self._records = database(schema.name)
        self._index = database(f"{schema.name}.index") if schema.indexed else None
        self._times = database(f"{schema.name}.times") if schema.retained else None
        self._meta = database(META)

    def run(self, entries: Mapping[bytes, Entry], time_ms: int) -> list[Key]:
        """Write the entries and return the keys that were written or removed."""
        schema = self._schema
        highest = highest_version(self._txn, self._meta, schema.name)
        if highest < schema.version:
            raise_version(self._txn, self._meta, schema.name, schema.version)
        # A plain put needs no look at what the key holds, unless that has index
        # entries or may be a newer program's.
        blind = self._index is None and highest <= schema.version
        plain: list[tuple[bytes, bytes]] = []
        keys: list[Key] = []
        touched: list[bytes] = []
        for encoded in sorted(entries):
            entry = entries[encoded]
            step = entry.steps[0]
            if blind and len(entry.steps) == 1 and type(step) is Put:
                if len(step.value) > self._limit:
                    self._reject(entry.key, step, self._too_large(step.value))
                    continue
                plain.append((encoded, step.value))
            elif not self._apply(encoded, entry):
                continue
            keys.append(entry.key)
            touched.append(encoded)
        with self._txn.cursor(self._records) as cursor:
            cursor.putmulti(plain)
        self._stamp(touched, entries, time_ms)
        return keys

    def _apply(self, encoded: bytes, entry: Entry) -> bool:
        old = self._read(encoded, entry)
        if self._is_newer(old, entry):
            self._postpone(encoded, entry)
            return False
        new = apply_steps(
            self._schema,
            old,
            entry.steps,
            lambda step, error: self._reject(entry.key, step, error),
        )
        if new == old:
            return False
        try:
            added = self._entries_after(entry, new)
        except RecordError as error:
            self._reject(entry.key, entry.steps[-1], error)
            return False
        if new is None:
            self._txn.delete(encoded, db=self._records)
        elif len(new) > self._limit:
            self._reject(entry.key, Put(new), self._too_large(new))
            return False
        else:
            self._txn.put(encoded, new, db=self._records)
        if self._index is not None:
            removed = set() if old is None else set(entries_or_none(self._schema, old))
            for item in removed - added:
                self._txn.delete(item, encoded, db=self._index)
            for item in added - removed:
                self._txn.put(item, encoded, db=self._index)
        return True

    def _read(self, encoded: bytes, entry: Entry) -> bytes | None:
        old = self._txn.get(encoded, db=self._records)
        if old is None:
            return None
        try:
            unpack(old)
        except DamagedValueError as error:
            # The bytes are kept for a person; the changes go into a new record.
            letter = DeadLetter(
                self._schema.name, entry.key, "stored", str(error), bytes(old)
            )
            self.letters.append(letter)
            self._forget(encoded)
            return None
        return old

    def _forget(self, encoded: bytes) -> None:
        self._txn.delete(encoded, db=self._records)
        if self._index is None:
            return
        with self._txn.cursor(self._index) as cursor:
            listed = [item for item, key in cursor if key == encoded]
        for item in listed:
            self._txn.delete(item, encoded, db=self._index)

    def _is_newer(self, old: bytes | None, entry: Entry) -> bool:
        if old is None or old[0] <= self._schema.version:
            return False
        return not isinstance(entry.steps[0], Delete)

    def _postpone(self, encoded: bytes, entry: Entry) -> None:
        for step in entry.steps:
            if not isinstance(step, PutIfAbsent):
                operation = Operation(self._schema.name, entry.key, encoded, step)
                self.postponed.append(encode_operation(operation))

    def _entries_after(self, entry: Entry, new: bytes | None) -> set[bytes]:
        if new is None or self._index is None:
            return set()
        only = entry.steps[0]
        if len(entry.steps) == 1 and isinstance(only, Put | PutIfAbsent):
            return set(only.entries)
        return set(self._schema.entries_of(new))

    def _stamp(
        self, touched: list[bytes], entries: Mapping[bytes, Entry], time_ms: int
    ) -> None:
        if self._times is None:
            return
        now = stamp(time_ms)
        for encoded in touched:
            if isinstance(entries[encoded].steps[-1], Delete):
                self._txn.delete(encoded, db=self._times)
            else:
                self._txn.put(encoded, now, db=self._times)

    def _reject(self, key: Key, step: Step, error: RecordError) -> None:
        data: object = None
        if isinstance(step, Put | PutIfAbsent):
            data = json_of(step.value).decode("utf-8", "replace")
        elif isinstance(step, Change):
            data = {"changes": step.changes, "times": step.repeat}
        self.letters.append(
            DeadLetter(self._schema.name, key, kind_of(step), str(error), data)
        )

    def _too_large(self, value: bytes) -> RecordError:
        return RecordError(
            f"{self._schema.name}: the record has {len(value)} bytes; at most "
            f"{self._limit} fit (an eighth of store.max_size, 16 MB at most)"
        )
