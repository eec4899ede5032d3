"""Events under way: at most so many at once, and one answer for each."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from ..host import Workers
from .wire import Reply

Job = Callable[[], None]


class Desk:
    """Threads that answer events.

    An event holds its place until it has its answer, not until its thread is free: a
    plugin that hangs keeps a thread, and takes nobody's place.

    :param places: how many are answered at the same time; others wait their turn.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._workers = Workers(keep=places)
        self._closed = False

    def submit(self, job: Job) -> None:
        """Run the job in a thread when there is a place; `leave` gives that back."""
        with self._lock:
            if not self._free:
                self._waiting.append(job)
                return
            self._free -= 1
        self._workers.start(job)

    def leave(self) -> None:
        """Give back the place of an event that is answered."""
        with self._lock:
            if not self._waiting or self._closed:
                self._free += 1
                return
            job = self._waiting.popleft()
        self._workers.start(job)

    def close(self) -> None:
        """Begin nothing more."""
        with self._lock:
            self._closed = True
            self._waiting.clear()


class Ticket:
    """One event's answer: whoever comes first gives it.

    :param send: called once, in the thread that answers.
    """

    __slots__ = ("_lock", "_send")

    def __init__(self, send: Callable[[Reply], None]) -> None:
        self._send: Callable[[Reply], None] | None = send
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Return whether there is no answer yet."""
        return self._send is not None

    def answer(self, reply: Reply) -> bool:
        """Send the reply unless there was one; return whether this was the one."""
        with self._lock:
            send, self._send = self._send, None
        if send is None:
            return False
        send(reply)
        return True
