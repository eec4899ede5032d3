"""Copies of the store: as lines of JSON, compacted, as a backup."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pydantic_core import to_json

from ..errors import RecordError, StoreError
from .codec import DamagedValueError, unpack
from .disk import sync_folder
from .keys import decode_key
from .measures import file_size, record_types
from .opening import data_file, settle_folder
from .schema import Schema

if TYPE_CHECKING:
    import lmdb
    from lmdb import _Database

    from .environment import Environment, Txn

    Database = Callable[[str], _Database | None]

_PIECE = 1000


def export(
    environment: Environment, schemas: Mapping[str, Schema], out: BinaryIO
) -> int:
    """Write `{"type","key","version","record"}` for each record; return how many.

    Damaged records are left out; `Store.check` names them.
    """
    names = environment.read(_names) or []
    count = 0
    for name in names:
        start: bytes | None = b""
        while start is not None:
            rows, start = environment.read(_piece_reader(name, start)) or ([], None)
            for key, value in rows:
                line = _line(name, schemas.get(name), key, value)
                if line is not None:
                    out.write(line)
                    count += 1
    return count


def compact(environment: Environment, name: str) -> tuple[int, int]:
    """Replace the store by a compacted copy; return bytes before and after.

    The lock must be held. The folder is replaced whole, by two renames; a process
    that is killed between them is put right at the next opening.
    """
    path = environment.path
    environment.refresh()
    before = file_size(data_file(path))
    new = path.with_name(f"{path.name}.new-{name}")
    ready = path.with_name(f"{path.name}.compacted-{name}")
    old = path.with_name(f"{path.name}.old-{name}")

    def swap(opened: lmdb.Environment) -> None:
        _copy(opened, new)
        new.rename(ready)
        path.rename(old)
        try:
            ready.rename(path)
        except OSError:
            old.rename(path)
            raise
        sync_folder(path.parent)

    try:
        environment.replace(swap)
    except OSError as error:
        raise StoreError(f"the store could not be compacted: {error}") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    return before, file_size(data_file(path))


def backup(environment: Environment, target: Path) -> int:
    """Copy the store into a new folder and return the bytes."""
    if target.exists():
        raise StoreError(f"{target} exists; name a directory that does not")
    temporary = target.with_name(f"{target.name}.unfinished")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        environment.copy(lambda opened: _copy(opened, temporary))
        temporary.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise StoreError(f"the backup to {target} failed: {error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return file_size(data_file(target))


def _copy(opened: lmdb.Environment, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    opened.copy(os.fspath(folder), compact=True)
    data_file(folder).chmod(0o600)
    settle_folder(folder)


def _names(txn: Txn, _: Database) -> list[str]:
    return record_types(txn)


def _piece_reader(
    name: str, start: bytes
) -> Callable[[Txn, Database], tuple[list[tuple[bytes, bytes]], bytes | None]]:
    def work(
        txn: Txn, database: Database
    ) -> tuple[list[tuple[bytes, bytes]], bytes | None]:
        records = database(name)
        rows: list[tuple[bytes, bytes]] = []
        if records is None:
            return rows, None
        with txn.cursor(records) as cursor:
            found = cursor.set_range(start) if start else cursor.first()
            while found and len(rows) < _PIECE:
                rows.append(cursor.item())
                found = cursor.next()
            return rows, cursor.key() if found else None

    return work


def _line(
    name: str, schema: Schema | None, encoded: bytes, value: bytes
) -> bytes | None:
    try:
        version, json = unpack(value)
    except DamagedValueError:
        return None
    key = list(decode_key(encoded))
    if schema is not None:
        try:
            # The key of a long path is hashed; the record has the whole of it.
            key = list(schema.record_type.key(schema.decode(value)))
        except RecordError:
            key = list(decode_key(encoded))
    head = to_json({"type": name, "key": key, "version": version})[:-1]
    return b'%s,"record":%s}\n' % (head, json)
