from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from hookwright.core.service.tool_list import at_home, described, offered
from hookwright.hookspecs import PluginContext, Tool


class Point(BaseModel):
    """Where something is."""

    x: int
    y: int = 0


class Foreign:
    """A type that JSON has no word for."""


def draw(
    context: PluginContext,
    title: str,
    points: list[Point],
    kind: Literal["line", "dots"] = "line",
    tags: frozenset[str] = frozenset({"a"}),
    extra: Mapping[str, int] | None = None,
) -> str:
    """Draw `points`.

    They are joined in order.

    :param title: what stands above it,
        in one line.
    :param kind: how.
    """
    return title


def find(
    context: PluginContext,
    directory: Path,
    file: Path | None = None,
    files: tuple[str, ...] = (),
    name: str = "",
) -> str:
    """Find it."""
    return name


def odd(context: PluginContext, it: Foreign) -> None:
    """Take what cannot be written down."""


def test_a_signature_becomes_a_schema_with_the_docstrings_words() -> None:
    found = described(Tool(draw, writes=True))
    assert json.loads(json.dumps(found)) == found
    assert found["description"] == "Draw `points`.\n\nThey are joined in order."
    assert found["annotations"]["readOnlyHint"] is False
    schema = found["inputSchema"]
    assert schema["required"] == ["title", "points"]
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    # An argument may be called what JSON Schema calls something else.
    assert properties["title"] == {
        "type": "string",
        "description": "what stands above it, in one line.",
    }
    assert properties["points"]["items"] == {"$ref": "#/$defs/Point"}
    assert schema["$defs"]["Point"]["required"] == ["x"]
    assert properties["kind"]["enum"] == ["line", "dots"]
    assert properties["kind"]["default"] == "line"
    assert properties["tags"]["items"] == {"type": "string"}


def test_a_directory_is_never_required_and_says_what_it_is_without() -> None:
    schema = described(Tool(find))["inputSchema"]
    assert "required" not in schema
    assert schema["properties"]["directory"]["description"] == (
        "where the session is, when left out."
    )
    json.dumps(schema)


def test_a_tool_whose_arguments_have_no_schema_is_offered_all_the_same() -> None:
    assert described(Tool(odd))["inputSchema"] == {"type": "object"}
    assert at_home(Tool(odd), {"it": 1}, "/here") == {"it": 1}


def test_what_is_for_people_only_is_not_offered() -> None:
    tools = [Tool(find), Tool(draw, person_only=True), Tool(draw, name="a_drawing")]
    assert [tool["name"] for tool in offered(tools)] == ["a_drawing", "find"]


@pytest.mark.parametrize(
    ("given", "placed"),
    [
        ({}, {"directory": "/here"}),
        ({"directory": ""}, {"directory": "/here"}),
        ({"directory": None}, {"directory": "/here"}),
        ({"directory": "sub"}, {"directory": "/here/sub"}),
        ({"directory": "/there"}, {"directory": "/there"}),
        # The tool's model says what is wrong with it.
        ({"directory": 3}, {"directory": 3}),
        ({"file": "a"}, {"directory": "/here", "file": "/here/a"}),
        ({"file": None}, {"directory": "/here", "file": None}),
        ({"name": "a", "more": 1}, {"directory": "/here", "name": "a", "more": 1}),
    ],
)
def test_paths_start_at_the_caller(
    given: dict[str, Any], placed: dict[str, Any]
) -> None:
    before = dict(given)
    assert at_home(Tool(find), given, "/here") == placed
    assert given == before


@pytest.mark.parametrize("cwd", ["", "relative"])
def test_a_caller_that_is_nowhere_gets_what_it_gave(cwd: str) -> None:
    assert at_home(Tool(find), {"file": "a"}, cwd) == {"file": "a"}
