"""The commands that deliver one event; the agent host and the event follow them.

They stand in files of agent hosts, which outlive an update and even the package: where
it is gone, each of them ends with 0 and says nothing. `python FILE` would not do: it
exits with 2 when the file is gone, which agent hosts read as a refusal of every tool.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .. import client

#: The folder leaves `sys.path` again: its modules have names that others have, too.
_LOADER = """\
import posix, sys
sys.path.append({folder!r})
try:
    import client
    sys.path.pop()
    code = client.{call}
except (ImportError, OSError):
    code = 0
posix._exit(code)"""
_HAND_OVER = "without_daemon(*sys.argv[1:3], sys.argv[3:], client.read_all(0))"


def python_command() -> tuple[str, ...]:
    """Return the command of the client in Python."""
    return _python("main()")


def hand_over_command() -> tuple[str, ...]:
    """Return the command that does the daemon's work for one event.

    The native client becomes it where no daemon answers. The delivery's id, the flags
    and the client's words follow; the event is on standard input (see `cold.py`).
    """
    return _python(_HAND_OVER)


def native_command(program: Path) -> tuple[str, ...]:
    """Return the command of the native client.

    What it hands over to is in its arguments, not in a file beside it: two installs of
    Hookwright may share a data directory, and each hook stays with its own.
    """
    return (os.path.abspath(program), "--or", *hand_over_command(), "--")


def _python(call: str) -> tuple[str, ...]:
    """Return a command that calls the client's module.

    Without site-packages: it is built-in modules only. It is imported, not run as a
    file, so that its compiled form is used.
    """
    folder = os.path.dirname(os.path.abspath(client.__file__))
    loader = _LOADER.format(folder=folder, call=call)
    return (sys.executable, "-I", "-S", "-c", loader)
