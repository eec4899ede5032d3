"""Load the settings: read the layers, merge, validate, keep every value's origin."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hookwright.hookspecs import PluginConfig

from ..errors import ConfigError
from ..paths import PROJECT_CONFIG_FILE, Paths
from .files import parse_file, read_file
from .layers import (
    Keys,
    Layer,
    Merged,
    Origin,
    environment_layer,
    override_layer,
)
from .messages import did_you_mean, explain, show
from .models import SECTIONS, Settings
from .project import Ignored, Untrusted
from .trust import Trust

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class LoadedSettings:
    """The settings, and where each comes from.

    :param settings: merged and validated.
    :param origins: dotted key (`store.max_size`) to where its value comes from.
    :param ignored: keys of the project file that were not taken, with the cure.
    :param files: the configuration files that were read.
    """

    settings: Settings
    origins: Mapping[str, Origin]
    ignored: tuple[Ignored, ...] = ()
    files: tuple[Path, ...] = ()
    _merged: Merged = field(default_factory=Merged, repr=False, compare=False)


def load_settings(
    paths: Paths,
    *,
    project: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Sequence[str] = (),
    plugin_models: Mapping[str, type[PluginConfig]] | None = None,
    project_may_set: Mapping[str, Collection[str]] | None = None,
) -> LoadedSettings:
    """Return the settings that hold: the later layer wins.

    The layers are the defaults, the user's file, the project's file, the variables
    `HOOKWRIGHT__SECTION__KEY` and the overrides `section.key=value`. Of a project
    file that the user has not trusted only what adds protection is taken.

    :param project: the directory of the project's `.hookwright.toml`.
    :param environment: the process's own when None.
    :param plugin_models: config model by plugin name. With it, the plugins' tables
        are validated and any other section is an error; without it they are kept as
        they are.
    :param project_may_set: the fields of each plugin's table that an untrusted
        project file may set.
    :raises ConfigError: a file cannot be read or is malformed, a key is unknown or a
        value is not accepted; each line names place, key, value and the cure.
    """
    merged = Merged()
    ignored: list[Ignored] = []
    files: list[Path] = []
    user = _file_layer(paths.config_file, "user")
    if user is not None:
        files.append(paths.config_file)
        merged.take(user[0])
    if project is not None:
        file = project / PROJECT_CONFIG_FILE
        found = _file_layer(file, "project")
        if found is not None:
            files.append(file)
            layer, content = found
            if not Trust(paths.data).is_trusted(file, content):
                models = plugin_models or {}
                may_set = project_may_set or {}
                reduce = Untrusted(file, layer, merged.tree, may_set, models)
                layer = reduce.reduced()
                ignored = reduce.ignored
            merged.take(layer)
    merged.take(environment_layer(os.environ if environment is None else environment))
    merged.take(override_layer(overrides))
    settings = _validated(merged, plugin_models)
    return LoadedSettings(
        settings,
        _origins(merged, plugin_models or {}),
        tuple(ignored),
        tuple(files),
        merged,
    )


def plugin_table(loaded: LoadedSettings, name: str, model: type[M]) -> M:
    """Return one plugin's table, validated.

    :raises ConfigError: a key is unknown or a value is not accepted.
    """
    return _validate_table(loaded._merged, name, model)


def _file_layer(file: Path, name: Any) -> tuple[Layer, bytes] | None:
    content = read_file(file)
    return None if content is None else (parse_file(file, content, name), content)


def _validated(
    merged: Merged, plugin_models: Mapping[str, type[PluginConfig]] | None
) -> Settings:
    problems: list[str] = []
    values: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    known = {**SECTIONS, **(plugin_models or {})}
    for name, table in merged.tree.items():
        problem = _section_problem(merged, name, table, plugin_models)
        if problem:
            problems.append(problem)
            continue
        try:
            value = (
                _validate_table(merged, name, known[name]) if name in known else None
            )
        except ConfigError as error:
            problems.append(str(error))
            continue
        if name in SECTIONS:
            values[name] = value
        else:
            tables[name] = table
    if problems:
        raise ConfigError("\n".join(problems))
    return Settings(**values, tables=tables)


def _section_problem(
    merged: Merged,
    name: str,
    table: object,
    plugin_models: Mapping[str, type[PluginConfig]] | None,
) -> str:
    known = [*SECTIONS, *(plugin_models or {})]
    where = merged.origin_of((name,)).where
    if name not in known and (plugin_models is not None or not isinstance(table, dict)):
        sections = ", ".join(known)
        close = did_you_mean(name, known)
        suggestion = f"; did you mean [{close}]?" if close else ""
        kind = "a section" if isinstance(table, dict) else "a setting"
        return f"{where}: {name} is not {kind}{suggestion}; sections are {sections}"
    if not isinstance(table, dict):
        return f"{where}: {name} is {show(table)}; accepted: a table, [{name}]"
    return ""


def _validate_table(merged: Merged, name: str, model: type[M]) -> M:
    table = merged.tree.get(name, {})
    try:
        return _strict(model, table)
    except ValidationError as error:
        retried = _with_texts(merged, name, table, error)
        if retried is not None:
            try:
                return _strict(model, retried)
            except ValidationError:
                # The first attempt's message shows the values as they were meant.
                pass

        def where(keys: Keys) -> str:
            return merged.origin_of(keys).where

        raise ConfigError(explain(error, model, (name,), where)) from error


def _strict(model: type[M], table: Mapping[str, Any]) -> M:
    # Through JSON, because strict Python validation refuses a list for a tuple and
    # a text for a path, and lax validation takes `true` for 1.
    text = json.dumps(table, default=_plain)
    return model.model_validate_json(text, strict=True)


def _plain(value: object) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value)


def _with_texts(
    merged: Merged, name: str, table: Mapping[str, Any], error: ValidationError
) -> dict[str, Any] | None:
    """Return table with text where a variable's `123` was read as a number.

    None when that is not what is wrong.
    """
    changed = json.loads(json.dumps(table, default=_plain))
    found = False
    for detail in error.errors(include_url=False):
        keys = tuple(part for part in detail["loc"] if isinstance(part, str))
        raw = merged.raw.get((name, *keys))
        if detail["type"] != "string_type" or raw is None or keys != detail["loc"]:
            continue
        inner = changed
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = raw
        found = True
    return changed if found else None


def _origins(
    merged: Merged, plugin_models: Mapping[str, type[PluginConfig]]
) -> dict[str, Origin]:
    origins = {
        f"{name}.{key}": Origin("default")
        for name, model in {**SECTIONS, **plugin_models}.items()
        for key in model.model_fields
        if (name, key) not in merged.origins
    }
    origins.update((".".join(path), origin) for path, origin in merged.leaves())
    return dict(sorted(origins.items()))
