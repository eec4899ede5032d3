"""Recurses without end."""

from __future__ import annotations

from hookwright.hookspecs import hookimpl


def deeper(depth: int) -> int:
    """Go deeper."""
    return deeper(depth + 1) + 1


@hookimpl
def hookwright_tool_before() -> None:
    """Recurse."""
    deeper(0)


@hookimpl
def hookwright_event() -> None:
    """Recurse."""
    deeper(0)
