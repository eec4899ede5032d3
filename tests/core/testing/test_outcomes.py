from __future__ import annotations

from collections.abc import Callable

import pytest

from hookwright.core.host import PluginHost
from hookwright.core.testing.factory import EventFactory
from hookwright.core.testing.outcomes import (
    assert_allowed,
    assert_asks,
    assert_context,
    assert_denied,
    assert_healthy,
    assert_no_opinion,
    assert_rewritten,
)
from hookwright.hookspecs import Decision, Step, hookimpl

STEP = Step(plugin="guard", said="deny", reason="too dangerous")
HELD: list[tuple[Callable[[Decision], None], Decision]] = [
    (
        lambda decision: assert_denied(decision, "rm"),
        Decision(outcome="deny", reason="no rm"),
    ),
    (
        lambda decision: assert_asks(decision, "sure"),
        Decision(outcome="ask", reason="sure?"),
    ),
    (assert_allowed, Decision(outcome="allow")),
    (assert_no_opinion, Decision()),
    (
        lambda decision: assert_rewritten(decision, {"a": [1]}),
        Decision(outcome="rewrite", input={"a": [1]}),
    ),
    (
        lambda decision: assert_context(decision, "frozen"),
        Decision(contexts=("deploys are frozen",), outcome="allow"),
    ),
]


@pytest.mark.parametrize(("check", "decision"), HELD)
def test_an_outcome_that_holds_passes(
    check: Callable[[Decision], None], decision: Decision
) -> None:
    check(decision)


@pytest.mark.parametrize(("check", "decision"), HELD)
def test_one_that_does_not_hold_fails_with_the_story(
    check: Callable[[Decision], None], decision: Decision
) -> None:
    others = [Decision(outcome=name) for name in ("deny", "ask", "rewrite", "none")]
    wrong = next(item for item in others if item.outcome != decision.outcome)

    with pytest.raises(AssertionError, match="guard said deny too dangerous"):
        check(wrong.model_copy(update={"steps": (STEP,)}))


def test_another_reason_fails() -> None:
    with pytest.raises(AssertionError, match="'rm' is not in the reason 'no'"):
        assert_denied(Decision(outcome="deny", reason="no"), "rm")


def test_another_input_fails() -> None:
    with pytest.raises(AssertionError, match="rewritten to"):
        assert_rewritten(Decision(outcome="rewrite", input={"a": 2}), {"a": 1})


def test_a_host_without_faults_is_healthy(
    plugin_host: PluginHost, make_event: EventFactory
) -> None:
    class Quiet:
        @hookimpl
        def hookwright_turn_end(self) -> None: ...

    plugin_host.register(Quiet(), "quiet")
    plugin_host.observe(make_event("turn_end"))

    assert_healthy(plugin_host)


def test_a_host_with_faults_is_not_healthy(
    plugin_host: PluginHost, make_event: EventFactory
) -> None:
    class Raises:
        @hookimpl
        def hookwright_turn_end(self) -> None:
            raise ValueError("always")

    plugin_host.register(Raises(), "raises")
    plugin_host.register(object(), "Bad Name")
    plugin_host.observe(make_event("turn_end"))

    with pytest.raises(AssertionError, match="Bad Name: failed") as caught:
        assert_healthy(plugin_host)
    assert "raises: hookwright_turn_end failed 1 of 1 times" in str(caught.value)
    assert "raised ValueError: always" in str(caught.value)
