"""The plugin as a plugin host calls it: a daemon may end while a call goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.store import Store
from hookwright.core.testing.hosting import make_host
from hookwright.core.testing.outcomes import assert_healthy
from hookwright.hookspecs import Decision, Delivery, Event
from hookwright.plugins.adapters.gemini import GeminiPlugin
from hookwright.plugins.adapters.gemini.open_calls import OPEN_CALLS, OpenCall

SESSION = "3bc5a5f7-8945-4957-ae25-49100267684b"
ASKED = {"agent_name": "generalist", "prompt": "look"}


class Process:
    """One process with the plugin, over a store that outlives it."""

    def __init__(
        self, store: Store, directory: Path, make: Callable[..., Delivery]
    ) -> None:
        self._store = store
        self._make = make
        self._transcript = directory / "chats" / "session.jsonl"
        self.host = make_host(store, directory)
        self.host.register(GeminiPlugin(), "gemini")
        store.commit(self.host.startup())
        self._adapter = self.host.adapters["gemini"]

    def message(self, event: str, at: float, **fields: object) -> Delivery:
        """Return a message of that many seconds after six."""
        payload = {
            "session_id": SESSION, "transcript_path": str(self._transcript),
            "cwd": "/w", "hook_event_name": event,
            "timestamp": f"2026-11-21T06:00:{at:06.3f}Z", **fields,
        }  # fmt: skip
        made = self._make("gemini", payload, event, cwd="/w")
        return made.model_copy(update={"id": f"{event}{at}".ljust(20, "0")})

    def before(self, name: str, at: float, **arguments: object) -> Delivery:
        return self.message("BeforeTool", at, tool_name=name, tool_input=arguments)

    def after(self, name: str, at: float, **arguments: object) -> Delivery:
        response = {"llmContent": "Output: x", "returnDisplay": "x"}
        given = {"tool_name": name, "tool_input": arguments}
        return self.message("AfterTool", at, **given, tool_response=response)

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Read a message whose events are observed later, or never."""
        return self._adapter.parse(delivery)

    def observe(self, delivery: Delivery) -> list[Any]:
        """Have a message parsed and observed; return its events."""
        events = list(self.parse(delivery))
        for event in events:
            self._store.commit(self.host.observe(event))
        assert_healthy(self.host)
        return events

    def decide(self, delivery: Delivery, decision: Decision) -> list[Any]:
        """Have a message answered before it is observed."""
        self.parse(delivery)
        self._adapter.render(delivery, decision)
        return self.observe(delivery)

    def kept(self) -> list[OpenCall]:
        return list(self._store.stage().scan(OPEN_CALLS))


@pytest.fixture
def begin(
    plugin_store: Store, tmp_path: Path, make_delivery: Callable[..., Delivery]
) -> Callable[[], Process]:
    """Return a function that makes another process over the same store."""
    (tmp_path / "chats" / SESSION).mkdir(parents=True)

    def run() -> Process:
        return Process(plugin_store, tmp_path, make_delivery)

    return run


def test_a_call_has_one_id_though_another_daemon_sees_it_end(
    begin: Callable[[], Process],
) -> None:
    first = begin()
    (before,) = first.observe(first.before("run_shell_command", 1, command="ls"))
    second = begin()
    (after,) = second.observe(second.after("run_shell_command", 2, command="ls"))
    assert after.call.id == before.call.id
    assert second.kept() == []


def test_another_daemon_may_read_the_beginning_of_what_ended(
    begin: Callable[[], Process],
) -> None:
    first = begin()
    (after,) = first.observe(first.after("run_shell_command", 3, command="ls"))
    last = begin()
    (later,) = last.observe(last.before("run_shell_command", 5, command="ls"))
    (before,) = last.observe(last.before("run_shell_command", 1, command="ls"))
    assert before.call.id == after.call.id != later.call.id
    assert [call.id for call in last.kept()] == [later.call.id]


def test_a_rewritten_call_is_found_by_another_daemon_too(
    begin: Callable[[], Process],
) -> None:
    new = {"command": "echo other"}
    decision = Decision(outcome="rewrite", input=new, reason="r")
    first = begin()
    asked = first.before("run_shell_command", 1, command="ls")
    (before,) = first.decide(asked, decision)
    second = begin()
    (after,) = second.observe(second.after("run_shell_command", 2, **new))
    assert after.call.id == before.call.id
    assert second.kept() == []


def test_a_prompt_that_is_read_late_ends_no_call_that_came_after_it(
    begin: Callable[[], Process],
) -> None:
    """Answered without a daemon, it waits in the spool meanwhile."""
    only = begin()
    (before,) = only.observe(only.before("run_shell_command", 3, command="ls"))
    only.observe(only.message("BeforeAgent", 1, prompt="go on"))
    (after,) = only.observe(only.after("run_shell_command", 4, command="ls"))
    assert after.call.id == before.call.id


def test_a_turns_end_lets_go_of_what_was_stopped(
    begin: Callable[[], Process],
) -> None:
    only = begin()
    (stopped,) = only.observe(only.before("run_shell_command", 1, command="ls"))
    assert [call.id for call in only.kept()] == [stopped.call.id]
    only.observe(only.message("AfterAgent", 2, prompt="p", prompt_response="r"))
    assert only.kept() == []
    (after,) = only.observe(only.after("run_shell_command", 3, command="ls"))
    assert after.call.id != stopped.call.id


def test_a_subagent_is_known_to_another_daemon(
    begin: Callable[[], Process], tmp_path: Path
) -> None:
    first = begin()
    (asked,) = first.observe(first.before("invoke_agent", 1, **ASKED))
    (tmp_path / "chats" / SESSION / "sub.jsonl").touch()

    second = begin()
    start, inside = second.observe(second.before("read_file", 2, file_path="a"))
    assert (start.kind, start.agent.id) == ("subagent_start", "gemini/generalist")
    assert inside.agent == start.agent
    assert inside.agent.instance == asked.call.id

    # Its start is told once, its calls' ends are its own.
    third = begin()
    (done,) = third.observe(third.after("read_file", 3, file_path="a"))
    (again,) = third.observe(third.before("read_file", 4, file_path="b"))
    assert done.agent == again.agent == inside.agent
    assert done.call.id == inside.call.id

    last = begin()
    ended, stop = last.observe(last.after("invoke_agent", 5, **ASKED))
    assert (ended.call.id, ended.agent.id) == (asked.call.id, "gemini/main")
    assert stop.agent == inside.agent
    assert [call.id for call in last.kept()] == [again.call.id]


def test_other_agent_hosts_calls_are_not_its_business(
    begin: Callable[[], Process], make_event: Any
) -> None:
    only = begin()
    only.host.observe(make_event("tool_before", command="ls"))
    assert only.kept() == []
    assert_healthy(only.host)
