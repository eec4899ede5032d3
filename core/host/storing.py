"""What the plugin host needs of a store, and the part of it one call sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hookwright.hookspecs import Key, Record, RecordType

from ..errors import PluginError

if TYPE_CHECKING:
    from ..store import Stage

M = TypeVar("M", bound=Record)
#: How long a call that has returned waits for a write of another thread, in seconds.
_LAST_WRITE_S = 0.1


class StoreLike(Protocol):
    """A store that plugins' writes can be staged in; `core.store.Store` is one."""

    def stage(self) -> Stage:
        """Return an empty stage that reads through to the store."""
        ...

    def register(self, record_type: RecordType[Any]) -> None:
        """Make the record type known.

        :raises RecordError: the name stands for another model already.
        """
        ...


class CallStore:
    """The store as one call sees it: a stage of its own, made at first use.

    It ends with the call. A thread that a plugin left behind, or a call that was
    given up and comes back late, can no longer read or write through it.
    """

    __slots__ = ("_ended", "_lock", "_plugin", "_stage", "_store", "_writable")

    def __init__(self, store: StoreLike, plugin: str, writable: bool) -> None:
        self._store = store
        self._plugin = plugin
        self._writable = writable
        self._stage: Stage | None = None
        self._ended = False
        self._lock = threading.Lock()

    def abandon(self) -> None:
        """Refuse everything from now on; never waits."""
        self._ended = True

    def end(self) -> Stage | None:
        """Refuse everything from now on; return what was staged, if anything was.

        :raises PluginError: a thread that the plugin started is still writing.
        """
        self._ended = True
        if not self._lock.acquire(timeout=_LAST_WRITE_S):
            raise PluginError(
                f"plugin {self._plugin}: a thread of its own still writes to the "
                "store after the call has returned"
            )
        self._lock.release()
        return self._stage

    def get(self, record_type: RecordType[M], *key: str) -> M | None:
        """Return the record under key, or None."""
        return self._reading().get(record_type, *key)

    def scan(
        self,
        record_type: RecordType[M],
        *prefix: str,
        reverse: bool = False,
        limit: int | None = None,
    ) -> Iterator[M]:
        """Yield the records whose key begins with prefix, in key order."""
        return self._reading().scan(record_type, *prefix, reverse=reverse, limit=limit)

    def find(self, record_type: RecordType[M], index: str, value: str) -> Iterator[M]:
        """Yield the records that `index` lists under value, in key order."""
        return self._reading().find(record_type, index, value)

    def count(self, record_type: RecordType[M], *prefix: str) -> int:
        """Return how many records there are under prefix."""
        return self._reading().count(record_type, *prefix)

    def put(self, record_type: RecordType[M], record: M) -> None:
        """Write the record, replacing what its key held."""
        with self._lock:
            self._writing().put(record_type, record)

    def put_if_absent(self, record_type: RecordType[M], record: M) -> None:
        """Write the record unless its key holds one when the write is applied."""
        with self._lock:
            self._writing().put_if_absent(record_type, record)

    def merge(self, record_type: RecordType[M], key: Key, /, **changes: object) -> None:
        """Merge changes into the record under key, by the type's merge policy."""
        with self._lock:
            self._writing().merge(record_type, key, **changes)

    def delete(self, record_type: RecordType[M], *key: str) -> None:
        """Remove the record under key; nothing happens when there is none."""
        with self._lock:
            self._writing().delete(record_type, *key)

    def _reading(self) -> Stage:
        if self._stage is not None and not self._ended:
            return self._stage
        with self._lock:
            return self._open()

    def _writing(self) -> Stage:
        if not self._writable:
            raise PluginError(
                f"plugin {self._plugin}: this tool writes to the store, but is not "
                "declared with Tool(..., writes=True)"
            )
        return self._open()

    def _open(self) -> Stage:
        if self._ended:
            raise PluginError(
                f"plugin {self._plugin}: context.store was used after its call had "
                "ended; use it inside the hook or tool only"
            )
        if self._stage is None:
            self._stage = self._store.stage()
        return self._stage
