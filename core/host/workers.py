"""Threads that make plugin calls.

They are daemon threads, so that a plugin that hangs for ever never keeps the process
from leaving, and they are used again, so that an event costs no thread start.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

_log = logging.getLogger(__name__)
Job = Callable[[], None]


class Workers:
    """A pool that always has a free thread.

    :param keep: idle threads that are kept for the next job.
    """

    def __init__(self, keep: int = 8) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[Job]] = []
        self._pid = os.getpid()
        self._started = 0

    def start(self, job: Job) -> None:
        """Run job in a thread of the pool; return at once.

        When the machine gives no more threads the job runs here, unwatched: a late
        answer is better than none.
        """
        inbox = self._take()
        if inbox is not None:
            inbox.put(job)
            return
        try:
            self._spawn(job)
        except RuntimeError as error:
            _log.error("no thread for plugin calls, they run unwatched: %s", error)
            job()

    def _take(self) -> SimpleQueue[Job] | None:
        if self._pid != os.getpid():
            # After a fork the threads are gone, and the lock may never be released.
            self._lock = threading.Lock()
            self._idle = []
            self._pid = os.getpid()
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _spawn(self, job: Job) -> None:
        inbox: SimpleQueue[Job] = SimpleQueue()
        inbox.put(job)
        self._started += 1
        threading.Thread(
            target=self._serve,
            args=(inbox,),
            name=f"hookwright-plugins-{self._started}",
            daemon=True,
        ).start()

    def _serve(self, inbox: SimpleQueue[Job]) -> None:
        while True:
            inbox.get()()
            with self._lock:
                if len(self._idle) >= self._keep:
                    return
                self._idle.append(inbox)
