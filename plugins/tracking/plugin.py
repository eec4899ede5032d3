"""The hooks of the agent ledger."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from hookwright.hookspecs import (
    BriefingPart,
    Commit,
    Context,
    Deny,
    Event,
    FlushReport,
    PluginContext,
    PluginInfo,
    PromptSubmit,
    RecordType,
    SessionEnd,
    SessionStart,
    StatusPart,
    StatusQuery,
    SubagentStart,
    SubagentStop,
    Tool,
    ToolAfter,
    ToolBefore,
    TurnEnd,
    UsageReported,
    hookimpl,
)

from . import specs
from .config import TrackingConfig
from .handoffs import arrive, named_by_prompt, note_prompt, settle, untold
from .ledger import Ledger
from .models import STARTING_SKILL, AgentRecord
from .resuming import lifts_a_halt
from .rules import experience_for_next, tier_of
from .sessions import add, count_event, tokens
from .task_briefing import briefing, task_text

#: Below what a plugin with something to warn of would say.
_BRIEFING_VALUE = 0.4
_HALTED_VALUE = 0.9
_MOST_HALTS = 5


class TrackingPlugin:
    """One ledger, joined to the hooks. Core makes one instance."""

    def __init__(self) -> None:
        self._ledger = Ledger()

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        """It only remembers: a fault of its own refuses nothing."""
        return PluginInfo(
            summary="Agent ledger: skill points, grades, halts, prior art.",
            config=TrackingConfig,
            on_gate_failure="allow",
        )

    @hookimpl
    def hookwright_register_records(self) -> Iterable[RecordType[Any]]:
        """Declare what the ledger stores."""
        return self._ledger.record_types

    @hookimpl
    def hookwright_register_tools(self) -> Iterable[Tool]:
        """Offer the ways in and out of the ledger."""
        # Imported late, like all that no answer needs: an agent may be waiting for
        # a process that has only just begun.
        from .activity_tools import ActivityTools
        from .agent_tools import AgentTools
        from .project_tools import ProjectTools
        from .retro_tools import RetroTools
        from .session_tools import SessionTools
        from .task_tools import TaskTools

        return [
            *AgentTools(self._ledger).tools(),
            *RetroTools(self._ledger).tools(),
            *ActivityTools(self._ledger).tools(),
            *ProjectTools().tools(),
            *SessionTools().tools(),
            *TaskTools().tools(),
        ]

    @hookimpl
    def hookwright_register_hookspecs(self) -> Iterable[object]:
        """Let others find earlier work better than by keywords."""
        return [specs]

    # Keywords are what is left when no other plugin can search.
    @hookimpl(trylast=True)
    def hookwright_tracking_candidates(
        self, query: str, limit: int, context: PluginContext
    ) -> Sequence[specs.Candidate]:
        """Search retrospectives by keywords."""
        from .prior_art import keyword_candidates

        return keyword_candidates(context.store, query, limit)

    @hookimpl
    def hookwright_startup(self, context: PluginContext) -> None:
        """Take the configured level-up factor before anything is settled by it."""
        self._ledger.configure(context)

    @hookimpl
    def hookwright_tool_before(
        self, event: ToolBefore, context: PluginContext
    ) -> Deny | None:
        """Refuse every tool to a halted agent, and lifting a halt to every agent."""
        agent = self._ledger.halted(context, event.agent.id)
        if agent is not None:
            return Deny(reason=_halt_message(agent))
        if event.call.tool == "shell" and lifts_a_halt(event.call.command):
            return Deny(
                reason="Lifting a halt is for a person: ask the user to run this "
                "command in a terminal of their own."
            )
        return None

    @hookimpl
    def hookwright_briefing(
        self, event: SessionStart, context: PluginContext
    ) -> Sequence[BriefingPart]:
        """Tell the agent where it stands, who is halted, and what its task is."""
        config = self._ledger.configure(context)
        agent = context.store.get(self._ledger.agents, event.agent.id)
        halts = [
            each
            for each in context.store.scan(self._ledger.agents)
            if each.halted
            and (each.id == event.agent.id or event.project.path in each.projects)
        ]
        lines = [_standing(event.agent.id, agent, config.level_up_factor)]
        lines += [
            f"{each.id} is halted: {each.halt_reason}" for each in halts[:_MOST_HALTS]
        ]
        value = _HALTED_VALUE if halts else _BRIEFING_VALUE
        ledger = BriefingPart(title="Agent ledger", text="\n".join(lines), value=value)
        arrival = arrive(context, event, self._ledger.claims)
        task = briefing(context, arrival, event.session_id)
        if arrival.task is not None:
            add(context, event, briefed=True)
        return [ledger] if task is None else [ledger, task]

    @hookimpl
    def hookwright_prompt_submit(
        self, event: PromptSubmit, context: PluginContext
    ) -> Context | None:
        """Tell the model of the task that a prompt names, or that it was given."""
        task, why_not = named_by_prompt(context, event)
        task = task or untold(context, event)
        text = task_text(context, task, event.session_id) if task else why_not
        return Context(text=text) if text else None

    @hookimpl
    def hookwright_status_line(
        self, query: StatusQuery, context: PluginContext
    ) -> Sequence[StatusPart]:
        """Show where the agent stands, a halt, and what was refused just now."""
        from .status_line import status_parts

        factor = self._ledger.configure(context).level_up_factor
        return list(status_parts(context, query, self._ledger.agents, factor))

    @hookimpl
    def hookwright_event(self, event: Event, context: PluginContext) -> None:
        """Count the event in its session."""
        self._ledger.configure(context)
        count_event(context, event)
        if isinstance(event, PromptSubmit):
            note_prompt(context, event)

    @hookimpl
    def hookwright_session_start(
        self, event: SessionStart, context: PluginContext
    ) -> None:
        """Bring in the agent, and classify its project where that is due."""
        from .project_tools import classify_changed

        project = classify_changed(context, event.project)
        self._ledger.session_started(context, event, project.scope)
        settle(context, event)
        arrive(context, event, self._ledger.claims)

    @hookimpl
    def hookwright_tool_after(self, event: ToolAfter, context: PluginContext) -> None:
        """A successful tool call earns."""
        self._ledger.tool_ran(context, event)

    @hookimpl
    def hookwright_turn_end(self, event: TurnEnd, context: PluginContext) -> None:
        """A completed prompt earns."""
        self._ledger.turn_ended(context, event)

    @hookimpl
    def hookwright_subagent_start(
        self, event: SubagentStart, context: PluginContext
    ) -> None:
        """Bring in the subagent."""
        self._ledger.meet(context, event)
        self._ledger.seen(context, event, active=True)

    @hookimpl
    def hookwright_subagent_stop(
        self, event: SubagentStop, context: PluginContext
    ) -> None:
        """A subagent's completed task earns."""
        self._ledger.subagent_stopped(context, event)

    @hookimpl
    def hookwright_commit(self, event: Commit, context: PluginContext) -> None:
        """A commit earns, once."""
        if self._ledger.committed(context, event):
            add(context, event, commits=1, commit_hashes=[event.hash])

    @hookimpl
    def hookwright_usage_reported(
        self, event: UsageReported, context: PluginContext
    ) -> None:
        """Count a model call's tokens, once."""
        if self._ledger.first_report(context, event):
            add(context, event, **tokens(event))

    @hookimpl
    def hookwright_session_end(self, event: SessionEnd, context: PluginContext) -> None:
        """Note that the agent has stopped acting."""
        self._ledger.seen(context, event, active=False)

    @hookimpl
    def hookwright_flush_after(
        self, report: FlushReport, context: PluginContext
    ) -> None:
        """Export the status of the projects it touched, when that is configured."""
        if self._ledger.configure(context).export_status:
            from .exports import export_status

            export_status(context, self._ledger, report)


def _standing(agent_id: str, agent: AgentRecord | None, factor: int) -> str:
    skill = agent.skill_points if agent else STARTING_SKILL
    experience = agent.experience_points if agent else 0
    return (
        f"You are {agent_id}: {tier_of(skill)}, skill points {skill}, "
        f"{experience} of {experience_for_next(skill, factor)} XP to the next."
    )


def _halt_message(agent: AgentRecord) -> str:
    reason = agent.halt_reason or "no reason was given"
    return (
        f"{agent.id} is halted: {reason}. Every tool is refused to it until a person "
        f'runs: hookwright agent resume {shlex.quote(agent.id)} --reason "..."'
    )
