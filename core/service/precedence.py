"""Answers go before observers' work.

Agents wait for answers, nobody waits for what plugins record afterwards, and both
need Python's one lock. So observers begin when no answer has been under way for a
moment. Work that is late, because events come without a pause, is done all the same.
"""

from __future__ import annotations

import threading
import time

#: Seconds without an answer under way before observers begin.
QUIET_S = 0.002
#: Seconds that work waits at most.
LATE_S = 0.25


class Precedence:
    """Counts the answers that are under way, and holds other work back meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = 0
        self._last_end = 0.0
        self._hurried = 0

    def began(self) -> None:
        """Note that an agent waits for an answer."""
        with self._lock:
            self._under_way += 1

    def ended(self) -> None:
        """Note that it has it."""
        with self._lock:
            self._under_way -= 1
            self._last_end = time.monotonic()

    def hurry(self, yes: bool) -> None:
        """Hold nothing back while somebody waits for the work itself."""
        with self._lock:
            self._hurried += 1 if yes else -1

    def wait(self, since: float) -> None:
        """Return when it is time for work that was given in at `since` (monotonic)."""
        while (left := self._left(since)) > 0:
            time.sleep(min(left, QUIET_S))

    def _left(self, since: float) -> float:
        now = time.monotonic()
        late = since + LATE_S - now
        if self._hurried or late <= 0:
            return 0.0
        quiet = QUIET_S if self._under_way else self._last_end + QUIET_S - now
        return min(quiet, late)
