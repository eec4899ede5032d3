from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.surfaces.commands.daemon import status_text

Run = Callable[..., Any]


@pytest.fixture
def daemon(run: Run, paths: Paths) -> Iterator[None]:
    ran = run("daemon", "start")
    assert (ran.code, ran.out) == (0, "The daemon runs.\n")
    yield
    lifetime.end(paths)


def test_without_a_daemon_status_says_so_and_exits_with_1(run: Run) -> None:
    ran = run("daemon", "status")

    assert ran.code == 1
    assert ran.out.startswith("No daemon runs.")
    assert json.loads(run("daemon", "status", "--json").out) == {"running": False}
    assert run("daemon", "stop").out.startswith("No daemon runs.")
    assert "no log yet" in run("daemon", "logs").out


def test_a_daemon_is_started_once_described_and_stopped(
    run: Run, daemon: None, paths: Paths
) -> None:
    assert run("daemon", "start").out == "The daemon runs already.\n"

    ran = run("daemon", "status")
    assert ran.code == 0
    assert "process" in ran.out
    found = json.loads(run("daemon", "status", "--json").out)
    assert found["running"] is True
    assert found["data"] == str(paths.data)

    assert run("daemon", "stop").out == "The daemon is stopped.\n"
    assert run("daemon", "status").code == 1
    assert run("daemon", "logs", "-n", "1").out.count("\n") <= 1


def test_plugins_show_the_daemons_counts(run: Run, daemon: None) -> None:
    ran = run("plugins")

    assert ran.code == 0
    assert {"claude_code", "demo", "git", "tracking"} <= set(ran.out.split())
    statuses = json.loads(run("plugins", "--json").out)
    assert {status["state"] for status in statuses} == {"active"}


def test_a_daemon_of_another_version_is_told_as_such() -> None:
    text = status_text(
        {
            "running": True,
            "pid": 7,
            "version": "0.0.1",
            "events": 3,
            "problem": "the store is full",
            "notes": ["one setting is wrong"],
        }
    )

    assert "process 7" in text
    assert "3 events" in text
    assert "problem: the store is full" in text
    assert "note: one setting is wrong" in text
    assert "the next event replaces it" in text
