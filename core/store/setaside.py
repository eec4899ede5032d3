"""What could not be stored is kept in files, never dropped."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import to_json

from ..paths import make_private
from .cold_spool import write_whole
from .disk import sync_data, sync_folder

DEAD_LETTERS = "dead-letters.jsonl"


class DeadLetter(NamedTuple):
    """One operation or stored value that was set aside, and why."""

    type: str
    key: tuple[str, ...]
    kind: str
    reason: str
    #: The record, the changes, or a damaged value's bytes (as base64).
    data: Any


class Quarantine:
    """The directory of what could not be understood or stored."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add_letters(self, letters: Sequence[DeadLetter], time_ms: int) -> None:
        """Append dead letters, in one write; raises OSError."""
        if not letters:
            return
        lines = [
            to_json(
                {
                    "time_ms": time_ms,
                    "type": letter.type,
                    "key": letter.key,
                    "operation": letter.kind,
                    "reason": letter.reason,
                    "data": letter.data,
                },
                bytes_mode="base64",
            )
            for letter in letters
        ]
        self._make()
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._folder / DEAD_LETTERS, flags, 0o600)
        try:
            data = b"\n".join(lines) + b"\n"
            write_whole(descriptor, data, os.fstat(descriptor).st_size)
            # The store is about to forget them.
            sync_data(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(self._folder)

    def add_file(self, name: str, data: bytes) -> str:
        """Keep bytes under a name; the same name again is the same content."""
        self._make()
        path = self._folder / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            sync_data(file.fileno())
        sync_folder(self._folder)
        return str(path)

    def move_in(self, path: Path) -> str:
        """Move a whole file here and return its new path."""
        self._make()
        target = self._folder / path.name
        while target.exists():
            target = target.with_name(f"{path.name}.{os.urandom(4).hex()}")
        path.replace(target)
        sync_folder(self._folder)
        return str(target)

    def measure(self) -> tuple[int, int]:
        """Return how many files there are and their bytes."""
        try:
            sizes = [entry.stat().st_size for entry in os.scandir(self._folder)]
        except OSError:
            return 0, 0
        return len(sizes), sum(sizes)

    def _make(self) -> None:
        make_private(self._folder)
