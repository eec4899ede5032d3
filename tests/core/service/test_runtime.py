from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hookwright.core.errors import (
    ConfigError,
    StoreError,
    StoreFullError,
    ToolError,
    UnknownNameError,
)
from hookwright.core.paths import Paths
from hookwright.core.service import eventlog
from hookwright.core.service.intake import MAX_EVENT, RawDelivery
from hookwright.core.service.runtime import Runtime
from hookwright.core.store.cold_spool import append_cold
from hookwright.hookspecs import Delivery, FlushReport

SECRET = "sk-ant-" + "api03-" + "Ab1" * 31 + "AA"
MakeRaw = Callable[..., RawDelivery]
Open = Callable[..., Runtime]


@pytest.fixture
def runtime(open_runtime: Open) -> Runtime:
    return open_runtime()


def seen(runtime: Runtime, session: str = "s1") -> dict[str, Any]:
    found = runtime.call_tool("seen", {"session": session}, from_agent=False)
    assert isinstance(found, dict)
    return found


def tell(runtime: Runtime, raw: RawDelivery) -> dict[str, Any]:
    """Take an event through all three steps; return the answer's JSON."""
    answer, received = runtime.answer(raw)
    runtime.finish(received)
    found = json.loads(answer.stdout or "{}")
    assert isinstance(found, dict)
    return found


def test_a_refused_tool_call_is_told_why(runtime: Runtime, raw: MakeRaw) -> None:
    answer = tell(runtime, raw("before", "forbidden fruit"))

    assert answer["outcome"] == "deny"
    assert answer["reason"] == "s1: no forbidden fruit"
    assert seen(runtime)["texts"] == ["tool_before"]


def test_no_opinion_is_no_output(runtime: Runtime, raw: MakeRaw) -> None:
    assert tell(runtime, raw("before", "ls")) == {}
    assert tell(runtime, raw("after", "ls")) == {}


def test_a_rewrite_gives_the_agent_its_own_secret_back(
    runtime: Runtime, raw: MakeRaw, paths: Paths
) -> None:
    answer = tell(runtime, raw("before", f"rewrite export KEY={SECRET}"))
    runtime.flush("command")

    command = f"safe rewrite export KEY={SECRET}"
    assert answer["input"] == {"command": command}
    for file in paths.data.rglob("*"):
        if file.is_file() and not file.name.endswith("lock.mdb"):
            assert SECRET.encode() not in file.read_bytes(), file


def test_a_prompt_gets_context(runtime: Runtime, raw: MakeRaw) -> None:
    assert tell(runtime, raw("prompt", "shop"))["contexts"] == ["Remember the milk."]


def test_a_briefing_is_cut_to_its_budget(runtime: Runtime, raw: MakeRaw) -> None:
    assert tell(runtime, raw("start"))["contexts"] == ["## Short\nWell met."]


def test_every_event_is_in_the_log(runtime: Runtime, raw: MakeRaw) -> None:
    tell(runtime, raw("prompt", f"my key is {SECRET}"))

    (line,) = eventlog.tail(runtime.paths.logs, 10)
    assert line["kind"] == "prompt_submit"
    assert SECRET not in json.dumps(line)


def test_what_an_adapter_adds_later_is_redacted_too(
    runtime: Runtime, raw: MakeRaw
) -> None:
    tell(runtime, raw("end", "done"))

    first, second = runtime.events.recent(10)
    assert first["kind"] == "usage_reported"
    assert SECRET not in json.dumps(first)
    assert second["kind"] == "session_end"


def test_an_adapter_that_fails_to_add_loses_nothing(
    runtime: Runtime, raw: MakeRaw
) -> None:
    tell(runtime, raw("end", "incomplete"))

    assert seen(runtime)["texts"] == ["session_end"]


@pytest.mark.parametrize("event", ["push", "end"])
def test_a_moment_flushes(runtime: Runtime, raw: MakeRaw, event: str) -> None:
    tell(runtime, raw("after", "ls"))
    assert runtime.store is not None
    assert runtime.store.stats().buffered_operations > 0

    tell(runtime, raw(event))

    assert runtime.store.stats().buffered_operations == 0
    assert seen(runtime)["count"] == (2 if event == "push" else 3)


def test_many_operations_flush(open_runtime: Open, raw: MakeRaw) -> None:
    runtime = open_runtime(overrides=["store.flush_operations=3"])
    assert runtime.store is not None

    for number in range(4):
        tell(runtime, raw("after", str(number), session=f"s{number}"))

    assert "size" in runtime.store.stats().flushes


def test_what_waits_long_is_flushed(open_runtime: Open, raw: MakeRaw) -> None:
    runtime = open_runtime(overrides=["store.flush_seconds=0.1"])
    assert runtime.tick() is None
    tell(runtime, raw("after", "ls"))

    reports: list[FlushReport] = []
    while not reports:
        if report := runtime.tick():
            reports.append(report)

    assert reports[0].reason == "age"
    assert runtime.tick() is None


def test_the_same_delivery_counts_once(runtime: Runtime, raw: MakeRaw) -> None:
    again = raw("before", "forbidden", number=7)

    assert tell(runtime, again) == tell(runtime, again)
    assert seen(runtime)["count"] == 1


def test_what_was_accepted_and_not_finished_is_finished_by_the_next(
    open_runtime: Open, raw: MakeRaw
) -> None:
    first = open_runtime()
    first.receive(raw("after", "one"))
    first.receive(raw("after", "two"))
    first.close("")

    second = open_runtime()
    for received in second.recover():
        second.finish(received)

    assert sorted(seen(second)["texts"]) == ["one", "two"]
    assert second.recover() == []
    second.flush("command")
    assert second.recover() == []


def test_what_is_under_way_is_not_taken_over(runtime: Runtime, raw: MakeRaw) -> None:
    received = runtime.receive(raw("after", "one"))
    runtime.flush("command")

    assert runtime.recover() == []
    runtime.finish(received)
    runtime.flush("command")

    assert runtime.recover() == []
    assert seen(runtime)["count"] == 1


def test_a_list_of_what_is_pending_may_be_older_than_what_was_done(
    runtime: Runtime, raw: MakeRaw, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runtime.store is not None
    spool(paths, raw("after", "one", number=1))
    (received,) = runtime.recover()
    pending = runtime.store.pending()
    runtime.finish(received)

    monkeypatch.setattr(runtime.store, "pending", lambda: pending)

    assert [item[0] for item in pending] == [received.delivery.id]
    assert runtime.recover() == []


def spool(paths: Paths, raw: RawDelivery, **changes: Any) -> None:
    """Write a delivery as the path without a daemon does."""
    delivery = Delivery(
        **{
            "id": raw.id,
            "agent_host": raw.agent_host,
            "time": "2026-11-21T00:00:00Z",
            "arguments": raw.arguments,
            "cwd": raw.cwd,
            "environment": {"CLAUDE_SAMPLE": "1", "CLAUDE_OTHER": "2"},
            "payload": json.loads(raw.stdin),
            **changes,
        }
    )
    append_cold(paths.spool, raw.cwd, raw.id, delivery.model_dump_json().encode())


def test_what_was_recorded_without_a_daemon_is_observed(
    runtime: Runtime, raw: MakeRaw, paths: Paths
) -> None:
    spool(paths, raw("after", "cold"))

    (received,) = runtime.recover()
    runtime.finish(received)

    assert dict(received.delivery.environment) == {"CLAUDE_SAMPLE": "1"}
    assert seen(runtime)["texts"] == ["cold"]


def test_a_kept_event_nobody_can_read_is_set_aside(
    runtime: Runtime, raw: MakeRaw, paths: Paths
) -> None:
    spool(paths, raw("after"), payload={"event": "odd", "session": "s"})

    assert runtime.recover() == []

    (file,) = paths.quarantine.glob("event-*")
    assert "'odd' is none of before" in json.loads(file.read_text())["reason"]
    runtime.flush("command")
    assert runtime.store is not None
    assert runtime.store.stats().inbox == 0


def test_a_kept_event_of_an_absent_plugin_waits(
    open_runtime: Open, raw: MakeRaw, paths: Paths, sample: ModuleType
) -> None:
    spool(paths, raw("after", "later"))
    without = Runtime.open(paths, entry_points=False)
    assert without.recover() == []
    without.close()

    runtime = open_runtime()
    for received in runtime.recover():
        runtime.finish(received)

    assert seen(runtime)["texts"] == ["later"]


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        (b"", "standard input is empty"),
        (b"{oops", "standard input is not JSON"),
        (b"[1]", "standard input is a JSON array"),
        (b'{"a":' * 10_000, "nested deeper than 200 levels"),
        (b'{"event": "odd", "session": "s"}', "event: 'odd' is none of"),
        (b'{"event": "crash"}', "its adapter failed: RuntimeError"),
        (
            b'{"event": "before", "session": "s", "text": "' + b"x" * MAX_EVENT + b'"}',
            "what is too long in it was shortened",
        ),
    ],
)
@pytest.mark.parametrize("event", ["before", "after"])
def test_what_nobody_can_read_is_refused_where_it_can_be(
    runtime: Runtime, raw: MakeRaw, stdin: bytes, message: str, event: str
) -> None:
    answer, received = runtime.answer(raw(event, stdin=stdin))
    runtime.finish(received)

    assert message in answer.stderr
    assert answer.stderr.startswith(f"hookwright: sample {event}: ")
    assert answer.exit_code == 0
    if event == "before":
        # The sample plugin's own policy for its gate's failure.
        assert json.loads(answer.stdout)["outcome"] == "deny"
    else:
        assert answer.stdout == ""
    if event == "before" or "shortened" not in message:
        assert list(runtime.paths.quarantine.glob("event-*"))


def test_a_secret_in_what_nobody_can_read_stays_out_of_sight(
    runtime: Runtime, raw: MakeRaw, paths: Paths
) -> None:
    stdin = json.dumps({"event": SECRET, "session": "s"}).encode()

    answer, _ = runtime.answer(raw("before", stdin=stdin))

    (file,) = paths.quarantine.iterdir()
    assert SECRET not in file.read_text() + answer.stderr + answer.stdout


def test_an_adapter_without_words_never_stops_the_agent(
    runtime: Runtime, raw: MakeRaw
) -> None:
    stdin = b'{"event": "after", "session": "s"}'

    answer, _ = runtime.answer(raw("unrenderable", stdin=stdin))

    assert (answer.stdout, answer.exit_code) == ("", 0)
    assert "adapter sample failed to answer" in answer.stderr


def test_an_event_of_no_use_is_kept_nowhere(runtime: Runtime, raw: MakeRaw) -> None:
    assert tell(runtime, raw("nothing")) == {}
    assert runtime.store is not None
    assert runtime.store.stats().buffered_operations == 0


def test_a_late_answer_is_the_plugins_failure_policy(
    runtime: Runtime, raw: MakeRaw
) -> None:
    before = runtime.receive(raw("before", "ls"))
    after = runtime.receive(raw("after", "ls"))

    assert json.loads(runtime.late(before).stdout)["outcome"] == "deny"
    assert runtime.late(after).stdout == ""


def test_an_unknown_host_is_told_the_known_ones(runtime: Runtime, raw: MakeRaw) -> None:
    with pytest.raises(UnknownNameError, match="'nope'; known: sample"):
        runtime.answer(raw("before", host="nope"))


def test_only_the_variables_an_adapter_reads_are_kept(
    runtime: Runtime, raw: MakeRaw
) -> None:
    environment = {"CLAUDE_SAMPLE": f"k={SECRET}", "PATH": "/bin"}

    received = runtime.receive(raw("after", environment=environment))

    assert set(received.delivery.environment) == {"CLAUDE_SAMPLE"}
    assert SECRET not in received.delivery.model_dump_json()


def test_tools_write_and_say_what_is_wrong(runtime: Runtime, raw: MakeRaw) -> None:
    tell(runtime, raw("after", "ls"))

    result = runtime.call_tool("forget", {"session": "s1"}, from_agent=True)

    assert result == "forgotten"
    assert seen(runtime)["count"] == 0
    assert runtime.call_tool("secret", {}, from_agent=False) == "well"
    with pytest.raises(ToolError, match="for people only"):
        runtime.call_tool("secret", {}, from_agent=True)
    with pytest.raises(UnknownNameError):
        runtime.call_tool("nope", {}, from_agent=False)


def test_a_broken_configuration_is_noted_and_gone_without(
    paths: Paths, open_runtime: Open, raw: MakeRaw
) -> None:
    paths.config.mkdir()
    paths.config_file.write_text("[store]\nmax_size = 'huge'\n")

    runtime = open_runtime()

    assert "the defaults hold" in runtime.notes[0]
    assert "max_size" in runtime.notes[0]
    assert tell(runtime, raw("before", "forbidden"))["outcome"] == "deny"


def test_a_broken_plugin_table_is_noted(paths: Paths, open_runtime: Open) -> None:
    paths.config.mkdir()
    paths.config_file.write_text("[sampel]\nforbidden = 'x'\n")

    runtime = open_runtime()

    assert "sampel" in " ".join(runtime.notes)


def test_changed_settings_take_effect(
    paths: Paths, runtime: Runtime, raw: MakeRaw
) -> None:
    paths.config.mkdir()
    paths.config_file.write_text(
        "[sample]\nforbidden = 'apple'\n[store]\nflush_seconds = 3\n"
        "[[redaction.extra]]\nname = 'ticket'\npattern = 'T-[0-9]+'\n"
    )

    assert runtime.reload() == []

    assert tell(runtime, raw("before", "forbidden")) == {}
    answer = tell(runtime, raw("before", "apple T-12345"))
    assert "[REDACTED:ticket:" in answer["reason"]
    paths.config_file.write_text("[sample]\nforbidden = 3\n")
    (problem,) = runtime.reload()
    assert "sample.forbidden" in problem
    assert runtime.reload(ConfigError("no")) == ["no"]
    assert tell(runtime, raw("before", "apple"))["outcome"] == "deny"


def test_settings_of_the_store_and_the_plugins_need_another_runtime(
    paths: Paths, runtime: Runtime
) -> None:
    paths.config.mkdir()
    assert not runtime.outdated
    for text, outdated in (
        ("[store]\nflush_seconds = 7\n", False),
        ("[store]\nmax_size = '64 MB'\n", True),
        ("[plugins]\ndisabled = ['tracking']\n", True),
        ("", False),
    ):
        paths.config_file.write_text(text)
        assert runtime.reload() == []
        assert runtime.outdated is outdated


def test_a_call_delivered_twice_is_observed_once(
    runtime: Runtime, raw: MakeRaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(runtime, raw("after", "x"))
    monkeypatch.setattr(runtime._echoes, "repeats", lambda *_: True)
    tell(runtime, raw("after", "x"))

    assert seen(runtime)["count"] == 1
    assert runtime.recover() == []


def test_a_store_that_cannot_be_opened_leaves_the_gates(
    paths: Paths, open_runtime: Open, raw: MakeRaw, caplog: pytest.LogCaptureFixture
) -> None:
    paths.data.mkdir()
    paths.store.write_text("somebody's file")

    runtime = open_runtime()

    assert runtime.store is None
    assert tell(runtime, raw("before", "forbidden"))["outcome"] == "deny"
    tell(runtime, raw("after", "lost"))
    assert "the store cannot be opened" in runtime.problem
    assert caplog.text.count("nothing is recorded") == 2  # as note, as fault; once
    assert runtime.flush("command") is None
    assert runtime.tick() is None
    assert runtime.recover() == []
    with pytest.raises(StoreError, match="cannot be opened"):
        runtime.must_flush("command")
    with pytest.raises(StoreError, match="cannot be opened"):
        runtime.call_tool("forget", {"session": "s1"}, from_agent=False)
    assert paths.store.read_text() == "somebody's file"


def test_a_failed_flush_is_told_once_and_loses_nothing(
    runtime: Runtime,
    raw: MakeRaw,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tell(runtime, raw("after", "kept"))
    assert runtime.store is not None

    def full(_reason: str) -> None:
        raise StoreFullError("the store is full")

    with monkeypatch.context() as patch:
        patch.setattr(runtime.store, "flush", full)
        assert runtime.flush("command") is None
        assert runtime.flush("command") is None
        assert runtime.problem == "the store is full"
        with pytest.raises(StoreFullError):
            runtime.must_flush("command")

    assert caplog.text.count("the store is full") == 1
    assert runtime.must_flush("command").written
    assert runtime.problem == ""
    assert seen(runtime)["texts"] == ["kept"]


def test_what_cannot_be_kept_does_not_stop_the_agent(
    runtime: Runtime,
    raw: MakeRaw,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert runtime.store is not None

    def full(*_: object, **__: object) -> bool:
        raise StoreError("no space left on the disk")

    for name in ("accept", "commit", "recover"):
        monkeypatch.setattr(runtime.store, name, full)

    for _ in range(3):
        answer = tell(runtime, raw("before", "forbidden"))
        assert answer["outcome"] == "deny"
    assert runtime.recover() == []
    assert caplog.text.count("events are not recorded") == 1
    assert caplog.text.count("what plugins wrote is lost") == 1
    assert caplog.text.count("is not taken over") == 1


def test_a_log_that_cannot_be_written_does_not_stop_the_agent(
    runtime: Runtime, raw: MakeRaw, caplog: pytest.LogCaptureFixture
) -> None:
    runtime.paths.logs.write_text("a file")

    tell(runtime, raw("after", "one"))
    tell(runtime, raw("after", "two"))

    assert seen(runtime)["count"] == 2
    assert caplog.text.count("events are not logged") == 1


def test_session_ids_name_no_file(
    runtime: Runtime, raw: MakeRaw, tmp_path: Path
) -> None:
    session = "../../../" + os.fspath(tmp_path / "escaped") + "\0"

    tell(runtime, raw("end", session=session))

    assert not (tmp_path / "escaped").exists()
    assert seen(runtime, session)["count"] == 2
