"""How a plugin declares what it stores.

A record type names a pydantic model, says how a record's key is made, and how two
writers' changes to one record are merged. Core keeps each type in a sub-database
of its own::

    class Note(Record):
        author: str
        text: str = ""
        seen: int = 0
        tags: frozenset[str] = frozenset()

    NOTES = RecordType(
        name="notes",
        model=Note,
        key=lambda note: (note.author,),
        merge={"seen": Merge.SUM, "tags": Merge.UNION},
        indexes={"tag": lambda note: note.tags},
    )

    @hookimpl
    def hookwright_register_records():
        return [NOTES]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

Key = tuple[str, ...]
#: A key has at most this many parts, so that each part keeps its readable size.
MAX_KEY_PARTS = 4
_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")


class Record(BaseModel):
    """What every stored model inherits.

    Fields that this version does not know are kept, so that an older program
    never destroys what a newer one wrote.
    """

    model_config = ConfigDict(frozen=True, defer_build=True, extra="allow")


M = TypeVar("M", bound=Record)


class Merge(StrEnum):
    """What becomes of one field when a change meets the stored value."""

    #: The later write wins; the default.
    LAST = "last"
    #: The stored value stays; set once.
    FIRST = "first"
    #: Numbers add up: a change holds the difference, never the total.
    SUM = "sum"
    #: Sets and lists take in what is new, in order, without repeats.
    UNION = "union"
    MAX = "max"
    MIN = "min"


@dataclass(frozen=True)
class RecordType(Generic[M]):
    """One kind of record.

    :param name: lower case letters, digits and `_`; the sub-database's name.
    :param model: a `Record` subclass.
    :param key: gives the 1 to 4 text parts of a record's key.
    :param indexes: index name to a function that gives the value or values a
        record is found by (None for "not in this index").
    :param merge: merge policy by field name; fields that are not named use
        `Merge.LAST`.
    :param settle: applied to a record after each single merge, inside the write
        transaction (a level-up rule, say). With it, merges are never collapsed into
        one sum, so that the order of small steps is kept. It must be pure and must
        not raise.
    :param retention: how long a record is kept after its last write; None is for
        ever.
    :param recall: fields whose text the recall index reads.
    :param version: of the model; written with every value.
    :param upgrades: old version to a function from that version's JSON object to
        the next version's; applied on read, one after another.
    :raises ValueError: a name, field or version is not usable; the text says which.
    """

    name: str
    model: type[M]
    key: Callable[[M], Key]
    indexes: Mapping[str, Callable[[M], str | Iterable[str] | None]] = field(
        default_factory=dict
    )
    merge: Mapping[str, Merge] = field(default_factory=dict)
    settle: Callable[[M], M] | None = None
    retention: timedelta | None = None
    recall: tuple[str, ...] = ()
    version: int = 1
    upgrades: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"record type name {self.name!r}: use 1 to 48 lower case letters, "
                "digits and _, beginning with a letter"
            )
        fields = self.model.model_fields
        unknown = [name for name in (*self.merge, *self.recall) if name not in fields]
        if unknown:
            raise ValueError(
                f"record type {self.name!r}: {self.model.__name__} has no field "
                f"{', '.join(unknown)}"
            )
        if not 1 <= self.version <= 255:
            raise ValueError(
                f"record type {self.name!r}: version {self.version} is not in 1..255"
            )


class RecordStore(Protocol):
    """What a plugin sees of the store: its own pending writes over the stored data.

    Writes made in a hook call are kept when the call returns, and dropped as a whole
    when it raises. Nothing is read and put back: counters go through `merge`.
    """

    def get(self, record_type: RecordType[M], *key: str) -> M | None:
        """Return the record under key, or None."""
        ...

    def scan(
        self,
        record_type: RecordType[M],
        *prefix: str,
        reverse: bool = False,
        limit: int | None = None,
    ) -> Iterator[M]:
        """Yield the records whose key begins with prefix, in key order."""
        ...

    def find(self, record_type: RecordType[M], index: str, value: str) -> Iterator[M]:
        """Yield the records that `index` lists under value, in key order.

        :raises KeyError: the record type declares no such index.
        """
        ...

    def count(self, record_type: RecordType[M], *prefix: str) -> int:
        """Return how many records there are under prefix."""
        ...

    def put(self, record_type: RecordType[M], record: M) -> None:
        """Write the record, replacing what its key held."""
        ...

    def put_if_absent(self, record_type: RecordType[M], record: M) -> None:
        """Write the record unless its key holds one when the write is applied."""
        ...

    def merge(self, record_type: RecordType[M], key: Key, /, **changes: object) -> None:
        """Merge changes into the record under key, by the type's merge policy.

        A record that does not exist when the merge is applied is made from the
        changes and the model's defaults. Precede with `put_if_absent` where the
        model has fields without a default.
        """
        ...

    def delete(self, record_type: RecordType[M], *key: str) -> None:
        """Remove the record under key; nothing happens when there is none."""
        ...


class FlushReport(BaseModel):
    """What one flush did."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    #: `push`, `session_end`, `turn_end`, `size`, `age`, `stop`, `command`, ...
    reason: str
    #: Records written or removed, by record type.
    written: dict[str, int] = {}
    #: Deliveries whose changes became durable in the store.
    deliveries: int = 0
    #: Records set aside in the dead-letter file.
    rejected: int = 0
    duration_ms: float = 0.0
    #: Keys written, by record type, as their text parts.
    keys: dict[str, list[Key]] = {}
