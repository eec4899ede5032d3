"""Stands in for the store while it cannot be opened: gates go on, nothing is kept."""

# ruff: noqa: ARG002 - a protocol's parameters have their names
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from hookwright.hookspecs import Key, Record, RecordType

if TYPE_CHECKING:
    from ..store import Stage

M = TypeVar("M", bound=Record)


class Unstored:
    """An empty store whose writes go nowhere; the runtime says so once."""

    def register(self, record_type: RecordType[Any]) -> None:
        """Accept any record type."""

    def stage(self) -> Stage:
        """Return an empty record store."""
        return cast("Stage", Nowhere())


class Nowhere:
    """A `hookspecs.RecordStore` that holds nothing and forgets everything."""

    @property
    def operations(self) -> int:
        """Return 1: what was only read here has no answer to stand on either."""
        return 1

    def get(self, record_type: RecordType[M], *key: str) -> M | None:
        """Return None."""
        return None

    def scan(
        self,
        record_type: RecordType[M],
        *prefix: str,
        reverse: bool = False,
        limit: int | None = None,
    ) -> Iterator[M]:
        """Yield nothing."""
        yield from ()

    def find(self, record_type: RecordType[M], index: str, value: str) -> Iterator[M]:
        """Yield nothing.

        :raises KeyError: the record type declares no such index.
        """
        if index not in record_type.indexes:
            raise KeyError(index)
        yield from ()

    def count(self, record_type: RecordType[M], *prefix: str) -> int:
        """Return 0."""
        return 0

    def put(self, record_type: RecordType[M], record: M) -> None:
        """Forget the record."""

    def put_if_absent(self, record_type: RecordType[M], record: M) -> None:
        """Forget the record."""

    def merge(self, record_type: RecordType[M], key: Key, /, **changes: object) -> None:
        """Forget the changes."""

    def delete(self, record_type: RecordType[M], *key: str) -> None:
        """Do nothing: there is nothing to remove."""
