from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from hookwright.hookspecs import Answer, Decision, Delivery
from hookwright.plugins.adapters.gemini.adapter import GeminiAdapter
from hookwright.plugins.adapters.gemini.answers import after_tool, render_answer
from hookwright.plugins.adapters.gemini.names import TIMEOUTS

Make = Callable[..., Delivery]


class Strict(BaseModel):
    """The answers that the contract knows for the events we answer, and no more."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Deny(Strict):
    decision: Literal["deny"]
    reason: str = Field(min_length=1)


class NewInput(Strict):
    hookEventName: Literal["BeforeTool"]
    tool_input: dict[str, Any]


class ContextOutput(Strict):
    hookEventName: Literal["BeforeAgent", "SessionStart", "AfterTool"]
    additionalContext: str = Field(min_length=1)


class Specific(Strict):
    hookSpecificOutput: NewInput | ContextOutput


ANSWER: TypeAdapter[Specific | Deny] = TypeAdapter(Specific | Deny)


def check(name: str, answer: Answer) -> dict[str, Any]:
    """Return the answer's JSON; fail when Gemini CLI would not know it."""
    assert answer.exit_code == 0
    assert answer.stderr == ""
    if not answer.stdout:
        return {}
    ANSWER.validate_json(answer.stdout)
    value: dict[str, Any] = json.loads(answer.stdout)
    if "decision" in value:
        assert name in ("BeforeTool", "BeforeAgent", "AfterTool")
    else:
        assert value["hookSpecificOutput"]["hookEventName"] == name
    return value


@pytest.mark.parametrize("name", [*TIMEOUTS, "Notification", ""])
@pytest.mark.parametrize("outcome", ["none", "allow"])
def test_no_opinion_is_silence(name: str, outcome: Literal["none", "allow"]) -> None:
    assert render_answer(name, Decision(outcome=outcome, reason="fine")) == Answer()


@pytest.mark.parametrize("name", ["BeforeTool", "BeforeAgent"])
def test_a_refusal_tells_why_and_what_else_the_model_is_to_read(name: str) -> None:
    decision = Decision(outcome="deny", reason="keep out", contexts=("a", "b"))
    value = check(name, render_answer(name, decision))
    assert value == {"decision": "deny", "reason": "keep out\n\na\n\nb"}
    check(name, render_answer(name, Decision(outcome="deny")))


def test_what_a_person_should_see_is_refused_with_the_reason() -> None:
    decision = Decision(outcome="ask", reason="it pushes")
    value = check("BeforeTool", render_answer("BeforeTool", decision))
    assert value["decision"] == "deny"
    assert value["reason"].startswith("it pushes\n\nA person has to allow this")


def test_a_rewrite_gives_the_whole_input() -> None:
    given = {"command": "ls", "more": [1]}
    decision = Decision(outcome="rewrite", reason="safer", input=given)
    value = check("BeforeTool", render_answer("BeforeTool", decision))
    assert value["hookSpecificOutput"] == {
        "hookEventName": "BeforeTool",
        "tool_input": given,
    }


@pytest.mark.parametrize("name", ["SessionStart", "BeforeAgent"])
def test_text_for_the_model_is_nested(name: str) -> None:
    value = check(name, render_answer(name, Decision(contexts=("one", "two"))))
    told = {"hookEventName": name, "additionalContext": "one\n\ntwo"}
    assert value == {"hookSpecificOutput": told}


@given(
    name=st.sampled_from([*TIMEOUTS, "Other"]),
    outcome=st.sampled_from(["none", "allow", "rewrite", "ask", "deny"]),
    reason=st.text(max_size=8),
    contexts=st.lists(st.text(min_size=1, max_size=8), max_size=2),
)
def test_every_decision_renders_to_what_gemini_cli_knows(
    name: str, outcome: Any, reason: str, contexts: list[str]
) -> None:
    given = {"command": "x"} if outcome == "rewrite" else None
    decision = Decision(
        outcome=outcome, reason=reason, input=given, contexts=tuple(contexts)
    )
    value = check(name, render_answer(name, decision))
    refuses = outcome in ("ask", "deny") and name in ("BeforeTool", "BeforeAgent")
    assert ("decision" in value) is refuses


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ({"llmContent": "[gone]", "returnDisplay": "x"}, "[gone]"),
        ({"llmContent": [{"text": "a"}, {"text": "[gone]"}]}, "a\n[gone]"),
        ({"llmContent": {"text": "[gone]"}}, "[gone]"),
        ({"error": {"message": "[gone]"}}, '{"error": {"message": "[gone]"}}'),
    ],
)
def test_another_output_is_the_reason_with_what_else_is_to_be_read(
    output: Any, said: str
) -> None:
    value = check("AfterTool", after_tool(output, ("mind this",)))
    assert value["reason"].startswith("The tool has run.")
    assert value["reason"].endswith(f"\n\n{said}\n\nmind this")


@given(
    output=st.none()
    | st.text()
    | st.dictionaries(
        st.sampled_from(["llmContent", "returnDisplay", "error", "x"]),
        st.none() | st.text() | st.lists(st.dictionaries(st.text(), st.text())),
    ),
    contexts=st.lists(st.text(min_size=1, max_size=8), max_size=2),
)
def test_whatever_the_output_gemini_cli_knows_the_answer(
    output: Any, contexts: list[str]
) -> None:
    value = check("AfterTool", after_tool(output, contexts))
    assert ("decision" in value) is (output is not None)
    assert all(json.dumps(text)[1:-1] in json.dumps(value) for text in contexts)


def tool(name: str, command: str, when: str, **more: object) -> dict[str, Any]:
    return {
        "hook_event_name": name, "session_id": "s", "cwd": "/workspace",
        "timestamp": f"2026-11-21T06:00:{when}Z", "tool_name": "run_shell_command",
        "tool_input": {"command": command}, **more,
    }  # fmt: skip


def test_what_is_to_be_said_with_a_call_is_said_with_its_result(
    make_delivery: Make,
) -> None:
    adapter = GeminiAdapter()
    before = make_delivery("gemini", tool("BeforeTool", "ls", "01"), "BeforeTool")
    after = make_delivery("gemini", tool("AfterTool", "ls", "02"), "AfterTool")
    adapter.parse(before)
    assert adapter.render(before, Decision(contexts=("mind this",))) == Answer()
    adapter.parse(after)
    value = check("AfterTool", adapter.render(after, Decision()))
    assert value["hookSpecificOutput"]["additionalContext"] == "mind this"
    other = make_delivery("gemini", tool("AfterTool", "ls", "03"), "AfterTool")
    adapter.parse(other)
    assert adapter.render(other, Decision()) == Answer()


@pytest.mark.parametrize("told", ["ls -a", "ls [REDACTED:x:00000000]"])
def test_the_result_of_a_rewritten_call_is_that_calls(
    told: str, make_delivery: Make
) -> None:
    adapter = GeminiAdapter()
    before = make_delivery("gemini", tool("BeforeTool", "ls", "01"), "BeforeTool")
    (announced,) = adapter.parse(before)
    new = Decision(outcome="rewrite", reason="r", input={"command": "ls -a"})
    adapter.render(before, new)
    after = make_delivery("gemini", tool("AfterTool", told, "02"), "AfterTool")
    (ended,) = adapter.parse(after)
    assert ended.call.id == announced.call.id  # type: ignore[attr-defined]
    assert ended.call.command == told  # type: ignore[attr-defined]
