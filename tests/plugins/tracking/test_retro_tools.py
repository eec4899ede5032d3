from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hookwright.core.errors import ToolError

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

MAIN = "claude-code/main"
HASH = "abcdef" + "0" * 34
OTHER = "fedcba" + "1" * 34


def test_a_retrospective_keeps_task_notes_and_grades(bench: Bench) -> None:
    (bench.worktree / "requirements.txt").write_text("flask")
    bench.start()
    bench.commit(HASH)

    made = bench.call(
        "retro_add",
        agent_id=MAIN,
        commit="abcdef",
        agent_grade=2,
        user_grade=5,
        agent_note="mock the clock",
        user_note="the password is hunter2",
    )

    assert made["task"] == "Fix the login page"
    assert (made["project_path"], made["scope"]) == (str(bench.worktree), "backend")
    assert (made["agent_grade"], made["user_grade"]) == (2, 5)
    assert (made["score_before"], made["score_after"]) == (60, 67)
    assert made["user_note"] == "the password is [REDACTED]"
    assert bench.agent().communication_score == 67
    assert bench.agent().experience_points == 6
    assert bench.call("retro_show", agent_id=MAIN) == made


def test_what_is_left_out_stays_as_it_was(bench: Bench) -> None:
    bench.commit(HASH)
    bench.call("retro_add", agent_id=MAIN, task="Log in", agent_note="one")
    bench.flush()
    made = bench.call("retro_add", agent_id=MAIN, user_grade=-1)

    assert (made["task"], made["agent_note"]) == ("Log in", "one")
    assert (made["user_grade"], made["score_before"], made["score_after"]) == (
        -1,
        60,
        59,
    )


def test_an_agent_gives_neither_the_users_grade_nor_note(bench: Bench) -> None:
    bench.commit(HASH)
    for said in ({"user_grade": 5}, {"user_note": "great"}):
        with pytest.raises(ToolError, match="comes from a person"):
            bench.call("retro_add", agent_id=MAIN, from_agent=True, **said)
    with pytest.raises(ToolError, match="is not accepted"):
        bench.call("retro_add", agent_id=MAIN, agent_grade=3)

    made = bench.call("retro_add", agent_id=MAIN, from_agent=True, agent_grade=1)
    assert made["agent_grade"] == 1


def test_retrospectives_are_listed_newest_first(bench: Bench) -> None:
    bench.commit(HASH)
    bench.commit(OTHER, agent="git/Ada", project=bench.project(bench.worktree.parent))
    bench.call("retro_add", agent_id=MAIN)
    bench.call("retro_add", agent_id="git/Ada")
    mine = [HASH]

    everything = [each["commit"] for each in bench.call("retro_list")]
    assert sorted(everything) == [HASH, OTHER]
    by_agent = bench.call("retro_list", agent_id=MAIN)
    by_project = bench.call("retro_list", project=str(bench.worktree))
    by_both = bench.call("retro_list", agent_id="git/Ada", project=str(bench.worktree))
    assert [each["commit"] for each in by_agent] == mine
    assert [each["commit"] for each in by_project] == mine
    assert by_both == []
    assert len(bench.call("retro_list", limit=1)) == 1
    with pytest.raises(ToolError, match="limit is -1; accepted: 1 to 1000"):
        bench.call("retro_list", limit=-1)


def test_a_commit_without_a_retrospective_is_told(bench: Bench) -> None:
    bench.commit(HASH)

    with pytest.raises(ToolError, match="has no retrospective yet"):
        bench.call("retro_show", agent_id=MAIN)
