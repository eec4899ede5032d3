from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hookwright.core.store.usage import Usage

Run = Callable[[Callable[[], object]], int]


def test_whoever_comes_after_a_close_finds_nothing_wrong(tmp_path: Path) -> None:
    for _ in range(2):
        usage = Usage(tmp_path / "users")
        assert not usage.enter()
        assert not usage.enter()
        usage.leave()
        usage.leave()


def test_whoever_comes_after_a_kill_is_told_once(tmp_path: Path, in_child: Run) -> None:
    def die() -> None:
        Usage(tmp_path / "users").enter()
        os._exit(9)

    assert in_child(die) == 9
    first, second = Usage(tmp_path / "users"), Usage(tmp_path / "users")
    assert first.enter()
    assert not second.enter()
    first.leave()
    assert (tmp_path / "users").read_bytes()
    second.leave()
    assert not (tmp_path / "users").read_bytes()


def test_a_child_that_let_go_does_not_hide_the_death_of_its_parent(
    tmp_path: Path,
) -> None:
    usage = Usage(tmp_path / "users")
    usage.enter()
    copy = os.dup(usage._descriptor or 0)
    usage.abandon()

    os.close(copy)

    assert Usage(tmp_path / "users").enter()


def test_a_disk_that_is_full_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    usage = Usage(tmp_path / "users")
    monkeypatch.setattr(os, "pwrite", refuse)
    assert not usage.enter()
    monkeypatch.setattr(os, "ftruncate", refuse)
    usage.leave()
