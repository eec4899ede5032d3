"""The sentences that agent hosts and people read on stderr. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_MAX_LINE = 500


def line(text: str) -> str:
    """Return text as the one line that an agent host shows or logs."""
    flat = " ".join(text.split())
    return f"hookwright: {flat[:_MAX_LINE]}\n"


def unknown_host(name: str, known: Iterable[str]) -> str:
    """Say that nobody adapts this agent host, and which ones somebody does."""
    names = ", ".join(sorted(known)) or "none; is every plugin switched off?"
    return f"unknown agent host {name!r}; known: {names}"


def no_event(agent_host: str, arguments: Sequence[str], reason: str) -> str:
    """Say why a message is not understood; the agent goes on."""
    return f"{' '.join([agent_host, *arguments[:1]])}: {reason}"
