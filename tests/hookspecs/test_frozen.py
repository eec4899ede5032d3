from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from hookwright.hookspecs import freeze, thaw
from hookwright.hookspecs.events import Value
from hookwright.hookspecs.frozen import (
    MAX_DEPTH,
    FrozenObject,
    FrozenValue,
    nothing,
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)


class Holder(Value):
    some: FrozenValue = None
    object: FrozenObject = Field(default_factory=nothing)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def attempts(value: Any) -> list[Any]:
    """Return value and all that is inside it."""
    if isinstance(value, Mapping):
        return [value, *(item for part in value.values() for item in attempts(part))]
    if isinstance(value, tuple):
        return [value, *(item for part in value for item in attempts(part))]
    return [value]


@given(json_values)
def test_freezing_and_thawing_gives_the_same_json(value: Any) -> None:
    assert thaw(freeze(value)) == value
    assert freeze(thaw(freeze(value))) == freeze(value)


@given(json_values)
def test_nothing_in_a_frozen_value_can_be_changed(value: Any) -> None:
    for part in attempts(freeze(value)):
        assert not isinstance(part, list | dict)
        if isinstance(part, Mapping):
            with pytest.raises(TypeError):
                part["x"] = 1  # type: ignore[index]


@given(json_values)
def test_a_model_holds_it_frozen_and_gives_it_back_as_json(value: Any) -> None:
    holder = Holder(some=value, object={"inside": value})

    assert holder.some == freeze(value)
    assert holder.model_dump()["some"] == value
    assert json.loads(holder.model_dump_json()) == {
        "some": value,
        "object": {"inside": value},
    }
    assert Holder.model_validate_json(holder.model_dump_json()) == holder


def test_a_change_to_the_original_does_not_reach_the_frozen_one() -> None:
    original: dict[str, Any] = {"list": [1], "object": {"a": 1}}
    frozen = freeze(original)

    original["list"].append(2)
    original["object"]["a"] = 2

    assert thaw(frozen) == {"list": [1], "object": {"a": 1}}


def test_keys_become_texts() -> None:
    assert thaw(freeze({1: "one"})) == {"1": "one"}


def test_nesting_is_limited() -> None:
    assert thaw(freeze(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(ValueError, match="nested deeper than 200 levels"):
        freeze(nested(MAX_DEPTH + 1))
    with pytest.raises(ValidationError, match="nested deeper"):
        Holder(some=nested(5000))


def test_the_default_object_is_empty_and_frozen() -> None:
    assert thaw(Holder().object) == {}
    with pytest.raises(TypeError):
        Holder().object["x"] = 1  # type: ignore[index]
