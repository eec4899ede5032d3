"""Serve MCP on standard input and output.

`python -P -m hookwright.core.surfaces.mcp [--data-dir DIR] [--config-dir DIR]`. It is
`hookwright mcp` without the command line, which would take longer than all the rest.
Agent hosts are told to run `start.py`, which is quicker still.
"""

from __future__ import annotations

import os
import sys

from ...places import CONFIG_DIR_VARIABLE, DATA_DIR_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_OPTIONS = {"--data-dir": DATA_DIR_VARIABLE, "--config-dir": CONFIG_DIR_VARIABLE}


def main(words: Sequence[str]) -> int:
    """Serve until the agent host leaves; return the exit code.

    The directories are arguments because some agent hosts hand few variables on.
    """
    rest = list(words)
    while rest:
        variable = _OPTIONS.get(rest[0])
        if variable is None or len(rest) == 1:
            accepted = " DIR, ".join(_OPTIONS)
            sys.stderr.write(f"cannot take {rest[0]!r}; accepted: {accepted} DIR\n")
            return 2
        os.environ[variable] = rest[1]
        del rest[:2]
    # Late: what is wrong with the arguments is said without it.
    from .opening import open_session

    try:
        opened = open_session(sys.stdin.buffer, sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    except OSError:
        return 0  # the agent host has left
    if opened is None:
        return 0
    # Late: by now the agent host has what it waits for.
    from .stdio import serve

    return serve(opened)


if __name__ == "__main__":
    # At once: a call that nobody waits for any more must not keep the process.
    os._exit(main(sys.argv[1:]))
