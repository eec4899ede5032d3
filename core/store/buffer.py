"""Operations that wait for a flush, collapsed per key.

Collapsing never changes what comes out: applying an entry's steps gives what the
operations would have given one by one. Nothing in an entry is ever changed, so
readers need no lock for one they hold.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from hookwright.hookspecs import Key

from .operations import Change, Delete, Operation, Put, PutIfAbsent, Step
from .schema import Schema

#: What an entry costs in memory beside its value, in bytes; an estimate.
_OVERHEAD = 200


class Entry:
    """The steps that wait for one key."""

    __slots__ = ("key", "progress", "steps")

    def __init__(self, key: Key, steps: tuple[Step, ...]) -> None:
        self.key = key
        self.steps = steps
        #: What a reader already worked out, see `overlay.py`.
        self.progress: tuple[bytes | None, int, bytes | None] | None = None


class Buffer:
    """All that one process has not flushed yet, or what one call has staged."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[bytes, Entry]] = {}
        #: Deliveries whose operations are here, in order.
        self.finished: dict[str, None] = {}
        self.operations = 0
        self.bytes = 0
        #: The LMDB transaction that writes this buffer: a reader whose snapshot is
        #: not older sees the operations in the store and must not apply them again.
        self.transaction: tuple[int, int] | None = None
        self._sorted: dict[str, list[bytes]] = {}

    def __bool__(self) -> bool:
        return bool(self.entries or self.finished)

    def add(self, operation: Operation, schema: Schema) -> None:
        """Take one operation in."""
        name, key, encoded, step = operation
        entries = self.entries.get(name)
        if entries is None:
            entries = self.entries[name] = {}
        old = entries.get(encoded)
        if old is None:
            entries[encoded] = Entry(key, collapse((), step, schema))
            if name in self._sorted:
                insort(self._sorted[name], encoded)
        else:
            entry = Entry(key, collapse(old.steps, step, schema))
            if isinstance(step, Change) and schema.settles:
                entry.progress = old.progress
            entries[encoded] = entry
        self.operations += 1
        self.bytes += _OVERHEAD + _size(step)

    def absorb(self, later: Buffer, schemas: Mapping[str, Schema]) -> Buffer:
        """Return a new buffer that does what this one and then the later one do."""
        joined = Buffer()
        joined.entries = {name: dict(found) for name, found in self.entries.items()}
        joined.finished = self.finished | later.finished
        for name, entries in later.entries.items():
            for encoded, entry in entries.items():
                for step in entry.steps:
                    operation = Operation(name, entry.key, encoded, step)
                    joined.add(operation, schemas[name])
        joined.operations = self.operations + later.operations
        joined.bytes = self.bytes + later.bytes
        return joined

    def get(self, name: str, encoded: bytes) -> Entry | None:
        """Return what waits for a key."""
        entries = self.entries.get(name)
        return None if entries is None else entries.get(encoded)

    def keys_between(self, name: str, start: bytes, stop: bytes | None) -> list[bytes]:
        """Return a type's keys from start up to and without stop, sorted."""
        entries = self.entries.get(name)
        if not entries:
            return []
        keys = self._sorted.get(name)
        if keys is None:
            keys = self._sorted[name] = sorted(entries)
        end = len(keys) if stop is None else bisect_left(keys, stop)
        return keys[bisect_left(keys, start) : end]

    def items(self) -> Iterator[tuple[str, bytes, Entry]]:
        """Yield type, key and entry of all that waits."""
        for name, entries in self.entries.items():
            for encoded, entry in entries.items():
                yield name, encoded, entry


def collapse(steps: tuple[Step, ...], step: Step, schema: Schema) -> tuple[Step, ...]:
    """Return the steps that do what the old ones and then the new one do."""
    if isinstance(step, Put | Delete):
        return (step,)
    if isinstance(step, PutIfAbsent):
        return steps if _exists_after(steps) else (*steps, step)
    if not schema.settles:
        step = _run_out(step, schema)
    last = steps[-1] if steps else None
    if not isinstance(last, Change) or last.version != step.version:
        return (*steps, step)
    if not schema.settles:
        combined = schema.rules.combine(last.changes, step.changes)
        return (*steps[:-1], replace(last, changes=combined))
    if _same(last, step):
        return (*steps[:-1], replace(last, repeat=last.repeat + step.repeat))
    return (*steps, step)


def _exists_after(steps: Iterable[Step]) -> bool:
    return any(isinstance(step, Put | PutIfAbsent) for step in steps)


def _run_out(step: Change, schema: Schema) -> Change:
    # A run of steps is combined when its type no longer settles each one.
    changes = step.changes
    for _ in range(step.repeat - 1):
        changes = schema.rules.combine(changes, step.changes)
    return replace(step, changes=changes, repeat=1)


def _same(first: Change, second: Change) -> bool:
    # 1 and 1.0 are equal, but not the same change.
    return first.changes == second.changes and repr(first) == repr(
        replace(second, repeat=first.repeat)
    )


def _size(step: Step) -> int:
    if isinstance(step, Put | PutIfAbsent):
        return len(step.value)
    return 0 if isinstance(step, Delete) else 40 * len(step.changes)
