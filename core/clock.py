"""Time that never goes backwards, and identifiers that sort by it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

#: Crockford's alphabet: https://github.com/ulid/spec
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80


class Clock:
    """A hybrid clock: wall time in milliseconds, but never less than it was.

    When the machine's clock is set back, time stands still here until the machine
    has caught up, and order is kept by the ULIDs' tails.
    """

    def __init__(self, wall: Callable[[], float] = time.time, last_ms: int = 0) -> None:
        self._wall = wall
        self._lock = threading.Lock()
        self._last_ms = last_ms
        self._tail = 0
        self._tail_ms = -1

    @property
    def last_ms(self) -> int:
        """Return the latest time given out, in milliseconds since 1970 (UTC)."""
        return self._last_ms

    def advance(self, last_ms: int) -> None:
        """Never give out a time before last_ms from now on."""
        with self._lock:
            self._last_ms = max(self._last_ms, last_ms)

    def renew(self) -> None:
        """Make this the clock of a forked child, whose ids are not its parent's."""
        self._lock = threading.Lock()
        self._tail_ms = -1

    def now_ms(self) -> int:
        """Return milliseconds since 1970 (UTC)."""
        with self._lock:
            return self._tick()

    def now(self) -> datetime:
        """Return the time in UTC, to the millisecond."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def new_id(self) -> str:
        """Return a ULID, greater than every one this clock gave out before."""
        with self._lock:
            now = self._tick()
            if now == self._tail_ms:
                self._tail += 1
            else:
                # The top bit stays free, so that counting up never overflows.
                self._tail = int.from_bytes(os.urandom(10)) >> 1
                self._tail_ms = now
            return encode_ulid(now, self._tail)

    def _tick(self) -> int:
        self._last_ms = max(self._last_ms, int(self._wall() * 1000))
        return self._last_ms


def encode_ulid(milliseconds: int, tail: int) -> str:
    """Return the 26 characters of a ULID."""
    number = (milliseconds << _RANDOM_BITS) | tail
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
