"""Changes what all plugins share: an environment variable and the directory."""

from __future__ import annotations

import os

from hookwright.hookspecs import hookimpl


@hookimpl
def hookwright_event() -> None:
    """Change the process's environment and working directory."""
    os.environ["FAULTY_WAS_HERE"] = "1"
    os.chdir("/")
