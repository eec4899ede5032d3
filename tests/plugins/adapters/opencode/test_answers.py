from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.hookspecs import Answer, Decision
from hookwright.plugins.adapters.opencode.answers import render_answer
from hookwright.plugins.adapters.opencode.messages import READERS

#: What the shim reads of the answer to each event, and what it must be.
SCHEMA: dict[str, dict[str, type]] = {
    "tool.execute.before": {"deny": str, "args": dict, "context": str},
    "chat.message": {"replace": str, "context": str},
    "session.created": {"context": str},
    "tool.execute.after": {"output": dict},
}


def check(name: str, answer: Answer) -> dict[str, Any]:
    """Return the answer's JSON; fail when the shim would not know it."""
    assert (answer.exit_code, answer.stderr) == (0, "")
    value: dict[str, Any] = json.loads(answer.stdout) if answer.stdout else {}
    for key, item in value.items():
        assert isinstance(item, SCHEMA[name][key])
        assert item or key in ("args", "output")
    assert not {"deny", "args"} <= value.keys()
    assert not {"replace", "context"} <= value.keys()
    return value


@pytest.mark.parametrize("name", [*READERS, ""])
@pytest.mark.parametrize("outcome", ["none", "allow"])
def test_no_opinion_is_silence(name: str, outcome: Literal["none", "allow"]) -> None:
    assert render_answer(name, Decision(outcome=outcome, reason="fine")) == Answer()


def test_a_refused_call_tells_why_and_what_else_the_model_is_to_read() -> None:
    name = "tool.execute.before"
    decision = Decision(outcome="deny", reason="keep out", contexts=("a", "b"))
    assert check(name, render_answer(name, decision)) == {"deny": "keep out\n\na\n\nb"}
    assert check(name, render_answer(name, Decision(outcome="deny")))["deny"]


def test_what_a_person_should_decide_is_refused_and_the_model_told_what_to_do() -> None:
    name = "tool.execute.before"
    told = check(name, render_answer(name, Decision(outcome="ask", reason="it pushes")))
    assert told["deny"].startswith("it pushes\n\n")
    assert "let them do it themselves" in told["deny"]


def test_a_rewrite_is_the_whole_of_the_new_arguments() -> None:
    name = "tool.execute.before"
    decision = Decision(
        outcome="rewrite", reason="r", input={"command": "ls"}, contexts=("c",)
    )
    told = check(name, render_answer(name, decision))
    assert told == {"args": {"command": "ls"}, "context": "c"}


@pytest.mark.parametrize("outcome", ["deny", "ask"])
def test_a_refused_prompt_is_replaced(outcome: Literal["deny", "ask"]) -> None:
    decision = Decision(outcome=outcome, reason="a secret is in it", contexts=("c",))
    told = check("chat.message", render_answer("chat.message", decision))
    assert told["replace"].endswith("a secret is in it")


@pytest.mark.parametrize("name", ["chat.message", "session.created"])
def test_text_for_the_model_is_told(name: str) -> None:
    decision = Decision(contexts=("one", "two"))
    assert check(name, render_answer(name, decision)) == {"context": "one\n\ntwo"}


def test_another_output_is_given_with_all_its_members() -> None:
    name = "tool.execute.after"
    output = {"title": "t", "output": "[gone]", "metadata": {"exit": 0}}
    told = check(name, render_answer(name, Decision(output=output)))
    assert told == {"output": output}


@given(
    st.none() | st.dictionaries(st.text(), st.text()),
    st.sampled_from([*READERS, "", "unheard"]),
    st.sampled_from(["none", "allow", "rewrite", "ask", "deny"]),
    st.text(),
    st.dictionaries(st.text(), st.text()),
    st.lists(st.text(min_size=1)),
)
def test_every_decision_is_something_that_the_shim_knows(
    output: dict[str, str] | None,
    name: str,
    outcome: Any,
    reason: str,
    args: dict[str, str],
    contexts: list[str],
) -> None:
    given = args if outcome == "rewrite" else None
    decision = Decision(
        outcome=outcome,
        reason=reason,
        input=given,
        contexts=tuple(contexts),
        output=output,
    )
    check(name, render_answer(name, decision))
