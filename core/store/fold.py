"""Write what waits into the store, in one LMDB transaction.

The transaction holds the records, their indexes, the mark that says which spools are
applied, the inbox and the counters: either all of it happened or nothing did.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic_core import from_json

from hookwright.hookspecs import FlushReport

from ..errors import RecordError
from .buffer import Buffer
from .codec import DamagedValueError, pack, unpack
from .disk import sync_folder
from .frames import FrameError, decode_delivery, encode_delivery
from .keys import encode_part
from .measures import segment_names, spool_files
from .opening import APPLIED, FIXED, INBOX, META, WAITING
from .operations import RawOperation, decode_operation
from .retention import prune_is_due, prune_type
from .schema import Schema
from .setaside import DeadLetter, Quarantine
from .state import read_state, write_recent, write_state
from .type_fold import TypeFold

if TYPE_CHECKING:
    from lmdb import _Database

    from .environment import Environment, Txn

    Database = Callable[[str], _Database]

_PLACE = struct.Struct(">QQ")
_LARGEST_RECORD = 16 * 2**20
#: So many marks of applied segments may gather before those that are gone are removed.
_MARKS = 64
_MARK = struct.Struct(">Q")
#: The first version wrote marks without a size.
_WHOLE = 2**63
#: Operations that one transaction can postpone without a clash of keys.
_MANY = 2**24


class Arrival(NamedTuple):
    """A delivery that nobody finished."""

    time_ms: int
    id: str
    payload: bytes


@dataclass
class FoldRequest:
    """All that one transaction is to write."""

    reason: str
    time_ms: int
    buffer: Buffer
    #: The spool segments whose content this is, and their sizes in bytes.
    segments: Mapping[str, int] = field(default_factory=dict)
    #: The spool's folder: marks of segments that are gone from it are removed.
    spool: Path | None = None
    arrivals: Sequence[Arrival] = ()
    #: Operations that cannot be applied by this process, with their times.
    waiting: Sequence[tuple[int, RawOperation]] = ()
    letters: Sequence[DeadLetter] = field(default_factory=list)


def record_limit(max_size: int) -> int:
    """Return the bytes that one record may have in a store of that size."""
    return min(_LARGEST_RECORD, max_size // 8)


class Fold:
    """One fold; made for one `Environment.write`."""

    def __init__(
        self,
        schemas: Mapping[str, Schema],
        request: FoldRequest,
        quarantine: Quarantine,
        limit: int,
    ) -> None:
        self._schemas = schemas
        self._request = request
        self._quarantine = quarantine
        self._limit = limit
        self._letters: list[DeadLetter] = []

    def run(self, environment: Environment) -> FlushReport:
        """Write everything; the environment's lock must be held.

        :raises StoreError: nothing was written.
        """
        names = [*FIXED]
        for schema in self._schemas.values():
            names += schema.databases
        self._number = environment.number
        try:
            return environment.write(names, self._work)
        except BaseException:
            # Before the lock is let go: the next writer's transaction may get the
            # same number.
            self._request.buffer.transaction = None
            raise

    def _work(self, txn: Txn, database: Database) -> FlushReport:
        begun = time.perf_counter()
        request = self._request
        request.buffer.transaction = self._number(txn)
        self._letters = list(request.letters)
        buffer = self._with_waiting(txn, database(WAITING))
        postponed = [(at, item.type, item.encode()) for at, item in request.waiting]
        report = FlushReport(reason=request.reason, deliveries=len(buffer.finished))
        for name, entries in buffer.entries.items():
            fold = TypeFold(txn, database, self._schemas[name], self._limit)
            keys = fold.run(entries, request.time_ms)
            self._letters += fold.letters
            postponed += [(request.time_ms, name, data) for data in fold.postponed]
            if keys:
                report.written[name] = len(keys)
                report.keys[name] = keys
        self._write_waiting(txn, database(WAITING), postponed)
        self._write_inbox(txn, database(INBOX))
        self._write_marks(txn, database(APPLIED))
        self._quarantine.add_letters(self._letters, request.time_ms)
        return self._finish(txn, database, report, begun)

    def _finish(
        self, txn: Txn, database: Database, report: FlushReport, begun: float
    ) -> FlushReport:
        meta = database(META)
        request = self._request
        if request.buffer.finished:
            write_recent(txn, meta, request.buffer.finished)
        state = read_state(txn, meta)
        if prune_is_due(state, request.time_ms):
            state.pruned = request.time_ms
            for schema in self._schemas.values():
                prune_type(txn, database, schema, request.time_ms)
        state.dead_letters += len(self._letters)
        duration_ms = (time.perf_counter() - begun) * 1000
        written = sum(report.written.values())
        state.count(request.reason, request.time_ms, written, duration_ms)
        write_state(txn, meta, state)
        return report.model_copy(
            update={"rejected": len(self._letters), "duration_ms": duration_ms}
        )

    def _with_waiting(self, txn: Txn, waiting: _Database) -> Buffer:
        """Return the buffer with what waited for a type that is known by now."""
        if not txn.stat(waiting)["entries"]:
            return self._request.buffer
        found = Buffer()
        for name, schema in self._schemas.items():
            for key, value in list(_range(txn, waiting, name.encode() + b"\0")):
                if self._take_waiting(found, schema, value):
                    txn.delete(key, db=waiting)
        return found.absorb(self._request.buffer, self._schemas)

    def _take_waiting(self, found: Buffer, schema: Schema, value: bytes) -> bool:
        try:
            operation = decode_operation(from_json(unpack(value)[1]))
            if operation.version > schema.version:
                return False
            found.add(operation.resolve(schema), schema)
        except (DamagedValueError, FrameError, RecordError, ValueError) as error:
            letter = DeadLetter(schema.name, (), "waiting", str(error), value)
            self._letters.append(letter)
        return True

    def _write_waiting(
        self, txn: Txn, waiting: _Database, postponed: list[tuple[int, str, bytes]]
    ) -> None:
        first = txn.id() * _MANY
        for number, (time_ms, name, data) in enumerate(postponed):
            place = _PLACE.pack(time_ms, first + number)
            txn.put(name.encode() + b"\0" + place, pack(1, data), db=waiting)

    def _write_inbox(self, txn: Txn, inbox: _Database) -> None:
        for time_ms, name, payload in self._request.arrivals:
            value = pack(1, encode_delivery(time_ms, name, payload))
            txn.put(inbox_key(name), value, db=inbox)
        for name in self._request.buffer.finished:
            txn.delete(inbox_key(name), db=inbox)

    def _write_marks(self, txn: Txn, applied: _Database) -> None:
        folder = self._request.spool
        if folder is not None and txn.stat(applied)["entries"] > _MARKS:
            kept = {name.encode() for name in segment_names(spool_files(folder))}
            with txn.cursor(applied) as cursor:
                marks = set(cursor.iternext(values=False))
            # After a power cut a file that was removed may be back, and be applied
            # again, unless its removal reached the disk before its mark goes.
            sync_folder(folder)
            for mark in marks - kept:
                txn.delete(mark, db=applied)
        for name, size in self._request.segments.items():
            txn.put(name.encode(), _MARK.pack(size), db=applied)


def read_marks(txn: Txn, applied: _Database | None) -> dict[str, int]:
    """Return the spool segments that were applied, and up to which offset."""
    if applied is None:
        return {}
    with txn.cursor(applied) as cursor:
        return {
            bytes(name).decode(): _MARK.unpack(value)[0] if value else _WHOLE
            for name, value in cursor
        }


def inbox_key(delivery_id: str) -> bytes:
    """Return the key that a delivery waits under."""
    return encode_part(delivery_id).encode("utf-8", "replace")


def read_inbox(txn: Txn, inbox: _Database | None) -> list[Arrival]:
    """Return the deliveries that wait, oldest first; damaged ones are left out."""
    found: list[Arrival] = []
    if inbox is None:
        return found
    with txn.cursor(inbox) as cursor:
        for _, value in cursor:
            try:
                found.append(Arrival(*decode_delivery(unpack(value)[1])))
            except (DamagedValueError, FrameError):
                continue  # `Store.check` reports it
    return sorted(found)


def _range(
    txn: Txn, database: _Database, prefix: bytes
) -> Iterator[tuple[bytes, bytes]]:
    with txn.cursor(database) as cursor:
        found = cursor.set_range(prefix)
        while found and cursor.key().startswith(prefix):
            yield cursor.item()
            found = cursor.next()
