"""Tools and commands about activities: `hookwright activity ...`."""

from __future__ import annotations

from hookwright.core.api import ToolError
from hookwright.hookspecs import PluginContext, Tool

from . import display
from .ledger import Ledger, log_activity
from .lookup import agent_named, checked_limit, project_at
from .models import ActivityRecord
from .tables import ACTIVITIES


class ActivityTools:
    """The tools, over one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def tools(self) -> list[Tool]:
        """Return their declarations."""
        return [
            Tool(
                self.activity_log,
                command=("activity", "log"),
                writes=True,
                render=display.activity,
            ),
            Tool(
                self.activity_list,
                command=("activity", "list"),
                render=display.activities,
            ),
        ]

    def activity_log(
        self,
        context: PluginContext,
        agent_id: str,
        task: str,
        actions: tuple[str, ...] = (),
        outcome: str = "",
        decisions: tuple[str, ...] = (),
        directory: str = "",
    ) -> ActivityRecord:
        """Log something that an agent did.

        :param agent_id: the agent.
        :param task: what it was about.
        :param actions: what was done, one each.
        :param outcome: what came of it.
        :param decisions: what was decided, one each.
        :param directory: a directory of the project.
        """
        if not task.strip():
            raise ToolError("Say what the activity was about.")
        agent = agent_named(context.store, self._ledger.agents, agent_id)
        return log_activity(
            context,
            agent.id,
            task,
            project=project_at(None, directory),
            actions=actions,
            outcome=outcome,
            decisions=decisions,
        )

    def activity_list(
        self, context: PluginContext, agent_id: str = "", limit: int = 20
    ) -> list[ActivityRecord]:
        """List activities, the newest first.

        :param agent_id: only this agent's.
        :param limit: how many at most.
        """
        most = checked_limit(limit)
        if agent_id:
            agent = agent_named(context.store, self._ledger.agents, agent_id)
            newest = context.store.scan(ACTIVITIES, agent.id, reverse=True, limit=most)
            return list(newest)
        everything = sorted(
            context.store.scan(ACTIVITIES),
            key=lambda activity: (activity.timestamp, activity.id),
            reverse=True,
        )
        return everything[:most]
