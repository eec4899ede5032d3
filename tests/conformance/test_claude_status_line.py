"""The real Claude Code shows our status line on a terminal.

Headless runs draw none, so this one runs in a pseudo-terminal, with no model to ask.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .long_runs import long_run

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(150)]
#: What moves the cursor, sets colours or names the window.
_ESCAPES = re.compile(rb"\x1b\[[0-9;?<>=]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[()][A-Z0-9]")
_SECONDS = 60.0


class Terminal:
    """Claude Code on a terminal of 150 columns; ended with the test."""

    def __init__(self, program: Path, place: Workplace) -> None:
        variables = {
            **place.environment,
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
            "ANTHROPIC_API_KEY": "not-a-key",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "TERM": "xterm-256color",
        }
        self.pid, self._end = pty.fork()
        if not self.pid:
            os.chdir(place.repository)
            words = [str(program), "--model", "claude-sonnet-4-5"]
            os.execve(program, words, variables)
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 150, 0, 0))
        self._drawn = b""

    def until(self, text: str) -> str:
        """Return what was drawn, without escapes, as soon as text is in it."""
        deadline = time.monotonic() + _SECONDS
        while text not in (seen := self._seen()):
            assert time.monotonic() < deadline, seen[-2000:]
            if not select.select([self._end], [], [], 0.5)[0]:
                continue
            part = os.read(self._end, 1 << 16)
            self._drawn += part
            if b"\x1b[c" in part:
                # It asks what kind of terminal this is.
                os.write(self._end, b"\x1b[?1;2c")
        return seen

    def _seen(self) -> str:
        plain = _ESCAPES.sub(b" ", self._drawn).decode("utf-8", "replace")
        return " ".join(plain.split())

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._end)


@pytest.fixture
def open_claude(
    claude_binary: Path, workplace: Workplace
) -> Iterator[Callable[[], Terminal]]:
    """Return what opens Claude Code in the workplace, with Hookwright in it."""
    # Drawn first while the daemon starts, it is drawn again ten seconds later.
    workplace.environment["HOOKWRIGHT__SERVICE__IDLE_EXIT"] = "60"
    workplace.hookwright("install", "claude-code")
    state = workplace.home / ".claude.json"
    known = json.loads(state.read_text()) if state.exists() else {}
    # What a person has answered before: colours, and whether the folder is trusted.
    known |= {"hasCompletedOnboarding": True, "theme": "dark"}
    known["customApiKeyResponses"] = {"approved": ["not-a-key"], "rejected": []}
    project = known.setdefault("projects", {}).setdefault(str(workplace.repository), {})
    project |= {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    state.write_text(json.dumps(known))
    opened: list[Terminal] = []

    def open_one() -> Terminal:
        opened.append(Terminal(claude_binary, workplace))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()
    workplace.hookwright("daemon", "stop")


@long_run
def test_the_line_is_drawn_and_a_halt_is_seen_in_it(
    open_claude: Callable[[], Terminal], workplace: Workplace
) -> None:
    open_claude().until("claude-code/main PROBATION 1 SP 0/10 XP")

    workplace.hookwright(
        "agent", "halt", "claude-code/main", "--reason", "the tests failed"
    )

    open_claude().until("HALTED: the tests failed | claude-code/main")
