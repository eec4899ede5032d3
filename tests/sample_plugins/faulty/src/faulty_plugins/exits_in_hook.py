"""Ends the process in its hooks."""

from __future__ import annotations

import sys

from hookwright.hookspecs import hookimpl


@hookimpl
def hookwright_tool_before() -> None:
    """Exit."""
    sys.exit("exits in a gate")


@hookimpl
def hookwright_event() -> None:
    """Exit."""
    sys.exit("exits in an observer")
