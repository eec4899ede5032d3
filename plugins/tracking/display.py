"""The tools' results for people, made with rich.

Rich is imported when something is shown: the daemon, which runs the tools, never
shows anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from .models import (
    ActivityRecord,
    CommitRecord,
    ProjectRecord,
    RetrospectiveRecord,
    SessionRecord,
)
from .results import AgentStatus, AgentView, Graded, PriorArt, SimilarProject
from .rules import GRADES

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

#: What agents and repositories wrote must not steer a terminal.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HASH = 10
#: Ids of plain git end in their day and are shown whole.
_LONGEST_ID = 25
_SESSION_COLUMNS: tuple[str, ...] = (
    "Last seen",
    "Session",
    "Agent host",
    "Project",
    "Task",
)
_SESSION_COLUMNS += ("Turns", "Tools", "Commits")
#: Files of a session that are named; the rest are counted.
_MOST_FILES = 20


def card(status: AgentStatus) -> str:
    """Return the status card."""
    return status.card


def agent(view: AgentView) -> RenderableType:
    """Return one agent as a list of fields."""
    halted = f"yes, by {view.halted_by}: {view.halt_reason}" if view.halted else "no"
    return fields(
        ("Agent", view.id),
        ("Tier", str(view.tier)),
        ("Skill points", view.skill_points),
        ("Experience", f"{view.experience_points}/{view.experience_for_next}"),
        ("Communication", view.communication_score),
        ("Commits", view.total_commits),
        ("Bugs", view.total_bugs),
        ("Halted", halted),
    )


def agents(views: Sequence[AgentView]) -> RenderableType:
    """Return a table of agents."""
    if not views:
        return "No agent is in the ledger."
    return table(
        ("Agent", "Tier", "SP", "XP", "CS", "Commits", "Bugs", "State"),
        (
            (
                view.id,
                str(view.tier),
                view.skill_points,
                f"{view.experience_points}/{view.experience_for_next}",
                view.communication_score,
                view.total_commits,
                view.total_bugs,
                "HALTED" if view.halted else "active" if view.active else "idle",
            )
            for view in views
        ),
    )


def commits(records: Sequence[CommitRecord]) -> RenderableType:
    """Return a table of commits."""
    if not records:
        return "No commit is recorded yet."
    return table(
        ("Commit", "Time", "XP", "Files", "Lines", "Task"),
        (
            (
                record.commit_hash[:HASH],
                time(record.timestamp),
                record.experience_gained,
                len(record.files_changed),
                f"+{record.lines_added} -{record.lines_removed}",
                record.task_description,
            )
            for record in records
        ),
    )


def graded(result: Graded) -> str:
    """Return one line on a grade."""
    instead = "" if result.replaced is None else f" instead of {result.replaced}"
    earned = f", {result.experience_gained} XP" if result.experience_gained else ""
    return clean(
        f"{result.agent_id} {result.commit_hash[:HASH]}: {result.grade} "
        f"({GRADES.get(result.grade, 'unknown')}) by {result.by}{instead}; "
        f"communication {result.score_before} -> {result.score_after}{earned}"
    )


def prior_art(found: PriorArt) -> RenderableType:
    """Return prior art as markdown, or as JSON when no text was asked for."""
    if not found.markdown:
        return found.model_dump_json(indent=2)
    from rich.markdown import Markdown

    return Markdown(clean(found.markdown))


def retro(record: RetrospectiveRecord) -> RenderableType:
    """Return one retrospective as a list of fields."""
    return fields(
        ("Task", record.task),
        ("Agent", record.agent_id),
        ("Commit", record.commit),
        ("Project", record.project_path),
        ("Scope", record.scope),
        ("Agent's grade", _grade(record.agent_grade)),
        ("User's grade", _grade(record.user_grade)),
        ("Communication", f"{record.score_before} -> {record.score_after}"),
        ("Agent's note", record.agent_note),
        ("User's note", record.user_note),
        ("When", time(record.timestamp)),
    )


def retros(records: Sequence[RetrospectiveRecord]) -> RenderableType:
    """Return a table of retrospectives."""
    if not records:
        return "No retrospective is recorded."
    return table(
        ("When", "Agent", "Commit", "Task", "Agent's", "User's"),
        (
            (
                time(record.timestamp),
                record.agent_id,
                record.commit[:HASH],
                record.task,
                _grade(record.agent_grade),
                _grade(record.user_grade),
            )
            for record in records
        ),
    )


def activity(record: ActivityRecord) -> RenderableType:
    """Return one activity as a list of fields."""
    return fields(
        ("Task", record.task),
        ("Agent", record.agent_id),
        ("Project", record.project_path),
        ("Actions", "\n".join(record.actions)),
        ("Outcome", record.outcome),
        ("Decisions", "\n".join(record.decisions)),
        ("When", time(record.timestamp)),
    )


def activities(records: Sequence[ActivityRecord]) -> RenderableType:
    """Return a table of activities."""
    if not records:
        return "No activity is recorded."
    return table(
        ("When", "Agent", "Task", "Outcome"),
        (
            (time(record.timestamp), record.agent_id, record.task, record.outcome)
            for record in records
        ),
    )


def project(record: ProjectRecord) -> RenderableType:
    """Return one project as a list of fields."""
    return fields(
        ("Project", record.path),
        ("Language", record.language),
        ("Framework", record.framework),
        ("Scope", record.scope),
        ("Manifest", record.manifest_type),
        ("Dependencies", ", ".join(record.dependencies)),
        ("AGENTS.md", record.agents_md_hash[:HASH]),
        ("Classified", time(record.classified_at)),
    )


def projects(records: Sequence[ProjectRecord]) -> RenderableType:
    """Return a table of projects."""
    if not records:
        return "No project has been classified."
    return table(
        ("Project", "Language", "Framework", "Scope"),
        ((each.path, each.language, each.framework, each.scope) for each in records),
    )


def similar(found: Sequence[SimilarProject]) -> RenderableType:
    """Return a table of similar projects."""
    if not found:
        return "No project is similar."
    return table(
        ("Project", "Similarity", "Language", "Framework", "Scope"),
        (
            (
                each.path,
                f"{each.similarity:.2f}",
                each.language,
                each.framework,
                each.scope,
            )
            for each in found
        ),
    )


def session(record: SessionRecord) -> RenderableType:
    """Return one session as a list of fields."""
    ended = "running" if record.ended_at is None else time(record.ended_at)
    more = len(record.files_changed) - _MOST_FILES
    files = [*record.files_changed[:_MOST_FILES], *([f"and {more} more"] * (more > 0))]
    return fields(
        ("Session", record.session_id),
        ("Agent host", record.agent_host),
        ("Project", record.project_path),
        ("Work tree", record.worktree),
        ("Task", record.task_id),
        ("Title", record.title),
        ("Model", record.model),
        ("Agents", ", ".join(record.agents)),
        ("Started", time(record.started_at)),
        ("Ended", f"{ended} {record.end_reason}".strip()),
        ("Prompts", record.prompts),
        ("Turns", record.turns),
        ("Tool calls", f"{record.tool_calls} ({record.failed_tool_calls} failed)"),
        ("Commits", record.commits),
        ("Pushes", record.pushes),
        ("Compactions", record.compactions),
        (
            "Tokens",
            f"{record.input_tokens} in, {record.output_tokens} out, "
            f"{record.cache_read_tokens} cache read, "
            f"{record.cache_write_tokens} cache written",
        ),
        ("Files changed", "\n".join(files)),
    )


def sessions(records: Sequence[SessionRecord]) -> RenderableType:
    """Return a table of sessions."""
    if not records:
        return "No session is recorded."
    return table(
        _SESSION_COLUMNS,
        (
            (
                time(record.last_seen_at),
                _short(record.session_id),
                record.agent_host,
                PurePath(record.project_path).name,
                record.task_id or "-",
                record.turns,
                record.tool_calls,
                record.commits,
            )
            for record in records
        ),
    )


def _short(session_id: str) -> str:
    """Return the beginning of a long id; `session show` takes it."""
    return session_id if len(session_id) <= _LONGEST_ID else session_id[:HASH]


def fields(*rows: tuple[str, object]) -> RenderableType:
    """Return labels with values; what is empty is left out."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in rows:
        if value != "":
            table.add_row(label, _text(value))
    return table


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> RenderableType:
    """Return a table; numbers stand to the right."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*map(_cell, row))
    return made


def _cell(value: object) -> Text:
    text = _text(value)
    # Numbers under each other are compared by their last digits.
    text.justify = "right" if isinstance(value, int) else None
    return text


def _text(value: object) -> Text:
    # Rich would read a plain string as markup.
    from rich.text import Text

    return Text(clean(str(value)))


def clean(text: str) -> str:
    """Return text with control characters shown instead of obeyed."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _grade(grade: int | None) -> str:
    return "-" if grade is None else f"{grade} {GRADES.get(grade, '')}".strip()


def time(when: datetime) -> str:
    """Return a time as people of this machine read it, to the minute."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M")
