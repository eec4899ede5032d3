from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from hookwright.hookspecs import Answer, Decision
from hookwright.plugins.adapters.claude_code.answers import render_answer
from hookwright.plugins.adapters.claude_code.names import TIMEOUTS


class Strict(BaseModel):
    """The answers that the contract knows for the events we answer, and no more."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ToolOutput(Strict):
    hookEventName: Literal["PreToolUse"]
    permissionDecision: Literal["allow", "deny", "ask", "defer"] | None = None
    permissionDecisionReason: str | None = Field(default=None, min_length=1)
    updatedInput: dict[str, Any] | None = None
    additionalContext: str | None = Field(default=None, min_length=1)


class ContextOutput(Strict):
    hookEventName: Literal["UserPromptSubmit", "SessionStart"]
    additionalContext: str = Field(min_length=1)


class ResultOutput(Strict):
    hookEventName: Literal["PostToolUse"]
    updatedToolOutput: Any


class Specific(Strict):
    hookSpecificOutput: ToolOutput | ContextOutput | ResultOutput


class Block(Strict):
    decision: Literal["block"]
    reason: str = Field(min_length=1)


ANSWER: TypeAdapter[Specific | Block] = TypeAdapter(Specific | Block)


def check(name: str, answer: Answer) -> dict[str, Any]:
    """Return the answer's JSON; fail when Claude Code would not know it."""
    assert answer.exit_code == 0
    assert answer.stderr == ""
    if not answer.stdout:
        return {}
    ANSWER.validate_json(answer.stdout)
    value: dict[str, Any] = json.loads(answer.stdout)
    if "decision" in value:
        assert name == "UserPromptSubmit"
    else:
        assert value["hookSpecificOutput"]["hookEventName"] == name
    return value


@pytest.mark.parametrize("name", [*TIMEOUTS, "Notification", ""])
def test_no_opinion_is_silence(name: str) -> None:
    assert render_answer(name, Decision()) == Answer()


@pytest.mark.parametrize("outcome", ["deny", "ask"])
def test_a_refused_tool_call_tells_the_model_why(
    outcome: Literal["deny", "ask"],
) -> None:
    decision = Decision(outcome=outcome, reason="keep out", contexts=("a", "b"))
    value = check("PreToolUse", render_answer("PreToolUse", decision))
    assert value["hookSpecificOutput"] == {
        "hookEventName": "PreToolUse",
        "permissionDecision": outcome,
        "permissionDecisionReason": "keep out",
        "additionalContext": "a\n\nb",
    }


def test_an_allowed_tool_call_may_have_no_reason() -> None:
    value = check("PreToolUse", render_answer("PreToolUse", Decision(outcome="allow")))
    assert value["hookSpecificOutput"]["permissionDecision"] == "allow"
    assert "permissionDecisionReason" not in value["hookSpecificOutput"]


def test_a_rewrite_leaves_the_question_of_permission_to_the_host() -> None:
    decision = Decision(
        outcome="rewrite", reason="safer", input={"command": "ls", "more": [1]}
    )
    value = check("PreToolUse", render_answer("PreToolUse", decision))
    assert value["hookSpecificOutput"] == {
        "hookEventName": "PreToolUse",
        "updatedInput": {"command": "ls", "more": [1]},
    }


@pytest.mark.parametrize("outcome", ["deny", "ask"])
def test_a_refused_prompt_is_blocked(outcome: Literal["deny", "ask"]) -> None:
    decision = Decision(outcome=outcome, reason="holds a key", contexts=("lost",))
    value = check("UserPromptSubmit", render_answer("UserPromptSubmit", decision))
    assert value == {"decision": "block", "reason": "holds a key"}


def test_a_refusal_without_a_reason_gets_one() -> None:
    for name in ("PreToolUse", "UserPromptSubmit"):
        check(name, render_answer(name, Decision(outcome="deny")))


@pytest.mark.parametrize("name", ["SessionStart", "UserPromptSubmit"])
def test_text_for_the_model_is_nested(name: str) -> None:
    decision = Decision(outcome="allow", contexts=("one", "two"))
    value = check(name, render_answer(name, decision))
    assert value == {
        "hookSpecificOutput": {"hookEventName": name, "additionalContext": "one\n\ntwo"}
    }


def test_another_output_is_given_whole() -> None:
    output = {"stdout": "[gone]", "stderr": "", "interrupted": False, "more": [1]}
    value = check("PostToolUse", render_answer("PostToolUse", Decision(output=output)))
    assert value["hookSpecificOutput"]["updatedToolOutput"] == output


@given(
    name=st.sampled_from([*TIMEOUTS, "Other"]),
    output=st.none() | st.text() | st.dictionaries(st.text(), st.lists(st.text())),
    outcome=st.sampled_from(["none", "allow", "rewrite", "ask", "deny"]),
    reason=st.text(),
    contexts=st.lists(st.text(min_size=1), max_size=3),
    command=st.text(),
)
def test_every_decision_renders_to_what_claude_code_knows(
    name: str,
    output: Any,
    outcome: Literal["none", "allow", "rewrite", "ask", "deny"],
    reason: str,
    contexts: list[str],
    command: str,
) -> None:
    rewritten = {"command": command} if outcome == "rewrite" else None
    decision = Decision(
        outcome=outcome,
        reason=reason,
        contexts=tuple(contexts),
        input=rewritten,
        output=output,
    )
    value = check(name, render_answer(name, decision))
    replaces = name == "PostToolUse" and output is not None
    assert ("updatedToolOutput" in value.get("hookSpecificOutput", {})) is replaces
    if outcome == "rewrite" and name == "PreToolUse":
        assert value["hookSpecificOutput"]["updatedInput"] == rewritten
