"""What the real Claude Code does with each verdict, for the table of all hosts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .anthropic_wire import AnthropicWire
from .day import recorded
from .judged import (
    ASKED,
    DENIED,
    REFUSED,
    TOLD_AT_START,
    TOLD_WITH_CALL,
    TOLD_WITH_PROMPT,
    ActingModel,
    add_sample,
    daemons,
)
from .long_runs import long_run
from .scripted_model import PROMPT, SUBAGENT, Call, ScriptedModel
from .truth import compare

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = pytest.mark.conformance
Run = Callable[..., subprocess.CompletedProcess[str]]
KEPT = "kept, the reason reached the model"


def shell(command: str) -> Call:
    return Call("Bash", {"command": command})


@pytest.fixture
def judged(workplace: Workplace, tmp_path: Path) -> Workplace:
    """Return a workplace whose Hookwright has the judge."""
    add_sample(workplace, "judge", tmp_path / "judge")
    workplace.hookwright("install", "claude-code", "--project")
    return workplace


def version_of(place: Workplace, program: Path) -> str:
    return place.run(str(program), "--version").stdout.split()[0]


@long_run
def test_each_verdict_reaches_the_program_in_its_own_words(
    judged: Workplace, claude: Run, claude_binary: Path
) -> None:
    asked = {"prompt": f"{SUBAGENT} go", "description": "scripted subagent"}
    steps = [
        shell("echo deny-this > denied"),
        shell("echo rewrite-this > rewritten"),
        shell("echo tell-me"),
        shell("echo ask-first > asked"),
        Call("Agent", {**asked, "subagent_type": "general-purpose"}),
        shell("sleep 3"),
    ]
    inside = shell("echo deny-this > denied-inside")
    model = ScriptedModel(steps, AnthropicWire(), subagent_call=inside)
    with model.serving():
        done = claude(model.url, PROMPT)
    with ScriptedModel([], AnthropicWire()).serving() as refused:
        claude(refused.url, f"{PROMPT} refuse-this")
    judged.wait_until_nothing_runs()

    assert done.returncode == 0, done.stdout[-2000:]
    results = model.tool_results()
    assert len(results) == len(steps)
    assert DENIED in results[0]
    assert results[1].startswith("rewritten")
    assert results[2].startswith("tell-me")
    assert ASKED in results[3]
    for name in ("denied", "rewritten", "asked", "denied-inside"):
        assert not (judged.repository / name).exists()
    wire = AnthropicWire()
    within = [body for body in model.requests if PROMPT not in wire.read(body).text]
    assert any(DENIED in json.dumps(body) for body in within)
    for text in (TOLD_WITH_CALL, TOLD_AT_START, TOLD_WITH_PROMPT):
        assert model.was_told(text)
    assert not refused.was_told("refuse-this")
    assert not refused.was_told(REFUSED)
    compare(
        "claude-code",
        version_of(judged, claude_binary),
        answers={
            "deny a tool call": KEPT,
            "deny one of a subagent": KEPT,
            "ask the person": "denied in a headless run, the reason reached the model",
            "rewrite a tool call": "the rewritten call ran",
            "refuse a prompt": "kept from the model",
            "context at session start": "reached the model",
            "context with a prompt": "reached the model",
        },
    )


@long_run
def test_a_killed_daemon_neither_lets_anything_through_nor_loses_anything(
    judged: Workplace, claude: Run, claude_binary: Path
) -> None:
    def kill() -> None:
        found = list(daemons(judged))
        assert found
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    denied = shell("echo deny-this > denied")
    steps = [shell("echo hi"), denied, shell("echo on"), denied]
    model = ActingModel(steps, AnthropicWire(), before={1: kill, 2: kill})
    with model.serving():
        done = claude(model.url, PROMPT)
    judged.wait_until_nothing_runs()

    assert done.returncode == 0
    results = model.tool_results()
    assert [DENIED in result for result in results] == [False, True, False, True]
    assert not (judged.repository / "denied").exists()
    found = recorded(judged)
    assert (found["tool_before shell"], found["tool_after shell"]) == (4, 2)
    kinds = ("session_start", "prompt_submit", "turn_end", "session_end")
    assert [found[kind] for kind in kinds] == [1, 1, 1, 1]
    compare(
        "claude-code",
        version_of(judged, claude_binary),
        answers={
            "deny without a daemon": KEPT,
            "events of a time without a daemon": "all recorded, each once",
        },
    )
