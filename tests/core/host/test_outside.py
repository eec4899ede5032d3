"""A plugin in a worker process: it works as it does in the daemon's own."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.core.clock import Clock
from hookwright.core.errors import ToolError
from hookwright.core.host import PluginHost
from hookwright.hookspecs import (
    EVENT_KINDS,
    Decision,
    FlushReport,
    PluginInfo,
    ToolBefore,
    hookimpl,
)

if TYPE_CHECKING:
    from hookwright.core.store import Stage

MakeHost = Callable[..., PluginHost]
MakeEvent = Callable[..., Any]
SECRET = "hunter" + "2hunter2"
TABLES = {"kinds": {"word": "round", "limits": {"a": 1}}}


def redact(text: str) -> str:
    return text.replace(SECRET, "[REDACTED]")


def process_of(host: PluginHost, name: str) -> int | None:
    return next(status.process for status in host.report() if status.name == name)


def said(decision: Decision) -> dict[str, Any]:
    """Return the decision without the time it took."""
    steps = [step.model_copy(update={"duration_ms": 0.0}) for step in decision.steps]
    found = decision.model_copy(update={"steps": tuple(steps)})
    return found.model_dump(mode="json")


def written(stages: list[Stage]) -> list[str]:
    """Return the operations, without the times and paths that differ."""
    return [
        repr((operation.type, operation.key, type(operation.step).__name__))
        for stage in stages
        for operation in stage.peek()
    ]


class Both:
    """The same plugin in this process and in a worker process."""

    def __init__(self, outside: MakeHost) -> None:
        self.hosts = [
            outside(
                "kinds",
                isolate=isolate,
                tables=TABLES,
                redact=redact,
                clock=Clock(lambda: 1_800_000_000.0),
            )
            for isolate in (False, True)
        ]

    def do(self, use: Callable[[PluginHost], tuple[Any, list[Stage]]]) -> Any:
        """Return what both come to, after both have kept what was written."""
        found = []
        for host in self.hosts:
            try:
                result, stages = use(host)
            except ToolError as error:
                result, stages = repr(error), []
            if isinstance(result, Decision):
                result = said(result)
            found.append((result, written(stages)))
            host._services.store.commit(stages)  # type: ignore[attr-defined]
        assert found[0] == found[1]
        return found[0][0]


@pytest.fixture
def both(outside: MakeHost, make_event: MakeEvent) -> Both:
    made = Both(outside)
    # What the worker's startup wrote is kept with its first call.
    for host in made.hosts:
        _, stages = host.decide(make_event("prompt_submit", prompt="first"))
        host._services.store.commit(stages)  # type: ignore[attr-defined]
    return made


WORDS = ("allow", "ask", "deny", "rewrite", "context", "raise", "wrong", "ls")


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    word=st.sampled_from(WORDS),
    rest=st.text(st.characters(codec="utf-8"), max_size=30),
    given_input=st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=3), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=3,
    ),
)
def test_a_gate_judges_the_same_in_both(
    both: Both,
    make_event: MakeEvent,
    word: str,
    rest: str,
    given_input: Mapping[str, Any],
) -> None:
    command = f"{word} {rest}"
    event = make_event(
        "tool_before", command=command, input={**given_input, "command": command}
    )
    for host in both.hosts:
        # A gate that fails is left alone after a while: here it is to go on.
        ledger = host._active["kinds"].ledger("hookwright_tool_before")
        ledger.breaker.__init__()  # type: ignore[misc]

    both.do(lambda host: host.decide(event))


def test_every_part_of_the_context_works_in_both(
    both: Both, make_event: MakeEvent
) -> None:
    event = make_event("prompt_submit", prompt=f"plain words {SECRET}")

    found = both.do(lambda host: host.decide(event))
    again = both.do(lambda host: host.decide(event))

    (text,) = found["contexts"]
    assert text.startswith("round {'a': 1} [['pla', ")
    assert "RecordError record type 'kinds_unknown'" in text
    assert "kinds_seen has no index" in text
    assert "LookupError no loaded plugin specifies hook" in text
    assert "kinds_seen has no field nothing" in text
    assert again["contexts"] != found["contexts"]
    for host in both.hosts:
        state = host._services.paths.plugin_state / "kinds" / "note"
        assert state.read_text("utf-8") == f"plain words {SECRET}"


@pytest.mark.parametrize("kind", sorted(EVENT_KINDS))
def test_every_kind_of_event_is_observed_in_both(
    both: Both, make_event: MakeEvent, kind: str
) -> None:
    event = make_event(kind)

    both.do(lambda host: (None, host.observe(event)))

    seen = both.do(
        lambda host: host.call_tool(
            "kinds_show", {"name": "x", "limit": 50}, from_agent=True
        )
    )
    assert {kind, "again Test"} <= {record["name"] for record in seen["records"]}


def test_briefings_flushes_and_tools_are_the_same_in_both(
    both: Both, make_event: MakeEvent
) -> None:
    start = make_event("session_start", source="resume")
    report = FlushReport(reason="push", written={"kinds_seen": 2})

    def call(tool: str, from_agent: bool = False, **arguments: Any) -> Any:
        return both.do(
            lambda host: host.call_tool(tool, arguments, from_agent=from_agent)
        )

    parts = both.do(lambda host: host.briefing(start))
    both.do(lambda host: (None, host.flush_after(report)))

    assert [part.title for part in parts] == ["resume", "two"]
    assert call("kinds_put", name="gone", times=3) < 20
    assert call("kinds_put", name="x", times=1) < 20
    assert call("kinds_show", name="a", from_agent=True)["name"] == "a True"
    assert call("kinds_show", name="a")["pair"] == [1, "one"]
    assert call("kinds_show", name=SECRET, strict=True) == (
        "ToolError(\"nothing is called '[REDACTED]'\")"
    )
    assert "limit: Input should be a valid integer" in call(
        "kinds_show", name="a", limit="many"
    )
    assert "LookupError: there is nothing to look up" in call("kinds_fails")


def test_shutting_down_keeps_what_is_written_then(both: Both) -> None:
    both.do(lambda host: (None, host.shutdown()))


def test_the_calls_are_really_made_in_another_process(
    outside: MakeHost, make_event: MakeEvent
) -> None:
    host = outside("faulty_fatal", "kinds")

    pid, _ = host.call_tool("faulty_fatal", {"text": ""}, from_agent=False)

    assert pid == process_of(host, "faulty_fatal") != os.getpid()
    host.close()
    assert process_of(host, "faulty_fatal") is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_a_worker_logs_is_redacted_and_says_who(
    outside: MakeHost, make_event: MakeEvent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hookwright")
    host = outside("kinds", redact=redact)

    host.decide(make_event("prompt_submit", prompt=SECRET))
    wait_for(lambda: "prompt [REDACTED] of kinds" in caplog.text)

    assert SECRET not in caplog.text
    assert "hookwright.plugins.kinds" in {record.name for record in caplog.records}


def test_a_plugin_without_an_entry_point_stays_in_the_daemon(
    outside: MakeHost, make_event: MakeEvent
) -> None:
    class Local:
        @hookimpl
        def hookwright_plugin_info(self) -> PluginInfo:
            return PluginInfo(own_process=True)

        @hookimpl
        def hookwright_tool_before(self, event: ToolBefore) -> None:
            assert event.call.command

    host = outside()
    assert host.register(Local(), "local")

    assert not host.decide(make_event("tool_before"))[0].refuses
    (status,) = host.report()
    assert not status.own_process
    assert status.notes == (
        "it runs in the daemon: it has no entry point to load it by",
    )


def test_a_worker_without_work_is_ended_and_comes_back(
    outside: MakeHost, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hookwright.core.host.outside.IDLE_S", 0.2)
    host = outside("kinds")
    event = make_event("tool_before", command="allow it")
    store: Any = host._services.store
    store.commit(host.decide(event)[1])
    worker = host._active["kinds"].outside
    assert worker is not None
    first = worker.pid

    wait_for(lambda: worker.pid is None)
    worker.idle_s = 600.0
    worker.await_up(60)
    decision, stages = host.decide(event)

    assert decision.outcome == "allow"
    assert worker.pid not in (None, first)
    # The shutdown's and the new startup's writes came with the next call.
    names = [operation.key for stage in stages for operation in stage.peek()]
    assert ("shutdown",) in names
    assert ("startup",) in names


def test_a_slow_observer_does_not_hold_up_the_gate(
    outside: MakeHost, make_event: MakeEvent
) -> None:
    host = outside("faulty_fatal")
    host.call_tool("faulty_fatal", {"text": ""}, from_agent=False)
    slow = make_event("tool_after", command="fatal sleep")
    observing = threading.Thread(target=host.observe, args=(slow,))
    observing.start()

    decision, _ = host.decide(make_event("tool_before", command="ls"))

    assert decision.outcome == "none"
    assert not decision.steps[0].reason
    observing.join(30)
    assert not observing.is_alive()


def test_many_threads_are_answered_at_once(
    outside: MakeHost, make_event: MakeEvent
) -> None:
    host = outside("kinds")
    wrong: list[str] = []

    def ask(number: int) -> None:
        for turn in range(20):
            text = f"{number} {turn}"
            event = make_event("tool_before", command=f"deny {text}")
            reason = host.decide(event)[0].reason
            if reason != f"{text} ()":
                wrong.append(reason)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert wrong == []


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
