"""Implements a hook that does not exist."""

from __future__ import annotations

from hookwright.hookspecs import hookimpl


@hookimpl
def hookwright_tool_befor() -> None:
    """Wait for calls that never come."""
