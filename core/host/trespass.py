"""Notices when a plugin changes what all of them share, and says so in the report.

One plugin's `os.environ[...] = ...` or `os.chdir` reaches every other plugin and the
host. Python tells its audit hooks of both, in the thread that does it, so it costs
no call anything: https://docs.python.org/3/library/audit_events.html. An audit hook
stays for the life of the process, so there is one for all hosts.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from .chain import call_under_way
from .guard import HookCall

_lock = threading.Lock()
_watched: list[bool] = []


def watch() -> None:
    """Begin to notice; once is enough for a process."""
    with _lock:
        if not _watched:
            sys.addaudithook(_audit)
            _watched.append(True)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("os.putenv", "os.unsetenv", "os.chdir"):
        call = call_under_way()
        if isinstance(call, HookCall):
            what = "the working directory"
            if event != "os.chdir":
                what = f"environment variable {os.fsdecode(arguments[0])}"
            implementation = call.implementation
            implementation.plugin.note(
                f"{implementation.hook} changes {what}, which all plugins share"
            )
