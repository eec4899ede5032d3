"""Returns garbage from a registering hook."""

from __future__ import annotations

from hookwright.hookspecs import hookimpl


@hookimpl
def hookwright_register_tools() -> object:
    """Return neither a list nor a tool."""
    return 42
