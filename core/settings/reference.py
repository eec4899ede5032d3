"""What is made from the models: the JSON Schema and the sample with everything."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticUndefined, to_jsonable_python

from hookwright.hookspecs import PluginConfig

from .messages import accepted
from .models import SECTIONS, Section
from .units import Duration, Size, show_duration, show_size

_HEADER = """\
# Every setting, with its default. Generated; copy the lines that you change to
# `hookwright.toml` in the directory that `hookwright config path` names.
# Sizes: bytes or a text with a unit (KB, MB, GB: powers of 1024).
# Durations: seconds or a text with a unit (ms, s, min, h, days).
"""
_WIDTH = 80


def settings_schema(
    plugin_models: Mapping[str, type[PluginConfig]] | None = None,
) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a configuration file.

    :param plugin_models: config model by plugin name; each becomes a section.
    """
    sections: dict[str, Any] = {
        name: (model, Field(default=None, description=_summary(model)))
        for name, model in {**SECTIONS, **(plugin_models or {})}.items()
    }
    document = create_model("Hookwright", __base__=Section, **sections)
    document.__doc__ = "Configuration of Hookwright."
    schema = document.model_json_schema()
    for section in schema["properties"].values():
        section.pop("default", None)
    schema["description"] = "Configuration of Hookwright."
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


def render_everything(
    plugin_models: Mapping[str, type[PluginConfig]] | None = None,
) -> str:
    """Return a TOML file with every setting at its default, each explained.

    :param plugin_models: config model by plugin name; each becomes a section.
    """
    parts = [_HEADER]
    for name, model in {**SECTIONS, **(plugin_models or {})}.items():
        lines = [*_comment(_summary(model)), f"[{name}]"]
        schema = model.model_json_schema()
        for key, info in model.model_fields.items():
            lines += ["", *_setting(key, info, schema)]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _summary(model: type[BaseModel]) -> str:
    # A model without a docstring inherits its base class's, which is not about it.
    return (model.__doc__ or "").strip().partition("\n")[0]


def _setting(key: str, info: FieldInfo, schema: dict[str, Any]) -> Iterator[str]:
    if info.description:
        yield from _comment(info.description)
    takes = accepted(schema, (key,))
    if takes:
        yield from _comment(f"Accepted: {takes}.")
    default = info.get_default(call_default_factory=True)
    if default is PydanticUndefined or default is None:
        yield f"# {key} ="
        return
    yield f"{key} = {_toml(_shown(default, info))}"


def _shown(default: object, info: FieldInfo) -> object:
    for unit in info.metadata:
        if isinstance(unit, Size) and isinstance(default, int):
            return show_size(default)
        if isinstance(unit, Duration) and isinstance(default, float):
            return show_duration(default)
    return to_jsonable_python(default)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        members = (
            f"{json.dumps(str(key), ensure_ascii=False)} = {_toml(item)}"
            for key, item in value.items()
            if item is not None
        )
        return f"{{ {', '.join(members)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH - 2)]
