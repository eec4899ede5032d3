"""Start `cold.py` in a process of its own, without site-packages.

`client.py` becomes this for what takes more than recording: `python -P -S
cold_start.py ID FLAGS AGENT_HOST [ARGS...]`, the event on standard input. The parts
of the package are found from where this file is, in an editable install and in a
wheel alike; site-packages are added when they are needed (`cold.add_site_packages`).
Imports only what is built into Python.
"""

from __future__ import annotations

import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

#: What an empty pipe takes at once, everywhere.
_PIPE = 16384
#: What a status line shows while no daemon answers; the next event starts one.
ASLEEP = b"hookwright: asleep\n"


def become(delivery: str, flags: str, words: list[str], stdin: bytes) -> NoReturn:
    """Replace this process by one that answers the event.

    What is only asked of a daemon that runs (flag `i`) is answered here, at once.

    :raises OSError: the interpreter is gone.
    """
    if "i" in flags:
        _write(1, ASLEEP)
        posix._exit(0)
    reader, writer = posix.pipe()
    if len(stdin) > _PIPE and not posix.fork():
        posix.closerange(0, writer)
        _write(writer, stdin)
        posix._exit(0)
    if len(stdin) <= _PIPE:
        _write(writer, stdin)
    posix.close(writer)
    posix.dup2(reader, 0)
    command = [sys.executable, "-P", "-S", __file__, delivery, flags, *words]
    posix.execv(sys.executable, command)


def _write(descriptor: int, content: bytes) -> None:
    try:
        while content:
            content = content[posix.write(descriptor, content) :]
    except OSError:
        return  # the reader has left, which is its own affair


def main() -> int:
    """Deliver one event; return the exit code."""
    package = sys.modules["hookwright"] = type(sys)("hookwright")
    package.__path__ = [__file__.rsplit("/", 3)[0]]
    from hookwright.core.service import cold

    return cold.main()


if __name__ == "__main__":
    # At once: a thread that a plugin left behind must not keep the agent waiting.
    posix._exit(main())
