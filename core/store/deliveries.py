"""Which deliveries this process accepted, and who may work through the inbox."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .environment import Environment
from .fold import Arrival, inbox_key, read_inbox
from .locks import try_lock
from .measures import keys
from .opening import INBOX, META
from .state import digest, read_recent

#: Ids this process remembers as its own; the store remembers what was finished.
_REMEMBERED = 4096


class Deliveries:
    """Deliveries of one process; its owner's lock protects it."""

    def __init__(self, environment: Environment, lock_path: Path) -> None:
        #: Accepted here and not finished.
        self.open: dict[str, Arrival] = {}
        self._environment = environment
        self._lock_path = lock_path
        self._accepted: OrderedDict[str, None] = OrderedDict()
        #: What the store knew when it was `_stored_as_of`.
        self._recent: frozenset[bytes] = frozenset()
        self._inbox: frozenset[bytes] = frozenset()
        self._stored_as_of: object = None
        #: The descriptor of the inbox's lock, when it is ours. A list, because who
        #: takes it out is the only one who closes it.
        self._inbox_lock: list[int] = []
        self._turn = threading.Lock()

    def accept(self, arrival: Arrival) -> None:
        """Remember a delivery as open."""
        self.open[arrival.id] = arrival
        self._remember(arrival.id)

    def finish(self, delivery_id: str) -> None:
        """Remember a delivery as finished."""
        self.open.pop(delivery_id, None)
        self._remember(delivery_id)

    def is_known(self, delivery_id: str) -> bool:
        """Return whether a delivery was accepted before, by any process."""
        if delivery_id in self._accepted:
            return True
        as_of = self._environment.version()
        if as_of != self._stored_as_of:
            # Once a flush, not once an event.
            stored = self._environment.read(
                lambda txn, database: (
                    frozenset(read_recent(txn, database(META))),
                    keys(txn, database(INBOX)),
                )
            )
            self._recent, self._inbox = stored or (frozenset(), frozenset())
            self._stored_as_of = as_of
        if self._recent and digest(delivery_id) in self._recent:
            return True
        return bool(self._inbox) and inbox_key(delivery_id) in self._inbox

    def inbox(self) -> list[Arrival]:
        """Return the deliveries that were recovered, oldest first."""
        return (
            self._environment.read(
                lambda txn, database: read_inbox(txn, database(INBOX))
            )
            or []
        )

    @property
    def holds_inbox(self) -> bool:
        """Return whether this process may work through the inbox."""
        return bool(self._inbox_lock)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Let one thread at a time work through the inbox; others are told False."""
        mine = self._turn.acquire(blocking=False)
        try:
            yield mine
        finally:
            if mine:
                self._turn.release()

    def renew(self) -> None:
        """Let go, in a forked process, of what is its parent's."""
        self._turn = threading.Lock()
        self.release_inbox()

    def take_inbox(self) -> bool:
        """Become the one process that works through the inbox, if there is none."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self._lock_path, flags, 0o600)
        if not try_lock(descriptor):
            os.close(descriptor)
            return False
        self._inbox_lock.append(descriptor)
        return True

    def release_inbox(self) -> None:
        """Let another process work through the inbox."""
        try:
            descriptor = self._inbox_lock.pop()
        except IndexError:
            return
        os.close(descriptor)

    def _remember(self, delivery_id: str) -> None:
        self._accepted[delivery_id] = None
        if len(self._accepted) > _REMEMBERED:
            self._accepted.popitem(last=False)
