from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.plugins.tracking.keywords import keywords, nearness, overlap


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fix the login page", {"fix", "login", "page"}),
        ("parseHTTPHeader", {"parse", "http", "header"}),
        ("snake_case_name", {"snake", "case", "name"}),
        ("kebab-case v12", {"kebab", "case", "12"}),
        ("XMLHttpRequest2", {"xml", "http", "request"}),
        ("a I x", set()),
        ("", set()),
        ("naïve 中文", {"naïve", "中文"}),
    ],
)
def test_identifiers_are_taken_apart(text: str, expected: set[str]) -> None:
    assert keywords(text) == expected


def test_overlap_is_the_shared_part_of_both() -> None:
    one, other = frozenset("abcd"), frozenset("cdef")

    assert overlap(one, other) == 2 / 6
    assert overlap(one, one) == 1
    assert overlap(one, frozenset()) == 0


@given(st.text(), st.text())
def test_overlap_is_symmetric_and_a_share(one: str, other: str) -> None:
    a, b = keywords(one), keywords(other)

    assert overlap(a, b) == overlap(b, a)
    assert 0 <= overlap(a, b) <= 1


def test_long_notes_do_not_drown_a_task_that_fits() -> None:
    query = keywords("retry flaky upload")
    notes = " ".join(f"word{chr(97 + n)}" for n in range(26)) + " other things entirely"

    assert nearness(query, "retry flaky upload", notes) == 1
    assert 0 < nearness(query, "network", "upload was flaky") < 1
    assert nearness(query, "styles") == 0
