from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.hookspecs import (
    Delivery,
    Event,
    FileChanged,
    SessionEnd,
    SubagentStop,
    ToolAfter,
    TurnEnd,
    UsageReported,
)
from hookwright.plugins.adapters.codex import rollouts as rollouts_module
from hookwright.plugins.adapters.codex.adapter import CodexAdapter
from hookwright.plugins.adapters.codex.rollout import PATCH_REFUSED, outcome_of
from hookwright.plugins.adapters.wire import growing_file

Make = Callable[..., Delivery]
Tell = Callable[..., list[Event]]

PATCH = "*** Begin Patch\n*** Update File: a.txt\n@@\n-a\n+b\n*** End Patch"


def row(kind: str, payload: dict[str, Any], **more: Any) -> str:
    return json.dumps({"timestamp": "t", "type": kind, "payload": payload, **more})


def meta(thread: str = "t1", **more: Any) -> str:
    return row("session_meta", {"id": thread, "cli_version": "0.169.0", **more})


def model(name: str = "gpt-5.5") -> str:
    return row("turn_context", {"turn_id": "turn1", "model": name})


def counts(given: int, cached: int, output: int, written: int = 0) -> dict[str, int]:
    return {
        "input_tokens": given,
        "cached_input_tokens": cached,
        "cache_write_input_tokens": written,
        "output_tokens": output,
        "reasoning_output_tokens": 1,
        "total_tokens": given + output,
    }


def used(
    response: str, thread: str = "t1", turn: str = "turn1", output: int = 20
) -> str:
    """Return a row as Codex 0.169.0 writes one for each model call, shortened."""
    names = {"thread_id": thread, "turn_id": turn, "response_id": response}
    return row("token_usage_record", {**names, "usage": counts(140, 40, output)})


def totals(given: int, cached: int, output: int) -> str:
    info = {"total_token_usage": counts(given, cached, output)}
    return row("event_msg", {"type": "token_count", "info": info})


def ended(call: str, code: object, **more: Any) -> str:
    item = {"type": "CommandExecution", "id": call, "exit_code": code, **more}
    payload = {"type": "item_completed", "turn_id": "turn1", "item": item}
    return row("event_msg", payload)


def called(call: str, name: str, arguments: str, kind: str = "function_call") -> str:
    field = "arguments" if kind == "function_call" else "input"
    passed = {"internal_chat_message_metadata_passthrough": {"turn_id": "turn1"}}
    given = {"type": kind, "call_id": call, "name": name, field: arguments}
    return row("response_item", {**given, **passed})


def answered(call: str, output: str, kind: str = "function_call") -> str:
    given = {"type": f"{kind}_output", "call_id": call, "output": output}
    return row("response_item", given)


def changed(call: str, changes: dict[str, Any], status: str = "completed") -> str:
    item = {"type": "FileChange", "id": call, "changes": changes, "status": status}
    payload = {"type": "item_completed", "turn_id": "turn1", "item": item}
    return row("event_msg", payload)


@pytest.fixture
def rollout(tmp_path: Path) -> Path:
    path = tmp_path / "sessions" / "rollout-1.jsonl"
    path.parent.mkdir()
    path.write_text("")
    return path


def add(path: Path, *rows: str) -> None:
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in rows)


@pytest.fixture
def tell(make_delivery: Make, rollout: Path) -> Tell:
    """Return a function that sends one message and gives what came before its event."""
    default = CodexAdapter()

    def run(event: str, adapter: CodexAdapter = default, **more: object) -> list[Event]:
        payload = {
            "hook_event_name": event,
            "session_id": "s1",
            "turn_id": "turn1",
            "transcript_path": str(rollout),
            "cwd": "/workspace",
            "model": "noted",
            **more,
        }
        events = adapter.parse(make_delivery("codex", payload, event))
        completed = adapter.complete(events)
        assert [type(one) for one in completed[-len(events) :]] == [
            type(one) for one in events
        ]
        return list(completed[: -len(events)])

    return run


@pytest.fixture
def usage(tell: Tell) -> Callable[..., list[UsageReported]]:
    def run(event: str = "Stop", **more: Any) -> list[UsageReported]:
        found = tell(event, **more)
        assert all(isinstance(one, UsageReported) for one in found)
        return found  # type: ignore[return-value]

    return run


Usage = Callable[..., list[UsageReported]]


def test_a_turn_brings_the_tokens_of_its_model_calls(
    rollout: Path, usage: Usage
) -> None:
    add(rollout, meta(), model(), used("r1"), totals(140, 40, 20), used("r2"))
    first, second = usage()
    assert first.id == "codex.usage.t1/turn1/r1"
    assert first.message_id == "t1/turn1/r1"
    assert first.model == "gpt-5.5"
    # Codex counts cached tokens in.
    assert (first.input_tokens, first.cache_read_tokens) == (100, 40)
    assert first.output_tokens == 20
    assert first.agent.id == "codex/main"
    assert second.message_id == "t1/turn1/r2"
    assert usage() == []
    assert usage("SessionEnd") == []


def test_a_model_that_no_row_names_is_the_one_the_hook_was_told(
    rollout: Path, usage: Usage
) -> None:
    add(rollout, used("r1"))
    assert usage()[0].model == "noted"


def test_another_process_gives_the_same_ids(rollout: Path, usage: Usage) -> None:
    add(rollout, meta(), used("r1"), used("r2"))
    first = usage()
    again = usage("SessionEnd", adapter=CodexAdapter())
    assert [one.id for one in again] == [one.id for one in first]


def test_a_resumed_thread_counts_on(rollout: Path, usage: Usage) -> None:
    add(rollout, meta(), used("r1"))
    assert len(usage()) == 1
    add(rollout, meta(), used("r1", turn="turn2"))
    (more,) = usage()
    assert more.message_id == "t1/turn2/r1"


def test_a_copied_thread_repeats_no_call(
    rollout: Path, usage: Usage, tmp_path: Path
) -> None:
    add(rollout, meta(), used("r1"), totals(140, 40, 20))
    usage()
    copy = tmp_path / "rollout-2.jsonl"
    # As 0.169.0 begins one: with the totals of the thread it was copied from.
    add(copy, meta("t2", forked_from_id="t1"), totals(140, 40, 20), used("r1"))
    assert usage(session_id="s2", transcript_path=str(copy)) == []
    add(copy, used("r1", thread="t2"), totals(280, 80, 40))
    (one,) = usage(session_id="s2", transcript_path=str(copy))
    assert one.message_id == "t2/turn1/r1"


def test_a_copy_that_made_no_call_yet_counts_nothing(
    rollout: Path, usage: Usage
) -> None:
    add(rollout, meta("t2", forked_from_id="t1"), totals(140, 40, 20))
    assert usage("SessionEnd") == []


def test_a_rollout_without_records_is_counted_by_its_totals(
    rollout: Path, usage: Usage
) -> None:
    add(rollout, meta(), model("old"), totals(140, 40, 20), totals(140, 40, 20))
    (first,) = usage()
    assert (first.input_tokens, first.cache_read_tokens, first.output_tokens) == (
        100,
        40,
        20,
    )
    add(rollout, totals(300, 90, 45))
    (second,) = usage()
    assert (second.input_tokens, second.cache_read_tokens, second.output_tokens) == (
        110,
        50,
        25,
    )
    # Totals that fell are of another count.
    add(rollout, totals(10, 0, 1), totals(30, 0, 3))
    (third,) = usage("SessionEnd")
    assert (third.input_tokens, third.output_tokens) == (20, 2)


def test_a_subagents_calls_are_its_own(
    rollout: Path, usage: Usage, tmp_path: Path
) -> None:
    child = tmp_path / "rollout-child.jsonl"
    add(rollout, meta(), used("r1"))
    add(child, meta("t9"), used("r1", thread="t9"))
    agent = {"agent_id": "t9", "agent_type": "explorer"}
    assert usage("SubagentStop", agent_transcript_path=str(child), **agent)[0].agent.id
    (one,) = usage()
    assert one.agent.id == "codex/main"
    add(child, used("r2", thread="t9"))
    (more,) = usage("SessionEnd")
    assert (more.agent.id, more.agent.instance) == ("codex/explorer", "t9")


def test_an_event_inside_a_subagent_names_the_subagents_rollout(
    rollout: Path, usage: Usage, tmp_path: Path
) -> None:
    child = tmp_path / "rollout-child.jsonl"
    add(child, meta("t9"), used("r1", thread="t9"))
    agent = {"agent_id": "t9", "agent_type": "default"}
    usage("SubagentStart", transcript_path=str(child), **agent)
    (one,) = usage("Stop")
    assert one.agent.id == "codex/default"


def test_a_row_that_is_half_written_waits(rollout: Path, usage: Usage) -> None:
    whole = used("r1")
    rollout.write_text(whole[:60])
    assert usage() == []
    with rollout.open("a") as file:
        file.write(whole[60:] + "\n")
    assert len(usage()) == 1


def test_the_last_row_counts_without_its_end_when_the_session_is_over(
    rollout: Path, usage: Usage
) -> None:
    rollout.write_text(used("r1"))
    assert usage() == []
    assert len(usage("SessionEnd")) == 1


def test_a_huge_rollout_is_read_in_parts(
    rollout: Path, usage: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing_file, "MAX_READ", 1_000)
    add(rollout, *(used(f"r{number}") for number in range(20)))
    seen: list[str] = []
    for _ in range(20):
        seen += [one.message_id for one in usage()]
    assert seen == [f"t1/turn1/r{number}" for number in range(20)]


@pytest.mark.parametrize("path", ["", "relative.txt", "/dev/null", "a\0.jsonl"])
def test_a_path_that_is_no_rollout_is_passed_over(path: str, tell: Tell) -> None:
    assert tell("Stop", transcript_path=path) == []
    assert tell("PostToolUse", transcript_path=path, **CALL) == []


CALL: dict[str, Any] = {
    "tool_name": "Bash",
    "tool_input": {"command": "false"},
    "tool_use_id": "c1",
    "tool_response": "",
}


def finished(adapter: CodexAdapter, make: Make, path: Path, **more: Any) -> ToolAfter:
    payload = {
        "hook_event_name": "PostToolUse",
        "session_id": "s1",
        "transcript_path": str(path),
        **CALL,
        **more,
    }
    (event,) = adapter.complete(adapter.parse(make("codex", payload)))
    assert isinstance(event, ToolAfter)
    return event


def test_a_shell_command_that_failed_did_not_succeed(
    rollout: Path, make_delivery: Make
) -> None:
    took = {"secs": 1, "nanos": 500_000}
    add(rollout, ended("c0", 0), ended("c1", 3, duration=took), ended("c2", 0))
    event = finished(CodexAdapter(), make_delivery, rollout)
    assert (event.succeeded, event.error) == (False, "Exit code 3")
    assert event.duration_ms == 1000.5
    event = finished(CodexAdapter(), make_delivery, rollout, tool_use_id="c2")
    assert (event.succeeded, event.error) == (True, "")


def test_a_command_whose_end_is_not_told_is_taken_to_have_succeeded(
    rollout: Path, make_delivery: Make
) -> None:
    add(rollout, ended("c1", None), ended("c9", 1), '{"c1": "item_completed"')
    assert finished(CodexAdapter(), make_delivery, rollout).succeeded


def test_a_subagents_command_is_looked_for_in_its_own_rollout(
    rollout: Path, make_delivery: Make, tmp_path: Path
) -> None:
    child = tmp_path / "rollout-child.jsonl"
    add(rollout, ended("c1", 0))
    add(child, ended("c1", 1))
    adapter = CodexAdapter()
    assert finished(adapter, make_delivery, rollout).succeeded
    assert not finished(adapter, make_delivery, child, agent_id="t9").succeeded


def test_a_command_that_wrote_much_is_found_before_all_it_wrote(
    rollout: Path, make_delivery: Make
) -> None:
    add(rollout, ended("c1", 1, aggregated_output="x" * 200_000), meta())
    assert not finished(CodexAdapter(), make_delivery, rollout).succeeded


def test_only_the_end_of_a_large_rollout_is_looked_at(
    rollout: Path, make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollouts_module, "_TAILS", (100, 1_000))
    add(rollout, ended("c1", 1), *(meta() for _ in range(50)))
    assert finished(CodexAdapter(), make_delivery, rollout).succeeded


def patching(command: str = f"apply_patch <<'EOF'\n{PATCH}\nEOF") -> dict[str, Any]:
    return {
        "tool_name": "Bash",
        "tool_input": {"command": command},
        "tool_use_id": "c1",
    }


def test_a_patch_of_a_shell_command_is_told_when_the_turn_ends(
    rollout: Path, tell: Tell
) -> None:
    # Codex sends no PostToolUse for one.
    tell("PreToolUse", **patching())
    command = patching()["tool_input"]["command"]
    changes = {
        "/workspace/a.txt": {"type": "update", "move_path": None},
        "/workspace/n.txt": {"type": "add"},
        "/workspace/g.txt": {"type": "delete"},
        "/workspace/f.txt": {"type": "update", "move_path": "/workspace/t.txt"},
        "/elsewhere/x": {"type": "add"},
    }
    add(rollout, called("c1", "exec_command", json.dumps({"cmd": command})))
    add(rollout, changed("c1", changes), answered("c1", "Success."))
    after, *files = tell("Stop")
    assert isinstance(after, ToolAfter)
    assert after.call.tool == "shell"
    assert after.call.command == command
    assert after.call.paths[0] == "/workspace/a.txt"
    assert after.succeeded
    assert [
        (file.path, file.change) for file in files if isinstance(file, FileChanged)
    ] == [
        ("/workspace/a.txt", "modified"),
        ("/workspace/n.txt", "created"),
        ("/workspace/g.txt", "deleted"),
        ("/workspace/f.txt", "deleted"),
        ("/workspace/t.txt", "created"),
    ]
    assert len({event.id for event in (after, *files)}) == 6
    assert tell("Stop") == []


def test_another_process_tells_of_a_shells_patch_with_the_same_ids(
    rollout: Path, tell: Tell
) -> None:
    add(rollout, called("c1", "exec_command", '{"cmd": "x"}'))
    add(rollout, changed("c1", {"/workspace/a": {"type": "add"}}))
    first = tell("Stop")
    assert len(first) == 2
    again = tell("Stop", CodexAdapter())
    assert [event.id for event in again] == [event.id for event in first]


def test_a_patch_of_the_tool_is_told_by_its_hook_alone(
    rollout: Path, tell: Tell
) -> None:
    add(rollout, called("c1", "apply_patch", PATCH, "custom_tool_call"))
    add(rollout, changed("c1", {"/workspace/a": {"type": "add"}}))
    # A call that a script of the model's made has no row of its own.
    add(rollout, changed("exec-1", {"/workspace/b": {"type": "add"}}))
    assert tell("Stop") == []


def test_a_scripts_shell_patch_is_known_by_its_call(rollout: Path, tell: Tell) -> None:
    tell("PreToolUse", **{**patching(), "tool_use_id": "exec-1"})
    add(rollout, changed("exec-1", {"/workspace/b": {"type": "add"}}))
    after, file = tell("Stop")
    assert isinstance(after, ToolAfter)
    assert isinstance(file, FileChanged)
    assert file.path == "/workspace/b"


@pytest.mark.parametrize(
    ("name", "kind", "tool"),
    [
        ("exec_command", "function_call", "shell"),
        ("apply_patch", "custom_tool_call", "edit"),
    ],
)
def test_a_patch_that_does_not_fit_is_a_failed_call(
    name: str, kind: str, tool: str, rollout: Path, tell: Tell
) -> None:
    words = f"{PATCH_REFUSED}: no such line"
    add(rollout, called("c1", name, PATCH, kind), answered("c1", words, kind))
    (after,) = tell("Stop")
    assert isinstance(after, ToolAfter)
    assert (after.call.tool, after.succeeded, after.error) == (tool, False, words)


def test_patches_of_another_turn_are_not_told_again(rollout: Path, tell: Tell) -> None:
    add(rollout, called("c1", "exec_command", "{}"))
    add(rollout, changed("c1", {"/workspace/a": {"type": "add"}}))
    assert tell("Stop", turn_id="turn2") == []


def test_a_subagents_patch_is_told_when_it_stops(
    rollout: Path, tell: Tell, tmp_path: Path
) -> None:
    child = tmp_path / "rollout-child.jsonl"
    add(child, called("c1", "exec_command", "{}"))
    add(child, changed("c1", {"/workspace/a": {"type": "add"}}))
    agent = {"agent_id": "t9", "agent_transcript_path": str(child)}
    after, _ = tell("SubagentStop", **agent)
    assert after.agent.instance == "t9"


@pytest.mark.parametrize("arguments", ["{", "[1]", '{"cmd": 4}', '{"command": []}'])
def test_arguments_of_another_shape_are_no_trouble(
    arguments: str, rollout: Path, tell: Tell
) -> None:
    add(rollout, called("c1", "shell", arguments))
    add(rollout, changed("c1", {"/workspace/a": None, "relative": {}}))
    after, file = tell("Stop")
    assert isinstance(after, ToolAfter)
    assert isinstance(file, FileChanged)
    assert file.change == "modified"


def test_what_is_in_memory_is_bounded(
    rollout: Path, usage: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollouts_module, "_MAX_SESSIONS", 2)
    monkeypatch.setattr(rollouts_module, "_MAX_NAMES", 1)
    adapter = CodexAdapter()
    for session in "abc":
        usage("Stop", adapter=adapter, session_id=session)
    add(rollout, used("r1"), used("r2"))
    assert len(usage("SessionEnd", adapter=adapter, session_id="c")) == 2
    known = adapter._known()
    assert len(known._sessions) == 2
    assert len(known._counted) == 1


def test_a_rollout_that_is_no_file_is_passed_over(
    tmp_path: Path, tell: Tell, make_delivery: Make
) -> None:
    fifo = tmp_path / "x.jsonl"
    os.mkfifo(fifo)
    assert tell("Stop", transcript_path=str(fifo)) == []
    assert finished(CodexAdapter(), make_delivery, fifo).succeeded


ROWS = st.sampled_from(
    [
        meta(), meta(forked_from_id="x"), model(), used("r1"), used("r2"),
        totals(5, 1, 2), totals(1, 1, 1), ended("c1", 1), called("c1", "shell", "{}"),
        changed("c1", {"/workspace/a": {"type": "add"}}), answered("c1", PATCH_REFUSED),
        '{"usage": ', "[" * 5_000 + '"token_count"', '"turn_context"', "[1]", "",
        '{"type":"token_usage_record","payload":{"usage":{"input_tokens":-4}}}',
        '{"type":"token_usage_record","payload":{"response_id":"\\ud83d","usage":{}}}',
        '{"type":"event_msg","payload":{"type":"token_count","info":null}}',
        '{"type":"event_msg","payload":{"type":"item_completed","item":[1]}}',
        '{"type":"event_msg","payload":{"type":"item_completed","item":'
        '{"type":"FileChange","changes":4}}}',
        '{"type":"response_item","payload":{"type":["function_call"]}}',
        '{"type":"session_meta","payload":{"id":4}}',
    ]
)  # fmt: skip


@given(
    rows=st.lists(ROWS, max_size=12), cuts=st.lists(st.integers(0, 4_000), max_size=4)
)
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_however_the_file_grows_each_call_is_reported_once(
    tmp_path: Path, make_delivery: Make, rows: list[str], cuts: list[int]
) -> None:
    path = tmp_path / "grows.jsonl"
    text = "".join(f"{line}\n" for line in rows).encode()
    adapter = CodexAdapter()
    seen: list[str] = []
    for end in [*sorted(min(cut, len(text)) for cut in cuts), len(text)]:
        path.write_bytes(text[:end])
        payload: dict[str, Any] = {
            "hook_event_name": "SessionEnd" if end == len(text) else "Stop",
            "session_id": "s",
            "turn_id": "turn1",
            "transcript_path": str(path),
        }
        events = adapter.complete(adapter.parse(make_delivery("codex", payload)))
        seen += [event.id for event in events if isinstance(event, UsageReported)]
        assert isinstance(events[-1], TurnEnd | SessionEnd | SubagentStop)
        finished(adapter, make_delivery, path)
    assert len(seen) == len(set(seen))
    named = [name for name in seen if "/r" in name]
    assert len(named) == len({line for line in rows if '"response_id": "r' in line})


@pytest.mark.parametrize("line", [b"", b"{", b'"item_completed"', b"[]"])
def test_a_line_that_is_something_else_tells_no_outcome(line: bytes) -> None:
    assert outcome_of(line, "c1") is None
