"""Keep deliveries and what plugins write; say once when that is not possible."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hookwright.hookspecs import Delivery, FlushReport

from ..errors import StoreError, StoreFullError
from ..host import PluginHost
from ..store import Store
from ..store.cold_spool import append_cold
from .flushing import Flusher
from .outage import Outage

if TYPE_CHECKING:
    from ..store import Stage

_log = logging.getLogger(__name__)
#: Deliveries that are known by their ids after they were finished. A list of what is
#: pending is older than these by moments; the store itself remembers many more.
_REMEMBERED = 1024
_MOST_TOLD = 256
_NOT_TAKEN = "what other processes left is not taken over"


class Accepted(NamedTuple):
    """What came of a delivery."""

    #: Whether its events are to be observed: not when the same one came before.
    fresh: bool
    #: What its session is to be told, on one line, or "".
    warning: str = ""


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
        #: Whether others left more than was taken over at the last look.
        self.is_behind = False
        #: Deliveries that this process has accepted or taken over and not finished.
        self._in_hand: set[str] = set()
        #: Those it has finished: a list of what is pending may still name them.
        self._done: OrderedDict[str, None] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()
        self._outage = Outage()
        self._lock = threading.Lock()

    @property
    def problem(self) -> str:
        """Return why nothing reaches the store at the moment, or ""."""
        return self._problem if self.flusher is None else self.flusher.problem

    def accept(self, delivery: Delivery, session: str) -> Accepted:
        """Make a delivery durable.

        :param session: whose it is; each is told when events cannot be kept.
        """
        if self.store is None:
            self.tell_once(self.problem)
            return Accepted(True)
        if not self.claim(delivery.id):
            return Accepted(False)
        try:
            payload = delivery.model_dump_json().encode()
            fresh = self.store.accept(delivery.id, payload)
        except StoreError as error:
            reason = f"events are not recorded: {error}; {_cure(error)}"
            return Accepted(True, self._outage.lasts(reason, session))
        self._outage.ends()
        if not fresh:
            self.release(delivery.id)
        return Accepted(fresh)

    def set_aside(self, delivery: Delivery, session: str, spool: Path) -> str:
        """Leave a delivery to whoever can open the store; return a warning, or ""."""
        then = "this event waits in the spool"
        try:
            payload = delivery.model_dump_json().encode()
            append_cold(spool, delivery.cwd, delivery.id, payload)
        except OSError:
            then = "this event is lost"
        cure = "see to it, then: hookwright daemon restart"
        return self._outage.lasts(f"{self.problem}; {then}; {cure}", session)

    def keep(self, stages: Sequence[Stage], delivery_id: str | None = None) -> None:
        """Make what plugins wrote durable; a delivery that is named is done."""
        if self.store is None or self.flusher is None:
            return
        if not stages and delivery_id is None:
            return
        durability = self.store.options.durability
        if durability == "sync" and delivery_id is not None:
            # The delivery itself was synced when it was accepted: should a power cut
            # take what came of it, its events are observed again.
            durability = "spool"
        try:
            self.store.commit(stages, delivery_id, durability=durability)
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

    def recover(self) -> bool:
        """Write into the store what processes that ended had not; return whether."""
        if self.store is None:
            return False
        try:
            report = self.store.recover()
        except StoreError as error:
            self.tell_once(f"{_NOT_TAKEN}: {error}")
            return False
        if report.damaged or report.rejected:
            _log.warning("recovered with losses: %s", report)
        return True

    def left_by_others(self, most: int | None = None) -> list[tuple[str, bytes]]:
        """Take over what processes that ended have left; return id and payload.

        :param most: how many at once; `is_behind` tells whether there are more.
        """
        if self.store is None or not self.recover():
            return []
        try:
            pending = self.store.pending()
        except StoreError as error:
            self.tell_once(f"{_NOT_TAKEN}: {error}")
            return []
        claimed: list[tuple[str, bytes]] = []
        self.is_behind = False
        for item in pending:
            if len(claimed) == most:
                self.is_behind = True
                break
            if self.claim(item[0]):
                claimed.append(item)
        return claimed

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
            self._told[text] = None
            while len(self._told) > _MOST_TOLD:
                self._told.popitem(last=False)
        _log.error("%s", text)


def _cure(error: StoreError) -> str:
    if isinstance(error, StoreFullError):
        return "free some space there, recording then goes on by itself"
    return "hookwright doctor says more"
