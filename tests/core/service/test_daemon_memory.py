"""What would grow without end in a daemon that runs for weeks is bounded."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import answering, eventlog, lanes, wire
from hookwright.core.service.answering import Answering
from hookwright.core.service.eventlog import EventLog
from hookwright.core.service.runtime import Runtime
from hookwright.hookspecs import Agent, Project, PromptSubmit

MakeRaw = Callable[..., Any]


@pytest.fixture
def runtime(paths: Paths, sample: ModuleType) -> Iterator[Runtime]:
    plugins = [(sample, "sample")]
    found = Runtime.open(paths, entry_points=False, plugins=plugins)
    yield found
    found.close()


def request(kind: str, text: str, flags: str, session: str = "s1") -> list[bytes]:
    """Return the fields of one event as the client sends it."""
    payload = {"event": kind, "text": text, "session": session}
    words = f"sample\0{kind}"
    fields = [wire.VERSION, os.urandom(10).hex(), flags, words, "/", ""]
    return [*(field.encode() for field in fields), json.dumps(payload).encode()]


def test_recording_waits_on_the_disk_while_observers_are_far_behind(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MOST_JOBS", 3)
    monkeypatch.setattr(answering, "_ROOM_S", 0.05)

    async def ask() -> list[int]:
        answers = Answering(runtime, lambda _reason: None)

        async def send(kind: str, text: str, flags: str) -> int:
            fields = request(kind, text, flags)
            reply = await answers.answer(wire.HOOK, fields, lambda _reply: True)
            assert reply is not None
            return reply.status

        statuses = [await send("after", "observed slowly 0.6", "o")]
        statuses += [await send("after", f"t{number}", "o") for number in range(2)]
        # Full: its client leaves it in the spool. A gate is answered all the same.
        statuses.append(await send("after", "too much", "o"))
        statuses.append(await send("before", "ls", ""))
        await answers.in_worker(lambda: answers.lanes.drain(30))
        statuses.append(await send("after", "again", "o"))
        await answers.in_worker(lambda: answers.lanes.drain(30))
        answers.close()
        return statuses

    done, fault = wire.DONE, wire.FAULT

    assert asyncio.run(ask()) == [done, done, done, fault, done, done]

    found = runtime.call_tool("seen", {"session": "s1"}, from_agent=False)
    assert found["count"] == 5
    assert "too much" not in found["texts"]


def test_what_others_left_is_taken_over_in_parts(
    paths: Paths, raw: MakeRaw, sample: ModuleType
) -> None:
    plugins = [(sample, "sample")]
    other = Runtime.open(paths, entry_points=False, plugins=plugins)
    for number in range(5):
        other.receive(raw("after", f"t{number}", number=number))
    other.close("")

    runtime = Runtime.open(paths, entry_points=False, plugins=plugins)
    parts = []
    while True:
        part = runtime.recover(2)
        parts.append((len(part), runtime.is_behind))
        for received in part:
            runtime.finish(received)
        if not part:
            break

    assert parts == [(2, True), (2, True), (1, False), (0, False)]
    found = runtime.call_tool("seen", {"session": "s1"}, from_agent=False)
    assert found["count"] == 5
    assert runtime.recover() == []
    runtime.close()


def prompt(text: str) -> PromptSubmit:
    return PromptSubmit(
        id="d.0",
        time="2026-11-21T00:00:00Z",
        agent_host="sample",
        host_event="prompt",
        session_id="s1",
        project=Project(path="/p", worktree="/p"),
        agent=Agent(id="sample/main", name="main"),
        cwd="/p",
        prompt=text,
    )


def test_the_last_events_are_kept_in_memory_by_their_size(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "logs")
    for number in range(600):
        log.append(prompt(f"{number}"))
    assert len(log.recent(10_000)) == 500
    assert [line["prompt"] for line in log.recent(2)] == ["598", "599"]

    for number in range(10):
        log.append(prompt(f"{number} " + "x" * 500_000))

    kept = log.recent(10_000)
    assert len(kept) == eventlog.RING_SIZE // 500_000
    assert kept[-1]["prompt"].startswith("9 ")
    log.close()


def test_thousands_of_sessions_leave_no_trace_in_a_daemon(
    runtime: Runtime, raw: MakeRaw
) -> None:
    # Whatever grew by one entry for each session or event would show.
    def work(number: int) -> None:
        received = runtime.receive(raw("after", "x", session=f"s{number}"))
        runtime.finish(received)

    def sizes() -> dict[str, int]:
        parts = {"keeper": runtime._keeper, "echoes": runtime._echoes}
        parts |= {"answers": runtime._answers, "events": runtime.events}
        parts |= {"outage": runtime._keeper._outage, "projects": runtime._projects}
        return {
            f"{name}.{attribute}": len(value)
            for name, part in parts.items()
            for attribute, value in vars(part).items()
            if hasattr(value, "__len__") and not isinstance(value, str | bytes)
        }

    began = time.monotonic()
    for number in range(4200):
        work(number)
        if time.monotonic() - began > 60:
            pytest.skip("this machine is too busy for some thousands of events")
    runtime.flush("command")
    before = sizes()
    for number in range(4200, 5000):
        work(number)
    runtime.flush("command")

    assert {name: size for name, size in sizes().items() if size > 4096} == {}
    # What was seen is forgotten by age: how much is left tells the machine's pace.
    before.pop("echoes._seen")
    assert {name: sizes()[name] for name in before} == before
