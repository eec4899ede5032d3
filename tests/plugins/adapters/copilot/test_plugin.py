"""The plugin as a plugin host calls it: a daemon may end while a call goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.store import Store
from hookwright.core.testing.hosting import make_host
from hookwright.core.testing.outcomes import assert_healthy
from hookwright.hookspecs import Decision, Delivery, Event
from hookwright.plugins.adapters.copilot import CopilotPlugin
from hookwright.plugins.adapters.copilot.open_calls import OPEN_CALLS, OpenCall

Load = Callable[[str], dict[str, Any]]
NEW = {"command": "echo other"}


class Process:
    """One process with the plugin, over a store that outlives it."""

    def __init__(
        self,
        store: Store,
        directory: Path,
        deliver: Callable[..., Delivery],
        load: Load,
    ) -> None:
        self._store = store
        self._deliver = deliver
        self._load = load
        self.host = make_host(store, directory)
        self.host.register(CopilotPlugin(), "copilot")
        store.commit(self.host.startup())
        self._adapter = self.host.adapters["copilot"]

    def told(self, name: str, **changes: object) -> Delivery:
        sample = self._load(f"copilot/{name}")
        return self._deliver(sample["event"], sample["stdin"] | changes)

    def tell(self, name: str, **changes: object) -> Any:
        """Have a message parsed and observed; return its first event."""
        return self.observe(self.told(name, **changes))

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Read a message whose events are observed later, or never."""
        return self._adapter.parse(delivery)

    def observe(self, delivery: Delivery) -> Any:
        events = self.parse(delivery)
        for event in events:
            self._store.commit(self.host.observe(event))
        return events[0]

    def rewrite(self, name: str, to: Mapping[str, object], **changes: object) -> Any:
        """Have a call's arguments replaced before it is observed."""
        delivery = self.told(name, **changes)
        (event,) = self._adapter.parse(delivery)
        decision = Decision(outcome="rewrite", input=dict(to), reason="r")
        answer = self._adapter.render(delivery, decision)
        assert json.loads(answer.stdout) == {"modifiedArgs": to}
        self._store.commit(self.host.observe(event))
        return event

    def kept(self) -> list[OpenCall]:
        return list(self._store.stage().scan(OPEN_CALLS))


@pytest.fixture
def begin(
    plugin_store: Store,
    tmp_path: Path,
    deliver: Callable[..., Delivery],
    load_sample: Load,
) -> Callable[[], Process]:
    """Return a function that makes another process over the same store."""

    def run() -> Process:
        return Process(plugin_store, tmp_path, deliver, load_sample)

    return run


def test_a_call_has_one_id_though_another_daemon_sees_it_end(
    begin: Callable[[], Process],
) -> None:
    first = begin()
    before = first.tell("preToolUse.bash", timestamp=10)
    second = begin()
    after = second.tell(
        "postToolUse.bash", toolArgs=first.told("preToolUse.bash").payload["toolArgs"]
    )
    assert after.call.id == before.call.id
    assert second.kept() == []
    assert_healthy(first.host)
    assert_healthy(second.host)


def test_a_rewritten_call_is_found_by_another_daemon_too(
    begin: Callable[[], Process],
) -> None:
    before = begin().rewrite("preToolUse.bash", NEW, timestamp=10)
    second = begin()
    after = second.tell("postToolUse.bash", toolArgs=NEW, timestamp=20)
    assert after.call.id == before.call.id
    assert second.kept() == []


def test_of_two_alike_each_has_its_own_end(begin: Callable[[], Process]) -> None:
    given = {"toolArgs": {"command": "make"}}
    first = begin()
    refused = first.tell("preToolUse.bash", timestamp=10, **given)
    again = first.tell("preToolUse.bash", timestamp=20, **given)
    second = begin()
    after = second.tell("postToolUse.bash", timestamp=30, **given)
    assert after.call.id == again.call.id != refused.call.id
    # What was refused is kept until its time is over: nobody tells its end.
    assert [call.id for call in second.kept()] == [refused.call.id]


def test_a_beginning_that_is_read_last_leaves_nothing_behind(
    begin: Callable[[], Process],
) -> None:
    given = {"toolArgs": {"command": "make"}}
    only = begin()
    after = only.tell("postToolUse.bash", timestamp=30, **given)
    before = only.tell("preToolUse.bash", timestamp=10, **given)
    assert after.call.id == before.call.id
    assert only.kept() == []


def test_a_beginning_is_kept_though_its_end_was_read_before_it_was_observed(
    begin: Callable[[], Process],
) -> None:
    """Observers come after answers; the daemon may end between two of them."""
    given = {"toolArgs": {"command": "make"}}
    first = begin()
    beginning = first.told("preToolUse.bash", timestamp=10, **given)
    end = first.told("postToolUse.bash", timestamp=30, **given)
    for read in (beginning, end):
        first.parse(read)
    before = first.observe(beginning)
    after = begin().observe(end)
    assert after.call.id == before.call.id


def test_another_daemon_may_read_the_beginning_of_what_ended(
    begin: Callable[[], Process],
) -> None:
    given = {"toolArgs": {"command": "make"}}
    after = begin().tell("postToolUse.bash", timestamp=30, **given)
    # A third one reads the end again, as none has finished it.
    assert begin().tell("postToolUse.bash", timestamp=30, **given).call == after.call
    last = begin()
    later = last.tell("preToolUse.bash", timestamp=50, **given)
    before = last.tell("preToolUse.bash", timestamp=10, **given)
    assert before.call.id == after.call.id != later.call.id
    assert [call.id for call in last.kept()] == [later.call.id]


def test_other_agent_hosts_calls_are_not_its_business(
    begin: Callable[[], Process], make_event: Any
) -> None:
    only = begin()
    event = make_event("tool_before", command="ls")
    only.host.observe(event)
    assert only.kept() == []
    assert_healthy(only.host)
