from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookwright.hookspecs import (
    Compaction,
    FileChanged,
    PromptSubmit,
    Push,
    SessionEnd,
    SubagentStart,
    ToolBefore,
    ToolCall,
    UsageReported,
)

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench


def session(bench: Bench, session_id: str = "session-1") -> Any:
    return bench.get("sessions", session_id)


def test_a_session_is_counted_in_numbers(bench: Bench) -> None:
    start = bench.start(model="opus")
    bench.send(PromptSubmit, prompt="hello")
    bench.send(PromptSubmit, prompt="from the machine", source="system")
    bench.before()
    bench.tool()
    bench.tool(succeeded=False)
    bench.send(SubagentStart, "claude-code/reviewer")
    bench.commit("a" * 40)
    bench.send(Push, remote="origin")
    bench.send(Compaction, phase="before")
    bench.send(Compaction, phase="after")
    bench.turn()
    bench.turn(repeated=True)
    end = bench.send(SessionEnd, reason="exit")
    bench.flush()

    found = session(bench)
    assert found.agent_host == "claude-code"
    assert found.project_path == found.worktree == str(bench.worktree)
    assert (found.started_at, found.last_seen_at) == (start.time, end.time)
    assert (found.ended_at, found.end_reason) == (end.time, "exit")
    assert (found.prompts, found.turns, found.model) == (1, 1, "opus")
    assert (found.tool_calls, found.failed_tool_calls) == (2, 1)
    assert (found.commits, found.pushes, found.compactions) == (1, 1, 1)
    assert found.agents == ("claude-code/main", "claude-code/reviewer")


def test_a_tool_counts_when_it_has_run(bench: Bench) -> None:
    call = ToolCall(id="1", tool="read", native_name="Read")
    bench.send(ToolBefore, call=call)

    assert session(bench) is None


def test_a_resumed_session_runs_again(bench: Bench) -> None:
    bench.start()
    bench.send(SessionEnd, reason="exit")
    bench.start(source="resume")

    assert (session(bench).ended_at, session(bench).end_reason) == (None, "")


def test_a_session_that_was_joined_in_the_middle_is_counted(bench: Bench) -> None:
    bench.tool()

    assert session(bench).tool_calls == 1


def test_an_event_that_comes_late_moves_the_beginning_back(bench: Bench) -> None:
    early = bench.event(PromptSubmit, prompt="x")
    bench.tool()
    bench.keep(bench.host.observe(early))

    assert session(bench).started_at == early.time
    assert session(bench).last_seen_at > early.time


def test_changed_files_are_named_once_and_inside_the_work_tree(bench: Bench) -> None:
    inside = str(bench.worktree / "src" / "a.py")
    for path in (inside, "/elsewhere/b", inside):
        bench.send(FileChanged, path=path, change="modified")

    assert session(bench).files_changed == ("src/a.py", "/elsewhere/b")


def usage(bench: Bench, message_id: str, session_id: str = "session-1") -> None:
    bench.send(
        UsageReported,
        session_id=session_id,
        model="opus",
        input_tokens=10,
        output_tokens=20,
        cache_read_tokens=30,
        cache_write_tokens=40,
        message_id=message_id,
    )


def test_a_model_call_is_counted_once_also_after_a_resume(bench: Bench) -> None:
    usage(bench, "message-1")
    usage(bench, "message-1")
    bench.flush()
    usage(bench, "message-1", "session-2")
    usage(bench, "message-2", "session-2")

    first, second = session(bench), session(bench, "session-2")
    assert (first.input_tokens, first.output_tokens) == (10, 20)
    assert (first.cache_read_tokens, first.cache_write_tokens) == (30, 40)
    assert (second.input_tokens, second.model) == (10, "opus")


def test_two_reports_at_once_of_one_model_call_count_once(bench: Bench) -> None:
    one = bench.event(UsageReported, model="m", output_tokens=1, message_id="x")
    other = bench.event(UsageReported, model="m", output_tokens=1, message_id="x")
    bench.keep([*bench.host.observe(one), *bench.host.observe(other)])

    assert session(bench).output_tokens == 1


def test_model_calls_without_an_id_all_count(bench: Bench) -> None:
    usage(bench, "")
    usage(bench, "")

    assert session(bench).output_tokens == 40
    assert bench.all("usage_seen") == []
