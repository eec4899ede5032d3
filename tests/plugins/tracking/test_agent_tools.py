from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from hookwright.core.errors import ToolError
from hookwright.hookspecs import FileStat

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

MAIN = "claude-code/main"
HASH = "abcdef" + "0" * 34
OTHER = "abcdee" + "1" * 34


def test_an_agent_can_be_created_before_it_works(bench: Bench) -> None:
    made = bench.call("agent_create", agent_id="codex/reviewer", scope="backend")

    assert (made["id"], made["name"], made["tier"]) == (
        "codex/reviewer",
        "reviewer",
        "PROBATION",
    )
    assert not made["active"]
    with pytest.raises(ToolError, match="in the ledger already"):
        bench.call("agent_create", agent_id="codex/reviewer")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_a_name_that_cannot_be_one_is_refused(bench: Bench, name: str) -> None:
    with pytest.raises(ToolError, match="cannot name an agent"):
        bench.call("agent_create", agent_id=name)


def test_agents_are_listed_with_the_most_trusted_first(bench: Bench) -> None:
    bench.tool("claude-code/low")
    for _ in range(12):
        bench.tool("claude-code/high")
    bench.call("agent_create", agent_id="codex/new")
    bench.call("agent_halt", agent_id="codex/new", reason="wait")

    listed = bench.call("agent_list")
    here = bench.call("agent_list", project=str(bench.worktree))
    halted = bench.call("agent_list", halted=True)

    assert [each["id"] for each in listed] == [
        "claude-code/high",
        "claude-code/low",
        "codex/new",
    ]
    assert [each["id"] for each in here] == ["claude-code/high", "claude-code/low"]
    assert [each["id"] for each in halted] == ["codex/new"]
    assert listed[0]["experience_for_next"] == 20


def test_a_relative_path_from_an_agent_is_refused(bench: Bench) -> None:
    with pytest.raises(ToolError, match="whole path"):
        bench.call("agent_list", project="shop")


def test_the_status_is_of_who_worked_last_in_the_directory(bench: Bench) -> None:
    subprocess.run(["git", "init", "-q"], cwd=bench.worktree, check=True)
    (bench.worktree / "new").write_text("x")
    bench.tool("claude-code/first")
    bench.tool("claude-code/second")

    status = bench.call("agent_status", directory=str(bench.worktree))

    assert status["id"] == "claude-code/second"
    assert status["pending_changes"] == 1
    assert status["project"] == str(bench.worktree)
    assert "Pending changes 1 in " in status["card"]
    assert max(map(len, status["card"].splitlines())) == 60


def test_the_only_agent_is_meant_where_nobody_has_worked(bench: Bench) -> None:
    with pytest.raises(ToolError, match="The ledger is empty"):
        bench.call("agent_status")
    bench.tool()
    assert bench.call("agent_status")["id"] == MAIN
    bench.tool("claude-code/other")
    with pytest.raises(ToolError, match=r"Name one: claude-code/main, claude-code/oth"):
        bench.call("agent_status", directory=str(bench.worktree.parent))


def test_an_unknown_agent_is_answered_with_close_names(bench: Bench) -> None:
    with pytest.raises(ToolError, match="the ledger is empty"):
        bench.call("agent_status", agent_id="main")
    bench.tool()
    bench.tool("codex/zzz")

    with pytest.raises(ToolError, match=r"Did you mean claude-code/main\?"):
        bench.call("agent_status", agent_id="claude-code/mian")
    with pytest.raises(ToolError, match=r"Did you mean claude-code/main\?"):
        bench.call("agent_bug", agent_id="main")
    with pytest.raises(ToolError, match="There are claude-code/main, codex/zzz"):
        bench.call("agent_halt", agent_id="12345", reason="x")


def test_a_bug_costs_a_skill_point_and_the_last_one_halts(bench: Bench) -> None:
    for _ in range(10):
        bench.tool()
    once = bench.call("agent_bug", agent_id=MAIN, description="lost hunter2")
    assert (once["skill_points"], once["total_bugs"], once["halted"]) == (1, 1, False)
    twice = bench.call("agent_bug", agent_id=MAIN)

    assert (twice["skill_points"], twice["halted"]) == (0, True)
    assert twice["halt_reason"] == "0 skill points after 2 reported bugs"
    outcomes = [each.outcome for each in bench.all("activities")]
    assert outcomes == ["lost [REDACTED]", ""]


def test_a_halted_agent_is_refused_every_tool_and_told_the_way_out(
    bench: Bench,
) -> None:
    bench.tool()
    assert bench.before().outcome == "none"
    bench.call("agent_halt", agent_id=MAIN, reason="deleted the tests")

    for _ in range(2):
        decision = bench.before()
        assert decision.outcome == "deny"
        assert "deleted the tests" in decision.reason
        assert f'hookwright agent resume {MAIN} --reason "' in decision.reason
        bench.flush()
    assert bench.before("claude-code/other").outcome == "none"


def test_only_a_person_lifts_a_halt(bench: Bench) -> None:
    bench.tool()
    bench.call("agent_bug", agent_id=MAIN, from_agent=True)
    with pytest.raises(ToolError):
        bench.call("agent_resume", agent_id=MAIN, reason="x", from_agent=True)
    assert bench.before().outcome == "deny"

    resumed = bench.call("agent_resume", agent_id=MAIN, reason="bug is fixed")

    assert (resumed["skill_points"], resumed["halted"]) == (1, False)
    assert (resumed["halt_reason"], resumed["halted_by"]) == ("", "")
    assert bench.before().outcome == "none"
    assert bench.all("activities")[-1].outcome == "bug is fixed"
    with pytest.raises(ToolError, match="is not halted"):
        bench.call("agent_resume", agent_id=MAIN, reason="again")


def test_two_resumes_at_once_give_one_point(bench: Bench) -> None:
    bench.tool()
    bench.call("agent_bug", agent_id=MAIN)
    arguments = {"agent_id": MAIN, "reason": "x"}
    _, one = bench.host.call_tool("agent_resume", arguments, from_agent=False)
    _, other = bench.host.call_tool("agent_resume", arguments, from_agent=False)
    bench.keep([*one, *other])

    assert bench.agent().skill_points == 1


@pytest.mark.parametrize("name", ["agent_halt", "agent_resume"])
def test_a_halt_and_its_end_need_a_reason(bench: Bench, name: str) -> None:
    bench.tool()

    with pytest.raises(ToolError, match="Say why"):
        bench.call(name, agent_id=MAIN, reason=" ")


def test_work_does_not_lift_a_halt(bench: Bench) -> None:
    bench.tool()
    bench.call("agent_bug", agent_id=MAIN)
    for _ in range(30):
        bench.tool()
    bench.flush()

    assert (bench.agent().skill_points, bench.agent().halted) == (0, True)


@pytest.mark.parametrize(
    "command",
    [
        "hookwright agent resume claude-code/main --reason ok",
        "sh -c 'hookwright agent resume x'",
    ],
)
def test_no_agent_lifts_a_halt_by_its_shell(bench: Bench, command: str) -> None:
    decision = bench.before("claude-code/other", command)

    assert decision.outcome == "deny"
    assert "is for a person" in decision.reason


def test_a_grade_moves_the_communication_score(bench: Bench) -> None:
    bench.commit(HASH)

    graded = bench.call("agent_grade", agent_id=MAIN, by="user", grade=5, commit="abcd")

    assert graded == {
        "agent_id": MAIN,
        "commit_hash": HASH,
        "by": "user",
        "grade": 5,
        "replaced": None,
        "score_before": 60,
        "score_after": 65,
        "experience_gained": 1,
    }
    agent = bench.agent()
    assert (agent.communication_score, agent.experience_points) == (65, 6)
    commit = bench.get("commits", str(bench.worktree), HASH)
    assert (commit.communication_score_change, commit.experience_gained) == (5, 6)
    retro = bench.get("retrospectives", MAIN, HASH)
    assert (retro.user_grade, retro.score_before, retro.score_after) == (5, 60, 65)


def test_both_sides_grade_and_only_the_first_grade_earns(bench: Bench) -> None:
    bench.commit(HASH)
    bench.call("agent_grade", agent_id=MAIN, grade=5, from_agent=True)
    bench.call("agent_grade", agent_id=MAIN, grade=5, reason="fast")

    assert bench.agent().communication_score == 70
    assert bench.agent().experience_points == 6
    retro = bench.get("retrospectives", MAIN, HASH)
    assert (retro.agent_grade, retro.user_grade, retro.user_note) == (5, 5, "fast")


def test_a_new_grade_replaces_the_same_sides_earlier_one(bench: Bench) -> None:
    bench.commit(HASH)
    bench.call("agent_grade", agent_id=MAIN, by="user", grade=5)
    bench.flush()
    again = bench.call("agent_grade", agent_id=MAIN, by="user", grade=-1)

    assert (again["replaced"], again["score_after"]) == (5, 59)
    assert again["experience_gained"] == 0
    assert bench.agent().communication_score == 59
    commit = bench.get("commits", str(bench.worktree), HASH)
    assert commit.communication_score_change == -1


def test_an_agent_does_not_grade_as_the_user(bench: Bench) -> None:
    bench.commit(HASH)

    with pytest.raises(ToolError, match="comes from a person"):
        bench.call("agent_grade", agent_id=MAIN, by="user", grade=5, from_agent=True)


@pytest.mark.parametrize("grade", [-2, 0, 3, 4, 6, None])
def test_other_grades_are_refused(bench: Bench, grade: int | None) -> None:
    bench.commit(HASH)

    with pytest.raises(ToolError, match="grades are -1 bad, 1 neutral, 2 good, 5 exc"):
        bench.call("agent_grade", agent_id=MAIN, grade=grade)


def test_a_commit_is_named_by_the_beginning_of_its_hash(bench: Bench) -> None:
    bench.commit(HASH)
    bench.commit(OTHER)
    bench.commit("9" * 40, agent="git/Ada")
    with pytest.raises(ToolError, match="stands for 2 commits"):
        bench.call("agent_grade", agent_id=MAIN, grade=1, commit="abcde")
    with pytest.raises(ToolError, match="made by git/Ada, not by claude-code/main"):
        bench.call("agent_grade", agent_id=MAIN, grade=1, commit="9999")
    with pytest.raises(ToolError, match="No commit 12345 is in the ledger"):
        bench.call("agent_grade", agent_id=MAIN, grade=1, commit="12345")
    for text in ("abc", "wxyz1"):
        with pytest.raises(ToolError, match="is no commit"):
            bench.call("agent_grade", agent_id=MAIN, grade=1, commit=text)

    found = bench.call("agent_grade", agent_id=MAIN, grade=1, commit="ABCDEE")
    assert found["commit_hash"] == OTHER


def test_an_agent_without_commits_cannot_be_graded(bench: Bench) -> None:
    bench.tool()

    with pytest.raises(ToolError, match="has no commit"):
        bench.call("agent_grade", agent_id=MAIN, grade=1)


def test_an_agents_commits_are_listed_newest_first(bench: Bench) -> None:
    bench.commit("a" * 40, files=(FileStat(path="a.py", added=3, removed=1),))
    bench.commit("b" * 40, action="amend", replaces="a" * 40)

    listed = bench.call("agent_commits", agent_id=MAIN)

    assert {commit["commit_hash"][0] for commit in listed} == {"a", "b"}
    earned = {commit["commit_hash"][0]: commit for commit in listed}
    assert earned["a"]["experience_gained"] == 5
    assert earned["a"]["files_changed"] == ["a.py"]
    assert (earned["a"]["lines_added"], earned["a"]["lines_removed"]) == (3, 1)
    assert earned["b"]["experience_gained"] == 0
    assert len(bench.call("agent_commits", agent_id=MAIN, limit=1)) == 1
    with pytest.raises(ToolError, match="accepted: 1 to 1000"):
        bench.call("agent_commits", agent_id=MAIN, limit=0)
