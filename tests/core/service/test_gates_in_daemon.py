"""Gates keep their word whatever state the daemon is in."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime

from .guarded import Hook

DENIED = ("deny", "This file is not for you.", "")
STAND_IN = "Plugin guard could not judge this"
Until = Callable[..., Any]


def start(hook: Hook) -> subprocess.Popen[bytes]:
    """Start a daemon and wait until it listens."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "hookwright.core.service.daemon"],
        env=hook.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not lifetime.is_listening(hook.paths):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


@pytest.fixture
def hook(paths: Paths, tmp_path: Path) -> Iterator[Hook]:
    made = Hook(paths, tmp_path)
    # Nobody else starts a daemon: it would inherit no PYTHONPATH, so no guard either.
    paths.run.mkdir(mode=0o700, parents=True)
    with (paths.run / "start.lock").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        yield made
    # A daemon may just be starting: look until there is none for a moment.
    quiet = time.monotonic()
    while time.monotonic() - quiet < 0.3:
        for pid in made.processes():
            os.kill(pid, signal.SIGKILL)
            quiet = time.monotonic()
        time.sleep(0.02)


@pytest.fixture
def daemon(hook: Hook) -> Iterator[subprocess.Popen[bytes]]:
    process = start(hook)
    assert hook.decision("cat vault.txt") == DENIED
    yield process
    process.kill()
    process.wait()


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def test_a_gate_is_answered_when_the_daemon_was_killed(
    hook: Hook, daemon: subprocess.Popen[bytes]
) -> None:
    end(daemon)

    assert hook.decision("cat vault.txt") == DENIED
    assert hook.decision("ls") == ("", "", "")

    assert len(hook.observed()) == 3


def test_a_gate_is_answered_while_the_daemon_is_stopped(
    hook: Hook, daemon: subprocess.Popen[bytes], until: Until
) -> None:
    daemon.send_signal(signal.SIGSTOP)

    found = [hook.start("cat vault.txt") for _ in range(3)]
    # Three at once may be too much for a small machine: then it is the policy's word.
    assert [hook.read(process)[0] for process in found] == ["deny"] * 3

    # Now it reads what three clients sent before they gave it up.
    daemon.send_signal(signal.SIGCONT)
    assert hook.decision("cat vault.txt") == DENIED
    daemon.terminate()
    daemon.wait()
    assert len(hook.observed()) == 5


def test_a_gate_that_hangs_in_the_daemon_answers_by_its_policy(
    hook: Hook, daemon: subprocess.Popen[bytes]
) -> None:
    told, reason, err = hook.decision("trouble sleep")

    assert (told, err) == ("deny", "")
    assert reason.startswith(f"{STAND_IN}: it was still running after ")
    assert hook.decision("cat vault.txt") == DENIED


def test_a_gate_that_holds_up_the_whole_daemon_answers_by_its_policy(
    hook: Hook, daemon: subprocess.Popen[bytes]
) -> None:
    found = hook.start("trouble backtrack")
    time.sleep(0.5)
    beside = hook.start("cat vault.txt")

    # The daemon hangs, and so does the process that decides in its place.
    told, reason, err = hook.read(found)
    assert (told, reason.startswith(STAND_IN)) == ("deny", True)
    assert "it took too long" in err
    assert hook.read(beside)[0] == "deny"
    end(daemon)
    assert len(hook.observed()) == 3


def test_many_gates_that_hang_do_not_open_another(
    hook: Hook, daemon: subprocess.Popen[bytes]
) -> None:
    # More than there are threads for answers.
    hanging = [hook.start("trouble sleep") for _ in range(40)]
    time.sleep(1)

    beside = hook.decision("cat vault.txt")

    assert beside[0] == "deny"
    for process in hanging:
        told, reason, _ = hook.read(process)
        assert told == "deny"
        assert reason.startswith(STAND_IN)


def test_a_gate_that_ends_the_daemon_is_closed(
    hook: Hook, daemon: subprocess.Popen[bytes]
) -> None:
    told, reason, err = hook.decision("trouble exit")

    assert told == "deny"
    assert reason.startswith(STAND_IN)
    assert "no plugin could be asked: it exited with code 3" in err
    assert hook.decision("cat vault.txt")[0] == "deny"


@pytest.mark.parametrize("damage", ["foreign", "garbage", "configuration"])
def test_a_gate_is_answered_whatever_cannot_be_read(
    hook: Hook, daemon: subprocess.Popen[bytes], paths: Paths, damage: str
) -> None:
    end(daemon)
    if damage == "foreign":
        shutil.rmtree(paths.store)
        paths.store.write_text("somebody's file")
    elif damage == "garbage":
        (paths.store / "data.mdb").write_bytes(os.urandom(8192))
    else:
        paths.config.mkdir()
        paths.config_file.write_text("[guard\n")

    told, reason, err = hook.decision("cat vault.txt")

    assert told == "deny"
    if damage == "configuration":
        # What its settings are nobody knows.
        assert f"{STAND_IN}: it does not know its settings: " in reason
        assert str(paths.config_file) in reason
        assert hook.decision("ls")[0] == "deny"
    elif damage == "foreign":
        assert reason == DENIED[1]
        assert "this event waits in the spool" in err
        assert list(paths.spool.glob("cold-*"))


def as_owner(directory: Path) -> list[str]:
    """Make a directory read-only for its owner; return what begins its commands."""
    for folder, _, files in os.walk(directory):
        for name in files:
            os.chmod(os.path.join(folder, name), 0o400)
        os.chmod(folder, 0o500)
    if os.geteuid():
        return []
    tool = shutil.which("setpriv")
    if tool is None:
        pytest.skip("root can write everywhere, and setpriv is not here")
    for folder, _, files in os.walk(directory):
        for name in (*files, "."):
            os.chown(os.path.join(folder, name), 65534, 65534)
    # Another user, who may read everything (Python may be in root's home).
    right = "+dac_read_search"
    user = ["--reuid=65534", "--clear-groups"]
    return [tool, *user, f"--inh-caps=-all,{right}", f"--ambient-caps={right}"]


def test_a_gate_is_answered_with_a_read_only_data_directory(
    hook: Hook, daemon: subprocess.Popen[bytes], paths: Paths
) -> None:
    daemon.terminate()
    daemon.wait()
    hook.prefix = as_owner(paths.data)
    hook.environment["PYTHONDONTWRITEBYTECODE"] = "1"

    told, reason, err = hook.decision("cat vault.txt")
    assert (told, reason) == DENIED[:2]
    assert err.count("\n") == 1

    told, reason, err = hook.decision("trouble exit")
    assert told == "deny"
    assert reason.startswith(STAND_IN)
    assert "this event is lost" in err


def test_an_answer_of_the_daemon_comes_from_every_gate_but_the_one_that_hangs(
    hook: Hook, tmp_path: Path
) -> None:
    info = hook.site / "slow-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: slow\nVersion: 1.0\n")
    # Its name comes before the guard's, so that it is asked first.
    (info / "entry_points.txt").write_text("[hookwright]\na_slow = slow_plugin\n")
    (hook.site / "slow_plugin.py").write_text(
        "import time\n"
        "from hookwright.hookspecs import PluginInfo, hookimpl\n"
        "@hookimpl\n"
        "def hookwright_plugin_info():\n"
        "    return PluginInfo(gate_budget_ms=10_000)\n"
        "@hookimpl\n"
        "def hookwright_tool_before(event):\n"
        "    time.sleep(3600)\n"
    )
    process = start(hook)
    try:
        with_daemon = hook.decision("cat vault.txt")
    finally:
        end(process)
    hook.options = ("--direct",)
    without = hook.decision("cat vault.txt")

    assert with_daemon == DENIED
    assert without == DENIED
