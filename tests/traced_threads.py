"""Let threads that begin at the same moment all be traced by coverage.

Python 3.11 refuses `sys.settrace` while another thread is inside it (it raises
RuntimeError, "Cannot install a trace function while another trace function is being
installed"), and a thread that is refused dies before it has run: what it was to do is
lost, and a test that waits for it fails. A moment later the same call succeeds.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

#: Another thread is inside for microseconds.
_ATTEMPTS = 10_000


class PatientSys:
    """The module `sys` as `threading` uses it, with a `settrace` that tries again.

    :param settrace: what is tried.
    """

    def __init__(self, settrace: Callable[[Any], None] = sys.settrace) -> None:
        self._settrace = settrace

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    def settrace(self, function: Any) -> None:
        """Set the thread's trace function as soon as that is possible."""
        for _ in range(_ATTEMPTS):
            try:
                self._settrace(function)
                return
            except RuntimeError:
                time.sleep(0)
        self._settrace(function)


def be_patient() -> None:
    """Have threads of this process wait for one another, where they are traced."""
    if threading.gettrace() is not None:
        vars(threading)["_sys"] = PatientSys()
