from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hookwright.core.errors import ToolError

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

MAIN = "claude-code/main"


def test_an_activity_is_logged_without_secrets(bench: Bench) -> None:
    bench.tool()
    made = bench.call(
        "activity_log",
        agent_id=MAIN,
        task="Rotate hunter2",
        actions=["looked", "rotated"],
        outcome="done",
        decisions=["weekly"],
        directory=str(bench.worktree),
    )

    assert (made["task"], made["outcome"]) == ("Rotate [REDACTED]", "done")
    assert (made["actions"], made["decisions"]) == (["looked", "rotated"], ["weekly"])
    assert made["project_path"] == str(bench.worktree)


def test_activities_of_one_moment_are_all_kept_and_listed_newest_first(
    bench: Bench,
) -> None:
    bench.tool()
    bench.tool("git/Ada")
    for number in range(20):
        agent = MAIN if number % 2 else "git/Ada"
        bench.call("activity_log", agent_id=agent, task=f"task {number}")
    bench.flush()

    everything = bench.call("activity_list")
    mine = bench.call("activity_list", agent_id=MAIN, limit=3)

    assert [each["task"] for each in everything] == [
        f"task {number}" for number in reversed(range(20))
    ]
    assert [each["task"] for each in mine] == ["task 19", "task 17", "task 15"]


def test_an_activity_needs_a_task_and_a_known_agent(bench: Bench) -> None:
    with pytest.raises(ToolError, match="Say what"):
        bench.call("activity_log", agent_id=MAIN, task=" ")
    with pytest.raises(ToolError, match="No agent"):
        bench.call("activity_log", agent_id=MAIN, task="x")
