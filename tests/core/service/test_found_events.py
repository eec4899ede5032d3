"""What an adapter finds beside a message is observed once, whoever finds it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.service import eventlog
from hookwright.core.service.found_events import FOUND_EVENTS, FoundEvents
from hookwright.core.service.intake import RawDelivery
from hookwright.core.service.runtime import Runtime
from hookwright.core.store import Store
from hookwright.core.testing.hosting import open_store

from .test_runtime import tell

MakeRaw = Callable[..., RawDelivery]
Open = Callable[..., Runtime]


def kinds(runtime: Runtime) -> list[str]:
    return [line["kind"] for line in runtime.events.recent(100)]


@pytest.mark.parametrize("killed", [False, True])
def test_another_process_that_finds_it_again_says_nothing(
    open_runtime: Open, raw: MakeRaw, killed: bool
) -> None:
    child = os.fork()
    if not child:
        try:
            first = open_runtime()
            tell(first, raw("after", "git commit"))
            first.close("") if not killed else os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == (signal.SIGKILL if killed else 0)

    second = open_runtime()
    assert second.recover() == []
    tell(second, raw("after", "git commit", session="s2"))
    assert kinds(second) == ["tool_after"]
    logged = eventlog.tail(second.paths.logs, 10)
    assert [line["kind"] for line in logged] == ["tool_after", "commit", "tool_after"]


def test_a_message_that_is_worked_through_again_finds_its_own_again(
    open_runtime: Open, raw: MakeRaw
) -> None:
    """Nothing of it was kept, so nothing of it was observed."""
    first = open_runtime()
    first.receive(raw("after", "git commit"))
    first.close("")

    second = open_runtime()
    for received in second.recover():
        second.finish(received)
    assert kinds(second) == ["tool_after", "commit"]


@pytest.fixture
def found(plugin_store: Store) -> FoundEvents:
    return FoundEvents(plugin_store)


def test_a_messages_own_events_are_all_observed(
    found: FoundEvents, plugin_store: Store, make_event: Any
) -> None:
    own = [
        make_event("tool_after").model_copy(update={"id": "delivery.0"}),
        make_event("file_changed").model_copy(update={"id": "delivery.1"}),
    ]
    for _ in range(2):
        assert found.fresh("delivery", own) == (own, [])
    assert plugin_store.stage().count(FOUND_EVENTS) == 0


def test_the_first_of_many_that_find_it_at_once_says_so(
    found: FoundEvents, plugin_store: Store, make_event: Any
) -> None:
    usage = make_event("usage_reported")
    together = threading.Barrier(8)

    def find(number: int) -> int:
        own = make_event("turn_end").model_copy(update={"id": f"{number}.0"})
        together.wait()
        events, stages = found.fresh(str(number), [usage, own])
        plugin_store.commit(stages)
        return len(events)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(find, range(8))) == [1] * 7 + [2]
    assert plugin_store.stage().count(FOUND_EVENTS) == 1


def test_it_is_known_by_the_store_when_memory_has_forgotten(
    tmp_path: Path, make_event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hookwright.core.service.found_events._REMEMBERED", 2)
    with open_store(tmp_path) as store:
        found = FoundEvents(store)
        many = [make_event("usage_reported") for _ in range(5)]
        events, stages = found.fresh("delivery", many)
        assert events == many
        store.commit(stages)
        assert found.fresh("delivery", many)[0] == []


def test_without_a_store_memory_has_to_do(make_event: Any) -> None:
    found = FoundEvents(None)
    usage = make_event("usage_reported")
    assert found.fresh("delivery", [usage]) == ([usage], [])
    assert found.fresh("delivery", [usage]) == ([], [])
