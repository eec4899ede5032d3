from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hookwright.core.errors import StoreError
from hookwright.plugins.tracking import TrackingPlugin
from hookwright.plugins.tracking.ledger import Ledger

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

MAIN = "claude-code/main"


def test_the_plugin_loads_with_all_it_declares(bench: Bench) -> None:
    (status,) = bench.host.report()

    assert (status.name, status.state) == ("tracking", "active")
    assert set(bench.host.record_types) == {
        "agents",
        "commits",
        "communication",
        "retrospectives",
        "activities",
        "projects",
        "sessions",
        "tasks",
        "handoffs",
        "last_sessions",
        "usage_seen",
    }
    commands = {" ".join(tool.command) for tool in bench.host.tools.values()}
    assert commands == {
        "agent create",
        "agent list",
        "agent status",
        "agent halt",
        "agent resume",
        "agent bug",
        "agent commits",
        "agent grade",
        "agent prior-art",
        "retro add",
        "retro list",
        "retro show",
        "activity log",
        "activity list",
        "project list",
        "project show",
        "project classify",
        "project similar",
        "session handoff",
        "session list",
        "session show",
        "task continue",
        "task done",
        "task leave",
        "task list",
        "task show",
        "task start",
    }


def test_every_argument_of_every_tool_is_described(bench: Bench) -> None:
    for tool in bench.host.tools.values():
        arguments = set(tool.arguments_model().model_fields)
        assert set(tool.descriptions) == arguments, tool.name
        assert tool.render is not None


def test_only_what_changes_nothing_is_declared_as_reading(bench: Bench) -> None:
    writing = {name for name, tool in bench.host.tools.items() if tool.writes}
    people = {name for name, tool in bench.host.tools.items() if tool.person_only}

    assert writing == {
        "agent_create",
        "agent_halt",
        "agent_resume",
        "agent_bug",
        "agent_grade",
        "retro_add",
        "activity_log",
        "project_classify",
        "session_handoff",
        "task_continue",
        "task_done",
        "task_leave",
        "task_start",
    }
    assert people == {"agent_resume"}


def test_two_instances_share_no_rule() -> None:
    one, other = Ledger(), Ledger()
    one.rule.factor = 3

    assert other.rule.factor == 10
    assert TrackingPlugin() is not TrackingPlugin()


def test_the_briefing_tells_an_agent_where_it_stands(bench: Bench) -> None:
    (unknown,) = bench.briefing()
    assert unknown.text == (
        "You are claude-code/main: PROBATION, skill points 1, 0 of 10 XP to the next."
    )
    for _ in range(12):
        bench.tool()
    (known,) = bench.briefing()
    assert known.text == (
        "You are claude-code/main: JUNIOR, skill points 2, 2 of 20 XP to the next."
    )


def test_the_briefing_tells_who_is_halted_here(bench: Bench) -> None:
    bench.tool()
    bench.tool("codex/x")
    bench.call("agent_create", agent_id="codex/elsewhere")
    for agent in ("codex/x", "codex/elsewhere"):
        bench.call("agent_halt", agent_id=agent, reason="broke the build")

    (part,) = bench.briefing()

    assert part.text.splitlines()[1:] == ["codex/x is halted: broke the build"]
    assert part.value > 0.5


class BrokenStore:
    """A store that cannot be read."""

    def get(self, *key: object) -> None:
        raise StoreError("disk gone")


class OneContext:
    """A context for the gate's only question."""

    def __init__(self, store: object) -> None:
        self.store = store
        self.log = self

    def warning(self, *said: object) -> None:
        """Take a line of the log."""


def test_a_known_halt_holds_when_the_store_cannot_be_read(bench: Bench) -> None:
    ledger = Ledger()
    broken: Any = OneContext(BrokenStore())
    with pytest.raises(StoreError):
        ledger.halted(broken, MAIN)
    bench.tool()
    bench.call("agent_halt", agent_id=MAIN, reason="stop")
    working: Any = OneContext(bench.store.stage())
    working.store.get = _reading(working.store.get, bench)
    assert ledger.halted(working, MAIN) is not None

    assert ledger.halted(broken, MAIN) is not None


def _reading(get: Any, bench: Bench) -> Any:
    # The ledger here is not the host's: its record type is another object.
    return lambda _, *key: get(bench.host.record_types["agents"], *key)
