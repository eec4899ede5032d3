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

_log = logging.getLogger(__name__)

Job = Callable[[], None]


class Lanes:
    """A few threads that empty as many queues as there are sessions with work.

    :param threads: how many lanes move at the same time.
    """

    def __init__(self, threads: int = 4) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="hookwright-lane")
        self._waiting: dict[str, deque[Job]] = {}
        self._changed = threading.Condition()

    def submit(self, lane: str, job: Job) -> None:
        """Run the job after those that were submitted to the same lane before it."""
        with self._changed:
            queue = self._waiting.get(lane)
            if queue is not None:
                queue.append(job)
                return
            self._waiting[lane] = deque((job,))
        self._pool.submit(self._run, lane)

    @property
    def busy(self) -> int:
        """Return how many lanes have work."""
        return len(self._waiting)

    def drain(self, timeout: float) -> bool:
        """Wait until there is no work left; return whether that came in time."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._waiting:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return not self._waiting
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
                job = queue[0]
            try:
                job()
            except Exception:  # noqa: BLE001 - the lane's next job is due
                _log.exception("work on an event of session %s failed", lane)
            with self._changed:
                queue.popleft()
