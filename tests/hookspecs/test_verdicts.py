from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from hookwright.hookspecs import (
    Allow,
    Ask,
    Context,
    Decision,
    Deny,
    PluginInfo,
    Rewrite,
    Step,
    Verdict,
    thaw,
)
from hookwright.hookspecs.verdicts import VERDICTS


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (Ask, {"reason": ""}),
        (Deny, {"reason": ""}),
        (Deny, {}),
        (Rewrite, {"input": {}, "reason": ""}),
        (Rewrite, {"reason": "r"}),
        (Context, {"text": ""}),
        (Allow, {"reason": "r", "colour": "red"}),
    ],
)
def test_a_verdict_that_says_nothing_is_refused(
    model: type[BaseModel], fields: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        model(**fields)


def test_verdicts_are_frozen_and_told_apart_by_kind() -> None:
    verdicts: list[Verdict] = [
        Allow(),
        Ask(reason="r"),
        Deny(reason="r"),
        Rewrite(input={"a": [1]}, reason="r"),
        Context(text="t"),
    ]

    assert [type(verdict) for verdict in verdicts] == list(VERDICTS)
    assert len({verdict.kind for verdict in verdicts}) == len(verdicts)
    with pytest.raises(ValidationError, match="frozen"):
        verdicts[0].kind = "deny"  # type: ignore[misc]


def test_a_rewrites_input_cannot_be_changed_afterwards() -> None:
    given: dict[str, Any] = {"command": "ls", "list": [1]}
    rewrite = Rewrite(input=given, reason="r")

    given["list"].append(2)

    assert thaw(rewrite.input) == {"command": "ls", "list": [1]}
    assert rewrite.model_dump()["input"] == {"command": "ls", "list": [1]}


@pytest.mark.parametrize(
    ("outcome", "refuses"),
    [
        ("none", False),
        ("allow", False),
        ("rewrite", False),
        ("ask", True),
        ("deny", True),
    ],
)
def test_only_ask_and_deny_refuse(outcome: Any, refuses: bool) -> None:
    assert Decision(outcome=outcome).refuses is refuses


def test_a_decision_reads_back_from_json() -> None:
    decision = Decision(
        outcome="rewrite",
        input={"a": [1]},
        contexts=("x",),
        steps=(Step(plugin="p", said="rewrite", input={"a": [1]}),),
    )

    assert Decision.model_validate_json(decision.model_dump_json()) == decision


@pytest.mark.parametrize(
    "fields",
    [
        {"gate_budget_ms": 0},
        {"gate_budget_ms": 10_001},
        {"observe_budget_ms": 60_001},
        {"on_gate_failure": "panic"},
        {"colour": "red"},
    ],
)
def test_what_a_plugin_says_of_itself_has_bounds(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PluginInfo(**fields)
