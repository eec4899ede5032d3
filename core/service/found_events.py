"""Events that an adapter finds in files are observed once, by whichever process.

A message is known by its delivery, and comes once; its events have ids that begin with
the delivery's. What an adapter finds beside it (a model call in a transcript, a commit
in git's files) may be found again: by another daemon, which reads the file from its
beginning, or with another message. Such an event has an id that is the same each time,
so the ids are kept in the store, in one piece with what the message's observers wrote.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from hookwright.hookspecs import Event, Record, RecordType

from ..digests import blake2b

if TYPE_CHECKING:
    from ..store import Stage, Store

#: Ids that are known without a look at the store: two threads find one event at once.
_REMEMBERED = 4096


class FoundEvent(Record):
    """An event that was observed.

    :param id: its id, hashed: as long as a branch's name may be.
    """

    id: str


FOUND_EVENTS = RecordType(
    name="found_events",
    model=FoundEvent,
    key=lambda found: (found.id,),
    # A session that is resumed later than this is told of as if it were new.
    retention=timedelta(days=30),
)


class FoundEvents:
    """Tells events that were found for the first time; safe in several threads.

    :param store: None when there is none: then this process's memory has to do.
    """

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        if store is not None:
            store.register(FOUND_EVENTS)

    def fresh(
        self, delivery_id: str, completed: Sequence[Event]
    ) -> tuple[list[Event], list[Stage]]:
        """Return the events that are to be observed, and what to keep with them.

        :param delivery_id: the message's own events, which begin with it, are all
            observed.
        :param completed: those, and what was found beside them.
        """
        own = f"{delivery_id}."
        if all(event.id.startswith(own) for event in completed):
            return list(completed), []
        stage = None if self._store is None else self._store.stage()
        events = []
        for event in completed:
            if not event.id.startswith(own):
                name = _digest(event.id)
                if not self._is_first(name, stage):
                    continue
                if stage is not None:
                    stage.put(FOUND_EVENTS, FoundEvent(id=name))
            events.append(event)
        return events, [] if stage is None else [stage]

    def _is_first(self, name: str, stage: Stage | None) -> bool:
        with self._lock:
            if name in self._seen:
                return False
            self._seen[name] = None
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return stage is None or stage.get(FOUND_EVENTS, name) is None


def _digest(event_id: str) -> str:
    # A lone half of a surrogate pair cannot be encoded otherwise.
    return blake2b(event_id.encode("utf-8", "backslashreplace")).hexdigest()[:32]
