"""What the ledger stores, one model for each record type."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from hookwright.hookspecs import Record

#: Who graded: the agent itself, or the person it works for.
Side = Literal["agent", "user"]

STARTING_SKILL = 1
STARTING_COMMUNICATION = 60


class AgentRecord(Record):
    """One agent's standing. Points are only ever changed by increments."""

    id: str
    name: str
    model: str = ""
    #: Scope of the project it last worked in, or what it was created for.
    scope: str = ""
    skill_points: int = STARTING_SKILL
    #: XP towards the next skill point; 0 again after each.
    experience_points: int = 0
    #: XP of a lifetime; only ever grows.
    experience_total: int = 0
    #: `experience_total` when the level-up rule last looked.
    experience_settled: int = 0
    communication_score: int = STARTING_COMMUNICATION
    total_commits: int = 0
    total_bugs: int = 0
    #: Tool calls that succeeded.
    tool_calls: int = 0
    level_ups: int = 0
    #: Whether it has acted since a session or run of it last ended.
    active: bool = True
    halted: bool = False
    halt_reason: str = ""
    halted_by: str = ""
    #: Set by a resume and taken back by the rule that carries it out.
    resume_requested: bool = False
    #: Projects it has worked in, by path.
    projects: tuple[str, ...] = ()
    created_at: AwareDatetime
    #: When it last acted, to the second: what is done about it does not count.
    updated_at: AwareDatetime


class CommitRecord(Record):
    """One commit and what it earned."""

    agent_id: str
    commit_hash: str
    project_path: str
    session_id: str = ""
    task_description: str = ""
    branch: str = ""
    author: str = ""
    #: How git made it: `commit`, `amend`, `merge`, `rebase`, ...
    action: str = "commit"
    #: The commit that an amend replaced.
    replaces: str = ""
    experience_gained: int = 0
    communication_score_change: int = 0
    timestamp: AwareDatetime
    #: Paths inside the work tree.
    files_changed: tuple[str, ...] = ()
    lines_added: int = 0
    lines_removed: int = 0


class CommunicationRecord(Record):
    """One grade of one commit by one side."""

    id: str
    agent_id: str
    commit_hash: str
    project_path: str
    by: Side
    grade: int
    #: What this side's grade of the commit adds to the communication score.
    effect: int
    reason: str = ""
    timestamp: AwareDatetime


class RetrospectiveRecord(Record):
    """What was learnt from one commit: the material of prior art."""

    agent_id: str
    commit: str
    project_path: str = ""
    #: Scope of the project when this was recorded.
    scope: str = ""
    timestamp: AwareDatetime
    task: str = ""
    agent_grade: int | None = None
    user_grade: int | None = None
    #: Communication score before the first grade and after the last.
    score_before: int = STARTING_COMMUNICATION
    score_after: int = STARTING_COMMUNICATION
    agent_note: str = ""
    user_note: str = ""


class ActivityRecord(Record):
    """Something an agent did, or that was done about it."""

    id: str
    agent_id: str
    project_path: str = ""
    timestamp: AwareDatetime
    task: str
    actions: tuple[str, ...] = ()
    outcome: str = ""
    decisions: tuple[str, ...] = ()


class ProjectRecord(Record):
    """What kind of project a directory holds."""

    path: str
    #: Lower case (`python`), or "" when nothing tells.
    language: str = ""
    framework: str = ""
    #: `frontend`, `backend`, `fullstack`, `library`, `cli`, `mobile`, `data`,
    #: `infrastructure`, or "" when nothing tells.
    scope: str = ""
    dependencies: tuple[str, ...] = ()
    #: The manifest's file name, or "" when there is none.
    manifest_type: str = ""
    classified_at: AwareDatetime
    #: SHA-256 of AGENTS.md in hexadecimal, or "" without one.
    agents_md_hash: str = ""


class SessionRecord(Record):
    """One session of one agent host, in numbers."""

    session_id: str
    agent_host: str
    project_path: str
    worktree: str
    started_at: AwareDatetime
    last_seen_at: AwareDatetime
    #: None while it runs, and again after it was resumed.
    ended_at: AwareDatetime | None = None
    end_reason: str = ""
    model: str = ""
    prompts: int = 0
    turns: int = 0
    #: Calls that ran, failed ones included.
    tool_calls: int = 0
    failed_tool_calls: int = 0
    commits: int = 0
    pushes: int = 0
    compactions: int = 0
    #: Inside the work tree where they are, else absolute.
    files_changed: tuple[str, ...] = ()
    #: Ids of the agents that took part.
    agents: tuple[str, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    #: The task it is a part of, or "" where it is a piece of work of its own.
    task_id: str = ""
    #: What made it a part of the task: `handoff`, `branch`, `prompt`, `request`.
    linked_by: str = ""
    #: Whether its model was told of the task, or need not be.
    briefed: bool = False
    #: Hashes of the commits that it made.
    commit_hashes: tuple[str, ...] = ()
    #: First line of its first prompt.
    title: str = ""
    #: Beginnings of the last prompt and of the agent's last message.
    last_prompt: str = ""
    last_message: str = ""


class TaskRecord(Record):
    """One piece of work that sessions of any agent host are parts of."""

    project_path: str
    #: Any text without white space, unlike any other of the project.
    task_id: str
    title: str = ""
    #: What whoever handed it over last said of it.
    note: str = ""
    created_at: AwareDatetime
    updated_at: AwareDatetime
    #: When somebody said that it is done; None while it is open.
    done_at: AwareDatetime | None = None


class HandoffRecord(Record):
    """A task that waits in a work tree for the next session that begins there."""

    id: str
    project_path: str
    worktree: str
    task_id: str
    #: The session that handed it over, or "" for a task that only begins.
    from_session: str = ""
    #: The agent host that is to go on, or "" for any.
    to_host: str = ""
    created_at: AwareDatetime
    expires_at: AwareDatetime
    #: The session that took it up; the first that did.
    taken_by: str = ""
    #: A later handoff of the task, or its end, took its place.
    withdrawn: bool = False


class LastSession(Record):
    """The session of an agent host that a person last spoke to in a work tree."""

    worktree: str
    agent_host: str
    session_id: str
    seen_at: AwareDatetime


class UsageSeen(Record):
    """A model call that has been counted; a resumed session reports it again."""

    agent_host: str
    message_id: str
    session_id: str
    timestamp: AwareDatetime
