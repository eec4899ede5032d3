from __future__ import annotations

import threading

import pytest

from hookwright.core.service.desk import Desk, Ticket
from hookwright.core.service.wire import Reply


def test_so_many_are_answered_at_once_and_others_wait_their_turn() -> None:
    desk = Desk(2)
    begun: list[int] = []
    came = threading.Semaphore(0)

    def job(number: int) -> None:
        begun.append(number)
        came.release()

    for number in range(4):
        desk.submit(lambda number=number: job(number))  # type: ignore[misc]
    assert came.acquire(timeout=20)
    assert came.acquire(timeout=20)
    # Their threads are free, but their events have no answer yet.
    assert not came.acquire(timeout=0.2)
    assert sorted(begun) == [0, 1]

    desk.leave()
    assert came.acquire(timeout=20)
    desk.leave()
    assert came.acquire(timeout=20)
    assert begun[2:] == [2, 3]


def test_an_event_whose_thread_hangs_gives_its_place_back_with_its_answer() -> None:
    desk = Desk(1)
    hanging, ran = threading.Event(), threading.Event()

    def hang() -> None:
        hanging.wait(60)

    desk.submit(hang)
    desk.submit(ran.set)
    assert not ran.wait(0.1)
    desk.leave()
    assert ran.wait(20)
    hanging.set()


def test_nothing_begins_after_the_end() -> None:
    desk = Desk(1)
    ran = threading.Event()
    desk.submit(lambda: None)
    desk.submit(ran.set)
    desk.close()
    desk.leave()
    assert not ran.wait(0.2)


@pytest.mark.parametrize("many", [2, 20])
def test_an_event_has_one_answer_whoever_comes_first(many: int) -> None:
    sent: list[Reply] = []
    ticket = Ticket(sent.append)
    assert ticket.is_open
    ready = threading.Barrier(many)
    won: list[bool] = []

    def answer(number: int) -> None:
        ready.wait(20)
        won.append(ticket.answer(Reply(exit_code=number)))

    threads = [threading.Thread(target=answer, args=[n]) for n in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert won.count(True) == 1
    assert len(sent) == 1
    assert not ticket.is_open
