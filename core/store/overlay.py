"""Reads that see what waits for a flush over what is in the store.

A read never holds an LMDB transaction while a caller has a record in hand: long
scans are read in pieces.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from hookwright.hookspecs import Record

from ..errors import RecordError, StoreDamagedError
from .applying import apply_steps, count_steps
from .buffer import Buffer, Entry
from .codec import DamagedValueError
from .environment import Environment
from .keys import encode_key, index_key, prefix_range
from .operations import Step
from .schema import Schema

if TYPE_CHECKING:
    import lmdb
    from lmdb import _Database

    from .environment import TransactionNumber, Txn

Layers = tuple[Buffer, ...]
_PIECE = 256
_log = logging.getLogger(__name__)


class _Span(NamedTuple):
    """Keys from start up to and without stop; None is the end of all keys."""

    start: bytes
    stop: bytes | None


class _Piece(NamedTuple):
    snapshot: TransactionNumber
    items: list[tuple[bytes, bytes]]
    #: The span was read to its end.
    whole: bool


_NOTHING = _Piece((0, 0), [], True)


class Overlay:
    """Reads of one store."""

    def __init__(
        self,
        environment: Environment,
        layers: Callable[[], Layers],
        lock: threading.RLock,
    ) -> None:
        self._environment = environment
        self._layers = layers
        self._lock = lock
        #: Values whose checksum was wrong, by record type and key.
        self.damaged: set[tuple[str, bytes]] = set()

    def get(self, schema: Schema, key: Sequence[str], stage: Buffer) -> Record | None:
        """Return one record.

        :raises StoreDamagedError: its checksum is wrong.
        """
        encoded = encode_key(key)
        layers = (*self._layers(), stage)

        def work(
            txn: Txn, database: Callable[[str], _Database | None]
        ) -> tuple[TransactionNumber, bytes | None]:
            records = database(schema.name)
            value = None if records is None else txn.get(encoded, db=records)
            return self._environment.number(txn), value

        snapshot, value = self._environment.read(work) or ((0, 0), None)
        try:
            value = _resolve(schema, value, encoded, _above(layers, snapshot))
            return None if value is None else schema.decode(value)
        except DamagedValueError as error:
            self._note_damage(schema, encoded)
            raise StoreDamagedError(
                f"{schema.name} {'/'.join(key)}: {error}; run `hookwright store check`"
            ) from error

    def scan(
        self,
        schema: Schema,
        prefix: Sequence[str],
        stage: Buffer,
        *,
        reverse: bool = False,
        limit: int | None = None,
    ) -> Iterator[Record]:
        """Yield the records whose key begins with prefix; damaged ones are left out."""
        if limit is not None and limit <= 0:
            return
        count = 0
        for encoded, value in self._values(schema, prefix, stage, reverse):
            record = self._decode(schema, encoded, value)
            if record is None:
                continue
            yield record
            count += 1
            if count == limit:
                return

    def find(
        self, schema: Schema, index: str, value: str, stage: Buffer
    ) -> Iterator[Record]:
        """Yield the records that an index lists under value, in key order."""
        wanted = index_key(index, value)
        layers = (*self._layers(), stage)
        snapshot, stored = self._environment.read(
            lambda txn, database: (
                self._environment.number(txn),
                _listed(txn, database, schema, wanted),
            )
        ) or ((0, 0), {})
        layers = _above(layers, snapshot)
        changed = self._changed(schema, layers, _Span(b"", None))
        missing = [encoded for encoded in changed if encoded not in stored]
        stored.update(self._stored(schema, missing))
        for encoded in sorted({*stored, *changed}):
            found = stored.get(encoded)
            try:
                found = _resolve(schema, found, encoded, layers)
                if found is None:
                    continue
                if encoded in changed and wanted not in schema.entries_of(found):
                    continue
            except (DamagedValueError, RecordError) as error:
                self._report(schema, encoded, error)
                continue
            record = self._decode(schema, encoded, found)
            if record is not None:
                yield record

    def count(self, schema: Schema, prefix: Sequence[str], stage: Buffer) -> int:
        """Return how many records there are under prefix."""
        layers = (*self._layers(), stage)
        if not prefix and not any(schema.name in layer.entries for layer in layers):
            return (
                self._environment.read(
                    lambda txn, database: _entries(txn, database(schema.name))
                )
                or 0
            )
        return sum(1 for _ in self._values(schema, prefix, stage, reverse=False))

    def _values(
        self, schema: Schema, prefix: Sequence[str], stage: Buffer, reverse: bool
    ) -> Iterator[tuple[bytes, bytes]]:
        for span in _spans(prefix, reverse):
            left: _Span | None = span
            while left is not None:
                items, left = self._piece(schema, left, stage, reverse)
                yield from items

    def _piece(
        self, schema: Schema, span: _Span, stage: Buffer, reverse: bool
    ) -> tuple[list[tuple[bytes, bytes]], _Span | None]:
        layers = (*self._layers(), stage)
        piece = (
            self._environment.read(
                lambda txn, database: _read_piece(
                    txn,
                    self._environment.number(txn),
                    database(schema.name),
                    span,
                    reverse,
                )
            )
            or _NOTHING
        )
        covered, left = span, None
        if not piece.whole:
            last = piece.items[-1][0]
            if reverse:
                covered, left = _Span(last, span.stop), _Span(span.start, last)
            else:
                after = last + b"\0"
                covered, left = _Span(span.start, after), _Span(after, span.stop)
        layers = _above(layers, piece.snapshot)
        stored = dict(piece.items)
        changed = self._changed(schema, layers, covered)
        items = []
        for encoded in sorted({*stored, *changed}, reverse=reverse):
            try:
                value = _resolve(schema, stored.get(encoded), encoded, layers)
            except DamagedValueError as error:
                self._report(schema, encoded, error)
                continue
            if value is not None:
                items.append((encoded, value))
        return items, left

    def _changed(self, schema: Schema, layers: Layers, span: _Span) -> set[bytes]:
        with self._lock:
            return {
                encoded
                for layer in layers
                for encoded in layer.keys_between(schema.name, span.start, span.stop)
            }

    def _stored(self, schema: Schema, keys: list[bytes]) -> dict[bytes, bytes]:
        def work(
            txn: Txn, database: Callable[[str], _Database | None]
        ) -> dict[bytes, bytes]:
            records = database(schema.name)
            if records is None:
                return {}
            found = ((key, txn.get(key, db=records)) for key in keys)
            return {key: value for key, value in found if value is not None}

        return self._environment.read(work) or {} if keys else {}

    def _decode(self, schema: Schema, encoded: bytes, value: bytes) -> Record | None:
        try:
            return schema.decode(value)
        except (DamagedValueError, RecordError) as error:
            self._report(schema, encoded, error)
            return None

    def _report(self, schema: Schema, encoded: bytes, error: Exception) -> None:
        if isinstance(error, DamagedValueError):
            self._note_damage(schema, encoded)
        _log.warning(
            "%s %s is left out: %s",
            schema.name,
            encoded.decode("utf-8", "replace"),
            error,
        )

    def _note_damage(self, schema: Schema, encoded: bytes) -> None:
        self.damaged.add((schema.name, encoded))


def _above(layers: Layers, snapshot: TransactionNumber) -> Layers:
    return tuple(
        layer
        for layer in layers
        if layer.transaction is None or layer.transaction > snapshot
    )


def _resolve(
    schema: Schema, value: bytes | None, encoded: bytes, layers: Layers
) -> bytes | None:
    for layer in layers:
        entry = layer.get(schema.name, encoded)
        if entry is not None:
            value = _apply(schema, value, entry)
    return value


def _apply(schema: Schema, value: bytes | None, entry: Entry) -> bytes | None:
    if not schema.settles:
        return apply_steps(schema, value, entry.steps, _leave)
    # Steps of such a type are replayed one by one, so what an earlier read worked
    # out from the same value is kept: only the steps that came since are replayed.
    total = count_steps(entry.steps)
    begin, skip = value, 0
    if entry.progress is not None:
        before, done, result = entry.progress
        if before == value and done <= total:
            begin, skip = result, done
    result = apply_steps(schema, begin, entry.steps, _leave, skip=skip)
    entry.progress = (value, total, result)
    return result


def _leave(step: Step, error: RecordError) -> None:
    # The flush reports it, once; a read shows what the flush will leave.
    _log.debug("a buffered %s does not apply: %s", type(step).__name__, error)


def _spans(prefix: Sequence[str], reverse: bool) -> list[_Span]:
    exact, longer = prefix_range(prefix)
    if not exact:
        return [_Span(b"", None)]
    # `0` is the character behind `/`.
    spans = [_Span(exact, exact + b"\0"), _Span(longer, exact + b"0")]
    return spans[::-1] if reverse else spans


def _read_piece(
    txn: Txn,
    number: TransactionNumber,
    database: _Database | None,
    span: _Span,
    reverse: bool,
) -> _Piece:
    items: list[tuple[bytes, bytes]] = []
    if database is None:
        return _Piece(number, items, True)
    with txn.cursor(database) as cursor:
        if reverse:
            found = cursor.last() if span.stop is None else _before(cursor, span.stop)
        else:
            found = cursor.set_range(span.start) if span.start else cursor.first()
        while found:
            key = cursor.key()
            if key < span.start or (span.stop is not None and key >= span.stop):
                break
            if len(items) == _PIECE:
                return _Piece(number, items, False)
            items.append((key, cursor.value()))
            found = cursor.prev() if reverse else cursor.next()
    return _Piece(number, items, True)


def _before(cursor: lmdb.Cursor[bytes], stop: bytes) -> bool:
    return cursor.prev() if cursor.set_range(stop) else cursor.last()


def _listed(
    txn: Txn, database: Callable[[str], _Database | None], schema: Schema, wanted: bytes
) -> dict[bytes, bytes]:
    index, records = database(f"{schema.name}.index"), database(schema.name)
    found: dict[bytes, bytes] = {}
    if index is not None and records is not None:
        with txn.cursor(index) as cursor:
            keys = list(cursor.iternext_dup()) if cursor.set_key(wanted) else []
        for key in keys:
            value = txn.get(key, db=records)
            if value is not None:
                found[key] = value
    return found


def _entries(txn: Txn, database: _Database | None) -> int:
    return 0 if database is None else txn.stat(database)["entries"]
