"""A store and a plugin host for one test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..clock import Clock
from ..host import PluginHost
from ..paths import Paths
from ..store import Store, StoreOptions

_MAX_SIZE = 64 * 2**20


def paths_in(directory: Path) -> Paths:
    """Return paths that are all inside directory."""
    return Paths(data=directory / "data", config=directory / "config")


def open_store(directory: Path) -> Store:
    """Return a store inside directory."""
    return Store.open(paths_in(directory), StoreOptions(max_size=_MAX_SIZE))


def make_host(
    store: Store, directory: Path, tables: Mapping[str, Mapping[str, Any]] | None = None
) -> PluginHost:
    """Return a plugin host over store; nothing is loaded and nothing redacted.

    :param tables: configuration tables by plugin name.
    """
    return PluginHost(
        store=store,
        clock=Clock(),
        paths=paths_in(directory),
        tables=tables or {},
        redact=lambda text: text,
    )
