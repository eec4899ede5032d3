"""One thread that watches the runs which nobody waits for.

It looks at short intervals while there are any, so that a run costs no wake-up of
another thread; a call is given up that much later than its budget says.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chain import Run

_log = logging.getLogger(__name__)
#: Seconds between two looks.
_INTERVAL_S = 0.02
#: Looks without a run after which it sleeps until there is one.
_PATIENCE = 100
#: Held while a thread is started. A process that was forked just then has it for ever,
#: which no program here does: forks come before threads.
_beginning = threading.Lock()


class Overseer:
    """Looks at every run until it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._came = threading.Condition(self._lock)
        self._runs: list[Run[Any]] = []
        self._pid = 0
        self._sleeps = False

    def watch(self, run: Run[Any]) -> None:
        """Look at the run from now on."""
        if self._pid != os.getpid():
            self._begin()
        with self._lock:
            self._runs.append(run)
            if self._sleeps:
                self._came.notify()

    def _begin(self) -> None:
        """Start the thread: before the first run, and after a fork, which loses it."""
        with _beginning:
            if self._pid == os.getpid():
                return
            self._lock = threading.Lock()
            self._came = threading.Condition(self._lock)
            self._runs, self._sleeps = [], False
            threading.Thread(
                target=self._look, name="hookwright-overseer", daemon=True
            ).start()
            self._pid = os.getpid()

    def _look(self) -> None:
        idle = 0
        while True:
            with self._lock:
                if idle > _PATIENCE:
                    self._sleeps = True
                    while not self._runs:
                        self._came.wait()
                    self._sleeps = False
                else:
                    self._came.wait(_INTERVAL_S)
                runs = self._runs
                self._runs = []
            idle = 0 if runs else idle + 1
            left = [run for run in runs if not _ended(run)]
            if left:
                with self._lock:
                    self._runs += left


def _ended(run: Run[Any]) -> bool:
    try:
        return run.look()
    except Exception:  # noqa: BLE001 - the other runs are still to be watched
        _log.exception("a run of plugin calls could not be watched")
        return True
