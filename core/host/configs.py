"""A plugin's configuration table, as its own model or as a message for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from hookwright.hookspecs import PluginConfig

from ..errors import PluginError
from .chain import describe
from .logs import HOST_LOGGER, RedactingFilter, RedactingLogger
from .plugin import Plugin

#: Gives, for a dotted setting, where it was set (`file:line`), or "".
OriginsOf = Callable[[str], str]
#: Gives the tables that hold in a work tree, or None where the user's do.
TablesIn = Callable[[str], Mapping[str, Mapping[str, Any]] | None]


def read_config(
    plugin: str,
    model: type[PluginConfig],
    table: Mapping[str, Any],
    origins_of: OriginsOf | None = None,
) -> PluginConfig:
    """Return table as the plugin's config model.

    :raises PluginError: the text names each key, its value, where it was set and what
        is accepted.
    """
    try:
        return model.model_validate(dict(table))
    except ValidationError as error:
        problems = []
        for item in error.errors(include_url=False):
            key = ".".join(str(part) for part in (plugin, *item["loc"]))
            text = _problem(key, item["type"], item["input"], item["msg"], model)
            where = origins_of(key) if origins_of is not None else ""
            problems.append(f"{text} ({where})" if where else text)
        raise PluginError("; ".join(problems)) from error
    except Exception as error:
        # The model's validators are the plugin's code.
        raise PluginError(f"its config model raised {describe(error)}") from error


#: Configs that are remembered; the longest known ones go first.
_MOST_MADE = 1024


class ProjectConfigs:
    """The plugins' configs as the projects change them.

    :param tables_in: gives the tables that hold in a work tree, or None.
    """

    def __init__(self, tables_in: TablesIn | None, redacting: RedactingFilter) -> None:
        self._tables_in = tables_in
        self._log = RedactingLogger(HOST_LOGGER, redacting)
        #: By plugin and work tree: the tables it was made from, and the config.
        self._made: dict[tuple[str, str], tuple[Any, PluginConfig]] = {}

    def config_in(self, plugin: Plugin, worktree: str) -> PluginConfig:
        """Return the plugin's config for an event in the work tree."""
        if self._tables_in is None or not worktree:
            return plugin.config
        tables = self._tables_in(worktree)
        if tables is None:
            return plugin.config
        key = (plugin.name, worktree)
        made = self._made.get(key)
        if made is None or made[0] is not tables:
            made = (tables, self._read(plugin, worktree, tables))
            self._made.pop(key, None)
            self._made[key] = made
            # By a copy: another thread may be at the same.
            for oldest in list(self._made)[:-_MOST_MADE]:
                self._made.pop(oldest, None)
        return made[1]

    def _read(
        self, plugin: Plugin, worktree: str, tables: Mapping[str, Mapping[str, Any]]
    ) -> PluginConfig:
        table = tables.get(plugin.name, {})
        try:
            return read_config(plugin.name, plugin.info.config, table)
        except PluginError as error:
            self._log.warning(
                "plugin %s: %s does not change its settings: %s",
                plugin.label,
                worktree,
                error,
            )
            return plugin.config


def _problem(
    key: str, kind: str, value: object, message: str, model: type[PluginConfig]
) -> str:
    if kind == "missing":
        return f"{key} is missing; it has no default"
    if kind != "extra_forbidden":
        return f"{key} is {value!r}: {message}"
    known = sorted(model.model_fields)
    import difflib

    near = difflib.get_close_matches(key.rpartition(".")[2], known, 1)
    if near:
        return f"{key} is not a setting; did you mean {near[0]}?"
    return f"{key} is not a setting; there is {', '.join(known) or 'none'}"
