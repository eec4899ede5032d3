"""When the write buffer goes to the store, and who is told."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from hookwright.hookspecs import Event, FlushReport, kind_of

from ..errors import StoreError
from ..host import PluginHost
from ..store import Store

_log = logging.getLogger(__name__)

#: Kinds of events after which the store is flushed, the strongest reason first.
_MOMENTS = ("push", "session_end", "turn_end")


class Flusher:
    """Flushes at lifecycle moments, and when there is much or old work waiting.

    :param seconds: the age of unflushed work that makes a flush.
    :param monotonic: gives seconds.
    """

    def __init__(
        self,
        store: Store,
        host: PluginHost,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        #: Why the last flush failed, for people; "" when it did not.
        self.problem = ""
        #: Whether the store is just being written to.
        self.is_writing = False
        self._store = store
        self._host = host
        self._monotonic = monotonic
        self._oldest: float | None = None
        self._lock = threading.Lock()

    def wrote(self) -> None:
        """Note that something waits; its age counts from the first such note."""
        if self._oldest is None:
            self._oldest = self._monotonic()

    def after(self, events: Sequence[Event]) -> FlushReport | None:
        """Flush if one of the events, or the size of the buffer, asks for it."""
        kinds = {kind_of(event) for event in events}
        reason = next((kind for kind in _MOMENTS if kind in kinds), "")
        if not reason and self._store.wants_flush:
            reason = "size"
        return self.flush(reason) if reason else None

    def tick(self) -> FlushReport | None:
        """Flush when what waits is old enough."""
        oldest = self._oldest
        if oldest is None or self._monotonic() - oldest < self.seconds:
            return None
        return self.flush("age")

    def flush(self, reason: str) -> FlushReport | None:
        """Write the buffer to the store and tell the plugins.

        None when it failed: the buffer and the spool keep everything, the reason is
        in `problem` and in the log, and the next moment tries again.
        """
        try:
            return self.must_flush(reason)
        except StoreError as error:
            if str(error) != self.problem:
                _log.error("flush (%s): %s", reason, error)
            self.problem = str(error)
            self._oldest = self._monotonic()
            return None

    def must_flush(self, reason: str) -> FlushReport:
        """Write the buffer to the store and tell the plugins.

        :raises StoreError: it cannot be written; the buffer keeps everything.
        """
        with self._lock:
            self._oldest = None
            self.is_writing = True
            try:
                report = self._store.flush(reason)
            finally:
                self.is_writing = False
            self.problem = ""
        if report.written or report.deliveries:
            # What plugins write now waits for the next flush, and does not ask for
            # one: a plugin that writes on each flush would never let it rest.
            self._store.commit(self._host.flush_after(report))
        return report
