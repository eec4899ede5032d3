"""Hook specifications that plugins bring: `hookwright_<plugin>_<name>`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import pluggy

from hookwright.hookspecs import PREFIX, PROJECT

from ..errors import PluginError
from .plugin import Plugin

_MARK = f"{PROJECT}_spec"


class OwnHooks:
    """The hooks that plugins have specified; they stay when their plugin fails.

    So a plugin that implements another's hook is not hurt by that one's fault: the
    hook is known, and nobody calls it.
    """

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self._manager = manager
        self._owners: dict[str, Plugin] = {}

    def add(self, plugin: Plugin, sources: Iterable[object]) -> None:
        """Take in the specifications in plugin's modules or classes.

        :raises PluginError: a name, an option or a source is not usable.
        """
        found = [pair for source in sources for pair in _specifications(source)]
        for hook, function in found:
            self._check(plugin, hook, function)
        for hook, function in found:
            if hook not in self._owners:
                self._add(hook, function)
            self._owners[hook] = plugin

    def of(self, plugin: Plugin) -> list[str]:
        """Return the hooks that plugin specifies."""
        return [hook for hook, owner in self._owners.items() if owner is plugin]

    def _check(self, plugin: Plugin, hook: str, function: Any) -> None:
        prefix = f"{PREFIX}{plugin.name}_"
        if not hook.startswith(prefix):
            raise PluginError(f"specifies hook {hook!r}: its name must begin {prefix}")
        owner = self._owners.get(hook)
        if owner is not None and owner.name != plugin.name:
            raise PluginError(
                f"specifies hook {hook!r}, which plugin {owner.label} has specified "
                "already; disable one of them in [plugins] disabled"
            )
        if getattr(function, _MARK).get("historic"):
            raise PluginError(
                f"specifies hook {hook!r} as historic, which Hookwright does not have"
            )

    def _add(self, hook: str, function: Any) -> None:
        namespace = type(hook, (), {hook: staticmethod(function)})
        try:
            self._manager.add_hookspecs(namespace)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(f"specifies hook {hook!r}: {error}") from error


def _specifications(source: object) -> list[tuple[str, Any]]:
    found = [
        (name, getattr(source, name))
        for name in dir(source)
        if hasattr(inspect.getattr_static(source, name, None), _MARK)
    ]
    if not found:
        raise PluginError(
            f"hookwright_register_hookspecs returned {source!r}, in which nothing is "
            "marked with @hookspec"
        )
    return found
