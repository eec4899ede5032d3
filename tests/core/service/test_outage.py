from __future__ import annotations

import logging

import pytest

from hookwright.core.service.outage import AGAIN, Outage


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_each_session_is_told_now_and_then(clock: Clock) -> None:
    outage = Outage(clock)

    assert outage.lasts("the disk is full", "a") == "the disk is full"
    assert outage.lasts("the disk is full", "a") == ""
    assert outage.lasts("the disk is full", "b") == "the disk is full"
    clock.now += AGAIN - 1
    assert outage.lasts("the disk is full", "a") == ""
    clock.now += 1
    assert outage.lasts("the disk is full", "a") == "the disk is full"


def test_the_log_says_when_it_begins_and_when_it_is_over(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    outage = Outage(clock)

    outage.ends()
    for _ in range(3):
        outage.lasts("full", "a")
    outage.ends()
    outage.ends()
    assert outage.lasts("full", "a") == "full"
    outage.ends()

    assert [record.getMessage() for record in caplog.records] == [
        "full",
        "events are recorded again; 3 events were not",
        "full",
        "events are recorded again; 1 event was not",
    ]


def test_sessions_without_end_take_no_memory_without_end(clock: Clock) -> None:
    outage = Outage(clock)
    for number in range(5000):
        outage.lasts("full", f"s{number}")

    assert len(outage._told) < 500
    assert outage.lasts("full", "s4999") == ""
