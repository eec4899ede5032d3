"""`hookwright config`: what holds, where it comes from, what could be set."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from ...paths import PROJECT_CONFIG_FILE
from ...settings import (
    SECTIONS,
    LoadedSettings,
    plugin_table,
    settings_schema,
    show_duration,
    show_size,
)
from ...settings.units import Duration, Size
from ..invocation import Invocation
from ..options import AsJson
from ..output import to_json, warn, write, write_json, write_table


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the group `config`."""
    group = typer.Typer(no_args_is_help=True)
    app.add_typer(group, name="config", help="Show the settings that hold here.")

    @group.command()
    def show(
        origin: Annotated[
            bool, typer.Option("--origin", help="Say where each value comes from.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        """Show every setting that holds in this directory."""
        show_settings(invocation, origin=origin, as_json=as_json or invocation.json)

    @group.command()
    def schema() -> None:
        """Print the JSON Schema of the configuration file, for editors."""
        write_json(settings_schema(invocation.host().plugin_models))

    @group.command()
    def path(as_json: AsJson = False) -> None:
        """Name the configuration files and say which exist."""
        show_files(invocation, as_json=as_json or invocation.json)


def show_settings(invocation: Invocation, *, origin: bool, as_json: bool) -> None:
    """Write the settings by dotted key."""
    loaded = invocation.full_settings
    values = effective(loaded, invocation)
    if as_json:
        write_json(_with_origins(values, loaded) if origin else values)
    elif origin:
        rows = _with_origins(values, loaded).items()
        shown = ((key, toml(key, row["value"]), row["origin"]) for key, row in rows)
        write_table(("setting", "value", "origin"), shown)
    else:
        rows_ = ((key, toml(key, value)) for key, value in values.items())
        write_table(("setting", "value"), rows_)
    for ignored in loaded.ignored:
        warn(f"hookwright: {ignored}")


def effective(loaded: LoadedSettings, invocation: Invocation) -> dict[str, Any]:
    """Return every setting by dotted key, those of the loaded plugins included."""
    sections = to_json(loaded.settings)
    tables = sections.pop("tables")
    for name, model in sorted(invocation.host().plugin_models.items()):
        tables[name] = to_json(plugin_table(loaded, name, model))
    return dict(flat({**sections, **tables}))


def flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted keys and values of nested tables."""
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from flat(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item


def toml(key: str, value: Any) -> str:
    """Return a value as people write it into the file."""
    section, _, name = key.partition(".")
    model = SECTIONS.get(section)
    for mark in model.model_fields[name].metadata if model else ():
        if isinstance(mark, Size):
            value = show_size(value)
        elif isinstance(mark, Duration):
            value = show_duration(value)
    # JSON and TOML write all values that occur here alike.
    return "-" if value is None else json.dumps(value, ensure_ascii=False)


def show_files(invocation: Invocation, *, as_json: bool) -> None:
    """Write the files that may hold settings, weakest first."""
    project = invocation.project / PROJECT_CONFIG_FILE
    files = {"user": invocation.paths.config_file, "project": project}
    rows = [
        {"layer": layer, "path": str(path), "exists": path.is_file()}
        for layer, path in files.items()
    ]
    if as_json:
        write_json(rows)
        return
    for row in rows:
        # No table: it would fold a long path, and people copy it.
        there = "exists" if row["exists"] else "not there"
        write(f"{row['layer']:<7}  {there:<9}  {row['path']}")


def _with_origins(values: Mapping[str, Any], loaded: LoadedSettings) -> dict[str, Any]:
    found = {}
    for key, value in values.items():
        origin = loaded.origins.get(key)
        text = "default"
        if origin is not None:
            text = f"{origin.layer} {origin.where}".strip()
        found[key] = {"value": value, "origin": text}
    return found
