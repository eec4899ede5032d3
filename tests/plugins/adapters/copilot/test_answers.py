from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.hookspecs import Answer, Decision, Delivery
from hookwright.plugins.adapters.copilot.adapter import CopilotAdapter
from hookwright.plugins.adapters.copilot.names import LENT, REFUSABLE, TIMEOUTS

Deliver = Callable[..., Delivery]
Load = Callable[[str], dict[str, Any]]

#: What Copilot CLI takes for each event, by field: a type, or the words of it.
#: (`copilot-sdk/types.d.ts` of 1.0.102.)
CONTRACT: dict[str, dict[str, Any]] = {
    "sessionStart": {"additionalContext": str},
    "userPromptSubmitted": {
        "additionalContext": str,
        "decision": {"block"},
        "reason": str,
    },
    "preToolUse": {
        "permissionDecision": {"allow", "deny", "ask"},
        "permissionDecisionReason": str,
        "modifiedArgs": (dict, str),
        "additionalContext": str,
    },
    "postToolUse": {"modifiedResult": dict},
}
OUTPUTS = st.none() | st.text() | st.dictionaries(st.text(), st.text(), max_size=3)
DECISIONS = st.builds(
    Decision,
    outcome=st.sampled_from(["none", "allow", "ask", "deny"]),
    reason=st.text(max_size=20),
    contexts=st.lists(st.text(min_size=1, max_size=9), max_size=3).map(tuple),
    output=OUTPUTS,
) | st.builds(
    Decision,
    outcome=st.just("rewrite"),
    reason=st.text(max_size=20),
    input=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5)),
    contexts=st.lists(st.text(min_size=1, max_size=9), max_size=3).map(tuple),
)


@pytest.fixture
def say(
    adapter: CopilotAdapter, deliver: Deliver, load_sample: Load
) -> Callable[..., Any]:
    """Return a function that gives the answer to a sample, as JSON, None for none."""

    def run(name: str, **decision: Any) -> Any:
        sample = load_sample(f"copilot/{name}")
        delivery = deliver(sample["event"], sample["stdin"])
        answer = adapter.render(delivery, Decision(**decision))
        assert (answer.stderr, answer.exit_code) == ("", 0)
        return json.loads(answer.stdout) if answer.stdout else None

    return run


@pytest.mark.parametrize("name", ["preToolUse.bash", "claude-format.PreToolUse.Bash"])
def test_a_tool_call_is_answered_in_the_same_words_in_either_spelling(
    name: str, say: Callable[..., Any]
) -> None:
    for word in ("deny", "ask"):
        assert say(name, outcome=word, reason="why") == {
            "permissionDecision": word,
            "permissionDecisionReason": "why",
        }
    assert say(name, outcome="deny")["permissionDecisionReason"]
    assert say(name, outcome="allow") == {"permissionDecision": "allow"}
    assert say(name, outcome="allow", reason="r")["permissionDecisionReason"] == "r"
    given = {"command": "echo", "n": [1, {"a": None}]}
    assert say(name, outcome="rewrite", input=given, contexts=("a", "b")) == {
        "modifiedArgs": given,
        "additionalContext": "a\n\nb",
    }
    assert say(name) is None


@pytest.mark.parametrize(
    "name", ["preToolUse.apply_patch", "claude-format.PreToolUse.apply_patch"]
)
def test_a_patch_is_rewritten_as_a_mere_text(
    name: str, say: Callable[..., Any]
) -> None:
    told = say(name, outcome="rewrite", input={"input": "*** Begin Patch\n"})
    assert told == {"modifiedArgs": "*** Begin Patch\n"}
    assert say(name, outcome="rewrite", input={"x": 1}) == {"modifiedArgs": {"x": 1}}


@pytest.mark.parametrize(
    "name", ["userPromptSubmitted", "claude-format.UserPromptSubmit"]
)
def test_a_prompt_is_refused_or_told_something_with(
    name: str, say: Callable[..., Any]
) -> None:
    for word in ("deny", "ask"):
        told = say(name, outcome=word, reason="why", contexts=("x",))
        assert told == {"decision": "block", "reason": "why"}
    assert say(name, outcome="allow", contexts=("x",)) == {"additionalContext": "x"}
    assert say(name, outcome="allow") is None


def test_a_session_start_takes_text_and_nothing_else(say: Callable[..., Any]) -> None:
    for name in ("sessionStart", "claude-format.SessionStart"):
        assert say(name, contexts=("x", "y")) == {"additionalContext": "x\n\ny"}
        assert say(name, outcome="deny", reason="r") is None


@pytest.mark.parametrize(
    ("name", "result"),
    [
        (
            "postToolUse.bash",
            {"resultType": "success", "textResultForLlm": "[gone]", "more": [1]},
        ),
        (
            "claude-format.PostToolUse.Bash",
            {"result_type": "success", "text_result_for_llm": "[gone]", "more": [1]},
        ),
    ],
)
def test_another_result_is_in_copilots_own_words(
    name: str, result: dict[str, Any], say: Callable[..., Any]
) -> None:
    assert say(name, output=result) == {
        "modifiedResult": {
            "resultType": "success",
            "textResultForLlm": "[gone]",
            "more": [1],
        }
    }
    assert say(name) is None


def test_what_no_plugin_could_judge_is_refused_by_the_arguments_alone(
    adapter: CopilotAdapter, deliver: Deliver
) -> None:
    denied = Decision(outcome="deny", reason="r")
    for name, kind in REFUSABLE.items():
        answer = adapter.render(deliver(name, None, {}), denied)
        told = json.loads(answer.stdout)
        if kind == "tool_before":
            assert told["permissionDecision"] == "deny"
        else:
            assert told["decision"] == "block"


@given(
    name=st.sampled_from([*TIMEOUTS, *LENT, "permissionRequest", "other"]),
    decision=DECISIONS,
)
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_decision_is_something_that_copilot_takes(
    name: str, decision: Decision, deliver: Deliver
) -> None:
    payload = {
        "sessionId": "s", "session_id": "s", "toolName": "bash", "tool_name": "Bash",
        "toolArgs": {}, "tool_input": {}, "cwd": "/workspace",
    }  # fmt: skip
    answer = CopilotAdapter().render(deliver(name, payload), decision)
    assert (answer.exit_code, answer.stderr) == (0, "")
    silent = decision.outcome == "none" and not decision.contexts
    if silent and decision.output is None:
        assert answer == Answer()
    taken = CONTRACT.get(LENT.get(name, name))
    if taken is None:
        assert answer == Answer()
        return
    told = json.loads(answer.stdout) if answer.stdout else {}
    for field, value in told.items():
        accepted = taken[field]
        if isinstance(accepted, set):
            assert value in accepted
        else:
            assert isinstance(value, accepted)
