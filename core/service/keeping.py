"""Keep deliveries and what plugins write; say once when that is not possible."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hookwright.hookspecs import Delivery, FlushReport

from ..errors import StoreError
from ..host import PluginHost
from ..store import Store
from .flushing import Flusher

if TYPE_CHECKING:
    from ..store import Stage

_log = logging.getLogger(__name__)
#: Deliveries that are known by their ids after they were finished.
_REMEMBERED = 4096


class Keeper:
    """Stands between the runtime and its store, which may be absent.

    :param problem: why there is no store, for people.
    """

    def __init__(
        self, store: Store | None, host: PluginHost, seconds: float, problem: str
    ) -> None:
        self.store = store
        self.flusher = None if store is None else Flusher(store, host, seconds)
        self._problem = problem
        #: Deliveries that this process has accepted or taken over and not finished.
        self._in_hand: set[str] = set()
        #: Those it has finished: a list of what is pending may still name them.
        self._done: OrderedDict[str, None] = OrderedDict()
        self._told: set[str] = set()
        self._lock = threading.Lock()

    @property
    def problem(self) -> str:
        """Return why nothing reaches the store at the moment, or ""."""
        return self._problem if self.flusher is None else self.flusher.problem

    def accept(self, delivery: Delivery) -> bool:
        """Make a delivery durable; return whether its events are to be observed.

        They are not when the same delivery came before.
        """
        if self.store is None:
            self.tell_once(self.problem)
            return True
        if not self.claim(delivery.id):
            return False
        try:
            payload = delivery.model_dump_json().encode()
            fresh = self.store.accept(delivery.id, payload)
        except StoreError as error:
            self.tell_once(f"events are not kept: {error}")
            return True
        if not fresh:
            self.release(delivery.id)
        return fresh

    def keep(self, stages: Sequence[Stage], delivery_id: str | None = None) -> None:
        """Make what plugins wrote durable; a delivery that is named is done."""
        if self.store is None or self.flusher is None:
            return
        if not stages and delivery_id is None:
            return
        try:
            self.store.commit(stages, delivery_id)
        except StoreError as error:
            self.tell_once(f"what plugins wrote is lost: {error}")
        else:
            self.flusher.wrote()
            if delivery_id is not None:
                self._finished(delivery_id)
        if delivery_id is not None:
            self.release(delivery_id)

    def keep_for_good(self, stages: Sequence[Stage]) -> None:
        """Make what a tool wrote survive a power cut.

        :raises StoreError: it cannot be kept.
        """
        written = [stage for stage in stages if stage.operations]
        if not written:
            return
        if self.store is None or self.flusher is None:
            raise StoreError(self.problem)
        self.store.commit(written, durability="sync")
        self.flusher.wrote()

    def left_by_others(self) -> list[tuple[str, bytes]]:
        """Take over what processes that ended have left; return id and payload."""
        if self.store is None:
            return []
        try:
            report = self.store.recover()
            pending = self.store.pending()
        except StoreError as error:
            self.tell_once(f"what other processes left is not taken over: {error}")
            return []
        if report.damaged or report.rejected:
            _log.warning("recovered with losses: %s", report)
        return [item for item in pending if self.claim(item[0])]

    def claim(self, delivery_id: str) -> bool:
        """Return whether a delivery is ours from now on; not when it is already."""
        with self._lock:
            if delivery_id in self._in_hand or delivery_id in self._done:
                return False
            self._in_hand.add(delivery_id)
            return True

    def release(self, delivery_id: str) -> None:
        """Let go of a delivery."""
        with self._lock:
            self._in_hand.discard(delivery_id)

    def _finished(self, delivery_id: str) -> None:
        with self._lock:
            self._done[delivery_id] = None
            while len(self._done) > _REMEMBERED:
                self._done.popitem(last=False)

    def flush(self, reason: str) -> FlushReport | None:
        """Flush; None when it failed or there is no store."""
        return None if self.flusher is None else self.flusher.flush(reason)

    def must_flush(self, reason: str) -> FlushReport:
        """Flush.

        :raises StoreError: it failed, or there is no store.
        """
        if self.flusher is None:
            raise StoreError(self.problem)
        return self.flusher.must_flush(reason)

    def tell_once(self, text: str) -> None:
        """Log an error, the first time only."""
        with self._lock:
            if text in self._told:
                return
            self._told.add(text)
        _log.error("%s", text)
