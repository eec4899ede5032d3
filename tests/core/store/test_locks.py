from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hookwright.core.errors import StoreError
from hookwright.core.store.locks import FileLock


def test_another_process_is_waited_for_until_the_deadline(
    tmp_path: Path, start_child: Callable[[Callable[[], object]], int]
) -> None:
    path = tmp_path / "lock"
    ready, tell = os.pipe()

    def hold() -> None:
        with FileLock(path).held(1):
            os.write(tell, b"x")
            time.sleep(60)

    pid = start_child(hold)
    os.read(ready, 1)
    with pytest.raises(StoreError, match=r"another process has held .* for 0.05 s"):
        FileLock(path).held(0.05).__enter__()
    os.kill(pid, 9)
    with FileLock(path).held(10):
        assert path.exists()
    os.close(ready)
    os.close(tell)


def test_threads_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    failures: list[StoreError] = []

    def attempt() -> None:
        try:
            with lock.held(0.02):
                pass
        except StoreError as error:
            failures.append(error)

    with lock.held(1):
        assert [lock.mine] == [True]
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
        with pytest.raises(StoreError), lock.idle(0.01):
            pass
    assert len(failures) == 1
    assert [lock.mine] == [False]
    with lock.idle(1):
        pass


def test_a_child_forked_meanwhile_does_not_keep_the_lock(
    tmp_path: Path, start_child: Callable[[Callable[[], object]], int]
) -> None:
    lock = FileLock(tmp_path / "lock")
    with lock.held(1):
        start_child(lambda: time.sleep(60))
    with FileLock(tmp_path / "lock").held(0.2):
        pass


def test_a_child_can_let_go_of_what_its_parent_had_open(
    tmp_path: Path, in_child: Callable[[Callable[[], object]], int]
) -> None:
    lock = FileLock(tmp_path / "lock")

    def child() -> None:
        lock.abandon()
        lock.abandon()
        assert lock._descriptor is None

    with lock.held(1):
        assert in_child(child) == 0
        with pytest.raises(StoreError):
            FileLock(tmp_path / "lock").held(0.02).__enter__()
