"""A plugin's configuration table, as its own model or as a message for people."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from hookwright.hookspecs import PluginConfig

from ..errors import PluginError
from .chain import describe

#: Gives, for a dotted setting, where it was set (`file:line`), or "".
OriginsOf = Callable[[str], str]


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


def _problem(
    key: str, kind: str, value: object, message: str, model: type[PluginConfig]
) -> str:
    if kind == "missing":
        return f"{key} is missing; it has no default"
    if kind != "extra_forbidden":
        return f"{key} is {value!r}: {message}"
    known = sorted(model.model_fields)
    near = difflib.get_close_matches(key.rpartition(".")[2], known, 1)
    if near:
        return f"{key} is not a setting; did you mean {near[0]}?"
    return f"{key} is not a setting; there is {', '.join(known) or 'none'}"
