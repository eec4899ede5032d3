from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

import pytest

from hookwright.core.host.workers import Workers


def test_a_thread_is_used_again() -> None:
    workers = Workers()
    names = []
    for _ in range(5):
        done = threading.Event()
        threads: list[str] = []

        def job(done: threading.Event = done, threads: list[str] = threads) -> None:
            threads.append(threading.current_thread().name)
            done.set()

        workers.start(job)
        assert done.wait(30)
        names += threads
        # The thread counts as idle only after it has left the job.
        while not workers._idle:
            threading.Event().wait(0.001)

    assert len(set(names)) == 1


def test_threads_over_the_number_to_keep_end() -> None:
    workers = Workers(keep=1)
    barrier = threading.Barrier(4)
    threads: list[threading.Thread] = []

    def job() -> None:
        threads.append(threading.current_thread())
        barrier.wait(30)

    for _ in range(3):
        workers.start(job)
    barrier.wait(30)
    while sum(thread.is_alive() for thread in threads) > 1:
        threading.Event().wait(0.001)

    assert all(thread.daemon for thread in threads)


def test_without_threads_the_job_runs_here(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    made: list[int] = []

    Workers().start(lambda: made.append(threading.get_ident()))

    assert made == [threading.get_ident()]
    assert "unwatched" in caplog.text


def test_idle_threads_are_forgotten_after_a_fork(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers = Workers()
    done = threading.Event()
    workers.start(done.set)
    assert done.wait(30)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    done.clear()

    workers.start(done.set)

    assert done.wait(30)


def test_a_hanging_call_does_not_keep_the_process_from_leaving() -> None:
    program = (
        "import threading, time\n"
        "from hookwright.core.host.workers import Workers\n"
        "begun = threading.Event()\n"
        "Workers().start(lambda: (begun.set(), time.sleep(3600)))\n"
        "begun.wait(30)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)

    assert done.returncode == 0
