"""The real Gemini CLI, driven by a scripted model, with our hooks installed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import agent_host_program
from .day import Act, acts_of_a_day, differences, recorded
from .gemini_wire import GeminiWire
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

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(240)]
IN_SUBAGENT = Call("run_shell_command", {"command": "echo from-subagent"})
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def gemini_binary() -> Path:
    """Return Gemini CLI's program."""
    return agent_host_program("gemini")


@pytest.fixture
def gemini(gemini_binary: Path, workplace: Workplace) -> Run:
    """Return a function that runs one headless Gemini CLI session."""
    # Its shell hides the person's own git configuration.
    workplace.git("config", "user.name", "Test Person")
    workplace.git("config", "user.email", "person@example.org")
    settings = workplace.home / ".gemini" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(
        "// A person's own.\n"
        + json.dumps(
            {
                "security": {"auth": {"selectedType": "gemini-api-key"}},
                "privacy": {"usageStatisticsEnabled": False},
                "general": {"enableAutoUpdate": False},
                "telemetry": {"enabled": False},
            }
        )
    )

    def run(
        url: str, prompt: str, *more: str, trusted: bool = True
    ) -> subprocess.CompletedProcess[str]:
        # The option is read too late for the project's settings.
        trust = {"GEMINI_CLI_TRUST_WORKSPACE": "true"} if trusted else {}
        more = more if trusted else (*more, "--skip-trust")
        return workplace.run(
            str(gemini_binary),
            *("-p", prompt, "-m", "gemini-2.5-pro", "--yolo"),
            *("-o", "stream-json", *more),
            GOOGLE_GEMINI_BASE_URL=url,
            GEMINI_API_KEY="not-a-key",
            GEMINI_CLI_NO_RELAUNCH="true",
            CI="1",
            **trust,
        )

    return run


@pytest.fixture
def judged(workplace: Workplace, gemini: Run, tmp_path: Path) -> Workplace:
    """Return the workplace with the sample judge, and our extension for the user."""
    add_sample(workplace, "judge", tmp_path)
    workplace.hookwright("install", "gemini", "--user")
    return workplace


def shell(command: str) -> Call:
    """Return a call of the shell tool."""
    return Call("run_shell_command", {"command": command})


def call_of(act: Act) -> Call:
    """Return what Gemini CLI's model calls to do it."""
    match act.does:
        case "shell":
            return Call("run_shell_command", {"command": act.what})
        case "write":
            return Call("write_file", {"file_path": act.what, "content": act.new})
        case "read":
            return Call("read_file", {"file_path": act.what})
        case "edit":
            given = {"file_path": act.what, "old_string": act.old}
            more = {"new_string": act.new, "instruction": "as the script says"}
            return Call("replace", {**given, **more})
        case "agent":
            given = {"prompt": act.what, "agent_name": "generalist"}
            return Call("invoke_agent", given)


def test_the_day_is_recorded_as_in_every_agent_host(
    workplace: Workplace, gemini: Run, gemini_binary: Path
) -> None:
    workplace.hookwright("install", "gemini", "--project")
    steps = [call_of(act) for act in acts_of_a_day(workplace.repository)]
    model = ScriptedModel(steps, GeminiWire(), subagent_call=IN_SUBAGENT)
    with model.serving():
        done = gemini(model.url, PROMPT)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    workplace.wait_until_nothing_runs()

    found = recorded(workplace)
    assert list(differences(found)) == []
    offered = {
        name for body in model.requests for name in model.wire.read(body).offered
    }
    assert any(name.startswith("mcp_hookwright_") for name in offered), offered
    version = workplace.run(str(gemini_binary), "--version").stdout.split()[0]
    compare("gemini", version, events=found)


@long_run
def test_each_verdict_reaches_the_program_in_its_own_words(
    judged: Workplace, gemini: Run, gemini_binary: Path
) -> None:
    steps = [
        shell("echo deny-this > denied"),
        shell("echo rewrite-this > rewritten"),
        shell("echo tell-me"),
        shell("echo ask-first > asked"),
        Call("invoke_agent", {"prompt": f"{SUBAGENT} go", "agent_name": "generalist"}),
    ]
    inside = shell("echo deny-this > denied-inside")
    model = ScriptedModel(steps, GeminiWire(), subagent_call=inside)
    with model.serving():
        done = gemini(model.url, PROMPT, trusted=False)
    judged.wait_until_nothing_runs()

    assert done.returncode == 0, done.stdout[-2000:]
    results = model.tool_results()
    assert DENIED in results[0]
    assert "Output: rewritten" in results[1]
    assert TOLD_WITH_CALL in results[2]
    assert "Output: tell-me" in results[2]
    assert ASKED in results[3]
    assert len(results) == 5
    for name in ("denied", "rewritten", "asked", "denied-inside"):
        assert not (judged.repository / name).exists()
    inside_told = [
        body for body in model.requests if PROMPT not in GeminiWire().read(body).text
    ]
    assert any(DENIED in json.dumps(body) for body in inside_told)
    assert model.was_told(TOLD_AT_START)
    assert model.was_told(TOLD_WITH_PROMPT)
    # Of the refused ones no result is told.
    found = recorded(judged)
    assert (found["tool_before shell"], found["tool_after shell"]) == (4, 2)
    assert found["subagent: tool_before shell"] == 1
    assert (found["subagent_start"], found["subagent_stop"]) == (1, 1)

    with ScriptedModel([], GeminiWire()).serving() as refused:
        done = gemini(refused.url, f"{PROMPT} refuse-this")
    assert not refused.was_told("refuse-this")
    assert REFUSED in done.stdout + done.stderr
    version = judged.run(str(gemini_binary), "--version").stdout.split()[0]
    kept = "kept, the reason reached the model"
    compare(
        "gemini",
        version,
        answers={
            "deny a tool call": kept,
            "deny one of a subagent": kept,
            "ask the person": "cannot be said to a headless run, so it is denied",
            "rewrite a tool call": "the rewritten call ran",
            "refuse a prompt": "kept from the model, the person is told why",
            "context at session start": "reached the model",
            "context with a prompt": "reached the model",
        },
    )


@long_run
def test_a_killed_daemon_neither_lets_anything_through_nor_loses_anything(
    judged: Workplace, gemini: Run, gemini_binary: Path
) -> None:
    def kill() -> None:
        found = list(daemons(judged))
        assert found
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    commit = "echo 1 > f && git add f && git commit -q -m kept"
    steps = [
        shell("echo hi"),
        shell("echo deny-this > denied"),
        shell(commit),
        shell("echo deny-this > denied"),
    ]
    acts = {1: kill, 2: kill}
    with ActingModel(steps, GeminiWire(), before=acts).serving() as model:
        done = gemini(model.url, PROMPT)
    judged.wait_until_nothing_runs()

    assert done.returncode == 0
    results = model.tool_results()
    assert [DENIED in result for result in results] == [False, True, False, True]
    assert not (judged.repository / "denied").exists()
    found = recorded(judged)
    told = {word: found[word] for word in found if not word.startswith("usage")}
    assert told == {
        "session_start": 1,
        "prompt_submit": 1,
        "tool_before shell": 4,
        "tool_after shell": 2,
        "commit": 1,
        "turn_end": 1,
        "session_end": 1,
    }
    version = judged.run(str(gemini_binary), "--version").stdout.split()[0]
    compare(
        "gemini",
        version,
        answers={
            "deny without a daemon": "kept, the reason reached the model",
            "events of a time without a daemon": "all recorded, each once",
        },
    )


@long_run
def test_a_shortened_context_is_told_from_a_mere_look_at_its_length(
    workplace: Workplace, gemini: Run
) -> None:
    workplace.hookwright("install", "gemini", "--project")
    # Of a million tokens: less than any request has.
    settings = workplace.repository / ".gemini" / "settings.json"
    given = json.loads(settings.read_text())
    given["model"] = {"compressionThreshold": 0.0001}
    settings.write_text(json.dumps(given))
    with ScriptedModel([shell("echo one")], GeminiWire()).serving() as model:
        gemini(model.url, PROMPT)
        done = gemini(model.url, "go on", "--resume", "latest")
    workplace.wait_until_nothing_runs()

    assert done.returncode == 0
    assert model.was_told("<state_snapshot>scripted</state_snapshot>")
    said = workplace.hookwright("events", "--count", "10000", "--json")
    events = [json.loads(line) for line in said.splitlines()]
    told = [event for event in events if event["kind"] == "compaction"]
    assert {event["phase"] for event in told} == {"after"}
    assert "scripted" in told[0]["summary"]


@long_run
def test_uninstall_gives_a_home_back_as_it_was(
    workplace: Workplace, gemini: Run
) -> None:
    own = workplace.repository / ".gemini" / "settings.json"
    own.parent.mkdir()
    hook = {"type": "command", "command": "true", "name": "mine"}
    own.write_text(
        '{\n  // mine\n  "mcpServers": {"other": {"command": "true"}},\n'
        f'  "hooks": {{"AfterAgent": [{{"hooks": [{json.dumps(hook)}]}}]}} /* me */\n}}'
    )
    before = {
        path: path.read_bytes()
        for top in (workplace.home, workplace.repository)
        for path in top.rglob("*")
        if path.is_file()
    }
    for scope in ("--project", "--user"):
        workplace.hookwright("install", "gemini", scope)
        assert own.read_bytes() != before[own] or scope == "--user"
        workplace.hookwright("uninstall", "gemini", scope)
    workplace.wait_until_nothing_runs()
    after = {
        path: path.read_bytes()
        for top in (workplace.home, workplace.repository)
        for path in top.rglob("*")
        if path.is_file()
    }
    assert after == before
