"""What an agent host is told to give its model in place of a tool's output."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service.intake import MAX_EVENT, RawDelivery
from hookwright.core.service.outputs import output_events
from hookwright.core.service.runtime import Runtime
from hookwright.core.settings import Trust
from hookwright.hookspecs import Answer, ToolAfter

OWN = "blue-" + "Horse77" + "-staple"
FOUND = "sk-ant-" + "api03-" + "Ab1" * 31 + "AA"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a repository with a secret of its own."""
    found = tmp_path / "project"
    (found / ".git").mkdir(parents=True)
    (found / ".env").write_text(f"PASSPHRASE={OWN}\n")
    return found


@pytest.fixture
def runtime(paths: Paths) -> Iterator[Runtime]:
    opened = Runtime.open(paths)
    yield opened
    opened.close()


def after(project: Path, stdout: str, **more: Any) -> RawDelivery:
    """Return Claude Code's message after a command."""
    message = {
        "session_id": "s1",
        "cwd": str(project),
        "hook_event_name": "PostToolUse",
        "tool_name": "Bash",
        "tool_use_id": "t1",
        "tool_input": {"command": "cat notes.txt"},
        "tool_response": {"stdout": stdout, "stderr": "", "interrupted": False},
        **more,
    }
    return RawDelivery(
        id=os.urandom(10).hex(),
        agent_host="claude-code",
        arguments=("PostToolUse",),
        cwd=str(project),
        environment={},
        stdin=json.dumps(message).encode(),
    )


def told(answer: Answer) -> Any:
    """Return the output in an answer, None for silence."""
    assert (answer.stderr, answer.exit_code) == ("", 0)
    if not answer.stdout:
        return None
    return json.loads(answer.stdout)["hookSpecificOutput"]["updatedToolOutput"]


def settled(paths: Paths, value: str) -> None:
    paths.config.mkdir(exist_ok=True)
    paths.config_file.write_text(f"[redaction]\nredact_output = {value}\n")


def test_a_secret_of_the_projects_own_is_taken_out_and_the_rest_left(
    runtime: Runtime, project: Path
) -> None:
    received = runtime.receive(after(project, f"a {OWN} b {FOUND}\n"))
    output = told(runtime.answer_record(received))
    assert output["stdout"].startswith("a [REDACTED:env-value:")
    assert output["stdout"].endswith(f" b {FOUND}\n")
    assert {**output, "stdout": ""} == {
        "stdout": "",
        "stderr": "",
        "interrupted": False,
    }
    # What asks the plugins says the same, and so does the answer that comes late.
    assert runtime.decide(received) == runtime.answer_record(received)
    assert runtime.late(received) == runtime.answer_record(received)


def test_what_is_recorded_has_neither(runtime: Runtime, project: Path) -> None:
    (event,) = runtime.receive(after(project, f"{OWN} {FOUND}")).events
    assert isinstance(event, ToolAfter)
    assert OWN not in event.model_dump_json()
    assert FOUND not in event.model_dump_json()


@pytest.mark.parametrize("stdout", ["", "harmless", FOUND])
def test_an_output_without_one_is_answered_by_silence(
    runtime: Runtime, project: Path, stdout: str
) -> None:
    received = runtime.receive(after(project, stdout))
    assert runtime.answer_record(received) == Answer()


def test_a_secret_in_the_call_alone_is_answered_by_silence(
    runtime: Runtime, project: Path
) -> None:
    message = after(project, "ok", tool_input={"command": f"echo {OWN}"})
    assert runtime.answer_record(runtime.receive(message)) == Answer()


@pytest.mark.parametrize(
    ("value", "own", "found"),
    [
        ("true", False, True),
        ('"project"', False, True),
        ('"all"', False, False),
        ('"off"', True, True),
        ("false", True, True),
    ],
)
def test_the_setting_says_what_the_model_reads(
    paths: Paths, project: Path, value: str, own: bool, found: bool
) -> None:
    settled(paths, value)
    opened = Runtime.open(paths)
    received = opened.receive(after(project, f"{OWN} {FOUND}"))
    output = told(opened.answer_record(received)) or {"stdout": f"{OWN} {FOUND}"}
    opened.close()
    assert opened.notes == []
    assert (OWN in output["stdout"]) is own
    assert (FOUND in output["stdout"]) is found


@pytest.mark.parametrize(
    ("mine", "theirs", "trusted", "found"),
    [
        ("project", '"all"', False, "all"),
        ("project", '"off"', False, "project"),
        ("all", "true", False, "all"),
        ("all", '"off"', True, "off"),
    ],
)
def test_a_project_can_have_more_taken_out_and_less_only_when_it_is_trusted(
    paths: Paths, project: Path, mine: str, theirs: str, trusted: bool, found: str
) -> None:
    settled(paths, f'"{mine}"')
    file = project / ".hookwright.toml"
    file.write_text(f"[redaction]\nredact_output = {theirs}\n")
    if trusted:
        Trust(paths.data).add(file)
    opened = Runtime.open(paths)
    received = opened.receive(after(project, f"{OWN} {FOUND}"))
    output = told(opened.answer_record(received)) or {"stdout": f"{OWN} {FOUND}"}
    opened.close()
    assert (OWN in output["stdout"]) is (found == "off")
    assert (FOUND in output["stdout"]) is (found != "all")


def test_what_is_cut_out_of_a_message_that_is_too_large_is_looked_through(
    runtime: Runtime, project: Path
) -> None:
    long = "word " * (MAX_EVENT // 10)
    plain = runtime.receive(after(project, long + long + long))
    assert told_large(runtime, plain) is None
    received = runtime.receive(after(project, f"{long}{long}{OWN} {long}"))
    output = told_large(runtime, received)
    assert OWN not in output["stdout"]
    assert output["stdout"].endswith(" characters left out]")


def told_large(runtime: Runtime, received: Any) -> Any:
    answer = runtime.answer_record(received)
    assert "what is too long in it was shortened" in answer.stderr
    return told(Answer(answer.stdout))


def test_every_agent_host_that_lets_an_output_be_replaced_says_when(
    runtime: Runtime,
) -> None:
    found = {name: output_events(one) for name, one in runtime.host.adapters.items()}
    assert found == {
        "claude-code": ("PostToolUse",),
        "codex": ("PostToolUse",),
        "copilot": ("PostToolUse", "postToolUse"),
        "cursor": ("PostToolUse", "postToolUse"),
        "gemini": ("AfterTool",),
        "git": (),
        "opencode": ("tool.execute.after",),
    }
