"""From Claude Code to Codex with the real client, daemon, git and command line."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.service.native import python_command
from hookwright.core.surfaces.cli import main

CLAUDE, CODEX = "claude-c1", "01a1fcae-d77a-7843-b8d4-c4843e73702a"


class Desk:
    """A repository, two agent hosts that report what happens, and a person."""

    def __init__(self, project: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.project = project
        self._capfd = capfd

    def hook(self, agent_host: str, name: str, *options: str, **fields: Any) -> str:
        """Report an event as the agent host does; return what its model is told."""
        session = CLAUDE if agent_host == "claude-code" else CODEX
        payload = {
            "session_id": session,
            "transcript_path": str(self.project / "none.jsonl"),
            "cwd": str(self.project),
            "hook_event_name": name,
            "permission_mode": "default",
            **({"turn_id": "t1", "model": "gpt-5.5"} if agent_host == "codex" else {}),
            **fields,
        }
        done = subprocess.run(
            [*python_command(), agent_host, name, *options],
            input=json.dumps(payload).encode(),
            cwd=self.project,
            capture_output=True,
            timeout=60,
            check=True,
        )
        assert done.stderr == b""
        answer = json.loads(done.stdout or b"{}")
        return str(answer.get("hookSpecificOutput", {}).get("additionalContext", ""))

    def git(self, *words: str, **variables: str) -> None:
        subprocess.run(
            ["git", *words],
            cwd=self.project,
            env={**os.environ, **variables},
            capture_output=True,
            timeout=60,
            check=True,
        )

    def person(self, *words: str) -> Any:
        """Run `hookwright` as a person does; return its JSON."""
        self._capfd.readouterr()
        code = main([*words, "--json"])
        out, err = self._capfd.readouterr()
        assert code == 0, err
        return json.loads(out)

    def until(self, done: Callable[[], bool]) -> None:
        """Wait until the observers have come so far."""
        deadline = time.monotonic() + 20
        while not done():
            assert time.monotonic() < deadline, "it was not recorded in time"
            time.sleep(0.05)


@pytest.fixture
def desk(
    tmp_path: Path,
    paths: Paths,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    project = tmp_path / "shop"
    project.mkdir()
    monkeypatch.chdir(project)
    made = Desk(project, capfd)
    made.git("init", "-q")
    assert main(["install", "git", "--client", "python"]) == 0
    yield made
    lifetime.end(paths)


def works_in_claude(desk: Desk) -> None:
    desk.hook("claude-code", "SessionStart", source="startup")
    desk.hook("claude-code", "UserPromptSubmit", prompt="Add a retry to the upload")
    (desk.project / "upload.py").write_text("retry = 3\n")
    desk.git("add", "-A")
    desk.git("commit", "-q", "-m", "Retry three times", CLAUDE_CODE_SESSION_ID=CLAUDE)
    desk.hook(
        "claude-code",
        "Stop",
        "--observe",
        stop_hook_active=False,
        last_assistant_message="The test with a clock is missing.",
    )

    def recorded() -> bool:
        (session,) = sessions(desk)
        return bool(session["turns"] == 1 and session["commits"] == 1)

    desk.until(recorded)


def sessions(desk: Desk) -> Sequence[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.person("session", "list")
    return found


@pytest.mark.parametrize("killed", [False, True])
def test_a_task_begun_in_claude_code_and_continued_in_codex_is_one(
    desk: Desk, paths: Paths, killed: bool
) -> None:
    works_in_claude(desk)
    task = desk.person("session", "handoff", "--to", "codex", "--note", "mind clocks")
    assert (task["state"], task["waits_for"]) == ("waiting", "codex")
    if killed:
        holder = lifetime.holder(paths)
        assert holder is not None
        os.kill(int(holder["pid"]), 9)

    told = desk.hook("codex", "SessionStart", source="startup")
    if killed:
        # What the daemon had not written to the store yet is known to the next one,
        # which this event has started: it tells with the prompt.
        desk.until(lambda: len(sessions(desk)) == 2)
    told += desk.hook("codex", "UserPromptSubmit", prompt="go on")
    desk.git(
        "commit", "-q", "--allow-empty", "-m", "Test it", CLAUDE_CODE_SESSION_ID=""
    )
    desk.hook(
        "codex",
        "Stop",
        "--observe",
        stop_hook_active=False,
        last_assistant_message="done",
    )

    # Two processes had a part in it when the daemon was killed: told twice is possible
    # then, not at all is not.
    assert 1 <= told.count("This session goes on with task") <= 1 + killed
    assert f"goes on with task {task['task_id']}: Add a retry to the upload" in told
    assert "Handed over with: mind clocks" in told
    assert "Before, in claude-code" in told
    assert "Retry three times" in told
    assert "Last said there: The test with a clock is missing." in told

    def one_task() -> bool:
        (found,) = desk.person("task", "list")
        return len(found["sessions"]) == 2 and found["prompts"] == 2

    desk.until(one_task)
    shown = desk.person("task", "show", task["task_id"])
    assert shown["agent_hosts"] == ["claude-code", "codex"]
    assert [each["session_id"] for each in shown["sessions"]] == [CLAUDE, CODEX]
    assert [each["subject"] for each in shown["commits"]] == ["Retry three times"]
    assert (shown["state"], shown["note"]) == ("open", "mind clocks")
    by_host = {each["agent_host"]: each for each in sessions(desk)}
    assert by_host["codex"]["task_id"] == by_host["claude-code"]["task_id"]
    # The person's own commit is in git's session, which is a part of no task.
    assert by_host["git"]["task_id"] == ""


def test_a_prompt_in_codex_names_the_task(desk: Desk) -> None:
    works_in_claude(desk)
    task = desk.person("session", "handoff", "--to", "gemini")["task_id"]
    assert "goes on with" not in desk.hook("codex", "SessionStart", source="startup")

    told = desk.hook(
        "codex", "UserPromptSubmit", prompt=f"hookwright-task: {task}\nGo on, please."
    )

    assert f"goes on with task {task}" in told
    desk.until(lambda: len(desk.person("task", "show", task)["sessions"]) == 2)
    assert main(["task", "show", task]) == 0
    assert main(["task", "list"]) == 0
    assert main(["session", "handoff", CLAUDE]) == 0
