from __future__ import annotations

import pytest

from hookwright.core.host.breaker import Breaker


class Time:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> Breaker:
    return Breaker(time)


def fail(breaker: Breaker, times: int) -> list[float]:
    pauses = []
    for _ in range(times):
        permit = breaker.permit()
        assert permit is not None
        pauses.append(breaker.failed(permit))
    return pauses


def test_three_faults_in_a_row_open_it_for_a_minute(
    breaker: Breaker, time: Time
) -> None:
    assert fail(breaker, 3) == [0.0, 0.0, 60.0]
    assert breaker.is_open
    assert breaker.permit() is None
    time.seconds += 59.9
    assert breaker.permit() is None
    assert breaker.seconds_left == pytest.approx(0.1)


def test_a_success_between_faults_keeps_it_closed(breaker: Breaker) -> None:
    for _ in range(5):
        fail(breaker, 2)
        permit = breaker.permit()
        assert permit is not None
        assert not breaker.succeeded(permit)

    assert not breaker.is_open


def test_one_call_is_let_through_when_the_pause_is_over(
    breaker: Breaker, time: Time
) -> None:
    fail(breaker, 3)
    time.seconds += 60

    trial = breaker.permit()

    assert trial is not None
    assert breaker.permit() is None
    assert breaker.succeeded(trial)
    assert not breaker.is_open
    assert fail(breaker, 3) == [0.0, 0.0, 60.0]


def test_each_failed_trial_doubles_the_pause_up_to_an_hour(
    breaker: Breaker, time: Time
) -> None:
    pauses = fail(breaker, 3)[-1:]
    for _ in range(8):
        time.seconds += pauses[-1]
        pauses += fail(breaker, 1)

    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_a_call_that_began_before_it_opened_no_longer_counts(
    breaker: Breaker, time: Time
) -> None:
    early = breaker.permit()
    assert early is not None
    fail(breaker, 3)

    assert not breaker.succeeded(early)
    assert breaker.failed(early) == 0.0
    assert breaker.is_open
    time.seconds += 60
    assert breaker.permit() is not None
