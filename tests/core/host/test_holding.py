"""Guards that cannot be asked keep their gates closed."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.host import PluginHost
from hookwright.core.testing.outcomes import (
    assert_asks,
    assert_denied,
    assert_no_opinion,
)
from hookwright.hookspecs import (
    Deny,
    PluginConfig,
    PluginContext,
    PluginInfo,
    ToolBefore,
    Verdict,
    hookimpl,
)

MakeHost = Callable[..., PluginHost]
MakeEvent = Callable[..., Any]


class Config(PluginConfig):
    strictness: int = 1


class Guard:
    """A guard with a setting."""

    def __init__(self, policy: Any = "deny") -> None:
        self.policy = policy
        self.strictness: list[int] = []

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        return PluginInfo(config=Config, on_gate_failure=self.policy)

    @hookimpl
    def hookwright_tool_before(self, context: PluginContext) -> None:
        self.strictness.append(context.config(Config).strictness)


class Plain:
    """A guard without settings."""

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        return PluginInfo(on_gate_failure="deny")

    @hookimpl
    def hookwright_tool_before(self, event: ToolBefore) -> Verdict | None:
        return Deny(reason="no") if "rm" in event.call.command else None


class Slow:
    """A gate that hangs, and may take ten seconds."""

    def __init__(self) -> None:
        self.free = threading.Event()

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        return PluginInfo(gate_budget_ms=10_000)

    @hookimpl
    def hookwright_tool_before(self) -> None:
        assert self.free.wait(60)

    @hookimpl
    def hookwright_prompt_submit(self) -> None:
        assert self.free.wait(60)


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.free.set()


BAD = {"guard": {"strictness": "very"}}


@pytest.mark.parametrize(
    ("policy", "check"),
    [("deny", assert_denied), ("ask", assert_asks), ("allow", assert_no_opinion)],
)
def test_a_guard_whose_table_is_wrong_answers_by_its_policy(
    make_host: MakeHost, make_event: MakeEvent, policy: str, check: Callable[..., None]
) -> None:
    host = make_host({"guard": Guard(policy)}, BAD)

    check(host.decide(make_event("tool_before", command="ls"))[0])
    check(host.failures_default("tool_before"))
    assert_no_opinion(host.decide(make_event("prompt_submit"))[0])


def test_it_says_which_key_of_which_file_is_wrong(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    file = "/home/a-person/.config/hookwright/hookwright.toml:12"
    host = make_host({"guard": Guard()}, BAD, origins_of=lambda _key: file)

    decision, _ = host.decide(make_event("tool_before", command="ls"))

    assert "Plugin guard could not judge this: it is not loaded" in decision.reason
    assert "guard.strictness is 'very'" in decision.reason
    assert f"({file})" in decision.reason
    (status,) = host.report()
    assert status.state == "failed"


def test_a_better_table_opens_the_gate_again(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    guard = Guard()
    host = make_host({"guard": guard}, BAD)
    event = make_event("tool_before", command="ls")
    assert_denied(host.decide(event)[0])

    assert host.reconfigure({"guard": {"strictness": 3}}) == []

    assert_no_opinion(host.decide(event)[0])
    assert guard.strictness == [3]


def test_guards_with_settings_stay_closed_while_nobody_can_read_them(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    plugins = {"guard": Guard("ask"), "plain": Plain()}
    host = make_host(plugins, unread="hookwright.toml:3 is not valid TOML")
    event = make_event("tool_before", command="ls")

    decision, _ = host.decide(event)

    assert_asks(decision, "does not know its settings: hookwright.toml:3")
    assert "plain" not in decision.reason
    assert {status.state for status in host.report()} == {"active"}

    host.reconfigure({})

    assert_no_opinion(host.decide(event)[0])


def test_a_guard_that_fails_at_startup_answers_by_its_policy(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    class Fails(Plain):
        @hookimpl
        def hookwright_startup(self) -> None:
            raise RuntimeError("no server")

    host = make_host({"guard": Fails()})
    host.startup()

    decision, _ = host.decide(make_event("tool_before", command="ls"))

    assert_denied(decision, "it is not loaded: hookwright_startup raised RuntimeError")


class Entry:
    """Installs a plugin whose module a test writes."""

    def __init__(self, site: Path) -> None:
        self.site = site
        info = site / "guard-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Name: guard\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[hookwright]\nguard = own_guard\n")

    def write(self, source: str) -> None:
        sys.modules.pop("own_guard", None)
        (self.site / "own_guard.py").write_text(source)


WORKS = """
from hookwright.hookspecs import PluginInfo, hookimpl

@hookimpl
def hookwright_plugin_info():
    return PluginInfo(on_gate_failure="deny")

@hookimpl
def hookwright_tool_before():
    return None
"""


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Entry]:
    site = tmp_path / "site"
    made = Entry(site)
    monkeypatch.setattr(sys, "path", [str(site)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield made
    sys.modules.pop("own_guard", None)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        ("raise SystemExit", "importing it raised SystemExit"),
        (
            WORKS.replace('"deny"', '"whatever"'),
            "hookwright_plugin_info raised ValidationError",
        ),
    ],
)
def test_a_guard_that_worked_yesterday_and_cannot_be_loaded_today_stays_closed(
    make_host: MakeHost, make_event: MakeEvent, entry: Entry, source: str, why: str
) -> None:
    event = make_event("tool_before", command="ls")
    entry.write(WORKS)
    yesterday = make_host()
    yesterday.load()
    assert_no_opinion(yesterday.decide(event)[0])
    assert yesterday.policies == {"guard": ("deny", ("hookwright_tool_before",))}

    entry.write(source)
    today = make_host(policies=yesterday.policies)
    today.load()

    decision, _ = today.decide(event)
    assert_denied(decision, "it is not loaded: ")
    assert why in decision.reason
    # And tomorrow, too.
    assert today.policies == yesterday.policies


def test_a_guard_that_is_disabled_or_uninstalled_is_gone(
    make_host: MakeHost, make_event: MakeEvent, entry: Entry
) -> None:
    event = make_event("tool_before", command="ls")
    policies = {"guard": ("deny", ("hookwright_tool_before",))}
    entry.write("import nothing_of_this_name")
    disabled = make_host(policies=policies, disabled=["guard"])
    disabled.load()
    uninstalled = make_host(policies=policies)

    for host in (disabled, uninstalled):
        assert_no_opinion(host.decide(event)[0])
        assert host.policies == {}


def test_a_plugin_of_the_same_name_that_is_not_taken_closes_nothing(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    policies = {"guard": ("deny", ("hookwright_tool_before",))}
    host = make_host({"guard": Plain()}, policies=policies)
    assert not host.register(Plain(), "guard")

    decision, _ = host.decide(make_event("tool_before", command="ls"))

    assert_no_opinion(decision)


def test_who_hangs_leaves_the_others_their_turn(
    make_host: MakeHost, make_event: MakeEvent, slow: Slow
) -> None:
    host = make_host({"a_slow": slow, "guard": Plain()})
    event = make_event("tool_before", command="rm -r x")

    decision, _ = host.decide(event, time.monotonic() + 0.3)

    assert_denied(decision, "no")
    assert [(step.plugin, step.said) for step in decision.steps] == [
        ("a_slow", "failed"),
        ("guard", "deny"),
    ]


def test_without_time_every_gate_is_represented_by_its_policy(
    make_host: MakeHost, make_event: MakeEvent, slow: Slow
) -> None:
    host = make_host({"guard": Guard("ask"), "other": slow})
    late = time.monotonic() - 1

    tool, _ = host.decide(make_event("tool_before", command="ls"), late)
    prompt, _ = host.decide(make_event("prompt_submit"), late)

    assert_asks(tool, "it was not asked: no time was left")
    assert_no_opinion(prompt)
    assert [step.said for step in prompt.steps] == ["failed"]


def test_a_gate_that_had_little_time_left_is_not_at_fault(
    make_host: MakeHost, make_event: MakeEvent, slow: Slow
) -> None:
    host = make_host({"slow": slow})
    event = make_event("tool_before", command="ls")

    for _ in range(4):
        host.decide(event, time.monotonic() + 0.02)

    (status,) = host.report()
    assert status.state == "active"
    assert [hook.errors for hook in status.hooks if hook.calls] == [4]
