from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from hookwright.hookspecs import PluginContext, Tool


class Card(BaseModel):
    name: str


def show(
    context: PluginContext,
    name: str,
    limit: Annotated[int, Field(ge=1)] = 5,
    tags: tuple[str, ...] = (),
) -> list[Card]:
    """Show a card.

    More about it.

    :param name: the card's name,
        as it was written.
    :param limit: how many lines.
    """
    return [Card(name=name)]


def bare(context: PluginContext) -> None: ...


def test_a_tool_takes_its_name_and_words_from_the_function() -> None:
    tool = Tool(show)

    assert tool.name == "show"
    assert tool.summary == "Show a card."
    assert tool.descriptions == {
        "name": "the card's name, as it was written.",
        "limit": "how many lines.",
    }
    assert tool.result_type == list[Card]


def test_without_a_docstring_the_name_is_the_summary() -> None:
    assert Tool(bare).summary == "bare"
    assert Tool(bare).descriptions == {}


def test_the_arguments_are_validated_by_their_annotations() -> None:
    model = Tool(show).arguments_model()

    assert model.model_validate({"name": "x", "limit": "3"}).model_dump() == {
        "name": "x",
        "limit": 3,
        "tags": (),
    }
    for wrong in ({}, {"name": "x", "limit": 0}, {"name": "x", "colour": 1}):
        with pytest.raises(ValidationError):
            model.model_validate(wrong)


def test_the_arguments_have_a_json_schema() -> None:
    schema = Tool(show).arguments_model().model_json_schema()

    assert schema["required"] == ["name"]
    assert schema["properties"]["limit"] == {
        "default": 5,
        "minimum": 1,
        "title": "Limit",
        "type": "integer",
    }
    assert schema["additionalProperties"] is False


def unannotated(context: PluginContext, name) -> str:  # type: ignore[no-untyped-def]
    return str(name)


def without_result(context: PluginContext):  # type: ignore[no-untyped-def]
    return None


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (show, {"name": "Show"}, "use lower case letters, digits and _"),
        (show, {"command": ("a", "b", "c", "d")}, "at most three words"),
        (unannotated, {}, "tool unannotated: annotate name"),
        (without_result, {}, "tool without_result: annotate the result"),
    ],
)
def test_an_unusable_tool_says_why(
    function: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Tool(function, **options)
