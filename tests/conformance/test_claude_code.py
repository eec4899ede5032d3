"""The real Claude Code, driven by a scripted model, with our plugin installed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .anthropic_wire import AnthropicWire
from .day import Act, acts_of_a_day, differences, recorded
from .long_runs import LONG, long_run
from .scripted_model import PROMPT, SUBAGENT, Call, ScriptedModel
from .truth import compare

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = pytest.mark.conformance


#: A file that nothing protects, with a secret value of the project's `.env`.
COPIED = "deploy-notes.txt"


def full_day(repository: Path) -> list[Call]:
    """Return shell, file, failing, commit, push and subagent calls, in order."""
    notes = str(repository / "notes.txt")
    return [
        Call("Bash", {"command": "echo hi"}),
        Call("Bash", {"command": f"cat {COPIED}"}),
        Call("Read", {"file_path": str(repository / COPIED)}),
        Call("Write", {"file_path": notes, "content": "alpha\nbeta\n"}),
        Call("Read", {"file_path": notes}),
        Call("Edit", {"file_path": notes, "old_string": "beta", "new_string": "gamma"}),
        Call("Bash", {"command": "false"}),
        Call(
            "Bash",
            {
                "command": "git add notes.txt && git commit -q -m 'scripted' "
                "&& git push -q origin HEAD"
            },
        ),
        Call(
            "Agent",
            {
                "prompt": f"{SUBAGENT} run one command, then say that you are done",
                "description": "scripted subagent",
                "subagent_type": "general-purpose",
            },
        ),
        Call("Bash", {"command": "sleep 3"}),
    ]


def call_of(act: Act) -> Call:
    """Return what Claude Code's model calls to do it."""
    match act.does:
        case "shell":
            return Call("Bash", {"command": act.what})
        case "write":
            return Call("Write", {"file_path": act.what, "content": act.new})
        case "read":
            return Call("Read", {"file_path": act.what})
        case "edit":
            given = {"file_path": act.what, "old_string": act.old}
            return Call("Edit", {**given, "new_string": act.new})
        case "agent":
            given = {"prompt": act.what, "description": "scripted subagent"}
            return Call("Agent", {**given, "subagent_type": "general-purpose"})


def test_the_day_is_recorded_as_in_every_agent_host(
    workplace: Workplace,
    claude: Callable[..., subprocess.CompletedProcess[str]],
    claude_binary: Path,
) -> None:
    workplace.hookwright("install", "claude-code", "--project")
    steps = [call_of(act) for act in acts_of_a_day(workplace.repository)]
    with ScriptedModel(steps, AnthropicWire()).serving() as model:
        done = claude(model.url, PROMPT)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    workplace.wait_until_nothing_runs()

    found = recorded(workplace)
    assert list(differences(found)) == []
    version = workplace.run(str(claude_binary), "--version").stdout.split()[0]
    compare("claude-code", version, events=found)


@pytest.mark.parametrize(
    "scope",
    [
        "--user",
        pytest.param("--project", marks=LONG),
        pytest.param("--plugin-dir", marks=LONG),
    ],
)
def test_a_real_session_is_recorded_from_start_to_push(
    workplace: Workplace,
    claude: Callable[..., subprocess.CompletedProcess[str]],
    scope: str,
) -> None:
    workplace.environment["CLAUDE_CONFIG_DIR"] = str(workplace.home / ".claude")
    place = [str(workplace.home / "plugin")] if scope == "--plugin-dir" else []
    workplace.hookwright("install", "claude-code", scope, *place)
    if scope != "--project":
        workplace.hookwright("install", "git", "--project")
    loading = [scope, *place] if place else []
    with ScriptedModel(
        full_day(workplace.repository), AnthropicWire()
    ).serving() as model:
        done = claude(model.url, PROMPT, *loading)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert len(model.tool_results()) == 10
    workplace.wait_until_nothing_runs()

    sessions = workplace.json("session", "list")
    agents = {agent["id"]: agent for agent in workplace.json("agent", "list")}
    stats = workplace.json("store", "stats")

    assert len(sessions) == 1
    session = sessions[0]
    assert session["agent_host"] == "claude-code"
    assert session["ended_at"]
    assert (session["tool_calls"], session["failed_tool_calls"]) == (11, 1)
    assert (session["commits"], session["pushes"]) == (1, 1)
    assert session["files_changed"] == ["notes.txt"]
    assert session["output_tokens"] > 0

    assert set(agents) == {"claude-code/main", "claude-code/general-purpose"}
    main = agents["claude-code/main"]
    sub = agents["claude-code/general-purpose"]
    assert (main["tool_calls"], sub["tool_calls"]) == (9, 1)
    assert main["total_commits"] == 1
    # Nine calls, one commit (5) and one finished prompt (2); one call and one
    # finished prompt of the subagent.
    assert (main["experience_total"], sub["experience_total"]) == (16, 3)
    # Six calls (6) and the commit (11) reach 10: a level, and XP begins at 0. Then
    # the commit's own call, the agent's, the pause (3) and the finished prompt (5).
    assert (main["skill_points"], main["experience_points"]) == (2, 5)

    (commit,) = workplace.json("agent", "commits", "claude-code/main")
    assert commit["commit_hash"] == workplace.git("rev-parse", "HEAD")
    assert commit["files_changed"] == ["notes.txt"]
    assert (commit["lines_added"], commit["lines_removed"]) == (2, 0)

    assert stats["flushes"]["push"] >= 1
    assert stats["flushes"]["session_end"] >= 1
    assert workplace.json("store", "check")["problems"] == []
    # The session read the secret twice; none of it is on the disk.
    assert workplace.holds(workplace.canary) == []


@long_run
def test_a_halted_agent_is_refused_every_tool_until_a_person_resumes_it(
    workplace: Workplace,
    claude: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    workplace.hookwright("install", "claude-code", "--project")
    workplace.hookwright("agent", "create", "claude-code/main")
    workplace.hookwright("agent", "halt", "claude-code/main", "--reason", "a test")
    steps = [Call("Bash", {"command": "echo reached > reached.txt"})]

    with ScriptedModel(steps, AnthropicWire()).serving() as model:
        claude(model.url, PROMPT)
    assert not (workplace.repository / "reached.txt").exists()
    assert model.was_told("hookwright agent resume claude-code/main")

    workplace.hookwright("agent", "resume", "claude-code/main", "--reason", "done")
    with ScriptedModel(steps, AnthropicWire()).serving() as model:
        claude(model.url, PROMPT)
    assert (workplace.repository / "reached.txt").exists()
