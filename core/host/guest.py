"""A plugin in its worker process: loaded once, called from many threads."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

import pluggy

from hookwright.hookspecs import PROJECT, Tool

from .chain import describe
from .channel import Channel
from .discovery import Found
from .logs import PLUGIN_LOGGER
from .messages import Given, Raised, Request, raised
from .outside_context import Desk, OutsideContext
from .tool_calls import jsonable, validated

#: What the daemon calls while it loads a plugin, in that order. They are called here
#: too: a plugin may make in them what its hooks need.
_REGISTERING = tuple(
    f"hookwright_{name}"
    for name in (
        *("register_hookspecs", "plugin_info", "register_records", "register_adapters"),
        *("register_tools", "register_commands", "register_installers"),
    )
)


class LoadError(Exception):
    """The plugin cannot be loaded here; the text says why."""


class Guest:
    """The one plugin that a worker process runs.

    :raises LoadError: importing it or one of its registering hooks raised.
    """

    def __init__(self, found: Found) -> None:
        self._name = found.name
        self._log = logging.getLogger(f"{PLUGIN_LOGGER}.{found.name}")
        plugin = _attempt(found.load, "importing it")
        if inspect.isclass(plugin):
            plugin = _attempt(plugin, f"{plugin.__name__}()")
        self._hooks: dict[str, list[pluggy.HookImpl]] = {}
        manager = pluggy.PluginManager(PROJECT)
        manager.register(plugin, found.name)
        for caller in manager.get_hookcallers(plugin) or ():
            self._hooks[caller.name] = caller.get_hookimpls()
        made = {name: self._registering(name) for name in _REGISTERING}
        self._tools: dict[str, Tool] = {
            tool.name: tool for tool in made["hookwright_register_tools"] or ()
        }

    def answer(self, request: Request, channel: Channel) -> Given | Raised:
        """Make one call; whatever it raises is part of the answer.

        :param channel: where the plugin's context asks the daemon.
        """
        logging.getLogger(PLUGIN_LOGGER).setLevel(request.level)
        desk = Desk(self._name, channel)
        context = OutsideContext(desk, self._log, request.from_agent)
        call = self._hook if request.kind == "hook" else self._tool
        try:
            value = call(request, context)
        except BaseException as error:  # noqa: BLE001 - a plugin may call sys.exit
            answer: Given | Raised = raised(error)
        else:
            answer = Given(value)
        desk.close()
        return answer

    def _hook(self, request: Request, context: OutsideContext) -> Any:
        item = self._hooks[request.name][request.position]
        values = {**request.values, "context": context}
        return item.function(*[values[name] for name in item.argnames])

    def _tool(self, request: Request, context: OutsideContext) -> Any:
        tool = self._tools[request.name]
        values = validated(tool, request.values)
        return jsonable(tool.function(context, **values))

    def _registering(self, hook: str) -> Any:
        found = self._hooks.get(hook)
        if not found:
            return None
        made = _attempt(found[0].function, hook)
        return made if hook == "hookwright_plugin_info" else list(made)


def _attempt(function: Callable[[], Any], doing: str) -> Any:
    try:
        return function()
    except BaseException as error:  # a plugin may call sys.exit
        raise LoadError(f"{doing} raised {describe(error)}") from error
