"""The real Copilot CLI, driven by a scripted model, with our hooks installed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import agent_host_program
from .day import Act, acts_of_a_day, calls_of_two_ids, differences, recorded
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
from .openai_chat_wire import OpenAiChatWire
from .scripted_model import PROMPT, SUBAGENT, Call, ScriptedModel
from .truth import compare

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(240)]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def copilot_binary() -> Path:
    """Return Copilot CLI's program."""
    return agent_host_program("copilot")


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where Copilot CLI unpacks itself once, some 300 MB."""
    return tmp_path_factory.mktemp("copilot")


@pytest.fixture
def copilot(copilot_binary: Path, workplace: Workplace, unpacked: Path) -> Run:
    """Return a function that runs one headless Copilot CLI session."""

    def run(url: str, prompt: str, *more: str) -> subprocess.CompletedProcess[str]:
        return workplace.run(
            str(copilot_binary),
            *("-p", prompt, "--allow-all-tools", "--allow-all-paths", "--no-color"),
            *more,
            COPILOT_ALLOW_ALL="true",
            COPILOT_AUTO_UPDATE="false",
            COPILOT_MODEL="mock-model",
            COPILOT_OFFLINE="true",
            COPILOT_PROVIDER_API_KEY="not-a-key",
            COPILOT_PROVIDER_BASE_URL=f"{url}/v1",
            COPILOT_PROVIDER_TYPE="openai",
            XDG_CACHE_HOME=str(unpacked),
        )

    return run


@pytest.fixture
def judged(workplace: Workplace, tmp_path: Path) -> Workplace:
    """Return the workplace with the sample judge, and nothing installed yet."""
    add_sample(workplace, "judge", tmp_path)
    return workplace


def shell(command: str) -> Call:
    """Return a call of the shell tool."""
    return Call("bash", {"command": command, "description": "scripted"})


def subagent(prompt: str) -> Call:
    """Return a call that starts a subagent."""
    given = {"prompt": prompt, "agent_type": "general-purpose", "name": "scripted"}
    return Call("task", {**given, "description": "scripted subagent"})


def call_of(act: Act) -> Call:
    """Return what Copilot CLI's model calls to do it."""
    match act.does:
        case "shell":
            return shell(act.what)
        case "write":
            return Call("create", {"path": act.what, "file_text": act.new})
        case "read":
            return Call("view", {"path": act.what})
        case "edit":
            given = {"path": act.what, "old_str": act.old, "new_str": act.new}
            return Call("edit", given)
        case "agent":
            return subagent(act.what)


def day_of(place: Workplace, copilot: Run) -> ScriptedModel:
    """Run the common day; return the model."""
    steps = [call_of(act) for act in acts_of_a_day(place.repository)]
    inside = shell("echo from-subagent")
    model = ScriptedModel(steps, OpenAiChatWire(), subagent_call=inside)
    with model.serving():
        done = copilot(model.url, PROMPT)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    place.wait_until_nothing_runs()
    return model


def version_of(place: Workplace, binary: Path) -> str:
    """Return the program's version."""
    said = place.run(str(binary), "--version", COPILOT_AUTO_UPDATE="false").stdout
    return said.split()[3].rstrip(".")


def events_of(place: Workplace) -> list[dict[str, Any]]:
    """Return what the event log holds."""
    said = place.hookwright("events", "--count", "10000", "--json")
    return [json.loads(line) for line in said.splitlines()]


def test_the_day_is_recorded_as_in_every_agent_host(
    workplace: Workplace, copilot: Run, copilot_binary: Path
) -> None:
    workplace.hookwright("install", "copilot", "--project")
    model = day_of(workplace, copilot)

    found = recorded(workplace)
    assert list(differences(found)) == []
    events = events_of(workplace)
    assert {event["agent_host"] for event in events} == {"copilot"}
    # Every model call is counted, once, and put down to who made it.
    usage = [event for event in events if event["kind"] == "usage_reported"]
    assert len(usage) == len(model.requests)
    assert Counter(event["agent"]["name"] for event in usage) == {
        "main": len(model.requests) - 2,
        "general-purpose": 2,
    }
    assert {event["cache_read_tokens"] for event in usage} == {40}
    assert min(event["input_tokens"] for event in usage) == 101
    assert list(calls_of_two_ids(events)) == []
    compare("copilot", version_of(workplace, copilot_binary), events=found)


def judge_everything(place: Workplace, copilot: Run, *more: Call) -> list[str]:
    """Have each verdict given, look at what became of it; return what more gave."""
    steps = [
        shell("echo deny-this > denied"),
        shell("echo rewrite-this > rewritten"),
        shell("echo tell-me"),
        shell("echo ask-first > asked"),
        subagent(f"{SUBAGENT} go"),
        *more,
    ]
    inside = shell("echo deny-this > denied-inside")
    model = ScriptedModel(steps, OpenAiChatWire(), subagent_call=inside)
    with model.serving():
        done = copilot(model.url, PROMPT)
    place.wait_until_nothing_runs()

    assert done.returncode == 0, done.stdout[-2000:]
    results = model.tool_results()
    assert DENIED in results[0]
    assert results[1].startswith("rewritten\n")
    assert results[2].startswith("tell-me\n")
    assert ASKED in results[3]
    assert len(results) == 5 + len(more)
    for name in ("denied", "rewritten", "asked", "denied-inside"):
        assert not (place.repository / name).exists()
    inside_told = [
        body
        for body in model.requests
        if PROMPT not in OpenAiChatWire().read(body).text
    ]
    assert any(DENIED in json.dumps(body) for body in inside_told)
    for text in (TOLD_WITH_CALL, TOLD_AT_START, TOLD_WITH_PROMPT):
        assert model.was_told(text)
    # Of the refused ones no result is told.
    found = recorded(place)
    assert (found["tool_before shell"], found["tool_after shell"]) == (4, 2)
    assert found["subagent: tool_before shell"] == 1
    assert (found["subagent_start"], found["subagent_stop"]) == (1, 1)
    assert (found["session_start"], found["prompt_submit"]) == (1, 1)

    with ScriptedModel([], OpenAiChatWire()).serving() as refused:
        done = copilot(refused.url, f"{PROMPT} refuse-this")
    assert not refused.was_told("refuse-this")
    assert REFUSED in done.stdout + done.stderr
    return results[5:]


@long_run
def test_each_verdict_reaches_the_program_in_its_own_words(
    judged: Workplace, copilot: Run, copilot_binary: Path
) -> None:
    judged.hookwright("install", "copilot", "--user")
    # The MCP server is registered for the user.
    (listed,) = judge_everything(judged, copilot, Call("hookwright-session_list", {}))
    assert "copilot" in listed
    kept = "kept, the reason reached the model"
    compare(
        "copilot",
        version_of(judged, copilot_binary),
        answers={
            "deny a tool call": kept,
            "deny one of a subagent": kept,
            "ask the person": "denied in a headless run, the reason reached the model",
            "rewrite a tool call": "the rewritten call ran",
            "refuse a prompt": "kept from the model, the person is told why",
            "context at session start": "reached the model",
            "context with a prompt": "reached the model",
        },
    )


@long_run
def test_hooks_of_claude_code_alone_guard_copilot_as_well(
    judged: Workplace, copilot: Run
) -> None:
    judged.hookwright("install", "claude-code", "--project")
    judge_everything(judged, copilot)
    events = events_of(judged)
    assert {event["agent_host"] for event in events} == {"copilot"}
    agents = {event["agent"]["id"] for event in events}
    assert agents == {"copilot/main", "copilot/general-purpose"}


@long_run
def test_hooks_of_both_count_everything_once(
    workplace: Workplace, copilot: Run
) -> None:
    workplace.hookwright("install", "claude-code", "copilot", "--project")
    model = day_of(workplace, copilot)
    assert list(differences(recorded(workplace))) == []
    events = events_of(workplace)
    assert {event["agent_host"] for event in events} == {"copilot"}
    usage = [event for event in events if event["kind"] == "usage_reported"]
    assert len(usage) == len(model.requests)


@long_run
@pytest.mark.parametrize("hosts", [["copilot"], ["claude-code"]], ids=lambda h: h[0])
def test_a_killed_daemon_neither_lets_anything_through_nor_loses_anything(
    judged: Workplace, copilot: Run, copilot_binary: Path, hosts: list[str]
) -> None:
    judged.hookwright("install", *hosts, "--project")

    def kill() -> None:
        found = list(daemons(judged))
        assert found
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    commit = "echo 1 > f && git add f && git commit -q -m kept"
    denied = shell("echo deny-this > denied")
    steps = [shell("echo hi"), denied, shell(commit), denied]
    acts = {1: kill, 2: kill}
    with ActingModel(steps, OpenAiChatWire(), before=acts).serving() as model:
        done = copilot(model.url, PROMPT)
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
    if hosts == ["copilot"]:
        compare(
            "copilot",
            version_of(judged, copilot_binary),
            answers={
                "deny without a daemon": "kept, the reason reached the model",
                "events of a time without a daemon": "all recorded, each once",
            },
        )


@long_run
def test_the_plugin_of_claude_codes_format_serves_copilot(
    judged: Workplace, copilot: Run, copilot_binary: Path
) -> None:
    plugin = judged.home / "plugin"
    judged.hookwright("install", "claude-code", "--plugin-dir", str(plugin))
    given = {"COPILOT_AUTO_UPDATE": "false", "COPILOT_OFFLINE": "true"}
    for words in (
        ("marketplace", "add", str(plugin)),
        ("install", "hookwright@hookwright-local"),
    ):
        done = judged.run(str(copilot_binary), "plugin", *words, **given)
        assert done.returncode == 0, done.stdout + done.stderr
    steps = [shell("echo hi"), shell("echo deny-this > denied")]
    with ScriptedModel(steps, OpenAiChatWire()).serving() as model:
        copilot(model.url, PROMPT)
    judged.wait_until_nothing_runs()

    assert DENIED in model.tool_results()[1]
    assert not (judged.repository / "denied").exists()
    found = recorded(judged)
    assert (found["session_start"], found["tool_before shell"]) == (1, 2)
    assert {event["agent_host"] for event in events_of(judged)} == {"copilot"}


@long_run
def test_uninstall_gives_a_home_back_as_it_was(workplace: Workplace) -> None:
    hook = json.dumps({"type": "command", "bash": "true"})
    files = {
        workplace.repository / ".github/copilot/settings.local.json": (
            f'{{ "model":"x" ,\n\t"hooks": {{"preToolUse": [{hook}]}} }}'
        ),
        workplace.home / ".copilot/hooks/mine.json": '{"version": 1, "hooks": {}}',
        workplace.home / ".copilot/mcp-config.json": (
            '{"mcpServers" : {"other": {"command": "true", "args": []} } }\n'
        ),
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True) if not path.parent.exists() else None
        path.write_text(text)
    before = snapshot(workplace)
    for scope in ("--project", "--user"):
        workplace.hookwright("install", "copilot", scope)
        assert snapshot(workplace) != before
        workplace.hookwright("uninstall", "copilot", scope)
        assert snapshot(workplace) == before
    workplace.wait_until_nothing_runs()


def snapshot(place: Workplace) -> dict[Path, bytes]:
    """Return all files of the person's home and repository."""
    return {
        path: path.read_bytes()
        for top in (place.home, place.repository)
        for path in top.rglob("*")
        if path.is_file()
    }
