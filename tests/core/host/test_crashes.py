from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hookwright.core.host.crashes import FILE, IMPORTING, REGISTERING, Crashes
from hookwright.core.host.flight import Flight

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOOK = Flight("guard", "1.0", "hookwright_event")


def crash(data: Path, flight: Flight, times: int, apart: timedelta) -> Crashes:
    for number in range(times):
        Crashes(data).count([flight], NOW + number * apart)
    return Crashes(data)


HOUR = timedelta(hours=1)


def test_the_third_crash_within_a_day_moves_a_plugin(tmp_path: Path) -> None:
    assert not crash(tmp_path, HOOK, 2, HOUR).why_outside("guard", "1.0")

    found = crash(tmp_path, HOOK, 1, HOUR)

    why = found.why_outside("guard", "1.0")
    assert "ended the daemon 3 times" in why
    assert "in hookwright_event at 2026-01-01T12:00:00+00:00" in why
    assert "hookwright plugins retry guard" in why
    assert not found.why_unloaded("guard", "1.0")
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_crashes_far_apart_do_not_add_up(tmp_path: Path) -> None:
    found = crash(tmp_path, HOOK, 9, timedelta(hours=13))

    assert not found.why_outside("guard", "1.0")


def test_who_was_moved_stays_so_when_time_passes(tmp_path: Path) -> None:
    crash(tmp_path, HOOK, 3, HOUR)

    Crashes(tmp_path).count([HOOK], NOW + timedelta(days=30))

    assert "4 times" in Crashes(tmp_path).why_outside("guard", "1.0")


@pytest.mark.parametrize("doing", [IMPORTING, REGISTERING])
def test_who_ends_the_daemon_while_loaded_is_not_loaded(
    tmp_path: Path, doing: str
) -> None:
    found = crash(tmp_path, Flight("guard", "1.0", doing), 3, HOUR)

    assert f"last while {doing} at" in found.why_unloaded("guard", "1.0")
    assert not found.why_outside("guard", "1.0")


def test_another_version_starts_from_zero(tmp_path: Path) -> None:
    found = crash(tmp_path, HOOK, 3, HOUR)
    assert not found.why_outside("guard", "1.1")

    found.count([Flight("guard", "1.1", "hookwright_event")], NOW)

    assert not Crashes(tmp_path).why_outside("guard", "1.0")
    assert not Crashes(tmp_path).why_outside("guard", "1.1")


def test_one_daemon_counts_once_however_many_calls_were_under_way(
    tmp_path: Path,
) -> None:
    other = Flight("guard", "1.0", "hookwright_tool_before")
    for _ in range(2):
        Crashes(tmp_path).count([HOOK, other, HOOK], NOW)

    assert not Crashes(tmp_path).why_outside("guard", "1.0")


def test_forgetting_starts_from_zero(tmp_path: Path) -> None:
    found = crash(tmp_path, HOOK, 3, HOUR)

    assert found.forget("guard")
    assert not found.forget("guard")
    assert not Crashes(tmp_path).why_outside("guard", "1.0")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "nothing",
        '{"format": 2, "plugins": {}}',
        '{"format": 1, "plugins": {"guard": 3}}',
        '{"format": 1, "plugins": {"guard": {"version": "1.0"}}}',
        '{"format": 1, "plugins": {"guard": {"version": "1.0", "crashes": [],'
        ' "measure": "unloaded"}}}',
    ],
)
def test_a_file_that_cannot_be_read_takes_nothing_away(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / FILE).write_text(content)

    found = Crashes(tmp_path)

    assert not found.why_unloaded("guard", "1.0")
    found.count([HOOK], NOW)
    assert Crashes(tmp_path).forget("guard")
