"""The hooks of the guard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hookwright.hookspecs import (
    Ask,
    Commit,
    Context,
    Deny,
    Event,
    PluginContext,
    PluginInfo,
    PromptSubmit,
    Push,
    RecordType,
    StatusPart,
    StatusQuery,
    Tool,
    ToolBefore,
    hookimpl,
)

from .config import PROJECT_MAY_SET, EnvProtectionConfig

#: Milliseconds of wall time. The first command of a process loads the grammar, which a
#: busy machine takes a second for; core gives less where it has to answer sooner.
_BUDGET_MS = 4_000
_MOST_SESSIONS = 100


class EnvProtectionPlugin:
    """Judges every tool call. Core makes one instance."""

    def __init__(self) -> None:
        #: What is to be told of the last prompt, by session.
        self._to_tell: dict[str, str] = {}

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        """What the guard cannot judge, a person decides."""
        return PluginInfo(
            summary="Keeps secret files out of an agent's sight, and out of commits.",
            config=EnvProtectionConfig,
            on_gate_failure="ask",
            gate_budget_ms=_BUDGET_MS,
            project_may_set=PROJECT_MAY_SET,
        )

    @hookimpl
    def hookwright_register_records(self) -> Iterable[RecordType[Any]]:
        """Declare what is kept of refusals."""
        from .records import GUARD_EVENTS

        return [GUARD_EVENTS]

    @hookimpl
    def hookwright_register_tools(self) -> Iterable[Tool]:
        """Offer `hookwright guard ...`."""
        from .guard_tools import guard_tools

        return guard_tools()

    @hookimpl
    def hookwright_tool_before(
        self, event: ToolBefore, context: PluginContext
    ) -> Ask | Deny | Context | None:
        """Refuse what would touch a secret file, ask where that cannot be told."""
        from .guarding import judge_call
        from .noticing import bad_commits

        ruling = judge_call(
            event,
            context.config(EnvProtectionConfig),
            lambda: bad_commits(context, event.project.path),
        )
        if ruling.outcome == "allow":
            told = self._to_tell.pop(event.session_id, "")
            return Context(text=told) if told else None
        from .reasons import reason_for
        from .records import keep_refusal

        reason = reason_for(ruling)
        keep_refusal(context, event, ruling, reason)
        return Deny(reason=reason) if ruling.outcome == "deny" else Ask(reason=reason)

    @hookimpl
    def hookwright_event(self, event: Event, context: PluginContext) -> None:
        """Notice pasted secrets, and commits that took one in."""
        if isinstance(event, PromptSubmit):
            from .noticing import note_prompt

            told = note_prompt(event, context)
            if told:
                # With the next tool call: a gate of prompts would have to refuse them
                # whenever the guard cannot be asked.
                if len(self._to_tell) > _MOST_SESSIONS:
                    self._to_tell.clear()
                self._to_tell[event.session_id] = told
        elif isinstance(event, Commit):
            from .noticing import note_commit

            note_commit(event, context)
        elif isinstance(event, Push):
            from .noticing import note_push

            note_push(event, context)

    @hookimpl
    def hookwright_status_line(
        self, query: StatusQuery, context: PluginContext
    ) -> Sequence[StatusPart]:
        """Tell a person that a secret was pasted into a prompt."""
        from .status_line import status_parts

        return status_parts(context, query)
