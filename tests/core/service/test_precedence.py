from __future__ import annotations

import threading
import time

from hookwright.core.service.lanes import Lanes
from hookwright.core.service.precedence import Precedence


def started(precedence: Precedence, since: float) -> threading.Event:
    """Wait in a thread of its own; return the event that tells when it is over."""
    over = threading.Event()

    def wait() -> None:
        precedence.wait(since)
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    return over


def test_work_waits_until_no_answer_is_under_way() -> None:
    precedence = Precedence()
    precedence.began()
    # Given in just now, in a clock that is far from being late.
    over = started(precedence, time.monotonic() + 3600)

    assert not over.wait(0.05)
    precedence.began()
    precedence.ended()
    assert not over.wait(0.05)
    precedence.ended()
    assert over.wait(10)


def test_late_work_does_not_wait_for_an_end_of_the_answers() -> None:
    precedence = Precedence()
    precedence.began()

    assert started(precedence, time.monotonic()).wait(10)


def test_who_waits_for_the_work_itself_ends_the_waiting() -> None:
    precedence = Precedence()
    precedence.began()
    over = started(precedence, time.monotonic() + 3600)
    assert not over.wait(0.02)

    precedence.hurry(True)

    assert over.wait(10)
    precedence.hurry(False)
    assert not started(precedence, time.monotonic() + 3600).wait(0.02)


def test_draining_lanes_holds_nothing_back() -> None:
    precedence = Precedence()
    precedence.began()
    lanes = Lanes(precedence=precedence)
    done = threading.Event()
    lanes.submit("a", done.set)

    assert lanes.drain(10)
    assert done.is_set()
    lanes.close()
