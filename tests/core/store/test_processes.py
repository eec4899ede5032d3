"""Several processes on one store, some of them killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.store import Store, append_cold

Start = Callable[[Callable[[], object]], int]
Run = Callable[[Callable[[], object]], int]


def wait(pids: list[int]) -> None:
    for pid in pids:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize("kind", ["notes", "levels"])
def test_increments_of_eight_processes_are_all_counted(
    open_store: Any, types: Any, start_child: Start, kind: str
) -> None:
    settled = kind == "levels"

    def work() -> None:
        store = open_store(lock_timeout=60)
        for number in range(1000):
            stage = store.stage()
            if settled:
                stage.merge(types.levels, ("all",), points=1)
            else:
                stage.put_if_absent(types.notes, types.note(author="all"))
                stage.merge(types.notes, ("all",), seen=1)
            store.commit([stage])
            if number % 250 == 249:
                store.flush("size")
        store.close()

    wait([start_child(work) for _ in range(8)])
    store = open_store()
    store.recover()
    if settled:
        level = store.stage().get(types.levels, "all")
        # Each step of one point is seen: a level is left at exactly ten.
        assert (level.level, level.points, set(level.rises)) == (800, 0, {10})
    else:
        assert store.stage().get(types.notes, "all").seen == 8000
    assert store.check().ok


def test_no_acknowledged_commit_is_lost_or_doubled_by_kill(
    open_store: Any, types: Any, start_child: Start
) -> None:
    source = random.Random(20261121)
    acknowledged: dict[str, int] = {}
    for round_number in range(30):
        ready, tell = os.pipe()

        def work(name: str = f"{round_number}", tell: int = tell) -> None:
            store = open_store()
            for number in range(100_000):
                delivery = f"{name}-{number}"
                store.accept(delivery, b"payload")
                stage = store.stage()
                stage.put_if_absent(types.notes, types.note(author=name))
                stage.merge(types.notes, (name,), seen=1)
                store.commit([stage], delivery)
                os.write(tell, b"x")
                if number % 7 == 6:
                    store.flush("size")

        pid = start_child(work)
        os.close(tell)
        got = len(os.read(ready, 1))
        time.sleep(source.random() * 0.02)
        os.kill(pid, signal.SIGKILL)
        while data := os.read(ready, 65_536):
            got += len(data)
        os.close(ready)
        os.waitpid(pid, 0)
        acknowledged[f"{round_number}"] = got
    store = open_store()
    store.recover()
    assert store.recover().spools == 0
    waiting = dict(store.pending())
    for name, count in acknowledged.items():
        seen = store.stage().get(types.notes, name).seen
        # The commit that was being made when the process died may be there.
        assert count <= seen <= count + 1, name
        assert f"{name}-{seen - 1}" not in waiting
        assert sum(1 for item in waiting if item.startswith(f"{name}-")) <= 1
    assert store.check().ok


def test_a_holder_that_hangs_is_given_up_and_nothing_is_lost(
    open_store: Any, types: Any, start_child: Start
) -> None:
    from hookwright.core.errors import StoreError

    ready, tell = os.pipe()

    def hold() -> None:
        with open_store()._environment.held():
            os.write(tell, b"x")
            time.sleep(60)

    store = open_store(lock_timeout=0.1)
    pid = start_child(hold)
    os.read(ready, 1)
    os.kill(pid, signal.SIGSTOP)
    stage = store.stage()
    stage.put(types.notes, types.note(author="a"))
    store.commit([stage])
    with pytest.raises(StoreError, match=r"has held .* for 0\.1 s"):
        store.flush("push")
    assert store.stage().count(types.notes) == 1
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert store.flush("push").written == {"notes": 1}


def test_cold_writers_and_a_folder_lose_nothing(
    open_store: Any, paths: Paths, start_child: Start
) -> None:
    def work(number: int) -> Callable[[], None]:
        def run() -> None:
            for count in range(100):
                append_cold(paths.spool, "one session", f"{number}-{count}", b"x")

        return run

    store = open_store()
    pids = [start_child(work(number)) for number in range(4)]
    for _ in range(20):
        store.recover()
        time.sleep(0.002)
    wait(pids)
    store.recover()

    assert len(store.pending()) == 400


class Model:
    """What the store must hold, as plain dictionaries."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}
        self.open: set[str] = set()

    def add(self, name: str, times: int = 1) -> None:
        if times:
            self.seen[name] = self.seen.get(name, 0) + times

    def live(self, steps: list[tuple[str, str, str]]) -> None:
        self.add("recovered", len(self.open))
        self.open = set()
        for step, name, delivery in steps:
            match step:
                case "add":
                    self.add(name)
                case "delete":
                    self.seen.pop(name, None)
                case "accept":
                    self.open.add(delivery)


def live(store: Store, types: Any, steps: list[tuple[str, str, str]]) -> None:
    """Do in the store what `Model.live` does to the model."""
    store.recover()
    for delivery, _ in store.pending():
        add(store, types, "recovered", delivery)
    for step, name, delivery in steps:
        match step:
            case "add":
                assert store.accept(delivery, b"")
                add(store, types, name, delivery)
            case "delete":
                stage = store.stage()
                stage.delete(types.notes, name)
                store.commit([stage])
            case "accept":
                assert store.accept(delivery, delivery.encode())
            case _:
                store.flush(step)


def add(store: Store, types: Any, name: str, delivery: str) -> None:
    stage = store.stage()
    stage.put_if_absent(types.notes, types.note(author=name))
    stage.merge(types.notes, (name,), seen=1)
    store.commit([stage], delivery)


def held(store: Store, types: Any) -> dict[str, int]:
    return {note.author: note.seen for note in store.stage().scan(types.notes)}


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_commits_flushes_and_crashes_matches_a_dictionary(
    open_store: Any, types: Any, in_child: Run, seed: int
) -> None:
    source = random.Random(seed)
    model = Model()
    kinds = ["add"] * 5 + ["flush"] * 2 + ["accept"] * 2 + ["delete"]
    for number in range(6):
        steps = [
            (source.choice(kinds), source.choice("abcd"), f"{number}-{count}")
            for count in range(source.randint(1, 25))
        ]
        model.live(steps)

        def child(steps: list[tuple[str, str, str]] = steps) -> None:
            store = open_store()
            live(store, types, steps)
            assert held(store, types) == model.seen
            os.kill(os.getpid(), signal.SIGKILL)

        assert in_child(child) == -signal.SIGKILL
    store = open_store()
    store.recover()

    assert held(store, types) == model.seen
    assert {name for name, _ in store.pending()} == model.open
    assert store.check().ok
