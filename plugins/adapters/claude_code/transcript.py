"""Read the tokens of model calls from one transcript of Claude Code.

A transcript is JSON Lines. Rows of type `assistant` hold `message` with `id`, `model`,
`stop_reason` and `usage`; one model call may have several rows with one `id`, whose
counts grow while it streams. The file is another program's and not a stable format,
so whatever does not look like that is passed over.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

#: A row longer than this is passed over unread (an image in a tool's result, say).
MAX_ROW = 4 * 2**20
#: Bytes read at once; the rest comes with the next read.
MAX_READ = 64 * 2**20
#: What Claude Code writes for messages that no model made.
_NO_MODEL = "<synthetic>"
_NO_FILE = (0, 0)
#: More tokens than this is not a count.
_MAX_COUNT = 10**12


class ModelCall(NamedTuple):
    """The tokens of one model call, as far as the rows read so far tell."""

    message_id: str
    model: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    #: The row says why the model stopped, so the counts are the last ones.
    complete: bool

    def merged(self, other: ModelCall) -> ModelCall:
        """Return the greater of each count: rows repeat them or add to them."""
        return ModelCall(
            message_id=self.message_id,
            model=other.model,
            input_tokens=max(self.input_tokens, other.input_tokens),
            output_tokens=max(self.output_tokens, other.output_tokens),
            cache_read_tokens=max(self.cache_read_tokens, other.cache_read_tokens),
            cache_write_tokens=max(self.cache_write_tokens, other.cache_write_tokens),
            complete=self.complete or other.complete,
        )


class Transcript:
    """One transcript, read from where the last read ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._identity = _NO_FILE
        self._open: dict[str, ModelCall] = {}

    def read(self, *, ended: bool) -> list[ModelCall]:
        """Return the model calls whose rows are complete since the last read.

        :param ended: nothing more will be written: return the last call as well,
            even where its row is not finished.
        """
        try:
            if not stat.S_ISREG(self._path.stat().st_mode):
                return []
            with self._path.open("rb") as file:
                self._find_place(file)
                self._read_rows(file, ended)
        except (OSError, ValueError):
            # Gone, not ours to read, or not a name a file can have.
            return []
        return self._take(ended)

    def _find_place(self, file: IO[bytes]) -> None:
        found = os.fstat(file.fileno())
        identity = (found.st_dev, found.st_ino)
        if identity != self._identity or found.st_size < self._offset:
            self._identity = identity
            self._offset = 0
            self._open.clear()
        file.seek(self._offset)

    def _read_rows(self, file: IO[bytes], ended: bool) -> None:
        end = self._offset + MAX_READ
        while self._offset < end and (row := file.readline(MAX_ROW)):
            size = len(row)
            while not row.endswith(b"\n") and (more := file.readline(MAX_ROW)):
                size += len(more)
                row = b"\n" if more.endswith(b"\n") else b""
            finished = row.endswith(b"\n")
            if finished or ended:
                self._add(row)
            if not finished:
                return
            self._offset += size

    def _add(self, row: bytes) -> None:
        call = read_row(row)
        if call is None:
            return
        # Taken out and put in again, so that the dictionary's order is by last row.
        known = self._open.pop(call.message_id, None)
        self._open[call.message_id] = known.merged(call) if known else call

    def _take(self, ended: bool) -> list[ModelCall]:
        calls = list(self._open.values())
        self._open.clear()
        if calls and not ended and not calls[-1].complete:
            last = calls.pop()
            self._open[last.message_id] = last
        return calls


def read_row(row: bytes) -> ModelCall | None:
    """Return the model call that a row tells of, or None."""
    if b'"usage"' not in row:
        return None
    try:
        value = json.loads(row)
    except (ValueError, RecursionError):
        return None
    message = value.get("message") if isinstance(value, dict) else None
    if not isinstance(message, dict) or value.get("type") != "assistant":
        return None
    usage = message.get("usage")
    name, model = message.get("id"), message.get("model")
    if not isinstance(usage, dict) or not isinstance(name, str) or not name:
        return None
    if not isinstance(model, str) or model == _NO_MODEL:
        return None
    return ModelCall(
        message_id=storable(name),
        model=storable(model),
        input_tokens=_count(usage, "input_tokens"),
        output_tokens=_count(usage, "output_tokens"),
        cache_read_tokens=_count(usage, "cache_read_input_tokens"),
        cache_write_tokens=_count(usage, "cache_creation_input_tokens"),
        complete=isinstance(message.get("stop_reason"), str),
    )


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 < value < _MAX_COUNT else 0
    return 0


def storable(text: str) -> str:
    """Return text with `?` for half a surrogate pair, which no event can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
