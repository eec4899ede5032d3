"""The real OpenCode, driven by a scripted model, with our plugin installed."""

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
#: A person's own configuration, as OpenCode reads it.
OWN_CONFIG = """\
{
  "$schema": "https://opencode.ai/config.json", // the editor wants it
  /* The servers
     of this project. */
  "mcp": {
    "other": {"type": "local", "command": ["true"], "enabled": false}, // not now
  },
  "instructions": ["https://example.org//notes"],
}
"""


@pytest.fixture(scope="session")
def opencode_binary() -> Path:
    """Return OpenCode's program."""
    return agent_host_program("opencode")


@pytest.fixture
def opencode(opencode_binary: Path, workplace: Workplace) -> Run:
    """Return a function that runs one headless OpenCode session."""

    def run(url: str, prompt: str, *more: str) -> subprocess.CompletedProcess[str]:
        return workplace.run(
            *(str(opencode_binary), "run", "--format", "json", "--auto"),
            *(*more, prompt),
            OPENCODE_CONFIG_CONTENT=json.dumps(provider(url)),
            OPENCODE_DISABLE_AUTOUPDATE="1",
            OPENCODE_DISABLE_MODELS_FETCH="1",
            OPENCODE_DISABLE_LSP_DOWNLOAD="1",
            # It would install the types for plugins first, and wait for them.
            npm_config_offline="true",
        )

    return run


def provider(url: str) -> dict[str, object]:
    """Return the configuration that makes the scripted model the only one."""
    model = {
        "name": "Scripted",
        "tool_call": True,
        "limit": {"context": 128000, "output": 4096},
    }
    made = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Scripted",
        "options": {"baseURL": f"{url}/v1", "apiKey": "not-a-key"},
        "models": {"model": model},
    }
    return {
        "provider": {"scripted": made},
        "model": "scripted/model",
        "small_model": "scripted/model",
        "enabled_providers": ["scripted"],
        "autoupdate": False,
        "share": "disabled",
    }


@pytest.fixture
def judged(workplace: Workplace, tmp_path: Path) -> Workplace:
    """Return the workplace with the sample judge, and our plugin for the user."""
    add_sample(workplace, "judge", tmp_path)
    workplace.hookwright("install", "opencode", "--user")
    return workplace


def version_of(workplace: Workplace, program: Path) -> str:
    return workplace.run(str(program), "--version").stdout.split()[0]


def shell(command: str) -> Call:
    """Return a call of the shell tool."""
    return Call("bash", {"command": command, "description": "as the script says"})


def subagent(prompt: str) -> Call:
    """Return a call that starts a subagent."""
    given = {"prompt": prompt, "description": "scripted subagent"}
    return Call("task", {**given, "subagent_type": "general"})


def call_of(act: Act) -> Call:
    """Return what OpenCode's model calls to do it."""
    match act.does:
        case "shell":
            return shell(act.what)
        case "write":
            return Call("write", {"filePath": act.what, "content": act.new})
        case "read":
            return Call("read", {"filePath": act.what})
        case "edit":
            given = {"filePath": act.what, "oldString": act.old}
            return Call("edit", {**given, "newString": act.new})
        case "agent":
            return subagent(act.what)


def test_the_day_is_recorded_as_in_every_agent_host(
    workplace: Workplace, opencode: Run, opencode_binary: Path
) -> None:
    workplace.hookwright("install", "opencode", "--project")
    steps = [call_of(act) for act in acts_of_a_day(workplace.repository)]
    wire = OpenAiChatWire()
    model = ScriptedModel(steps, wire, subagent_call=shell("echo from-subagent"))
    with model.serving():
        done = opencode(model.url, PROMPT)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    workplace.wait_until_nothing_runs()

    found = recorded(workplace)
    assert list(differences(found)) == []
    offered = {name for body in model.requests for name in wire.read(body).offered}
    assert any(name.startswith("hookwright_") for name in offered)
    (session,) = workplace.json("session", "list")
    # Each request of a turn is counted once, those for a title are not told.
    asked = [wire.read(body) for body in model.requests]
    turns = [one for one in asked if one.offered]
    assert session["output_tokens"] == 20 * len(turns)
    assert (session["commits"], session["pushes"]) == (1, 1)
    compare("opencode", version_of(workplace, opencode_binary), events=found)


@long_run
def test_each_verdict_reaches_the_program_in_its_own_words(
    judged: Workplace, opencode: Run, opencode_binary: Path
) -> None:
    steps = [
        shell("echo deny-this > denied"),
        shell("echo rewrite-this > rewritten"),
        shell("echo tell-me"),
        shell("echo ask-first > asked"),
        subagent(f"{SUBAGENT} go"),
    ]
    inside = shell("echo deny-this > denied-inside")
    model = ScriptedModel(steps, OpenAiChatWire(), subagent_call=inside)
    with model.serving():
        done = opencode(model.url, PROMPT)
    judged.wait_until_nothing_runs()

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    results = model.tool_results()
    assert len(results) == 5
    assert DENIED in results[0]
    assert results[1].startswith("rewritten")
    assert results[2].startswith("tell-me")
    assert TOLD_WITH_CALL in results[2]
    assert ASKED in results[3]
    assert "A person has to allow this" in results[3]
    for name in ("denied", "rewritten", "asked", "denied-inside"):
        assert not (judged.repository / name).exists()
    of_subagent = [
        json.dumps(body)
        for body in model.requests
        if SUBAGENT in (text := OpenAiChatWire().read(body).text) and PROMPT not in text
    ]
    assert any(DENIED in body for body in of_subagent)
    assert any(TOLD_WITH_PROMPT in body for body in of_subagent)
    # In the system prompt of every turn, and not in that of a request for a title.
    told = [TOLD_AT_START in json.dumps(body) for body in model.requests]
    assert any(told)
    assert not all(told)
    assert model.was_told(TOLD_WITH_PROMPT)
    # Of the refused ones no result is told.
    found = recorded(judged)
    assert (found["tool_before shell"], found["tool_after shell"]) == (4, 2)
    assert found["subagent: tool_before shell"] == 1
    assert "subagent: tool_after shell" not in found
    assert (found["subagent_start"], found["subagent_stop"]) == (1, 1)

    with ScriptedModel([], OpenAiChatWire()).serving() as refused:
        done = opencode(refused.url, f"{PROMPT} refuse-this")
    assert done.returncode == 0
    assert not refused.was_told("refuse-this")
    assert refused.was_told(REFUSED)
    kept = "kept, the reason reached the model"
    compare(
        "opencode",
        version_of(judged, opencode_binary),
        answers={
            "deny a tool call": kept,
            "deny one of a subagent": kept,
            "ask the person": "cannot be said, so it is denied and the model told why",
            "rewrite a tool call": "the rewritten call ran",
            "refuse a prompt": "kept from the model, which is told why",
            "context at session start": "reached the model",
            "context with a prompt": "reached the model",
        },
    )


@long_run
def test_a_killed_daemon_neither_lets_anything_through_nor_loses_anything(
    judged: Workplace, opencode: Run, opencode_binary: Path
) -> None:
    judged.hookwright("install", "git", "--project")

    def kill() -> None:
        found = list(daemons(judged))
        assert found
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    steps = [
        shell("echo hi"),
        shell("echo deny-this > denied"),
        shell("echo 1 > f && git add f && git commit -q -m kept"),
        shell("echo deny-this > denied"),
    ]
    # The last time after the last call: the end of the session finds none.
    acts = {1: kill, 3: kill}
    with ActingModel(steps, OpenAiChatWire(), before=acts).serving() as model:
        done = opencode(model.url, PROMPT)
    judged.wait_until_nothing_runs()

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
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
    (session,) = judged.json("session", "list")
    assert session["output_tokens"] == 20 * (len(steps) + 1)
    compare(
        "opencode",
        version_of(judged, opencode_binary),
        answers={
            "deny without a daemon": "kept, the reason reached the model",
            "events of a time without a daemon": "all recorded, each once",
        },
    )


@long_run
def test_uninstall_gives_a_home_back_as_it_was(workplace: Workplace) -> None:
    own = workplace.repository / "opencode.jsonc"
    own.write_text(OWN_CONFIG)
    plugin = workplace.repository / ".opencode" / "plugin" / "mine.js"
    plugin.parent.mkdir(parents=True)
    plugin.write_text("export default async () => ({})\n")
    before = files(workplace)
    for scope in ("--project", "--user"):
        workplace.hookwright("install", "opencode", scope)
        assert files(workplace) != before
        assert ("hookwright" in own.read_text()) == (scope == "--project")
        workplace.hookwright("uninstall", "opencode", scope)
        assert files(workplace) == before
    # Changed since by the person: only what is ours goes.
    workplace.hookwright("install", "opencode")
    own.write_text(own.read_text().replace("// not now", "// later"))
    workplace.hookwright("uninstall", "opencode")
    assert own.read_text() == OWN_CONFIG.replace("// not now", "// later")


def files(workplace: Workplace) -> dict[Path, bytes]:
    """Return every file of the home and the repository."""
    return {
        path: path.read_bytes()
        for top in (workplace.home, workplace.repository)
        for path in top.rglob("*")
        if path.is_file()
    }
