from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

import pytest

from hookwright.core.host.chain import Call, Reply, Run, describe
from hookwright.core.host.workers import Workers

Hang = Any


def run(script: Generator[Call, Reply, Any]) -> Any:
    return Run(script, Workers()).execute()


def replies(*calls: Call) -> Generator[Call, Reply, list[Reply]]:
    found = []
    for call in calls:
        found.append((yield call))
    return found


def call(function: Callable[[], Any], budget: float = 30.0) -> Call:
    return Call(function, (), budget)


def test_calls_are_made_in_order_in_one_thread_that_is_not_the_callers() -> None:
    made: list[tuple[int, int]] = []

    def at(number: int) -> Call:
        return call(lambda: made.append((number, threading.get_ident())))

    run(replies(*(at(number) for number in range(20))))

    assert [number for number, _ in made] == list(range(20))
    assert len({thread for _, thread in made}) == 1
    assert made[0][1] != threading.get_ident()


def test_a_script_without_calls_ends_at_once() -> None:
    assert run(replies()) == []


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        MemoryError(),
        StopIteration(1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_call_raises_the_next_one_is_made(error: BaseException) -> None:
    def fail() -> None:
        raise error

    found = run(replies(call(fail), call(lambda: "next")))

    assert found[0].fault.kind == "raised"
    assert found[0].fault.error is error
    assert found[1].value == "next"


def test_endless_recursion_is_one_plugins_fault() -> None:
    def endless() -> None:
        endless()

    found = run(replies(call(endless), call(lambda: "next")))

    assert "RecursionError" in found[0].fault.text
    assert found[1].value == "next"


def test_a_call_over_its_budget_is_given_up_and_the_next_is_made(hang: Hang) -> None:
    abandoned: list[str] = []
    stuck = Call(hang, (), 0.02, lambda: abandoned.append("stuck"))

    found = run(replies(call(lambda: 1), stuck, call(lambda: 3)))

    assert [reply.value for reply in found] == [1, None, 3]
    assert found[1].fault.kind == "hung"
    assert found[1].seconds >= 0.02
    assert abandoned == ["stuck"]


def test_each_of_many_hanging_calls_is_given_up(hang: Hang) -> None:
    found = run(replies(*(call(hang, 0.01) for _ in range(5))))

    assert [reply.fault.kind for reply in found] == ["hung"] * 5
    assert hang.begun == 5


def test_a_call_with_less_time_is_noticed_after_one_with_much(hang: Hang) -> None:
    # The waiter sleeps until the first call's deadline, an hour away.
    found = run(replies(call(lambda: 1, 3600.0), call(hang, 0.01)))

    assert found[1].fault.kind == "hung"


def test_what_an_abandoned_call_brings_late_is_dropped(hang: Hang) -> None:
    def late() -> str:
        hang()
        hang.came_back()
        return "late"

    after = threading.Event()
    seen: list[Any] = []

    def script() -> Generator[Call, Reply, list[Any]]:
        seen.append((yield call(late, 0.01)))
        # The late one comes back while the run is still under way.
        seen.append((yield call(lambda: (hang.let_go(1), after.wait(0.05)))))
        seen.append((yield call(lambda: "last")))
        return seen

    found = run(script())

    assert [reply.value for reply in found][-1] == "last"
    assert len(found) == 3
    assert found[0].fault.kind == "hung"


def test_a_call_that_ended_in_time_is_not_given_up_for_a_busy_lock() -> None:
    stuck = call(lambda: "value", 0.0)

    found = run(replies(stuck))

    # With no time at all it is a race; it either ended or was given up, whole.
    assert (found[0].value == "value") == (found[0].fault is None)


def test_an_error_of_the_script_itself_reaches_the_caller() -> None:
    def script() -> Generator[Call, Reply, None]:
        yield call(lambda: 1)
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        run(script())


def test_many_runs_at_once_do_not_mix(hang: Hang) -> None:
    workers = Workers()
    results: dict[int, list[Any]] = {}

    def one(number: int) -> None:
        calls = [call(lambda n=n: (number, n)) for n in range(30)]  # type: ignore[misc]
        calls.insert(10, call(hang, 0.02))
        found = Run(replies(*calls), workers).execute()
        results[number] = [reply.value for reply in found]

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for number in range(8):
        wanted: list[Any] = [(number, n) for n in range(30)]
        wanted.insert(10, None)
        assert results[number] == wanted


def test_an_interrupted_waiter_leaves_and_the_rest_is_not_made(
    hang: Hang, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def first() -> None:
        hang()
        hang.came_back()

    this = Run(replies(call(first), call(lambda: made.append(2))), Workers())

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(this, "_watch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        this.execute()
    hang.let_go(1)

    assert made == []


def test_an_error_whose_text_raises_can_be_described() -> None:
    class Mean(Exception):
        def __str__(self) -> str:
            raise ValueError

    assert describe(Mean()) == "Mean: (its text cannot be read)"
    assert describe(KeyError()) == "KeyError"
