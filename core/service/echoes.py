"""Notice one logical event that an agent host delivered twice.

Hooks can be installed for a user and for a project, and some agent hosts read each
other's settings: then both handlers are given the same message. Each is answered; it
is observed once. Only events that carry an id of the agent host's own are compared,
since two alike without one can well be two.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta

from hookwright.hookspecs import (
    Event,
    FileChanged,
    PromptSubmit,
    SubagentStart,
    SubagentStop,
    ToolAfter,
    ToolBefore,
    TurnEnd,
)

from ..digests import blake2b

#: Handlers of one event run side by side; a later one is a new event.
_WINDOW = timedelta(seconds=10)
_REMEMBERED = 4096


class Echoes:
    """Remembers what was observed lately; may be asked from many threads."""

    def __init__(self) -> None:
        #: By what was observed, hashed: an event can be as large as a file.
        self._seen: OrderedDict[bytes, tuple[str, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def repeats(self, delivery_id: str, events: Sequence[Event]) -> bool:
        """Return whether another delivery brought these very events just now."""
        if not events or not all(map(_own_id, events)):
            return False
        hashed = blake2b(digest_size=16)
        for event in events:
            hashed.update(event.model_dump_json(exclude={"id", "time"}).encode())
        mark = hashed.digest()
        time = events[0].time
        with self._lock:
            seen = self._seen.get(mark)
            if seen is not None and abs(time - seen[1]) <= _WINDOW:
                return seen[0] != delivery_id
            self._seen[mark] = (delivery_id, time)
            self._seen.move_to_end(mark)
            while len(self._seen) > _REMEMBERED or self._is_stale(time):
                self._seen.popitem(last=False)
        return False

    def _is_stale(self, now: datetime) -> bool:
        """Return whether the oldest one can be no echo any more."""
        _, oldest = next(iter(self._seen.values()))
        return now - oldest > _WINDOW


def _own_id(event: Event) -> str:
    """Return the id that the agent host gave to what happened, or ""."""
    match event:
        case ToolBefore() | ToolAfter():
            return event.call.id
        case FileChanged():
            return event.call_id
        case PromptSubmit() | TurnEnd():
            return event.prompt_id
        case SubagentStart() | SubagentStop():
            return event.agent.instance
    return ""
