from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service.direct import answer_here
from hookwright.core.service.intake import RawDelivery
from hookwright.core.surfaces.commands.events import detail

Run = Callable[..., Any]


def event(number: int, kind: str = "prompt_submit", **more: Any) -> dict[str, Any]:
    return {
        "id": f"d.{number}",
        "time": f"2026-11-21T10:00:{number:02}Z",
        "kind": kind,
        "session_id": f"s{number % 2}",
        "agent": {"id": "claude-code/main"},
        **more,
    }


@pytest.fixture
def log(paths: Paths) -> Callable[..., None]:
    """Return a function that appends events to the log."""

    def append(*events: dict[str, Any]) -> None:
        paths.logs.mkdir(parents=True, exist_ok=True)
        with (paths.logs / "events.jsonl").open("a") as file:
            file.writelines(json.dumps(each) + "\n" for each in events)

    return append


def test_no_events_show_nothing(run: Run) -> None:
    ran = run("events")

    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_the_last_events_are_shown_oldest_first(
    run: Run, log: Callable[..., None]
) -> None:
    log(*(event(number, prompt=f"number {number}") for number in range(30)))

    lines = run("events").out.splitlines()

    assert len(lines) == 20
    assert lines[-1].endswith("prompt_submit   claude-code/main  number 29")
    assert run("events", "-n", "0").out == ""
    assert len(run("events", "-n", "3").out.splitlines()) == 3


def test_what_waits_for_a_daemon_is_shown_where_there_is_none(
    run: Run, log: Callable[..., None], paths: Paths
) -> None:
    told = {"session_id": "s9", "cwd": "/", "hook_event_name": "Stop"}
    raw = RawDelivery(
        "0123456789abcdef0123", "claude-code", ("Stop",), "/", {},
        json.dumps(told).encode(),
    )  # fmt: skip
    assert answer_here(raw, "o", paths) == 0
    log(event(1, time="2099-01-01T00:00:00Z"))

    lines = [json.loads(line) for line in run("events", "--json").out.splitlines()]

    # By when they happened, not by when they were logged.
    assert [line["id"] for line in lines] == ["0123456789abcdef0123.0", "d.1"]


def test_what_was_logged_is_shown_though_the_settings_are_broken(
    run: Run, log: Callable[..., None], paths: Paths
) -> None:
    paths.spool.mkdir(parents=True)
    (paths.spool / "some.spool").touch()
    paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    paths.config_file.write_text("x = [")
    log(event(1))

    ran = run("events", "--json")

    assert (ran.code, json.loads(ran.out)["id"]) == (0, "d.1")
    assert "what waits for a daemon is not shown" in ran.err
    assert "not valid TOML" in ran.err


def test_kind_and_session_choose(run: Run, log: Callable[..., None]) -> None:
    log(event(1), event(2, "turn_end"), event(3, "turn_end"), event(4, "commit"))

    def ids(*arguments: str) -> list[str]:
        lines = run("events", "--json", *arguments).out.splitlines()
        return [json.loads(line)["id"] for line in lines]

    assert ids("--kind", "turn_end") == ["d.2", "d.3"]
    assert ids("--kind", "turn_end", "--kind", "commit") == ["d.2", "d.3", "d.4"]
    assert ids("--kind", "turn_end", "--session", "s1") == ["d.3"]
    assert ids("--session", "s0", "--count", "1") == ["d.4"]


def test_an_unknown_kind_is_named_with_those_that_exist(run: Run) -> None:
    ran = run("events", "--kind", "tool_befor")

    assert ran.code == 2
    assert "tool_before" in ran.err


def test_an_event_is_one_line_whatever_is_in_it(
    run: Run, log: Callable[..., None]
) -> None:
    log(event(1, prompt="a\nb\x1b[2J\r" + "x" * 200))

    (line,) = run("events").out.splitlines()

    assert "a b\\x1b[2J xxx" in line
    assert line.endswith("...")


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        (
            {"call": {"native_name": "Bash", "command": "make"}, "succeeded": False},
            "Bash make FAILED",
        ),
        ({"call": {"native_name": "Edit", "paths": ["/a", "/b"]}}, "Edit /a, /b"),
        ({"subject": "Add it"}, "Add it"),
        ({"decision": {"outcome": "deny"}, "prompt": "p"}, "p DENY"),
        ({"decision": {"outcome": "none"}, "reason": "other"}, "other"),
        ({"remote": "origin"}, "origin"),
        ({"prompt": "Do it", "source": "user"}, "Do it"),
        ({"kind": "session_start", "source": "resume"}, "resume"),
        (
            {"kind": "usage_reported", "model": "m-1", "output_tokens": 7},
            "m-1 7 tokens out",
        ),
        ({}, ""),
    ],
)
def test_what_matters_of_an_event_is_shown(more: dict[str, Any], shown: str) -> None:
    assert detail(event(1, **more)) == shown


def test_follow_shows_what_happens_until_it_is_stopped(
    log: Callable[..., None],
) -> None:
    log(event(1))
    arguments = ["events", "--follow", "--json", "--kind", "turn_end"]
    process = subprocess.Popen(
        [sys.executable, "-m", "hookwright.core.surfaces.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert process.stdout is not None
    try:
        # The log is followed from the end it had when following began; an event that
        # comes before that is not shown, so the writer goes on until one is.
        number = 2
        os.set_blocking(process.stdout.fileno(), False)
        line = ""
        while not line and process.poll() is None:
            log(event(number, "turn_end"), event(number, "commit"))
            number = min(number + 1, 59)
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                line = process.stdout.readline()
        assert json.loads(line)["kind"] == "turn_end"
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()

    assert process.returncode == 130
    assert err == ""
