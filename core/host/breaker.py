"""A circuit breaker: what failed again and again is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

THRESHOLD = 3
FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 3600.0


class Breaker:
    """Opens after three faults in a row, for 60 s, then for twice as long, up to 1 h.

    When a pause is over one call is let through. A success closes the breaker, a
    fault opens it again. Each call asks for a permit and hands it back with its
    outcome; what began before the breaker last moved no longer counts.

    :param monotonic: gives seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._permit = 0
        self._faults = 0
        self._pause = 0.0
        self._open_until: float | None = None
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Return whether calls are kept away (the one trial apart)."""
        return self._open_until is not None

    @property
    def seconds_left(self) -> float:
        """Return how long it stays open; 0 when a call may be tried."""
        until = self._open_until
        return 0.0 if until is None else max(0.0, until - self._monotonic())

    def permit(self) -> int | None:
        """Return a permit for one call, or None when it must not be made."""
        if self._open_until is None:
            return self._permit
        with self._lock:
            if self._trying or self.seconds_left:
                return None
            self._trying = True
            self._permit += 1
            return self._permit

    def succeeded(self, permit: int) -> bool:
        """Note a success; return whether it closed the breaker."""
        if not self._faults and self._open_until is None:
            return False
        with self._lock:
            if permit != self._permit:
                return False
            was_open = self._open_until is not None
            self._faults = 0
            self._pause = 0.0
            self._open_until = None
            self._trying = False
            return was_open

    def failed(self, permit: int) -> float:
        """Note a fault; return the seconds it is open now, 0.0 if it did not open."""
        with self._lock:
            if permit != self._permit:
                return 0.0
            self._faults += 1
            if self._faults < THRESHOLD:
                return 0.0
            self._pause = min(LONGEST_PAUSE_S, self._pause * 2 or FIRST_PAUSE_S)
            self._open_until = self._monotonic() + self._pause
            self._trying = False
            self._permit += 1
            return self._pause
