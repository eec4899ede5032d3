"""The declared tools as agents see them: name, description, JSON Schema, hints.

Format: a tool of the Model Context Protocol, revision 2025-11-25; the HTTP door lists
the same. Made when somebody first asks: a schema costs a model.
"""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

from hookwright.hookspecs import Tool

from ..host import arguments_model

_log = logging.getLogger(__name__)

#: An argument of this name that is left empty is the caller's working directory.
DIRECTORY = "directory"
_WHERE = "where the session is, when left out"


class _Schema(GenerateJsonSchema):
    """Without titles, which say again in other letters what the name says."""

    # A default of a type that JSON lacks is left out, and that is all.
    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - its own type

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - its signature
        return False


def offered(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return what an agent may call, by name; what is for people only is left out."""
    for_agents = (tool for tool in tools if not tool.person_only)
    return [described(tool) for tool in sorted(for_agents, key=lambda it: it.name)]


@lru_cache(maxsize=512)
def described(tool: Tool) -> dict[str, Any]:
    """Return one tool; not to be changed."""
    return {
        "name": tool.name,
        "description": _description(tool),
        "inputSchema": _input_schema(tool),
        # Permission rules of agent hosts read these.
        "annotations": {"readOnlyHint": not tool.writes, "openWorldHint": False},
    }


def at_home(tool: Tool, arguments: Mapping[str, Any], cwd: str) -> dict[str, Any]:
    """Return the arguments as the command line would send them from a directory.

    The daemon has a working directory of its own, so paths become absolute, and a
    `directory` that is left out becomes the caller's. Wrong values stay as they are:
    the tool's model has the last word.

    :param cwd: absolute, or "" when the caller has not said where it is.
    """
    placed = dict(arguments)
    if not cwd.startswith("/"):
        return placed
    try:
        fields = arguments_model(tool).model_fields
    except PydanticUserError:
        # The call will say so.
        return placed
    for name, field in fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        value = placed.get(name)
        if name == DIRECTORY and (str in kinds or Path in kinds):
            if value is None or isinstance(value, str):
                placed[name] = os.path.join(cwd, value) if value else cwd
        elif Path in kinds and isinstance(value, str):
            placed[name] = os.path.join(cwd, value)
    return placed


def _description(tool: Tool) -> str:
    text = inspect.getdoc(tool.function) or tool.summary
    return text.partition("\n:")[0].strip()


def _input_schema(tool: Tool) -> dict[str, Any]:
    try:
        schema = arguments_model(tool).model_json_schema(schema_generator=_Schema)
    except PydanticUserError as error:
        # It can be called; only what it takes cannot be written down.
        _log.warning("tool %s has no JSON Schema: %s", tool.name, error)
        return {"type": "object"}
    schema.pop("title", None)
    properties = schema.setdefault("properties", {})
    texts = tool.descriptions
    for name, value in properties.items():
        if text := texts.get(name, ""):
            value["description"] = text
    if DIRECTORY in properties:
        found = properties[DIRECTORY]
        told = found.get("description", "").rstrip(".")
        found["description"] = f"{told}; {_WHERE}." if told else f"{_WHERE}."
        # The empty default means just that.
        found.pop("default", None)
        left = [name for name in schema.get("required", ()) if name != DIRECTORY]
        schema = {key: it for key, it in schema.items() if key != "required"}
        schema |= {"required": left} if left else {}
    return schema
