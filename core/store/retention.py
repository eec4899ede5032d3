"""Records leave the store when their type's retention is over.

A type with a retention has a database `<type>.times`: key to the time of the last
write, milliseconds u64, big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..errors import RecordError
from .codec import DamagedValueError
from .schema import Schema
from .state import State

if TYPE_CHECKING:
    from lmdb import _Database

    from .environment import Environment, Txn

_TIME = struct.Struct(">Q")
_DAY_MS = 86_400_000
#: After such a gap the clock may be wrong; a day later it had time to be set right.
_GAP_MS = 7 * _DAY_MS


def stamp(time_ms: int) -> bytes:
    """Return a time as it is stored."""
    return _TIME.pack(time_ms)


def prune_is_due(state: State, now_ms: int) -> bool:
    """Return whether a flush should prune; note it in state when it should not yet.

    It is due once a day, and not at once after a long gap: a clock that is set wrong
    by a year must not empty the store.
    """
    if now_ms - state.pruned < _DAY_MS:
        return False
    if now_ms - state.pruned > _GAP_MS:
        state.pruned = now_ms
        return False
    return True


def prune(
    environment: Environment, schemas: Mapping[str, Schema], now_ms: int
) -> dict[str, int]:
    """Remove what is past its retention now; how many, by record type."""
    retained = [schema for schema in schemas.values() if schema.retained]
    names = [name for schema in retained for name in schema.databases]
    if not names:
        return {}
    with environment.held():
        return environment.write(
            names,
            lambda txn, database: {
                schema.name: prune_type(txn, database, schema, now_ms)
                for schema in retained
            },
        )


def prune_type(
    txn: Txn, database: Callable[[str], _Database], schema: Schema, now_ms: int
) -> int:
    """Remove a type's records past their retention and return how many."""
    retention = schema.record_type.retention
    if retention is None:
        return 0
    records, times = database(schema.name), database(f"{schema.name}.times")
    cutoff = now_ms - int(retention.total_seconds() * 1000)
    with txn.cursor(times) as cursor:
        stamps = {key: _TIME.unpack(value)[0] for key, value in cursor}
    if len(stamps) < txn.stat(records)["entries"]:
        # Written before the type had a retention: their time begins now.
        with txn.cursor(records) as cursor:
            for key in cursor.iternext(values=False):
                if key not in stamps:
                    txn.put(key, stamp(now_ms), db=times)
    old = [key for key, time_ms in stamps.items() if time_ms < cutoff]
    for key in old:
        value = txn.pop(key, db=records)
        txn.delete(key, db=times)
        if value is not None and schema.indexed:
            index = database(f"{schema.name}.index")
            for entry in entries_or_none(schema, value):
                txn.delete(entry, key, db=index)
    return len(old)


def entries_or_none(schema: Schema, value: bytes) -> tuple[bytes, ...]:
    """Return a stored value's index entries, none where it cannot be read."""
    try:
        return schema.entries_of(value)
    except (RecordError, DamagedValueError):
        return ()
