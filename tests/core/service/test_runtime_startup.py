"""What plugins find when they start in a daemon that comes after a killed one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service.runtime import Runtime
from hookwright.hookspecs import (
    PluginContext,
    PluginInfo,
    Record,
    RecordType,
    Tool,
    hookimpl,
)


class Note(Record):
    text: str


NOTES = RecordType(name="notes", model=Note, key=lambda note: (note.text,))


class Keeping:
    """Reads at its start what it wrote before."""

    def __init__(self) -> None:
        self.found: list[str] = []

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        return PluginInfo()

    @hookimpl
    def hookwright_register_records(self) -> Iterable[RecordType[Any]]:
        return [NOTES]

    @hookimpl
    def hookwright_register_tools(self) -> Iterable[Tool]:
        def write(context: PluginContext, text: str) -> None:
            """Write a note."""
            context.store.put(NOTES, Note(text=text))

        return [Tool(write, writes=True)]

    @hookimpl
    def hookwright_startup(self, context: PluginContext) -> None:
        self.found = [note.text for note in context.store.scan(NOTES)]


@pytest.mark.parametrize("recover", [True, False])
def test_what_a_killed_process_wrote_is_there(paths: Paths, recover: bool) -> None:
    child = os.fork()
    if not child:
        try:
            first = Runtime.open(
                paths, entry_points=False, plugins=[(Keeping(), "keeping")]
            )
            first.call_tool("write", {"text": "kept"}, from_agent=False)
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL

    plugin = Keeping()
    second = Runtime.open(
        paths, entry_points=False, plugins=[(plugin, "keeping")], recover=recover
    )
    second.close("")
    # Who stands in for a daemon leaves that to the next one: an agent waits.
    assert plugin.found == (["kept"] if recover else [])
