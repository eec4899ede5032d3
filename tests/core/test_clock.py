from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.clock import Clock, encode_ulid


class Wall:
    """A wall clock that a test sets."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


def test_the_time_is_utc_to_the_millisecond() -> None:
    clock = Clock(Wall(1_795_000_000.1239))

    assert clock.now_ms() == 1_795_000_000_123
    assert clock.now() == datetime.fromtimestamp(1_795_000_000.123, UTC)
    assert clock.now().tzinfo is UTC


@given(st.lists(st.floats(min_value=0, max_value=2**33), min_size=2, max_size=30))
def test_time_and_ids_never_go_backwards(readings: list[float]) -> None:
    wall = Wall(0.0)
    clock = Clock(wall)
    times, ids = [], []
    for reading in readings:
        wall.seconds = reading
        times.append(clock.now_ms())
        ids.append(clock.new_id())

    assert times == sorted(times)
    assert ids == sorted(set(ids))


def test_ten_thousand_ids_of_one_millisecond_are_in_order() -> None:
    clock = Clock(Wall(1.0))

    ids = [clock.new_id() for _ in range(10_000)]

    assert ids == sorted(set(ids))
    assert len({one[:10] for one in ids}) == 1


def test_a_persisted_time_is_the_least_that_is_given_out() -> None:
    clock = Clock(Wall(1.0), last_ms=5000)
    assert clock.now_ms() == clock.last_ms == 5000

    clock.advance(9000)
    clock.advance(7000)

    assert clock.now_ms() == 9000
    assert clock.new_id().startswith(encode_ulid(9000, 0)[:10])


@pytest.mark.parametrize(
    ("milliseconds", "tail", "ulid"),
    [
        (0, 0, "0" * 26),
        (2**48 - 1, 2**80 - 1, "7" + "Z" * 25),
        # The example of https://github.com/ulid/spec
        (1469918176385, 0, "01ARYZ6S41" + "0" * 16),
    ],
)
def test_ids_are_ulids(milliseconds: int, tail: int, ulid: str) -> None:
    assert encode_ulid(milliseconds, tail) == ulid


@given(
    st.tuples(st.integers(0, 2**48 - 1), st.integers(0, 2**80 - 1)),
    st.tuples(st.integers(0, 2**48 - 1), st.integers(0, 2**80 - 1)),
)
def test_ids_sort_by_time_then_tail(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    assert (encode_ulid(*one) < encode_ulid(*other)) == (one < other)


def test_threads_get_different_ids() -> None:
    clock = Clock()
    found: list[list[str]] = [[] for _ in range(8)]

    def take(mine: list[str]) -> None:
        mine.extend(clock.new_id() for _ in range(500))

    threads = [threading.Thread(target=take, args=(mine,)) for mine in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(mine == sorted(mine) for mine in found)
    assert len({one for mine in found for one in mine}) == 4000
