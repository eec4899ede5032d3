"""Who counts a thing that two deliveries report at the same moment.

Whether a commit has been counted stands in the store, but two deliveries that are
handled at once both find nothing there. The first to claim it counts it. A claim
ends by itself: what was written by then is in the store, and what could not be
written may be tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_SECONDS = 60.0


class Claims:
    """Short-lived claims of one process, each held by an event or call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        #: Claim to (holder, time it ends); the oldest first.
        self._held: dict[tuple[str, ...], tuple[str, float]] = {}

    def take(self, holder: str, *claim: str) -> bool:
        """Return whether the claim is the holder's now, or was already."""
        with self._lock:
            now = self._clock()
            self._drop_ended(now)
            held = self._held.get(claim)
            if held is None:
                self._held[claim] = (holder, now + _SECONDS)
                return True
            return held[0] == holder

    def _drop_ended(self, now: float) -> None:
        while self._held:
            claim, (_, end) = next(iter(self._held.items()))
            if end > now:
                return
            del self._held[claim]
