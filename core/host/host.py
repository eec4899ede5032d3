"""The plugin host: one typed method for each thing that is asked of plugins."""

from __future__ import annotations

import threading
from collections.abc import Collection, Generator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from hookwright.hookspecs import (
    BriefingPart,
    Decision,
    Event,
    FlushReport,
    PluginConfig,
    PromptSubmit,
    SessionStart,
    StatusPart,
    StatusQuery,
    ToolBefore,
    kind_of,
)

from ..clock import Clock
from ..errors import PluginError
from ..paths import Paths
from . import trespass
from .catalog import Catalog, Offered
from .chain import Call, Fault, Reply, Run
from .collecting import brief, call_own_hook, observe, status_parts
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
    STATUS_LINE,
)
from .gates import Judged, judge, unread
from .guard import tell_once
from .holding import Policies, is_guard, policies_of, recall_policy, stand_ins
from .isolation import IMPORTING, REGISTERING, Isolation
from .loading import import_plugin, is_set
from .logs import HOST_LOGGER, RedactingFilter, RedactingLogger
from .needs import needed
from .plugin import Implementation, Plugin, reported
from .registrar import Extra, Registrar, clash
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


class PluginHost(Offered):
    """Loads plugins, calls their hooks, and keeps each from hurting the others.

    Methods may be called from many threads at once. Those that call plugins return
    the stages with what the plugins wrote, for the caller to commit.

    :param tables: the plugins' configuration tables, by plugin name.
    :param disabled: names of plugins that are not to be loaded.
    :param redact: replaces secrets in a text.
    :param origins_of: tells where a dotted setting was set (`file:line`), or "".
    :param tables_in: gives the tables that hold in a work tree, None where its
        project changes nothing; the same object as long as they are the same.
    :param leave_out: what is not asked of plugins: `tools`, `commands`, `installers`.
    :param policies: what `policies` was when the plugins were loaded before: a guard
        that cannot be loaded today goes on answering by it.
    :param unread: why the plugins' tables could not be read, or "": a guard that has
        settings answers by its failure policy until they can.
    :param isolate: whether this process is to outlive its plugins: then those that
        ask for it, or have ended it before, run in worker processes.
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
        leave_out: Collection[Extra] = (),
        policies: Policies | None = None,
        unread: str = "",
        isolate: bool = False,
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
            trace=is_set(TRACE_VARIABLE),
            config_in=ProjectConfigs(tables_in, redacting).config_in,
            call_hook=self._call_hook,
        )
        self._catalog = Catalog()
        self._registrar = Registrar(
            self._services, self._catalog, origins_of, leave_out
        )
        self._tables = tables
        self._disabled = frozenset(disabled)
        self._policies = policies or {}
        self._unread = unread
        #: Registered plugins by name; the others are only reported.
        self._active: dict[str, Plugin] = {}
        self._absent: list[Plugin] = []
        self._called: dict[str, tuple[Implementation, ...]] = {}
        self._lock = threading.RLock()
        self._isolation = Isolation(
            self._services,
            self._catalog.records,
            self._implementations,
            self._observe,
            self._drop,
            isolates=isolate,
        )

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

    @property
    def answering(self) -> Mapping[str, tuple[str, ...]]:
        """Return which plugins an answer needs; see `needs.needed`."""
        return needed(self._catalog, self._implementations)

    @property
    def policies(self) -> Policies:
        """Return the failure policy and the gate hooks of each guard, loaded or not."""
        hooks = GATE_HOOKS.values()
        return policies_of(
            item for hook in hooks for item in self._implementations(hook)
        )

    def load(
        self, *, entry_points: bool = True, only: Collection[str] | None = None
    ) -> None:
        """Load the installed plugins, in order of their names.

        Nothing is imported when `HOOKWRIGHT_NO_PLUGINS` is set. A plugin that cannot
        be loaded is in the report and hurts no other.

        :param entry_points: False loads none, not even a list of them.
        :param only: names of those to load; all when None.
        """
        if not entry_points:
            return
        found = discover(self._services.paths.run)
        if only is not None:
            found = [item for item in found if item.name in only]
        with self._lock:
            if is_set(NO_PLUGINS_VARIABLE):
                why = f"{NO_PLUGINS_VARIABLE} is set"
                self._absent += [Plugin.of(item, "blocked", why) for item in found]
                return
            self._isolation.open()
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

    def decide(
        self, event: PromptSubmit | ToolBefore, deadline: float | None = None
    ) -> Judged:
        """Return what the plugins make of a prompt or a tool call.

        :param deadline: monotonic seconds at which the decision is due; failure
            policies answer for those who have not by then.
        """
        asked = self._implementations(GATE_HOOKS[kind_of(event)])
        return self._run(judge(self._services, asked, event, deadline))

    def decide_here(
        self,
        event: PromptSubmit | ToolBefore,
        deadline: float | None,
        hand_on: Callable[[Callable[[], Judged]], None],
    ) -> None:
        """Decide in this thread, which a plugin that hangs keeps for itself.

        :param hand_on: called once, in whichever thread comes to the end, with a
            function that returns what `decide` does.
        """
        asked = self._implementations(GATE_HOOKS[kind_of(event)])
        script = judge(self._services, asked, event, deadline)
        Run(script, self._services.workers).start(self._services.overseer, hand_on)

    def failures_default(
        self, kind: str, failure: str = "could not be shown the event"
    ) -> Decision:
        """Return the decision on an event of that kind which nobody can judge.

        It is what the gates' `on_gate_failure` say; no opinion for other kinds.

        :param failure: why nobody can; reads after "it".
        """
        hook = GATE_HOOKS.get(kind)
        if hook is None:
            return Decision()
        return unread(self._implementations(hook), failure)

    def briefing(self, event: SessionStart) -> tuple[list[BriefingPart], list[Stage]]:
        """Return all that plugins would tell the model; `cut_briefing` cuts it."""
        asked = self._implementations(BRIEFING)
        if not asked:
            return [], []
        return self._run(brief(self._services, asked, {"event": event}))

    def status_line(self, query: StatusQuery) -> list[StatusPart]:
        """Return what plugins would show at a glance; what they write is dropped."""
        asked = self._implementations(STATUS_LINE)
        if not asked:
            return []
        return self._run(status_parts(self._services, asked, {"query": query}))

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
        """Tell that all is loaded; a plugin that fails now is unregistered.

        One in a worker process is told when that is up.
        """
        asked = self._implementations(STARTUP)
        inside = tuple(item for item in asked if item.outside is None)
        stages, failed = self._observe(inside, {})
        for plugin, failure in failed:
            self._drop(plugin, f"{STARTUP} {failure}")
        return stages

    def start_workers(self) -> None:
        """Have the plugins' worker processes started before an event needs them."""
        self._isolation.start(self._active.values())

    def shutdown(self) -> list[Stage]:
        """Tell that this process is about to leave."""
        self._isolation.land()
        asked = self._implementations(SHUTDOWN)
        there = tuple(i for i in asked if i.outside is None or i.outside.is_up)
        stages, _ = self._observe(there, {})
        return stages + self._isolation.unkept(self._active.values())

    def close(self) -> None:
        """End the plugins' worker processes; no plugin is called after this."""
        self._isolation.close(self._active.values())

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
        return reported([*self._active.values(), *self._absent])

    def reconfigure(self, tables: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Take new configuration tables; return what is wrong with them, for people.

        A plugin whose table does not validate keeps the configuration it had. One
        that was not loaded for its table's sake is tried again.
        """
        problems = []
        with self._lock:
            self._tables = tables
            self._unread = ""
            for plugin in self._active.values():
                try:
                    self._registrar.read_config(plugin, tables.get(plugin.name, {}))
                except PluginError as error:
                    text = self._services.redact(str(error))
                    problems.append(f"plugin {plugin.label}: {text}")
                else:
                    plugin.held = ""
            for plugin in self._waiting():
                self._absent.remove(plugin)
                plugin.state, plugin.awaits_config = "active", False
                plugin.held = ""
                if not self._register(plugin):
                    problems.append(f"plugin {plugin.label}: {plugin.why}")
        return problems

    def _import(self, found: Found) -> Plugin | None:
        """Return the plugin with its module, or None when it is not to be loaded."""
        plugin = Plugin.of(found)
        if found.name in self._disabled and found.distribution != BUNDLED:
            self._block(plugin)
            return None
        if why := self._isolation.why_unloaded(found):
            self._fail(plugin, why)
            return None
        try:
            with self._isolation.loading(plugin, IMPORTING):
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
            with self._isolation.loading(plugin, REGISTERING):
                self._registrar.specify(plugin)
        except PluginError as error:
            self._fail(plugin, str(error))
            return False
        return True

    def _register(self, plugin: Plugin) -> bool:
        if why := clash(plugin, self._active):
            self._fail(plugin, why)
            return False
        table = self._tables.get(plugin.name, {})
        try:
            with self._isolation.loading(plugin, REGISTERING):
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
        self._isolation.place(plugin)
        if self._unread and is_guard(plugin) and plugin.info.config.model_fields:
            plugin.held = f"does not know its settings: {self._unread}"
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
        if plugin.outside is not None:
            plugin.outside.close(wait=False)
            plugin.outside = None
        recall_policy(plugin, self._policies.get(plugin.name))
        if is_guard(plugin):
            plugin.held = f"is not loaded: {plugin.why}"
        tell_once(self._services, plugin, "is not loaded:", Fault("wrong", plugin.why))

    def _drop(self, plugin: Plugin, why: str) -> None:
        """Take out a registered plugin."""
        with self._lock:
            self._registrar.unregister(plugin)
            self._fail(plugin, why)

    def _waiting(self) -> list[Plugin]:
        return [plugin for plugin in self._absent if plugin.awaits_config]

    def _implementations(self, hook: str) -> tuple[Implementation, ...]:
        called = self._called
        found = called.get(hook)
        if found is None:
            with self._lock:
                found = self._registrar.implementations(hook, self._active)
                absent = [p for p in self._absent if p.name not in self._active]
                found += stand_ins(hook, absent)
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
        if context.depth >= MAX_DEPTH:
            raise RecursionError(
                f"{hook}: hooks call each other more than {MAX_DEPTH} deep"
            )
        first_result = self._registrar.check_call(hook, arguments)
        asked = self._implementations(hook)
        with self._isolation.aside(context.plugin):
            return self._run(
                call_own_hook(self._services, asked, arguments, context, first_result)
            )
