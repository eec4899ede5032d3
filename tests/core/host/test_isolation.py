"""What the daemon's host counts, notes and moves."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.host import PluginHost
from hookwright.core.host.crashes import FILE as CRASHES
from hookwright.core.host.crashes import Crashes
from hookwright.core.host.flight import FILE as FLIGHTS
from hookwright.core.host.flight import Flight, Recorder, read_flights
from hookwright.core.host.plugin import Plugin
from hookwright.core.paths import Paths

MakeHost = Callable[..., PluginHost]
MakeEvent = Callable[..., Any]


def went_down(data: Path, hook: str, times: int = 1) -> None:
    """Leave what a daemon leaves that went down in a call, and have it counted."""
    flight = Flight("faulty_inside", "6.6.6", hook)
    for _ in range(times):
        Crashes(data).count([flight], datetime.now(UTC))


def first_data(paths: Paths) -> Path:
    """Return the data directory of the first host that `outside` makes."""
    return paths.data / "0"


def test_calls_of_strangers_are_noted_while_they_last(
    outside: MakeHost, paths: Paths, make_event: MakeEvent, tmp_path: Path
) -> None:
    seen: list[list[Flight]] = []
    file = first_data(paths) / "run" / FLIGHTS
    host = outside("faulty_inside")
    fatal = importlib.import_module("faulty_plugins.fatal")
    fatal.DEEDS["look"] = lambda: seen.append(read_flights(file))
    try:
        host.decide(make_event("tool_before", command="inside look"))
        host.observe(make_event("tool_after", command="inside look"))
    finally:
        del fatal.DEEDS["look"]

    assert seen == [
        [Flight("faulty_inside", "6.6.6", "hookwright_tool_before")],
        [Flight("faulty_inside", "6.6.6", "hookwright_tool_after")],
    ]
    assert read_flights(file) == []
    host.shutdown()
    assert not file.exists()


def test_a_crash_of_the_last_daemon_is_counted_once(
    outside: MakeHost, paths: Paths, caplog: pytest.LogCaptureFixture
) -> None:
    run = first_data(paths) / "run"
    run.mkdir(parents=True)
    recorder = Recorder(run / FLIGHTS)
    plugin = Plugin("faulty_inside", "samples", "6.6.6")
    recorder.enter(recorder.mark(plugin, "hookwright_event"))

    host = outside("faulty_inside")

    assert '"hookwright_event"' in (first_data(paths) / CRASHES).read_text()
    assert "hookwright_event was under way when the last daemon went" in caplog.text
    assert read_flights(run / FLIGHTS) == []
    assert not host.report()[-1].own_process


def test_who_ended_three_daemons_runs_in_a_worker(
    outside: MakeHost, paths: Paths, make_event: MakeEvent
) -> None:
    first_data(paths).mkdir(parents=True)
    went_down(first_data(paths), "hookwright_event", times=3)

    host = outside("faulty_inside")
    (status,) = host.report()

    assert status.own_process
    assert status.process is not None
    assert "it runs in a worker process: it ended the daemon 3" in status.notes[0]
    event = make_event("tool_before", command="inside exit")
    assert "ended with exit status 3" in host.decide(event)[0].reason


def test_who_ended_three_daemons_as_it_was_loaded_is_never_imported(
    outside: MakeHost, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_data(paths).mkdir(parents=True)
    went_down(first_data(paths), "importing it", times=3)
    monkeypatch.setattr(
        "hookwright.core.host.host.import_plugin",
        lambda *_: pytest.fail("it was imported"),
    )

    host = outside("faulty_inside")
    (status,) = host.report()

    assert status.state == "failed"
    assert "last while importing it" in status.why


def test_without_a_daemon_nothing_is_noted_nor_moved(
    outside: MakeHost, paths: Paths, make_event: MakeEvent
) -> None:
    first_data(paths).mkdir(parents=True)
    went_down(first_data(paths), "hookwright_event", times=3)

    host = outside("faulty_inside", "kinds", isolate=False)
    host.decide(make_event("tool_before", command="ls"))

    assert [status.own_process for status in host.report()] == [False, False]
    assert not (first_data(paths) / "run" / FLIGHTS).exists()


def test_a_run_directory_that_cannot_be_written_is_told_and_gone_without(
    outside: MakeHost, paths: Paths, caplog: pytest.LogCaptureFixture
) -> None:
    first_data(paths).mkdir(parents=True)
    (first_data(paths) / "run").write_text("in the way")

    host = outside("faulty_inside")

    assert host.report()[0].state == "active"
    assert "crashes of plugins are not counted" in caplog.text


def test_a_plugin_that_is_dropped_loses_its_worker(
    outside: MakeHost, make_event: MakeEvent
) -> None:
    host = outside("faulty_fatal")
    plugin = host._active["faulty_fatal"]
    worker = plugin.outside
    assert worker is not None

    host._drop(plugin, "for a test")

    assert plugin.outside is None
    worker.close()
    assert worker.pid is None
    # A guard's gate stays shut.
    decision, _ = host.decide(make_event("tool_before"))
    assert decision.outcome == "deny"


def test_a_call_after_the_end_says_so(outside: MakeHost, make_event: MakeEvent) -> None:
    host = outside("faulty_fatal")
    host.close()

    decision, _ = host.decide(make_event("tool_before"))

    assert decision.outcome == "deny"
    assert "has left with its worker process" in decision.reason
