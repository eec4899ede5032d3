from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest

from hookwright.core.host import overseer as module
from hookwright.core.host.chain import Call, Reply, Run, call_under_way
from hookwright.core.host.overseer import Overseer
from hookwright.core.host.workers import Workers


class Given:
    """Takes what a run hands on, and by which thread."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)
        self.outcomes: list[Callable[[], Any]] = []
        self.threads: list[int] = []

    def __call__(self, outcome: Callable[[], Any]) -> None:
        self.outcomes.append(outcome)
        self.threads.append(threading.get_ident())
        self.came.release()

    def result(self) -> Any:
        assert self.came.acquire(timeout=30)
        return self.outcomes[-1]()


def replies(*calls: Call) -> Generator[Call, Reply, list[Reply]]:
    found = []
    for call in calls:
        found.append((yield call))
    return found


def call(function: Callable[[], Any], budget: float = 30.0) -> Call:
    return Call(function, (), budget)


def test_calls_are_made_in_this_thread_and_so_is_the_end() -> None:
    given, made = Given(), []

    def note() -> int:
        made.append(threading.get_ident())
        return len(made)

    Run(replies(call(note), call(note)), Workers()).start(Overseer(), given)

    assert [reply.value for reply in given.result()] == [1, 2]
    assert {*made, *given.threads} == {threading.get_ident()}


def test_a_script_without_calls_ends_at_once() -> None:
    given = Given()
    Run(replies(), Workers()).start(Overseer(), given)
    assert given.result() == []


def test_what_the_script_raises_reaches_who_takes_the_result() -> None:
    def script() -> Generator[Call, Reply, None]:
        yield call(int)
        raise ValueError("a fault of the script")

    given = Given()
    Run(script(), Workers()).start(Overseer(), given)
    with pytest.raises(ValueError, match="a fault of the script"):
        given.result()


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_call_that_hangs_keeps_its_thread_and_others_go_on(place: str) -> None:
    release, given = threading.Event(), Given()
    hanging = call(lambda: release.wait(60), budget=0.05)
    quick = [call(lambda: "one"), call(lambda: "two")]
    calls = {
        "first": [hanging, *quick],
        "middle": [quick[0], hanging, quick[1]],
        "last": [*quick, hanging],
    }[place]
    run = Run(replies(*calls), Workers())
    thread = threading.Thread(target=run.start, args=[Overseer(), given])
    thread.start()

    found = given.result()
    assert thread.is_alive()
    assert given.threads[0] != thread.ident
    faults = [reply.fault.kind if reply.fault else "" for reply in found]
    assert faults == ["hung" if item is hanging else "" for item in calls]

    release.set()
    thread.join(30)
    assert not thread.is_alive()
    # Who comes back late finds that the run is another's, and hands nothing on.
    assert not given.came.acquire(timeout=0.1)
    assert len(given.outcomes) == 1


def test_each_of_many_runs_that_hang_ends_once() -> None:
    release, overseer, workers = threading.Event(), Overseer(), Workers()
    given = [Given() for _ in range(30)]

    def hanging() -> Call:
        return call(lambda: release.wait(60), budget=0.03)

    threads = [
        threading.Thread(
            target=Run(replies(hanging(), hanging()), workers).start,
            args=[overseer, one],
        )
        for one in given
    ]
    for thread in threads:
        thread.start()
    for one in given:
        assert [reply.fault is not None for reply in one.result()] == [True, True]
    release.set()
    for thread in threads:
        thread.join(30)
    assert all(len(one.outcomes) == 1 for one in given)


def test_it_sleeps_without_runs_and_wakes_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0)
    overseer, release = Overseer(), threading.Event()
    for _ in range(3):
        given = Given()
        Run(replies(call(lambda: 1)), Workers()).start(overseer, given)
        assert given.result()[0].value == 1
        deadline = time.monotonic() + 30
        while not overseer._sleeps:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        given = Given()
        hanging = replies(call(lambda: release.wait(60), budget=0.03))
        run = Run(hanging, Workers())
        threading.Thread(target=run.start, args=[overseer, given]).start()
        assert given.result()[0].fault.kind == "hung"
    release.set()


def test_a_call_that_is_given_up_no_longer_is_the_one_under_way() -> None:
    release, came_back, given = threading.Event(), threading.Event(), Given()
    under_way: list[bool] = []

    def hang() -> None:
        under_way.append(call_under_way() is not None)
        release.wait(60)
        under_way.append(call_under_way() is not None)
        came_back.set()

    run = Run(replies(call(hang, budget=0.05)), Workers())
    threading.Thread(target=run.start, args=[Overseer(), given]).start()
    assert given.result()[0].fault.kind == "hung"
    release.set()
    assert came_back.wait(30)
    assert under_way == [True, False]


def test_a_forked_process_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # No real fork: beside threads of other tests, a child may wait for a lock for ever.
    overseer, given, release = Overseer(), Given(), threading.Event()
    Run(replies(call(int)), Workers()).start(overseer, given)
    assert given.result()[0].value == 0
    lost, number = overseer._lock, os.getpid()
    lost.acquire()
    monkeypatch.setattr(os, "getpid", lambda: number + 1)

    hanging = replies(call(lambda: release.wait(60), budget=0.05))
    run = Run(hanging, Workers())
    threading.Thread(target=run.start, args=[overseer, given]).start()
    assert given.result()[0].fault.kind == "hung"
    release.set()
    lost.release()
