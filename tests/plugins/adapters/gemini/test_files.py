"""What the adapter reads in files: chats, and the repository's reflogs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hookwright.hookspecs import (
    Commit,
    Compaction,
    Delivery,
    SubagentStart,
    SubagentStop,
    ToolAfter,
    ToolBefore,
    UsageReported,
)
from hookwright.plugins.adapters.gemini.adapter import GeminiAdapter
from hookwright.plugins.adapters.gemini.chat_rows import read_row

Make = Callable[..., Delivery]
Git = Callable[..., str]
SESSION = "3bc5a5f7-8945-4957-ae25-49100267684b"


def message_row(name: str, **tokens: int) -> str:
    counts = {"input": 0, "output": 0, "cached": 0, "thoughts": 0, "tool": 0}
    row = {
        "id": name, "timestamp": "2026-11-21T06:00:01.000Z", "type": "gemini",
        "content": "", "tokens": counts | tokens, "model": "gemini-2.5-pro",
    }  # fmt: skip
    return json.dumps(row) + "\n"


class Place:
    """One session's messages, and its chat files."""

    def __init__(self, tmp_path: Path, make: Make, cwd: Path) -> None:
        self.chats = tmp_path / "chats"
        self.chats.mkdir()
        self.main = self.chats / "session-2026-11-21T06-00-3bc5a5f7.jsonl"
        self.main.write_text(json.dumps({"sessionId": SESSION, "kind": "main"}) + "\n")
        self.adapter = GeminiAdapter()
        self.cwd = cwd
        self._make = make
        self._number = 0

    def tell(self, event: str, at: float = 0, **fields: object) -> list[Any]:
        """Deliver a message of that many seconds after six; return all its events."""
        self._number += 1
        payload = {
            "session_id": SESSION, "transcript_path": str(self.main),
            "cwd": str(self.cwd), "hook_event_name": event,
            "timestamp": f"2026-11-21T06:00:{at:06.3f}Z", **fields,
        }  # fmt: skip
        made = self._make("gemini", payload, event, cwd=str(self.cwd))
        now = {"id": f"{self._number:020d}", "time": datetime.now(UTC)}
        delivery = made.model_copy(update=now)
        return list(self.adapter.complete(self.adapter.parse(delivery)))

    def call(self, name: str, at: float, **arguments: object) -> list[Any]:
        return self.tell("BeforeTool", at, tool_name=name, tool_input=arguments)

    def result(self, name: str, at: float, **arguments: object) -> list[Any]:
        response = {"llmContent": "Output: x", "returnDisplay": "x"}
        given = {"tool_name": name, "tool_input": arguments}
        return self.tell("AfterTool", at, **given, tool_response=response)

    def subagent_chat(self, name: str, prompt: str, began: str) -> Path:
        folder = self.chats / SESSION
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.jsonl"
        head = {"sessionId": name, "startTime": began, "kind": "subagent"}
        said = {"id": f"{name}-u", "type": "user", "content": [{"text": prompt}]}
        path.write_text("".join(json.dumps(row) + "\n" for row in (head, said)))
        return path


@pytest.fixture
def place(tmp_path: Path, make_delivery: Make) -> Place:
    return Place(tmp_path, make_delivery, tmp_path)


def usage_in(events: list[Any]) -> list[UsageReported]:
    return [event for event in events if isinstance(event, UsageReported)]


def test_a_turn_brings_the_tokens_of_its_model_calls_once(place: Place) -> None:
    row = message_row("m1", input=1000, output=20, cached=400, thoughts=7, tool=3)
    # Written when the model has answered, and again when its tool has run.
    place.main.write_text(place.main.read_text() + row + row)
    (usage,) = usage_in(place.tell("AfterAgent"))
    assert (usage.input_tokens, usage.cache_read_tokens) == (603, 400)
    assert usage.output_tokens == 27
    assert (usage.model, usage.message_id) == ("gemini-2.5-pro", "m1")
    assert usage.agent.id == "gemini/main"
    assert usage_in(place.tell("AfterAgent", 1)) == []
    with place.main.open("a") as file:
        file.write(message_row("m2", input=10))
    assert [usage.id for usage in usage_in(place.tell("SessionEnd", 2))] == [
        "gemini.usage.m2"
    ]


def test_another_process_gives_the_same_ids(place: Place, make_delivery: Make) -> None:
    with place.main.open("a") as file:
        file.write(message_row("m1", input=10))
    first = usage_in(place.tell("AfterAgent"))
    place.adapter = GeminiAdapter()
    assert [event.id for event in usage_in(place.tell("AfterAgent"))] == [first[0].id]


@pytest.mark.parametrize("path", ["", "/nowhere/at/all.jsonl", "relative.json", "a\0b"])
def test_a_chat_that_is_not_there_is_no_trouble(path: str, place: Place) -> None:
    place.main = Path(path)
    assert len(place.tell("AfterAgent")) == 1


@pytest.mark.parametrize(
    "row",
    [
        b"", b"not json", b"[1]", b'{"type": "gemini"}', b'{"$set": 4}',
        b'{"type": "gemini", "id": "", "tokens": {}}',
        b'{"type": "gemini", "id": "a", "tokens": 4}',
        b'{"$set": {"messages": [4, {"type": "user", "content": 4}]}}',
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_row_that_is_something_else_is_passed_over(row: bytes) -> None:
    assert list(read_row(row)) == []


@pytest.mark.parametrize("count", ["true", "-1", '"1"', "1e99", str(10**30), "null"])
def test_a_count_that_is_no_count_is_nought(count: str) -> None:
    row = f'{{"type": "gemini", "id": "a", "tokens": {{"input": {count}}}}}'
    (call,) = read_row(row.encode())
    assert call.input_tokens == 0  # type: ignore[union-attr]


def test_the_calls_of_a_subagent_are_its_own(place: Place) -> None:
    asked = {"agent_name": "generalist", "prompt": "look"}
    (call,) = place.call("invoke_agent", 10, **asked)
    # Beside it, in the same answer of the model: the main agent's.
    (beside,) = place.call("read_file", 10.004, file_path="a")
    assert (call.agent.id, beside.agent.id) == ("gemini/main", "gemini/main")
    chat = place.subagent_chat("sub1", "look", "2026-11-21T06:00:10.100Z")
    os.utime(chat, (1795241000, 1795241000))

    start, inner = place.call("run_shell_command", 11, command="ls")
    assert isinstance(start, SubagentStart)
    assert isinstance(inner, ToolBefore)
    assert (inner.agent.id, inner.agent.instance) == ("gemini/generalist", call.call.id)
    assert start.agent == inner.agent
    # The main agent's ends while the subagent works.
    assert place.result("read_file", 11.5, file_path="a")[0].agent.id == "gemini/main"
    (ended,) = place.result("run_shell_command", 12, command="ls")
    assert ended.agent == inner.agent
    assert [type(event) for event in place.call("glob", 13, pattern="*")] == [
        ToolBefore
    ]

    with chat.open("a") as file:
        file.write(message_row("s1", input=5))
    told = place.result("invoke_agent", 14, **asked)
    assert [type(event) for event in told] == [ToolAfter, UsageReported, SubagentStop]
    assert {event.agent.id for event in told[1:]} == {"gemini/generalist"}
    assert told[2].message == "Output: x"
    assert place.call("glob", 15, pattern="*")[0].agent.id == "gemini/main"


def test_a_subagent_that_never_started_has_no_calls(place: Place) -> None:
    place.call("invoke_agent", 10, agent_name="generalist", prompt="look")
    # A person said no: there is no chat of it.
    assert place.call("glob", 12, pattern="*")[0].agent.id == "gemini/main"
    place.subagent_chat("sub1", "look", "2026-11-21T06:00:10.100Z")
    assert place.call("glob", 13, pattern="*")[-1].agent.id == "gemini/generalist"
    # What was stopped with its turn is over.
    place.tell("BeforeAgent", 20, prompt="again")
    assert place.call("glob", 21, pattern="*")[0].agent.id == "gemini/main"


def test_a_subagent_without_a_call_of_its_own_has_a_start_and_an_end(
    place: Place,
) -> None:
    asked = {"agent_name": "generalist", "prompt": "look"}
    place.call("invoke_agent", 10, **asked)
    told = place.result("invoke_agent", 14, **asked)
    assert [type(event) for event in told] == [ToolAfter, SubagentStart, SubagentStop]
    assert len({event.id for event in told}) == 3


def test_a_subagents_tokens_are_known_by_its_prompt(place: Place) -> None:
    for number, name in enumerate(("generalist", "investigator")):
        place.call("invoke_agent", 10 + number / 1000, agent_name=name, prompt=name)
        chat = place.subagent_chat(name, name, "2026-11-21T06:00:10.900Z")
        with chat.open("a") as file:
            file.write(message_row(f"m-{name}", input=5))
    stray = place.subagent_chat("stray", "?", "2026-11-21T05:00:00.000Z")
    with stray.open("a") as file:
        file.write(message_row("m-stray", input=5))
    usage = usage_in(place.tell("AfterAgent", 20))
    assert {event.message_id: event.agent.name for event in usage} == {
        "m-generalist": "generalist",
        "m-investigator": "investigator",
        "m-stray": "subagent",
    }


def snapshot(name: str, time: str) -> str:
    said = [{"text": "<state_snapshot>in short</state_snapshot>"}]
    found = {"id": name, "timestamp": time, "type": "user", "content": said}
    return json.dumps({"$set": {"messages": [found]}}) + "\n"


def user_row(text: str) -> str:
    return json.dumps({"id": "u", "type": "user", "content": [{"text": text}]}) + "\n"


def test_a_context_that_was_shortened_is_told_once(place: Place) -> None:
    # An earlier turn's, told of by a process that is gone; the model answered since.
    old = snapshot("c0", "2026-11-21T05:00:00.000Z")
    new = snapshot("c1", "2026-11-21T06:00:05.000Z")
    before = user_row("first") + old + message_row("m1")
    place.main.write_text(before + new + user_row("go on") + message_row("m2") + new)
    told = place.tell("AfterAgent", 9)
    (found,) = [event for event in told if isinstance(event, Compaction)]
    assert (found.phase, found.id) == ("after", "gemini.compaction.c1")
    assert "in short" in found.summary
    assert len(usage_in(told)) == 2
    with place.main.open("a") as file:
        file.write(new)
    assert len(place.tell("AfterAgent", 10)) == 1
    with place.main.open("a") as file:
        file.write(snapshot("c2", "2026-11-21T06:00:06.000Z"))
    assert len(place.tell("AfterAgent", 11)) == 2


@pytest.fixture
def in_repository(
    repository: Path, git: Git, tmp_path: Path, make_delivery: Make
) -> Place:
    remote = tmp_path / "remote.git"
    git(repository, "init", "-q", "--bare", str(remote))
    git(repository, "remote", "add", "origin", str(remote))
    git(repository, "commit", "-q", "--allow-empty", "-m", "theirs")
    return Place(tmp_path, make_delivery, repository)


def shell(place: Place, git: Git, *commands: str) -> list[Any]:
    """Play a shell command: its announcement, what it does, its result."""
    place.call("run_shell_command", 1, command="x")
    for command in commands:
        git(place.cwd, *command.split())
    told = place.result("run_shell_command", 2, command="x")
    return [event for event in told if not isinstance(event, ToolAfter)]


def test_commits_and_pushes_of_a_command_are_the_agents(
    in_repository: Place, git: Git, repository: Path
) -> None:
    # It is told by the time of the file, which is now.
    told = shell(
        in_repository,
        git,
        "commit -q --allow-empty -m one",
        "commit -q --allow-empty -m two",
        "commit -q --allow-empty --amend -m three",
        "checkout -q -b side",
        "checkout -q main",
    )
    assert [type(event) for event in told] == [Commit] * 3
    assert [event.subject for event in told] == ["one", "two", "three"]
    assert [event.action for event in told] == ["commit", "commit", "amend"]
    assert told[2].replaces == told[1].hash
    assert {event.agent.id for event in told} == {"gemini/main"}
    assert {event.agent_host for event in told} == {"gemini"}
    assert told[2].hash == git(repository, "rev-parse", "HEAD")


def test_a_result_without_an_announcement_finds_the_turns_commits(
    in_repository: Place, git: Git, repository: Path
) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "mine")
    head = git(repository, "rev-parse", "HEAD")
    # The daemon that saw the call begin is gone; the model answered long before it.
    row = json.loads(message_row("m")) | {"timestamp": "2020-01-01T00:00:00Z"}
    in_repository.main.write_text(json.dumps(row) + "\n")
    told = in_repository.result("run_shell_command", 2, command="x")
    assert head in {event.hash for event in told if isinstance(event, Commit)}


def test_a_result_that_is_read_late_finds_what_was_committed_then(
    in_repository: Place, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that was killed left it; the model has gone on meanwhile."""
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2020-06-01T00:00:00Z")
    git(in_repository.cwd, "commit", "-q", "--allow-empty", "-m", "mine")
    rows = [
        json.loads(message_row(time)) | {"timestamp": f"{time}-01-01T00:00:00Z"}
        for time in ("2020", "2099")
    ]
    in_repository.main.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = in_repository.result("run_shell_command", 2, command="x")
    found = [event.subject for event in told if isinstance(event, Commit)]
    assert found[-1] == "mine"
