"""The plugin on a real host and store, and events to send to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from hookwright.core.clock import Clock
from hookwright.core.host import PluginHost
from hookwright.core.paths import Paths
from hookwright.core.store import Stage, Store
from hookwright.hookspecs import (
    Agent,
    BriefingPart,
    Commit,
    Decision,
    Event,
    FileStat,
    Project,
    SessionStart,
    SubagentStop,
    ToolAfter,
    ToolBefore,
    ToolCall,
    TurnEnd,
)
from hookwright.plugins.tracking import TrackingPlugin

E = TypeVar("E", bound=Event)
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MAIN = "claude-code/main"


class Bench:
    """A host with this plugin: send it events, call its tools, look at its records."""

    def __init__(
        self, paths: Paths, worktree: Path, table: Mapping[str, Any] | None = None
    ) -> None:
        self.clock = Clock()
        self.store = Store.open(paths, clock=self.clock)
        self.worktree = worktree
        self.numbers = itertools.count(1)
        self.host = PluginHost(
            store=self.store,
            clock=self.clock,
            paths=paths,
            tables={"tracking": table or {}},
            redact=lambda text: text.replace("hunter2", "[REDACTED]"),
        )
        registered = self.host.register(TrackingPlugin(), "tracking")
        assert registered, self.host.report()
        self.keep(self.host.startup())

    def close(self) -> None:
        problems = [
            (hook.hook, hook.last_error)
            for status in self.host.report()
            for hook in status.hooks
            if hook.last_error
        ]
        self.store.close()
        assert problems == []

    def keep(self, stages: list[Stage], delivery: str | None = None) -> None:
        if stages or delivery:
            self.store.commit(stages, delivery)

    def event(self, kind: type[E], agent: str = MAIN, **fields: Any) -> E:
        number = next(self.numbers)
        name = agent.rpartition("/")[2]
        values: dict[str, Any] = {
            "id": f"delivery.{number}",
            "time": START + timedelta(seconds=number),
            "agent_host": agent.partition("/")[0],
            "host_event": kind.__name__,
            "session_id": "session-1",
            "project": self.project(),
            "agent": Agent(id=agent, name=name),
            "cwd": str(self.worktree),
        }
        return kind(**(values | fields))

    def project(self, path: Path | None = None) -> Project:
        where = str(path or self.worktree)
        return Project(path=where, worktree=where)

    def send(self, kind: type[E], agent: str = MAIN, **fields: Any) -> E:
        event = self.event(kind, agent, **fields)
        self.keep(self.host.observe(event))
        return event

    def tool(self, agent: str = MAIN, **fields: Any) -> ToolAfter:
        values = {"call": shell(), "succeeded": True, **fields}
        return self.send(ToolAfter, agent, **values)

    def turn(self, agent: str = MAIN, **fields: Any) -> TurnEnd:
        return self.send(TurnEnd, agent, **fields)

    def subagent_stop(self, agent: str, **fields: Any) -> SubagentStop:
        return self.send(SubagentStop, agent, **fields)

    def commit(self, hash_: str, agent: str = MAIN, **fields: Any) -> Commit:
        values = {
            "hash": hash_,
            "subject": "Fix the login page",
            "files": (FileStat(path="a.py", added=3, removed=1),),
            **fields,
        }
        return self.send(Commit, agent, **values)

    def start(self, agent: str = MAIN, **fields: Any) -> SessionStart:
        return self.send(SessionStart, agent, **fields)

    def before(self, agent: str = MAIN, command: str = "ls") -> Decision:
        event = self.event(ToolBefore, agent, call=shell(command))
        decision, stages = self.host.decide(event)
        self.keep(stages)
        return decision

    def briefing(self, agent: str = MAIN) -> list[BriefingPart]:
        parts, stages = self.host.briefing(self.event(SessionStart, agent))
        self.keep(stages)
        return parts

    def call(self, name: str, *, from_agent: bool = False, **arguments: Any) -> Any:
        result, stages = self.host.call_tool(name, arguments, from_agent=from_agent)
        self.keep(stages)
        return result

    def get(self, type_name: str, *key: str) -> Any:
        return self.store.stage().get(self.host.record_types[type_name], *key)

    def all(self, type_name: str) -> list[Any]:
        return list(self.store.stage().scan(self.host.record_types[type_name]))

    def agent(self, agent: str = MAIN) -> Any:
        return self.get("agents", agent)

    def flush(self, reason: str = "command") -> None:
        self.keep(self.host.flush_after(self.store.flush(reason)))


def shell(command: str = "ls") -> ToolCall:
    return ToolCall(id="call", tool="shell", native_name="Bash", command=command)


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """Return an empty project directory."""
    directory = tmp_path / "shop"
    directory.mkdir()
    return directory


@pytest.fixture
def table() -> dict[str, Any]:
    """Return the plugin's settings; a test module overrides it."""
    return {}


@pytest.fixture
def bench(paths: Paths, worktree: Path, table: dict[str, Any]) -> Iterator[Bench]:
    """Return the plugin on a host; afterwards no hook may have failed."""
    made = Bench(paths, worktree, table)
    yield made
    made.close()
