from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.host.algebra import (
    STRENGTH,
    Opinion,
    decide,
    rewritten_event,
    second_round,
    stand_in,
    strongest,
)
from hookwright.hookspecs import (
    Allow,
    Ask,
    Context,
    Deny,
    Rewrite,
    Verdict,
    thaw,
)

MakeEvent = Callable[..., Any]
texts = st.text(min_size=1, max_size=8)
verdicts: st.SearchStrategy[Verdict | None] = st.one_of(
    st.none(),
    st.builds(Allow, reason=texts),
    st.builds(Ask, reason=texts),
    st.builds(Deny, reason=texts),
    st.builds(
        Rewrite, input=st.dictionaries(texts, st.integers(), max_size=2), reason=texts
    ),
    st.builds(Context, text=texts),
)
opinions = st.lists(
    st.builds(
        Opinion,
        plugin=texts,
        verdict=verdicts,
        seconds=st.floats(0, 1),
        round=st.just(1),
        rewritable=st.booleans(),
    ),
    max_size=8,
)
guards = opinions.map(
    lambda items: [
        Opinion(item.plugin, item.verdict, item.failure, item.seconds, 2)
        for item in items
    ]
)


@given(st.data(), opinions)
def test_the_outcome_does_not_depend_on_the_order(
    data: st.DataObject, asked: list[Opinion]
) -> None:
    shuffled = data.draw(st.permutations(asked))

    assert decide(shuffled).outcome == decide(asked).outcome


@given(opinions, guards, texts, st.integers(1, 2))
def test_a_deny_wins_over_everything_in_either_round(
    first: list[Opinion], second: list[Opinion], reason: str, asked: int
) -> None:
    deny = Opinion("guard", Deny(reason=reason), round=asked)

    decision = decide([*first, deny, *second])

    assert decision.outcome == "deny"
    assert decision.refuses
    assert reason in decision.reason
    assert decision.input is None


@given(opinions)
def test_another_opinion_never_weakens_the_outcome(asked: list[Opinion]) -> None:
    strengths = [
        STRENGTH.index(decide(asked[:end]).outcome) for end in range(len(asked) + 1)
    ]

    assert strengths == sorted(strengths)


@given(opinions, guards)
def test_a_second_round_can_only_refuse(
    first: list[Opinion], second: list[Opinion]
) -> None:
    before, after = decide(first), decide([*first, *second])

    if not after.refuses:
        assert after.outcome == before.outcome
        assert after.input == before.input
    assert after.contexts == before.contexts


@given(opinions, guards)
def test_the_trace_holds_every_opinion_in_order(
    first: list[Opinion], second: list[Opinion]
) -> None:
    asked = [*first, *second]
    steps = decide(asked).steps

    assert [step.plugin for step in steps] == [item.plugin for item in asked]
    assert [step.round for step in steps] == [item.round for item in asked]
    assert [step.said for step in steps] == [
        "none" if item.verdict is None else item.verdict.kind for item in asked
    ]


@given(st.lists(st.dictionaries(texts, st.integers()), min_size=1, max_size=4))
def test_the_last_rewrite_is_the_input_to_run_with(
    inputs: list[dict[str, int]],
) -> None:
    decision = decide(
        [
            Opinion(f"p{number}", Rewrite(input=value, reason=f"r{number}"))
            for number, value in enumerate(inputs)
        ]
    )

    assert decision.outcome == "rewrite"
    assert thaw(decision.input) == inputs[-1]
    assert decision.reason.split("\n") == [f"r{n}" for n in range(len(inputs))]


@given(st.lists(st.booleans(), max_size=8))
def test_those_before_the_last_rewrite_are_asked_again(rewrote: list[bool]) -> None:
    again = second_round(rewrote)

    assert again == [
        place for place in range(len(rewrote)) if any(rewrote[place + 1 :])
    ]


def test_no_opinions_make_no_outcome() -> None:
    assert decide([]).outcome == "none"
    assert strongest([]) == "none"


def test_a_rewrite_of_a_prompt_is_in_the_trace_and_does_nothing() -> None:
    rewrite = Rewrite(input={"prompt": "x"}, reason="shorter")

    decision = decide([Opinion("p", rewrite, rewritable=False)])

    assert decision.outcome == "none"
    assert decision.input is None
    assert decision.steps[0].said == "rewrite"


def test_a_failed_plugin_is_in_the_trace_as_failed() -> None:
    failure = "raised ValueError: x"
    verdict = stand_in("guard", "deny", failure)

    decision = decide([Opinion("guard", verdict, failure, 0.002)])

    assert decision.outcome == "deny"
    assert decision.steps[0].said == "failed"
    assert decision.steps[0].duration_ms == 2.0
    assert "it raised ValueError: x." in decision.reason


def test_a_failed_plugin_that_says_allow_has_no_opinion() -> None:
    assert stand_in("notes", "allow", "raised X") is None


def test_a_hang_reads_as_a_sentence() -> None:
    verdict = stand_in("guard", "ask", "still running after 500 ms, given up")

    assert isinstance(verdict, Ask)
    assert "it was still running after 500 ms, given up." in verdict.reason


def test_a_rewritten_shell_call_shows_its_new_command(make_event: MakeEvent) -> None:
    event = make_event("tool_before", command="rm -r x")
    first = rewritten_event(event, Rewrite(input={"command": "ls"}, reason="r"))
    second = rewritten_event(first, Rewrite(input={"command": "pwd"}, reason="r"))

    assert second.call.command == "pwd"
    assert thaw(second.original_input) == {"command": "rm -r x"}
    assert event.original_input is None


def test_a_command_that_cannot_be_found_is_shown_as_all_texts(
    make_event: MakeEvent,
) -> None:
    event = make_event("tool_before", command="ls", input={"argv": ["ls"]})

    changed = rewritten_event(
        event, Rewrite(input={"script": "rm x", "shell": "sh", "n": 1}, reason="r")
    )

    assert changed.call.command == "rm x\nsh"


@pytest.mark.parametrize("name", ["file_path", "target", "other_file"])
def test_rewritten_paths_are_seen(make_event: MakeEvent, name: str) -> None:
    event = make_event(
        "tool_before",
        tool="write",
        cwd="/project",
        input={"file_path": "a.txt", "target": "b.txt", "text": "a"},
        paths=("/project/a.txt", "/project/b.txt", "/elsewhere"),
    )
    new = {"file_path": "a.txt", "target": "b.txt", name: ".env", "text": "a"}

    changed = rewritten_event(event, Rewrite(input=new, reason="r"))

    assert "/project/.env" in changed.call.paths
    assert "/elsewhere" in changed.call.paths
    assert ("/project/a.txt" in changed.call.paths) == (name != "file_path")
    assert changed.call.command == ""
