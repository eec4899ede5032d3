from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from hookwright.core.host import PluginHost
from hookwright.core.testing.outcomes import (
    assert_asks,
    assert_context,
    assert_denied,
    assert_no_opinion,
    assert_rewritten,
)
from hookwright.hookspecs import (
    Allow,
    Context,
    Decision,
    Deny,
    PluginContext,
    PluginInfo,
    PromptSubmit,
    Rewrite,
    ToolBefore,
    Verdict,
    hookimpl,
    thaw,
)

from .conftest import NOTES, Note

MakeHost = Callable[..., PluginHost]
MakeEvent = Callable[..., Any]
Hang = Any


class Guard:
    """Refuses what names a forbidden word; remembers what it was asked."""

    def __init__(self, forbidden: str) -> None:
        self.forbidden = forbidden
        self.asked: list[str] = []

    @hookimpl
    def hookwright_tool_before(self, event: ToolBefore) -> Verdict | None:
        self.asked.append(event.call.command)
        if self.forbidden in event.call.command:
            return Deny(reason=f"no {self.forbidden}")
        return None


class Appends:
    def __init__(self, text: str) -> None:
        self.text = text

    @hookimpl
    def hookwright_tool_before(self, event: ToolBefore) -> Verdict | None:
        return Rewrite(
            input={**event.call.input, "command": event.call.command + self.text},
            reason=f"appends{self.text}",
        )


class Failing:
    """A gate that fails in a given way, with a policy."""

    def __init__(self, fail: Callable[[], Any], policy: Any) -> None:
        self.fail = fail
        self.policy = policy

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        return PluginInfo(on_gate_failure=self.policy, gate_budget_ms=20)

    @hookimpl
    def hookwright_tool_before(self, context: PluginContext) -> Any:
        context.store.put(NOTES, Note(author=context.name))
        return self.fail()

    @hookimpl
    def hookwright_prompt_submit(self) -> Any:
        return self.fail()


def test_rewrites_compose_in_call_order(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    host = make_host({"a": Appends(" -a"), "b": Appends(" -b"), "c": Appends(" -c")})

    decision, _ = host.decide(make_event("tool_before", command="ls"))

    assert_rewritten(decision, {"command": "ls -a -b -c"})
    first = [thaw(step.input) for step in decision.steps if step.round == 1]
    assert [item["command"] for item in first] == ["ls -a", "ls -a -b", "ls -a -b -c"]
    assert [(s.plugin, s.said) for s in decision.steps if s.round == 2] == [
        ("a", "rewrite"),
        ("b", "rewrite"),
    ]


def test_no_rewrite_slips_past_a_guard_that_was_asked_before_it(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    guard = Guard("rm")
    host = make_host({"a_guard": guard, "b_rewrites": Appends("; rm -r x")})

    decision, _ = host.decide(make_event("tool_before", command="ls"))

    assert_denied(decision, "no rm")
    assert guard.asked == ["ls", "ls; rm -r x"]
    assert decision.input is None


def test_a_guard_that_was_asked_after_the_rewrite_is_not_asked_again(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    guard = Guard("rm")
    host = make_host({"a_rewrites": Appends(" -l"), "guard": guard})

    decision, _ = host.decide(make_event("tool_before", command="ls"))

    assert guard.asked == ["ls -l"]
    assert_rewritten(decision, {"command": "ls -l"})


def test_a_denied_call_gets_no_second_round(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    guard = Guard("ls")
    host = make_host({"a": guard, "b": Appends(" -l")})

    decision, _ = host.decide(make_event("tool_before", command="ls"))

    assert_denied(decision)
    assert guard.asked == ["ls"]
    assert [step.plugin for step in decision.steps] == ["a", "b"]


def test_the_original_input_is_kept(make_host: MakeHost, make_event: MakeEvent) -> None:
    seen: list[Any] = []

    class Last:
        @hookimpl
        def hookwright_tool_before(self, event: ToolBefore) -> None:
            seen.append(thaw(event.original_input))

    host = make_host({"a": Appends(" -l"), "z": Last()})

    host.decide(make_event("tool_before", command="ls"))

    assert seen == [{"command": "ls"}]


def sys_exit() -> None:
    sys.exit(2)


def recurse() -> None:
    recurse()


FAULTS: dict[str, Callable[[], Any]] = {
    "raises": lambda: 1 / 0,
    "exits": sys_exit,
    "recurses": recurse,
    "no_verdict": lambda: "deny",
    "coroutine": lambda: _coroutine(),
    "generator": lambda: (Allow() for _ in range(1)),
}


async def _coroutine() -> None: ...


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("policy", ["allow", "ask", "deny"])
def test_a_failing_gate_follows_its_policy_and_the_others_are_asked(
    make_host: MakeHost, make_event: MakeEvent, fault: str, policy: str
) -> None:
    guard = Guard("rm")
    host = make_host({"a_bad": Failing(FAULTS[fault], policy), "b_good": guard})

    decision, stages = host.decide(make_event("tool_before", command="ls"))

    assert decision.outcome == ("none" if policy == "allow" else policy)
    assert guard.asked == ["ls"]
    assert stages == []
    assert decision.steps[0].said == "failed"
    assert decision.steps[1].said == "none"


@pytest.mark.parametrize("policy", ["allow", "ask", "deny"])
def test_a_hanging_gate_follows_its_policy(
    make_host: MakeHost, make_event: MakeEvent, policy: str, hang: Hang
) -> None:
    guard = Guard("rm")
    host = make_host({"a_bad": Failing(hang, policy), "b_good": guard})

    decision, stages = host.decide(make_event("tool_before", command="ls"))

    assert decision.outcome == ("none" if policy == "allow" else policy)
    assert guard.asked == ["ls"]
    assert stages == []


def test_a_gate_that_hangs_in_the_second_round_follows_its_policy(
    make_host: MakeHost, make_event: MakeEvent, hang: Hang
) -> None:
    class Second:
        @hookimpl
        def hookwright_plugin_info(self) -> PluginInfo:
            return PluginInfo(on_gate_failure="deny", gate_budget_ms=20)

        @hookimpl
        def hookwright_tool_before(self, event: ToolBefore) -> None:
            if event.original_input is not None:
                hang()

    host = make_host({"a": Second(), "b": Appends(" -l")})

    decision, _ = host.decide(make_event("tool_before", command="ls"))

    assert_denied(decision, "Plugin a could not judge this")
    assert [step.round for step in decision.steps] == [1, 1, 2]


def test_a_gate_whose_breaker_is_open_is_not_called_and_its_policy_stands(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise ValueError

    host = make_host({"bad": Failing(fail, "ask")})

    for _ in range(5):
        decision, _ = host.decide(make_event("tool_before"))

    assert len(calls) == 3
    assert_asks(decision, "it was left alone after repeated faults")
    assert host.report()[0].state == "tripped"


def test_a_prompt_is_judged_and_a_rewrite_of_it_ignored(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    class Adds:
        @hookimpl
        def hookwright_prompt_submit(self, event: PromptSubmit) -> Verdict | None:
            return Context(text=f"about {event.prompt}")

    class Rewrites:
        @hookimpl
        def hookwright_prompt_submit(self) -> Verdict | None:
            return Rewrite(input={"prompt": ""}, reason="shorter")

    host = make_host({"adds": Adds(), "rewrites": Rewrites()})

    decision, _ = host.decide(make_event("prompt_submit", prompt="cats"))

    assert_no_opinion(decision)
    assert_context(decision, "about cats")


def test_a_failing_gate_of_a_prompt_follows_its_policy(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    host = make_host({"bad": Failing(lambda: 1 / 0, "deny")})

    decision, _ = host.decide(make_event("prompt_submit"))

    assert_denied(decision, "ZeroDivisionError")


def test_an_event_nobody_can_read_is_judged_by_the_strictest_policy(
    make_host: MakeHost,
) -> None:
    host = make_host(
        {
            "allows": Failing(lambda: None, "allow"),
            "asks": Failing(lambda: None, "ask"),
            "denies": Failing(lambda: None, "deny"),
        }
    )

    assert_denied(host.failures_default("tool_before"), "denies could not judge")
    assert_denied(host.failures_default("prompt_submit"))
    assert host.failures_default("turn_end") == Decision()


def test_without_gates_there_is_no_opinion(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    host = make_host()

    assert host.decide(make_event("tool_before")) == (Decision(), [])
    assert host.decide(make_event("prompt_submit")) == (Decision(), [])
    assert_no_opinion(host.failures_default("tool_before"))


def test_a_secret_in_an_error_does_not_reach_the_model(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    secret = "hunter" + "2hunter2"

    def fail() -> None:
        raise ValueError(secret)

    host = make_host(
        {"bad": Failing(fail, "deny")},
        redact=lambda text: text.replace(secret, "[REDACTED]"),
    )

    decision, _ = host.decide(make_event("tool_before"))

    assert secret not in decision.model_dump_json()
    assert secret not in str(host.report())
    assert_denied(decision, "[REDACTED]")
