"""Find what dead processes left in the spool folder, and read it.

A spool file belongs to a living process exactly as long as its lock is held. Shared
(cold) files have no owner: they are renamed under their lock, after which nobody
appends to them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import RecordError
from .buffer import Buffer
from .cold_spool import SUFFIX, is_shared, seal, still_named
from .fold import Arrival, FoldRequest
from .frames import (
    DELIVERY,
    FORMAT,
    HEADER_SIZE,
    MAGIC,
    OPERATIONS,
    FrameError,
    decode_delivery,
    decode_header,
    read_frames,
)
from .locks import try_lock
from .measures import spool_files
from .operations import Batch, RawOperation, decode_batch
from .schema import Schema
from .setaside import DeadLetter, Quarantine
from .spool import UNFINISHED

#: Seconds to wait for a writer of a shared file, which needs microseconds.
_PATIENCE = 0.2
_PAUSE = 0.005
_HEAD = MAGIC + bytes([FORMAT])
_log = logging.getLogger(__name__)


@dataclass
class Orphan:
    """One file of a dead process, locked by us."""

    path: Path
    descriptor: int
    segment: str = ""
    owner: str = ""
    batches: list[Batch] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    #: Where the readable part ends, and what is behind it.
    damage: tuple[int, bytes] | None = None
    #: It is no spool of ours at all.
    foreign: bool = False
    #: All of it is in the store already.
    applied: bool = False
    size: int = 0

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.descriptor)

    def remove(self) -> None:
        """Delete the file, whose content is in the store."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            # Its mark stays as long as the file: nobody applies it again.
            _log.warning("%s cannot be removed: %s", self.path, error)


@dataclass
class Gathered:
    """What all orphans together hold, in the order it happened."""

    buffer: Buffer = field(default_factory=Buffer)
    arrivals: list[Arrival] = field(default_factory=list)
    waiting: list[tuple[int, RawOperation]] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    operations: int = 0
    #: The latest time that an owner gave out.
    last_ms: int = 0

    def request(self, orphans: list[Orphan], time_ms: int, spool: Path) -> FoldRequest:
        """Return what is to be folded; orphans are the files it came from."""
        return FoldRequest(
            reason="recover",
            time_ms=time_ms,
            buffer=self.buffer,
            # What is no spool, or was never begun, has no name.
            segments={item.segment: item.size for item in orphans if item.segment},
            spool=spool,
            arrivals=self.arrivals,
            waiting=self.waiting,
            letters=self.letters,
        )


def has_orphans(folder: Path, own: Collection[str]) -> bool:
    """Return whether a folder may hold files of dead processes; needs no lock."""
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return any(
        name.endswith((SUFFIX, UNFINISHED)) and name not in own for name in names
    )


def open_orphans(
    folder: Path, own: Collection[str], marks: Mapping[str, int]
) -> tuple[list[Orphan], list[Path]]:
    """Lock and read the files of dead processes; the store's lock must be held.

    :param marks: the segments that were applied, and up to which offset.
    :returns: the orphans, and the files that living processes hold.
    """
    orphans: list[Orphan] = []
    living: list[Path] = []
    _clean(folder)
    for found in spool_files(folder):
        if found.name in own:
            continue
        path = _detach(found) if is_shared(found.name) else found
        orphan = None if path is None else _lock(path, marks)
        if orphan is None:
            living.append(found)
        else:
            orphans.append(orphan)
    return orphans, living


def living_deliveries(living: list[Path]) -> set[str]:
    """Return the ids of deliveries that living processes accepted."""
    found: set[str] = set()
    for path in living:
        try:
            data = path.read_bytes()
        except OSError:
            continue
        for frame in read_frames(data):
            if frame.kind == DELIVERY:
                with contextlib.suppress(FrameError):
                    found.add(decode_delivery(frame.payload)[1])
    return found


def gather(
    orphans: list[Orphan],
    schemas: Mapping[str, Schema],
    is_known: Callable[[str], bool],
) -> Gathered:
    """Return all operations in order, and the deliveries that nobody finished.

    :param is_known: whether a delivery was finished before, waits in the inbox, or
        is in the hands of a living process.
    """
    gathered = Gathered()
    batches: dict[tuple[str, int], tuple[int, Batch]] = {}
    for orphan in orphans:
        for batch in orphan.batches:
            # A frame may have been written twice, see `Spool.sync`.
            batches.setdefault((orphan.owner, batch.number), (batch.time_ms, batch))
    # The hybrid clock orders the owners' commits, the number those of one owner.
    ordered = sorted(batches.items(), key=lambda item: (item[1][0], item[0]))
    for _, (_, batch) in ordered:
        if batch.delivery is not None:
            gathered.buffer.finished[batch.delivery] = None
        gathered.last_ms = batch.time_ms
        for operation in batch.operations:
            _add(gathered, batch.time_ms, operation, schemas)
    arrivals = sorted(arrival for orphan in orphans for arrival in orphan.arrivals)
    taken = set(gathered.buffer.finished)
    for arrival in arrivals:
        if arrival.id not in taken and not is_known(arrival.id):
            taken.add(arrival.id)
            gathered.arrivals.append(arrival)
    return gathered


def set_aside_damage(orphans: list[Orphan], quarantine: Quarantine) -> list[str]:
    """Keep the unreadable parts and return the files they are in; raises OSError."""
    kept: list[str] = []
    for orphan in orphans:
        if orphan.foreign:
            kept.append(quarantine.move_in(orphan.path))
        elif orphan.damage is not None and orphan.damage[1].strip(b"\0"):
            offset, data = orphan.damage
            name = f"{orphan.path.stem}-{offset}.bin"
            kept.append(quarantine.add_file(name, data))
    return kept


def _add(
    gathered: Gathered,
    time_ms: int,
    operation: RawOperation,
    schemas: Mapping[str, Schema],
) -> None:
    gathered.operations += 1
    schema = schemas.get(operation.type)
    if schema is None or operation.version > schema.version:
        gathered.waiting.append((time_ms, operation))
        return
    try:
        gathered.buffer.add(operation.resolve(schema), schema)
    except RecordError as error:
        gathered.letters.append(
            DeadLetter(
                operation.type,
                operation.key,
                operation.kind,
                str(error),
                operation.data,
            )
        )


def _detach(path: Path) -> Path | None:
    """Rename a shared file so that nobody appends to it any more."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        deadline = time.monotonic() + _PATIENCE
        while not try_lock(descriptor):
            if time.monotonic() > deadline:
                return None
            time.sleep(_PAUSE)
        if not still_named(descriptor, str(path)):
            return None
        return Path(seal(str(path)))
    finally:
        os.close(descriptor)


def _lock(path: Path, marks: Mapping[str, int]) -> Orphan | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if try_lock(descriptor) and still_named(descriptor, str(path)):
            orphan = Orphan(path, descriptor)
            if _read(orphan, marks):
                return orphan
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _read(orphan: Orphan, marks: Mapping[str, int]) -> bool:
    """Fill an orphan in; return False where a newer program has to."""
    with os.fdopen(os.dup(orphan.descriptor), "rb") as file:
        data = file.read()
    orphan.size = len(data)
    header = decode_header(data)
    if header is None:
        if data.startswith(MAGIC) and data[len(MAGIC) : len(_HEAD)] > _HEAD[-1:]:
            return False
        # Killed while the header was written: nothing was acknowledged yet.
        torn = len(data) < HEADER_SIZE and _HEAD.startswith(data[: len(_HEAD)])
        if torn or not data.strip(b"\0"):
            # A power cut may leave the length of a file and none of its bytes.
            orphan.damage = (0, data) if len(data) >= HEADER_SIZE else None
        else:
            orphan.foreign = True
        return True
    orphan.segment, orphan.owner = header
    # A shared file that a power cut brought back may have been appended to since.
    end = max(HEADER_SIZE, marks.get(orphan.segment, 0))
    orphan.applied = orphan.segment in marks and end >= len(data)
    if orphan.applied:
        return True
    for frame in read_frames(data, end):
        try:
            if frame.kind == DELIVERY:
                orphan.arrivals.append(Arrival(*decode_delivery(frame.payload)))
            elif frame.kind == OPERATIONS:
                orphan.batches.append(decode_batch(frame.payload))
            else:
                break
        except FrameError:
            break
        end = frame.end
    if end < len(data):
        orphan.damage = (end, data[end:])
    return True


def _clean(folder: Path) -> None:
    """Remove files whose maker was killed before it wrote a header."""
    for path in folder.glob(f"*{UNFINISHED}"):
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if try_lock(descriptor) and still_named(descriptor, str(path)):
                path.unlink()
        finally:
            os.close(descriptor)
