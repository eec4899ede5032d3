"""A disk that is full, or that refuses more, under a running daemon."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import wire

Until = Callable[..., Any]
StartDaemon = Callable[..., "subprocess.Popen[bytes]"]
_UNLIMITED = resource.RLIM_INFINITY


def event(kind: str, text: str = "", session: str = "s1") -> dict[str, str]:
    return {"event": kind, "text": text, "session": session}


def told(reply: bytes) -> str:
    """Return what a reply says on standard error."""
    assert reply[5] == wire.DONE
    assert reply[6] == 0
    out = int.from_bytes(reply[8:12], "big")
    return reply[wire.REPLY_HEAD + out :].decode()


def fill(folder: Path) -> Path:
    """Take all the space there is; return the file that has it."""
    file = folder / "filling"
    with file.open("wb", buffering=0) as out:
        for size in (2**16, 2**10, 1):
            try:
                while True:
                    out.write(b"x" * size)
            except OSError:
                continue
    return file


@pytest.fixture
def small_disk(paths: Paths) -> Iterator[Path]:
    """Make the data directory a file system of 6 MB, which takes a right few have."""
    mount = shutil.which("mount")
    if mount is None or os.geteuid():
        pytest.skip("only root can mount a small file system")
    paths.data.mkdir(mode=0o700)
    words = ["-t", "tmpfs", "-o", "size=6m,mode=0700", "none", str(paths.data)]
    made = subprocess.run([mount, *words], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"nothing can be mounted here: {made.stderr.decode().strip()}")
    yield paths.data
    subprocess.run(["umount", str(paths.data)], check=True)


def assert_told_once(ask: Callable[..., bytes], name: str) -> None:
    """Assert that each session is told once, in one line, and never refused."""
    for session in (f"{name}1", f"{name}2"):
        said = told(ask(event("after", "x", session), flags="o"))
        assert said.startswith("hookwright: events are not recorded: the spool in ")
        assert "free some space there" in said
        assert said.count("\n") == 1
        # Neither what is recorded nor a gate is told again.
        assert told(ask(event("after", "x", session), flags="o")) == ""
        allowed = ask(event("before", "ls", session))
        assert told(allowed) == ""
        assert b"deny" in ask(event("before", "forbidden", session))


def assert_recorded_again(
    paths: Paths,
    ask: Callable[..., bytes],
    seen_in: Callable[[str], Any],
    tell: Callable[..., Any],
    until: Until,
) -> None:
    assert told(ask(event("after", "again", "later"), flags="o")) == ""
    until(lambda: seen_in("later")["texts"] == ["again"])
    tell("flush")
    log = (paths.logs / "daemon.log").read_text()
    assert log.count("events are not recorded: the spool") == 1
    assert "events are recorded again; " in log
    assert tell("check")["problems"] == []


def test_a_full_disk_is_told_once_and_recording_goes_on_when_there_is_space(
    small_disk: Path,
    paths: Paths,
    start_daemon: StartDaemon,
    ask: Callable[..., bytes],
    seen_in: Callable[[str], Any],
    tell: Callable[..., Any],
    until: Until,
) -> None:
    process = start_daemon()
    assert told(ask(event("after", "first", "s0"), flags="o")) == ""
    until(lambda: seen_in("s0")["count"] == 1)
    tell("flush")

    filling = fill(small_disk)
    assert_told_once(ask, "full")
    assert process.poll() is None
    filling.unlink()

    assert_recorded_again(paths, ask, seen_in, tell, until)
    assert seen_in("s0")["count"] == 1


def test_a_limit_is_told_once_and_recording_goes_on_when_it_is_gone(
    paths: Paths,
    start_daemon: StartDaemon,
    ask: Callable[..., bytes],
    seen_in: Callable[[str], Any],
    tell: Callable[..., Any],
    until: Until,
) -> None:
    process = start_daemon(HOOKWRIGHT__SERVICE__EVENTS_KEPT="0")
    assert told(ask(event("after", "first", "s0"), flags="o")) == ""
    until(lambda: seen_in("s0")["count"] == 1)
    tell("flush")

    # As on a full disk, the kernel refuses what a file is to hold beyond this.
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (64, _UNLIMITED))
    assert_told_once(ask, "limited")
    status = tell("status")
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_UNLIMITED, _UNLIMITED))

    assert status["pid"] == process.pid
    assert_recorded_again(paths, ask, seen_in, tell, until)
    assert seen_in("s0")["count"] == 1


def test_a_store_that_cannot_be_opened_leaves_events_in_the_spool(
    paths: Paths,
    start_daemon: StartDaemon,
    ask: Callable[..., bytes],
    seen_in: Callable[[str], Any],
    until: Until,
) -> None:
    paths.data.mkdir(mode=0o700)
    paths.store.write_text("somebody's file")
    first = start_daemon()

    said = told(ask(event("after", "one", "s1"), flags="o"))
    assert said.startswith(
        "hookwright: nothing is recorded, the store cannot be opened"
    )
    assert "this event waits in the spool; see to it, then: hookwright daemon r" in said
    assert said.count("\n") == 1
    assert told(ask(event("after", "two", "s1"), flags="o")) == ""
    assert b"deny" in ask(event("before", "forbidden", "s1"))
    first.terminate()
    assert first.wait(10) == 0
    paths.store.unlink()

    start_daemon()

    until(lambda: seen_in("s1")["count"] == 3)
    assert set(seen_in("s1")["texts"]) == {"one", "two", "tool_before"}
