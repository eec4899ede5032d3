from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.host import cut_briefing, estimate_tokens
from hookwright.hookspecs import BriefingPart

parts = st.lists(
    st.builds(
        BriefingPart,
        title=st.text(max_size=20),
        text=st.text(max_size=200),
        value=st.floats(0, 1),
    ),
    max_size=10,
)


def total(taken: list[BriefingPart]) -> int:
    return sum(estimate_tokens(p.title) + estimate_tokens(p.text) for p in taken)


@given(parts, st.integers(0, 300))
def test_it_never_exceeds_the_budget_nor_changes_a_part(
    given_parts: list[BriefingPart], tokens: int
) -> None:
    taken = cut_briefing(given_parts, tokens)

    assert total(taken) <= tokens
    assert all(part in given_parts for part in taken)
    values = [part.value for part in taken]
    assert values == sorted(values, reverse=True)


@given(parts)
def test_everything_is_taken_when_there_is_room(
    given_parts: list[BriefingPart],
) -> None:
    taken = cut_briefing(given_parts, 10**6)

    assert {(p.title, p.text) for p in taken} == {
        (p.title, p.text) for p in given_parts
    }


@given(st.text(), st.text())
def test_the_estimate_grows_with_the_text(one: str, two: str) -> None:
    assert estimate_tokens(one) <= estimate_tokens(one + two)
    assert estimate_tokens(one) <= len(one)


def test_a_part_that_does_not_fit_makes_room_for_a_smaller_one() -> None:
    large = BriefingPart(title="large", text="x" * 4000, value=0.9)
    small = BriefingPart(title="small", text="y", value=0.1)

    assert cut_briefing([small, large], 100) == [small]


def test_the_same_text_is_said_once() -> None:
    part = BriefingPart(title="Freeze", text="No deploys.")

    assert cut_briefing([part, part], 100) == [part]


def test_characters_outside_ascii_count_in_full() -> None:
    assert estimate_tokens("abcde") == 2
    assert estimate_tokens("日本語") == 3
