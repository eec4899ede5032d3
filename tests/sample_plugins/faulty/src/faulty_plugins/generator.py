"""Implements a hook with a generator function, which nobody would run."""

from __future__ import annotations

from collections.abc import Iterator

from hookwright.hookspecs import BriefingPart, hookimpl


@hookimpl
def hookwright_briefing() -> Iterator[BriefingPart]:
    """Yield instead of returning a list."""
    yield BriefingPart(title="never", text="seen")
