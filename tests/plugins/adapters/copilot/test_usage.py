from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hookwright.hookspecs import Delivery, UsageReported
from hookwright.plugins.adapters.copilot import usage
from hookwright.plugins.adapters.copilot.adapter import CopilotAdapter

MakeDelivery = Callable[..., Delivery]
SESSION = "ac71c895-ced4-48c4-8c6f-589999e9f334"


def row(name: str, **counts: Any) -> dict[str, Any]:
    """Return a row as Copilot CLI 1.0.102 writes it."""
    more = {key: counts.pop(key) for key in ("agentId",) if key in counts}
    told = {
        "model": "m-1",
        "inputTokens": 171,
        "outputTokens": 20,
        "cacheReadTokens": 40,
        "cacheWriteTokens": 30,
        "cost": 0.0,
        **counts,
    }
    return {"type": "session.usage_record", "data": {"usage": told}, "id": name, **more}


def started(instance: str) -> dict[str, Any]:
    data = {"agentName": "explore", "agentType": "explore", "toolCallId": "c"}
    return {"type": "subagent.started", "data": data, "agentId": instance, "id": "s"}


def shutdown(time: str = "2026-11-21T12:00:00.500Z") -> dict[str, Any]:
    return {"type": "session.shutdown", "data": {}, "id": "e", "timestamp": time}


class Session:
    """A session with a transcript, and a way to tell of its events."""

    def __init__(self, home: Path, make: MakeDelivery) -> None:
        self.home = home
        self.path = home / "session-state" / SESSION / "events.jsonl"
        self._make = make

    def write(self, *rows: Any) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.writelines(
                each if isinstance(each, str) else json.dumps(each) + "\n"
                for each in rows
            )

    def tell(
        self, adapter: CopilotAdapter, name: str, **more: Any
    ) -> list[UsageReported]:
        payload = {"sessionId": SESSION, "cwd": "/workspace", **more}
        variables = {"COPILOT_HOME": str(self.home)}
        delivery = self._make("copilot", payload, name, environment=variables)
        events = adapter.complete(adapter.parse(delivery))
        return [event for event in events if isinstance(event, UsageReported)]


@pytest.fixture
def session(
    tmp_path: Path, make_delivery: MakeDelivery, monkeypatch: pytest.MonkeyPatch
) -> Session:
    monkeypatch.setattr(usage, "_PATIENCE", 0.2)
    return Session(tmp_path / "copilot home", make_delivery)


def test_a_turns_model_calls_are_told_with_its_end(
    session: Session, adapter: CopilotAdapter
) -> None:
    session.write({"type": "user.message", "data": {}}, row("r1"), row("r2"))
    first, second = session.tell(adapter, "agentStop")
    assert (first.id, second.id) == ("copilot.usage.r1", "copilot.usage.r2")
    assert (first.model, first.agent.id) == ("m-1", "copilot/main")
    # The input counts hold the cached ones, read and written.
    assert (first.input_tokens, first.output_tokens) == (101, 20)
    assert (first.cache_read_tokens, first.cache_write_tokens) == (40, 30)
    assert first.session_id == SESSION
    session.write(row("r3"))
    (third,) = session.tell(adapter, "agentStop")
    assert third.message_id == "r3"
    assert session.tell(adapter, "agentStop") == []


def test_a_subagents_calls_are_put_down_to_it(
    session: Session, adapter: CopilotAdapter
) -> None:
    session.write(started("a1"), row("r1", agentId="a1"), row("r2", agentId="a2"))
    known, unknown = session.tell(adapter, "agentStop")
    assert (known.agent.id, known.agent.instance) == ("copilot/explore", "a1")
    assert (unknown.agent.id, unknown.agent.instance) == ("copilot/subagent", "a2")


def test_after_a_restart_the_ids_are_the_same(session: Session) -> None:
    session.write(row("r1"))
    (before,) = session.tell(CopilotAdapter(), "agentStop")
    session.write(row("r2"))
    again, new = session.tell(CopilotAdapter(), "agentStop")
    assert again.id == before.id
    assert new.id != before.id


def test_the_end_of_a_session_is_waited_for(
    session: Session, adapter: CopilotAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.write(shutdown("2026-11-20T12:00:00Z"), row("r1"))
    naps = []

    def write_late(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            session.write(row("r2"), shutdown())

    monkeypatch.setattr("time.sleep", write_late)
    told = session.tell(adapter, "sessionEnd", reason="complete")
    assert [each.message_id for each in told] == ["r1", "r2"]
    assert len(naps) == 3


def test_an_end_that_is_never_written_is_waited_for_a_while(
    session: Session, adapter: CopilotAdapter
) -> None:
    half = json.dumps(row("r2"))
    session.write(row("r1"), half)
    told = session.tell(adapter, "sessionEnd")
    # Nothing more comes, so the last row counts though its line has no end.
    assert [each.message_id for each in told] == ["r1", "r2"]


def test_a_transcript_that_a_message_names_is_read(
    session: Session, adapter: CopilotAdapter, tmp_path: Path
) -> None:
    session.write(row("usual"))
    other = tmp_path / "elsewhere" / "events.jsonl"
    other.parent.mkdir()
    other.write_text(json.dumps(row("named")) + "\n")
    (told,) = session.tell(adapter, "agentStop", transcriptPath=str(other))
    assert told.message_id == "named"
    # The end does not name it; it is remembered.
    other.write_text(other.read_text() + json.dumps(row("later")) + "\n")
    (told,) = session.tell(adapter, "sessionEnd")
    assert told.message_id == "later"


@pytest.mark.parametrize("name", ["/etc/passwd", "", "a/../b/notes.txt"])
def test_no_other_file_is_taken_for_one(
    name: str, session: Session, adapter: CopilotAdapter
) -> None:
    session.write(row("r1"))
    (told,) = session.tell(adapter, "agentStop", transcriptPath=name)
    assert told.message_id == "r1"


@pytest.mark.parametrize("strange", ["../x", "a/b", ".", "x" * 200])
def test_a_strange_session_id_names_no_file(
    strange: str, session: Session, adapter: CopilotAdapter
) -> None:
    assert session.tell(adapter, "agentStop", sessionId=strange) == []


def test_what_is_no_row_of_usage_is_passed_over(
    session: Session, adapter: CopilotAdapter
) -> None:
    session.write(
        "session.usage_record\n",
        '{"type": "session.usage_record"\n',
        json.dumps(["session.usage_record"]) + "\n",
        {"type": "session.usage_record", "data": [], "id": "x"},
        {"type": "session.usage_record", "data": {"usage": 4}, "id": "x"},
        {"type": "session.usage_record", "data": {"usage": {}}, "id": "x"},
        {"type": "other", "data": {"text": "session.usage_record"}, "id": "x"},
        {"type": "subagent.started", "data": {"agentType": 4}, "agentId": ["x"]},
        {"type": "session.shutdown", "data": {}, "timestamp": "never"},
        row("none", model=4),
        row("", inputTokens=1),
        "[" * 100_000 + "session.usage_record\n",
        "x" * (5 * 2**20) + "\n",
        row("odd", inputTokens=-4, outputTokens="9", cacheReadTokens=True),
        row("huge", inputTokens=10**30, cacheWriteTokens=0),
        row("good", agentId="\ud800"),
    )
    told = session.tell(adapter, "agentStop")
    assert [each.message_id for each in told] == ["odd", "huge", "good"]
    assert (told[0].input_tokens, told[0].output_tokens) == (0, 0)
    assert told[1].input_tokens == 0


def test_a_transcript_that_was_replaced_is_read_from_its_beginning(
    session: Session, adapter: CopilotAdapter
) -> None:
    session.write(row("r1"), row("r2"))
    assert len(session.tell(adapter, "agentStop")) == 2
    session.path.write_text(json.dumps(row("r3")) + "\n")
    (told,) = session.tell(adapter, "agentStop")
    assert told.message_id == "r3"


def test_a_time_without_a_transcript_is_no_trouble(
    session: Session, adapter: CopilotAdapter
) -> None:
    assert session.tell(adapter, "agentStop") == []
    assert session.tell(adapter, "sessionEnd") == []
    session.path.mkdir(parents=True)
    assert session.tell(adapter, "agentStop") == []


def test_many_sessions_are_forgotten_one_by_one(
    session: Session, make_delivery: MakeDelivery, adapter: CopilotAdapter
) -> None:
    time = datetime(2026, 11, 21, tzinfo=UTC)
    assert time.tzinfo is UTC
    for number in range(300):
        session.tell(adapter, "agentStop", sessionId=f"s{number}")
    reading = adapter._reading
    assert len(reading._usage._transcripts) <= 256
