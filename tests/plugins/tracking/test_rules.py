from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.plugins.tracking.models import AgentRecord
from hookwright.plugins.tracking.rules import (
    GRADES,
    LevelRule,
    Tier,
    experience_for_next,
    regrade,
    settle,
    tier_of,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def agent(**fields: Any) -> AgentRecord:
    return AgentRecord(id="a", name="a", created_at=NOW, updated_at=NOW, **fields)


def earned(before: AgentRecord, experience: int, factor: int = 10) -> AgentRecord:
    after = before.model_copy(
        update={
            "experience_points": before.experience_points + experience,
            "experience_total": before.experience_total + experience,
        }
    )
    return settle(after, factor)


@pytest.mark.parametrize(
    ("points", "tier"),
    [
        (-3, Tier.PROBATION),
        (0, Tier.PROBATION),
        (1, Tier.PROBATION),
        (2, Tier.JUNIOR),
        (3, Tier.JUNIOR),
        (4, Tier.ESTABLISHED),
        (6, Tier.ESTABLISHED),
        (7, Tier.SENIOR),
        (9, Tier.SENIOR),
        (10, Tier.EXPERT),
        (99, Tier.EXPERT),
    ],
)
def test_the_tier_follows_the_skill_points(points: int, tier: Tier) -> None:
    assert tier_of(points) is tier


def test_reaching_ten_times_the_skill_points_is_a_level() -> None:
    nine = earned(agent(), 9)
    ten = earned(nine, 1)

    assert (nine.skill_points, nine.experience_points) == (1, 9)
    assert (ten.skill_points, ten.experience_points) == (2, 0)
    assert (ten.level_ups, ten.experience_total) == (1, 10)


def test_what_goes_beyond_a_level_does_not_count_for_the_next() -> None:
    after = earned(agent(experience_points=9, experience_total=9), 5)

    assert (after.skill_points, after.experience_points) == (2, 0)
    assert after.experience_total == 14


def test_the_price_of_a_level_follows_the_factor() -> None:
    rule = LevelRule(factor=3)
    after = agent(experience_points=3, experience_total=3)

    assert rule.settle(after).skill_points == 2
    rule.factor = 4
    assert rule.settle(after).skill_points == 1
    assert experience_for_next(5, 4) == 20
    assert experience_for_next(0, 4) == 4


def test_a_bug_does_not_give_its_point_back_by_making_the_level_cheaper() -> None:
    before = earned(agent(skill_points=3), 25)

    after = settle(before.model_copy(update={"skill_points": 2, "total_bugs": 1}))

    assert (after.skill_points, after.experience_points) == (2, 25)
    assert not after.halted


def test_the_last_skill_point_lost_halts() -> None:
    after = settle(agent(skill_points=0, total_bugs=1))

    assert after.halted
    assert after.halted_by == "bugs"
    assert after.halt_reason == "0 skill points after 1 reported bug"


def test_grades_that_meet_do_not_take_the_score_below_zero() -> None:
    assert settle(agent(communication_score=-2)).communication_score == 0


def test_an_earlier_halt_keeps_its_reason() -> None:
    after = settle(
        agent(skill_points=-1, halted=True, halt_reason="rude", halted_by="person")
    )

    assert (after.halt_reason, after.halted_by) == ("rude", "person")


def test_a_halted_agent_does_not_level_up() -> None:
    after = earned(agent(halted=True), 50)

    assert (after.skill_points, after.experience_points) == (1, 50)
    assert earned(agent(skill_points=0), 50).halted


def test_a_resume_lifts_the_halt_and_gives_one_point_at_least() -> None:
    low = settle(agent(skill_points=-2, halted=True, resume_requested=True))
    high = settle(
        agent(skill_points=5, halted=True, halt_reason="x", resume_requested=True)
    )

    assert (low.skill_points, low.halted, low.resume_requested) == (1, False, False)
    assert (high.skill_points, high.halted, high.halt_reason) == (5, False, "")


def test_a_resume_does_not_level_up_by_itself() -> None:
    after = settle(
        agent(
            skill_points=0,
            halted=True,
            experience_points=50,
            experience_total=50,
            experience_settled=50,
            resume_requested=True,
        )
    )

    assert (after.skill_points, after.experience_points) == (1, 50)


def test_settling_keeps_what_a_newer_version_wrote() -> None:
    after = settle(agent(skill_points=0, badge="gold"))

    assert after.model_extra == {"badge": "gold"}


@given(st.lists(st.integers(1, 6), max_size=80), st.integers(1, 30))
def test_settling_is_a_fixed_point_and_loses_no_experience(
    steps: list[int], factor: int
) -> None:
    now = agent()
    for step in steps:
        now = earned(now, step, factor)
        assert settle(now, factor) == now
        assert (
            0 <= now.experience_points < experience_for_next(now.skill_points, factor)
        )

    assert now.experience_total == sum(steps)
    assert now.skill_points == 1 + now.level_ups


def test_a_bad_grade_never_takes_the_score_below_zero() -> None:
    assert regrade(0, 0, -1) == (0, 0)
    assert regrade(60, 0, 5) == (65, 5)


@given(st.integers(0, 100), st.lists(st.sampled_from(sorted(GRADES)), min_size=1))
def test_a_side_that_grades_again_replaces_its_grade(
    score: int, grades: list[int]
) -> None:
    once = regrade(score, 0, grades[-1])
    after, effect = score, 0
    for grade in grades:
        after, effect = regrade(after, effect, grade)
        assert after >= 0
        assert after == score + effect

    assert (after, effect) == once
