"""What happened lately, as JSON Lines: for people, `hookwright events`, and tests.

Every line is an event that was redacted before it was built. The log is a window,
not a record: when the file is full it becomes `events.jsonl.1` and a new one begins.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hookwright.hookspecs import Decision, Event

from ..paths import make_private

FILE = "events.jsonl"
MAX_SIZE = 32 * 2**20
#: Events and bytes that are kept in memory.
_RING = 500
RING_SIZE = 2 * 2**20
_CHUNK = 2**20
_POLL_S = 0.2

Line = dict[str, Any]
Subscriber = Callable[[Line], None]


class EventLog:
    """Appends events to the file, keeps the last ones, and tells subscribers.

    :param directory: where the file is; made at the first write, mode 0700.
    :param kept: how many events can be read back at least, `max_size` allowing;
        0 for none.
    """

    def __init__(
        self, directory: Path, *, kept: int = 10_000, max_size: int = MAX_SIZE
    ) -> None:
        self._file = directory / FILE
        self._kept = kept
        self._max_size = max_size
        #: Lines as they are in the file: as JSON values they would be ten times that.
        self._ring: deque[bytes] = deque()
        self._ring_size = 0
        self._subscribers: list[Subscriber] = []
        self._lock = threading.Lock()
        self._descriptor = -1
        self._size = 0
        self._lines = 0

    def append(self, event: Event, decision: Decision | None = None) -> None:
        """Log one event and what was decided about it.

        :raises OSError: the file cannot be written; subscribers were told all the
            same.
        """
        line: Line = event.model_dump(mode="json")
        if decision is not None and (decision.outcome != "none" or decision.contexts):
            line["decision"] = decision.model_dump(mode="json", exclude={"input"})
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            self._remember(data)
            for tell in self._subscribers:
                tell(line)
            self._write(data)

    def recent(self, count: int) -> list[Line]:
        """Return the last events of this process, the oldest first."""
        with self._lock:
            lines = list(self._ring)[-count:] if count > 0 else []
        return list(_parsed(lines))

    def subscribe(self, tell: Subscriber) -> Callable[[], None]:
        """Call `tell` with every later event; return what ends that.

        `tell` runs in the thread that logs: it hands over and returns.
        """
        with self._lock:
            self._subscribers.append(tell)

        def unsubscribe() -> None:
            with self._lock:
                if tell in self._subscribers:
                    self._subscribers.remove(tell)

        return unsubscribe

    def close(self) -> None:
        """Close the file; a later event opens it again."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _remember(self, data: bytes) -> None:
        self._ring.append(data)
        self._ring_size += len(data)
        most = min(self._kept, _RING)
        while self._ring and (len(self._ring) > most or self._ring_size > RING_SIZE):
            self._ring_size -= len(self._ring.popleft())

    def _write(self, data: bytes) -> None:
        if not self._kept:
            return
        if self._descriptor < 0:
            self._open()
        if self._lines >= self._kept or self._size + len(data) > self._max_size:
            os.close(self._descriptor)
            self._descriptor = -1
            os.replace(self._file, self._file.with_name(f"{FILE}.1"))
            self._open()
        self._size += os.write(self._descriptor, data)
        self._lines += 1

    def _open(self) -> None:
        make_private(self._file.parent)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(self._file, flags, 0o600)
        self._size = self._lines = 0
        with self._file.open("rb") as file:
            while chunk := file.read(_CHUNK):
                self._size += len(chunk)
                self._lines += chunk.count(b"\n")


def tail(directory: Path, count: int) -> list[Line]:
    """Return the last events of the log's files, the oldest first."""
    lines: deque[bytes] = deque(maxlen=max(count, 0))
    for name in (f"{FILE}.1", FILE):
        try:
            with (directory / name).open("rb") as file:
                lines.extend(file)
        except FileNotFoundError:
            continue
    return list(_parsed(lines))


def follow(directory: Path, stop: Callable[[], bool]) -> Iterator[Line]:
    """Yield events as the file grows, until `stop` says so; survives rotation."""
    file = directory / FILE
    position = file.stat().st_size if file.exists() else 0
    inode = file.stat().st_ino if file.exists() else 0
    while not stop():
        if file.exists():
            state = file.stat()
            if state.st_ino != inode:
                inode, position = state.st_ino, 0
            if state.st_size > position:
                with file.open("rb") as source:
                    source.seek(position)
                    whole = source.read().rpartition(b"\n")[0]
                position += len(whole) + 1 if whole else 0
                yield from _parsed(whole.splitlines())
                continue
        time.sleep(_POLL_S)


def _parsed(lines: Any) -> Iterator[Line]:
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue  # a line that a full disk cut
        if isinstance(value, dict):
            yield value
