"""What the store is told and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ..errors import ConfigError

Durability = Literal["spool", "sync", "memory"]
#: `store.max_size` in bytes; "1 MB" may mean either megabyte.
SMALLEST, LARGEST = 1_000_000, 2 * 2**30
_MEGABYTE = 2**20


@dataclass(frozen=True)
class StoreOptions:
    """How a store behaves.

    :param max_size: of the LMDB file, in bytes, 1 MB to 2 GB.
    :param durability: what a commit survives: `spool` any death of the process,
        `sync` a power cut too, `memory` neither.
    :param flush_operations: buffered operations that ask for a flush.
    :param flush_bytes: buffered bytes that ask for a flush.
    :param lock_timeout: seconds to wait for another process's flush.
    :raises ConfigError: a value is not accepted.
    """

    max_size: int = 512 * _MEGABYTE
    durability: Durability = "spool"
    flush_operations: int = 10_000
    flush_bytes: int = 8 * _MEGABYTE
    lock_timeout: float = 5.0

    def __post_init__(self) -> None:
        if not SMALLEST <= self.max_size <= LARGEST:
            raise ConfigError(
                f"store.max_size is {format_size(self.max_size)}; "
                "accepted: 1 MB to 2 GB"
            )
        if self.durability not in ("spool", "sync", "memory"):
            raise ConfigError(
                f"store.durability is {self.durability!r}; "
                "accepted: spool, sync, memory"
            )
        for name in ("flush_operations", "flush_bytes", "lock_timeout"):
            if getattr(self, name) <= 0:
                raise ConfigError(
                    f"store.{name} is {getattr(self, name)}; give more than 0"
                )


def format_size(size: int) -> str:
    """Return bytes for people: `3 GB`, `512 MB`, `1.5 KB`, `-5 bytes`."""
    for unit, name in ((2**30, "GB"), (_MEGABYTE, "MB"), (2**10, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} byte" + ("" if size == 1 else "s")


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class LastFlush(_Report):
    """The latest flush of any process."""

    time: datetime
    reason: str
    #: Records written or removed.
    written: int
    duration_ms: float


class StoreStats(_Report):
    """What the store holds and what waits beside it; sizes are bytes."""

    path: str
    exists: bool
    read_only: bool
    size: int
    max_size: int
    used: int
    records: dict[str, int]
    buffered_operations: int
    buffered_bytes: int
    spool_files: int
    spool_bytes: int
    #: Deliveries that were recovered and wait to be processed.
    inbox: int
    #: Operations of record types that no loaded plugin registers, or of newer ones.
    waiting: int
    #: Records that were set aside since the store was made.
    dead_letters: int
    quarantine_files: int
    quarantine_bytes: int
    flushes: dict[str, int]
    last_flush: LastFlush | None
    #: Values whose checksum was found wrong by this process.
    damaged: int
    notes: tuple[str, ...]


class RecoverReport(_Report):
    """What was found of processes that ended without a flush."""

    spools: int = 0
    #: Spools whose operations were in the store already.
    applied_before: int = 0
    operations: int = 0
    #: Deliveries that nobody finished; `Store.pending` gives them.
    deliveries: int = 0
    #: Operations that wait for their record type to be registered.
    waiting: int = 0
    rejected: int = 0
    #: Spools with a torn or damaged part.
    damaged: int = 0
    #: Files the damaged parts were put into.
    quarantined: tuple[str, ...] = ()
    written: dict[str, int] = {}


class CheckReport(_Report):
    """What `Store.check` found."""

    records: dict[str, int]
    index_entries: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Return whether nothing is wrong."""
        return not self.problems
