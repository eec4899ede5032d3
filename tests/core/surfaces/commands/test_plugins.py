from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from hookwright.core.host import HookStatus, PluginStatus
from hookwright.core.host.crashes import Crashes
from hookwright.core.host.flight import Flight
from hookwright.core.paths import Paths
from hookwright.core.surfaces.commands import plugins

Run = Callable[..., Any]


def test_bundled_plugins_are_listed_with_version_and_state(run: Run) -> None:
    ran = run("plugins")

    assert ran.code == 0
    rows = [line.split() for line in ran.out.splitlines()]
    assert rows[0][:4] == ["name", "version", "from", "state"]
    assert ["tracking", "0.1.0", "bundled", "active"] in [row[:4] for row in rows]
    assert max(map(len, ran.out.splitlines())) <= 80


def test_hooks_have_a_row_each(run: Run) -> None:
    rows = [line.split() for line in run("plugins", "--hooks").out.splitlines()]

    assert ["tracking", "commit"] in [row[:2] for row in rows]


def test_without_plugins_the_reason_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOKWRIGHT_NO_PLUGINS", "1")

    ran = run("plugins")

    assert "blocked" in ran.out
    assert "HOOKWRIGHT_NO_PLUGINS is set" in ran.out


def test_a_plugin_that_is_switched_off_is_listed_as_blocked(run: Run) -> None:
    ran = run("--set", 'plugins.disabled=["demo"]', "--json", "plugins")

    states = {status["name"]: status["state"] for status in json.loads(ran.out)}
    assert states["demo"] == "blocked"
    assert states["tracking"] == "active"


def test_why_a_plugin_failed_stands_below_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hook = HookStatus(hook="hookwright_event", calls=3, errors=2, p50_ms=1.5)
    plugins.write_plugins(
        [
            PluginStatus(
                name="words",
                distribution="hookwright-words",
                version="2.0",
                source="installed",
                state="failed",
                why="ImportError: no module named words",
                hooks=(hook,),
                notes=("it is slow",),
            )
        ]
    )

    out = capsys.readouterr().out
    assert "hookwright-words" in out
    assert "words (hookwright-words 2.0): ImportError: no module named words" in out
    assert out.endswith("it is slow\n")


def test_a_worker_process_is_named_below_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = PluginStatus(name="words", state="active", own_process=True, process=4711)

    plugins.write_plugins([status])

    assert "words: worker process 4711\n" in capsys.readouterr().out


def test_a_plugin_that_ended_the_daemon_is_tried_again_on_request(
    run: Run, paths: Paths
) -> None:
    flight = Flight("words", "1.0", "hookwright_event")
    paths.data.mkdir(parents=True, exist_ok=True)
    for _ in range(3):
        Crashes(paths.data).count([flight], datetime.now(UTC))
    assert Crashes(paths.data).why_outside("words", "1.0")

    assert "words is tried again" in run("plugins", "retry", "words").out

    assert not Crashes(paths.data).why_outside("words", "1.0")
    assert "Nothing is held" in run("plugins", "retry", "words").out
