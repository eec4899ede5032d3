"""Hooks by which a plugin adds something to Hookwright.

Call rule of every hook here: each implementation is called once while plugins are
loaded, and its values are collected. Failure policy: a plugin whose hook raises,
returns the wrong type, or names something that another plugin already named is
unregistered whole and reported with its distribution and version; the others load.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .adapters import Adapter, Installer
from .markers import hookspec
from .plugins import PluginContext, PluginInfo
from .records import RecordType
from .tools import Command, Tool


@hookspec
def hookwright_plugin_info() -> PluginInfo:
    """Return how core is to treat this plugin. Optional: the defaults are harmless.

    :returns: summary, config model, failure policy and time budgets.

    Example::

        @hookimpl
        def hookwright_plugin_info():
            return PluginInfo(summary="Counts words.", config=WordsConfig)
    """


@hookspec
def hookwright_register_records() -> Iterable[RecordType[Any]]:
    """Return the record types that this plugin stores.

    :returns: record types with names that no other plugin uses.

    Example::

        @hookimpl
        def hookwright_register_records():
            return [NOTES]
    """


@hookspec
def hookwright_register_tools() -> Iterable[Tool]:
    """Return the tools that this plugin offers to people and agents.

    :returns: tools with names and commands that no other plugin uses.

    Example::

        @hookimpl
        def hookwright_register_tools():
            return [Tool(note_add, command=("note", "add"), writes=True)]
    """


@hookspec
def hookwright_register_commands() -> Iterable[Command]:
    """Return CLI commands that are more than one tool call.

    :returns: commands with names that neither core nor another plugin uses.

    Example::

        @hookimpl
        def hookwright_register_commands():
            return [Command("demo", "Play a day.", load=lambda: import_app())]
    """


@hookspec
def hookwright_register_adapters() -> Iterable[Adapter]:
    """Return adapters, one for each agent host this plugin speaks to.

    :returns: adapters for agent hosts that no other plugin adapts.

    Example::

        @hookimpl
        def hookwright_register_adapters():
            return [MyHostAdapter()]
    """


@hookspec
def hookwright_register_installers() -> Iterable[Installer]:
    """Return installers, one for each agent host this plugin can install into.

    :returns: installers for `hookwright install` and `hookwright doctor`.

    Example::

        @hookimpl
        def hookwright_register_installers():
            return [MyHostInstaller()]
    """


@hookspec
def hookwright_register_hookspecs() -> Iterable[object]:
    """Return modules or classes with hook specifications of this plugin's own.

    Other plugins implement them; this plugin calls them with `context.call_hook`.
    Names begin with `hookwright_` and the plugin's name. A specification may be
    `firstresult`: the first result that is not None ends the call.

    :returns: objects whose functions are marked with `hookspec`.

    Example::

        @hookimpl
        def hookwright_register_hookspecs():
            return [my_plugin.specs]
    """


@hookspec
def hookwright_startup(context: PluginContext) -> None:
    """Observe that all plugins are loaded and the store is open.

    Failure policy here: the plugin is unregistered and reported.

    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_startup(context):
            context.log.info("ready")
    """


@hookspec
def hookwright_shutdown(context: PluginContext) -> None:
    """Observe that this process is about to leave; the last flush comes after it.

    Failure policy here: reported; shutting down goes on.

    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_shutdown(context):
            context.log.info("bye")
    """
