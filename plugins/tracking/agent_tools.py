"""Tools and commands about agents: `hookwright agent ...`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from hookwright.core.api import ToolError
from hookwright.hookspecs import PluginContext, Tool

from . import display
from .card import status_card
from .git import pending_changes
from .grading import check_side, checked_grade, grade_commit, remember
from .ledger import Ledger, log_activity
from .lookup import (
    agent_here,
    agent_named,
    checked_limit,
    commit_named,
    project_at,
)
from .models import AgentRecord, CommitRecord, Side
from .prior_art import as_markdown, find_prior_art
from .project_tools import stored_or_read
from .results import AgentStatus, AgentView, Graded, PriorArt
from .tables import COMMITS

_LONGEST_ID = 200
_MOST_PATTERNS = 50


class AgentTools:
    """The tools, over one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def tools(self) -> list[Tool]:
        """Return their declarations."""
        return [
            Tool(
                self.agent_create,
                command=("agent", "create"),
                writes=True,
                render=display.agent,
            ),
            Tool(self.agent_list, command=("agent", "list"), render=display.agents),
            Tool(self.agent_status, command=("agent", "status"), render=display.card),
            Tool(
                self.agent_commits,
                command=("agent", "commits"),
                render=display.commits,
            ),
            Tool(
                self.agent_halt,
                command=("agent", "halt"),
                writes=True,
                render=display.agent,
            ),
            Tool(
                self.agent_resume,
                command=("agent", "resume"),
                writes=True,
                person_only=True,
                render=display.agent,
            ),
            Tool(
                self.agent_bug,
                command=("agent", "bug"),
                writes=True,
                render=display.agent,
            ),
            Tool(
                self.agent_grade,
                command=("agent", "grade"),
                writes=True,
                render=display.graded,
            ),
            Tool(
                self.prior_art,
                command=("agent", "prior-art"),
                render=display.prior_art,
            ),
        ]

    def agent_create(
        self,
        context: PluginContext,
        agent_id: str,
        name: str = "",
        model: str = "",
        scope: str = "",
    ) -> AgentView:
        """Enter an agent in the ledger before it works for the first time.

        :param agent_id: for example `claude-code/reviewer`.
        :param name: for people; the part after the last `/` by default.
        :param model: the model it runs on.
        :param scope: what it works on: frontend, backend, ...
        """
        wanted = agent_id.strip()
        if not wanted or len(wanted) > _LONGEST_ID or not wanted.isprintable():
            raise ToolError(
                f"{agent_id!r} cannot name an agent: use 1 to {_LONGEST_ID} printable "
                "characters."
            )
        if context.store.get(self._ledger.agents, wanted) is not None:
            raise ToolError(f"{wanted} is in the ledger already.")
        now = context.now()
        agent = AgentRecord(
            id=wanted,
            name=name or wanted.rpartition("/")[2] or wanted,
            model=model,
            scope=scope,
            active=False,
            created_at=now,
            updated_at=now.replace(microsecond=0),
        )
        context.store.put_if_absent(self._ledger.agents, agent)
        return self._view(context, agent)

    def agent_list(
        self, context: PluginContext, project: Path | None = None, halted: bool = False
    ) -> list[AgentView]:
        """List the agents of the ledger, the most trusted first.

        :param project: only those that have worked in the project at this path.
        :param halted: only those that are halted.
        """
        where = project_at(project, "")
        agents = [
            agent
            for agent in context.store.scan(self._ledger.agents)
            if (agent.halted or not halted)
            and (where is None or where.path in agent.projects)
        ]
        agents.sort(
            key=lambda each: (-each.skill_points, -each.experience_points, each.id)
        )
        return [self._view(context, agent) for agent in agents]

    def agent_status(
        self, context: PluginContext, agent_id: str = "", directory: str = ""
    ) -> AgentStatus:
        """Show one agent's standing and the work tree's pending changes.

        :param agent_id: the agent that worked last in the directory by default.
        :param directory: a directory of the project.
        """
        where = project_at(None, directory)
        store = context.store
        agent = (
            agent_named(store, self._ledger.agents, agent_id)
            if agent_id
            else agent_here(store, self._ledger.agents, where)
        )
        status = AgentStatus.of(
            agent,
            self._factor(context),
            project=where.worktree if where else "",
            pending_changes=pending_changes(where.worktree) if where else None,
        )
        return status.model_copy(update={"card": status_card(status)})

    def agent_commits(
        self,
        context: PluginContext,
        agent_id: str = "",
        limit: int = 20,
        directory: str = "",
    ) -> list[CommitRecord]:
        """List an agent's commits with their files and what they earned, newest first.

        :param agent_id: the agent that worked last in the directory by default.
        :param limit: commits at most.
        :param directory: a directory of the project.
        """
        most = checked_limit(limit)
        store = context.store
        agent = (
            agent_named(store, self._ledger.agents, agent_id)
            if agent_id
            else agent_here(store, self._ledger.agents, project_at(None, directory))
        )
        found = list(store.find(COMMITS, "agent", agent.id))
        found.sort(key=lambda each: (each.timestamp, each.commit_hash), reverse=True)
        return found[:most]

    def agent_halt(
        self, context: PluginContext, agent_id: str, reason: str = ""
    ) -> AgentView:
        """Halt an agent: every tool is refused to it until a person resumes it.

        :param agent_id: the agent.
        :param reason: why; the agent is told it.
        """
        why = self._reason(context, reason, f"Say why: agent halt {agent_id} --reason")
        agent = agent_named(context.store, self._ledger.agents, agent_id)
        by = "agent" if context.from_agent else "person"
        context.store.merge(
            self._ledger.agents,
            (agent.id,),
            halted=True,
            halt_reason=why,
            halted_by=by,
        )
        log_activity(
            context, agent.id, f"halted by {by}", actions=("halt",), outcome=why
        )
        return self._changed(context, agent.id)

    def agent_resume(
        self, context: PluginContext, agent_id: str, reason: str = ""
    ) -> AgentView:
        """Lift an agent's halt; it has at least 1 skill point afterwards.

        :param agent_id: the agent.
        :param reason: why it may go on; kept in its activities.
        """
        why = self._reason(
            context, reason, f"Say why: agent resume {agent_id} --reason"
        )
        agent = agent_named(context.store, self._ledger.agents, agent_id)
        if not agent.halted:
            raise ToolError(f"{agent.id} is not halted.")
        context.store.merge(self._ledger.agents, (agent.id,), resume_requested=True)
        log_activity(
            context, agent.id, "resumed by person", actions=("resume",), outcome=why
        )
        return self._changed(context, agent.id)

    def agent_bug(
        self, context: PluginContext, agent_id: str, description: str = ""
    ) -> AgentView:
        """Report a bug that an agent made: 1 skill point less, halted at 0.

        :param agent_id: the agent.
        :param description: what is wrong; kept in its activities.
        """
        agent = agent_named(context.store, self._ledger.agents, agent_id)
        context.store.merge(
            self._ledger.agents, (agent.id,), skill_points=-1, total_bugs=1
        )
        log_activity(
            context, agent.id, "bug reported", actions=("bug",), outcome=description
        )
        return self._changed(context, agent.id)

    def agent_grade(
        self,
        context: PluginContext,
        agent_id: str,
        grade: int | None = None,
        by: Literal["agent", "user"] | None = None,
        commit: str = "",
        reason: str = "",
    ) -> Graded:
        """Grade an agent's commit; a side's new grade replaces its earlier one.

        :param agent_id: the agent that made the commit.
        :param grade: -1 bad, 1 neutral, 2 good or 5 excellence.
        :param by: whose grade it is; the caller's by default.
        :param commit: its hash, which may be abbreviated; the newest by default.
        :param reason: why.
        """
        side: Side = by or ("agent" if context.from_agent else "user")
        check_side(context, side)
        given = checked_grade(grade)
        agent = agent_named(context.store, self._ledger.agents, agent_id)
        found = commit_named(context.store, agent, commit)
        graded = grade_commit(context, self._ledger, agent, found, side, given, reason)
        notes = {f"{side}_note": reason} if reason else {}
        remember(
            context,
            found,
            graded.score_before,
            graded.score_after,
            **{f"{side}_grade": given},
            **notes,
        )
        return graded

    def prior_art(
        self,
        context: PluginContext,
        task: str,
        scope: str = "",
        project: Path | None = None,
        limit: int = 0,
        format: Literal["markdown", "json"] = "markdown",  # noqa: A002 - its CLI name
        directory: str = "",
    ) -> PriorArt:
        """Find what earlier work says of a task: patterns that worked, and mistakes.

        :param task: what is to be done, in a sentence or two.
        :param scope: frontend, backend, ...; the project's own by default.
        :param project: path of the project; the directory's by default.
        :param limit: patterns, and mistakes, at most; 0 for the configured number.
        :param format: `markdown` adds the result as text.
        :param directory: a directory of the project.
        """
        config = self._ledger.configure(context)
        if not task.strip():
            raise ToolError("Say what the task is.")
        if not 0 <= limit <= _MOST_PATTERNS:
            raise ToolError(f"limit is {limit}; accepted: 0 to {_MOST_PATTERNS}.")
        where = stored_or_read(context, project_at(project, directory))
        if scope:
            where = where.model_copy(update={"scope": scope.strip().lower()})
        found = find_prior_art(
            context, config, task, where, limit or config.prior_art_limit
        )
        if format == "json":
            return found
        return found.model_copy(update={"markdown": as_markdown(found)})

    def _factor(self, context: PluginContext) -> int:
        return self._ledger.configure(context).level_up_factor

    def _view(self, context: PluginContext, agent: AgentRecord) -> AgentView:
        return AgentView.of(agent, self._factor(context))

    def _changed(self, context: PluginContext, agent_id: str) -> AgentView:
        agent = agent_named(context.store, self._ledger.agents, agent_id)
        return self._view(context, agent)

    @staticmethod
    def _reason(context: PluginContext, reason: str, cure: str) -> str:
        if not reason.strip():
            raise ToolError(f'{cure} "..."')
        return context.redact(" ".join(reason.split()))
