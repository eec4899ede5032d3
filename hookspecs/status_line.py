"""Hooks for the line that shows a person how things stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

from pydantic import AwareDatetime, Field

from .adapters import Delivery
from .events import Agent, Project, Value
from .markers import hookspec
from .plugins import PluginContext


class Refusal(Value):
    """The last time that something was not simply let pass in a session."""

    time: AwareDatetime
    outcome: Literal["ask", "deny"]
    #: Plugins that said so.
    plugins: tuple[str, ...] = ()
    #: The agent host's own name of the tool, or `prompt`.
    what: str
    reason: str = ""


class StatusQuery(Value):
    """What somebody wants to see in one line: how things stand in a session."""

    #: "" where a person asks who is in no session.
    agent_host: str = ""
    session_id: str = ""
    project: Project
    #: Whose line it is; the main agent of the session, or None where nobody says.
    agent: Agent | None = None
    cwd: str
    #: The session's last refusal since the daemon began, or None.
    refusal: Refusal | None = None


class StatusPart(Value):
    """One short piece of the line, such as `JUNIOR 3 SP` or `HALTED`."""

    text: str = Field(min_length=1, max_length=100)
    #: The line has its parts in rising order; 0 is the first that is seen, 100 the
    #: first that is cut.
    order: int = Field(default=50, ge=0, le=100)


@runtime_checkable
class StatusReader(Protocol):
    """What an adapter is besides, whose agent host has a status line.

    The agent host's request comes as any delivery does, but is no event: it is not
    recorded, not logged and not observed. `Adapter.render` is then given a decision
    whose only context is the line.
    """

    def read_status(self, delivery: Delivery) -> StatusQuery | None:
        """Return what is asked for; None when the delivery is no such request.

        :raises ValueError: it is malformed; the text names the field.
        """
        ...


@hookspec
def hookwright_status_line(
    query: StatusQuery, context: PluginContext
) -> Sequence[StatusPart] | None:
    """Return what a person should see of this plugin at a glance.

    Call rule: each implementation is called whenever an agent host draws its status
    line, often several times a minute; the parts of all are shown in rising order and
    the line is cut at its end. It only looks: what it writes is dropped. Be quick (a
    few milliseconds: read the store, no files). None or an empty list means nothing to
    show. Failure policy: the plugin's parts are missing and the failure is reported;
    the others are shown.

    :param query: whose line it is, and the session's last refusal.
    :param context: the plugin's own context.
    :returns: parts, or None.

    Example::

        @hookimpl
        def hookwright_status_line(query, context):
            if query.refusal is not None:
                return [StatusPart(text=f"refused {query.refusal.what}", order=70)]
    """
