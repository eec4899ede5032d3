"""Plain git, no agent host: a person's commits are recorded too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Workplace


def test_commits_and_a_push_are_recorded_without_any_agent_host(
    workplace: Workplace,
) -> None:
    workplace.hookwright("install", "git", "--project")
    (workplace.repository / "notes.txt").write_text("alpha\nbeta\n")
    workplace.git("add", "notes.txt")
    workplace.git("commit", "-q", "-m", "first")
    (workplace.repository / "notes.txt").write_text("alpha\ngamma\n")
    workplace.git("commit", "-q", "-a", "-m", "second")
    head = workplace.git("rev-parse", "HEAD")
    workplace.git("push", "-q", "origin", "HEAD")
    workplace.wait_until_nothing_runs()

    (session,) = workplace.json("session", "list")
    (agent,) = workplace.json("agent", "list")
    commits = {
        commit["task_description"]: commit
        for commit in workplace.json("agent", "commits", agent["id"])
    }
    stats = workplace.json("store", "stats")

    assert session["agent_host"] == "git"
    assert (session["commits"], session["pushes"]) == (2, 1)
    assert agent["id"] == "git/Test Person"
    assert agent["total_commits"] == 2
    # 5 for each commit: the second reaches 10, which is a level.
    assert (agent["skill_points"], agent["experience_points"]) == (2, 0)
    assert agent["experience_total"] == 10
    assert set(commits) == {"first", "second"}
    assert commits["second"]["commit_hash"] == head
    assert commits["second"]["files_changed"] == ["notes.txt"]
    assert (commits["second"]["lines_added"], commits["second"]["lines_removed"]) == (
        1,
        1,
    )
    assert stats["flushes"]["push"] >= 1
