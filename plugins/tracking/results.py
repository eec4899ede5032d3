"""What the tools return: the same models for people, agents and HTTP."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from .models import AgentRecord, Side
from .rules import Tier, experience_for_next, tier_of


class AgentView(BaseModel):
    """One agent as the tools show it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: str
    name: str
    model: str
    scope: str
    tier: Tier
    skill_points: int
    experience_points: int
    #: XP at which the next skill point is reached.
    experience_for_next: int
    experience_total: int
    communication_score: int
    total_commits: int
    total_bugs: int
    tool_calls: int
    level_ups: int
    active: bool
    halted: bool
    halt_reason: str
    halted_by: str
    projects: tuple[str, ...]
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @classmethod
    def of(cls, agent: AgentRecord, factor: int, **more: Any) -> AgentView:
        """Return the view of a record; factor is the one that levels it up."""
        return cls(**_fields(agent, factor), **more)


class AgentStatus(AgentView):
    """One agent with what its card shows besides."""

    #: Top of the work tree that was looked at, or "".
    project: str = ""
    #: Changed and new files there; None when git cannot tell.
    pending_changes: int | None = None
    #: The card, at most 60 columns of ASCII.
    card: str = ""

    @classmethod
    def of(cls, agent: AgentRecord, factor: int, **more: Any) -> AgentStatus:
        """Return the status of a record; more gives the fields of this class."""
        return cls(**_fields(agent, factor), **more)


def _fields(agent: AgentRecord, factor: int) -> dict[str, Any]:
    names = AgentView.model_fields.keys() & AgentRecord.model_fields.keys()
    return {
        **{name: getattr(agent, name) for name in names},
        "tier": tier_of(agent.skill_points),
        "experience_for_next": experience_for_next(agent.skill_points, factor),
    }


class Graded(BaseModel):
    """What one grade did."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    agent_id: str
    commit_hash: str
    by: Side
    grade: int
    #: This side's earlier grade, which the new one replaced.
    replaced: int | None = None
    score_before: int
    score_after: int
    #: XP that the commit's first grade earned, else 0.
    experience_gained: int = 0


class Pattern(BaseModel):
    """One retrospective that bears on a task."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    agent_id: str
    commit: str
    project_path: str
    scope: str
    task: str
    user_grade: int
    agent_note: str = ""
    user_note: str = ""
    #: How near it is to the task: 0 to 1.
    overlap: float
    timestamp: AwareDatetime


class PastCommit(BaseModel):
    """One commit from git's own log that bears on a task."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    project_path: str
    commit: str
    subject: str
    overlap: float


class PriorArt(BaseModel):
    """What earlier work says of a task."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    task: str
    scope: str
    #: Same scope first, then other scopes.
    positive: tuple[Pattern, ...] = ()
    mistakes: tuple[Pattern, ...] = ()
    #: Searched only when nothing fitting is stored.
    history: tuple[PastCommit, ...] = ()
    #: The same as text, when markdown was asked for.
    markdown: str = ""


class SimilarProject(BaseModel):
    """Another project that is like the one asked about."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    path: str
    similarity: float
    language: str
    framework: str
    scope: str
