"""Start the MCP server without site-packages: what agent hosts are told to run.

`python -P -S start.py [--data-dir DIR] [--config-dir DIR]` does what `python -m
hookwright.core.surfaces.mcp` does. The server needs the standard library alone, and
agent hosts wait for it when they start; to set up site-packages takes as long as all
the rest. The parts of the package are found from where this file is.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Serve until the agent host leaves; return the exit code."""
    package = sys.modules["hookwright"] = type(sys)("hookwright")
    package.__path__ = [__file__.rsplit("/", 4)[0]]
    from hookwright.core.surfaces.mcp.__main__ import main as serve

    return serve(sys.argv[1:])


if __name__ == "__main__":
    import os

    # At once: a call that nobody waits for any more must not keep the process.
    os._exit(main())
