"""What the store costs, beside py-lmdb, SQLite and diskcache doing the same work.

    python bench/flush.py [--records 10000] [--rounds 7] [--quick] [--json]

Every row is measured once a round, the rows in turn, and a figure is the median of
its rounds, so that a busy moment of the machine meets all rows alike. Ratios are of
one run. diskcache is measured where it is installed (`pip install diskcache`).

Rows that stand side by side do the same durable work: after `batch` rows everything
is synced once; a row of one event survives what its text says it survives.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import lmdb

from hookwright.core.clock import Clock
from hookwright.core.paths import Paths
from hookwright.core.store import Stage, Store, StoreOptions
from hookwright.core.store.frames import DELIVERY, encode_delivery
from hookwright.core.store.spool import Spool
from hookwright.hookspecs import Merge, Record, RecordType

_MAP_SIZE = 512 * 2**20
#: An event of 1 KB, as the spool gets it.
_EVENT = b"x" * 1000
#: Events in a row that sync each of them: the disk sets the pace there.
_SYNCED = 20
_THREADS = 16
Items = list[tuple[bytes, bytes]]


class Activity(Record):
    project: str
    id: str
    agent: str
    action: str
    detail: str
    points: int = 0


ACTIVITIES = RecordType(
    name="activities", model=Activity, key=lambda item: (item.project, item.id)
)
INDEXED = RecordType(
    name="indexed",
    model=Activity,
    key=lambda item: (item.project, item.id),
    indexes={"agent": lambda item: item.agent},
)
COUNTERS = RecordType(
    name="counters",
    model=Activity,
    key=lambda item: (item.project, item.id),
    merge={"points": Merge.SUM},
)


class Row(NamedTuple):
    """One line of the table."""

    name: str
    text: str
    #: `ms` for the whole, `us` for one event or record.
    unit: str
    #: The row that this one is divided by, or "".
    beside: str = ""
    #: At most so many of its unit, or times its neighbour.
    bar: str = ""


ROWS = [
    Row("write", "bare write(2) of 1 KB", "us"),
    Row("append", "spool append with CRC, 1 KB event", "us", "write", "10 us"),
    Row("accept", "Store.accept, 1 KB event", "us", "write"),
    Row("put", "buffered put: stage, commit, spool", "us", "write"),
    Row("get_buffered", "read one buffered record", "us"),
    Row("event_sqlite_normal", "SQLite WAL, NORMAL: one event, kill-safe", "us", "accept"),  # noqa: E501
    Row("event_diskcache", "diskcache: one event, kill-safe", "us", "accept"),
    Row("sync_event", "ours, class sync: one event, power-safe", "us"),
    Row("sync_event_many", f"ours, class sync: one of {_THREADS} threads'", "us", "sync_event"),  # noqa: E501
    Row("sync_lmdb", "py-lmdb: one event, power-safe", "us", "sync_event"),
    Row("sync_sqlite_full", "SQLite WAL, FULL: one event, power-safe", "us", "sync_event"),  # noqa: E501
    Row("batch_lmdb", "py-lmdb: the batch in one transaction", "ms"),
    Row("flush", "ours: the flush of the batch", "ms", "batch_lmdb", "2 x"),
    Row("batch_sqlite_full", "SQLite WAL, FULL: the batch", "ms", "batch_lmdb"),
    Row("batch_sqlite_normal", "SQLite WAL, NORMAL: the batch", "ms", "batch_lmdb"),
    Row("batch_diskcache", "diskcache: the batch", "ms", "batch_lmdb"),
    Row("disk", "the disk's own sync (one small transaction)", "ms"),
    Row("indexed", "flush, records with one index", "ms", "flush"),
    Row("merged", "flush, one merge into each stored record", "ms", "flush"),
    Row("get_lmdb", "py-lmdb: read one value", "us"),
    Row("get", "ours: read one record, checked and validated", "us", "get_lmdb"),
    Row("get_sqlite", "SQLite: read one value", "us", "get_lmdb"),
    Row("get_diskcache", "diskcache: read one value", "us", "get_lmdb"),
    Row("scan_lmdb", "py-lmdb: scan, a value", "us"),
    Row("scan", "ours: scan, a record, checked and validated", "us", "scan_lmdb"),
    Row("scan_sqlite", "SQLite: scan, a value", "us", "scan_lmdb"),
]  # fmt: skip


class Rounds:
    """What was measured, in seconds, by row."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = {}

    @contextmanager
    def timed(self, name: str, count: int = 1) -> Iterator[None]:
        """Time a with block that does something so many times."""
        begun = time.perf_counter()
        yield
        seconds = (time.perf_counter() - begun) / count
        self.found.setdefault(name, []).append(seconds)

    def each(self, name: str, work: Callable[[int], object], count: int) -> None:
        """Time each call; the round's figure is the median of them."""
        times = []
        for number in range(count):
            begun = time.perf_counter()
            work(number)
            times.append(time.perf_counter() - begun)
        self.found.setdefault(name, []).append(statistics.median(times))

    def medians(self) -> dict[str, float]:
        """Return each row's figure in its unit."""
        units = {row.name: 1e6 if row.unit == "us" else 1e3 for row in ROWS}
        return {
            name: statistics.median(times) * units[name]
            for name, times in self.found.items()
        }


def activities(store: Store, count: int) -> list[Activity]:
    return [
        Activity(
            project="/home/person/project",
            id=store.clock.new_id(),
            agent=f"claude-code/{number % 7}",
            action="edit",
            detail="changed a file in the work tree " * 2,
            points=number % 10,
        )
        for number in range(count)
    ]


def fill(store: Store, kind: RecordType[Activity], records: list[Activity]) -> None:
    for start in range(0, len(records), 5):
        stage = store.stage()
        for record in records[start : start + 5]:
            stage.put(kind, record)
        store.commit([stage])


def change(store: Store, records: list[Activity]) -> None:
    for start in range(0, len(records), 5):
        stage = store.stage()
        for record in records[start : start + 5]:
            stage.merge(COUNTERS, (record.project, record.id), points=3)
        store.commit([stage])


def stored(store: Store, kind: RecordType[Activity]) -> Items:
    def work(txn: lmdb.Transaction[bytes], database: Any) -> Items:
        return list(txn.cursor(database(kind.name)))

    return store._environment.read(work) or []


class Ours:
    """The store of this project."""

    def __init__(self, folder: Path, rounds: Rounds, count: int) -> None:
        paths = Paths(data=folder / "data", config=folder / "config")
        self.store = Store.open(paths)
        synced = Paths(data=folder / "synced", config=folder / "config")
        self._synced = Store.open(synced, StoreOptions(durability="sync"))
        for store in (self.store, self._synced):
            for kind in (ACTIVITIES, INDEXED, COUNTERS):
                store.register(kind)
        self._spool = Spool(folder / "spool", Clock())
        self._rounds = rounds
        self._count = count
        fill(self.store, ACTIVITIES, activities(self.store, 1))
        self.store.flush("bench")

    def events(self) -> None:
        rounds, store = self._rounds, self.store
        times = min(self._count, 2000)
        payload = encode_delivery(1, store.clock.new_id(), _EVENT)
        rounds.each("append", lambda _: self._spool.append(DELIVERY, payload), times)
        self._spool.discard(self._spool.seal())
        ids = [store.clock.new_id() for _ in range(times)]
        rounds.each("accept", lambda at: store.accept(ids[at], _EVENT), times)
        for each in ids:
            store.commit([], each)
        store.flush("bench")

    def synced(self) -> None:
        rounds, store = self._rounds, self._synced
        stages = [self._staged(store) for _ in range(_SYNCED)]
        rounds.each("sync_event", lambda at: store.commit([stages[at]]), _SYNCED)
        many = [[self._staged(store) for _ in range(_SYNCED)] for _ in range(_THREADS)]
        threads = [
            threading.Thread(target=self._commit_each, args=(mine,)) for mine in many
        ]
        with rounds.timed("sync_event_many", _THREADS * _SYNCED):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        store.flush("bench")

    def batch(self) -> Items:
        rounds, store, count = self._rounds, self.store, self._count
        records = activities(store, count)
        stages = [store.stage() for _ in records]

        def put(at: int) -> None:
            stages[at].put(ACTIVITIES, records[at])
            store.commit([stages[at]])

        rounds.each("put", put, count)
        keys = [(record.project, record.id) for record in records[:1000]]
        stage = store.stage()
        rounds.each(
            "get_buffered", lambda at: stage.get(ACTIVITIES, *keys[at]), len(keys)
        )
        with rounds.timed("flush"):
            store.flush("bench")
        rounds.each("get", lambda at: stage.get(ACTIVITIES, *keys[at]), len(keys))
        with rounds.timed("scan", store.stage().count(ACTIVITIES)):
            for _ in stage.scan(ACTIVITIES):
                pass
        fill(store, INDEXED, records)
        with rounds.timed("indexed"):
            store.flush("bench")
        fill(store, COUNTERS, records)
        store.flush("bench")
        change(store, records)
        with rounds.timed("merged"):
            store.flush("bench")
        return stored(store, ACTIVITIES)[-count:]

    def close(self) -> None:
        self.store.close()
        self._synced.close()
        self._spool.close()

    def _commit_each(self, stages: list[Stage]) -> None:
        for stage in stages:
            self._synced.commit([stage])

    def _staged(self, store: Store) -> Stage:
        stage = store.stage()
        (record,) = activities(store, 1)
        stage.put(ACTIVITIES, record)
        return stage


class Bare:
    """py-lmdb by itself, and write(2)."""

    def __init__(self, folder: Path, rounds: Rounds) -> None:
        self._environment = lmdb.open(
            str(folder / "bare"), map_size=_MAP_SIZE, max_dbs=8
        )
        self._records = self._environment.open_db(b"records")
        self._events = self._environment.open_db(b"events")
        self._file = os.open(folder / "file", os.O_WRONLY | os.O_CREAT)
        self._rounds = rounds

    def events(self, count: int) -> None:
        self._rounds.each("write", lambda _: os.write(self._file, _EVENT), count)

        def put(at: int) -> None:
            with self._environment.begin(write=True, db=self._events) as txn:
                txn.put(b"%d" % at, _EVENT)

        self._rounds.each("sync_lmdb", put, _SYNCED)

    def batch(self, items: Items) -> None:
        rounds = self._rounds
        with (
            rounds.timed("batch_lmdb"),
            self._environment.begin(write=True, db=self._records) as txn,
        ):
            for key, value in items:
                txn.put(key, value)
        with (
            rounds.timed("disk"),
            self._environment.begin(write=True, db=self._events) as txn,
        ):
            txn.put(*items[0])

        def get(at: int) -> None:
            with self._environment.begin(db=self._records) as txn:
                txn.get(items[at][0])

        rounds.each("get_lmdb", get, min(len(items), 1000))
        with self._environment.begin(db=self._records) as txn:
            count = txn.stat(self._records)["entries"]
            with rounds.timed("scan_lmdb", count):
                for _ in txn.cursor():
                    pass

    def close(self) -> None:
        self._environment.close()
        os.close(self._file)


class Sqlite:
    """SQLite's write-ahead log, as the standard library has it."""

    def __init__(self, folder: Path, rounds: Rounds) -> None:
        self._rounds = rounds
        self._open = {
            level: self._connect(folder / f"{level}.db", level)
            for level in ("full", "normal")
        }

    def events(self, count: int) -> None:
        for level, name, times in (
            ("full", "sync_sqlite_full", _SYNCED),
            ("normal", "event_sqlite_normal", min(count, 300)),
        ):
            connection = self._open[level]

            def put(_: int, connection: sqlite3.Connection = connection) -> None:
                connection.execute("insert into events values (?)", (_EVENT,))

            self._rounds.each(name, put, times)

    def batch(self, items: Items) -> None:
        rounds = self._rounds
        for level, connection in self._open.items():
            with rounds.timed(f"batch_sqlite_{level}"):
                connection.execute("begin immediate")
                connection.executemany(
                    "insert or replace into records values (?, ?)", items
                )
                connection.execute("commit")
        connection = self._open["full"]

        def get(at: int) -> None:
            connection.execute(
                "select value from records where key = ?", (items[at][0],)
            ).fetchone()

        rounds.each("get_sqlite", get, min(len(items), 1000))
        (count,) = connection.execute("select count(*) from records").fetchone()
        with rounds.timed("scan_sqlite", count):
            for _ in connection.execute("select * from records order by key"):
                pass

    def close(self) -> None:
        for connection in self._open.values():
            connection.close()

    @staticmethod
    def _connect(path: Path, level: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("pragma journal_mode = wal")
        connection.execute(f"pragma synchronous = {level}")
        connection.execute(
            "create table records (key blob primary key, value blob) without rowid"
        )
        connection.execute("create table events (value blob)")
        return connection


class Diskcache:
    """diskcache with its own defaults: SQLite in its NORMAL level."""

    def __init__(self, folder: Path, rounds: Rounds, module: Any) -> None:
        self._cache = module.Cache(str(folder / "diskcache"), eviction_policy="none")
        self._rounds = rounds

    def events(self, count: int) -> None:
        self._rounds.each(
            "event_diskcache", lambda at: self._cache.set(at, _EVENT), min(count, 300)
        )

    def batch(self, items: Items) -> None:
        with self._rounds.timed("batch_diskcache"), self._cache.transact():
            for key, value in items:
                self._cache.set(key, value)
        self._rounds.each(
            "get_diskcache",
            lambda at: self._cache.get(items[at][0]),
            min(len(items), 1000),
        )

    def close(self) -> None:
        self._cache.close()


def find_diskcache() -> Any:
    """Return the module, or None where it is not installed."""
    try:
        return importlib.import_module("diskcache")
    except ImportError:
        return None


def measure(folder: Path, count: int, times: int) -> dict[str, float]:
    rounds = Rounds()
    module = find_diskcache()
    with (
        closing(Ours(folder, rounds, count)) as ours,
        closing(Bare(folder, rounds)) as bare,
        closing(Sqlite(folder, rounds)) as sqlite,
    ):
        others: list[Bare | Sqlite | Diskcache] = [bare, sqlite]
        if module is not None:
            others.append(Diskcache(folder, rounds, module))
        for _ in range(times):
            ours.events()
            for other in others:
                other.events(min(count, 2000))
            ours.synced()
            items = ours.batch()
            for other in others:
                other.batch(items)
        for other in others[2:]:
            other.close()
    return rounds.medians()


def lines(found: dict[str, float]) -> Iterator[str]:
    """Yield the table."""
    for row in ROWS:
        if row.name not in found:
            yield f"  {row.text:46} not installed"
            continue
        unit = row.unit
        line = f"  {row.text:46} {found[row.name]:9.1f} {unit}"
        if row.beside:
            beside = next(other for other in ROWS if other.name == row.beside)
            line += f" {found[row.name] / found[row.beside]:7.2f} x {beside.text}"
        yield line + (f"  (bar: {row.bar})" if row.bar else "")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the store.")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="1,000 records, 3 rounds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.records, options.rounds = 1000, 3
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), options.records, options.rounds)
    found["append_us"] = found["append"]
    found["flush_ratio"] = found["flush"] / found["batch_lmdb"]
    if options.json:
        print(json.dumps({"records": options.records, **found}))
        return
    print(f"{options.records} records, median of {options.rounds} rounds")
    for line in lines(found):
        print(line)


if __name__ == "__main__":
    main()
