from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hookwright.hookspecs import (
    Agent,
    Commit,
    FileStat,
    SessionEnd,
    SubagentStart,
    TurnEnd,
)

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

MAIN = "claude-code/main"
HASH = "a" * 40


def points(bench: Bench, agent: str = MAIN) -> tuple[int, int]:
    record = bench.agent(agent)
    return record.skill_points, record.experience_points


def test_an_agent_enters_the_ledger_when_it_first_acts(bench: Bench) -> None:
    bench.start()

    agent = bench.agent()
    assert (agent.id, agent.name, agent.active) == (MAIN, "main", True)
    assert (agent.skill_points, agent.experience_points) == (1, 0)
    assert (agent.communication_score, agent.halted) == (60, False)
    assert agent.projects == (str(bench.worktree),)


def test_a_successful_tool_call_earns_one_point(bench: Bench) -> None:
    bench.tool()
    bench.tool(succeeded=False, error="no")

    assert points(bench) == (1, 1)
    assert bench.agent().tool_calls == 1


def test_a_completed_prompt_earns_two_points_once(bench: Bench) -> None:
    bench.turn()
    bench.turn(repeated=True)
    bench.turn(failed=True)

    assert points(bench) == (1, 2)


def test_a_subagents_task_earns_for_the_subagent(bench: Bench) -> None:
    reviewer = "claude-code/reviewer"
    bench.send(SubagentStart, reviewer)
    assert bench.agent(reviewer).active
    bench.subagent_stop(reviewer)
    bench.subagent_stop(reviewer, repeated=True)

    assert points(bench, reviewer) == (1, 2)
    assert not bench.agent(reviewer).active
    assert bench.agent() is None


@pytest.mark.parametrize("action", ["commit", "merge", "cherry-pick", "revert"])
def test_a_commit_earns_five_points(bench: Bench, action: str) -> None:
    bench.commit(HASH, action=action)

    assert points(bench) == (1, 5)
    assert bench.agent().total_commits == 1
    record = bench.get("commits", str(bench.worktree), HASH)
    assert (record.experience_gained, record.task_description) == (
        5,
        "Fix the login page",
    )
    assert (record.files_changed, record.lines_added, record.lines_removed) == (
        ("a.py",),
        3,
        1,
    )


@pytest.mark.parametrize("action", ["amend", "rebase", "other"])
def test_old_work_under_a_new_hash_is_recorded_and_earns_nothing(
    bench: Bench, action: str
) -> None:
    bench.commit(HASH, action=action, replaces="b" * 40)

    assert points(bench) == (1, 0)
    assert bench.agent().total_commits == 0
    record = bench.get("commits", str(bench.worktree), HASH)
    assert (record.experience_gained, record.replaces) == (0, "b" * 40)


def test_a_commit_that_is_reported_twice_counts_once(bench: Bench) -> None:
    bench.commit(HASH, files=())
    bench.commit(HASH, agent="git/Ada")
    bench.flush()
    bench.commit(HASH, files=(FileStat(path="other"),))

    assert points(bench) == (1, 5)
    assert bench.agent("git/Ada") is None
    assert bench.get("sessions", "session-1").commits == 1
    record = bench.get("commits", str(bench.worktree), HASH)
    assert record.files_changed == ("a.py",)


def test_a_commit_that_two_deliveries_report_at_once_counts_once(bench: Bench) -> None:
    one = bench.event(Commit, hash=HASH)
    other = bench.event(Commit, hash=HASH)
    # Neither sees what the other wrote before both are done.
    stages = [*bench.host.observe(one), *bench.host.observe(other)]
    bench.keep(stages)

    assert bench.agent().total_commits == 1


def test_a_delivery_that_could_not_be_written_can_be_tried_again(bench: Bench) -> None:
    event = bench.event(Commit, hash=HASH)
    bench.host.observe(event)
    bench.keep(bench.host.observe(event))

    assert bench.agent().total_commits == 1


def test_plain_git_earns_the_same(bench: Bench) -> None:
    bench.commit(HASH, agent="git/Ada Lovelace")

    assert points(bench, "git/Ada Lovelace") == (1, 5)


def test_a_session_that_ends_leaves_the_agent_idle(bench: Bench) -> None:
    bench.start()
    bench.send(SessionEnd)
    assert not bench.agent().active
    bench.tool()
    assert bench.agent().active


def test_the_end_of_an_unknown_agents_session_makes_no_agent(bench: Bench) -> None:
    bench.send(SessionEnd, "git/nobody")

    assert bench.agent("git/nobody") is None


def test_the_model_that_an_agent_runs_on_is_kept_up_to_date(bench: Bench) -> None:
    for model in ("sonnet", "opus"):
        acting = Agent(id=MAIN, name="main", model=model)
        event = bench.event(TurnEnd).model_copy(update={"agent": acting})
        bench.keep(bench.host.observe(event))

    assert bench.agent().model == "opus"


def test_levels_hold_across_a_flush(bench: Bench) -> None:
    for number in range(11):
        bench.tool()
        if number % 4 == 0:
            bench.flush()

    assert points(bench) == (2, 1)
    assert bench.agent().experience_total == 11


def test_a_new_factor_counts_from_the_next_step(bench: Bench) -> None:
    bench.tool()
    bench.tool()
    bench.flush()
    assert bench.host.reconfigure({"tracking": {"level_up_factor": 3}}) == []
    bench.tool()
    bench.flush()

    assert points(bench) == (2, 0)


@pytest.mark.parametrize("factor", [0, 1001, "many"])
def test_a_factor_out_of_range_is_refused(bench: Bench, factor: object) -> None:
    (problem,) = bench.host.reconfigure({"tracking": {"level_up_factor": factor}})

    assert "level_up_factor" in problem
