"""Flush 10,000 buffered records, beside py-lmdb putting the same values bare.

    python bench/flush.py [--records 10000] [--rounds 7] [--json]

Three figures: our flush, one py-lmdb transaction with the same keys and values, and
what the disk needs for one small synced transaction in the same run (both of the
first two contain that once). Medians over the rounds, interleaved.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import lmdb

from hookwright.core.paths import Paths
from hookwright.core.store import Store
from hookwright.hookspecs import Merge, Record, RecordType

_MAP_SIZE = 512 * 2**20


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


def fill(store: Store, kind: RecordType[Activity], records: list[Activity]) -> float:
    begun = time.perf_counter()
    for start in range(0, len(records), 5):
        stage = store.stage()
        for record in records[start : start + 5]:
            stage.put(kind, record)
        store.commit([stage])
    return time.perf_counter() - begun


def change(store: Store, records: list[Activity]) -> None:
    for start in range(0, len(records), 5):
        stage = store.stage()
        for record in records[start : start + 5]:
            stage.merge(COUNTERS, (record.project, record.id), points=3)
        store.commit([stage])


def flush(store: Store) -> float:
    begun = time.perf_counter()
    store.flush("bench")
    return time.perf_counter() - begun


def stored(store: Store, kind: RecordType[Activity]) -> list[tuple[bytes, bytes]]:
    def work(
        txn: lmdb.Transaction[bytes], database: object
    ) -> list[tuple[bytes, bytes]]:
        return list(txn.cursor(database(kind.name)))  # type: ignore[operator]

    return store._environment.read(work) or []


def bare(
    environment: lmdb.Environment, items: list[tuple[bytes, bytes]], name: bytes
) -> float:
    database = environment.open_db(name)
    begun = time.perf_counter()
    with environment.begin(write=True, db=database) as txn:
        for key, value in items:
            txn.put(key, value)
    return time.perf_counter() - begun


def measure(folder: Path, count: int, rounds: int) -> dict[str, float]:
    found: dict[str, list[float]] = {
        name: [] for name in ("commit", "ours", "bare", "sync", "indexed", "merged")
    }
    plain = lmdb.open(str(folder / "bare"), map_size=_MAP_SIZE, max_dbs=100)
    paths = Paths(data=folder / "data", config=folder / "config")
    with Store.open(paths) as store:
        for kind in (ACTIVITIES, INDEXED, COUNTERS):
            store.register(kind)
        fill(store, ACTIVITIES, activities(store, 1))
        store.flush("bench")
        for _ in range(rounds):
            records = activities(store, count)
            found["commit"].append(fill(store, ACTIVITIES, records))
            found["ours"].append(flush(store))
            items = stored(store, ACTIVITIES)[-count:]
            found["bare"].append(bare(plain, items, b"records"))
            found["sync"].append(bare(plain, items[:1], b"one"))
            fill(store, INDEXED, records)
            found["indexed"].append(flush(store))
            fill(store, COUNTERS, records)
            store.flush("bench")
            change(store, records)
            found["merged"].append(flush(store))
    plain.close()
    return {name: statistics.median(times) * 1000 for name, times in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a flush.")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), options.records, options.rounds)
    found["ratio"] = found["ours"] / found["bare"]
    if options.json:
        print(json.dumps({"records": options.records, **found}))
        return
    lines = [
        ("flush, plain records", "ours"),
        ("py-lmdb, one transaction, same values", "bare"),
        ("the disk's own sync (one small transaction)", "sync"),
        ("flush, records with one index", "indexed"),
        ("flush, one merge into each stored record", "merged"),
        ("before it: stage, commit and spool", "commit"),
    ]
    print(f"{options.records} records, median of {options.rounds} rounds")
    for text, name in lines:
        print(f"  {text:46} {found[name]:9.1f} ms")
    print(f"  {'flush / py-lmdb':46} {found['ratio']:9.2f} x")


if __name__ == "__main__":
    main()
