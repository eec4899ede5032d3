from __future__ import annotations

import inspect
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from hookwright.core.surfaces.parameters import given_value, parameter, shape_of

CWD = Path("/where/the/caller/is")
MISSING = inspect.Parameter.empty


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (str, str),
        (int, int),
        (float, float),
        (bool, bool),
        (Path, Path),
        (Colour, Colour),
        (Literal["a", "b"], Literal["a", "b"]),
        (str | None, str),
        (Annotated[int, Field(ge=1)], int),
        (Annotated[int, Field(ge=1)] | None, int),
        (list[str], list[str]),
        (list[Literal["a"]], list[Literal["a"]]),
        (tuple[int, ...], list[int]),
        (frozenset[str], list[str]),
        (set[Path] | None, list[Path]),
    ],
)
def test_a_known_type_is_given_as_what_it_is(annotation: Any, kind: Any) -> None:
    shape = shape_of(annotation)

    assert shape.kind == kind
    assert not shape.is_json


@pytest.mark.parametrize(
    "annotation",
    [dict[str, int], datetime, tuple[int, str], list[dict[str, int]], int | str, Any],
)
def test_any_other_type_is_given_as_json(annotation: Any) -> None:
    assert shape_of(annotation).is_json


def test_a_required_argument_has_a_place_and_no_default() -> None:
    made = parameter("agent", str, MISSING, "Who.")

    assert made.default is MISSING
    assert "Argument" in type(made.annotation.__metadata__[0]).__name__


def test_an_argument_with_a_default_is_an_option() -> None:
    made = parameter("limit", int, 5, "How many.")

    assert made.default == 5
    assert "Option" in type(made.annotation.__metadata__[0]).__name__


def test_an_id_is_an_argument_even_when_it_may_be_left_out() -> None:
    made = parameter("agent_id", str, "", "Who.")

    assert made.default == ""
    assert "Argument" in type(made.annotation.__metadata__[0]).__name__


@pytest.mark.parametrize(
    ("default", "shown"), [((), []), ((2, 1), [2, 1]), (frozenset({2, 1}), [1, 2])]
)
def test_a_collection_becomes_a_list_that_can_be_shown(
    default: Any, shown: list[int]
) -> None:
    assert parameter("numbers", tuple[int, ...], default, "").default == shown


def test_an_exotic_default_is_left_to_the_tool() -> None:
    assert (
        parameter("when", datetime, datetime(2026, 1, 1, tzinfo=UTC), "").default
        is None
    )


@pytest.mark.parametrize(
    ("name", "annotation", "value", "sent"),
    [
        ("directory", str, None, str(CWD)),
        ("directory", Path, "", str(CWD)),
        ("directory", Path, Path("below"), str(CWD / "below")),
        ("directory", str | None, "/else", "/else"),
        ("file", Path, Path("x"), str(CWD / "x")),
        ("file", Path | None, None, None),
        ("files", list[Path], [Path("x"), Path("/y")], [str(CWD / "x"), "/y"]),
        ("colour", Colour, Colour.RED, "red"),
        ("data", dict[str, int], '{"a": 1}', {"a": 1}),
        ("when", datetime, "2026-11-21", "2026-11-21"),
        ("number", int, 0, 0),
        ("flag", bool, False, False),
        ("data", dict[str, int], None, None),
    ],
)
def test_what_is_sent_is_json_and_does_not_depend_on_the_working_directory(
    name: str, annotation: Any, value: Any, sent: Any
) -> None:
    assert given_value(name, annotation, value, CWD) == sent
