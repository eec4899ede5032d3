"""Hooks that tell the model something when a session begins."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from .events import SessionStart, Value
from .markers import hookspec
from .plugins import PluginContext


class BriefingPart(Value):
    """One piece of text for the model, whole or not at all."""

    title: str
    text: str
    #: Parts are taken in falling value until the token budget is spent.
    value: float = Field(default=0.5, ge=0.0, le=1.0)


@hookspec
def hookwright_briefing(
    event: SessionStart, context: PluginContext
) -> Sequence[BriefingPart] | None:
    """Return what the model should know as its session begins.

    Call rule: each implementation is called while the agent waits; the parts of all
    are put in order of falling value and cut to `service.briefing_tokens`, a part is
    never cut in the middle. None or an empty list means nothing to say. Failure
    policy: the plugin's parts are missing and the failure is reported; the session
    starts all the same.

    :param event: the session's start; `event.source` tells a resumed one.
    :param context: the plugin's own context.
    :returns: parts, or None.

    Example::

        @hookimpl
        def hookwright_briefing(event, context):
            return [BriefingPart(title="Freeze", text="No deploys today.", value=0.9)]
    """
