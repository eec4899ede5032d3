from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from pydantic import Field

from hookwright.core.errors import RecordError
from hookwright.core.store.merging import MergeRules, collection_kind, sort_json
from hookwright.hookspecs import Merge, Record, RecordType


class Sample(Record):
    name: str = ""
    total: Annotated[int, Field(ge=0)] = 5
    share: float | None = None
    tags: set[str] | None = None
    order: tuple[dict[str, int], ...] = ()
    first: str = "unset"
    latest: datetime | None = None
    shortest: timedelta | None = None


def name_of(item: Sample) -> tuple[str]:
    return (item.name,)


POLICIES = {
    "total": Merge.SUM,
    "share": Merge.SUM,
    "tags": Merge.UNION,
    "order": Merge.UNION,
    "first": Merge.FIRST,
    "latest": Merge.MAX,
    "shortest": Merge.MIN,
}
RULES = MergeRules(
    RecordType(name="samples", model=Sample, key=name_of, merge=POLICIES)
)


def apply(document: dict[str, Any], **changes: object) -> dict[str, Any]:
    return RULES.apply(document, RULES.changes(changes))


def test_numbers_add_up_from_the_default_on() -> None:
    assert apply({}, total=3)["total"] == 8
    assert apply({"total": 1}, total=-1)["total"] == 0
    assert apply({"share": None}, share=0.5)["share"] == 0.5


def test_sets_are_sorted_and_lists_keep_the_order_of_first_appearance() -> None:
    assert apply({"tags": ["m"]}, tags={"z", "a"})["tags"] == ["a", "m", "z"]
    assert apply({"tags": None}, tags=["b", "b"])["tags"] == ["b"]
    assert apply({"order": [{"a": 1}]}, order=[{"b": 2}, {"a": 1}])["order"] == [
        {"a": 1},
        {"b": 2},
    ]


def test_first_is_set_once() -> None:
    assert apply({}, first="a")["first"] == "a"
    assert apply({"first": "a"}, first="b")["first"] == "a"
    assert apply({"first": "unset"}, first="b")["first"] == "b"


def test_times_are_compared_as_times_not_as_text() -> None:
    early = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
    late = datetime(2026, 1, 1, 15, 0, 0, 500, tzinfo=timezone(timedelta(hours=2)))

    kept = apply(apply({}, latest=late), latest=early)

    assert kept["latest"] == RULES.changes({"latest": late})["latest"]
    assert apply({"shortest": "PT90S"}, shortest=timedelta(minutes=1))["shortest"] == (
        "PT1M"
    )
    assert apply({"latest": None}, latest=early)["latest"] == "2026-01-01T12:00:00Z"
    assert apply({"latest": "2026-01-01T12:00:00Z"}, latest=None)["latest"]


def test_the_later_write_wins_by_default() -> None:
    assert apply({"name": "a"}, name="b")["name"] == "b"


def test_a_field_that_this_version_does_not_know_is_replaced() -> None:
    assert RULES.apply({"new": [1]}, {"new": [2]}) == {"new": [2]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nmae": "x"}, "has no field nmae"),
        ({"total": "3"}, "give the difference as a number"),
        ({"total": True}, "give the difference as a number"),
        ({"share": float("nan")}, "give a finite number"),
        ({"tags": "abc"}, "give a set, list or tuple"),
        ({"tags": [1]}, "valid string"),
        ({"name": 3}, "valid string"),
        ({"name": "\ud800"}, "name"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(RecordError, match=message):
        RULES.changes(changes)


@pytest.mark.parametrize(("field", "policy"), [("name", "union"), ("tags", "sum")])
def test_a_policy_that_does_not_fit_its_field_is_refused(
    field: str, policy: str
) -> None:
    kind = RecordType(
        name="samples",
        model=Sample,
        key=name_of,
        merge={field: Merge(policy)},
    )
    with pytest.raises(RecordError, match=f"field {field} merges by {policy}"):
        MergeRules(kind)


def test_a_collection_is_known_by_its_annotation() -> None:
    assert collection_kind(frozenset[int] | None) == "set"
    assert collection_kind(tuple[int, ...]) == "list"
    assert collection_kind(dict[str, int]) is None


def test_json_of_mixed_types_has_one_order() -> None:
    assert sort_json([{"b": 1}, {"a": 1}]) == [{"a": 1}, {"b": 1}]
