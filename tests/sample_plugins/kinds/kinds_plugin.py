"""Uses everything a plugin may use, and remembers what it was given.

The tests run it in the daemon's process and in a worker process and compare.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from hookwright.core.api import ToolError
from hookwright.hookspecs import (
    Allow,
    Ask,
    BriefingPart,
    Context,
    Deny,
    Event,
    FlushReport,
    Merge,
    PluginConfig,
    PluginContext,
    PluginInfo,
    PromptSubmit,
    Record,
    RecordType,
    Rewrite,
    SessionStart,
    Tool,
    ToolBefore,
    Verdict,
    hookimpl,
    hookspec,
    thaw,
)


class KindsConfig(PluginConfig):
    """The plugin's table."""

    word: str = "plain"
    limits: dict[str, int] = Field(default_factory=dict)


class Seen(Record):
    """What was seen under one name."""

    name: str
    times: int = 0
    tags: frozenset[str] = frozenset()
    last: datetime | None = None
    detail: dict[str, Any] = Field(default_factory=dict)


SEEN = RecordType(
    name="kinds_seen",
    model=Seen,
    key=lambda record: (record.name,),
    merge={"times": Merge.SUM, "tags": Merge.UNION},
    indexes={"tag": lambda record: record.tags},
)
UNKNOWN = RecordType(name="kinds_unknown", model=Seen, key=lambda record: ("x",))


class View(BaseModel):
    """A tool's result."""

    name: str
    records: list[Seen]
    pair: tuple[int, str] = (1, "one")


class Specifications:
    """Hooks of this plugin's own."""

    @hookspec
    def hookwright_kinds_words(self, text: str) -> list[str] | None:
        """Return words for a text."""


def note(context: PluginContext, name: str, **more: Any) -> None:
    """Count a name."""
    context.store.put_if_absent(SEEN, Seen(name=name))
    context.store.merge(SEEN, (name,), times=1, **more)


def kinds_show(
    context: PluginContext, name: str, limit: int = 3, strict: bool = False
) -> View:
    """Show what was seen.

    :param name: the first letters.
    """
    if strict:
        raise ToolError(f"nothing is called {name!r}")
    found = list(context.store.scan(SEEN, reverse=True, limit=limit))
    return View(name=f"{name} {context.from_agent}", records=found)


def kinds_put(context: PluginContext, name: str, times: int) -> int:
    """Store something, and remove what is called `gone`."""
    context.store.put(SEEN, Seen(name=name, times=times))
    context.store.delete(SEEN, "gone")
    return context.store.count(SEEN)


def kinds_fails(context: PluginContext) -> str:
    """Fail."""
    raise LookupError("there is nothing to look up")


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Ask for a process of its own."""
    return PluginInfo(
        own_process=True,
        config=KindsConfig,
        on_gate_failure="ask",
        # What is compared must not depend on how busy the machine is.
        gate_budget_ms=10_000,
        observe_budget_ms=60_000,
    )


@hookimpl
def hookwright_register_hookspecs() -> list[object]:
    """Specify a hook."""
    return [Specifications]


@hookimpl
def hookwright_register_records() -> list[RecordType[Any]]:
    """Declare what is stored."""
    return [SEEN]


@hookimpl
def hookwright_register_tools() -> list[Tool]:
    """Offer tools."""
    return [Tool(kinds_show), Tool(kinds_put, writes=True), Tool(kinds_fails)]


@hookimpl
def hookwright_startup(context: PluginContext) -> None:
    """Note the start."""
    note(context, "startup")


@hookimpl
def hookwright_shutdown(context: PluginContext) -> None:
    """Note the end."""
    note(context, "shutdown")


@hookimpl
def hookwright_tool_before(event: ToolBefore, context: PluginContext) -> Verdict | None:
    """Do what the first word of the command says."""
    note(context, "tool_before", tags={event.call.tool})
    word, _, rest = event.call.command.partition(" ")
    given = thaw(event.call.input)
    answers: dict[str, Verdict] = {
        "allow": Allow(reason=rest),
        "ask": Ask(reason=rest or "ask"),
        "deny": Deny(reason=context.redact(f"{rest} {event.call.paths}")),
        "rewrite": Rewrite(input={**given, "command": rest}, reason="shorter"),
        "context": Context(text=rest or "context"),
    }
    if word == "raise":
        raise ValueError(rest)
    if word == "wrong":
        return rest  # type: ignore[return-value]
    return answers.get(word)


@hookimpl
def hookwright_prompt_submit(
    context: PluginContext, event: PromptSubmit
) -> Verdict | None:
    """Use every part of the context."""
    config = context.config(KindsConfig)
    note(context, "prompt", tags=set(event.prompt.split()), last=context.now())
    context.store.put(SEEN, Seen(name="detail", detail={"a": [1, {"b": None}]}))
    words = context.call_hook("hookwright_kinds_words", text=event.prompt)
    tagged = [record.name for record in context.store.find(SEEN, "tag", "plain")]
    found = context.store.get(SEEN, "prompt")
    (context.state_dir / "note").write_text(event.prompt, "utf-8")
    ids = [context.new_id() for _ in range(3)]
    problems = []
    for use in (
        lambda: context.store.get(UNKNOWN, "x"),
        lambda: context.store.find(SEEN, "nothing", "x"),
        lambda: context.call_hook("hookwright_nobody_knows"),
        lambda: context.store.merge(SEEN, ("prompt",), nothing=1),
    ):
        try:
            use()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            problems.append(f"{type(error).__name__} {error}")
    context.log.info("prompt %s of %s", event.prompt, context.name)
    return Context(
        text=f"{config.word} {config.limits} {words} {tagged} "
        f"{found and found.times} {found and sorted(found.tags)} "
        f"{context.store.count(SEEN)} {ids == sorted(set(ids))} {problems} "
        f"{context.from_agent}"
    )


@hookimpl
def hookwright_briefing(event: SessionStart, context: PluginContext) -> Any:
    """Tell where it is."""
    note(context, "briefing")
    return [
        BriefingPart(title=event.source, text=event.project.name, value=0.9),
        BriefingPart(title="two", text="second", value=0.1),
    ]


@hookimpl
def hookwright_event(event: Event, context: PluginContext) -> None:
    """Note every kind."""
    note(context, getattr(event, "kind", "?"), detail=event.model_dump(mode="json"))


@hookimpl(specname="hookwright_event")
def second_opinion(event: Event, context: PluginContext) -> None:
    """Note every kind once more: one plugin may implement a hook twice."""
    note(context, f"again {event.host_event}")


@hookimpl
def hookwright_flush_after(report: FlushReport, context: PluginContext) -> None:
    """Note the flush."""
    note(context, "flush", tags=set(report.written), detail={"why": report.reason})


@hookimpl
def hookwright_kinds_words(text: str) -> list[str] | None:
    """Answer its own hook, from the process that asks."""
    return [text[:3], str(len(text))] if text else None
