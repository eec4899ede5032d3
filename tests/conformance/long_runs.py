"""Runs of real agent hosts that are made by hand, since each takes many seconds.

`HOOKWRIGHT_STRESS=1 python -m pytest tests/conformance` makes them all. Every run of
the checks has the common day for each agent host, and Claude Code's gates.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

#: Read at once: a test's own environment has no such variables.
_ALL = bool(os.environ.get("HOOKWRIGHT_STRESS"))
F = TypeVar("F", bound=Callable[..., Any])
#: For parameters that make a test one of these.
LONG = (
    pytest.mark.stress,
    pytest.mark.skipif(not _ALL, reason="a long run: set HOOKWRIGHT_STRESS=1"),
)


def long_run(test: F) -> F:
    """Mark a test as one that is made by hand."""
    marked: F = LONG[0](LONG[1](test))
    return marked
