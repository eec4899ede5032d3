from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.service import eventlog
from hookwright.core.service.eventlog import EventLog, follow, tail
from hookwright.hookspecs import Agent, Decision, Project, PromptSubmit


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


def prompt(number: int) -> PromptSubmit:
    return PromptSubmit(
        id=f"d.{number}",
        time=datetime(2026, 11, 21, tzinfo=UTC),
        agent_host="sample",
        host_event="prompt",
        session_id="s1",
        project=Project(path="/p", worktree="/p"),
        agent=Agent(id="sample/main", name="main"),
        cwd="/p",
        prompt=f"number {number}",
    )


def prompts(lines: list[dict[str, Any]]) -> list[str]:
    return [line["prompt"] for line in lines]


def test_events_are_lines_of_json(logs: Path) -> None:
    log = EventLog(logs)

    log.append(prompt(1), Decision(outcome="deny", reason="no"))
    log.append(prompt(2), Decision())
    log.close()

    file = logs / "events.jsonl"
    first, second = map(json.loads, file.read_text().splitlines())
    assert first["decision"]["reason"] == "no"
    assert "decision" not in second
    assert file.stat().st_mode & 0o777 == 0o600
    assert prompts(tail(logs, 1)) == ["number 2"]


def test_the_log_is_a_window_of_at_least_what_is_to_be_kept(logs: Path) -> None:
    for _ in range(3):
        # A new one each time: it counts what it finds.
        log = EventLog(logs, kept=5)
        for number in range(7):
            log.append(prompt(number))
        log.close()

    assert prompts(tail(logs, 5)) == [f"number {n}" for n in range(2, 7)]
    assert len(tail(logs, 1000)) <= 10
    assert sorted(file.name for file in logs.iterdir()) == [
        "events.jsonl",
        "events.jsonl.1",
    ]


def test_the_files_stay_small(logs: Path) -> None:
    log = EventLog(logs, max_size=2000)
    for number in range(100):
        log.append(prompt(number))
    log.close()

    assert all(file.stat().st_size <= 2000 for file in logs.iterdir())


def test_nothing_is_written_when_none_are_to_be_kept(logs: Path) -> None:
    log = EventLog(logs, kept=0)
    log.append(prompt(1))
    log.close()

    assert not logs.exists()
    assert log.recent(5) == []


def test_the_last_events_are_in_memory(logs: Path) -> None:
    log = EventLog(logs)
    for number in range(4):
        log.append(prompt(number))
    log.close()

    assert prompts(log.recent(2)) == ["number 2", "number 3"]
    assert log.recent(0) == []


def test_a_subscriber_hears_until_it_leaves(logs: Path) -> None:
    log = EventLog(logs)
    heard: list[dict[str, Any]] = []
    unsubscribe = log.subscribe(heard.append)

    log.append(prompt(1))
    unsubscribe()
    unsubscribe()
    log.append(prompt(2))
    log.close()

    assert prompts(heard) == ["number 1"]


def test_a_cut_line_is_skipped(logs: Path) -> None:
    logs.mkdir()
    (logs / "events.jsonl").write_text('{"prompt": "a"}\n{"pro\n[]\n')

    assert prompts(tail(logs, 10)) == ["a"]


def test_following_survives_rotation(
    logs: Path, until: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventlog, "_POLL_S", 0.01)
    log = EventLog(logs, kept=3)
    log.append(prompt(0))
    heard: list[dict[str, Any]] = []
    stop = threading.Event()
    started = threading.Event()

    def listen() -> None:
        def stopping() -> bool:
            started.set()
            return stop.is_set()

        for line in follow(logs, stopping):
            heard.append(line)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        assert started.wait(10)
        for number in range(1, 8):
            log.append(prompt(number))
            until(lambda: len(heard) == number)  # noqa: B023 - waited for in the loop
    finally:
        stop.set()
        thread.join()
        log.close()

    assert prompts(heard) == [f"number {number}" for number in range(1, 8)]
