from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hookwright.core.surfaces.cli import main

Run = Callable[..., "Ran"]


class Ran:
    """What one run of the command line printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `hookwright` in this process."""

    def run_arguments(*arguments: str) -> Ran:
        capfd.readouterr()
        code = main(list(arguments))
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return run_arguments


@pytest.fixture
def invoke_app(
    capfd: pytest.CaptureFixture[str],
) -> Callable[[Any, Sequence[str]], Ran]:
    """Return a function that runs a typer app and catches its exit."""
    from typer.main import get_command

    def run_app(app: Any, arguments: Sequence[str]) -> Ran:
        capfd.readouterr()
        try:
            get_command(app)(args=list(arguments), prog_name="hookwright")
            code = 0
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return run_app
