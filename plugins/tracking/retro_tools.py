"""Tools and commands about retrospectives: `hookwright retro ...`."""

from __future__ import annotations

from pathlib import Path

from hookwright.core.api import ToolError
from hookwright.hookspecs import PluginContext, Tool

from . import display
from .grading import check_side, checked_grade, grade_commit, remember
from .ledger import Ledger
from .lookup import agent_named, checked_limit, commit_named, project_at
from .models import AgentRecord, CommitRecord, RetrospectiveRecord, Side
from .tables import RETROSPECTIVES


class RetroTools:
    """The tools, over one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def tools(self) -> list[Tool]:
        """Return their declarations."""
        return [
            Tool(
                self.retro_add,
                command=("retro", "add"),
                writes=True,
                render=display.retro,
            ),
            Tool(self.retro_list, command=("retro", "list"), render=display.retros),
            Tool(self.retro_show, command=("retro", "show"), render=display.retro),
        ]

    def retro_add(
        self,
        context: PluginContext,
        agent_id: str,
        commit: str = "",
        task: str = "",
        agent_grade: int | None = None,
        user_grade: int | None = None,
        agent_note: str = "",
        user_note: str = "",
    ) -> RetrospectiveRecord:
        """Record what was learnt from a commit; what is left out stays as it was.

        :param agent_id: the agent that made the commit.
        :param commit: its hash, which may be abbreviated; the newest by default.
        :param task: what was to be done; the commit's subject by default.
        :param agent_grade: the agent's own grade: -1, 1, 2 or 5.
        :param user_grade: the user's grade: -1, 1, 2 or 5; for a person to give.
        :param agent_note: what the agent would say to the next one.
        :param user_note: what the user would say to the next agent.
        """
        self._ledger.configure(context)
        if user_grade is not None or user_note:
            check_side(context, "user")
        grades: dict[Side, int] = {}
        if agent_grade is not None:
            grades["agent"] = checked_grade(agent_grade)
        if user_grade is not None:
            grades["user"] = checked_grade(user_grade)
        agent = agent_named(context.store, self._ledger.agents, agent_id)
        found = commit_named(context.store, agent, commit)
        texts = {"task": task, "agent_note": agent_note, "user_note": user_note}
        return remember(
            context,
            found,
            agent.communication_score,
            self._grade(context, agent, found, grades),
            **{f"{side}_grade": grade for side, grade in grades.items()},
            **{name: text for name, text in texts.items() if text},
        )

    def retro_list(
        self,
        context: PluginContext,
        agent_id: str = "",
        project: Path | None = None,
        limit: int = 20,
    ) -> list[RetrospectiveRecord]:
        """List retrospectives, the newest first.

        :param agent_id: only this agent's.
        :param project: only those of the project at this path.
        :param limit: how many at most.
        """
        where = project_at(project, "")
        if agent_id:
            agent = agent_named(context.store, self._ledger.agents, agent_id)
            found = context.store.scan(RETROSPECTIVES, agent.id)
        elif where:
            found = context.store.find(RETROSPECTIVES, "project", where.path)
        else:
            found = context.store.scan(RETROSPECTIVES)
        chosen = [
            retro
            for retro in found
            if where is None or retro.project_path == where.path
        ]
        chosen.sort(key=lambda retro: (retro.timestamp, retro.commit), reverse=True)
        return chosen[: checked_limit(limit)]

    def retro_show(
        self, context: PluginContext, agent_id: str, commit: str = ""
    ) -> RetrospectiveRecord:
        """Show the retrospective of one commit.

        :param agent_id: the agent that made the commit.
        :param commit: its hash, which may be abbreviated; the newest by default.
        """
        agent = agent_named(context.store, self._ledger.agents, agent_id)
        found = commit_named(context.store, agent, commit)
        retro = context.store.get(RETROSPECTIVES, agent.id, found.commit_hash)
        if retro is None:
            raise ToolError(
                f"{found.commit_hash[:10]} of {agent.id} has no retrospective yet; "
                "`hookwright retro add` records one."
            )
        return retro

    def _grade(
        self,
        context: PluginContext,
        agent: AgentRecord,
        commit: CommitRecord,
        grades: dict[Side, int],
    ) -> int:
        """Apply the grades and return the communication score afterwards."""
        for side, grade in grades.items():
            # The second grade stands on what the first has made of the agent.
            present = agent_named(context.store, self._ledger.agents, agent.id)
            grade_commit(context, self._ledger, present, commit, side, grade)
        return agent_named(
            context.store, self._ledger.agents, agent.id
        ).communication_score
