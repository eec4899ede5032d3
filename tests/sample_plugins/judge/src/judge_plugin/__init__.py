"""Gives each kind of verdict to a command or prompt that has its word in it."""

from __future__ import annotations

from collections.abc import Sequence

from hookwright.hookspecs import (
    Ask,
    BriefingPart,
    Context,
    Deny,
    PluginInfo,
    PromptSubmit,
    Rewrite,
    SessionStart,
    ToolBefore,
    Verdict,
    hookimpl,
    thaw,
)

DENIED = "The judge denies this command."
ASKED = "The judge wants a person to see this command."
TOLD_WITH_CALL = "The judge says this with the call."
REFUSED = "The judge refuses this prompt."
TOLD_WITH_PROMPT = "The judge says this with the prompt."
TOLD_AT_START = "The judge says this as the session starts."


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Refuse when this plugin cannot judge."""
    return PluginInfo(summary="Judges by a word.", on_gate_failure="deny")


@hookimpl
def hookwright_tool_before(event: ToolBefore) -> Verdict | None:
    """Judge a command by the word in it."""
    command = event.call.command
    if "deny-this" in command:
        return Deny(reason=DENIED)
    if "ask-first" in command:
        return Ask(reason=ASKED)
    if "rewrite-this" in command:
        given = {**thaw(event.call.input), "command": "echo rewritten"}
        return Rewrite(input=given, reason="The judge likes this one better.")
    if "tell-me" in command:
        return Context(text=TOLD_WITH_CALL)
    return None


@hookimpl
def hookwright_prompt_submit(event: PromptSubmit) -> Verdict:
    """Refuse a prompt with the word in it; tell something with any other."""
    if "refuse-this" in event.prompt:
        return Deny(reason=REFUSED)
    return Context(text=TOLD_WITH_PROMPT)


@hookimpl
def hookwright_briefing(event: SessionStart) -> Sequence[BriefingPart]:
    """Tell something as a session starts."""
    return [BriefingPart(title="Judge", text=TOLD_AT_START, value=0.9)]
