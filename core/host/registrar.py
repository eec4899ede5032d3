"""Registering a plugin: whole, or not at all."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, TypeVar, cast

import pluggy

from hookwright.hookspecs import (
    PREFIX,
    PROJECT,
    Command,
    PluginInfo,
    RecordType,
    Tool,
)
from hookwright.hookspecs import briefing as briefing_specs
from hookwright.hookspecs import extension as extension_specs
from hookwright.hookspecs import gates as gate_specs
from hookwright.hookspecs import lifecycle as lifecycle_specs
from hookwright.hookspecs import status_line as status_line_specs
from hookwright.hookspecs import storage as storage_specs

from ..errors import PluginError
from .catalog import RESERVED_NAMES, Additions, Catalog
from .configs import OriginsOf, read_config
from .context import Services
from .events import GATE_HOOKS
from .guard import Check, dispose, instance_of, items_of
from .loading import isolated, watched
from .own_hooks import OwnHooks
from .plugin import Implementation, Plugin

T = TypeVar("T")
#: What a process may leave out that has no use for it.
Extra = Literal["tools", "commands", "installers"]
SPECIFICATIONS = (
    lifecycle_specs,
    gate_specs,
    briefing_specs,
    status_line_specs,
    storage_specs,
    extension_specs,
)
HOOKSPECS = "hookwright_register_hookspecs"
#: What `hookspecs.Adapter` and `hookspecs.Installer` must have.
ADAPTER: tuple[str, ...] = ("agent_host", "input_format", "environment", "refusable")
ADAPTER += ("refusable_events", "parse", "complete", "render")
INSTALLER = ("agent_host", "scopes", "companions", "plan", "strip", "detect")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class Registrar:
    """Puts plugins into a pluggy manager and a catalog, and takes them out again."""

    def __init__(
        self,
        services: Services,
        catalog: Catalog,
        origins_of: OriginsOf | None,
        leave_out: Collection[Extra] = (),
    ) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        for module in SPECIFICATIONS:
            self._manager.add_hookspecs(module)
        self._services = services
        self._catalog = catalog
        self._origins_of = origins_of
        self._leave_out = frozenset(leave_out)
        self._own_hooks = OwnHooks(self._manager)

    def specify(self, plugin: Plugin) -> None:
        """Take in the hook specifications of plugin's own.

        This comes before `register`, for all plugins, so that a plugin may implement
        a hook of one whose name comes later.

        :raises PluginError: they are not usable.
        """
        if self._manager.parse_hookimpl_opts(plugin.module, HOOKSPECS) is None:
            return
        sources = self._collect(getattr(plugin.module, HOOKSPECS), HOOKSPECS, None)
        isolated(lambda: self._own_hooks.add(plugin, sources), HOOKSPECS)

    def register(self, plugin: Plugin, table: Mapping[str, Any]) -> None:
        """Register plugin with all that it adds, or leave no trace of it.

        :param table: its configuration table.
        :raises PluginError: what is wrong, for people.
        """
        _check_name(plugin.name)
        if inspect.isclass(plugin.module):
            raise PluginError(
                f"it is the class {plugin.module.__name__}, not an instance: have you "
                "forgotten the ()?"
            )
        try:
            isolated(
                lambda: self._manager.register(plugin.module, plugin.name),
                "registering it",
            )
            self._check_implementations(plugin)
            self._take_in(plugin, table)
        except PluginError:
            self.unregister(plugin)
            raise

    def unregister(self, plugin: Plugin) -> None:
        """Take plugin out, with its hooks and all that it added."""
        held = self._manager.get_plugin(plugin.name)
        if held is not None and held is plugin.module:
            gates = GATE_HOOKS.values()
            plugin.gates = tuple(h for h in self.hooks_of(plugin) if h in gates)
            self._manager.unregister(name=plugin.name)
        self._catalog.remove(plugin)

    def read_config(self, plugin: Plugin, table: Mapping[str, Any]) -> None:
        """Give plugin the configuration in table; it keeps its own when that is bad.

        :raises PluginError: the table does not validate.
        """
        model = plugin.info.config
        plugin.config = read_config(plugin.name, model, table, self._origins_of)

    def implementations(
        self, hook: str, plugins: Mapping[str, Plugin]
    ) -> tuple[Implementation, ...]:
        """Return who of plugins implements hook, in call order.

        That is `tryfirst`, plain, `trylast`; among equals as they were registered.
        pluggy itself would call the last registered one first.
        """
        caller: pluggy.HookCaller | None = getattr(self._manager.hook, hook, None)
        if caller is None:
            return ()
        found = []
        count: dict[str, int] = {}
        for item in caller.get_hookimpls():
            plugin = plugins.get(item.plugin_name)
            if plugin is not None:
                # A plugin may implement one hook twice, with `specname`.
                position = count[plugin.name] = count.get(plugin.name, -1) + 1
                made = Implementation(
                    plugin, hook, item.function, tuple(item.argnames), position
                )
                found.append((_rank(item), plugin.order, made))
        found.sort(key=lambda entry: entry[:2])
        return tuple(made for _, _, made in found)

    def hooks_of(self, plugin: Plugin) -> list[str]:
        """Return the names of the hooks that plugin implements, sorted."""
        callers = self._manager.get_hookcallers(plugin.module) or []
        return sorted(caller.name for caller in callers)

    def check_call(self, hook: str, arguments: Mapping[str, object]) -> bool:
        """Check a call of a hook that a plugin specified; tell if it is `firstresult`.

        :raises LookupError: no loaded plugin specifies that hook.
        :raises TypeError: it takes other arguments.
        """
        if self._catalog.provider("hook", hook) is None:
            known = ", ".join(self._catalog.provided("hook")) or "none"
            raise LookupError(
                f"no loaded plugin specifies hook {hook!r}; specified are: {known}"
            )
        spec = getattr(self._manager.hook, hook).spec
        parameters = frozenset(spec.argnames) - {"context"}
        if parameters != set(arguments):
            wanted, given = ", ".join(sorted(parameters)), ", ".join(sorted(arguments))
            raise TypeError(f"{hook} takes ({wanted}), but was given ({given})")
        return bool(spec.opts.get("firstresult"))

    def _check_implementations(self, plugin: Plugin) -> None:
        """Refuse hooks that nobody specifies, and kinds of functions we never run."""
        for caller in self._manager.get_hookcallers(plugin.module) or []:
            for item in caller.get_hookimpls():
                if item.plugin is plugin.module:
                    _check_function(caller.name, item)
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(self._pending_problem(plugin, error)) from error
        for name in dir(plugin.module):
            if name.startswith(PREFIX) and self._lacks_mark(plugin, name):
                plugin.note(f"{name} is not called: it lacks @hookimpl")

    def _lacks_mark(self, plugin: Plugin, name: str) -> bool:
        found = inspect.getattr_static(plugin.module, name, None)
        return (
            self._has_spec(name)
            and inspect.isroutine(found)
            and not hasattr(found, f"{PROJECT}_spec")
            and self._manager.parse_hookimpl_opts(plugin.module, name) is None
        )

    def _pending_problem(self, plugin: Plugin, error: Exception) -> str:
        known = [name for name in vars(self._manager.hook) if self._has_spec(name)]
        for hook in self.hooks_of(plugin):
            if not self._has_spec(hook):
                import difflib

                near = difflib.get_close_matches(hook, known, 1, cutoff=0.8)
                cure = f"; did you mean {near[0]}?" if near else ""
                return f"it implements {hook}, which nobody specifies{cure}"
        return str(error)

    def _has_spec(self, hook: str) -> bool:
        caller = getattr(self._manager.hook, hook, None)
        return isinstance(caller, pluggy.HookCaller) and caller.has_spec()

    def _take_in(self, plugin: Plugin, table: Mapping[str, Any]) -> None:
        info = self._one(plugin, "hookwright_plugin_info", PluginInfo)
        plugin.info, plugin.informed = info or PluginInfo(), True
        try:
            self.read_config(plugin, table)
        except PluginError:
            plugin.awaits_config = True
            raise
        additions = Additions(
            records=self._all(plugin, "hookwright_register_records", RecordType),
            adapters=self._speakers(plugin, "hookwright_register_adapters", ADAPTER),
        )
        if "tools" not in self._leave_out:
            additions.tools = self._all(plugin, "hookwright_register_tools", Tool)
        if "commands" not in self._leave_out:
            additions.commands = self._all(
                plugin, "hookwright_register_commands", Command
            )
        if "installers" not in self._leave_out:
            additions.installers = self._speakers(
                plugin, "hookwright_register_installers", INSTALLER
            )
        self._catalog.check(plugin, additions)
        for record_type in additions.records:
            self._register_record(record_type)
        self._catalog.add(plugin, additions, self._own_hooks.of(plugin))

    def _register_record(self, record_type: RecordType[Any]) -> None:
        isolated(
            lambda: self._services.store.register(record_type),
            f"registering record type {record_type.name!r}",
        )

    def _one(self, plugin: Plugin, hook: str, wanted: type[T]) -> T | None:
        function = self._function(plugin, hook)
        if function is None:
            return None
        value = watched(function, hook, self._services.workers)
        _checked(value, hook, instance_of(wanted))
        return cast(T | None, value)

    def _all(self, plugin: Plugin, hook: str, wanted: type[Any] | None) -> list[Any]:
        function = self._function(plugin, hook)
        return [] if function is None else self._collect(function, hook, wanted)

    def _collect(
        self, function: Callable[[], Any], hook: str, wanted: type[Any] | None
    ) -> list[Any]:
        value = watched(function, hook, self._services.workers)
        _checked(value, hook, items_of(wanted))
        return list(value)

    def _speakers(
        self, plugin: Plugin, hook: str, wanted: tuple[str, ...]
    ) -> list[tuple[str, Any]]:
        speakers = self._all(plugin, hook, None)
        # Their properties are the plugin's code.
        return isolated(lambda: _named(speakers, hook, wanted), hook)

    def _function(self, plugin: Plugin, hook: str) -> Callable[[], Any] | None:
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        for item in caller.get_hookimpls():
            if item.plugin is plugin.module:
                return item.function
        return None


def clash(plugin: Plugin, active: Mapping[str, Plugin]) -> str:
    """Return why plugin cannot be registered beside the active ones, or ""."""
    other = active.get(plugin.name)
    if other is not None:
        return f"the name is taken by plugin {other.label}"
    for twin in active.values():
        if twin.module is plugin.module:
            return f"it is the same object as plugin {twin.label}"
    return ""


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise PluginError(
            f"the plugin name {name!r} is not usable: use lower case letters, digits "
            "and _, beginning with a letter"
        )
    if name in RESERVED_NAMES:
        raise PluginError(
            f"the plugin name {name!r} is a section of Hookwright's own configuration; "
            "rename the entry point"
        )


def _check_function(hook: str, item: pluggy.HookImpl) -> None:
    if item.wrapper or item.hookwrapper:
        raise PluginError(f"{hook} is a wrapper; only core wraps hooks")
    function = inspect.unwrap(item.function)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise PluginError(f"{hook} is an async function; write it with plain def")
    if inspect.isgeneratorfunction(function):
        raise PluginError(f"{hook} is a generator function; return a list instead")


def _checked(value: Any, hook: str, check: Check) -> None:
    if wrong := check(value):
        dispose(value)
        raise PluginError(f"{hook} {wrong}")


def _named(
    speakers: list[Any], hook: str, wanted: tuple[str, ...]
) -> list[tuple[str, Any]]:
    """Return adapters or installers with the agent hosts they speak to."""
    named = []
    for speaker in speakers:
        missing = [name for name in wanted if not hasattr(speaker, name)]
        if missing:
            raise PluginError(
                f"{hook} returned {type(speaker).__name__}, which has no "
                f"{', '.join(missing)}"
            )
        if not isinstance(speaker.agent_host, str):
            raise PluginError(f"{hook}: agent_host is {speaker.agent_host!r}, no text")
        named.append((speaker.agent_host, speaker))
    return named


def _rank(item: pluggy.HookImpl) -> int:
    return 0 if item.tryfirst else 2 if item.trylast else 1
