"""Grading commits and remembering what was learnt from them."""

from __future__ import annotations

from hookwright.core.api import ToolError
from hookwright.hookspecs import PluginContext

from .ledger import Ledger, known_scope
from .models import (
    AgentRecord,
    CommitRecord,
    CommunicationRecord,
    RetrospectiveRecord,
    Side,
)
from .results import Graded
from .rules import GRADED_XP, GRADES, regrade
from .tables import COMMITS, COMMUNICATION, RETROSPECTIVES


def checked_grade(grade: int | None) -> int:
    """Return the grade.

    :raises ToolError: it is none of the four there are.
    """
    if grade is None or grade not in GRADES:
        known = ", ".join(f"{value} {word}" for value, word in GRADES.items())
        wrong = "Give a grade" if grade is None else f"Grade {grade} is not accepted"
        raise ToolError(f"{wrong}; grades are {known}.")
    return grade


def check_side(context: PluginContext, by: Side) -> None:
    """Refuse an agent that would grade in the user's name.

    :raises ToolError: it would.
    """
    if by == "user" and context.from_agent:
        raise ToolError("A user's grade comes from a person; an agent grades as agent.")


def grade_commit(
    context: PluginContext,
    ledger: Ledger,
    agent: AgentRecord,
    commit: CommitRecord,
    by: Side,
    grade: int,
    reason: str = "",
) -> Graded:
    """Record one side's grade of a commit; it replaces that side's earlier one.

    The commit's first grade, by whichever side, also earns XP.
    """
    earlier = list(context.store.scan(COMMUNICATION, agent.id, commit.commit_hash))
    replaced = next((each for each in reversed(earlier) if each.by == by), None)
    before = agent.communication_score
    after, effect = regrade(before, replaced.effect if replaced else 0, grade)
    # The first of two grades that come at once earns; the claim tells which.
    first = not earlier and ledger.claims.take(
        context.new_id(), "grade", agent.id, commit.commit_hash
    )
    experience = GRADED_XP if first else 0
    _write(context, ledger, commit, after - before, experience)
    context.store.put(
        COMMUNICATION,
        CommunicationRecord(
            id=context.new_id(),
            agent_id=agent.id,
            commit_hash=commit.commit_hash,
            project_path=commit.project_path,
            by=by,
            grade=grade,
            effect=effect,
            reason=context.redact(reason),
            timestamp=context.now(),
        ),
    )
    return Graded(
        agent_id=agent.id,
        commit_hash=commit.commit_hash,
        by=by,
        grade=grade,
        replaced=replaced.grade if replaced else None,
        score_before=before,
        score_after=after,
        experience_gained=experience,
    )


def _write(
    context: PluginContext,
    ledger: Ledger,
    commit: CommitRecord,
    change: int,
    experience: int,
) -> None:
    context.store.merge(
        ledger.agents,
        (commit.agent_id,),
        communication_score=change,
        experience_points=experience,
        experience_total=experience,
    )
    context.store.merge(
        COMMITS,
        (commit.project_path, commit.commit_hash),
        communication_score_change=change,
        experience_gained=experience,
    )


def remember(
    context: PluginContext,
    commit: CommitRecord,
    score_before: int,
    score_after: int,
    **known: object,
) -> RetrospectiveRecord:
    """Write what is known of a commit into its retrospective and return it.

    :param known: fields of the retrospective; those that are not given stay.
    """
    texts = ("task", "agent_note", "user_note")
    changes = {
        name: context.redact(str(value)) if name in texts else value
        for name, value in known.items()
    }
    key = (commit.agent_id, commit.commit_hash)
    context.store.put_if_absent(
        RETROSPECTIVES,
        RetrospectiveRecord(
            agent_id=commit.agent_id,
            commit=commit.commit_hash,
            project_path=commit.project_path,
            scope=known_scope(context.store, commit.project_path),
            timestamp=context.now(),
            task=commit.task_description,
            score_before=score_before,
            score_after=score_after,
        ),
    )
    context.store.merge(RETROSPECTIVES, key, score_after=score_after, **changes)
    found = context.store.get(RETROSPECTIVES, *key)
    assert found is not None, "what a call wrote is there for it to read"
    return found
