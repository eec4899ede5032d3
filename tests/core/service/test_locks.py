from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

from hookwright.core.paths import Paths
from hookwright.core.service import locks
from hookwright.core.service.lifetime import make_run_directory
from hookwright.core.service.locks import InstanceLock, StartLock, owner_of

Hold = Callable[..., "subprocess.Popen[bytes]"]
SPAWN = multiprocessing.get_context("spawn")


def try_lock(paths: Paths) -> bool:
    return InstanceLock(paths).acquire(0.0)


def try_start_lock(paths: Paths) -> bool:
    return StartLock(paths).acquire()


def elsewhere(function: Callable[[Paths], bool], paths: Paths) -> bool:
    """Return what the function gives in another process."""
    with SPAWN.Pool(1) as pool:
        return pool.apply(function, (paths,))


def test_one_process_at_a_time_holds_the_lock(paths: Paths) -> None:
    make_run_directory(paths)
    lock = InstanceLock(paths)

    assert locks.holder(paths) is None
    assert lock.acquire(0.0)
    assert locks.holder(paths) == {"pid": os.getpid()}
    lock.describe(started="now")
    found = locks.holder(paths)
    assert found is not None
    assert (found["pid"], found["started"]) == (os.getpid(), "now")
    assert not InstanceLock(paths).acquire(0.05)
    lock.release()
    lock.release()
    assert locks.holder(paths) is None


def test_a_damaged_description_is_still_a_holder(paths: Paths) -> None:
    make_run_directory(paths)
    lock = InstanceLock(paths)
    lock.acquire(0.0)
    (paths.run / "daemon.lock").write_text("{no json")

    assert locks.holder(paths) == {"pid": os.getpid()}
    lock.release()


def test_one_process_at_a_time_starts_a_daemon(paths: Paths) -> None:
    make_run_directory(paths)
    lock = StartLock(paths)

    assert lock.acquire()
    assert not elsewhere(try_start_lock, paths)
    lock.release()
    lock.release()
    assert elsewhere(try_start_lock, paths)


def test_what_a_dead_daemon_wrote_of_itself_names_nobody(
    paths: Paths, hold: Hold
) -> None:
    # The number may be another process's by now: one that must not be ended.
    hold("InstanceLock", "lock.describe(pid=1)")

    found = locks.holder(paths)

    assert found is not None
    assert found["pid"] not in (0, 1)
    assert found.keys() == {"pid"}


def test_looking_never_hinders_who_takes_the_lock(paths: Paths) -> None:
    make_run_directory(paths)
    looks = threading.Event()
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            owner_of(paths.run / "daemon.lock")
            looks.set()

    lookers = [threading.Thread(target=look) for _ in range(4)]
    for looker in lookers:
        looker.start()
    looks.wait(10)
    try:
        for _ in range(20):
            assert elsewhere_at_once(paths)
    finally:
        ended.set()
        for looker in lookers:
            looker.join()


def elsewhere_at_once(paths: Paths) -> bool:
    """Return whether another process gets the lock at its first try."""
    script = (
        "from hookwright.core.paths import find_paths\n"
        "from hookwright.core.service.locks import InstanceLock\n"
        "print(InstanceLock(find_paths()).acquire(0.0))\n"
    )
    command = [sys.executable, "-c", script]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return found.stdout == "True\n"


def test_a_fork_of_the_daemon_does_not_stand_for_it(paths: Paths) -> None:
    make_run_directory(paths)
    script = (
        "import os, time\n"
        "from hookwright.core.paths import find_paths\n"
        "from hookwright.core.service.locks import InstanceLock\n"
        "lock = InstanceLock(find_paths())\n"
        "lock.acquire(0.0)\n"
        "child = os.fork()\n"
        "if child:\n"
        "    print(child, flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        assert not elsewhere(try_lock, paths)
        process.kill()
        process.wait()

        assert locks.holder(paths) is None
        assert elsewhere(try_lock, paths)
    finally:
        os.kill(child, signal.SIGKILL)
        process.stdout.close()


def test_a_lock_that_was_let_go_by_mistake_is_taken_again(paths: Paths) -> None:
    make_run_directory(paths)
    lock = InstanceLock(paths)
    assert lock.acquire(0.0)
    # Closing any descriptor of the file lets a record lock go: so says POSIX.
    (paths.run / "daemon.lock").read_bytes()
    assert elsewhere(try_lock, paths)

    assert lock.keep()

    assert not elsewhere(try_lock, paths)
    lock.release()
    assert not lock.keep()


def test_a_lock_in_a_directory_that_was_replaced_counts_no_more(paths: Paths) -> None:
    make_run_directory(paths)
    lock = InstanceLock(paths)
    assert lock.acquire(0.0)
    assert lock.keep()

    paths.data.rename(paths.data.with_name("moved"))
    assert not lock.keep()
    make_run_directory(paths)
    assert not lock.keep()

    assert elsewhere(try_lock, paths)
    lock.release()
