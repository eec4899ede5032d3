"""A plugin as its author writes it: read by type checkers, run by nobody.

Each `assert_type` says what an author may rely on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import assert_type

from hookwright.core.api import ToolError, locate_project
from hookwright.hookspecs import (
    Allow,
    Decision,
    Deny,
    Merge,
    PluginConfig,
    PluginContext,
    PluginInfo,
    Project,
    Record,
    RecordType,
    Tool,
    ToolBefore,
    Verdict,
    hookimpl,
)


class Note(Record):
    author: str
    count: int = 0


class Config(PluginConfig):
    limit: int = 3


NOTES = RecordType(
    name="notes",
    model=Note,
    key=lambda note: (note.author,),
    merge={"count": Merge.SUM},
)
assert_type(NOTES, RecordType[Note])


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    return PluginInfo(config=Config, on_gate_failure="ask")


@hookimpl
def hookwright_register_records() -> Iterable[RecordType[Note]]:
    return [NOTES]


@hookimpl
def hookwright_register_tools() -> list[Tool]:
    return [Tool(show, command=("note", "show"))]


@hookimpl
def hookwright_tool_before(event: ToolBefore, context: PluginContext) -> Verdict | None:
    assert_type(context.config(Config).limit, int)
    assert_type(context.store.get(NOTES, "x"), Note | None)
    assert_type(context.store.scan(NOTES, limit=3), Iterator[Note])
    assert_type(context.now(), datetime)
    assert_type(context.state_dir, Path)
    assert_type(locate_project(event.cwd), Project)
    context.store.merge(NOTES, ("x",), count=1)
    if event.call.command:
        return Deny(reason="no")
    return Allow()


def show(context: PluginContext, author: str) -> Note:
    found = context.store.get(NOTES, author)
    if found is None:
        raise ToolError(f"no note of {author}")
    return found


def outcome(decision: Decision) -> None:
    assert_type(decision.refuses, bool)
    assert_type(decision.contexts, tuple[str, ...])
