from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from hookwright.core.service.lanes import MOST_BYTES, MOST_JOBS, Lanes


def wait(event: threading.Event) -> None:
    assert event.wait(30)


def assert_(fact: bool) -> None:
    assert fact


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    found = Lanes(threads=3)
    yield found
    found.close()


def test_a_lane_keeps_its_order(lanes: Lanes) -> None:
    done: list[tuple[str, int]] = []
    for number in range(200):
        for lane in ("a", "b"):
            lanes.submit(lane, partial(done.append, (lane, number)))

    assert lanes.drain(10)
    for lane in ("a", "b"):
        assert [n for name, n in done if name == lane] == list(range(200))
    assert lanes.busy == 0


def test_a_slow_lane_does_not_hold_up_another(lanes: Lanes) -> None:
    go, done = threading.Event(), threading.Event()
    lanes.submit("slow", lambda: assert_(go.wait(10)))
    lanes.submit("slow", lambda: None)

    lanes.submit("quick", done.set)

    assert done.wait(10)
    assert lanes.busy >= 1
    assert not lanes.drain(0.01)
    go.set()
    assert lanes.drain(10)


def test_a_job_that_fails_does_not_stop_its_lane(
    lanes: Lanes, caplog: pytest.LogCaptureFixture
) -> None:
    done = threading.Event()

    def fail() -> None:
        raise RuntimeError("no")

    with caplog.at_level(logging.ERROR):
        lanes.submit("a", fail)
        lanes.submit("a", done.set)
        assert lanes.drain(10)

    assert done.is_set()
    assert "session a failed" in caplog.text


def test_lanes_tell_when_more_would_take_too_much_memory(lanes: Lanes) -> None:
    go = threading.Event()
    for number in range(MOST_JOBS):
        assert not lanes.is_full
        lanes.submit(f"lane {number % 7}", partial(wait, go))
    assert lanes.is_full

    go.set()
    assert lanes.drain(30)
    assert not lanes.is_full


def test_few_large_jobs_fill_lanes_as_well(lanes: Lanes) -> None:
    go = threading.Event()
    found = [lanes.is_full]
    for size in (MOST_BYTES - 1, 1):
        lanes.submit("a", partial(wait, go), size)
        found.append(lanes.is_full)
    assert found == [False, False, True]

    go.set()
    assert lanes.drain(30)
    assert not lanes.is_full
