"""What the store remembers of itself, in the database `_meta`.

`state` holds counters as JSON; `recent` the digests of the deliveries that were
finished last, newest at the end; `version/<record type>` the highest model version
that was ever written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ..digests import blake2b
from .codec import DamagedValueError, pack_document, unpack_document
from .reports import LastFlush

if TYPE_CHECKING:
    from lmdb import _Database

    from .environment import Txn

_STATE = b"state"
_RECENT = b"recent"
_DIGEST = 8
#: A retried delivery comes within minutes, so this many are enough to know it by.
_RECENT_COUNT = 2048


class State(BaseModel):
    """Counters that live as long as the store; times are milliseconds since 1970."""

    clock: int = 0
    flushes: dict[str, int] = {}
    last_flush: LastFlush | None = None
    dead_letters: int = 0
    pruned: int = 0

    def count(
        self, reason: str, time_ms: int, written: int, duration_ms: float
    ) -> None:
        """Count one flush in."""
        self.clock = max(self.clock, time_ms)
        self.flushes[reason] = self.flushes.get(reason, 0) + 1
        self.last_flush = LastFlush(
            time=datetime.fromtimestamp(time_ms / 1000, UTC),
            reason=reason,
            written=written,
            duration_ms=round(duration_ms, 3),
        )


def read_state(txn: Txn, meta: _Database | None) -> State:
    """Return the counters; new ones where they are missing or damaged."""
    value = None if meta is None else txn.get(_STATE, db=meta)
    if value is None:
        return State()
    try:
        return State.model_validate(unpack_document(value))
    except (DamagedValueError, ValueError):
        return State()


def write_state(txn: Txn, meta: _Database, state: State) -> None:
    """Keep the counters."""
    document: dict[str, Any] = state.model_dump(mode="json")
    txn.put(_STATE, pack_document(document), db=meta)


def digest(delivery_id: str) -> bytes:
    """Return the bytes a delivery is remembered by."""
    data = delivery_id.encode("utf-8", "replace")
    return blake2b(data, digest_size=_DIGEST).digest()


def read_recent(txn: Txn, meta: _Database | None) -> list[bytes]:
    """Return the digests of the deliveries finished last, oldest first."""
    data = b"" if meta is None else txn.get(_RECENT, b"", db=meta)
    return [data[at : at + _DIGEST] for at in range(0, len(data), _DIGEST)]


def write_recent(txn: Txn, meta: _Database, finished: Iterable[str]) -> None:
    """Remember deliveries as finished."""
    known = dict.fromkeys(read_recent(txn, meta))
    known.update(dict.fromkeys(map(digest, finished)))
    txn.put(_RECENT, b"".join(list(known)[-_RECENT_COUNT:]), db=meta)


def highest_version(txn: Txn, meta: _Database, name: str) -> int:
    """Return the highest model version written for a record type."""
    return (txn.get(b"version/" + name.encode(), db=meta) or b"\0")[0]


def raise_version(txn: Txn, meta: _Database, name: str, version: int) -> None:
    """Remember that a model version was written."""
    txn.put(b"version/" + name.encode(), bytes([version]), db=meta)
