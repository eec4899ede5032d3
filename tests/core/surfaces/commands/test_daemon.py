from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hookwright.core.errors import ServiceError
from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.surfaces.commands.daemon import status_text

Run = Callable[..., Any]
_MAIN = "from hookwright.core.surfaces.cli import main; main()"


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


def test_a_restart_tells_both_processes(run: Run, daemon: None, paths: Paths) -> None:
    old = lifetime.holder(paths)
    assert old is not None

    ran = run("daemon", "restart")

    new = lifetime.holder(paths)
    assert new is not None
    assert new["pid"] != old["pid"]
    told = f"The daemon runs: process {new['pid']}; process {old['pid']} has left.\n"
    assert (ran.code, ran.out) == (0, told)


def test_a_restart_without_a_daemon_starts_one(run: Run, paths: Paths) -> None:
    try:
        ran = run("daemon", "restart")

        found = lifetime.holder(paths)
        assert found is not None
        told = f"The daemon runs: process {found['pid']}; none ran.\n"
        assert (ran.code, ran.out) == (0, told)
    finally:
        lifetime.end(paths)


def test_a_daemon_that_is_just_starting_is_shown_and_stopped(
    run: Run, paths: Paths
) -> None:
    lifetime.start_detached(paths, dict(os.environ))
    while lifetime.holder(paths) is None:
        time.sleep(0.001)

    text = run("daemon", "status").out

    assert text.startswith(("The daemon is starting: process ", "The daemon runs: "))
    assert run("daemon", "stop").out == "The daemon is stopped.\n"
    assert run("daemon", "status").code == 1


def test_why_a_daemon_did_not_come_up_is_in_its_logs(
    run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "_MODULE", "hookwright.core.service.no_such_module")
    with pytest.raises(ServiceError):
        lifetime.start(paths, dict(os.environ), timeout=3.0)

    text = run("daemon", "logs").out
    (entry,) = map(json.loads, run("daemon", "logs", "--json").out.splitlines())

    assert "The last daemon said on standard error (" in text
    assert "No module named hookwright.core.service.no_such_module" in text
    assert entry["level"] == "ERROR"
    assert "no_such_module" in entry["message"]


def test_logs_are_shown_as_json_and_followed(
    run: Run, daemon: None, paths: Paths
) -> None:
    lines = run("daemon", "logs", "--json").out.splitlines()
    assert any(json.loads(line)["message"].startswith("listening") for line in lines)

    command = [sys.executable, "-P", "-c", _MAIN, "daemon", "logs", "-f", "-n", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        # What it follows is only what comes from now on.
        while "logs" not in os.listdir(paths.data):
            time.sleep(0.01)
        log = paths.logs / "daemon.log"
        while process.poll() is None:
            with log.open("a") as out:
                out.write("a line of ours\n")
            if select.select([process.stdout], [], [], 0.2)[0]:
                break
        assert process.stdout.readline() == "a line of ours\n"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


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
