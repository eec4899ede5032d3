"""The store: one object a process for one data directory."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from hookwright.hookspecs import FlushReport, RecordType

from ..clock import Clock
from ..errors import RecordError, StoreError, StoreReadOnlyError
from ..paths import Paths
from . import measures
from .buffer import Buffer
from .deliveries import Deliveries
from .environment import Environment
from .fold import Arrival, Fold, FoldRequest, read_marks, record_limit
from .frames import DELIVERY, OPERATIONS, encode_delivery
from .opening import APPLIED, META
from .operations import encode_batch
from .overlay import Overlay
from .recovery import (
    Orphan,
    gather,
    has_orphans,
    living_deliveries,
    open_orphans,
    set_aside_damage,
)
from .reports import CheckReport, Durability, RecoverReport, StoreOptions, StoreStats
from .retention import prune
from .schema import Schema
from .setaside import Quarantine
from .spool import Spool, Ticket
from .stage import Stage
from .state import read_state

#: Seconds until a flush that failed is asked for again.
_RETRY_AFTER = 30.0
#: A spool holds whole deliveries beside operations; so many times the buffer's bytes
#: ask for a flush.
_SPOOL_FACTOR = 4
_OPEN_STORES: weakref.WeakSet[Store] = weakref.WeakSet()


class Store:
    """Records, a write buffer over them, and the spool under both.

    Safe for threads. Several processes may have one each on the same directory.
    """

    def __init__(
        self, paths: Paths, options: StoreOptions, clock: Clock, *, read_only: bool
    ) -> None:
        self.paths = paths
        self.options = options
        self.clock = clock
        #: What a person should know of how the store was opened.
        self.notes: list[str] = []
        self._schemas: dict[str, Schema] = {}
        self._lock = threading.RLock()
        self._environment = Environment(
            paths.store, options, clock, self.notes.append, read_only=read_only
        )
        self._quarantine = Quarantine(paths.quarantine)
        self._overlay = Overlay(self._environment, lambda: self._layers, self._lock)
        self._begin_empty()
        try:
            self._begin()
        except BaseException:
            self._environment.close()
            raise
        _OPEN_STORES.add(self)

    def _begin(self) -> None:
        if not self.read_only:
            self._spool.say_class(self.options.durability == "sync")
        state = self._environment.read(
            lambda txn, database: read_state(txn, database(META))
        )
        if state is not None:
            # One more, so that no id of this process sorts before an earlier one's.
            self.clock.advance(state.clock + 1)

    def _begin_empty(self) -> None:
        self._active = Buffer()
        #: Oldest first: what is being flushed, then what comes after it.
        self._layers: tuple[Buffer, ...] = (self._active,)
        self._spool = Spool(self.paths.spool, self.clock)
        self._number = 0
        lock = self.paths.data / "inbox.lock"
        self._deliveries = Deliveries(self._environment, lock)
        self._retry_at = 0.0
        self._closed = False

    @classmethod
    def open(
        cls,
        paths: Paths,
        options: StoreOptions = StoreOptions(),  # noqa: B008 - frozen
        *,
        clock: Clock | None = None,
        read_only: bool = False,
    ) -> Store:
        """Open the store of a data directory; make it when there is none.

        A directory that cannot be written gives a store that can be read. A store of
        ours that is damaged is moved aside and rebuilt; `notes` says so.

        :raises StoreDamagedError: something else is at the store's path.
        :raises StoreError: it is on a network file system, or cannot be opened.
        """
        return cls(paths, options, clock or Clock(), read_only=read_only)

    @property
    def read_only(self) -> str:
        """Return why nothing can be written, or an empty text."""
        return self._environment.read_only

    def register(self, record_type: RecordType[Any]) -> None:
        """Make a record type known; the same one again does nothing.

        :raises RecordError: the name is another model's, or the model cannot be
            stored.
        """
        known = self._schemas.get(record_type.name)
        if known is None:
            self._schemas = {**self._schemas, record_type.name: Schema(record_type)}
        elif known.record_type.model is not record_type.model:
            raise RecordError(
                f"record type {record_type.name!r} is {_where(known.record_type)} "
                f"already and cannot be {_where(record_type)} as well"
            )

    def stage(self) -> Stage:
        """Return an empty stage: reads of the store, and writes to commit later."""
        return Stage(self._overlay, self._schema_of)

    def commit(
        self,
        stages: Sequence[Stage],
        delivery_id: str | None = None,
        *,
        durability: Durability | None = None,
    ) -> None:
        """Make staged operations durable in one spool frame, then visible.

        :param delivery_id: a delivery that is finished by this, even without
            operations.
        :param durability: of this commit; the store's own by default.
        :raises StoreReadOnlyError: nothing can be written here.
        :raises StoreError: the spool cannot be written; the stages are as before.
            With `sync`, a disk that refuses to sync raises it as well; then the
            operations stand, but a power cut may take them.
        """
        operations = [item for stage in stages for item in stage.peek()]
        if not operations and delivery_id is None:
            return
        self._check_writable()
        kind = durability or self.options.durability
        ticket = None
        with self._lock:
            if kind != "memory":
                self._number += 1
                now = self.clock.now_ms()
                batch = encode_batch(self._number, now, delivery_id, operations)
                ticket = self._spool.append(OPERATIONS, batch)
            for operation in operations:
                self._active.add(operation, self._schemas[operation.type])
            if delivery_id is not None:
                self._active.finished[delivery_id] = None
                self._deliveries.finish(delivery_id)
        for stage in stages:
            stage.take()
        if ticket is not None and kind == "sync":
            self._spool.sync(ticket)

    def accept(self, delivery_id: str, payload: bytes) -> bool:
        """Make a delivery durable before it is processed.

        :returns: False when that delivery was accepted before.
        :raises StoreReadOnlyError: nothing can be written here.
        :raises StoreError: the spool cannot be written; it was not accepted. With
            `sync`, a disk that refuses to sync raises it as well; then the delivery
            stands, but a power cut may take it.
        """
        self._check_writable()
        with self._lock:
            if self._deliveries.is_known(delivery_id):
                return False
            arrival = Arrival(self.clock.now_ms(), delivery_id, payload)
            ticket = None
            if self.options.durability != "memory":
                ticket = self._spool.append(DELIVERY, encode_delivery(*arrival))
            self._deliveries.accept(arrival)
        if ticket is not None and self.options.durability == "sync":
            self._spool.sync(ticket)
        return True

    def pending(self) -> list[tuple[str, bytes]]:
        """Return recovered deliveries that nobody finished, oldest first.

        The first process that asks gets them; others get none until it closed its
        store or finished them all. What a process that died since then had done is
        recovered first. Finish each with `commit(..., delivery_id)`.
        """
        with self._deliveries.turn() as mine:
            return self._pending() if mine and not self.read_only else []

    def _pending(self) -> list[tuple[str, bytes]]:
        if not self._deliveries.holds_inbox:
            if not self._deliveries.take_inbox():
                return []
            self.recover()
        # At one moment: what is finished meanwhile would be handed out once more.
        with self._lock:
            finished = {name for layer in self._layers for name in layer.finished}
            taken = finished | self._deliveries.open.keys()
            found = self._deliveries.inbox()
        waiting = [item for item in found if item.id not in taken]
        if not waiting and not finished:
            self._deliveries.release_inbox()
        return [(item.id, item.payload) for item in waiting]

    def recover(self) -> RecoverReport:
        """Take over what processes left that ended without a flush.

        Their operations go into the store; deliveries they had accepted and not
        finished go into the inbox; damaged parts go into the quarantine. A second
        call finds nothing.

        :raises StoreError: nothing was changed; the files stay.
        """
        if self.read_only or not has_orphans(self.paths.spool, self._spool.names):
            return RecoverReport()
        with self._environment.held():
            # Another process may have compacted the store: its marks are not here.
            self._environment.refresh()
            marks = self._environment.read(
                lambda txn, database: read_marks(txn, database(APPLIED))
            )
            orphans, living = open_orphans(
                self.paths.spool, self._spool.names, marks or {}
            )
            try:
                return self._recover(orphans, living) if orphans else RecoverReport()
            finally:
                for orphan in orphans:
                    orphan.close()

    def flush(self, reason: str) -> FlushReport:
        """Write the buffer into the store in one transaction.

        :raises StoreFullError: the store or the disk is full; the buffer is kept.
        :raises StoreError: it failed otherwise; the buffer is kept.
        """
        if not self._has_work():
            return FlushReport(reason=reason)
        self._check_writable()
        try:
            with self._environment.held():
                report = self._flush(reason)
        except BaseException:
            self._retry_at = time.monotonic() + _RETRY_AFTER
            raise
        self._retry_at = 0.0
        return report

    @property
    def wants_flush(self) -> bool:
        """Return whether so much is buffered that a flush is due."""
        options = self.options
        due = (
            self._active.operations >= options.flush_operations
            or self._active.bytes >= options.flush_bytes
            or self._spool.size >= _SPOOL_FACTOR * options.flush_bytes
        )
        return due and time.monotonic() >= self._retry_at

    @property
    def buffered(self) -> int:
        """Return how many operations wait for a flush."""
        return sum(layer.operations for layer in self._layers)

    def stats(self) -> StoreStats:
        """Return what the store holds and what waits beside it; cheap."""
        operations = self.buffered
        size = sum(layer.bytes for layer in self._layers)
        return measures.measure(
            self._environment,
            self._quarantine,
            measures.spool_files(self.paths.spool),
            self.options.max_size,
        ).model_copy(
            update={
                "buffered_operations": operations,
                "buffered_bytes": size,
                "damaged": len(self._overlay.damaged),
                "notes": tuple(self.notes),
            }
        )

    def prune(self, now: datetime) -> dict[str, int]:
        """Remove records past their type's retention; how many, by record type."""
        self._check_writable()
        return prune(self._environment, self._schemas, int(now.timestamp() * 1000))

    def check(self) -> CheckReport:
        """Read everything and return what is wrong; changes nothing."""
        from . import check

        return check.check(self._environment, self._schemas)

    def export(self, out: BinaryIO) -> int:
        """Write every stored record as a line of JSON; return how many."""
        from . import transfer

        return transfer.export(self._environment, self._schemas, out)

    def compact(self) -> tuple[int, int]:
        """Copy the store without its free pages; return bytes before and after.

        :raises StoreError: it failed; the store is as before.
        """
        self._check_writable()
        with self._environment.held():
            from . import transfer

            return transfer.compact(self._environment, self.clock.new_id())

    def backup(self, target: Path | None = None) -> int:
        """Copy the store into a new directory and return the bytes.

        :param target: must not exist; `backups/<ULID>` of the data directory by
            default, where a damaged store is rebuilt from.
        """
        target = target or self.paths.data / "backups" / self.clock.new_id()
        from . import transfer

        return transfer.backup(self._environment, target)

    def close(self) -> None:
        """Let go of everything; what was not flushed stays in the spool."""
        if self._closed:
            return
        with self._environment.lock.idle(self.options.lock_timeout), self._lock:
            self._closed = True
            if not any(self._layers) and not self._deliveries.open:
                self._spool.discard(self._spool.seal())
            self._spool.close()
            self._deliveries.release_inbox()
            self._environment.close()
        _OPEN_STORES.discard(self)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _schema_of(self, record_type: RecordType[Any]) -> Schema:
        schema = self._schemas.get(record_type.name)
        if schema is None or schema.record_type.model is not record_type.model:
            raise RecordError(
                f"record type {record_type.name!r} ({_where(record_type)}) is not "
                "registered; return it from hookwright_register_records"
            )
        return schema

    def _check_writable(self) -> None:
        if self._closed:
            raise StoreError(f"the store {self.paths.store} was closed")
        if self.read_only:
            raise StoreReadOnlyError(
                f"nothing can be written to {self.paths.data}: {self.read_only}; make "
                "it writable or set HOOKWRIGHT_DATA_DIR"
            )

    def _has_work(self) -> bool:
        if any(self._layers):
            return True
        return bool(self._schemas) and bool(
            self._environment.read(
                lambda txn, database: measures.waiting_for(txn, database, self._schemas)
            )
        )

    def _flush(self, reason: str) -> FlushReport:
        with self._lock:
            sealed = self._spool.seal()
            try:
                carried = self._carry()
            except BaseException:
                self._spool.keep(sealed)
                raise
            work, self._active = self._active, Buffer()
            self._layers = (work, self._active)
        try:
            for ticket in carried if self.options.durability == "sync" else ():
                self._spool.sync(ticket)
            request = FoldRequest(
                reason=reason,
                time_ms=self.clock.now_ms(),
                buffer=work,
                segments={segment.name: segment.size for segment in sealed},
                spool=self.paths.spool,
            )
            report = self._fold(request)
        except BaseException:
            with self._lock:
                self._active = work.absorb(self._active, self._schemas)
                self._layers = (self._active,)
            self._spool.keep(sealed)
            raise
        with self._lock:
            self._layers = (self._active,)
        self._spool.discard(sealed)
        return report

    def _carry(self) -> list[Ticket]:
        # The files up to here are about to go; what is open must not go with them.
        if self.options.durability == "memory":
            return []
        return [
            self._spool.append(DELIVERY, encode_delivery(*arrival))
            for arrival in self._deliveries.open.values()
        ]

    def _fold(self, request: FoldRequest) -> FlushReport:
        limit = record_limit(self.options.max_size)
        try:
            return Fold(self._schemas, request, self._quarantine, limit).run(
                self._environment
            )
        except OSError as error:
            raise StoreError(
                f"the flush failed: {error}; the buffer is kept"
            ) from error

    def _recover(self, orphans: list[Orphan], living: list[Path]) -> RecoverReport:
        fresh = [item for item in orphans if not item.applied]
        theirs: set[str] = set()
        if any(item.arrivals for item in fresh):
            theirs = living_deliveries(living)
        with self._lock:
            gathered = gather(
                fresh,
                self._schemas,
                lambda name: name in theirs or self._deliveries.is_known(name),
            )
        self.clock.advance(gathered.last_ms + 1)
        kept = set_aside_damage(orphans, self._quarantine)
        report = FlushReport(reason="recover")
        if gathered.buffer or gathered.arrivals or gathered.operations:
            now = self.clock.now_ms()
            report = self._fold(gathered.request(fresh, now, self.paths.spool))
        for orphan in orphans:
            orphan.remove()
        return RecoverReport(
            spools=len(fresh),
            applied_before=len(orphans) - len(fresh),
            operations=gathered.operations,
            deliveries=len(gathered.arrivals),
            waiting=len(gathered.waiting),
            rejected=report.rejected,
            damaged=sum(1 for item in orphans if item.damage or item.foreign),
            quarantined=tuple(kept),
            written=report.written,
        )

    def _after_fork(self) -> None:
        # The parent keeps its buffer, its files and their locks; a copy of its
        # descriptors here would keep the locks alive after its death.
        self._lock = threading.RLock()
        self.clock.renew()
        self._environment.forget_parent()
        self._overlay = Overlay(self._environment, lambda: self._layers, self._lock)
        self._deliveries.renew()
        self._spool.abandon()
        self._begin_empty()


def _where(record_type: RecordType[Any]) -> str:
    model = record_type.model
    return f"{model.__module__}.{model.__qualname__}"


def _renew_after_fork() -> None:
    for store in list(_OPEN_STORES):
        store._after_fork()


os.register_at_fork(after_in_child=_renew_after_fork)
