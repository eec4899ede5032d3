"""Which plugins are kept apart from the daemon's process, and how.

Only the daemon isolates: a process that answers one event and ends has nothing to lose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hookwright.hookspecs import RecordType

from .context import Services
from .crashes import IMPORTING, REGISTERING, Crashes
from .discovery import Found
from .plugin import Implementation, Plugin
from .status import BUNDLED

if TYPE_CHECKING:
    from ..store import Stage
    from .flight import Recorder

Observe = Callable[
    [tuple[Implementation, ...], Mapping[str, Any]],
    "tuple[list[Stage], list[tuple[Plugin, str]]]",
]
__all__ = ["IMPORTING", "REGISTERING", "Isolation"]


class Isolation:
    """Counts crashes, notes calls, and has plugins run in worker processes.

    :param isolates: whether this process does so at all.
    :param records: the registered record types.
    :param implementations: gives those of a hook.
    :param observe: calls some; gives what they wrote, and who failed with what.
    :param give_up: see `outside.Outside`.
    """

    def __init__(
        self,
        services: Services,
        records: Mapping[str, RecordType[Any]],
        implementations: Callable[[str], tuple[Implementation, ...]],
        observe: Observe,
        give_up: Callable[[Plugin, str], None],
        *,
        isolates: bool,
    ) -> None:
        self._services = services
        self._records = records
        self._implementations = implementations
        self._observe = observe
        self._give_up = give_up
        self._isolates = isolates
        self._crashes = Crashes(services.paths.data)
        self._recorder: Recorder | None = None

    def open(self) -> None:
        """Count what the last daemon's end left, and begin to note calls."""
        if not self._isolates:
            return
        # Imported late, like all that only the daemon needs.
        from .flight import FILE, Recorder, read_flights

        file = self._services.paths.run / FILE
        log = self._services.log
        flights = read_flights(file)
        try:
            for flight in flights:
                log.warning(
                    "plugin %s %s: %s was under way when the last daemon went down",
                    *flight,
                )
            self._recorder = Recorder(file)
            self._crashes.count(flights, self._services.clock.now())
        except OSError as error:
            log.warning("crashes of plugins are not counted: %s", error)

    def why_unloaded(self, found: Found) -> str:
        """Return why a plugin must not be loaded, or ""."""
        if found.distribution == BUNDLED:
            return ""
        return self._crashes.why_unloaded(found.name, found.version)

    @contextmanager
    def loading(self, plugin: Plugin, doing: str) -> Iterator[None]:
        """Note that a plugin is being imported or registered."""
        if self._recorder is None or plugin.distribution == BUNDLED:
            yield
            return
        plugin.recorder = self._recorder
        with self._recorder.during(self._recorder.mark(plugin, doing)):
            yield

    def place(self, plugin: Plugin) -> None:
        """Have a registered plugin run where it should."""
        if not self._isolates:
            return
        why = self._crashes.why_outside(plugin.name, plugin.version)
        if not plugin.info.own_process and not why:
            return
        if plugin.found is None:
            plugin.note("it runs in the daemon: it has no entry point to load it by")
            return
        if why:
            plugin.note(why)
        from .outside import Outside

        plugin.outside = Outside(
            plugin,
            plugin.found,
            self._services,
            self._records.get,
            self._run,
            self._give_up,
        )

    def start(self, plugins: Iterable[Plugin]) -> None:
        """Have the plugins' worker processes started; return at once."""
        for plugin in plugins:
            if plugin.outside is not None:
                plugin.outside.want()

    def unkept(self, plugins: Iterable[Plugin]) -> list[Stage]:
        """Return what plugins wrote without a call to keep it."""
        return [
            stage
            for plugin in plugins
            if plugin.outside is not None
            for stage in plugin.outside.unkept()
        ]

    @contextmanager
    def aside(self, plugin: Plugin) -> Iterator[None]:
        """Note that a plugin's call waits for other plugins."""
        if self._recorder is None or plugin.outside is not None:
            yield
            return
        with self._recorder.aside():
            yield

    def land(self) -> None:
        """Note no more: this process leaves as it should."""
        if self._recorder is not None:
            self._recorder.close()

    def close(self, plugins: Iterable[Plugin]) -> None:
        """End the plugins' worker processes."""
        for plugin in plugins:
            if plugin.outside is not None:
                plugin.outside.close(wait=False)
        for plugin in plugins:
            if plugin.outside is not None:
                plugin.outside.close()

    def _run(self, plugin: Plugin, hook: str) -> tuple[list[Stage], str]:
        """Call one plugin's hook that takes nothing; return its failure or ""."""
        asked = self._implementations(hook)
        own = tuple(item for item in asked if item.plugin is plugin)
        if any(item.ledger.breaker.seconds_left for item in own):
            return [], "is left alone after repeated faults"
        stages, failed = self._observe(own, {})
        return stages, failed[0][1] if failed else ""
