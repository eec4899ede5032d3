"""Five gates, each of which says something else about what names its word."""

from __future__ import annotations

from collections.abc import Sequence

from hookwright.hookspecs import (
    Allow,
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


class Judge:
    """What the five have in common; a subclass says its word and its verdict."""

    word = ""

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        # Generous: on a busy machine none of them is to be represented.
        return PluginInfo(on_gate_failure="ask", gate_budget_ms=10_000)

    @hookimpl
    def hookwright_tool_before(self, event: ToolBefore) -> Verdict | None:
        return self.verdict(event) if self.word in str(thaw(event.call.input)) else None

    @hookimpl
    def hookwright_prompt_submit(self, event: PromptSubmit) -> Verdict | None:
        return self.verdict(None) if self.word in event.prompt else None

    def verdict(self, event: ToolBefore | None) -> Verdict | None:
        raise NotImplementedError


class Allows(Judge):
    word = "allow"

    def verdict(self, event: ToolBefore | None) -> Verdict | None:
        return Allow(reason="fine by me")


class Asks(Judge):
    word = "ask"

    def verdict(self, event: ToolBefore | None) -> Verdict | None:
        return Ask(reason="better ask: ünïcode ☃")


class Denies(Judge):
    word = "deny"

    def verdict(self, event: ToolBefore | None) -> Verdict | None:
        return Deny(reason="" if event is None else f"no {event.call.command[:80]}")


class Rewrites(Judge):
    word = "rewrite"

    def verdict(self, event: ToolBefore | None) -> Verdict | None:
        if event is None or "rewritten" in event.call.input:
            return None
        return Rewrite(input={**event.call.input, "rewritten": True}, reason="safer")


class Tells(Judge):
    word = "tell"

    def verdict(self, event: ToolBefore | None) -> Verdict | None:
        return Context(text="Remember the milk.")

    @hookimpl
    def hookwright_briefing(self, event: SessionStart) -> Sequence[BriefingPart]:
        return [
            BriefingPart(title="Milk", text=f"for {event.agent.name}", value=0.5),
            BriefingPart(title="Much", text="word " * 5_000, value=0.1),
        ]
