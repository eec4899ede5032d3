"""What the guard keeps of its refusals: the record type `guard_events`.

A record holds the call as it was redacted, never a file's content. Records are kept for
90 days, and no more than `MOST` of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from hookwright.hookspecs import (
    Event,
    PluginContext,
    Record,
    RecordType,
    ToolBefore,
)

from .reasons import shown
from .steps import Ruling, Step

KEPT = timedelta(days=90)
MOST = 5_000
#: How many of the oldest go at once, so that counting is not for every refusal.
_BATCH = 250
_LONGEST = 2_000
_MOST_STEPS = 20

Kind = Literal["tool", "prompt", "commit", "push"]


class GuardStep(Record):
    """One thing that was looked at."""

    outcome: str
    what: str
    how: str
    mode: str = ""
    rule: str = ""
    why: str = ""


class GuardEvent(Record):
    """One refusal, or something else that a person should know of."""

    id: str
    time: AwareDatetime
    kind: Kind = "tool"
    #: `deny`, `ask`, or `report` for what was not stopped.
    outcome: str
    agent_host: str = ""
    agent: str = ""
    session_id: str = ""
    project: str = ""
    cwd: str = ""
    tool: str = ""
    #: The call, redacted: the command, or the tool with its paths.
    call: str = ""
    reason: str = ""
    rules: tuple[str, ...] = ()
    steps: tuple[GuardStep, ...] = ()
    #: The commit that took in a protected file, "" for what is no commit.
    commit: str = ""
    #: Whether that commit was pushed since.
    pushed: bool = False


GUARD_EVENTS = RecordType(
    name="guard_events",
    model=GuardEvent,
    key=lambda event: (event.id,),
    indexes={
        "session": lambda event: event.session_id,
        # The project, for commits that are not pushed yet.
        "unpushed": lambda event: (
            event.project if event.commit and not event.pushed else None
        ),
    },
    retention=KEPT,
)


def keep(
    context: PluginContext,
    event: Event,
    *,
    kind: Kind,
    outcome: str,
    call: str,
    reason: str,
    steps: tuple[Step, ...] = (),
    rules: tuple[str, ...] = (),
    tool: str = "",
    commit: str = "",
) -> str:
    """Write a record of what was refused or noticed; return its id."""
    made = GuardEvent(
        id=context.new_id(),
        time=event.time,
        kind=kind,
        outcome=outcome,
        agent_host=event.agent_host,
        agent=event.agent.id,
        session_id=event.session_id,
        project=event.project.path,
        cwd=event.cwd,
        tool=tool,
        call=context.redact(_cut(call)),
        reason=context.redact(reason),
        rules=rules or tuple(dict.fromkeys(step.rule for step in steps if step.rule)),
        steps=tuple(_kept(context, step) for step in steps[:_MOST_STEPS]),
        commit=commit,
    )
    context.store.put(GUARD_EVENTS, made)
    _thin_out(context)
    return made.id


def keep_refusal(
    context: PluginContext, event: ToolBefore, ruling: Ruling, reason: str
) -> str:
    """Write a record of a refused tool call; return its id."""
    call = event.call
    told = call.command or " ".join([call.native_name, *call.paths])
    return keep(
        context,
        event,
        kind="tool",
        outcome=ruling.outcome,
        call=told,
        reason=reason,
        steps=ruling.decisive,
        tool=call.native_name,
    )


def _kept(context: PluginContext, step: Step) -> GuardStep:
    return GuardStep(
        outcome=step.outcome,
        what=context.redact(shown(step.what)),
        how=step.how,
        mode=step.mode,
        rule=step.rule,
        why=step.why,
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _thin_out(context: PluginContext) -> None:
    """Remove the oldest records when there are too many."""
    if context.store.count(GUARD_EVENTS) <= MOST:
        return
    for old in list(context.store.scan(GUARD_EVENTS, limit=_BATCH)):
        context.store.delete(GUARD_EVENTS, old.id)


def latest(
    context: PluginContext, limit: int, since: datetime | None = None
) -> list[GuardEvent]:
    """Return the newest records, newest first."""
    found = []
    for event in context.store.scan(GUARD_EVENTS, reverse=True, limit=limit):
        if since is not None and event.time < since:
            break
        found.append(event)
    return found
