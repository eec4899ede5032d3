"""What the guard's commands give back."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class StepView(_View):
    """One thing that was looked at, and what came of it."""

    outcome: str
    what: str
    how: str
    mode: str = ""
    rule: str = ""
    why: str = ""


class TestView(_View):
    """What the guard says of a command, and why."""

    # The name begins as test classes do.
    __test__ = False

    outcome: Literal["allow", "ask", "deny"]
    command: str
    directory: str
    reason: str = ""
    steps: tuple[StepView, ...] = ()


class AllowView(_View):
    """What was written to the user's configuration."""

    pattern: str
    reason: str
    file: str
    #: False where the pattern was there before.
    added: bool


class FindingView(_View):
    """One place of a secret."""

    file: str
    line: int
    rule: str


class ScanView(_View):
    """What a scan came to."""

    #: What was looked through.
    places: tuple[str, ...]
    findings: tuple[FindingView, ...] = ()
    #: Files that could not be read or are too large, with the reason.
    skipped: tuple[str, ...] = ()
    #: Whether there are more findings than are named.
    more: bool = False
