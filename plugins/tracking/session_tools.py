"""Tools and commands about sessions: `hookwright session ...`."""

from __future__ import annotations

from pathlib import Path

from hookwright.hookspecs import PluginContext, Tool

from . import display
from .lookup import checked_limit, project_at, session_named
from .models import SessionRecord
from .tables import SESSIONS


class SessionTools:
    """The tools."""

    def tools(self) -> list[Tool]:
        """Return their declarations."""
        return [
            Tool(
                self.session_list,
                command=("session", "list"),
                render=display.sessions,
            ),
            Tool(
                self.session_show,
                command=("session", "show"),
                render=display.session,
            ),
        ]

    def session_list(
        self, context: PluginContext, project: Path | None = None, limit: int = 20
    ) -> list[SessionRecord]:
        """List sessions, those seen last first.

        :param project: only those of the project at this path.
        :param limit: how many at most.
        """
        where = project_at(project, "")
        found = (
            context.store.find(SESSIONS, "project", where.path)
            if where
            else context.store.scan(SESSIONS)
        )
        newest = sorted(
            found,
            key=lambda session: (session.last_seen_at, session.session_id),
            reverse=True,
        )
        return newest[: checked_limit(limit)]

    def session_show(self, context: PluginContext, session_id: str) -> SessionRecord:
        """Show one session in numbers.

        :param session_id: its id, or the beginning of it.
        """
        return session_named(context.store, session_id)
