"""A plugin for the service's tests: an agent host of its own, a guard, a counter."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel

from hookwright.hookspecs import (
    Adapter,
    Agent,
    Answer,
    BriefingPart,
    Commit,
    Context,
    Decision,
    Delivery,
    Deny,
    Event,
    GateKind,
    Merge,
    PluginConfig,
    PluginContext,
    PluginInfo,
    Project,
    PromptSubmit,
    Push,
    Record,
    RecordType,
    Rewrite,
    SessionEnd,
    SessionStart,
    StatusPart,
    StatusQuery,
    Tool,
    ToolAfter,
    ToolBefore,
    ToolCall,
    UsageReported,
    Verdict,
    hookimpl,
    kind_of,
    thaw,
)


class Seen(Record):
    session: str
    count: int = 0
    texts: tuple[str, ...] = ()


SEEN = RecordType(
    name="seen",
    model=Seen,
    key=lambda seen: (seen.session,),
    merge={"count": Merge.SUM, "texts": Merge.UNION},
)


class SampleConfig(PluginConfig):
    forbidden: str = "forbidden"


class SampleAdapter:
    agent_host: str = "sample"
    input_format: Literal["json", "text"] = "json"
    environment: Sequence[str] = ("CLAUDE_SAMPLE",)
    refusable_events: Mapping[str, GateKind] = {"before": "tool_before"}

    def refusable(self, delivery: Delivery) -> bool:
        return delivery.arguments[:1] == ("before",)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        payload = delivery.payload
        if not isinstance(payload, Mapping):
            raise ValueError("payload: expected an object")
        kind = payload.get("event")
        if kind == "crash":
            raise RuntimeError("the adapter has a bug")
        if kind in ("nothing", "status"):
            return ()
        common: dict[str, Any] = {
            "id": f"{delivery.id}.0",
            "time": delivery.time,
            "agent_host": "sample",
            "host_event": str(kind),
            "session_id": payload["session"],
            "project": Project(path=delivery.cwd, worktree=delivery.cwd),
            "agent": Agent(id="sample/main", name="main"),
            "cwd": delivery.cwd,
        }
        return [_event(str(kind), payload, common)]

    def read_status(self, delivery: Delivery) -> StatusQuery | None:
        if delivery.arguments[:1] != ("status",):
            return None
        payload = delivery.payload
        assert isinstance(payload, Mapping)
        if not isinstance(payload["session"], str):
            raise ValueError("session is no text")
        return StatusQuery(
            agent_host="sample",
            session_id=payload["session"],
            project=Project(path=delivery.cwd, worktree=delivery.cwd),
            agent=Agent(id="sample/main", name="main"),
            cwd=delivery.cwd,
        )

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        first = events[0]
        if isinstance(first, SessionEnd) and first.reason == "incomplete":
            raise RuntimeError("no transcript")
        if isinstance(first, ToolAfter) and first.call.command == "git commit":
            # What git's files tell is the same whoever reads them, and when.
            fields = {name: getattr(first, name) for name in Event.model_fields}
            commit = Commit(**{**fields, "id": "commit"}, hash="a" * 40, subject="x")
            return [*events, commit]
        if not isinstance(first, SessionEnd):
            return events
        usage = UsageReported(
            **{
                **{name: getattr(first, name) for name in Event.model_fields},
                "id": f"{first.id}.usage",
            },
            model="sk-ant-" + "api03-" + "Ab1" * 31 + "AA",
        )
        return [usage, *events]

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        if delivery.arguments[:1] == ("unrenderable",):
            raise RuntimeError("no words")
        if decision.outcome == "none" and not decision.contexts:
            return Answer()
        words = {
            "outcome": decision.outcome,
            "reason": decision.reason,
            "input": thaw(decision.input),
            "contexts": list(decision.contexts),
        }
        return Answer(stdout=_Words(**words).model_dump_json())


class _Words(BaseModel):
    outcome: str
    reason: str
    input: Any
    contexts: list[str]


def _event(kind: str, payload: Mapping[str, Any], common: dict[str, Any]) -> Event:
    text = str(payload.get("text", ""))
    call = ToolCall(
        id="1",
        tool="shell",
        native_name="Shell",
        input={"command": text},
        command=text,
    )
    if kind == "before":
        return ToolBefore(**common, call=call)
    if kind == "prompt":
        return PromptSubmit(**common, prompt=text)
    if kind == "start":
        return SessionStart(**common)
    if kind == "push":
        return Push(**common, remote="origin")
    if kind == "end":
        return SessionEnd(**common, reason=text)
    if kind == "after":
        return ToolAfter(**common, call=call, succeeded=True)
    raise ValueError(f"event: {kind!r} is none of before, prompt, start, after, end")


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    return PluginInfo(
        config=SampleConfig, on_gate_failure="deny", gate_budget_ms=10_000
    )


@hookimpl
def hookwright_register_adapters() -> Sequence[Adapter]:
    return [SampleAdapter()]


@hookimpl
def hookwright_register_records() -> Sequence[RecordType[Any]]:
    return [SEEN]


@hookimpl
def hookwright_register_tools() -> Sequence[Tool]:
    return [Tool(seen), Tool(forget, writes=True), Tool(secret, person_only=True)]


def seen(context: PluginContext, session: str) -> Seen:
    """Show what was seen of a session."""
    return context.store.get(SEEN, session) or Seen(session=session)


def forget(context: PluginContext, session: str) -> str:
    """Forget a session."""
    context.store.delete(SEEN, session)
    return "forgotten"


def secret(context: PluginContext) -> str:
    """Only for people."""
    return "well"


@hookimpl
def hookwright_tool_before(event: ToolBefore, context: PluginContext) -> Verdict | None:
    command = event.call.command
    if command.startswith("sleep "):
        time.sleep(float(command.split()[1]))
    if command.startswith("print "):
        print(command)  # noqa: T201 - what a careless plugin does
    if context.config(SampleConfig).forbidden in command:
        return Deny(reason=f"{event.session_id}: no {command}")
    if command.startswith("rewrite ") and event.original_input is None:
        return Rewrite(input={"command": f"safe {command}"}, reason="safer")
    return None


@hookimpl
def hookwright_prompt_submit(event: PromptSubmit) -> Verdict | None:
    return Context(text="Remember the milk.") if "shop" in event.prompt else None


@hookimpl
def hookwright_status_line(query: StatusQuery) -> Sequence[StatusPart]:
    if query.refusal is None:
        return [StatusPart(text=f"all is well in {query.session_id or 'here'}")]
    return [
        StatusPart(text=f"said: {query.refusal.reason}", order=90),
        StatusPart(text=f"{query.refusal.outcome} {query.refusal.what}", order=10),
    ]


@hookimpl
def hookwright_briefing() -> Sequence[BriefingPart]:
    return [
        BriefingPart(title="Long", text="x" * 100_000, value=1.0),
        BriefingPart(title="Short", text="Well met.", value=0.1),
    ]


@hookimpl
def hookwright_event(event: Event, context: PluginContext) -> None:
    text = event.call.command if isinstance(event, ToolAfter) else kind_of(event)
    if text.startswith("observed slowly "):
        time.sleep(float(text.split()[2]))
    context.store.put_if_absent(SEEN, Seen(session=event.session_id))
    context.store.merge(SEEN, (event.session_id,), count=1, texts=[text])
