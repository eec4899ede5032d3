"""The real Codex CLI, driven by a scripted model, with our hooks installed.

No run skips Codex's own check of what hooks it trusts, but that of a plugin.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from .openai_responses_wire import TEXT, OpenAiResponsesWire
from .scripted_model import PROMPT, SUBAGENT, Call, ScriptedModel
from .truth import compare

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(240)]
Run = Callable[..., subprocess.CompletedProcess[str]]
WIRE = OpenAiResponsesWire()
#: A model with one tool for each thing, and one that writes scripts which call them.
MODEL, SCRIPTING_MODEL = "gpt-5.5", "gpt-6-sol"
#: Codex has no tool that reads a text file, so the shell does.
LACKING = {
    "tool_before read": 1,
    "tool_after read": 1,
    "tool_before shell": -1,
    "tool_after shell": -1,
}


@pytest.fixture(scope="session")
def codex_binary() -> Path:
    """Return Codex CLI's program."""
    return agent_host_program("codex")


@pytest.fixture
def config(workplace: Workplace) -> Path:
    """Return a person's configuration, which trusts the repository."""
    path = workplace.home / ".codex" / "config.toml"
    path.parent.mkdir()
    path.write_text(
        "# Mine.\n"
        'file_opener = "none" # not now\n\n'
        f'[projects."{workplace.repository}"]\n'
        'trust_level = "trusted"\n\n'
        "[mcp_servers.other] # rarely\n"
        'command = "true"\n'
        "enabled = false\n"
        "# The end.\n"
    )
    return path


@pytest.fixture
def codex(codex_binary: Path, workplace: Workplace, config: Path) -> Run:
    """Return a function that runs one headless Codex session."""

    def run(
        url: str, prompt: str, *more: str, model: str = MODEL
    ) -> subprocess.CompletedProcess[str]:
        settings = {
            "model_provider": '"scripted"',
            "model_providers.scripted.name": '"Scripted"',
            "model_providers.scripted.base_url": f'"{url}/v1"',
            "model_providers.scripted.wire_api": '"responses"',
            "model_providers.scripted.env_key": '"SCRIPTED_KEY"',
            "model_providers.scripted.request_max_retries": "1",
            "model_providers.scripted.stream_max_retries": "1",
            # Else the model has to look the tools for subagents up first.
            "features.multi_agent_v2": "true",
        }
        given = [word for key in settings for word in ("-c", f"{key}={settings[key]}")]
        return workplace.run(
            *(str(codex_binary), "exec", "-m", model, *given),
            *("--dangerously-bypass-approvals-and-sandbox", *more, prompt),
            SCRIPTED_KEY="not-a-key",
        )

    return run


@pytest.fixture
def judged(workplace: Workplace, config: Path, tmp_path: Path) -> Workplace:
    """Return the workplace with the sample judge, and our hooks for the user."""
    add_sample(workplace, "judge", tmp_path)
    workplace.hookwright("install", "codex", "--user")
    return workplace


def version_of(workplace: Workplace, program: Path) -> str:
    return workplace.run(str(program), "--version").stdout.split()[-1]


def shell(command: str) -> Call:
    """Return a call of the shell tool."""
    return Call("exec_command", {"cmd": command})


def patch(*lines: str) -> str:
    """Return a patch in Codex's format."""
    return "\n".join(("*** Begin Patch", *lines, "*** End Patch")) + "\n"


def subagent(prompt: str) -> Call:
    """Return a call that starts a subagent, which is told nothing but the prompt."""
    given = {"message": prompt, "task_name": "scripted"}
    return Call("spawn_agent", {**given, "fork_turns": "none"})


def call_of(act: Act) -> Call:
    """Return what Codex's model calls to do it."""
    match act.does:
        case "shell":
            return shell(act.what)
        case "read":
            return shell(f"cat {act.what}")
        case "write":
            lines = [f"+{line}" for line in act.new.splitlines()]
            text = patch(f"*** Add File: {act.what}", *lines)
            return Call("apply_patch", {TEXT: text})
        case "edit":
            lines = [f"*** Update File: {act.what}", "@@"]
            text = patch(*lines, f"-{act.old}", f"+{act.new}")
            return Call("apply_patch", {TEXT: text})
        case "agent":
            return subagent(act.what)


def hooks_that_codex_lists(place: Workplace, program: Path) -> list[dict[str, Any]]:
    """Return what Codex's app server says of each hook in the repository."""
    opening = {"clientInfo": {"name": "test", "version": "1"}}
    asked = {"cwds": [str(place.repository)]}
    requests = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening},
        {"jsonrpc": "2.0", "id": 2, "method": "hooks/list", "params": asked},
    ]
    with subprocess.Popen(
        [program, "app-server"],
        cwd=place.repository,
        env=place.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for request in requests:
            server.stdin.write(json.dumps(request) + "\n")
            server.stdin.flush()
        said = (json.loads(line) for line in server.stdout)
        answer = next(message for message in said if message.get("id") == 2)
        server.stdin.close()
    (here,) = answer["result"]["data"]
    assert here["warnings"] == here["errors"] == []
    listed: list[dict[str, Any]] = here["hooks"]
    return listed


def test_the_day_is_recorded_as_in_every_agent_host(
    workplace: Workplace, codex: Run, codex_binary: Path
) -> None:
    workplace.hookwright("install", "codex", "--project")
    listed = hooks_that_codex_lists(workplace, codex_binary)
    assert len(listed) == 11
    assert {hook["trustStatus"] for hook in listed} == {"trusted"}
    servers = json.loads(
        workplace.run(str(codex_binary), "mcp", "list", "--json").stdout
    )
    assert "hookwright" in {server["name"] for server in servers}

    steps = [call_of(act) for act in acts_of_a_day(workplace.repository)]
    inside = shell("echo from-subagent")
    model = ScriptedModel(steps, WIRE, subagent_call=inside)
    with model.serving():
        done = codex(model.url, PROMPT)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    workplace.wait_until_nothing_runs()

    found = recorded(workplace)
    assert list(differences(found, LACKING)) == []
    (session,) = workplace.json("session", "list")
    assert session["output_tokens"] == 20 * len(model.requests)
    # The shell's git hooks knew whose session it was.
    assert (session["commits"], session["pushes"]) == (1, 1)
    compare("codex", version_of(workplace, codex_binary), events=found)


@long_run
def test_each_verdict_reaches_the_program_in_its_own_words(
    judged: Workplace, codex: Run, codex_binary: Path
) -> None:
    steps = [
        shell("echo deny-this > denied"),
        shell("echo rewrite-this > rewritten"),
        shell("echo tell-me"),
        shell("echo ask-first > asked"),
        subagent(f"{SUBAGENT} go"),
        shell("sleep 3"),
    ]
    inside = shell("echo deny-this > denied-inside")
    model = ScriptedModel(steps, WIRE, subagent_call=inside)
    with model.serving():
        done = codex(model.url, PROMPT)
    judged.wait_until_nothing_runs()

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    results = model.tool_results()
    assert len(results) == 6
    assert DENIED in results[0]
    assert "Output:\nrewritten\n" in results[1]
    assert "Output:\ntell-me\n" in results[2]
    assert ASKED in results[3]
    assert "ask the person to run it themselves" in results[3]
    for name in ("denied", "rewritten", "asked", "denied-inside"):
        assert not (judged.repository / name).exists()
    of_subagent = [
        json.dumps(body)
        for body in model.requests
        if SUBAGENT in (text := WIRE.read(body).text) and PROMPT not in text
    ]
    assert any(DENIED in body for body in of_subagent)
    for text in (TOLD_AT_START, TOLD_WITH_PROMPT, TOLD_WITH_CALL):
        assert model.was_told(text)
    # Of the refused ones no result is told.
    found = recorded(judged)
    assert (found["tool_before shell"], found["tool_after shell"]) == (5, 3)
    assert found["subagent: tool_before shell"] == 1
    assert "subagent: tool_after shell" not in found

    with ScriptedModel([], WIRE).serving() as refused:
        done = codex(refused.url, f"{PROMPT} refuse-this")
    assert not refused.was_told("refuse-this")
    # A headless run shows a person no more than that.
    assert "hook: UserPromptSubmit Blocked" in done.stderr
    assert not refused.was_told(REFUSED)
    kept = "kept, the reason reached the model"
    compare(
        "codex",
        version_of(judged, codex_binary),
        answers={
            "deny a tool call": kept,
            "deny one of a subagent": kept,
            "ask the person": "cannot be said, so it is denied and the model told why",
            "rewrite a tool call": "the rewritten call ran",
            "refuse a prompt": "kept from the model, a headless run does not say why",
            "context at session start": "reached the model",
            "context with a prompt": "reached the model",
        },
    )


@long_run
def test_what_a_script_of_the_models_calls_is_judged_and_recorded(
    judged: Workplace, codex: Run
) -> None:
    added = json.dumps(patch("*** Add File: made.txt", "+alpha"))
    by_shell = patch("*** Update File: made.txt", "@@", "-alpha", "+beta")
    heredoc = json.dumps(f"apply_patch <<'EOF'\n{by_shell}EOF")
    script = (
        "const call = async (made) => { try { text(JSON.stringify(await made)) } "
        "catch (error) { text(String(error)) } };"
        'await call(tools.exec_command({cmd: "echo deny-this > denied"}));'
        'await call(tools.exec_command({cmd: "false"}));'
        f"await call(tools.apply_patch({added}));"
        f"await call(tools.exec_command({{cmd: {heredoc}}}));"
    )
    with ScriptedModel([Call("exec", {TEXT: script})], WIRE).serving() as model:
        done = codex(model.url, PROMPT, model=SCRIPTING_MODEL)
    judged.wait_until_nothing_runs()

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (result,) = model.tool_results()
    assert DENIED in result
    assert not (judged.repository / "denied").exists()
    assert (judged.repository / "made.txt").read_text() == "beta\n"
    found = recorded(judged)
    assert found["tool_before shell"] == 3
    assert (found["tool_after shell failed"], found["tool_after shell"]) == (1, 1)
    assert (found["tool_before write"], found["tool_after write"]) == (1, 1)
    assert (found["file_changed created"], found["file_changed modified"]) == (1, 1)


@long_run
def test_a_killed_daemon_neither_lets_anything_through_nor_loses_anything(
    judged: Workplace, codex: Run, codex_binary: Path
) -> None:
    judged.hookwright("install", "git", "--project")

    def kill() -> None:
        found = list(daemons(judged))
        assert found
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    added = patch("*** Add File: f", "+alpha")
    steps = [
        shell("echo hi"),
        shell("echo deny-this > denied"),
        shell(f"apply_patch <<'EOF'\n{added}EOF"),
        shell("git add f && git commit -q -m kept; false"),
        shell("echo deny-this > denied"),
    ]
    acts = {1: kill, 3: kill, 4: kill}
    with ActingModel(steps, WIRE, before=acts).serving() as model:
        done = codex(model.url, PROMPT)
    judged.wait_until_nothing_runs()

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    results = model.tool_results()
    assert [DENIED in result for result in results] == [False, True, False, False, True]
    assert not (judged.repository / "denied").exists()
    found = recorded(judged)
    told = {word: found[word] for word in found if not word.startswith("usage")}
    assert told == {
        "session_start": 1,
        "prompt_submit": 1,
        "tool_before shell": 5,
        "tool_after shell": 2,
        "tool_after shell failed": 1,
        "file_changed created": 1,
        "commit": 1,
        "turn_end": 1,
        "session_end": 1,
    }
    (session,) = judged.json("session", "list")
    assert session["output_tokens"] == 20 * (len(steps) + 1)
    compare(
        "codex",
        version_of(judged, codex_binary),
        answers={
            "deny without a daemon": "kept, the reason reached the model",
            "events of a time without a daemon": "all recorded, each once",
        },
    )


@long_run
def test_one_directory_holds_the_plugins_for_codex_and_for_claude_code(
    workplace: Workplace, codex: Run, codex_binary: Path
) -> None:
    place = workplace.home / "plugin"
    for agent_host in ("claude-code", "codex"):
        workplace.hookwright("install", agent_host, "--plugin-dir", str(place))
    for words in (
        ["marketplace", "add", str(place)],
        ["add", "hookwright@hookwright-local"],
    ):
        done = workplace.run(str(codex_binary), "plugin", *words)
        assert done.returncode == 0, done.stdout + done.stderr
    listed = hooks_that_codex_lists(workplace, codex_binary)
    assert len(listed) == 11
    # A plugin is handed to others, who trust its hooks themselves.
    assert {(hook["source"], hook["trustStatus"]) for hook in listed} == {
        ("plugin", "untrusted")
    }
    assert all(" codex " in hook["command"] for hook in listed)

    with ScriptedModel([shell("echo hi")], WIRE).serving() as model:
        done = codex(model.url, PROMPT, "--dangerously-bypass-hook-trust")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    workplace.wait_until_nothing_runs()
    (session,) = workplace.json("session", "list")
    assert (session["agent_host"], session["tool_calls"]) == ("codex", 1)


@long_run
def test_uninstall_gives_a_home_back_as_it_was(
    workplace: Workplace, config: Path, codex_binary: Path
) -> None:
    mine = {"hooks": [{"type": "command", "command": "true", "timeout": 1}]}
    for folder in (config.parent, workplace.repository / ".codex"):
        folder.mkdir(exist_ok=True)
        text = json.dumps({"description": "mine", "hooks": {"Stop": [mine]}})
        (folder / "hooks.json").write_text(text)
    before = files(workplace)
    for scope in ("--project", "--user"):
        workplace.hookwright("install", "codex", scope)
        assert "trusted_hash" in config.read_text()
        workplace.hookwright("uninstall", "codex", scope)
        assert files(workplace) == before

    # Changed since by Codex itself: only what is ours goes.
    workplace.hookwright("install", "codex", "--user")
    command = [str(codex_binary), "mcp", "add", "more", "--", "true"]
    assert workplace.run(*command).returncode == 0
    workplace.hookwright("uninstall", "codex", "--user")
    text = config.read_text()
    expected = tomllib.loads(before[config].decode())
    expected["mcp_servers"]["more"] = {"command": "true"}
    assert tomllib.loads(text) == expected
    # Codex itself drops those that stand among the servers.
    for comment in ("# Mine.", "# not now"):
        assert comment in text


def files(workplace: Workplace) -> dict[Path, bytes]:
    """Return every file of the home and the repository."""
    return {
        path: path.read_bytes()
        for top in (workplace.home, workplace.repository)
        for path in top.rglob("*")
        if path.is_file()
    }
