"""What the ledger shows in a status line: an agent's standing, what needs a person.

Read while an agent host draws its screen: some records by their keys, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hookwright.hookspecs import (
    PluginContext,
    RecordType,
    Refusal,
    StatusPart,
    StatusQuery,
)

from .models import STARTING_SKILL, AgentRecord
from .plain import cut
from .rules import experience_for_next, tier_of
from .tables import SESSIONS

_HALTED, _STANDING, _TASK, _REFUSED = 0, 20, 40, 60
#: Seconds for which a refusal is worth a look.
_REFUSED_S = 900.0
_LONGEST = 60
_MINUTE = 60.0


def status_parts(
    context: PluginContext,
    query: StatusQuery,
    agents: RecordType[AgentRecord],
    factor: int,
) -> Iterator[StatusPart]:
    """Yield the parts for the session that is asked about, or for the project."""
    agent_id = query.agent.id if query.agent else _last_agent(context, query)
    if agent_id:
        agent = context.store.get(agents, agent_id)
        if agent is not None and agent.halted:
            reason = cut(agent.halt_reason or "no reason was given", _LONGEST)
            yield StatusPart(text=f"HALTED: {reason}", order=_HALTED)
        yield StatusPart(text=_standing(agent_id, agent, factor), order=_STANDING)
    session = (
        context.store.get(SESSIONS, query.session_id) if query.session_id else None
    )
    if session is not None and session.task_id:
        yield StatusPart(text=f"task {cut(session.task_id, _LONGEST)}", order=_TASK)
    if query.refusal is not None:
        seconds = (context.now() - query.refusal.time).total_seconds()
        if seconds < _REFUSED_S:
            text = _refused(query.refusal, seconds)
            yield StatusPart(text=text, order=_REFUSED)


def _standing(agent_id: str, agent: AgentRecord | None, factor: int) -> str:
    skill = agent.skill_points if agent else STARTING_SKILL
    experience = agent.experience_points if agent else 0
    needed = experience_for_next(skill, factor)
    name = cut(agent_id, _LONGEST)
    return f"{name} {tier_of(skill)} {skill} SP {experience}/{needed} XP"


def _refused(refusal: Refusal, seconds: float) -> str:
    word = "denied" if refusal.outcome == "deny" else "asked about"
    by = f" by {', '.join(refusal.plugins)}" if refusal.plugins else ""
    ago = f"{int(seconds // _MINUTE)} min ago" if seconds >= _MINUTE else "just now"
    return f"{cut(f'{word} {refusal.what}{by}', _LONGEST)} {ago}"


def _last_agent(context: PluginContext, query: StatusQuery) -> str:
    """Return the agent that worked last in the project, or ""."""
    latest: tuple[datetime, str] | None = None
    for session in context.store.find(SESSIONS, "project", query.project.path):
        if session.agents and (latest is None or session.last_seen_at > latest[0]):
            latest = (session.last_seen_at, session.agents[0])
    return latest[1] if latest else ""
