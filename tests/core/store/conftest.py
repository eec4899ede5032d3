"""Sample record types, stores that are closed again, and child processes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest

from hookwright.core.clock import Clock
from hookwright.core.paths import Paths
from hookwright.core.store import Store, StoreOptions
from hookwright.hookspecs import Merge, Record, RecordType


class Note(Record):
    author: str
    text: str = ""
    seen: int = 0
    tags: frozenset[str] = frozenset()
    steps: tuple[str, ...] = ()
    first: str | None = None
    best: int | None = None
    worst: int | None = None


class Level(Record):
    name: str = ""
    points: int = 0
    level: int = 0
    rises: tuple[int, ...] = ()


class Entry(Record):
    project: str
    id: str
    text: str = ""


def settle(level: Level) -> Level:
    """Ten points are a level; where a level was reached is written down."""
    if level.points < 10:
        return level
    return level.model_copy(
        update={
            "points": level.points - 10,
            "level": level.level + 1,
            "rises": (*level.rises, level.points),
        }
    )


class Types(NamedTuple):
    notes: RecordType[Note]
    levels: RecordType[Level]
    entries: RecordType[Entry]
    note: type[Note]
    level: type[Level]
    entry: type[Entry]


TYPES = Types(
    notes=RecordType(
        name="notes",
        model=Note,
        key=lambda note: (note.author,),
        merge={
            "seen": Merge.SUM,
            "tags": Merge.UNION,
            "steps": Merge.UNION,
            "first": Merge.FIRST,
            "best": Merge.MAX,
            "worst": Merge.MIN,
        },
        indexes={"tag": lambda note: note.tags},
    ),
    levels=RecordType(
        name="levels",
        model=Level,
        key=lambda level: (level.name,),
        merge={"points": Merge.SUM},
        settle=settle,
    ),
    entries=RecordType(
        name="entries",
        model=Entry,
        key=lambda entry: (entry.project, entry.id),
        retention=timedelta(days=10),
        indexes={"text": lambda entry: entry.text or None},
    ),
    note=Note,
    level=Level,
    entry=Entry,
)

OpenStore = Callable[..., Store]


@pytest.fixture
def types() -> Types:
    """Return three record types: merged and indexed, settled, kept for ten days."""
    return TYPES


@pytest.fixture
def open_store(paths: Paths) -> Iterator[OpenStore]:
    """Return a function that opens a store with the sample types registered."""
    opened: list[Store] = []

    def make(
        *,
        clock: Clock | None = None,
        read_only: bool = False,
        register: bool = True,
        **options: object,
    ) -> Store:
        store = Store.open(
            paths,
            StoreOptions(**options),  # type: ignore[arg-type]
            clock=clock,
            read_only=read_only,
        )
        opened.append(store)
        for kind in (TYPES.notes, TYPES.levels, TYPES.entries) if register else ():
            store.register(kind)
        return store

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    """Return an open store with the sample types registered."""
    return open_store()


def fork(work: Callable[[], object]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except BaseException:  # noqa: BLE001 - a child must not go on as pytest
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


@pytest.fixture
def start_child() -> Iterator[Callable[[Callable[[], object]], int]]:
    """Return a function that runs work in a forked child and returns its id."""
    started: list[int] = []

    def start(work: Callable[[], object]) -> int:
        pid = fork(work)
        started.append(pid)
        return pid

    yield start
    for pid in started:
        try:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            continue


@pytest.fixture
def in_child() -> Callable[[Callable[[], object]], int]:
    """Return a function that runs work in a forked child and returns its exit code."""

    def run(work: Callable[[], object]) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(fork(work), 0)[1])

    return run
