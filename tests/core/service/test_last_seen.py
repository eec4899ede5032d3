from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hookwright.core.service import last_seen as module
from hookwright.core.service.eventlog import FILE, EventLog
from hookwright.core.service.last_seen import Seen, last_seen
from hookwright.hookspecs import Agent, Event, Project, SessionEnd

HOSTS = ("claude-code", "codex", "git")


def event(host: str, number: int, name: str = "Stop") -> Event:
    return SessionEnd(
        id=f"{number:020x}.0",
        time=datetime(2026, 11, 21, 10, number // 60 % 60, number % 60, tzinfo=UTC),
        agent_host=host,
        host_event=name,
        session_id='s"1',
        project=Project(path="/p", worktree="/p"),
        agent=Agent(id=f"{host}/main", name="main"),
        cwd='/p/"agent_host":"git","host_event":',
    )


def written(logs: Path, *events: Event) -> None:
    log = EventLog(logs)
    for each in events:
        log.append(each)
    log.close()


def test_each_hosts_last_event_is_found(tmp_path: Path) -> None:
    written(
        tmp_path,
        event("codex", 1, "SessionStart"),
        event("claude-code", 2),
        event("codex", 3, "SessionEnd"),
        event("claude-code", 4, "PreToolUse"),
    )

    found = last_seen(tmp_path, HOSTS)

    assert found == {
        "codex": Seen(event("codex", 3).time, "SessionEnd"),
        "claude-code": Seen(event("claude-code", 4).time, "PreToolUse"),
    }


@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
def test_lines_across_two_reads_and_two_files_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    written(tmp_path, event("git", 1, "post-commit"), event("codex", 2))
    (tmp_path / FILE).rename(tmp_path / f"{FILE}.1")
    written(tmp_path, event("codex", 3, "SessionEnd"))

    found = last_seen(tmp_path, HOSTS)

    assert {name: seen.name for name, seen in found.items()} == {
        "codex": "SessionEnd",
        "git": "post-commit",
    }


def test_what_is_too_far_back_is_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, event("git", 1), *(event("codex", n) for n in range(50)))
    monkeypatch.setattr(module, "MOST", 2000)
    monkeypatch.setattr(module, "_CHUNK", 500)

    assert set(last_seen(tmp_path, HOSTS)) == {"codex"}


Spoil = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line[: len(line) // 2],
        lambda line: b"\xff\xfe" + line,
        lambda line: line.replace(b'"time"', b'"when"'),
        lambda line: line.replace(b"2026-", b"soon-"),
        lambda _line: b"\n\n\n",
    ],
)
def test_a_damaged_line_is_passed_over(tmp_path: Path, spoil: Spoil) -> None:
    written(tmp_path, event("codex", 1, "SessionStart"), event("codex", 2))
    first, second = (tmp_path / FILE).read_bytes().splitlines()
    (tmp_path / FILE).write_bytes(first + b"\n" + spoil(second) + b"\n")

    assert last_seen(tmp_path, HOSTS)["codex"].name == "SessionStart"


def test_without_a_log_nothing_is_found(tmp_path: Path) -> None:
    assert last_seen(tmp_path / "logs", HOSTS) == {}


def test_the_log_has_the_fields_in_the_order_that_is_looked_for(
    tmp_path: Path,
) -> None:
    written(tmp_path, event("codex", 1))

    keys = list(json.loads((tmp_path / FILE).read_text()))

    assert keys.index("host_event") == keys.index("agent_host") + 1
