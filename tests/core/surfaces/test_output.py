from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from rich.padding import Padding

from hookwright.core.surfaces import output

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Point(BaseModel):
    x: int
    seen: frozenset[str] = frozenset()


@dataclass
class Pair:
    left: Path
    right: Point


def test_a_terminal_escape_is_shown_and_not_obeyed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.write("red \x1b[31mtext\x07 \u202egnp.exe")

    assert capsys.readouterr().out == "red \\x1b[31mtext\\x07 \\x202egnp.exe\n"


@given(st.text())
def test_no_text_reaches_the_terminal_with_an_escape(text: str) -> None:
    assert not set(output.plain(text)) & {"\x1b", "\x9b", "\x07", "\x08", "\r"}


def test_lines_and_tabs_stay() -> None:
    assert output.plain("one\n\ttwo") == "one\n\ttwo"


def test_a_warning_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    output.warn("beware\n")

    assert capsys.readouterr() == ("", "beware\n")


def test_models_dataclasses_paths_and_times_become_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.write_json({"pair": Pair(Path("/a"), Point(x=1)), "when": NOW}, indent=None)

    assert json.loads(capsys.readouterr().out) == {
        "pair": {"left": "/a", "right": {"x": 1, "seen": []}},
        "when": "2026-11-21T12:00:00Z",
    }


def test_a_table_fits_80_columns_and_has_no_trailing_blanks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.write_table(("name", ">count"), [("word " * 40, 3), ("\x1b[2J", None)])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "count"]
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines)
    assert lines[-1].split() == ["\\x1b[2J", "-"]
    assert "\x1b" not in "".join(lines)


def test_a_table_without_column_names_has_no_heading(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.write_table(("", ""), [("version", "1")])

    assert capsys.readouterr().out == "version  1\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (1.50, "1.5"),
        (3.0, "3"),
        (12, "12"),
        ([], "-"),
        (("a", "b"), "a, b"),
        ({"a": 1, "b": None}, "a 1, b -"),
        ({}, "-"),
        ("text", "text"),
        (Path("/x"), "/x"),
    ],
)
def test_a_cell_shows_each_kind_of_value(value: object, shown: str) -> None:
    assert output.cell(value) == shown


def test_a_time_is_shown_in_the_zone_of_the_machine() -> None:
    assert output.cell(NOW) == NOW.astimezone().strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0 s ago"),
        (12, "12 s ago"),
        (61, "1 min ago"),
        (7300, "2 h ago"),
        (86_400, "1 day ago"),
        (200_000, "2 days ago"),
    ],
)
def test_ago_uses_one_unit(seconds: int, shown: str) -> None:
    assert output.ago(NOW - timedelta(seconds=seconds), NOW) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KB"), (512 * 2**20, "512 MB")],
)
def test_size_uses_one_unit(count: int, shown: str) -> None:
    assert output.size(count) == shown


def test_progress_is_silent_without_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with output.progress("working"):
        output.write("result")

    assert capsys.readouterr() == ("result\n", "")


def test_progress_shows_itself_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")

    with output.progress("working"):
        pass

    assert "working" in capsys.readouterr().err


def test_what_rich_renders_has_no_blanks_at_the_ends_of_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.write_rendered(Padding("text", (0, 9, 1, 2)))

    assert capsys.readouterr().out == "  text\n\n"
