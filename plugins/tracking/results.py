"""What the tools return: the same models for people, agents and HTTP."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from .models import AgentRecord, SessionRecord, Side
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


class TaskSession(BaseModel):
    """One session of a task, in short."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    session_id: str
    agent_host: str
    agents: tuple[str, ...]
    started_at: AwareDatetime
    last_seen_at: AwareDatetime
    #: What made it a part of the task: `handoff`, `branch`, `prompt`, `request`.
    linked_by: str
    prompts: int
    tool_calls: int
    commits: int
    input_tokens: int
    output_tokens: int

    @classmethod
    def of(cls, session: SessionRecord) -> TaskSession:
        """Return a session's record in short."""
        return cls(**{name: getattr(session, name) for name in cls.model_fields})


class TaskCommit(BaseModel):
    """One commit of a task."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    commit_hash: str
    agent_id: str
    session_id: str
    subject: str
    timestamp: AwareDatetime


class TaskView(BaseModel):
    """A task with all that its sessions did, whichever agent host they were in."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    task_id: str
    title: str
    note: str
    project_path: str
    #: `open`, `waiting` for the next session in a work tree, or `done`.
    state: Literal["open", "waiting", "done"]
    #: The agent host that it waits for, or "" for any.
    waits_for: str = ""
    created_at: AwareDatetime
    updated_at: AwareDatetime
    done_at: AwareDatetime | None
    #: In the order in which they took part.
    agent_hosts: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    sessions: tuple[TaskSession, ...] = ()
    commits: tuple[TaskCommit, ...] = ()
    files_changed: tuple[str, ...] = ()
    prompts: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
