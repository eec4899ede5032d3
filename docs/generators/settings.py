"""The settings reference, from core's models and the bundled plugins' own."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hookwright.core.settings.messages import accepted
from hookwright.core.settings.models import SECTIONS
from hookwright.core.settings.units import Duration, Size, show_duration, show_size

from .cli import bundled_host
from .comments import field_comments


def settings_reference() -> str:
    """Return a table a section: core's, then one for each bundled plugin's."""
    return "\n\n".join(section(name, model) for name, model in sections())


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield section name and model of everything that can be set."""
    yield from SECTIONS.items()
    for name, model in sorted(bundled_host().plugin_models.items()):
        if model.model_fields:
            yield name, model


def section(name: str, model: type[BaseModel]) -> str:
    """Return one section's heading and table."""
    summary = (inspect.getdoc(model) or "").partition("\n")[0]
    comments = field_comments(model)
    schema = model.model_json_schema()
    lines = [
        f"### `[{name}]`\n\n{summary}\n",
        "| setting | default | accepted | what it does |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{name}.{key}` | `{default(field)}` | {cell(accepted(schema, (key,)))} "
        f"| {comments.get(key, '')} |"
        for key, field in model.model_fields.items()
    ]
    return "\n".join(lines)


def cell(text: str) -> str:
    """Return text for a table's cell."""
    return text.replace("|", "\\|")


def default(field: FieldInfo) -> str:
    """Return a default as people write it in the file."""
    value = field.get_default(call_default_factory=True)
    for mark in field.metadata:
        if isinstance(mark, Size):
            return f'"{show_size(value)}"'
        if isinstance(mark, Duration):
            return f'"{show_duration(value)}"'
    if isinstance(value, tuple | set | frozenset):
        value = sorted(value)
    return json.dumps(value)
