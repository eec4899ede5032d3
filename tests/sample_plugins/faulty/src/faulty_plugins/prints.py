"""Prints while it is imported and in every hook."""

from __future__ import annotations

from hookwright.hookspecs import hookimpl

print("printed at import")  # noqa: T201 - this is its fault


@hookimpl
def hookwright_tool_before() -> None:
    """Print."""
    print("printed in a gate")  # noqa: T201 - this is its fault


@hookimpl
def hookwright_event() -> None:
    """Print."""
    print("printed in an observer")  # noqa: T201 - this is its fault
