"""Assertions on what a plugin host came to, with the whole story when they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hookwright.hookspecs import Decision, thaw

if TYPE_CHECKING:
    from ..host import PluginHost


def assert_denied(decision: Decision, saying: str = "") -> None:
    """Assert that the event is refused, with that text in the reason."""
    _assert_outcome(decision, "deny", saying)


def assert_asks(decision: Decision, saying: str = "") -> None:
    """Assert that a person is asked, with that text in the reason."""
    _assert_outcome(decision, "ask", saying)


def assert_allowed(decision: Decision) -> None:
    """Assert that a plugin explicitly allows the event."""
    _assert_outcome(decision, "allow", "")


def assert_no_opinion(decision: Decision) -> None:
    """Assert that no plugin has an opinion on the event."""
    _assert_outcome(decision, "none", "")


def assert_rewritten(decision: Decision, to: Mapping[str, Any]) -> None:
    """Assert that the call goes on with that input."""
    _assert_outcome(decision, "rewrite", "")
    got = thaw(decision.input)
    assert got == dict(to), (
        f"rewritten to {got!r}, not {dict(to)!r}\n{_story(decision)}"
    )


def assert_context(decision: Decision, saying: str) -> None:
    """Assert that one of the texts for the model holds that text."""
    assert any(saying in text for text in decision.contexts), (
        f"{saying!r} is in none of {decision.contexts!r}\n{_story(decision)}"
    )


def assert_healthy(host: PluginHost) -> None:
    """Assert that every plugin is loaded and that none of its calls failed."""
    problems = [
        f"{status.label}: {status.state} {status.why}"
        for status in host.report()
        if status.state != "active"
    ]
    problems += [
        f"{status.label}: {hook.hook} failed {hook.errors} of {hook.calls} times, "
        f"last: {hook.last_error}"
        for status in host.report()
        for hook in status.hooks
        if hook.errors
    ]
    assert not problems, "\n".join(problems)


def _assert_outcome(decision: Decision, outcome: str, saying: str) -> None:
    assert decision.outcome == outcome, (
        f"the outcome is {decision.outcome}, not {outcome}\n{_story(decision)}"
    )
    assert saying in decision.reason, (
        f"{saying!r} is not in the reason {decision.reason!r}\n{_story(decision)}"
    )


def _story(decision: Decision) -> str:
    return "\n".join(
        f"  round {step.round}: {step.plugin} said {step.said} {step.reason}"
        for step in decision.steps
    )
