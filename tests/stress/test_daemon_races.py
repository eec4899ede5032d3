"""Never two daemons, and nothing that a killed one leaves hinders the next.

The long version: `HOOKWRIGHT_STRESS=1 python -m pytest -m stress tests/stress`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random, SystemRandom

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.service.connect import DaemonConnection

# Read here: a test's environment has no variables of ours.
_LONG = bool(os.environ.get("HOOKWRIGHT_STRESS"))
_SEED = int(os.environ.get("HOOKWRIGHT_STRESS_SEED", SystemRandom().randrange(10**6)))
_DAEMON = "hookwright.core.service.daemon"
Users = Callable[[], dict[int, bool]]
_AT_ONCE = 20
_START = (
    "import os\n"
    "from hookwright.core.paths import find_paths\n"
    "from hookwright.core.service import lifetime\n"
    "lifetime.start_detached(find_paths(), dict(os.environ))\n"
)
#: Calls that change what others see: locks, names, sizes, the socket.
_CALLS = (
    *("mkdir", "fcntl", "flock", "ftruncate", "bind", "listen", "rename", "unlink"),
    *("symlink", "fdatasync"),
)
_MOST_POINTS = 60


def is_serving(pid: int, listening: set[str]) -> bool:
    """Return whether a process has one of the sockets that listen."""
    try:
        links = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return any(link in listening for link in links)


def listening_sockets() -> set[str]:
    """Return the unix sockets of this machine that listen, as `socket:[inode]`."""
    found = set()
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        words = line.split()
        if int(words[3], 16) & 0x10000:  # __SO_ACCEPTCON
            found.add(f"socket:[{words[6]}]")
    return found


class Watch:
    """Looks all the time for two daemons that serve one data directory."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._ended = threading.Event()
        self.looks = 0
        self.most = 0
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.01):
            daemons = [pid for pid, is_one in self._users().items() if is_one]
            sockets = listening_sockets()
            serving = [pid for pid in daemons if is_serving(pid, sockets)]
            self.looks += 1
            self.most = max(self.most, len(serving))


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def silently(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own."""
    return subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def storm(users: Users, random: Random) -> list[subprocess.Popen[bytes]]:
    """Start many daemons at once, and kill what starts at random."""
    started: list[subprocess.Popen[bytes]] = []
    for number in range(_AT_ONCE):
        # Half of them ask first who is starting; the others race for the lock alone.
        command = [sys.executable, "-c", _START]
        if number % 2:
            command = [sys.executable, "-P", "-m", _DAEMON]
        started.append(silently(command))
    ends = time.monotonic() + random.uniform(1.0, 2.5)
    while time.monotonic() < ends:
        time.sleep(random.uniform(0, 0.15))
        if there := list(users()):
            with suppress(ProcessLookupError):
                os.kill(random.choice(there), signal.SIGKILL)
    return started


def assert_one(paths: Paths, users: Users) -> None:
    """Assert that one daemon comes of it, and that it answers."""
    lifetime.start(paths, dict(os.environ), timeout=30)
    until(lambda: sum(users().values()) == 1)
    connection = DaemonConnection.open(paths)
    assert connection is not None
    with connection:
        answered = connection.call("ping", timeout=20)["pid"]
        assert connection.call("check", timeout=20)["problems"] == []
    assert [answered] == [pid for pid, is_one in users().items() if is_one]


@pytest.mark.parametrize(
    "rounds",
    [
        3,
        pytest.param(
            40,
            marks=[
                pytest.mark.stress,
                pytest.mark.timeout(3600),
                pytest.mark.skipif(not _LONG, reason="set HOOKWRIGHT_STRESS=1"),
            ],
        ),
    ],
)
def test_of_twenty_starts_at_once_one_daemon_comes(
    paths: Paths, users: Users, rounds: int
) -> None:
    seed = _SEED if rounds > 3 else 20261121
    random = Random(seed)
    started: list[subprocess.Popen[bytes]] = []
    with Watch(users) as watch:
        for _ in range(rounds):
            started += storm(users, random)
            assert_one(paths, users)

    assert watch.most == 1, f"seed {seed}"
    assert watch.looks > rounds
    assert lifetime.end(paths)
    until(lambda: users() == {})
    for process in started:
        process.wait(10)


@pytest.mark.parametrize(
    "every",
    [
        7,
        pytest.param(
            1,
            marks=[
                pytest.mark.stress,
                pytest.mark.timeout(7200),
                pytest.mark.skipif(not _LONG, reason="set HOOKWRIGHT_STRESS=1"),
            ],
        ),
    ],
)
def test_a_daemon_killed_at_any_point_hinders_no_other(
    paths: Paths, users: Users, every: int
) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    killed = 0
    for name in _CALLS:
        for number in range(1, _MOST_POINTS, every):
            if not kill_at(paths, strace, name, number):
                break
            killed += 1
            assert lifetime.holder(paths) is None
            if killed % 3 == 0 or every == 1:
                assert_one(paths, users)
                lifetime.end(paths)

    assert killed >= len(_CALLS) - 2
    assert_one(paths, users)


def kill_at(paths: Paths, strace: str, name: str, number: int) -> bool:
    """Run a daemon until it ends by itself or is killed at a call; say whether.

    It is told to leave as soon as it serves, so that its last calls count as well.
    """
    point = f"inject={name}:signal=KILL:when={number}"
    command = [strace, "-f", "-qq", "-o", os.devnull, "-e", f"trace={name}"]
    command += ["-e", point, sys.executable, "-P", "-m", _DAEMON]
    process = silently(command)
    told = False
    while process.poll() is None:
        pid = (lifetime.holder(paths) or {}).get("pid")
        if pid and not told and lifetime.is_listening(paths):
            told = True
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        time.sleep(0.01)
    # strace ends as what it ran did.
    assert process.returncode in (0, -signal.SIGKILL), (name, number)
    return bool(process.returncode)
