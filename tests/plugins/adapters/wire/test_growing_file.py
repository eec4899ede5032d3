from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.plugins.adapters.wire import growing_file
from hookwright.plugins.adapters.wire.growing_file import GrowingFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.jsonl"


def test_each_line_is_read_once(path: Path) -> None:
    path.write_bytes(b"one\n\ntwo\n")
    file = GrowingFile(path)
    assert list(file.lines()) == [b"one\n", b"two\n"]
    assert list(file.lines()) == []
    with path.open("ab") as more:
        more.write(b"three\n")
    assert list(file.lines()) == [b"three\n"]


def test_a_line_that_is_half_written_waits(path: Path) -> None:
    path.write_bytes(b"one\ntw")
    file = GrowingFile(path)
    assert list(file.lines()) == [b"one\n"]
    assert list(file.lines(ended=True)) == [b"tw"]


def test_a_file_that_was_written_anew_is_read_whole(path: Path) -> None:
    path.write_bytes(b"one\ntwo\n")
    file = GrowingFile(path)
    list(file.lines())
    path.write_bytes(b"one\n")
    assert list(file.lines()) == [b"one\n"]
    other = path.with_name("other")
    other.write_bytes(b"another one, longer\n")
    os.replace(other, path)
    assert list(file.lines()) == [b"another one, longer\n"]


@pytest.mark.parametrize("name", ["absent", "a\0b", "."])
def test_what_is_no_file_has_no_lines(name: str, tmp_path: Path) -> None:
    assert list(GrowingFile(tmp_path / name).lines()) == []


def test_a_line_that_is_far_too_long_is_passed_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing_file, "MAX_LINE", 8)
    path.write_bytes(b"one\n" + b"x" * 20 + b"\ntwo\n" + b"y" * 20)
    file = GrowingFile(path)
    assert list(file.lines()) == [b"one\n", b"two\n"]
    with path.open("ab") as more:
        more.write(b"\nend\n")
    assert list(file.lines()) == [b"end\n"]


def test_a_huge_file_is_read_in_parts(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing_file, "MAX_READ", 10)
    path.write_bytes(b"aaaa\nbbbb\ncccc\n")
    file = GrowingFile(path)
    assert list(file.lines()) == [b"aaaa\n", b"bbbb\n"]
    assert list(file.lines()) == [b"cccc\n"]


@given(
    parts=st.lists(st.binary(max_size=12), max_size=8),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_file_grows_each_line_is_read_once(
    tmp_path: Path, parts: list[bytes]
) -> None:
    path = tmp_path / "grows"
    path.unlink(missing_ok=True)
    file = GrowingFile(path)
    found: list[bytes] = []
    for part in parts:
        with path.open("ab") as more:
            more.write(part)
        found += file.lines()
    found += file.lines(ended=True)
    whole = b"".join(parts)
    lines = [line for line in whole.splitlines(keepends=True) if line.strip()]
    assert b"".join(found).split() == b"".join(lines).split()
