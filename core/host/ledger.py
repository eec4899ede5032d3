"""What one plugin's implementation of one hook has cost and done so far."""

from __future__ import annotations

import threading
from collections import deque

from .breaker import Breaker
from .status import HookStatus

#: Durations kept for the percentiles.
RING = 512


class Ledger:
    """Counts, durations and breaker of one plugin and hook."""

    __slots__ = ("_lock", "_ring", "breaker", "count", "errors", "hook", "last_error")

    def __init__(self, hook: str) -> None:
        self.hook = hook
        self.breaker = Breaker()
        self.count = 0
        self.errors = 0
        self.last_error = ""
        self._ring: deque[float] = deque(maxlen=RING)
        self._lock = threading.Lock()

    def count_call(self, seconds: float, error: str = "") -> None:
        """Count one call that took so long, and what went wrong in it, if anything."""
        with self._lock:
            self.count += 1
            self._ring.append(seconds)
            if error:
                self.errors += 1
                self.last_error = error

    def status(self) -> HookStatus:
        """Return the figures for people."""
        with self._lock:
            durations = sorted(self._ring)
            return HookStatus(
                hook=self.hook,
                calls=self.count,
                errors=self.errors,
                p50_ms=percentile(durations, 50) * 1000,
                p95_ms=percentile(durations, 95) * 1000,
                tripped=self.breaker.is_open,
                retry_in_s=self.breaker.seconds_left,
                last_error=self.last_error,
            )


def percentile(ascending: list[float], percent: int) -> float:
    """Return the value at or above `percent` of them (nearest rank); 0.0 for none."""
    if not ascending:
        return 0.0
    return ascending[-(-len(ascending) * percent // 100) - 1]
