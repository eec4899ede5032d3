"""Timers of the kernel end whole processes, so each test has one of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import asyncio, os, re, sys, threading, time
from hookwright.core.host import watchdog
watchdog.FROZEN_S = (0.5, float(sys.argv[2]))
watchdog.LOADING_S = (0.5, 30.0)
watchdog._TICK_S = 0.05

def hold():
    re.match(r"(a+)+$", "a" * 64 + "b")

def work():
    until = time.process_time() + 1.5
    while time.process_time() < until:
        sum(range(1000))

async def main():
    watchdog.follow(asyncio.get_running_loop())
    if sys.argv[1] == "held":
        await asyncio.get_running_loop().run_in_executor(None, hold)
    if sys.argv[1] == "busy":
        await asyncio.get_running_loop().run_in_executor(None, work)
    if sys.argv[1] == "blocked":
        time.sleep(60)
    if sys.argv[1] == "stopped":
        print("stop me", flush=True)
    await asyncio.sleep(0.3)

watchdog.begin()
if sys.argv[1] == "loading":
    hold()
asyncio.run(main())
watchdog.end()
work()
print("alive", flush=True)
"""


def run(how: str, clock: float = 30.0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, how, str(clock)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("how", ["held", "loading"])
def test_who_holds_the_interpreter_ends_the_process(how: str) -> None:
    with run(how) as process:
        assert process.wait(60) == -signal.SIGPROF


def test_a_loop_that_is_blocked_without_working_ends_the_process_later() -> None:
    with run("blocked", 0.5) as process:
        assert process.wait(60) == -signal.SIGALRM


def test_work_in_threads_that_let_the_loop_turn_is_no_freeze() -> None:
    with run("busy") as process:
        assert process.communicate(timeout=60)[0] == "alive\n"
        assert process.returncode == 0


def test_a_process_that_was_stopped_for_a_while_goes_on() -> None:
    with run("stopped") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stop me\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.0)
        process.send_signal(signal.SIGCONT)

        assert process.communicate(timeout=60)[0] == "alive\n"
