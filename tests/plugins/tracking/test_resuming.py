from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.plugins.tracking.resuming import lifts_a_halt


@pytest.mark.parametrize(
    "command",
    [
        "hookwright agent resume claude-code/main --reason x",
        "cd /x && hookwright agent resume a --reason 'I am fine'",
        "HOME=/x .venv/bin/hookwright --json agent resume a",
        "uv run hookwright agent --json resume a",
        "bash -c 'hookwright agent resume a --reason y'",
        "echo $(hookwright agent resume a)",
        "python -m hookwright.core.surfaces.cli agent resume a",
        "echo it's; hookwright agent resume a",
    ],
)
def test_a_command_that_lifts_a_halt_is_noticed(command: str) -> None:
    assert lifts_a_halt(command)


@pytest.mark.parametrize(
    "command",
    [
        "hookwright agent status",
        "hookwright agent list; git rebase --resume",
        'grep -r "hookwright agent resume" docs',
        "cat hookwright/agent/resume",
        "hookwright doctor resume",
        "git commit -m 'hookwright agent resume works'",
        "",
    ],
)
def test_other_commands_pass(command: str) -> None:
    assert not lifts_a_halt(command)


@given(st.text(alphabet="hookwright agent resume'\"-c;&|$()\\\n"))
def test_no_command_line_breaks_it(command: str) -> None:
    lifts_a_halt("hookwright agent resume" + command)
    lifts_a_halt(command)
