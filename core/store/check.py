"""Read everything in the store and say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pydantic_core import from_json

from ..errors import RecordError, StoreDamagedError
from .codec import DamagedValueError, unpack
from .measures import record_types
from .opening import INBOX, WAITING, check_pages
from .reports import CheckReport
from .schema import Schema

if TYPE_CHECKING:
    from lmdb import _Database

    from .environment import Environment, Txn

    Database = Callable[[str], _Database | None]

_MOST = 100


class _Check:
    def __init__(self, txn: Txn, database: Database) -> None:
        self.txn = txn
        self.database = database
        self.records: dict[str, int] = {}
        self.index_entries = 0
        self.problems: list[str] = []

    def run(self, schemas: Mapping[str, Schema]) -> CheckReport:
        for name in record_types(self.txn):
            listed = self._records(name, schemas.get(name))
            self._index(name, listed if name in schemas else None)
        for name in (INBOX, WAITING):
            self._own(name)
        problems = self.problems[:_MOST]
        if len(self.problems) > _MOST:
            problems.append(f"and {len(self.problems) - _MOST} more")
        return CheckReport(
            records=self.records,
            index_entries=self.index_entries,
            problems=tuple(problems),
        )

    def _records(self, name: str, schema: Schema | None) -> set[tuple[bytes, bytes]]:
        """Check every value; return the index entries that there should be."""
        expected: set[tuple[bytes, bytes]] = set()
        records = self.database(name)
        self.records[name] = 0
        if records is None:
            return expected
        with self.txn.cursor(records) as cursor:
            for key, value in cursor:
                self.records[name] += 1
                try:
                    from_json(unpack(value)[1])
                    if schema is None or value[0] > schema.version:
                        continue
                    record = schema.decode(value)
                    expected |= {(item, key) for item in schema.index_entries(record)}
                except (DamagedValueError, RecordError, ValueError) as error:
                    self._add(name, key, str(error))
        return expected

    def _index(self, name: str, expected: set[tuple[bytes, bytes]] | None) -> None:
        index = self.database(f"{name}.index")
        if index is None:
            found: set[tuple[bytes, bytes]] = set()
        else:
            with self.txn.cursor(index) as cursor:
                found = set(cursor)
        self.index_entries += len(found)
        if expected is None:
            return
        for item, key in sorted(expected - found):
            self._add(name, key, f"index entry {item.decode()} is missing")
        for item, key in sorted(found - expected):
            self._add(name, key, f"index entry {item.decode()} is one too many")

    def _own(self, name: str) -> None:
        database = self.database(name)
        if database is None:
            return
        with self.txn.cursor(database) as cursor:
            for key, value in cursor:
                try:
                    unpack(value)
                except DamagedValueError as error:
                    self._add(name, key, str(error))

    def _add(self, name: str, key: bytes, problem: str) -> None:
        self.problems.append(f"{name} {key.decode('utf-8', 'replace')}: {problem}")


def check(environment: Environment, schemas: Mapping[str, Schema]) -> CheckReport:
    """Return what is wrong with the store; nothing is changed.

    Index entries are compared for registered record types. Pages are looked at where
    no writer can be at work meanwhile: not in a store that is only read.
    """
    problem = _problem_of_pages(environment)
    if problem:
        return CheckReport(records={}, index_entries=0, problems=(problem,))
    try:
        report = environment.read(
            lambda txn, database: _Check(txn, database).run(schemas)
        )
    except StoreDamagedError as error:
        return CheckReport(records={}, index_entries=0, problems=(str(error),))
    if report is None:
        return CheckReport(records={}, index_entries=0, problems=())
    return report


def _problem_of_pages(environment: Environment) -> str:
    if environment.read_only or not environment.exists:
        return ""
    try:
        with environment.held():
            check_pages(environment.path)
    except StoreDamagedError as error:
        return str(error)
    return ""
