"""Prior art: what earlier work says of a task."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from hookwright.hookspecs import PluginContext, RecordStore

from .config import TrackingConfig
from .git import recent_commits
from .keywords import LEAST_OVERLAP, keywords, nearness
from .models import ProjectRecord, RetrospectiveRecord
from .results import PastCommit, Pattern, PriorArt
from .rules import MISTAKE_GRADE, POSITIVE_GRADES
from .similarity import similar_projects
from .specs import Candidate
from .tables import PROJECTS, RETROSPECTIVES

#: Grade and scope are looked at after the search, so it must give more than is shown.
_CANDIDATES = 2_000


def find_prior_art(
    context: PluginContext,
    config: TrackingConfig,
    task: str,
    project: ProjectRecord,
    limit: int,
) -> PriorArt:
    """Return the patterns and mistakes that bear on a task.

    :param project: where the task is; its scope comes first. It need not be stored.
    :param limit: patterns, and mistakes, to return at most.
    """
    positive, mistakes = _choose(_candidates(context, task), project, limit)
    found = PriorArt(
        task=task, scope=project.scope, positive=positive, mistakes=mistakes
    )
    if positive or mistakes:
        return found
    history = _search_history(context, config, task, project)[:limit]
    return found.model_copy(update={"history": tuple(history)})


def keyword_candidates(
    store: RecordStore, query: str, limit: int
) -> Sequence[Candidate]:
    """Return the retrospectives that a person graded and whose words are near."""
    words = keywords(query)
    scored = [
        (retro.agent_id, retro.commit, score)
        for grade in (*POSITIVE_GRADES, MISTAKE_GRADE)
        for retro in store.find(RETROSPECTIVES, "user_grade", str(grade))
        if (score := _nearness(words, retro)) >= LEAST_OVERLAP
    ]
    scored.sort(key=lambda each: (-each[2], each[0], each[1]))
    return scored[:limit]


def _nearness(words: frozenset[str], retro: RetrospectiveRecord) -> float:
    return nearness(words, retro.task, retro.agent_note, retro.user_note)


def _candidates(
    context: PluginContext, task: str
) -> Iterator[tuple[RetrospectiveRecord, float]]:
    results = context.call_hook(
        "hookwright_tracking_candidates", query=task, limit=_CANDIDATES
    )
    for agent_id, commit, score in results[0] if results else ():
        retro = context.store.get(RETROSPECTIVES, agent_id, commit)
        # A search index may be behind the store.
        if retro is not None:
            yield retro, score


def _choose(
    candidates: Iterable[tuple[RetrospectiveRecord, float]],
    project: ProjectRecord,
    limit: int,
) -> tuple[tuple[Pattern, ...], tuple[Pattern, ...]]:
    same: list[Pattern] = []
    other: list[Pattern] = []
    mistakes: list[Pattern] = []
    for retro, score in candidates:
        if retro.user_grade == MISTAKE_GRADE:
            chosen = mistakes
        elif retro.user_grade in POSITIVE_GRADES:
            known = project.scope and retro.scope == project.scope
            chosen = same if known else other
        else:
            continue
        if len(chosen) < limit:
            chosen.append(_pattern(retro, score))
        if len(same) == limit and len(mistakes) == limit:
            break
    return tuple((same + other)[:limit]), tuple(mistakes)


def _pattern(retro: RetrospectiveRecord, score: float) -> Pattern:
    assert retro.user_grade is not None
    return Pattern(
        agent_id=retro.agent_id,
        commit=retro.commit,
        project_path=retro.project_path,
        scope=retro.scope,
        task=retro.task,
        user_grade=retro.user_grade,
        agent_note=retro.agent_note,
        user_note=retro.user_note,
        overlap=round(score, 3),
        timestamp=retro.timestamp,
    )


def _search_history(
    context: PluginContext, config: TrackingConfig, task: str, project: ProjectRecord
) -> list[PastCommit]:
    words = keywords(task)
    end = time.monotonic() + config.git_log_seconds
    similar = similar_projects(project, context.store.scan(PROJECTS))
    found: list[PastCommit] = []
    paths = (project.path, *(other.path for other, _ in similar))
    for path in filter(None, paths):
        left = end - time.monotonic()
        if left <= 0:
            context.log.info("prior art: out of time before git log of %s", path)
            break
        found += (
            PastCommit(
                project_path=path,
                commit=commit.hash,
                subject=context.redact(commit.subject),
                overlap=round(score, 3),
            )
            for commit in recent_commits(path, config.git_log_commits, left)
            if (score := nearness(words, commit.subject)) >= LEAST_OVERLAP
        )
    return sorted(found, key=lambda commit: -commit.overlap)


def as_markdown(found: PriorArt) -> str:
    """Return prior art as markdown, short enough to put before a model."""
    lines = [f"# Prior art: {_one_line(found.task)}"]
    for title, patterns in (
        ("What worked", found.positive),
        ("What went wrong", found.mistakes),
    ):
        if patterns:
            lines += ["", f"## {title}"]
            lines += (line for pattern in patterns for line in _described(pattern))
    if found.history:
        lines += ["", "## From git's log"]
        lines += (
            f"- {_one_line(commit.subject)} ({commit.commit[:10]}, "
            f"{_one_line(commit.project_path)})"
            for commit in found.history
        )
    if len(lines) == 1:
        lines += ["", "Nothing that bears on it is recorded yet."]
    return "\n".join(lines)


def _described(pattern: Pattern) -> Iterator[str]:
    where = pattern.scope or "unknown scope"
    yield (
        f"- {_one_line(pattern.task)} (grade {pattern.user_grade}, {where}, "
        f"{_one_line(pattern.agent_id)}, {pattern.commit[:10]})"
    )
    for who, note in (("agent", pattern.agent_note), ("user", pattern.user_note)):
        if note:
            yield f"  - {who}: {_one_line(note)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
