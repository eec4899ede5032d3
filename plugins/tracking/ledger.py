"""Writing to the ledger: who acted, what it earned, who is halted.

Everything here writes increments through the call's store; the rules that follow
from them (`rules.settle`) run in the write transaction.
"""

from __future__ import annotations

from typing import Any

from hookwright.core.api import StoreError
from hookwright.hookspecs import (
    Agent,
    Commit,
    Event,
    PluginContext,
    Project,
    RecordStore,
    RecordType,
    SessionStart,
    SubagentStop,
    ToolAfter,
    TurnEnd,
    UsageReported,
)

from .claims import Claims
from .config import TrackingConfig
from .models import ActivityRecord, AgentRecord, CommitRecord, UsageSeen
from .rules import (
    COMMIT_XP,
    EARNING_ACTIONS,
    TOOL_CALL_XP,
    TURN_XP,
    LevelRule,
)
from .tables import (
    ACTIVITIES,
    COMMITS,
    COMMUNICATION,
    HANDOFFS,
    LAST_SESSIONS,
    PROJECTS,
    RETROSPECTIVES,
    SESSIONS,
    TASKS,
    USAGE_SEEN,
    agents_table,
)


class Ledger:
    """The agents of one plugin instance and the rule that levels them up."""

    def __init__(self) -> None:
        self.rule = LevelRule()
        self.agents = agents_table(self.rule)
        self.claims = Claims()
        #: Halts as last read, for the gate when the store cannot be read.
        self._known_halts: dict[str, AgentRecord] = {}

    @property
    def record_types(self) -> list[RecordType[Any]]:
        """Return every record type of the plugin."""
        return [
            self.agents,
            COMMITS,
            COMMUNICATION,
            RETROSPECTIVES,
            ACTIVITIES,
            PROJECTS,
            SESSIONS,
            TASKS,
            HANDOFFS,
            LAST_SESSIONS,
            USAGE_SEEN,
        ]

    def configure(self, context: PluginContext) -> TrackingConfig:
        """Return the settings that hold now; the level-up rule follows them."""
        config = context.config(TrackingConfig)
        self.rule.factor = config.level_up_factor
        return config

    def halted(self, context: PluginContext, agent_id: str) -> AgentRecord | None:
        """Return the agent if it is halted.

        :raises StoreError: the store cannot be read, and no halt was known before.
        """
        try:
            agent = context.store.get(self.agents, agent_id)
        except StoreError:
            if agent_id not in self._known_halts:
                raise
            context.log.warning("the store cannot be read; the halt stands as known")
            return self._known_halts[agent_id]
        if agent is None or not agent.halted:
            self._known_halts.pop(agent_id, None)
            return None
        self._known_halts[agent_id] = agent
        return agent

    def meet(self, context: PluginContext, event: Event) -> None:
        """Make sure that the event's agent is in the ledger, with this project."""
        agent = event.agent
        path = event.project.path
        found = context.store.get(self.agents, agent.id)
        if found is None:
            context.store.put_if_absent(self.agents, _newcomer(agent, event))
        if found is None or path not in found.projects:
            # Merged also for a newcomer: two sessions may bring it at once, and
            # only the first one's record is kept.
            context.store.merge(self.agents, (agent.id,), projects=[path])
        if agent.model and found is not None and found.model != agent.model:
            context.store.merge(self.agents, (agent.id,), model=agent.model)

    def earn(
        self, context: PluginContext, event: Event, experience: int, **counts: int
    ) -> None:
        """Give the event's agent XP, and add counts to its counters."""
        self.meet(context, event)
        context.store.merge(
            self.agents,
            (event.agent.id,),
            experience_points=experience,
            experience_total=experience,
            active=True,
            updated_at=event.time.replace(microsecond=0),
            **counts,
        )

    def session_started(
        self, context: PluginContext, event: SessionStart, scope: str
    ) -> None:
        """Bring the session's agent in; it is at work on a project of this scope."""
        self.meet(context, event)
        self.seen(context, event, active=True)
        agent = context.store.get(self.agents, event.agent.id)
        if scope and agent is not None and agent.scope != scope:
            context.store.merge(self.agents, (agent.id,), scope=scope)

    def seen(self, context: PluginContext, event: Event, *, active: bool) -> None:
        """Note that the agent acted, and whether it goes on."""
        if context.store.get(self.agents, event.agent.id) is None:
            return
        context.store.merge(
            self.agents,
            (event.agent.id,),
            active=active,
            updated_at=event.time.replace(microsecond=0),
        )

    def tool_ran(self, context: PluginContext, event: ToolAfter) -> None:
        """A successful tool call earns."""
        if event.succeeded:
            self.earn(context, event, TOOL_CALL_XP, tool_calls=1)

    def turn_ended(self, context: PluginContext, event: TurnEnd) -> None:
        """A completed prompt earns, once."""
        if not event.repeated and not event.failed:
            self.earn(context, event, TURN_XP)

    def subagent_stopped(self, context: PluginContext, event: SubagentStop) -> None:
        """A subagent's completed task earns, once."""
        if not event.repeated:
            self.earn(context, event, TURN_XP)
        self.seen(context, event, active=False)

    def committed(self, context: PluginContext, event: Commit) -> bool:
        """Record a commit, once, and return whether it was new.

        Git's own hook and the agent's shell tool both report a commit; the later
        report only adds the files when the earlier one had none.
        """
        key = (event.project.path, event.hash)
        known = context.store.get(COMMITS, *key)
        if known is None and not self.claims.take(event.id, "commit", *key):
            return False
        if known is not None:
            if event.files and not known.files_changed:
                context.store.merge(COMMITS, key, **_files(event))
            return False
        earns = event.action in EARNING_ACTIONS
        context.store.put_if_absent(COMMITS, _commit(event, COMMIT_XP if earns else 0))
        if earns:
            self.earn(context, event, COMMIT_XP, total_commits=1)
        else:
            self.meet(context, event)
        return True

    def first_report(self, context: PluginContext, event: UsageReported) -> bool:
        """Return whether a model call's tokens have not been counted yet."""
        if not event.message_id:
            return True
        key = (event.agent_host, event.message_id)
        if context.store.get(USAGE_SEEN, *key) is not None:
            return False
        if not self.claims.take(event.id, "usage", *key):
            return False
        context.store.put_if_absent(
            USAGE_SEEN,
            UsageSeen(
                agent_host=event.agent_host,
                message_id=event.message_id,
                session_id=event.session_id,
                timestamp=event.time,
            ),
        )
        return True


def log_activity(
    context: PluginContext,
    agent_id: str,
    task: str,
    *,
    project: Project | None = None,
    actions: tuple[str, ...] = (),
    outcome: str = "",
    decisions: tuple[str, ...] = (),
) -> ActivityRecord:
    """Write one activity and return it; texts are redacted."""
    activity = ActivityRecord(
        id=context.new_id(),
        agent_id=agent_id,
        project_path=project.path if project else "",
        timestamp=context.now(),
        task=context.redact(task),
        actions=tuple(map(context.redact, actions)),
        outcome=context.redact(outcome),
        decisions=tuple(map(context.redact, decisions)),
    )
    context.store.put(ACTIVITIES, activity)
    return activity


def known_scope(store: RecordStore, project: str) -> str:
    """Return the scope that the project was classified with, or ""."""
    found = store.get(PROJECTS, project)
    return found.scope if found else ""


def _newcomer(agent: Agent, event: Event) -> AgentRecord:
    return AgentRecord(
        id=agent.id,
        name=agent.name,
        model=agent.model or "",
        projects=(event.project.path,),
        created_at=event.time,
        updated_at=event.time.replace(microsecond=0),
    )


def _commit(event: Commit, experience: int) -> CommitRecord:
    return CommitRecord(
        agent_id=event.agent.id,
        commit_hash=event.hash,
        project_path=event.project.path,
        session_id=event.session_id,
        task_description=event.subject,
        branch=event.branch,
        author=event.author,
        action=event.action,
        replaces=event.replaces,
        experience_gained=experience,
        timestamp=event.time,
        **_files(event),
    )


def _files(event: Commit) -> dict[str, Any]:
    return {
        "files_changed": tuple(file.path for file in event.files),
        "lines_added": sum(file.added or 0 for file in event.files),
        "lines_removed": sum(file.removed or 0 for file in event.files),
    }
