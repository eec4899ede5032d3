from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.hookspecs import Delivery, SessionEnd, TurnEnd, UsageReported
from hookwright.plugins.adapters.claude_code import transcript as transcript_module
from hookwright.plugins.adapters.claude_code.adapter import ClaudeCodeAdapter
from hookwright.plugins.adapters.claude_code.transcript import Transcript, read_row

Make = Callable[..., Delivery]
Tell = Callable[..., list[UsageReported]]


def row(message_id: str, output: int = 20, *, stop: str | None = "end_turn") -> str:
    """Return a row as Claude Code 2.1.329 writes it, shortened."""
    return json.dumps(
        {
            "type": "assistant",
            "isSidechain": False,
            "message": {
                "id": message_id,
                "model": "claude-sonnet-4-5",
                "stop_reason": stop,
                "usage": {
                    "input_tokens": 600,
                    "cache_creation_input_tokens": 7,
                    "cache_read_input_tokens": 400,
                    "output_tokens": output,
                    "service_tier": "standard",
                },
            },
        }
    )


@pytest.fixture
def transcript(tmp_path: Path) -> Path:
    path = tmp_path / "projects" / "0a1b.jsonl"
    path.parent.mkdir()
    path.write_text("")
    return path


def add(path: Path, *rows: str) -> None:
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in rows)


@pytest.fixture
def tell(make_delivery: Make, transcript: Path) -> Tell:
    """Return a function that sends one message and gives the usage it brought."""
    default = ClaudeCodeAdapter()

    def run(
        event: str, adapter: ClaudeCodeAdapter = default, **more: object
    ) -> list[UsageReported]:
        payload = {
            "hook_event_name": event,
            "session_id": "0a1b",
            "transcript_path": str(transcript),
            "cwd": "/workspace",
            **more,
        }
        events = adapter.parse(make_delivery("claude-code", payload, event))
        completed = adapter.complete(events)
        assert list(completed[-len(events) :]) == list(events)
        usage = list(completed[: -len(events)])
        assert all(isinstance(one, UsageReported) for one in usage)
        return usage  # type: ignore[return-value]

    return run


def test_a_turn_brings_the_tokens_of_its_model_calls(
    transcript: Path, tell: Tell
) -> None:
    add(transcript, '{"type":"user"}', row("m1"), row("m2", 30))
    first, second = tell("Stop")
    assert first.id == "claude-code.usage.m1"
    assert first.model == "claude-sonnet-4-5"
    assert first.input_tokens == 600
    assert first.cache_read_tokens == 400
    assert first.cache_write_tokens == 7
    assert (first.output_tokens, second.output_tokens) == (20, 30)
    assert first.agent.id == "claude-code/main"
    assert first.message_id == "m1"
    assert first.host_event == "Stop"


def test_a_model_call_is_counted_once(transcript: Path, tell: Tell) -> None:
    add(transcript, row("m1"), row("m1"))
    assert [one.message_id for one in tell("Stop")] == ["m1"]
    assert tell("Stop") == []
    add(transcript, row("m1"), row("m2"))
    assert [one.message_id for one in tell("SessionEnd")] == ["m2"]
    assert tell("SessionEnd") == []


def test_another_process_gives_the_same_ids(transcript: Path, tell: Tell) -> None:
    add(transcript, row("m1"), row("m2"))
    first = tell("Stop")
    again = tell("SessionEnd", ClaudeCodeAdapter())
    assert [one.id for one in again] == [one.id for one in first]


def test_a_forked_session_repeats_no_call(
    transcript: Path, tell: Tell, tmp_path: Path
) -> None:
    add(transcript, row("m1"))
    tell("Stop")
    fork = tmp_path / "fork.jsonl"
    add(fork, row("m1"), row("m2"))
    more = tell("Stop", session_id="fork", transcript_path=str(fork))
    assert [one.message_id for one in more] == ["m2"]


def test_rows_of_a_call_that_streams_are_taken_together(
    transcript: Path, tell: Tell
) -> None:
    add(transcript, row("m1", 3, stop=None))
    assert tell("Stop") == []
    add(transcript, row("m1", 90, stop=None), row("m2", 5, stop=None))
    (usage,) = tell("Stop")
    assert (usage.message_id, usage.output_tokens) == ("m1", 90)
    (usage,) = tell("SessionEnd")
    assert (usage.message_id, usage.output_tokens) == ("m2", 5)


def test_a_row_that_is_half_written_waits(transcript: Path, tell: Tell) -> None:
    whole = row("m1")
    transcript.write_text(whole[:60])
    assert tell("Stop") == []
    with transcript.open("a") as file:
        file.write(whole[60:] + "\n")
    assert len(tell("Stop")) == 1


def test_the_last_row_counts_without_its_line_end_when_the_session_is_over(
    transcript: Path, tell: Tell
) -> None:
    transcript.write_text(row("m1"))
    assert tell("Stop") == []
    assert len(tell("SessionEnd")) == 1


def test_a_transcript_that_was_written_anew_is_read_whole(
    transcript: Path, tell: Tell
) -> None:
    add(transcript, row("m1"), row("m2"))
    tell("Stop")
    transcript.write_text(row("m3") + "\n")
    assert [one.message_id for one in tell("Stop")] == ["m3"]


def test_a_subagents_calls_are_its_own(transcript: Path, tell: Tell) -> None:
    folder = transcript.with_suffix("") / "subagents"
    folder.mkdir(parents=True)
    for agent, kind in (("a1", "Explore"), ("a2", None)):
        add(folder / f"agent-{agent}.jsonl", row(f"m-{agent}"))
        if kind:
            meta = folder / f"agent-{agent}.meta.json"
            meta.write_text(json.dumps({"agentType": kind}))
    first, second = tell("Stop")
    assert first.agent.id == "claude-code/Explore"
    assert first.agent.instance == "a1"
    assert second.agent.id == "claude-code/subagent"


def test_a_subagents_stop_names_its_transcript_and_type(
    transcript: Path, tell: Tell, tmp_path: Path
) -> None:
    other = tmp_path / "agent-a9.jsonl"
    add(other, row("m9"))
    (usage,) = tell(
        "SubagentStop",
        agent_id="a9",
        agent_type="reviewer",
        agent_transcript_path=str(other),
    )
    assert usage.agent.id == "claude-code/reviewer"


@pytest.mark.parametrize("meta", ["", "[1]", '{"agentType": 3}', "[" * 100_000])
def test_a_broken_note_on_a_subagent_is_no_trouble(
    meta: str, transcript: Path, tell: Tell
) -> None:
    folder = transcript.with_suffix("") / "subagents"
    folder.mkdir(parents=True)
    add(folder / "agent-a1.jsonl", row("m1"))
    (folder / "agent-a1.meta.json").write_text(meta)
    (usage,) = tell("Stop")
    assert usage.agent.name == "subagent"


def test_other_messages_read_nothing(transcript: Path, tell: Tell) -> None:
    add(transcript, row("m1"))
    assert tell("UserPromptSubmit", prompt="hello") == []


@pytest.mark.parametrize("path", ["", "relative.txt", "/dev/null", "a\0.jsonl"])
def test_a_path_that_is_no_transcript_is_passed_over(path: str, tell: Tell) -> None:
    assert tell("Stop", transcript_path=path) == []


def test_a_transcript_that_is_no_file_is_passed_over(tmp_path: Path) -> None:
    fifo = tmp_path / "x.jsonl"
    os.mkfifo(fifo)
    assert Transcript(fifo).read(ended=True) == []
    assert Transcript(tmp_path / "missing.jsonl").read(ended=True) == []


@pytest.mark.parametrize(
    "line",
    [
        '{"usage": ', '"usage"', '{"usage": 1}', '[{"usage": 1}]',
        '{"type":"assistant","message":{"usage":[]}}',
        '{"type":"assistant","message":{"id":"","model":"m","usage":{}}}',
        '{"type":"assistant","message":{"id":"x","model":3,"usage":{}}}',
        '{"type":"assistant","message":{"id":"x","model":"<synthetic>","usage":{}}}',
        '{"type":"user","message":{"id":"x","model":"m","usage":{}}}',
        '{"usage":' * 5_000,
    ],
)  # fmt: skip
def test_a_row_that_is_something_else_is_passed_over(line: str) -> None:
    assert read_row(line.encode()) is None


@pytest.mark.parametrize("count", ["true", "-4", "1.5", '"9"', "null", "9" * 30])
def test_a_count_that_is_no_count_is_nought(count: str) -> None:
    line = (
        '{"type":"assistant","message":{"id":"x","model":"m",'
        f'"usage":{{"input_tokens":{count}}}}}}}'
    )
    call = read_row(line.encode())
    assert call is not None
    assert call.input_tokens == 0


def test_half_a_surrogate_pair_can_be_stored() -> None:
    line = '{"type":"assistant","message":{"id":"\\ud83d","model":"m","usage":{}}}'
    call = read_row(line.encode())
    assert call is not None
    assert call.message_id == "?"


def test_rows_that_are_not_text_or_far_too_long_do_not_stop_the_reading(
    transcript: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript_module, "MAX_ROW", 2_000)
    long = '{"usage": "' + "x" * 9_000 + '"}'
    transcript.write_bytes(b'\xff\xfe"usage"\n' + long.encode() + b"\n")
    add(transcript, row("m1"))
    assert [one.message_id for one in tell("Stop")] == ["m1"]
    with transcript.open("a") as file:
        file.write(long)
    assert tell("Stop") == []
    add(transcript, "", row("m2"))
    assert [one.message_id for one in tell("Stop")] == ["m2"]


def test_a_huge_transcript_is_read_in_parts(
    transcript: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript_module, "MAX_READ", 1_000)
    add(transcript, *(row(f"m{number}") for number in range(20)))
    seen: list[str] = []
    for _ in range(20):
        seen += [one.message_id for one in tell("Stop")]
    assert seen == [f"m{number}" for number in range(20)]


def test_sessions_and_calls_in_memory_are_bounded(
    transcript: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.plugins.adapters.claude_code import usage

    monkeypatch.setattr(usage, "_MAX_SESSIONS", 2)
    monkeypatch.setattr(usage, "_MAX_COUNTED", 1)
    adapter = ClaudeCodeAdapter()
    for session in "abc":
        tell("Stop", adapter, session_id=session)
    add(transcript, row("m1"), row("m2"))
    assert len(tell("SessionEnd", adapter, session_id="c")) == 2
    assert len(adapter._usage._sessions) == 2
    assert len(adapter._usage._counted) == 1


def test_an_event_of_an_unknown_session_brings_nothing(make_delivery: Make) -> None:
    payload = {"hook_event_name": "Stop", "session_id": "s"}
    (event,) = ClaudeCodeAdapter().parse(make_delivery("claude-code", payload))
    assert isinstance(event, TurnEnd)
    assert ClaudeCodeAdapter().complete([event]) == [event]


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(0, 50), st.booleans()),
        max_size=12,
    ),
    cuts=st.lists(st.integers(0, 4_000), max_size=4),
)
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_however_the_file_grows_each_call_is_reported_once(
    tmp_path: Path,
    make_delivery: Make,
    rows: list[tuple[str, int, bool]],
    cuts: list[int],
) -> None:
    path = tmp_path / "grows.jsonl"
    text = "".join(
        row(name, count, stop="x" if stop else None) + "\n"
        for name, count, stop in rows
    ).encode()
    adapter = ClaudeCodeAdapter()
    seen: list[str] = []
    for end in [*sorted(min(cut, len(text)) for cut in cuts), len(text)]:
        path.write_bytes(text[:end])
        last = end == len(text)
        payload: dict[str, Any] = {
            "hook_event_name": "SessionEnd" if last else "Stop",
            "session_id": "s",
            "transcript_path": str(path),
        }
        events = adapter.complete(adapter.parse(make_delivery("claude-code", payload)))
        seen += [one.message_id for one in events if isinstance(one, UsageReported)]
        assert isinstance(events[-1], TurnEnd | SessionEnd)
    assert sorted(seen) == sorted({name for name, _, _ in rows})
