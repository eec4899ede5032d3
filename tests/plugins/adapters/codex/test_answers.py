from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from hookwright.hookspecs import Answer, Decision, Delivery
from hookwright.plugins.adapters.codex.answers import render_answer
from hookwright.plugins.adapters.codex.names import TIMEOUTS

Make = Callable[..., Delivery]
Outcome = Literal["none", "allow", "rewrite", "ask", "deny"]
#: Codex takes a reason of white space alone for none, and throws the answer away.
Said = Annotated[str, StringConstraints(pattern=r"\S")]


class Strict(BaseModel):
    """The output schemas of 0.169.0, as far as they are obeyed, and no more."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Refused(Strict):
    hookEventName: Literal["PreToolUse"]
    permissionDecision: Literal["deny"]
    permissionDecisionReason: Said
    additionalContext: str | None = None


class Rewritten(Strict):
    hookEventName: Literal["PreToolUse"]
    permissionDecision: Literal["allow"]
    updatedInput: dict[str, Any]
    additionalContext: str | None = None


class ContextOnly(Strict):
    hookEventName: Literal["PreToolUse", "UserPromptSubmit", "SessionStart"]
    additionalContext: str = Field(min_length=1)


class Specific(Strict):
    hookSpecificOutput: Refused | Rewritten | ContextOnly


class Block(Strict):
    decision: Literal["block"]
    reason: Said


#: What each event's answer may be.
SCHEMAS: Mapping[str, TypeAdapter[Any]] = {
    "PreToolUse": TypeAdapter(Specific),
    "UserPromptSubmit": TypeAdapter(Specific | Block),
    "SessionStart": TypeAdapter(Specific),
    "PostToolUse": TypeAdapter(Block),
}
#: Objects and lists inside one another that Codex's parser takes.
DEPTH = 128


def depth_of(value: object) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(inner, list):
        return 0
    return 1 + max(map(depth_of, inner), default=0)


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def check(name: str, answer: Answer) -> dict[str, Any]:
    """Return the answer's JSON; fail where Codex would throw it away."""
    assert (answer.exit_code, answer.stderr) == (0, "")
    if not answer.stdout:
        return {}
    assert "\\ud" not in answer.stdout.lower()
    value: dict[str, Any] = json.loads(
        answer.stdout.encode(), parse_constant=refuse_constant
    )
    SCHEMAS[name].validate_python(value)
    assert depth_of(value) < DEPTH
    if "hookSpecificOutput" in value:
        assert value["hookSpecificOutput"]["hookEventName"] == name
    return value


@pytest.fixture
def told(make_delivery: Make) -> Callable[..., dict[str, Any]]:
    def run(
        outcome: Outcome, name: str = "PreToolUse", tool: str = "Bash", **more: Any
    ) -> dict[str, Any]:
        decision = Decision(**{"outcome": outcome, **more})
        delivery = make_delivery("codex", {"tool_name": tool}, name)
        value = check(name, render_answer(name, delivery, decision))
        found: dict[str, Any] = value.get("hookSpecificOutput", value)
        return found

    return run


Told = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("name", [*TIMEOUTS, "PermissionRequest", ""])
def test_no_opinion_is_silence(name: str, make_delivery: Make) -> None:
    delivery = make_delivery("codex", None, name)
    assert render_answer(name, delivery, Decision()) == Answer()


@pytest.mark.parametrize("name", ["PreToolUse", "UserPromptSubmit"])
def test_a_bare_allow_is_silence(name: str, told: Told) -> None:
    assert told("allow", name, reason="fine") == {}


def test_a_refused_tool_call_tells_the_model_why(told: Told) -> None:
    assert told("deny", reason="keep out", contexts=("a", "b")) == {
        "hookEventName": "PreToolUse",
        "permissionDecision": "deny",
        "permissionDecisionReason": "keep out",
        "additionalContext": "a\n\nb",
    }


def test_an_ask_is_a_refusal_that_says_who_may_do_it(told: Told) -> None:
    value = told("ask", reason="is this right?")
    assert value["permissionDecision"] == "deny"
    reason = value["permissionDecisionReason"]
    assert reason.startswith("is this right?\n")
    assert "ask the person to run it themselves, or to allow it" in reason


@pytest.mark.parametrize("outcome", ["deny", "ask"])
def test_a_refused_prompt_is_blocked(
    outcome: Literal["deny", "ask"], told: Told
) -> None:
    value = told(outcome, "UserPromptSubmit", reason="holds a key", contexts=("lost",))
    assert value == {"decision": "block", "reason": "holds a key"}


@pytest.mark.parametrize("reason", ["", " \n"])
@pytest.mark.parametrize("name", ["PreToolUse", "UserPromptSubmit"])
def test_a_refusal_without_a_reason_gets_one(
    name: str, reason: str, told: Told
) -> None:
    assert "without a reason" in str(told("deny", name, reason=reason))


@pytest.mark.parametrize("tool", ["Bash", "apply_patch"])
def test_a_rewritten_command_is_all_that_codex_is_told(tool: str, told: Told) -> None:
    value = told("rewrite", tool=tool, input={"command": "ls", "more": [1]})
    assert value == {
        "hookEventName": "PreToolUse",
        "permissionDecision": "allow",
        "updatedInput": {"command": "ls"},
    }


def test_another_tools_input_is_rewritten_as_a_whole(told: Told) -> None:
    value = told("rewrite", tool="mcp__a__b", input={"word": "x", "more": [1.5]})
    assert value["updatedInput"] == {"word": "x", "more": [1.5]}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("Bash", {}),
        ("Bash", {"command": 4}),
        ("mcp__a__b", {"x": float("nan")}),
        ("mcp__a__b", {"x": [float("-inf")]}),
        ("mcp__a__b", {"x": nested(150)}),
    ],
)
def test_a_rewrite_that_codex_would_throw_away_is_refused(
    tool: str, given: Any, told: Told
) -> None:
    # Or the call would run as it was.
    value = told("rewrite", tool=tool, input=given, reason="safer")
    assert value["permissionDecision"] == "deny"
    assert "safer" in value["permissionDecisionReason"]


def test_half_a_surrogate_pair_does_not_lose_the_answer(told: Told) -> None:
    value = told("deny", reason="names \ud83d", contexts=("\udc00",))
    assert value["permissionDecisionReason"] == "names ?"
    value = told("rewrite", input={"command": "echo \ud83d"})
    assert value["updatedInput"] == {"command": "echo ?"}


@pytest.mark.parametrize("name", ["SessionStart", "UserPromptSubmit", "PreToolUse"])
def test_text_for_the_model_is_nested(name: str, told: Told) -> None:
    value = told("allow", name, contexts=("one", "two"))
    assert value == {"hookEventName": name, "additionalContext": "one\n\ntwo"}


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("a\n[gone]\n", "a\n[gone]\n"),
        ({"content": [{"type": "text", "text": "[gone]"}, {"type": "text"}]}, "[gone]"),
        ({"content": [{"type": "image", "data": "x"}], "isError": False}, None),
        ({"made": ["[gone]", 1.5]}, '{"made": ["[gone]", 1.5]}'),
        (" ", "(no output)"),
    ],
)
def test_the_reason_is_read_in_place_of_the_output(
    output: Any, said: str | None, told: Told
) -> None:
    value = told("none", "PostToolUse", output=output)
    assert value["decision"] == "block"
    assert value["reason"] == said or (said is None and '"image"' in value["reason"])


TEXT = st.text(st.characters(), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    name=st.sampled_from([*TIMEOUTS, "PermissionRequest", "FromTheFuture", ""]),
    payload=st.none()
    | TEXT
    | st.fixed_dictionaries(
        {},
        optional={
            "tool_name": JSON | st.sampled_from(["Bash", "apply_patch", "mcp__a__b"])
        },
    ),
    outcome=st.sampled_from(["none", "allow", "rewrite", "ask", "deny"]),
    reason=TEXT,
    contexts=st.lists(st.text(st.characters(), min_size=1), max_size=3),
    rewritten=st.none()
    | st.dictionaries(TEXT, JSON, max_size=3)
    | st.fixed_dictionaries({"command": JSON})
    | st.fixed_dictionaries({"command": TEXT}),
    output=st.none() | JSON,
)
@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_decision_on_any_event_has_a_key_that_codex_does_not_know(
    make_delivery: Make,
    name: str,
    payload: Any,
    outcome: Outcome,
    reason: str,
    contexts: list[str],
    rewritten: Any,
    output: Any,
) -> None:
    decision = Decision(
        outcome=outcome,
        reason=reason,
        contexts=tuple(contexts),
        input=rewritten,
        output=output,
    )
    delivery = make_delivery("codex", payload, name)
    answer = render_answer(name, delivery, decision)
    if name not in SCHEMAS:
        assert answer == Answer()
        return
    value = check(name, answer)
    if name == "PostToolUse":
        assert bool(value) is (output is not None)
    if decision.refuses and name in ("PreToolUse", "UserPromptSubmit"):
        assert value.get("decision") == "block" or (
            value["hookSpecificOutput"]["permissionDecision"] == "deny"
        )
    if name == "PreToolUse" and outcome == "rewrite":
        # Rewritten or refused: the call never runs as it was.
        assert value["hookSpecificOutput"]["permissionDecision"] in ("allow", "deny")
