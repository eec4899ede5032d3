"""What a session is told of the task that it goes on with, in few words.

The briefing of all plugins has a budget, and a part is whole or not there; so this part
keeps below its own share of it, and what matters less is left out first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from hookwright.hookspecs import BriefingPart, PluginContext, RecordStore

from .handoffs import Arrival
from .models import CommitRecord, SessionRecord, TaskRecord
from .plain import cut
from .tables import COMMITS
from .tasks import sessions_of

TITLE = "Task"
#: Tokens of this part at most, counted as core counts them: four ASCII characters are
#: one, and every other character is one.
MOST_TOKENS = 380
#: More than a standing, less than a halt.
_VALUE = 0.85
_OFFER_VALUE = 0.6
_SESSIONS, _COMMITS, _FILES = 3, 6, 12
_LONGEST_LINE = 300
_HASH = 8


def briefing(
    context: PluginContext, arrival: Arrival, session_id: str
) -> BriefingPart | None:
    """Return what a session is told as it begins, or None."""
    if arrival.task is not None:
        text = task_text(context, arrival.task, session_id)
        return BriefingPart(title=TITLE, text=text, value=_VALUE)
    if arrival.choice:
        names = "\n".join(f"- {_named(task)}" for task in arrival.choice)
        text = (
            f"Several tasks wait here, so this session is a part of none:\n{names}\n"
            "To go on with one: hookwright task continue TASK_ID --session "
            f"{session_id}"
        )
        return BriefingPart(title=TITLE, text=_fitting([text]), value=_OFFER_VALUE)
    if arrival.neighbour is not None:
        return BriefingPart(
            title=TITLE,
            text=_fitting([_offer(arrival.neighbour, session_id, context.now())]),
            value=_OFFER_VALUE,
        )
    return None


def task_text(context: PluginContext, task: TaskRecord, session_id: str = "") -> str:
    """Return what the task is and what its earlier sessions did."""
    earlier = [
        session
        for session in sessions_of(context.store, task)
        if session.session_id != session_id
    ]
    lines = list(_lines(context.store, task, earlier, context.now()))
    return _fitting(lines, f"More: hookwright task show {task.task_id}")


def _lines(
    store: RecordStore,
    task: TaskRecord,
    earlier: Sequence[SessionRecord],
    now: datetime,
) -> Iterator[str]:
    """Yield the lines, what matters most first."""
    yield f"This session goes on with task {_named(task)}"
    if task.note:
        yield f"Handed over with: {_one_line(task.note)}"
    for session in earlier[::-1][:_SESSIONS]:
        yield _did(session, now)
    if earlier and earlier[-1].last_prompt:
        yield f"Last asked there: {_one_line(earlier[-1].last_prompt)}"
    yield from _commits(store, task, earlier)
    files = list(dict.fromkeys(path for each in earlier for path in each.files_changed))
    if files:
        more = f" and {len(files) - _FILES} more" if len(files) > _FILES else ""
        named = ", ".join(_one_line(path) for path in files[-_FILES:])
        yield f"Files changed: {_one_line(named)}{more}"
    if earlier and earlier[-1].last_message:
        yield f"Last said there: {_one_line(earlier[-1].last_message)}"


def _commits(
    store: RecordStore, task: TaskRecord, earlier: Sequence[SessionRecord]
) -> Iterator[str]:
    made = commits_of(store, task, earlier)
    for commit in made[::-1][:_COMMITS]:
        subject = _one_line(commit.task_description, 80)
        yield f"- commit {commit.commit_hash[:_HASH]} {subject}"
    if len(made) > _COMMITS:
        yield f"- and {len(made) - _COMMITS} commits before these"


def commits_of(
    store: RecordStore, task: TaskRecord, sessions: Sequence[SessionRecord]
) -> list[CommitRecord]:
    """Return the commits that sessions of a task made, the oldest first."""
    hashes = [name for session in sessions for name in session.commit_hashes]
    found = (store.get(COMMITS, task.project_path, name) for name in hashes)
    made = [commit for commit in found if commit is not None]
    return sorted(made, key=lambda commit: (commit.timestamp, commit.commit_hash))


def _did(session: SessionRecord, now: datetime) -> str:
    counts = (
        (session.prompts, "prompt"),
        (session.tool_calls, "tool call"),
        (session.commits, "commit"),
    )
    did = ", ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in counts if n)
    return (
        f"Before, in {session.agent_host} (session {session.session_id[:36]}, "
        f"until {_ago(session.last_seen_at, now)}): {did or 'nothing yet'}"
    )


def _offer(session: SessionRecord, session_id: str, now: datetime) -> str:
    what = f" on {_one_line(session.title, 100)!r}" if session.title else ""
    return (
        f"{session.agent_host} worked here{what} until "
        f"{_ago(session.last_seen_at, now)} (session {session.session_id}). This is "
        "not a part of that. If the user wants to go on with it: hookwright task "
        f"continue {session.session_id} --session {session_id}"
    )


def _named(task: TaskRecord) -> str:
    return (
        f"{task.task_id}: {_one_line(task.title, 120)}" if task.title else task.task_id
    )


def _ago(when: datetime, now: datetime) -> str:
    minutes = int(max((now - when).total_seconds(), 0) // 60)
    if minutes < 2:
        return "just now"
    if minutes < 120:
        return f"{minutes} minutes ago"
    return f"{minutes // 60} hours ago"


def _one_line(text: str, most: int = _LONGEST_LINE) -> str:
    return cut(" ".join(text.split()), most)


def _cost(text: str) -> float:
    ascii_characters = sum(character.isascii() for character in text)
    return ascii_characters / 4 + len(text) - ascii_characters


def _fitting(lines: Sequence[str], last: str = "") -> str:
    """Return the lines that fit, the first of them in any case, and the last line."""
    taken: list[str] = []
    left = MOST_TOKENS - _cost(last) - 1
    for line in lines:
        cost = _cost(line) + 0.25
        if cost > left and taken:
            continue
        kept = line
        while _cost(kept) > left:
            kept = kept[: len(kept) * 3 // 4]
        taken.append(kept)
        left -= _cost(kept) + 0.25
    return "\n".join([*taken, last] if last else taken)
