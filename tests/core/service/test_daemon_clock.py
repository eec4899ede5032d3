"""The machine's clock jumps under a running daemon."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import eventlog

Until = Callable[..., Any]
StartDaemon = Callable[..., "subprocess.Popen[bytes]"]
SetClock = Callable[[int], None]


def event(kind: str, text: str = "", session: str = "s1") -> dict[str, str]:
    return {"event": kind, "text": text, "session": session}


#: Adds the seconds in a file to the wall clock, and to nothing else. libfaketime would
#: do, but Debian's 0.9.10 makes every wait on the monotonic clock fail.
_PRELOADED = r"""
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long offset(void) {
    const char *name = getenv("CLOCK_OFFSET_FILE");
    FILE *file = name ? fopen(name, "r") : NULL;
    long seconds = 0;
    if (file) {
        if (fscanf(file, "%ld", &seconds) != 1) seconds = 0;
        fclose(file);
    }
    return seconds;
}
int clock_gettime(clockid_t clock, struct timespec *found) {
    int result = syscall(SYS_clock_gettime, clock, found);
    if (!result && clock == CLOCK_REALTIME) found->tv_sec += offset();
    return result;
}
int gettimeofday(struct timeval *found, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    found->tv_sec = now.tv_sec;
    found->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *found) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (found) *found = now.tv_sec;
    return now.tv_sec;
}
"""
_HOUR, _YEAR = 3600, 365 * 86400


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what is loaded before the C library."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("takes a C compiler, and Linux's way to load before the C library")
    folder = tmp_path_factory.mktemp("clock")
    (folder / "clock.c").write_text(_PRELOADED)
    words = ["-shared", "-fPIC", "-O1", "-o", "clock.so", "clock.c"]
    subprocess.run([compiler, *words], cwd=folder, check=True)
    return folder / "clock.so"


@pytest.fixture
def start_with_clock(
    library: Path, tmp_path: Path, start_daemon: StartDaemon
) -> Callable[..., tuple[subprocess.Popen[bytes], SetClock]]:
    """Return what starts a daemon, and what sets the clock that it sees."""
    file = tmp_path / "clock"

    def set_clock(seconds: int) -> None:
        fresh = file.with_suffix(".new")
        fresh.write_text(f"{seconds}")
        fresh.rename(file)

    def start(**variables: str) -> tuple[subprocess.Popen[bytes], SetClock]:
        set_clock(0)
        preloaded = {"LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(file)}
        return start_daemon(**preloaded, **variables), set_clock

    return start


def test_a_clock_that_jumps_loses_nothing_and_turns_no_order_round(
    paths: Paths,
    start_with_clock: Callable[..., Any],
    ask: Callable[..., bytes],
    seen_in: Callable[[str], Any],
    tell: Callable[..., Any],
    until: Until,
) -> None:
    process, set_clock = start_with_clock(HOOKWRIGHT__STORE__FLUSH_SECONDS="0.5")
    offsets = [0, 1, -_HOUR, _YEAR, 1, -10 * _YEAR, -1, 0]
    sent = 0
    for number, offset in enumerate(offsets):
        set_clock(offset)
        for part in range(3):
            ask(event("after", f"t{number}.{part}"), flags="o")
            sent += 1
        until(partial(has_logged, paths, sent))
        # Whatever has a lifetime is looked at here, and must not be over by this.
        tell("flush")

    assert process.poll() is None
    found = seen_in("s1")
    assert found["count"] == 3 * len(offsets)
    assert len(found["texts"]) == 3 * len(offsets)
    times = times_logged(paths)
    assert times == sorted(times)
    # The clock was really seen to jump, and time stood still until it had caught up.
    assert times[-1] > datetime.now(UTC) + timedelta(days=300)
    assert tell("check")["problems"] == []
    stats = tell("stats")
    assert stats["records"]["seen"] == 1
    assert (stats["inbox"], stats["dead_letters"]) == (0, 0)


def times_logged(paths: Paths) -> list[datetime]:
    """Return the events' times; a whole second is written without a fraction."""
    return [
        datetime.fromisoformat(str(line["time"]))
        for line in eventlog.tail(paths.logs, 99)
    ]


def has_logged(paths: Paths, count: int) -> bool:
    return len(eventlog.tail(paths.logs, 99)) == count


def test_keys_go_on_rising_after_a_restart_with_an_earlier_clock(
    paths: Paths,
    start_with_clock: Callable[..., Any],
    start_daemon: StartDaemon,
    ask: Callable[..., bytes],
    tell: Callable[..., Any],
    until: Until,
) -> None:
    first, set_clock = start_with_clock()
    set_clock(_YEAR)
    ask(event("after", "later"), flags="o")
    until(lambda: len(eventlog.tail(paths.logs, 9)) == 1)
    first.terminate()
    assert first.wait(10) == 0

    start_daemon()
    ask(event("after", "earlier"), flags="o")

    until(lambda: len(eventlog.tail(paths.logs, 9)) == 2)
    before, after = times_logged(paths)
    assert before < after
    assert tell("check")["problems"] == []


def test_a_daemon_that_has_work_to_wait_for_does_not_leave_for_a_jump(
    paths: Paths, start_with_clock: Callable[..., Any], ask: Callable[..., bytes]
) -> None:
    process, set_clock = start_with_clock(HOOKWRIGHT__SERVICE__IDLE_EXIT="600")
    ask(event("after", "x"), flags="o")

    set_clock(_YEAR)
    # More than two looks around.
    time.sleep(5.0)

    assert process.poll() is None
    assert "leaving" not in (paths.logs / "daemon.log").read_text()


def test_a_clock_that_goes_back_does_not_keep_an_idle_daemon(
    start_with_clock: Callable[..., Any], ask: Callable[..., bytes]
) -> None:
    process, set_clock = start_with_clock(HOOKWRIGHT__SERVICE__IDLE_EXIT="2")
    ask(event("after", "x"), flags="o")

    set_clock(-_YEAR)

    assert process.wait(20) == 0
