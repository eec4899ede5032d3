from __future__ import annotations

import pytest

from hookwright.core.settings.patterns import check_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{6}",
        r"patient (?P<s>[A-Z]{2}\d+)",
        r"(?:alpha|beta)-\w+",
        r"(?<!x)[a-z]+(?=y)",
        r"(?:\d{3}-){2}\d{4}",
        r"[a-c]++d",
        r"(?i:abc)+?d",
    ],
)
def test_patterns_that_stay_quick_are_accepted(pattern: str) -> None:
    assert check_pattern(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        (r"(a+)+b", "a repeat inside a repeat"),
        (r"(?:a?b?)*c", "empty text|a repeat inside a repeat"),
        (r"(?:x(?=a+b))+", "a repeat inside a repeat"),
        (r"(?:(?>a*)b)+", "a repeat inside a repeat"),
        (r"(?:ab|a)+c", "alternatives inside a repeat"),
        (r"(a)\1", "refer back to a group"),
        (r"(a)?(?(1)b|c)", "refer back to a group"),
        (r"a*", "must not match the empty text"),
        (r"(", "not a regular expression: missing"),
        (r"a{99999999999999}", "not a regular expression"),
        ("a" * 1001, "at most 1000 characters"),
    ],
)
def test_patterns_that_could_take_long_are_refused(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_pattern(pattern)
