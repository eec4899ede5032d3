from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ValidationError, field_validator

from hookwright.core.settings.messages import accepted, dotted, explain, show


class Inner(BaseModel):
    kind: Literal["a"] = "a"


class Model(BaseModel):
    one: int | Literal["none"] = 1
    many: list[Inner] = []
    named: dict[str, Inner] = {}
    anything: object = None
    even: int = 0

    @field_validator("even")
    @classmethod
    def _check(cls, value: int) -> int:
        if value % 2:
            raise ValueError("use an even number")
        return value


def explained(**values: object) -> list[str]:
    try:
        Model.model_validate(values, strict=True)
    except ValidationError as error:
        return explain(error, Model, ("section",), lambda keys: "").splitlines()
    return []


def test_unions_lists_and_mappings_are_followed() -> None:
    assert explained(many=[{"kind": "b"}], named={"x": {"kind": "c"}}) == [
        'section.many[0].kind is b; accepted: "a"',
        'section.named.x.kind is c; accepted: "a"',
    ]
    assert explained(one="x")[-1].startswith("section.one")
    assert explained(even=1) == ["section.even is 1: use an even number"]


def test_what_the_schema_does_not_say_is_left_out() -> None:
    schema = Model.model_json_schema()

    assert accepted(schema, ("anything",)) == ""
    assert accepted(schema, ("one",)) == 'a whole number or "none"'


def test_values_are_shown_short() -> None:
    assert show("x" * 200) == "x" * 77 + "..."
    assert show("a\nb") == '"a\\nb"'
    assert show({1}) == "{1}"
    assert dotted(("a", 0, "b")) == "a[0].b"
