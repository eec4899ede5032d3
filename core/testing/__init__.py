"""A pytest plugin for authors of Hookwright plugins.

It is active wherever Hookwright is installed; `-p no:hookwright` switches it off.
Importing it loads nothing of the engine: a fixture does, when a test first asks for
it.

    def test_my_guard(plugin_host, make_event):
        plugin_host.register(MyGuard(), "my_guard")
        event = make_event("tool_before", command="rm -rf /")
        assert_denied(plugin_host.decide(event)[0], "whole disk")
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..host import PluginHost
    from ..store import Store
    from .factory import EventFactory


@pytest.fixture
def plugin_store(tmp_path: Path) -> Iterator[Store]:
    """Return a real store of this test's own; `commit(stages)` keeps writes."""
    from .hosting import open_store

    store = open_store(tmp_path / "hookwright")
    yield store
    store.close()


@pytest.fixture
def plugin_host(plugin_store: Store, tmp_path: Path) -> PluginHost:
    """Return a plugin host over `plugin_store`, without any installed plugin."""
    from .hosting import make_host

    return make_host(plugin_store, tmp_path / "hookwright")


@pytest.fixture
def make_event(tmp_path: Path) -> EventFactory:
    """Return `make_event(kind, **fields)`: a valid event in `tmp_path`."""
    from .factory import EventFactory

    return EventFactory(tmp_path)
