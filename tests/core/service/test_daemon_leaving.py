"""The daemon leaves in time, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import client, housekeeping, lifetime, wire
from hookwright.core.store import Store

Until = Callable[..., Any]
StartDaemon = Callable[..., "subprocess.Popen[bytes]"]
RunClient = Callable[..., "subprocess.CompletedProcess[bytes]"]

#: A plugin that starts processes: one it waits for, one it forgets, one that stays.
_STARTER = """
import subprocess, sys
from hookwright.hookspecs import hookimpl, kind_of

kept = []

@hookimpl
def hookwright_event(event):
    if kind_of(event) != "push":
        return
    subprocess.run([sys.executable, "-c", ""], check=True)
    kept.append(subprocess.Popen([sys.executable, "-c", "print(1)"], stdout=-3))
    lasting = [sys.executable, "-c", "import time; time.sleep(600)"]
    kept.append(subprocess.Popen(lasting))
    kept.append(subprocess.Popen(["sleep", "600"], start_new_session=True))
"""

#: A plugin whose every last hook never ends. Who is busy sees the signal that ends the
#: daemon's group before the daemon is gone.
_CLINGING = """
import os, time
from hookwright.hookspecs import hookimpl

killpg = os.killpg

def busy(group, number):
    killpg(group, number)
    time.sleep(0.5)

os.killpg = busy

@hookimpl
def hookwright_shutdown():
    time.sleep(600)
"""

#: A plugin that breaks the daemon's own housekeeping so many times.
_TROUBLING = """
from hookwright.core.service.runtime import Runtime

tick, calls = Runtime.tick, []

def troubled(self):
    calls.append(None)
    if len(calls) <= {times}:
        raise RuntimeError("a fault of its own")
    return tick(self)

Runtime.tick = troubled
"""


def event(kind: str, text: str = "", session: str = "s1") -> dict[str, str]:
    return {"event": kind, "text": text, "session": session}


def add_plugin(site: Path, name: str, source: str) -> None:
    """Install one more plugin beside the sample."""
    (site / f"{name}.py").write_text(source)
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[hookwright]\n{name} = {name}\n")


def children_of(pid: int) -> dict[int, str]:
    """Return a process's children and the state of each (Z: a zombie)."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, IndexError):
            continue
        if int(fields[1]) == pid:
            found[int(entry.name)] = fields[0]
    return found


def users_of(data: Path) -> list[int]:
    """Return the processes whose environment names a data directory."""
    wanted = b"HOOKWRIGHT_DATA_DIR=" + os.fsencode(data)
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def make_leave(process: subprocess.Popen[bytes]) -> None:
    """Tell a daemon to leave; what hangs in these tests would keep it for minutes."""
    process.terminate()
    assert process.wait(30) == 0


def test_leaving_takes_less_than_a_second() -> None:
    # Nothing measures it here, because a busy machine would: what hangs is cut off.
    assert housekeeping.MAX_LEAVING < 1


@pytest.mark.parametrize(
    ("kind", "text", "flags"),
    [
        ("after", "observed slowly 600", "o"),
        ("before", "sleep 600", ""),
    ],
)
def test_a_hanging_plugin_does_not_keep_it(
    paths: Paths,
    start_daemon: StartDaemon,
    ask: Callable[..., bytes],
    until: Until,
    kind: str,
    text: str,
    flags: str,
) -> None:
    process = start_daemon(HOOKWRIGHT__SERVICE__ANSWER_TIMEOUT="0.2")
    for number in range(5):
        ask(event("after", f"t{number}"), flags="o")
    for number in range(40):
        # More than there are threads that answer.
        ask(event(kind, text, session=f"h{number}"), flags=flags)

    make_leave(process)

    assert lifetime.holder(paths) is None
    assert not (paths.run / "daemon.sock").exists()
    # What was acknowledged is in the store, or waits for the next daemon.
    following = start_daemon()
    assert following.poll() is None


def test_a_plugin_that_hangs_at_the_end_does_not_keep_it(
    paths: Paths, site: Path, start_daemon: StartDaemon, ask: Callable[..., bytes]
) -> None:
    add_plugin(site, "clinging", _CLINGING)
    process = start_daemon()
    for number in range(5):
        ask(event("after", f"t{number}"), flags="o")

    make_leave(process)

    (site / "clinging.py").write_text("")
    start_daemon()
    lifetime.end(paths)
    with closing(Store.open(paths)) as store:
        stats = store.stats()
    assert (stats.records["seen"], stats.inbox) == (1, 0)


def test_clients_that_are_connected_do_not_keep_it(
    paths: Paths, start_daemon: StartDaemon
) -> None:
    process = start_daemon()
    idle = [client.connect(os.fsencode(paths.run)) for _ in range(3)]
    half = client.connect(os.fsencode(paths.run))
    half.sendall(wire.MAGIC + bytes((wire.PROTOCOL, wire.HOOK)) + b"\0\0\1\0")

    make_leave(process)

    for connection in (*idle, half):
        assert connection.recv(1) == b""
        connection.close()


def test_a_client_that_asks_while_it_leaves_is_answered_all_the_same(
    paths: Paths,
    site: Path,
    start_daemon: StartDaemon,
    run_client: RunClient,
    ask: Callable[..., bytes],
    until: Until,
) -> None:
    process = start_daemon(HOOKWRIGHT__SERVICE__ANSWER_TIMEOUT="0.2")
    for number in range(4):
        ask(event("after", "observed slowly 600", session=f"h{number}"), flags="o")
    process.terminate()

    found = run_client(
        "sample", "before", stdin=event("before", "forbidden"), site=site
    )

    assert found.returncode == 0
    assert json.loads(found.stdout)["outcome"] == "deny"
    assert process.wait(10) == 0


def test_an_idle_connection_does_not_keep_it_for_ever(
    paths: Paths, start_daemon: StartDaemon
) -> None:
    process = start_daemon(HOOKWRIGHT__SERVICE__IDLE_EXIT="1")
    connection = client.connect(os.fsencode(paths.run))

    assert process.wait(20) == 0

    connection.close()


def test_no_zombie_while_it_lives_and_no_process_after_it(
    paths: Paths,
    site: Path,
    start_daemon: StartDaemon,
    ask: Callable[..., bytes],
    until: Until,
) -> None:
    add_plugin(site, "starter", _STARTER)
    process = start_daemon(HOOKWRIGHT__SERVICE__IDLE_EXIT="3")
    ask(event("push"), flags="o")
    until(lambda: len(children_of(process.pid)) >= 2)
    theirs = children_of(process.pid)
    (own_session,) = (pid for pid in theirs if os.getsid(pid) == pid)

    assert process.wait(20) == 0

    try:
        # What made a session of its own wants to outlive the daemon; nothing else.
        until(lambda: users_of(paths.data) == [own_session])
    finally:
        os.kill(own_session, signal.SIGKILL)


def test_children_that_nobody_waits_for_are_taken_away(until: Until) -> None:
    script = (
        "import os, time\n"
        "from hookwright.core.service.housekeeping import Reaper\n"
        "reaper = Reaper(patience=0.2)\n"
        "for _ in range(3):\n"
        "    if not os.fork():\n"
        "        os._exit(0)\n"
        "print(flush=True)\n"
        "while True:\n"
        "    reaper.look()\n"
        "    time.sleep(0.05)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        until(lambda: children_of(process.pid) == {})
    finally:
        process.kill()
        process.communicate()


def test_whoever_asks_in_time_learns_how_a_child_ended() -> None:
    reaper = housekeeping.Reaper(patience=600)
    child = subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    reaper.look()
    reaper.look()

    assert child.wait() == 7


def test_a_daemon_in_the_foreground_ends_nobody_elses_process(
    paths: Paths, until: Until
) -> None:
    # A pipe in a shell: both processes are one group, which the daemon leads.
    script = (
        "sleep 600 >/dev/null & echo $!; "
        f"exec {sys.executable} -P -m hookwright.core.service.daemon --foreground "
        "2>/dev/null"
    )
    process = subprocess.Popen(
        ["sh", "-c", script], start_new_session=True, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    beside = int(process.stdout.readline())
    try:
        until(lambda: lifetime.is_listening(paths))
        assert os.getpgid(beside) == process.pid
        process.terminate()
        assert process.wait(10) == 0

        assert Path(f"/proc/{beside}").exists()
    finally:
        process.kill()
        process.communicate()
        os.kill(beside, signal.SIGKILL)


def test_what_plugins_print_on_standard_error_stays_short(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifetime.make_run_directory(paths)
    file = paths.run / lifetime.BOOT_LOG
    kept = os.dup(2)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    descriptor = os.open(file, flags, 0o600)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    try:
        housekeeping.bound_standard_error(paths)
        assert not file.with_name("boot.log.1").exists()
        for _ in range(5):
            os.write(2, b"x" * (housekeeping.MAX_BOOT_LOG + 1))
            housekeeping.bound_standard_error(paths)
            os.write(2, b"after\n")
    finally:
        os.dup2(kept, 2)
        os.close(kept)

    assert file.read_bytes() == b"after\n"
    assert sorted(found.name for found in paths.run.glob("boot.log*")) == [
        "boot.log",
        "boot.log.1",
    ]
    # Standard error that is something else is left alone.
    with socket.socket() as other:
        kept = os.dup(2)
        os.dup2(other.fileno(), 2)
        housekeeping.bound_standard_error(paths)
        os.dup2(kept, 2)
        os.close(kept)


@pytest.mark.parametrize(("times", "reason"), [(3, "no event"), (99, "housekeeping")])
def test_a_fault_in_housekeeping_ends_no_daemon_at_once(
    times: int,
    reason: str,
    paths: Paths,
    site: Path,
    start_daemon: StartDaemon,
    ask: Callable[..., Any],
) -> None:
    add_plugin(site, "troubling", _TROUBLING.format(times=times))
    process = start_daemon(HOOKWRIGHT__SERVICE__IDLE_EXIT="4")
    ask(event("after", "t1"), flags="o")

    assert process.wait(30) == 0

    said = (paths.logs / "daemon.log").read_text()
    assert said.count("housekeeping failed, the daemon goes on") == min(times, 5)
    assert "RuntimeError: a fault of its own" in said
    assert f"leaving: {reason}" in said or f"leaving: its {reason}" in said
