"""The plugin host: one typed method for each thing that is asked of plugins."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Generator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from hookwright.hookspecs import (
    Adapter,
    BriefingPart,
    Command,
    Decision,
    Event,
    FlushReport,
    Installer,
    PluginConfig,
    PromptSubmit,
    RecordType,
    SessionStart,
    Tool,
    ToolBefore,
    kind_of,
)

from ..clock import Clock
from ..errors import PluginError
from ..paths import Paths
from . import trespass
from .catalog import Catalog
from .chain import Call, Fault, Reply, Run
from .collecting import brief, call_own_hook, observe
from .configs import OriginsOf, ProjectConfigs, TablesIn
from .context import MAX_DEPTH, CallContext, Services
from .discovery import Found, discover
from .events import (
    BRIEFING,
    EVERY_EVENT,
    FLUSH_AFTER,
    GATE_HOOKS,
    OBSERVE_HOOKS,
    SHUTDOWN,
    STARTUP,
)
from .gates import judge_prompt, judge_tool, unread
from .guard import tell_once
from .loading import import_plugin
from .logs import HOST_LOGGER, RedactingFilter, RedactingLogger
from .plugin import Implementation, Plugin
from .registrar import Registrar
from .status import BUNDLED, PluginStatus
from .storing import StoreLike
from .tool_calls import call_tool, unknown_tool
from .workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..store import Stage

R = TypeVar("R")
NO_PLUGINS_VARIABLE = "HOOKWRIGHT_NO_PLUGINS"
TRACE_VARIABLE = "HOOKWRIGHT_TRACE_PLUGINS"


class PluginHost:
    """Loads plugins, calls their hooks, and keeps each from hurting the others.

    Methods may be called from many threads at once. Those that call plugins return
    the stages with what the plugins wrote, for the caller to commit.

    :param tables: the plugins' configuration tables, by plugin name.
    :param disabled: names of plugins that are not to be loaded.
    :param redact: replaces secrets in a text.
    :param origins_of: tells where a dotted setting was set (`file:line`), or "".
    :param tables_in: gives the tables that hold in a work tree, None where its
        project changes nothing; the same object as long as they are the same.
    """

    def __init__(
        self,
        *,
        store: StoreLike,
        clock: Clock,
        paths: Paths,
        tables: Mapping[str, Mapping[str, Any]],
        disabled: Collection[str] = (),
        redact: Callable[[str], str],
        origins_of: OriginsOf | None = None,
        tables_in: TablesIn | None = None,
    ) -> None:
        trespass.watch()
        redacting = RedactingFilter(redact)
        self._services = Services(
            store=store,
            clock=clock,
            paths=paths,
            redact=redact,
            redacting=redacting,
            workers=Workers(),
            log=RedactingLogger(HOST_LOGGER, redacting),
            trace=_is_set(TRACE_VARIABLE),
            config_in=ProjectConfigs(tables_in, redacting).config_in,
            call_hook=self._call_hook,
        )
        self._catalog = Catalog()
        self._registrar = Registrar(self._services, self._catalog, origins_of)
        self._tables = tables
        self._disabled = frozenset(disabled)
        #: Registered plugins by name; the others are only reported.
        self._active: dict[str, Plugin] = {}
        self._absent: list[Plugin] = []
        self._called: dict[str, tuple[Implementation, ...]] = {}
        self._lock = threading.RLock()

    @property
    def adapters(self) -> Mapping[str, Adapter]:
        """Return the adapters by agent host."""
        return self._catalog.adapters

    @property
    def installers(self) -> Mapping[str, Installer]:
        """Return the installers by agent host."""
        return self._catalog.installers

    @property
    def record_types(self) -> Mapping[str, RecordType[Any]]:
        """Return the record types by name."""
        return self._catalog.records

    @property
    def tools(self) -> Mapping[str, Tool]:
        """Return the tools by name."""
        return self._catalog.tools

    @property
    def commands(self) -> Mapping[str, Command]:
        """Return the commands that are no tools, by name."""
        return self._catalog.commands

    @property
    def plugin_models(self) -> Mapping[str, type[PluginConfig]]:
        """Return the config models by plugin, of those with a bad table too."""
        plugins = [*self._waiting(), *self._active.values()]
        return {plugin.name: plugin.info.config for plugin in plugins}

    @property
    def project_may_set(self) -> Mapping[str, tuple[str, ...]]:
        """Return, by plugin, the settings that an untrusted project may set."""
        return {
            plugin.name: plugin.info.project_may_set
            for plugin in self._active.values()
            if plugin.info.project_may_set
        }

    def load(self, *, entry_points: bool = True) -> None:
        """Load the installed plugins, in order of their names.

        Nothing is imported when `HOOKWRIGHT_NO_PLUGINS` is set. A plugin that cannot
        be loaded is in the report and hurts no other.

        :param entry_points: False loads none, not even a list of them.
        """
        if not entry_points:
            return
        found = discover(self._services.paths.run)
        with self._lock:
            if _is_set(NO_PLUGINS_VARIABLE):
                why = f"{NO_PLUGINS_VARIABLE} is set"
                self._absent += [_plugin(item, "blocked", why) for item in found]
                return
            plugins = [plugin for item in found if (plugin := self._import(item))]
            for plugin in plugins:
                self._specify(plugin)
            for plugin in plugins:
                if plugin.state == "active":
                    self._register(plugin)

    def register(
        self, plugin: object, name: str, distribution: str = "", version: str = ""
    ) -> bool:
        """Register a plugin that is already imported; return whether it is active."""
        with self._lock:
            item = Plugin(name, distribution, version, module=plugin)
            if name in self._disabled and distribution != BUNDLED:
                self._block(item)
                return False
            return self._specify(item) and self._register(item)

    def decide_prompt(self, event: PromptSubmit) -> tuple[Decision, list[Stage]]:
        """Return what the plugins make of a prompt."""
        asked = self._implementations(GATE_HOOKS["prompt_submit"])
        if not asked:
            return Decision(), []
        return self._run(judge_prompt(self._services, asked, event))

    def decide_tool(self, event: ToolBefore) -> tuple[Decision, list[Stage]]:
        """Return what the plugins make of a tool call."""
        asked = self._implementations(GATE_HOOKS["tool_before"])
        if not asked:
            return Decision(), []
        return self._run(judge_tool(self._services, asked, event))

    def failures_default(self, kind: str) -> Decision:
        """Return the decision on an event of that kind which nobody can read.

        It is what the gates' `on_gate_failure` say; no opinion for other kinds.
        """
        hook = GATE_HOOKS.get(kind)
        if hook is None:
            return Decision()
        return unread(self._implementations(hook), "could not be shown the event")

    def briefing(self, event: SessionStart) -> tuple[list[BriefingPart], list[Stage]]:
        """Return all that plugins would tell the model; `cut_briefing` cuts it."""
        asked = self._implementations(BRIEFING)
        if not asked:
            return [], []
        return self._run(brief(self._services, asked, {"event": event}))

    def observe(self, event: Event) -> list[Stage]:
        """Show an event to those who observe all, then to those of its own kind."""
        own = OBSERVE_HOOKS.get(kind_of(event))
        asked = self._implementations(EVERY_EVENT)
        if own is not None:
            asked += self._implementations(own)
        return self._observe(asked, {"event": event})[0]

    def flush_after(self, report: FlushReport) -> list[Stage]:
        """Tell that the store was flushed."""
        return self._observe(self._implementations(FLUSH_AFTER), {"report": report})[0]

    def startup(self) -> list[Stage]:
        """Tell that all is loaded; a plugin that fails now is unregistered."""
        stages, failed = self._observe(self._implementations(STARTUP), {})
        for plugin, failure in failed:
            with self._lock:
                self._registrar.unregister(plugin)
                self._fail(plugin, f"{STARTUP} {failure}")
        return stages

    def shutdown(self) -> list[Stage]:
        """Tell that this process is about to leave."""
        return self._observe(self._implementations(SHUTDOWN), {})[0]

    def call_tool(
        self, name: str, arguments: Mapping[str, Any], *, from_agent: bool
    ) -> tuple[Any, list[Stage]]:
        """Call a tool; return its result as a JSON value.

        It runs in the caller's thread: a tool may take as long as it must.

        :raises UnknownNameError: there is no such tool.
        :raises ToolError: the call is not allowed, does not fit, or failed.
        """
        tool = self._catalog.tools.get(name)
        plugin = self._catalog.provider("tool", name)
        if tool is None or plugin is None:
            raise unknown_tool(name, self._catalog.provided("tool"))
        return call_tool(self._services, tool, plugin, arguments, from_agent=from_agent)

    def report(self) -> list[PluginStatus]:
        """Return every plugin's state, by name."""
        plugins = [*self._active.values(), *self._absent]
        return sorted(
            (plugin.status() for plugin in plugins),
            key=lambda status: (status.name, status.state != "active"),
        )

    def reconfigure(self, tables: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Take new configuration tables; return what is wrong with them, for people.

        A plugin whose table does not validate keeps the configuration it had. One
        that was not loaded for its table's sake is tried again.
        """
        problems = []
        with self._lock:
            self._tables = tables
            for plugin in self._active.values():
                try:
                    self._registrar.read_config(plugin, tables.get(plugin.name, {}))
                except PluginError as error:
                    text = self._services.redact(str(error))
                    problems.append(f"plugin {plugin.label}: {text}")
            for plugin in self._waiting():
                self._absent.remove(plugin)
                plugin.state, plugin.awaits_config = "active", False
                if not self._register(plugin):
                    problems.append(f"plugin {plugin.label}: {plugin.why}")
        return problems

    def _import(self, found: Found) -> Plugin | None:
        """Return the plugin with its module, or None when it is not to be loaded."""
        plugin = _plugin(found)
        if found.name in self._disabled and found.distribution != BUNDLED:
            self._block(plugin)
            return None
        try:
            plugin.module = import_plugin(found, self._services.workers)
        except PluginError as error:
            if found.name in self._disabled:
                self._block(plugin)
            else:
                self._fail(plugin, str(error))
            return None
        return plugin

    def _specify(self, plugin: Plugin) -> bool:
        try:
            self._registrar.specify(plugin)
        except PluginError as error:
            self._fail(plugin, str(error))
            return False
        return True

    def _register(self, plugin: Plugin) -> bool:
        other = self._active.get(plugin.name)
        if other is not None:
            self._fail(plugin, f"the name is taken by plugin {other.label}")
            return False
        twin = next(
            (p for p in self._active.values() if p.module is plugin.module), None
        )
        if twin is not None:
            self._fail(plugin, f"it is the same object as plugin {twin.label}")
            return False
        table = self._tables.get(plugin.name, {})
        try:
            self._registrar.register(plugin, table)
        except PluginError as error:
            if plugin.name in self._disabled:
                self._block(plugin)
            else:
                self._fail(plugin, str(error))
            return False
        if plugin.name in self._disabled and not self._stays(plugin):
            return False
        plugin.why = ""
        plugin.order = 1 + max(
            (item.order for item in self._active.values()), default=0
        )
        for hook in self._registrar.hooks_of(plugin):
            if "_register_" not in hook and hook != "hookwright_plugin_info":
                plugin.ledger(hook)
        self._active = {**self._active, plugin.name: plugin}
        self._called = {}
        return True

    def _stays(self, plugin: Plugin) -> bool:
        """Return whether a disabled plugin of ours is essential; else take it out."""
        if plugin.info.essential:
            plugin.note("it is essential, so [plugins] disabled does not apply")
            self._services.log.warning(
                "plugin %s is essential and cannot be disabled", plugin.label
            )
            return True
        self._registrar.unregister(plugin)
        self._block(plugin)
        return False

    def _block(self, plugin: Plugin) -> None:
        plugin.state, plugin.why = "blocked", "it is listed in [plugins] disabled"
        self._absent.append(plugin)

    def _fail(self, plugin: Plugin, why: str) -> None:
        plugin.state, plugin.why = "failed", self._services.redact(why)
        self._active = {
            name: item for name, item in self._active.items() if item is not plugin
        }
        self._called = {}
        self._absent.append(plugin)
        tell_once(self._services, plugin, "is not loaded:", Fault("wrong", plugin.why))

    def _waiting(self) -> list[Plugin]:
        return [plugin for plugin in self._absent if plugin.awaits_config]

    def _implementations(self, hook: str) -> tuple[Implementation, ...]:
        called = self._called
        found = called.get(hook)
        if found is None:
            with self._lock:
                found = self._registrar.implementations(hook, self._active)
                self._called[hook] = found
        return found

    def _observe(
        self, asked: tuple[Implementation, ...], values: Mapping[str, Any]
    ) -> tuple[list[Stage], list[tuple[Plugin, str]]]:
        if not asked:
            return [], []
        return self._run(observe(self._services, asked, values))

    def _run(self, script: Generator[Call, Reply, R]) -> R:
        return Run(script, self._services.workers).execute()

    def _call_hook(
        self, context: CallContext, hook: str, arguments: Mapping[str, object]
    ) -> list[Any]:
        if self._catalog.provider("hook", hook) is None:
            known = ", ".join(self._catalog.provided("hook")) or "none"
            raise LookupError(
                f"no loaded plugin specifies hook {hook!r}; specified are: {known}"
            )
        if context.depth >= MAX_DEPTH:
            raise RecursionError(
                f"{hook}: hooks call each other more than {MAX_DEPTH} deep"
            )
        parameters, first_result = self._registrar.specification(hook)
        if parameters - {"context"} != set(arguments):
            wanted = ", ".join(sorted(parameters - {"context"}))
            given = ", ".join(sorted(arguments))
            raise TypeError(f"{hook} takes ({wanted}), but was given ({given})")
        asked = self._implementations(hook)
        return self._run(
            call_own_hook(self._services, asked, arguments, context, first_result)
        )


def _plugin(found: Found, state: Any = "active", why: str = "") -> Plugin:
    return Plugin(found.name, found.distribution, found.version, state=state, why=why)


def _is_set(variable: str) -> bool:
    value = os.environ.get(variable, "").strip().lower()
    return value not in ("", "0", "false", "no", "off")
