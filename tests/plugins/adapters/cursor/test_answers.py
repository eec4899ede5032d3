from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from hookwright.hookspecs import Answer, Decision
from hookwright.plugins.adapters.cursor.answers import render_answer
from hookwright.plugins.adapters.cursor.names import FAIL_CLOSED, TIMEOUTS

Messages = dict[str, dict[str, Any]]


class Strict(BaseModel):
    """The answers that the hook engine knows for the events we answer, and no more."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Tool(Strict):
    permission: Literal["deny"] | None = None
    user_message: str | None = Field(default=None, min_length=1)
    agent_message: str | None = Field(default=None, min_length=1)
    updated_input: dict[str, Any] | None = None
    additional_context: str | None = Field(default=None, min_length=1)


class Prompt(Strict):
    continue_: Literal[False] | None = Field(default=None, alias="continue")
    user_message: str | None = Field(default=None, min_length=1)
    additional_context: str | None = Field(default=None, min_length=1)


class Start(Strict):
    additional_context: str = Field(min_length=1)


class Result(Strict):
    updated_mcp_tool_output: Any


SCHEMAS: dict[str, TypeAdapter[Any]] = {
    "postToolUse": TypeAdapter(Result),
    "preToolUse": TypeAdapter(Tool),
    "beforeSubmitPrompt": TypeAdapter(Prompt),
    "sessionStart": TypeAdapter(Start),
}


def check(name: str, answer: Answer) -> dict[str, Any]:
    """Return the answer's JSON; fail when Cursor would not know it."""
    assert answer.exit_code == 0
    assert answer.stderr == ""
    if not answer.stdout:
        # Silence is refused where a hook fails closed.
        assert name not in FAIL_CLOSED
        return {}
    SCHEMAS[name].validate_json(answer.stdout)
    value: dict[str, Any] = json.loads(answer.stdout)
    return value


@pytest.mark.parametrize("name", [*TIMEOUTS, "beforeReadFile", ""])
@pytest.mark.parametrize("outcome", ["none", "allow"])
def test_no_opinion_is_an_empty_object_where_silence_would_refuse(
    name: str, outcome: Literal["none", "allow"]
) -> None:
    answer = render_answer(name, Decision(outcome=outcome, reason="fine"), None)
    assert answer == Answer(stdout="{}\n" if name in FAIL_CLOSED else "")


def test_a_refused_tool_call_tells_the_model_why() -> None:
    decision = Decision(outcome="deny", reason="keep out", contexts=("a", "b"))
    assert check("preToolUse", render_answer("preToolUse", decision, None)) == {
        "permission": "deny",
        "user_message": "keep out",
        "agent_message": "keep out",
        "additional_context": "a\n\nb",
    }


def test_what_a_person_should_see_is_refused_with_the_reason() -> None:
    decision = Decision(outcome="ask", reason="it pushes")
    value = check("preToolUse", render_answer("preToolUse", decision, None))
    assert value["permission"] == "deny"
    assert value["agent_message"].startswith("it pushes\n\nA person has to allow")


@pytest.mark.parametrize("outcome", ["deny", "ask"])
def test_a_refused_prompt_is_stopped(outcome: Literal["deny", "ask"]) -> None:
    decision = Decision(outcome=outcome, reason="holds a key", contexts=("lost",))
    value = check(
        "beforeSubmitPrompt", render_answer("beforeSubmitPrompt", decision, None)
    )
    assert value == {"continue": False, "user_message": "holds a key"}
    check(
        "beforeSubmitPrompt",
        render_answer("beforeSubmitPrompt", Decision(outcome="deny"), None),
    )


@pytest.mark.parametrize("name", ["sessionStart", "beforeSubmitPrompt", "preToolUse"])
def test_text_for_the_model_is_at_the_top(name: str) -> None:
    value = check(name, render_answer(name, Decision(contexts=("one", "two")), None))
    assert value == {"additional_context": "one\n\ntwo"}


REWRITES = [
    ("preToolUse.Shell", {"command": "ls -a", "cwd": "", "timeout": 30000}, True),
    # What Cursor would pass over, and run the old instead.
    ("preToolUse.Shell", {"command": "ls -a", "cwd": "", "timeout": 1, "x": 1}, False),
    ("preToolUse.Shell", {"command": "ls -a"}, False),
    ("preToolUse.Write", {"file_path": "/workspace/b.txt", "content": "x"}, True),
    ("preToolUse.Write", {"file_path": "/workspace/a.txt", "content": "y"}, False),
    ("preToolUse.MCP", {"word": "xyzzy", "more": 1}, True),
    ("preToolUse.MCP", {"more": 1}, False),
]


@pytest.mark.parametrize(("name", "new", "taken"), REWRITES)
def test_a_rewrite_that_cursor_would_pass_over_is_refused(
    name: str, new: dict[str, Any], taken: bool, messages: Messages
) -> None:
    decision = Decision(outcome="rewrite", reason="safer", input=new)
    answer = render_answer("preToolUse", decision, messages[name])
    value = check("preToolUse", answer)
    if taken:
        assert value == {"updated_input": new}
    else:
        assert value["permission"] == "deny"
        assert "safer" in value["agent_message"]


def test_only_an_mcp_tools_output_can_be_replaced(messages: Messages) -> None:
    decision = Decision(output={"content": [{"type": "text", "text": "[gone]"}]})
    message = {**messages["postToolUse.Shell"], "tool_name": "MCP:probe"}
    value = check("postToolUse", render_answer("postToolUse", decision, message))
    assert value == {
        "updated_mcp_tool_output": {"content": [{"type": "text", "text": "[gone]"}]}
    }
    for payload in (messages["postToolUse.Shell"], None, {"tool_name": 7}):
        assert render_answer("postToolUse", decision, payload) == Answer()


@given(
    name=st.sampled_from([*TIMEOUTS, "Other"]),
    output=st.none() | st.text() | st.dictionaries(st.text(), st.text()),
    outcome=st.sampled_from(["none", "allow", "rewrite", "ask", "deny"]),
    reason=st.text(max_size=8),
    contexts=st.lists(st.text(min_size=1, max_size=8), max_size=2),
    known=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_decision_renders_to_what_cursor_knows(
    name: str,
    outcome: Any,
    reason: str,
    contexts: list[str],
    known: bool,
    output: Any,
    messages: Messages,
) -> None:
    given = {"command": "x", "cwd": "", "timeout": 1} if outcome == "rewrite" else None
    decision = Decision(
        outcome=outcome,
        reason=reason,
        input=given,
        contexts=tuple(contexts),
        output=output,
    )
    payload = messages["preToolUse.Shell"] if known else None
    value = check(name, render_answer(name, decision, payload))
    stopped = value.get("permission") == "deny" or value.get("continue") is False
    refused = outcome in ("ask", "deny") and name in FAIL_CLOSED
    unknown = outcome == "rewrite" and name == "preToolUse" and not known
    assert stopped is (refused or unknown)
