from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.plugins.tracking.plain import cut, cut_front, plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("claude-code/main", "claude-code/main"),
        ("Zoë Łukasz Straße", "Zoe Lukasz Strasse"),
        ("\N{LEFT DOUBLE QUOTATION MARK}a\N{HORIZONTAL ELLIPSIS}", '"a...'),
        ("中", "\\u4e2d"),
        ("a\x1b[31m\n", "a\\x1b[31m\\n"),
        ("ﬁ", "fi"),
    ],
)
def test_text_becomes_readable_ascii(text: str, expected: str) -> None:
    assert plain(text) == expected


@given(st.text())
def test_any_text_becomes_printable_ascii(text: str) -> None:
    shown = plain(text)

    assert shown.isascii()
    assert shown == "" or shown.isprintable()


@given(st.text(max_size=30), st.integers(0, 20))
def test_cut_text_fits(text: str, width: int) -> None:
    assert len(cut(text, width)) <= width
    assert len(cut_front(text, width)) <= max(width, 1) or width == 0


def test_a_path_is_cut_at_its_front() -> None:
    assert (
        cut_front("/home/ada/projects/hookwright", 14)
        == "...\
/hookwright"
    )
    assert cut("hookwright", 7) == "hook..."
    assert cut("hookwright", 3) == "hoo"
    assert cut_front("hookwright", 2) == "ht"
