"""What a plugin is handed in one call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from hookwright.hookspecs import PluginConfig

from ..clock import Clock
from ..errors import PluginError
from ..paths import Paths, make_private
from .logs import PLUGIN_LOGGER, RedactingFilter, RedactingLogger
from .overseer import Overseer
from .plugin import Plugin
from .storing import CallStore, StoreLike
from .workers import Workers

if TYPE_CHECKING:
    from ..store import Stage

C = TypeVar("C", bound=BaseModel)
#: A hook that calls a hook that calls a hook ...: more is taken for a circle.
MAX_DEPTH = 8
#: Part of the caller's remaining time that a nested call may use.
_NESTED_SHARE = 0.8


@dataclass(frozen=True)
class Services:
    """What contexts hand on to plugins, and what calls are made with."""

    store: StoreLike
    clock: Clock
    paths: Paths
    redact: Callable[[str], str]
    redacting: RedactingFilter
    workers: Workers
    log: RedactingLogger
    #: Log every call.
    trace: bool
    #: A plugin's config as it holds in a work tree.
    config_in: Callable[[Plugin, str], PluginConfig]
    #: Calls a hook that a plugin specified.
    call_hook: Callable[[CallContext, str, Mapping[str, object]], list[Any]]
    #: Watches the calls that nobody waits for.
    overseer: Overseer = field(default_factory=Overseer)


class CallContext:
    """One plugin's context in one call; it implements `hookspecs.PluginContext`.

    :param writable: whether `store` takes writes.
    :param budget: seconds that the call may take; None when nobody watches it.
    :param outer: the context of the call that led to this one.
    :param worktree: where the event happened; "" for what belongs to no project.
    """

    __slots__ = (
        "_ends_at",
        "_over",
        "_services",
        "_store",
        "_worktree",
        "_writable",
        "depth",
        "from_agent",
        "nested",
        "plugin",
    )

    def __init__(
        self,
        services: Services,
        plugin: Plugin,
        *,
        from_agent: bool = False,
        writable: bool = True,
        budget: float | None = None,
        outer: CallContext | None = None,
        worktree: str = "",
    ) -> None:
        self.plugin = plugin
        #: Whether an agent, not a person, made this call.
        self.from_agent = from_agent
        self.depth: int = 0 if outer is None else outer.depth + 1
        #: What other plugins staged in calls made from this one.
        self.nested: list[Stage] = []
        self._services = services
        self._writable = writable
        self._worktree: str = worktree if outer is None else outer._worktree
        self._ends_at = None if budget is None else time.monotonic() + budget
        self._store: CallStore | None = None
        self._over = False

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.plugin.name

    @property
    def store(self) -> CallStore:
        """The store, as this call sees it."""
        store = self._store
        if store is None:
            store = CallStore(self._services.store, self.name, self._writable)
            # First kept, then looked at: abandon() sees the one or we see the other.
            self._store = store
            if self._over:
                store.abandon()
        return store

    @property
    def log(self) -> RedactingLogger:
        """A logger of the plugin's own; messages are redacted."""
        if self.plugin.log is None:
            self.plugin.log = RedactingLogger(
                f"{PLUGIN_LOGGER}.{self.name}", self._services.redacting
            )
        return self.plugin.log

    @property
    def state_dir(self) -> Path:
        """A directory of the plugin's own, made at first use (mode 0700)."""
        above = self._services.paths.plugin_state
        make_private(above)
        directory = above / self.name
        directory.mkdir(mode=0o700, exist_ok=True)
        return directory

    def config(self, model: type[C]) -> C:
        """Return the plugin's validated config, an instance of its config model.

        In a hook that is given an event it is what holds in the event's project.
        """
        config = self._services.config_in(self.plugin, self._worktree)
        if not isinstance(config, model):
            raise PluginError(
                f"plugin {self.name}: its config model is {type(config).__name__}, "
                f"not {model.__name__}; name that model in PluginInfo(config=...)"
            )
        return config

    def now(self) -> datetime:
        """Return the time in UTC; it never goes backwards."""
        return self._services.clock.now()

    def new_id(self) -> str:
        """Return a ULID: 26 characters that sort by time and never repeat."""
        return self._services.clock.new_id()

    def redact(self, text: str) -> str:
        """Return text with every secret replaced by its token."""
        return self._services.redact(text)

    def call_hook(self, hook: str, /, **arguments: object) -> list[Any]:
        """Call a hook that a plugin specified; return the results, failures left out.

        Each implementation gets at most what is left of this call's own time, and
        what it writes is kept when this call is.

        :raises LookupError: no loaded plugin specifies that hook.
        """
        if self._over:
            raise PluginError(
                f"plugin {self.name}: call_hook({hook!r}) was used after its call "
                "had ended"
            )
        return self._services.call_hook(self, hook, arguments)

    def share(self, budget: float) -> float:
        """Return the seconds that a call nested in this one may take."""
        if self._ends_at is None:
            return budget
        left = (self._ends_at - time.monotonic()) * _NESTED_SHARE
        return max(0.0, min(budget, left))

    def begin(self, budget: float) -> None:
        """Let the call's time begin now: what it ran in was not ready before.

        :param budget: seconds that the call may take.
        """
        self._ends_at = time.monotonic() + budget

    def abandon(self) -> None:
        """Cut the call off from the store; never waits."""
        self._over = True
        if self._store is not None:
            self._store.abandon()

    def end(self) -> list[Stage]:
        """End the call; return what it staged.

        :raises PluginError: a thread that the plugin started is still writing.
        """
        self._over = True
        if self._store is None:
            return self.nested
        stage = self._store.end()
        return self.nested if stage is None else [stage, *self.nested]
