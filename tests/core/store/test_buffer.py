from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from hookwright.core.errors import RecordError
from hookwright.core.store.applying import apply_steps, count_steps
from hookwright.core.store.buffer import Buffer, Entry
from hookwright.core.store.keys import encode_key
from hookwright.core.store.operations import (
    Change,
    Delete,
    Operation,
    Put,
    PutIfAbsent,
    Step,
)
from hookwright.core.store.schema import Schema
from hookwright.hookspecs import Merge, Record, RecordType


class Tally(Record):
    name: str = "n"
    count: int = 0
    share: float = 0.0
    tags: frozenset[str] = frozenset()
    steps: tuple[str, ...] = ()
    first: int = 0
    best: int | None = None
    worst: int | None = None
    last: str | None = None


MERGE = {
    "count": Merge.SUM,
    "share": Merge.SUM,
    "tags": Merge.UNION,
    "steps": Merge.UNION,
    "first": Merge.FIRST,
    "best": Merge.MAX,
    "worst": Merge.MIN,
}


def rise(tally: Tally) -> Tally:
    """Every ten counts give a step that says how far it went over."""
    if tally.count < 10:
        return tally
    name = f"{len(tally.steps)}:{tally.count}"
    return tally.model_copy(
        update={"count": tally.count - 10, "steps": (*tally.steps, name)}
    )


def schema(settle: Any = None) -> Schema:
    return Schema(
        RecordType(
            name="tallies",
            model=Tally,
            key=lambda tally: (tally.name,),
            merge=MERGE,
            settle=settle,
        )
    )


PLAIN, SETTLED = schema(), schema(rise)
SMALL = st.integers(-3, 9)
#: Sums of these are exact, so that the order of adding does not show.
SHARES = st.sampled_from([0.25, 0.5, 1.0, -2.0])
WORDS = st.lists(st.sampled_from("abcd"), max_size=3)


@st.composite
def changes(draw: st.DrawFn) -> dict[str, object]:
    found: dict[str, object] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "count": SMALL,
                "share": SHARES,
                "tags": WORDS,
                "steps": WORDS,
                "first": SMALL,
                "best": st.none() | SMALL,
                "worst": st.none() | SMALL,
                "last": st.none() | st.sampled_from("xyz"),
            },
        )
    )
    return found


def steps(schema: Schema) -> SearchStrategy[Step]:
    records = st.builds(Tally, count=SMALL, best=st.none() | SMALL, first=SMALL)
    values = records.map(schema.encode)
    merges = changes().map(lambda found: Change(schema.rules.changes(found), 1))
    repeated = st.just(Change({"count": 3}, 1))
    return st.one_of(
        merges,
        repeated,
        repeated,
        values.map(Put),
        values.map(PutIfAbsent),
        st.just(Delete()),
    )


def refuse(step: Step, error: RecordError) -> None:
    raise AssertionError(f"{step}: {error}")


def read(schema: Schema, value: bytes | None) -> Record | None:
    return None if value is None else schema.decode(value)


def check(schema: Schema, start: bytes | None, wanted: list[Step], cut: int) -> None:
    expected = start
    for step in wanted:
        expected = apply_steps(schema, expected, [step], refuse)
    whole, first, second = Buffer(), Buffer(), Buffer()
    for number, step in enumerate(wanted):
        operation = Operation("tallies", ("n",), encode_key(("n",)), step)
        whole.add(operation, schema)
        (first if number < cut else second).add(operation, schema)
    joined = first.absorb(second, {"tallies": schema})
    for buffer in (whole, joined):
        entry = buffer.get("tallies", b"n")
        assert entry is not None
        found = apply_steps(schema, start, entry.steps, refuse)
        assert (found and schema.decode(found)) == (
            expected and schema.decode(expected)
        )
    assert joined.operations == len(wanted)


STARTS = st.none() | st.builds(Tally, count=SMALL, first=SMALL, best=SMALL)


@given(STARTS, st.lists(steps(PLAIN), min_size=1, max_size=12), st.integers(0, 12))
def test_collapsing_gives_what_the_operations_give_one_by_one(
    start: Tally | None, wanted: list[Step], cut: int
) -> None:
    check(PLAIN, None if start is None else PLAIN.encode(start), wanted, cut)


@given(STARTS, st.lists(steps(SETTLED), min_size=1, max_size=12), st.integers(0, 12))
def test_a_type_that_settles_sees_every_single_step(
    start: Tally | None, wanted: list[Step], cut: int
) -> None:
    check(SETTLED, None if start is None else SETTLED.encode(start), wanted, cut)


@given(st.lists(steps(SETTLED), min_size=1, max_size=12), st.integers(0, 12))
def test_applying_the_rest_gives_what_applying_all_gives(
    wanted: list[Step], cut: int
) -> None:
    buffer = Buffer()
    for step in wanted:
        buffer.add(Operation("tallies", ("n",), b"n", step), SETTLED)
    entry = buffer.get("tallies", b"n")
    assert isinstance(entry, Entry)
    whole = apply_steps(SETTLED, None, entry.steps, refuse)
    done = min(cut, count_steps(entry.steps))
    value, left = None, done
    for step in entry.steps:
        for _ in range(step.repeat if isinstance(step, Change) else 1):
            if left:
                single = Change(step.changes, 1) if isinstance(step, Change) else step
                value = apply_steps(SETTLED, value, [single], refuse)
                left -= 1

    assert apply_steps(SETTLED, value, entry.steps, refuse, skip=done) == whole


def add(buffer: Buffer, key: str, step: Step, schema: Schema = PLAIN) -> None:
    buffer.add(Operation("tallies", (key,), key.encode(), step), schema)


def test_increments_of_one_key_are_one_step() -> None:
    buffer = Buffer()
    for _ in range(1000):
        add(buffer, "a", Change({"count": 1}, 1))
        add(buffer, "b", Change({"count": 1}, 1), SETTLED)

    plain, settled = buffer.get("tallies", b"a"), buffer.get("tallies", b"b")

    assert plain is not None
    assert settled is not None
    assert plain.steps == (Change({"count": 1000}, 1),)
    assert settled.steps == (Change({"count": 1}, 1, 1000),)
    assert buffer.operations == 2000


def test_one_and_one_point_nought_are_two_changes() -> None:
    buffer = Buffer()
    add(buffer, "a", Change({"share": 1}, 1), SETTLED)
    add(buffer, "a", Change({"share": 1.0}, 1), SETTLED)

    entry = buffer.get("tallies", b"a")

    assert entry is not None
    assert len(entry.steps) == 2


def test_a_run_is_combined_when_its_type_settles_no_longer() -> None:
    buffer = Buffer()
    add(buffer, "a", Change({"count": 2}, 1, 5))

    entry = buffer.get("tallies", b"a")

    assert entry is not None
    assert entry.steps == (Change({"count": 10}, 1),)


def test_keys_are_given_in_order_between_bounds() -> None:
    buffer = Buffer()
    assert buffer.keys_between("tallies", b"", None) == []
    for key in "dbca":
        add(buffer, key, Delete())
    assert buffer.keys_between("tallies", b"b", b"d") == [b"b", b"c"]
    add(buffer, "bb", Delete())

    assert buffer.keys_between("tallies", b"b", None) == [b"b", b"bb", b"c", b"d"]
    assert not Buffer()
    assert buffer
