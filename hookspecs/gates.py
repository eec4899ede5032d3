"""Hooks that may refuse.

Call rule of both hooks: each implementation is called while the agent waits, in
registration order (by plugin name; `tryfirst` and `trylast` move it). The strongest
verdict wins: deny, ask, rewrite, allow. None means no opinion.

Rewrites compose in that same order: each plugin is given the input as the plugins
before it left it, and the input that the agent sent stays in
`event.original_input`. Plugins that were asked before the last rewrite are asked
once more about the final input, and only a deny or an ask of theirs counts then, so
that no rewrite can slip past a guard.

Failure policy: a plugin that raises, hangs past its `gate_budget_ms`, exits or
returns something that is no verdict is reported, and its declared
`PluginInfo.on_gate_failure` stands in for its verdict. The others are still asked.
"""

from __future__ import annotations

from .events import PromptSubmit, ToolBefore
from .markers import hookspec
from .plugins import PluginContext
from .verdicts import Verdict


@hookspec
def hookwright_prompt_submit(
    event: PromptSubmit, context: PluginContext
) -> Verdict | None:
    """Judge a prompt before the model reads it, or add text to it.

    A prompt cannot be rewritten or asked about in every agent host: an ask is
    rendered as a denial where the host has no such answer, a rewrite is ignored.

    :param event: the prompt; `event.source` tells whether a person wrote it.
    :param context: the plugin's own context.
    :returns: a verdict, or None for no opinion.

    Example::

        @hookimpl
        def hookwright_prompt_submit(event, context):
            if "deploy" in event.prompt:
                return Context(text="Deploys are frozen until Monday.")
    """


@hookspec
def hookwright_tool_before(event: ToolBefore, context: PluginContext) -> Verdict | None:
    """Judge a tool call before it runs, or rewrite its input.

    :param event: the call; `event.agent` wants to make it, and
        `event.original_input` is set once a plugin has rewritten the input.
    :param context: the plugin's own context.
    :returns: a verdict, or None for no opinion.

    Example::

        @hookimpl
        def hookwright_tool_before(event, context):
            if event.call.tool == "shell" and "rm -rf /" in event.call.command:
                return Deny(reason="That removes the whole disk. Name a directory.")
    """
