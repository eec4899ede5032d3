from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.redaction import Redactor
from hookwright.core.service.deciding import restored, strongest
from hookwright.hookspecs import Decision, Step, thaw

SECRET = "sk-ant-" + "api03-" + "Ab1" * 31 + "AA"
ORDER = ["none", "allow", "rewrite", "ask", "deny"]


@given(st.lists(st.sampled_from(ORDER), max_size=5))
def test_the_strongest_decision_wins_and_nothing_is_forgotten(
    outcomes: list[Any],
) -> None:
    decisions = [
        Decision(
            outcome=outcome,
            reason=outcome,
            contexts=(f"{number}",),
            steps=(Step(plugin=f"{number}", said="none"),),
        )
        for number, outcome in enumerate(outcomes)
    ]

    found = strongest(decisions)

    assert found.outcome == max(outcomes, key=ORDER.index, default="none")
    assert found.contexts == tuple(str(n) for n in range(len(outcomes)))
    assert [step.plugin for step in found.steps] == list(found.contexts)


@pytest.mark.parametrize("outcome", ["rewrite", "deny"])
def test_only_a_rewrite_gets_the_agents_own_words_back(outcome: Any) -> None:
    redaction = Redactor(b"k" * 32).redact({"command": f"curl -H {SECRET}"})
    command = redaction.value["command"]
    decision = Decision(outcome=outcome, input={"command": [command, "x"]})

    found = thaw(restored(decision, redaction).input)["command"]

    assert SECRET not in command
    assert (SECRET in found[0]) == (outcome == "rewrite")
    assert found[1] == "x"
