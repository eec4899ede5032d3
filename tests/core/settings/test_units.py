from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.settings import (
    parse_duration,
    parse_size,
    show_duration,
    show_size,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (4096, 4096),
        ("4096", 4096),
        ("512 MB", 512 * 2**20),
        ("512MiB", 512 * 2**20),
        ("1 GiB", 2**30),
        ("1.5 gb", 3 * 2**29),
        (" 64 k ", 65536),
        ("7 B", 7),
        ("1 TB", 2**40),
    ],
)
def test_sizes_are_read(text: object, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["lots", "", "-5 MB", "5 XB", 1.5, True, None, [1]])
def test_what_is_no_size_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is no size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (30, 30.0),
        (0.5, 0.5),
        ("30", 30.0),
        ("30 s", 30.0),
        ("250 ms", 0.25),
        ("30 min", 1800.0),
        ("2 h", 7200.0),
        ("1h 30min", 5400.0),
        ("1.5 days", 129600.0),
    ],
)
def test_durations_are_read(text: object, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["soon", "", " ", "-1 s", "3 moons", True, None])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=2**45))
def test_a_shown_size_reads_the_same(size: int) -> None:
    assert parse_size(show_size(size).replace(" bytes", "")) == size


@pytest.mark.parametrize("text", ["1 day", "3 days", "2 h", "1 min", "90 s", "250 ms"])
def test_a_shown_duration_reads_the_same(text: str) -> None:
    assert show_duration(parse_duration(text)) == text
