"""Work in order within a lane, side by side across lanes.

A lane is one session: its events are observed in the order they came, and a slow
plugin in one session does not hold up another.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .precedence import Precedence

_log = logging.getLogger(__name__)

Job = Callable[[], None]
#: So much may wait: jobs, and bytes of what they hold. An event takes some 12 KB as
#: long as it waits, and Python's allocator keeps what it took once.
MOST_JOBS = 500
MOST_BYTES = 8 * 2**20


class Lanes:
    """A few threads that empty as many queues as there are sessions with work.

    :param threads: how many lanes move at the same time.
    :param precedence: what the work gives way to.
    """

    def __init__(self, threads: int = 4, precedence: Precedence | None = None) -> None:
        self._precedence = precedence or Precedence()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="hookwright-lane")
        self._waiting: dict[str, deque[tuple[Job, int, float]]] = {}
        self._changed = threading.Condition()
        self._jobs = 0
        self._bytes = 0

    def submit(self, lane: str, job: Job, size: int = 0) -> None:
        """Run the job after those that were submitted to the same lane before it.

        :param size: bytes that are held for it until it is done.
        """
        now = time.monotonic()
        with self._changed:
            self._jobs += 1
            self._bytes += size
            queue = self._waiting.get(lane)
            if queue is not None:
                queue.append((job, size, now))
                return
            self._waiting[lane] = deque(((job, size, now),))
        self._pool.submit(self._run, lane)

    @property
    def is_full(self) -> bool:
        """Return whether more work would take too much memory.

        It is taken all the same: who can do without asks before.
        """
        return self._jobs >= MOST_JOBS or self._bytes >= MOST_BYTES

    @property
    def busy(self) -> int:
        """Return how many lanes have work."""
        return len(self._waiting)

    def drain(self, timeout: float) -> bool:
        """Wait until there is no work left; return whether that came in time."""
        deadline = time.monotonic() + timeout
        self._precedence.hurry(True)
        try:
            with self._changed:
                while self._waiting:
                    left = deadline - time.monotonic()
                    if left <= 0 or not self._changed.wait(left):
                        return not self._waiting
        finally:
            self._precedence.hurry(False)
        return True

    def close(self) -> None:
        """Take no more work; what runs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, lane: str) -> None:
        while True:
            with self._changed:
                queue = self._waiting[lane]
                if not queue:
                    del self._waiting[lane]
                    self._changed.notify_all()
                    return
                job, size, since = queue[0]
            self._precedence.wait(since)
            try:
                job()
            except Exception:  # noqa: BLE001 - the lane's next job is due
                _log.exception("work on an event of session %s failed", lane)
            with self._changed:
                queue.popleft()
                self._jobs -= 1
                self._bytes -= size
