"""Counts and sizes, read without walking through the records."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .cold_spool import SUFFIX
from .frames import HEADER_SIZE, decode_header
from .opening import INBOX, META, WAITING, data_file
from .reports import StoreStats
from .setaside import Quarantine
from .state import State, read_state

if TYPE_CHECKING:
    from lmdb import _Database

    from .environment import Environment, Txn
    from .schema import Schema

    Database = Callable[[str], _Database | None]


def measure(
    environment: Environment, quarantine: Quarantine, spools: list[Path], max_size: int
) -> StoreStats:
    """Return the store's numbers; those of the buffer are the caller's to fill in."""
    found = environment.read(_from_store)
    state, records, inbox, waiting = found or (State(), {}, 0, 0)
    files, size = quarantine.measure()
    return StoreStats(
        path=str(environment.path),
        exists=environment.exists,
        read_only=bool(environment.read_only),
        size=file_size(data_file(environment.path)),
        max_size=max_size,
        used=environment.used_bytes(),
        records=records,
        buffered_operations=0,
        buffered_bytes=0,
        spool_files=len(spools),
        spool_bytes=sum(map(file_size, spools)),
        inbox=inbox,
        waiting=waiting,
        dead_letters=state.dead_letters,
        quarantine_files=files,
        quarantine_bytes=size,
        flushes=state.flushes,
        last_flush=state.last_flush,
        damaged=0,
        notes=(),
    )


def record_types(txn: Txn) -> list[str]:
    """Return the record types that the store holds, by name."""
    with txn.cursor() as cursor:
        names = [
            key.decode("utf-8", "replace") for key in cursor.iternext(values=False)
        ]
    return [name for name in names if not name.startswith("_") and "." not in name]


def waiting_for(txn: Txn, database: Database, schemas: Mapping[str, Schema]) -> bool:
    """Return whether operations wait for one of these record types."""
    waiting = database(WAITING)
    if waiting is None or not txn.stat(waiting)["entries"]:
        return False
    with txn.cursor(waiting) as cursor:
        return any(
            cursor.set_range(name.encode() + b"\0")
            and cursor.key().startswith(name.encode() + b"\0")
            for name in schemas
        )


def keys(txn: Txn, database: _Database | None) -> frozenset[bytes]:
    """Return all keys of a small database."""
    if database is None:
        return frozenset()
    with txn.cursor(database) as cursor:
        return frozenset(cursor.iternext(values=False))


def entries(txn: Txn, database: _Database | None) -> int:
    """Return how many entries a database has."""
    return 0 if database is None else txn.stat(database)["entries"]


def spool_files(folder: Path) -> list[Path]:
    """Return the spool files in a folder, by name; links and pipes are none."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if entry.name.endswith(SUFFIX) and entry.is_file(follow_symlinks=False)
            )
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    return [folder / name for name in names]


def segment_names(spools: list[Path]) -> list[str]:
    """Return the names in the headers of spool files."""
    found = []
    for path in spools:
        try:
            with path.open("rb") as file:
                header = decode_header(file.read(HEADER_SIZE))
        except OSError:
            continue
        if header is not None:
            found.append(header.segment)
    return found


def file_size(path: Path) -> int:
    """Return a file's size in bytes, 0 where there is none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _from_store(txn: Txn, database: Database) -> tuple[State, dict[str, int], int, int]:
    state = read_state(txn, database(META))
    records = {name: entries(txn, database(name)) for name in record_types(txn)}
    inbox = entries(txn, database(INBOX))
    return state, records, inbox, entries(txn, database(WAITING))
