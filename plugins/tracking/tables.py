"""The record types: keys, indexes and what becomes of changes that meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hookwright.hookspecs import Merge, RecordType

from .models import (
    ActivityRecord,
    AgentRecord,
    CommitRecord,
    CommunicationRecord,
    HandoffRecord,
    LastSession,
    ProjectRecord,
    RetrospectiveRecord,
    SessionRecord,
    TaskRecord,
    UsageSeen,
)
from .rules import LevelRule


def agents_table(rule: LevelRule) -> RecordType[AgentRecord]:
    """Return the type of agents, settled by rule after each change."""
    counters = (
        "skill_points",
        "experience_points",
        "experience_total",
        "communication_score",
        "total_commits",
        "total_bugs",
        "tool_calls",
    )
    return RecordType(
        name="agents",
        model=AgentRecord,
        key=lambda agent: (agent.id,),
        merge={
            **dict.fromkeys(counters, Merge.SUM),
            "projects": Merge.UNION,
            "created_at": Merge.MIN,
            "updated_at": Merge.MAX,
        },
        settle=rule.settle,
    )


def moment(timestamp: datetime, tail: str) -> str:
    """Return a key part that sorts by time and never repeats (tail is a ULID)."""
    utc = timestamp.astimezone(UTC)
    return f"{utc:%Y%m%dT%H%M%S}.{utc.microsecond // 1000:03}Z-{tail}"


COMMITS = RecordType(
    name="commits",
    model=CommitRecord,
    key=lambda commit: (commit.project_path, commit.commit_hash),
    indexes={
        "agent": lambda commit: commit.agent_id,
        "hash": lambda commit: commit.commit_hash,
    },
    merge={"experience_gained": Merge.SUM, "communication_score_change": Merge.SUM},
)

COMMUNICATION = RecordType(
    name="communication",
    model=CommunicationRecord,
    key=lambda grade: (
        grade.agent_id,
        grade.commit_hash,
        moment(grade.timestamp, grade.id),
    ),
)

RETROSPECTIVES = RecordType(
    name="retrospectives",
    model=RetrospectiveRecord,
    key=lambda retro: (retro.agent_id, retro.commit),
    indexes={
        "project": lambda retro: retro.project_path or None,
        "user_grade": lambda retro: (
            None if retro.user_grade is None else str(retro.user_grade)
        ),
    },
    recall=("task", "agent_note", "user_note"),
)

ACTIVITIES = RecordType(
    name="activities",
    model=ActivityRecord,
    key=lambda activity: (
        activity.agent_id,
        moment(activity.timestamp, activity.id),
    ),
    recall=("task", "outcome"),
)

PROJECTS = RecordType(
    name="projects", model=ProjectRecord, key=lambda project: (project.path,)
)

SESSIONS = RecordType(
    name="sessions",
    model=SessionRecord,
    key=lambda session: (session.session_id,),
    indexes={
        "project": lambda session: session.project_path,
        "task": lambda session: session.task_id or None,
    },
    merge={
        "commit_hashes": Merge.UNION,
        "title": Merge.FIRST,
        "started_at": Merge.MIN,
        "last_seen_at": Merge.MAX,
        "files_changed": Merge.UNION,
        "agents": Merge.UNION,
        **dict.fromkeys(
            (
                "prompts",
                "turns",
                "tool_calls",
                "failed_tool_calls",
                "commits",
                "pushes",
                "compactions",
                "input_tokens",
                "output_tokens",
                "cache_read_tokens",
                "cache_write_tokens",
            ),
            Merge.SUM,
        ),
    },
)

TASKS = RecordType(
    name="tasks",
    model=TaskRecord,
    key=lambda task: (task.project_path, task.task_id),
    merge={"created_at": Merge.MIN, "updated_at": Merge.MAX},
    recall=("title", "note"),
)

HANDOFFS = RecordType(
    name="handoffs",
    model=HandoffRecord,
    key=lambda handoff: (handoff.project_path, handoff.id),
    merge={"taken_by": Merge.FIRST},
    retention=timedelta(days=30),
)

LAST_SESSIONS = RecordType(
    name="last_sessions",
    model=LastSession,
    key=lambda last: (last.worktree, last.agent_host),
    retention=timedelta(days=30),
)

USAGE_SEEN = RecordType(
    name="usage_seen",
    model=UsageSeen,
    key=lambda seen: (seen.agent_host, seen.message_id),
    retention=timedelta(days=30),
)
