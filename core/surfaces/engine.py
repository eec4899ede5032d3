"""Where commands have their work done: in the running daemon, or in this process.

Both give the same answers. The daemon is asked where one of this version runs, unless
options before the command ask for other settings than it has.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, Protocol

from hookwright.hookspecs import FlushReport

from ..errors import StoreError
from ..host import PluginStatus
from ..paths import Paths
from ..service.connect import DaemonConnection
from ..service.lifetime import holder, is_listening
from ..service.runtime import Runtime
from ..store import Store, StoreOptions, StoreStats
from .invocation import Invocation
from .output import warn

_REASON = "command"
#: Seconds that a booting daemon is waited for.
_BOOT_S = 3.0


class Engine(Protocol):
    """What commands ask for; results are JSON values where no type is named."""

    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a tool and return its result."""
        ...

    def flush(self) -> FlushReport:
        """Write what is buffered to the store."""
        ...

    def compact(self) -> tuple[int, int]:
        """Make the store's file small; return its bytes before and after."""
        ...

    def backup(self, target: Path) -> int:
        """Copy the store to a new directory; return its bytes."""
        ...


class DaemonEngine:
    """The running daemon does it."""

    def __init__(self, connection: DaemonConnection, *, from_agent: bool) -> None:
        self._connection = connection
        self._from_agent = from_agent

    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a tool and return its result."""
        return self._connection.call(
            "tool", name=name, arguments=dict(arguments), from_agent=self._from_agent
        )

    def flush(self) -> FlushReport:
        """Write what is buffered to the store."""
        found = self._connection.call("flush", reason=_REASON)
        return FlushReport.model_validate(found)

    def compact(self) -> tuple[int, int]:
        """Make the store's file small; return its bytes before and after."""
        before, after = self._connection.call("compact")
        return before, after

    def backup(self, target: Path) -> int:
        """Copy the store to a new directory; return its bytes."""
        return int(self._connection.call("backup", target=str(target)))


class OwnEngine:
    """This process does it, with the same code."""

    def __init__(self, runtime: Runtime, *, from_agent: bool) -> None:
        self._runtime = runtime
        self._from_agent = from_agent

    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a tool and return its result."""
        with redirect_stdout(sys.stderr):
            return self._runtime.call_tool(name, arguments, from_agent=self._from_agent)

    def flush(self) -> FlushReport:
        """Write what is buffered to the store."""
        return self._runtime.must_flush(_REASON)

    def compact(self) -> tuple[int, int]:
        """Make the store's file small; return its bytes before and after."""
        return self._store().compact()

    def backup(self, target: Path) -> int:
        """Copy the store to a new directory; return its bytes."""
        return self._store().backup(target)

    def _store(self) -> Store:
        if self._runtime.store is None:
            raise StoreError(self._runtime.problem)
        return self._runtime.store


@contextmanager
def engine(invocation: Invocation) -> Iterator[Engine]:
    """Yield what does the work.

    :raises ConfigError: the settings are not acceptable.
    """
    with connected(invocation) as connection:
        if connection is not None:
            yield DaemonEngine(connection, from_agent=invocation.from_agent)
            return
    # Asked for its errors: an agent's runtime goes on with the defaults instead.
    _ = invocation.full_settings if invocation.overrides else invocation.settings
    # What a plugin prints is no part of a command's output.
    with redirect_stdout(sys.stderr):
        runtime = Runtime.open(
            invocation.paths,
            project=invocation.project,
            overrides=invocation.overrides,
            recover=True,
        )
    try:
        # Why nothing is kept is the error of what would write; reading goes on.
        for note in runtime.notes:
            if note != runtime.unrecorded:
                warn(f"hookwright: {note}")
        with redirect_stdout(sys.stderr):
            for received in runtime.recover():
                runtime.finish(received)
        yield OwnEngine(runtime, from_agent=invocation.from_agent)
    finally:
        with redirect_stdout(sys.stderr):
            runtime.close(_REASON)


@contextmanager
def connected(invocation: Invocation) -> Iterator[DaemonConnection | None]:
    """Yield a connection to the daemon, or None when there is none to be asked."""
    if invocation.wants_own_settings:
        yield None
        return
    connection = DaemonConnection.open(invocation.paths)
    if connection is None and _is_coming_up(invocation.paths):
        connection = DaemonConnection.open(invocation.paths)
    try:
        yield connection
    finally:
        if connection is not None:
            connection.close()


def _is_coming_up(paths: Paths) -> bool:
    """Wait for a daemon that boots: what it takes over is not to be read yet."""
    deadline = time.monotonic() + _BOOT_S
    while holder(paths) is not None and time.monotonic() < deadline:
        if is_listening(paths):
            return True
        time.sleep(0.02)
    return False


@contextmanager
def looking(invocation: Invocation) -> Iterator[Store]:
    """Yield the store opened only to be read; the daemon may go on writing."""
    options = StoreOptions(max_size=invocation.settings.settings.store.max_size)
    store = Store.open(invocation.paths, options, read_only=True)
    try:
        for record_type in invocation.host().record_types.values():
            store.register(record_type)
        yield store
    finally:
        store.close()


def store_stats(invocation: Invocation) -> StoreStats:
    """Return the daemon's numbers, or what the files say when none runs."""
    with connected(invocation) as connection:
        if connection is not None:
            return StoreStats.model_validate(connection.call("stats"))
    with looking(invocation) as store:
        return store.stats()


def plugin_statuses(invocation: Invocation) -> list[PluginStatus]:
    """Return every plugin's state, with the daemon's counts where one runs."""
    with connected(invocation) as connection:
        if connection is not None:
            found = connection.call("plugins")
            return [PluginStatus.model_validate(item) for item in found]
    return invocation.host().report()


def daemon_details(invocation: Invocation) -> dict[str, Any]:
    """Return what the running daemon says of itself; empty when none does."""
    with connected(invocation) as connection:
        if connection is None:
            return {}
        details: dict[str, Any] = connection.call("status")
        return details
