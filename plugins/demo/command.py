"""The command `hookwright demo`."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hookwright.core.api import ToolError

from .claude import Meter
from .day import Day
from .handlers import Handlers
from .scratch import Scratch
from .summary import Summary, make_summary, summary_text

_PREFIX = "hookwright-demo-"


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the scratch place.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Play an agent's day and show what is recorded.

    Nothing of yours is touched: the demo has a home, a data directory, a repository
    and a daemon of its own, all in a temporary directory.
    """
    with scratch_root(keep=keep) as root:
        summary = play(root, quiet=as_json)
        if as_json:
            text = json.dumps(summary.as_json(), indent=2)
        else:
            text = summary_text(summary)
    sys.stdout.write(text + "\n")
    if keep:
        sys.stderr.write(f"Kept: {root}\n")


@contextmanager
def scratch_root(*, keep: bool) -> Iterator[Path]:
    """Yield a new temporary directory; it is removed afterwards unless kept."""
    root = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    try:
        yield root
    finally:
        if not keep:
            shutil.rmtree(root, ignore_errors=True)


def play(root: Path, *, quiet: bool = False) -> Summary:
    """Play the whole day under root and return what was recorded of it.

    :raises ToolError: git is missing, or a command of the day failed.
    """
    if shutil.which("git") is None:
        raise ToolError("the demo needs git, and there is none on PATH; install git")
    told = Teller(quiet=quiet)
    with told.step("sets up a scratch repository and installs the hooks"):
        scratch = Scratch.make(root)
        scratch.hookwright("install", "git", "--project")
        scratch.hookwright("install", "claude-code", "--project")
    meter = Meter()
    try:
        day = Day(scratch, Handlers.read(scratch.workspace), meter)
        for act in day.acts():
            with told.step(act.title):
                act.play()
        with told.step("the daemon stops; everything is in the store"):
            scratch.hookwright("daemon", "stop")
        return make_summary(scratch, meter, day.secret)
    finally:
        # Also after a failed act: no daemon may outlive its data directory.
        scratch.run(scratch.command("daemon", "stop"))


class Teller:
    """Tell a person on standard error what is going on."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._number = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Say what happens now, and `done` after it."""
        self._number += 1
        self._say(f"{self._number}. {title} ... ")
        try:
            yield
        except BaseException:
            self._say("failed\n")
            raise
        self._say("done\n")

    def _say(self, text: str) -> None:
        if not self._quiet:
            sys.stderr.write(text)
            sys.stderr.flush()
