"""The ledger's arithmetic: points, levels, halts, grades. Pure.

All changes to an agent reach the store as increments; `settle` runs inside the
write transaction after each of them, so a hundred sessions that add points at once
come to what they would have come to one after another.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from .config import DEFAULT_FACTOR
from .models import AgentRecord

TOOL_CALL_XP = 1
TURN_XP = 2
COMMIT_XP = 5
GRADED_XP = 1

#: Ways of making a commit that are work of their own. An amend or a rebase makes
#: new hashes for old work and earns nothing.
EARNING_ACTIONS = frozenset({"commit", "merge", "cherry-pick", "revert"})

GRADES = {-1: "bad", 1: "neutral", 2: "good", 5: "excellence"}
POSITIVE_GRADES = (2, 5)
MISTAKE_GRADE = -1


class Tier(StrEnum):
    """How far an agent is trusted."""

    PROBATION = "PROBATION"
    JUNIOR = "JUNIOR"
    ESTABLISHED = "ESTABLISHED"
    SENIOR = "SENIOR"
    EXPERT = "EXPERT"


_TIERS = (
    (10, Tier.EXPERT),
    (7, Tier.SENIOR),
    (4, Tier.ESTABLISHED),
    (2, Tier.JUNIOR),
)


def tier_of(skill_points: int) -> Tier:
    """Return the trust tier that these skill points give."""
    for least, tier in _TIERS:
        if skill_points >= least:
            return tier
    return Tier.PROBATION


def experience_for_next(skill_points: int, factor: int) -> int:
    """Return the XP at which the next skill point is reached."""
    return factor * max(skill_points, 1)


def settle(agent: AgentRecord, factor: int = DEFAULT_FACTOR) -> AgentRecord:
    """Return the agent after one change: resumed, levelled up or halted as due.

    A level is reached by earning: a bug lowers the next level's price as well, and
    must not give its skill point back in the same step. Nobody levels up while
    halted; what was earned counts from the first step after the resume.
    """
    after = _resumed(agent) if agent.resume_requested else agent
    changes: dict[str, Any] = {}
    if after.experience_total != after.experience_settled:
        changes["experience_settled"] = after.experience_total
        if _reaches_level(after, factor):
            changes["skill_points"] = after.skill_points + 1
            changes["experience_points"] = 0
            changes["level_ups"] = after.level_ups + 1
    if after.communication_score < 0:
        changes["communication_score"] = 0
    if after.skill_points <= 0 and (not after.halted or after.halted_by == "bugs"):
        changes["halted"] = True
        changes["halted_by"] = "bugs"
        bugs = "bug" if after.total_bugs == 1 else "bugs"
        left = after.skill_points
        changes["halt_reason"] = (
            f"{left} skill points after {after.total_bugs} reported {bugs}"
        )
    return after.model_copy(update=changes) if changes else after


def _reaches_level(agent: AgentRecord, factor: int) -> bool:
    return (
        not agent.halted
        and agent.skill_points > 0
        and agent.experience_total > agent.experience_settled
        and agent.experience_points >= experience_for_next(agent.skill_points, factor)
    )


def _resumed(agent: AgentRecord) -> AgentRecord:
    return agent.model_copy(
        update={
            "resume_requested": False,
            "halted": False,
            "halt_reason": "",
            "halted_by": "",
            "skill_points": max(agent.skill_points, 1),
        }
    )


class LevelRule:
    """`settle` with a factor that the configuration may change while we run."""

    def __init__(self, factor: int = DEFAULT_FACTOR) -> None:
        self.factor = factor

    def settle(self, agent: AgentRecord) -> AgentRecord:
        """Return the agent after one change, by the factor that holds now."""
        return settle(agent, self.factor)


def regrade(score: int, earlier_effect: int, grade: int) -> tuple[int, int]:
    """Return (new score, effect of the grade) when grade replaces an earlier one.

    A score is always the first score plus the effects of the grades that count, so
    taking a grade back undoes exactly what it did, also where the floor of 0 cut it.

    :param earlier_effect: of the same side's earlier grade of the commit, or 0.
    """
    base = score - earlier_effect
    after = max(0, base + grade)
    return after, after - base
