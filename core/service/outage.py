"""Say that events are not kept: in the log once, to each session now and then."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_log = logging.getLogger(__name__)

#: Seconds after which a session is told again.
AGAIN = 600.0
_MOST_SESSIONS = 256


class Outage:
    """A time in which nothing can be kept; may be used by many threads.

    :param monotonic: gives seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        #: Why, in the words of the store; "" while all is well.
        self._reason = ""
        self._lost = 0
        self._told: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def lasts(self, reason: str, session: str) -> str:
        """Note that an event is not kept; return what its session is to be told.

        "" when it was told lately.
        """
        with self._lock:
            is_new = reason != self._reason
            self._reason = reason
            self._lost += 1
            tell = self._is_due(session)
        if is_new:
            _log.error("%s", reason)
        return reason if tell else ""

    def ends(self) -> None:
        """Note that an event was kept."""
        if not self._reason:
            return
        with self._lock:
            lost, self._lost = self._lost, 0
            self._reason = ""
            self._told.clear()
        if lost:
            events = "1 event was" if lost == 1 else f"{lost} events were"
            _log.warning("events are recorded again; %s not", events)

    def _is_due(self, session: str) -> bool:
        now = self._monotonic()
        last = self._told.get(session)
        if last is not None and now - last < AGAIN:
            return False
        self._told[session] = now
        self._told.move_to_end(session)
        while len(self._told) > _MOST_SESSIONS:
            self._told.popitem(last=False)
        return True
