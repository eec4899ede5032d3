"""What a failed command prints, and how it exits.

An expected failure is one plain line. A fault of ours is one line too, and its
traceback goes, redacted, into a file of the data directory, ready to be sent.
Exit codes: 1 expected, 2 wrong usage or configuration, 3 a fault of ours, 130 stopped
with ^C.
"""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import HookwrightError
from ..paths import find_paths, make_private
from ..redaction import Redactor
from .output import warn

FAULT = 3
INTERRUPTED = 130


def run_guarded(action: Callable[[], object], arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; print what went wrong, if anything."""
    try:
        action()
        sys.stdout.flush()
    except SystemExit as exit_:
        return _flushed(_exit_code(exit_))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence(sys.stdout.fileno())
        return 1
    except HookwrightError as error:
        warn(f"hookwright: {error}")
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last line of defence of a program
        report_fault(error, arguments)
        return FAULT
    return 0


def report_fault(error: BaseException, arguments: Sequence[str]) -> None:
    """Print one line about a fault of ours and say where its traceback is."""
    line = redacted(f"{type(error).__name__}: {error}").splitlines()[0]
    try:
        where = f"The details are in {save_fault(error, arguments)}."
    except OSError as reason:
        where = f"The details could not be saved ({reason})."
    warn(f"hookwright: a fault of ours: {line}. {where}")


def save_fault(error: BaseException, arguments: Sequence[str]) -> Path:
    """Write the redacted traceback into the logs and return the file's path."""
    logs = find_paths().logs
    make_private(logs)
    text = "\n".join(
        (
            f"hookwright {' '.join(arguments)}",
            f"Python {platform.python_version()} on {platform.platform()}",
            "",
            "".join(traceback.format_exception(error)),
        )
    )
    name = f"fault-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}.txt"
    path = logs / name
    path.touch(mode=0o600)
    path.write_text(redacted(text), "utf-8", "backslashreplace")
    return path


def redacted(text: str) -> str:
    """Return text without secrets; a key of the moment is enough, nobody compares."""
    return Redactor(os.urandom(32)).text(text)


def _exit_code(exit_: SystemExit) -> int:
    if exit_.code is None:
        return 0
    if isinstance(exit_.code, int):
        return exit_.code
    warn(f"hookwright: {exit_.code}")
    return 1


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout.fileno())
    return code


def _silence(descriptor: int) -> None:
    """Let what is still buffered go nowhere, so that Python does not complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
