"""One plugin as the host holds it, and one implementation of a hook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hookwright.hookspecs import PluginConfig, PluginInfo

from .ledger import Ledger
from .logs import RedactingLogger
from .status import PluginSource, PluginState, PluginStatus, label, source_of

if TYPE_CHECKING:
    from .discovery import Found
    from .flight import Recorder
    from .outside import Outside


@dataclass(eq=False)
class Plugin:
    """A plugin, loaded or not, and all the host knows of it."""

    name: str
    distribution: str
    version: str
    #: The module or instance; None while it is not loaded or could not be.
    module: object | None = None
    state: PluginState = "active"
    why: str = ""
    info: PluginInfo = field(default_factory=PluginInfo)
    config: PluginConfig = field(default_factory=PluginConfig)
    notes: list[str] = field(default_factory=list)
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    #: Position in registration order; 0 is first.
    order: int = 0
    #: Its config table does not validate; a better one may bring it back.
    awaits_config: bool = False
    #: `info` is the plugin's own word.
    informed: bool = False
    #: The gate hooks that it is known to implement, when it is not registered.
    gates: tuple[str, ...] = ()
    #: Why its gates answer by `on_gate_failure` without being asked, or "".
    held: str = ""
    #: Faults already in the log, so that each is told once.
    told: set[tuple[str, str]] = field(default_factory=set)
    log: RedactingLogger | None = None
    #: Its entry point; None when it was registered by hand.
    found: Found | None = None
    #: Notes its calls, so that the next daemon knows what ended this one.
    recorder: Recorder | None = None
    #: Its worker process; None while it runs in this one.
    outside: Outside | None = None

    @classmethod
    def of(cls, found: Found, state: PluginState = "active", why: str = "") -> Plugin:
        """Return a plugin that is not loaded yet, from its entry point."""
        return cls(
            found.name,
            found.distribution,
            found.version,
            state=state,
            why=why,
            found=found,
        )

    @property
    def label(self) -> str:
        """Return `name (distribution version)`."""
        return label(self.name, self.distribution, self.version)

    @property
    def source(self) -> PluginSource:
        """Return where it comes from."""
        return source_of(self.distribution)

    def ledger(self, hook: str) -> Ledger:
        """Return the ledger of one of its hooks, a new one at first."""
        found = self.ledgers.get(hook)
        if found is None:
            found = self.ledgers.setdefault(hook, Ledger(hook))
        return found

    def mark(self, hook: str) -> bytes:
        """Return what the flight recorder notes while that hook is called.

        Nothing for a bundled plugin, or where no daemon runs: see `flight`.
        """
        return b"" if self.recorder is None else self.recorder.mark(self, hook)

    def note(self, text: str) -> None:
        """Keep a note for the report, once."""
        if text not in self.notes:
            self.notes.append(text)

    def status(self) -> PluginStatus:
        """Return what the report says of it."""
        hooks = tuple(ledger.status() for _, ledger in sorted(self.ledgers.items()))
        tripped = [hook for hook in hooks if hook.tripped]
        state, why = self.state, self.why
        if state == "active" and tripped:
            state = "tripped"
            why = "; ".join(
                f"{hook.hook} is left alone for {hook.retry_in_s:.0f} s after "
                f"repeated faults ({hook.last_error})"
                for hook in tripped
            )
        return PluginStatus(
            name=self.name,
            distribution=self.distribution,
            version=self.version,
            source=self.source,
            summary=self.info.summary,
            state=state,
            why=why,
            hooks=hooks,
            notes=tuple(self.notes),
            own_process=self.outside is not None,
            process=None if self.outside is None else self.outside.pid,
        )


def reported(plugins: Iterable[Plugin]) -> list[PluginStatus]:
    """Return the plugins' states, by name."""
    return sorted(
        (plugin.status() for plugin in plugins),
        key=lambda status: (status.name, status.state != "active"),
    )


class Implementation:
    """One plugin's function for one hook.

    :param parameters: names of what it takes, in order; fewer than the hook has.
    :param position: which it is of the plugin's implementations of this hook.
    """

    __slots__ = (
        "function",
        "gate_budget",
        "hook",
        "ledger",
        "mark",
        "observe_budget",
        "outside",
        "parameters",
        "plugin",
        "position",
        "takes_context",
    )

    def __init__(
        self,
        plugin: Plugin,
        hook: str,
        function: Callable[..., Any],
        parameters: tuple[str, ...],
        position: int = 0,
    ) -> None:
        self.plugin = plugin
        self.position = position
        self.outside = plugin.outside
        #: What the flight recorder notes while it is called in this process.
        self.mark = b"" if plugin.outside else plugin.mark(hook)
        self.hook = hook
        self.function = function
        self.parameters = parameters
        self.ledger = plugin.ledger(hook)
        self.takes_context = "context" in parameters
        #: Seconds that one call may take, while the agent waits and after.
        self.gate_budget = plugin.info.gate_budget_ms / 1000
        self.observe_budget = plugin.info.observe_budget_ms / 1000

    def arguments(
        self, values: Mapping[str, Any], context: object | None
    ) -> tuple[Any, ...]:
        """Return the values of its parameters, in order."""
        return tuple(
            [context if name == "context" else values[name] for name in self.parameters]
        )
