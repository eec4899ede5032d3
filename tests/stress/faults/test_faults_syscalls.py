"""A process is killed, or the disk fails, at any one system call that changes a file.

The short version takes some of the points, others each day; all of them:
`HOOKWRIGHT_STRESS=1 python -m pytest -m stress tests/stress/faults`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.stress.faults.conftest import Bench, Durability, Strace

# Read here: a test's environment has no variables of ours.
_LONG = bool(os.environ.get("HOOKWRIGHT_STRESS"))
_SOME = 4
#: Calls that a disk can refuse. `openat` and `flock` are not among them: the first
#: would hit Python's own imports, the second needs no disk.
_REFUSED = [
    *("write", "pwrite64", "pwritev", "ftruncate", "fsync", "fdatasync", "chmod"),
    *("rename", "unlink", "unlinkat", "rmdir", "mkdir"),
]
long_run = pytest.mark.skipif(not _LONG, reason="minutes long; set HOOKWRIGHT_STRESS=1")
classes = pytest.mark.parametrize("durability", ["spool", "sync"])


class Points:
    """Every system call of the work, by name and number."""

    def __init__(self, bench: Bench, strace: Strace, durability: Durability) -> None:
        self._bench = bench
        self._strace = strace
        self._durability = durability

    def find(self, names: list[str]) -> list[tuple[str, int]]:
        """Run the work undisturbed; return its system calls."""
        traced = f"trace={','.join(names)}"
        # The first run may write what Python caches of its modules.
        for _ in range(2):
            paths = self._bench.fresh()
            outcome = self._bench.run(
                paths,
                self._durability,
                lambda pid: self._strace.watching(pid, "-e", traced),
            )
            assert outcome.status == 0
            self._bench.check(paths, outcome, unfinished=0)
        counts = self._strace.count()
        return [(name, k + 1) for name in names for k in range(counts[name])]

    def hurt_all(self, points: Iterable[tuple[str, int]], fault: str) -> str:
        """Run the work once for each point; nearly all of them must be reached.

        :param fault: what strace is to inject; `%d` is the number of the call.
        :returns: the score, for people; it is only reached when nothing was lost.
        """
        reached = [self.hurt(name, fault % number) for name, number in points]
        # How often Python looks for its modules differs a little between runs.
        assert sum(reached) > 0.9 * len(reached)
        return f"\n{self._durability}, {fault}: {sum(reached)} points, 0 lost\n"

    def hurt(self, name: str, fault: str) -> bool:
        """Run the work with a fault at one point; return whether that was reached.

        In any case what is left is looked at.
        """
        paths = self._bench.fresh()
        outcome = self._bench.run(
            paths, self._durability, lambda pid: self._injecting(pid, name, fault)
        )
        killed = fault.startswith("signal")
        if killed:
            assert outcome.status in (-signal.SIGKILL, 0), (name, fault, outcome)
        elif not fault.endswith("+"):
            assert outcome.status == 0, (name, fault, outcome)
        # A commit that was refused an answer may stand; one kill ends one commit.
        self._bench.check(paths, outcome, unfinished=1 if killed else 20)
        return "INJECTED" in self._strace.log.read_text() or outcome.status != 0

    def _injecting(
        self, pid: int, name: str, fault: str
    ) -> AbstractContextManager[None]:
        inject = f"inject={name}:{fault}"
        return self._strace.watching(pid, "-e", f"trace={name}", "-e", inject)


def some(points: list[tuple[str, int]], seed: int) -> Iterator[tuple[str, int]]:
    """Yield one point of each name, and then others."""
    source = Random(seed)
    names = sorted({name for name, _ in points})
    for name in names:
        yield source.choice([point for point in points if point[0] == name])
    yield from source.sample(points, min(_SOME, len(points)))


class Calls:
    """Counts what Python asks of the system, and kills the process at one call.

    Less than strace: it does not see LMDB's own calls, but it works everywhere.
    """

    NAMES = (
        *("open", "write", "ftruncate", "fsync", "fdatasync", "rename", "unlink"),
        *("rmdir", "mkdir", "close"),
    )

    def __init__(self, counted: int, doomed: int | None) -> None:
        self._told = counted
        self._doomed = doomed
        self._count = 0

    def begin(self) -> None:
        """Put a counter before each function."""
        for name in self.NAMES:
            setattr(os, name, self._counting(getattr(os, name)))

    def _counting(self, real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            self._count += 1
            if self._count == self._doomed:
                os.kill(os.getpid(), signal.SIGKILL)
            os.pwrite(self._told, b"%8d" % self._count, 0)
            return real(*arguments, **named)

        return call


def test_a_kill_at_some_calls_of_python_loses_nothing(
    bench: Bench, tmp_path: Path
) -> None:
    with (tmp_path / "count").open("w+b") as file:
        paths = bench.fresh()
        calls = Calls(file.fileno(), None)
        bench.check(paths, bench.run(paths, begin=calls.begin), unfinished=0)
        count = int(file.read())
        assert count > 100
        points = range(1, count) if _LONG else Random(20261121).sample(range(count), 25)
        for number in points:
            paths = bench.fresh()
            calls = Calls(file.fileno(), number)
            bench.check(paths, bench.run(paths, begin=calls.begin), unfinished=1)


@classes
def test_a_kill_at_some_system_calls_loses_nothing(
    bench: Bench, strace: Strace, changing: list[str], durability: Durability
) -> None:
    points = Points(bench, strace, durability)
    points.hurt_all(some(points.find(changing), 20261121), "signal=KILL:when=%d")


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_an_error_at_some_system_calls_loses_nothing_and_heals(
    bench: Bench, strace: Strace, error: str
) -> None:
    points = Points(bench, strace, "sync")
    points.hurt_all(some(points.find(_REFUSED), 20261121), f"error={error}:when=%d")


@pytest.mark.stress
@pytest.mark.timeout(3600)
@long_run
@classes
def test_a_kill_at_every_system_call_loses_nothing(
    bench: Bench,
    strace: Strace,
    changing: list[str],
    durability: Durability,
    capsys: pytest.CaptureFixture[str],
) -> None:
    points = Points(bench, strace, durability)
    score = points.hurt_all(points.find(changing), "signal=KILL:when=%d")
    with capsys.disabled():
        sys.stdout.write(score)


@pytest.mark.stress
@pytest.mark.timeout(3600)
@long_run
@classes
@pytest.mark.parametrize("error", ["EIO", "ENOSPC", "EDQUOT"])
def test_an_error_at_every_system_call_loses_nothing_and_heals(
    bench: Bench,
    strace: Strace,
    durability: Durability,
    error: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    points = Points(bench, strace, durability)
    score = points.hurt_all(points.find(_REFUSED), f"error={error}:when=%d")
    with capsys.disabled():
        sys.stdout.write(score)


@pytest.mark.stress
@pytest.mark.timeout(3600)
@long_run
def test_a_disk_that_stays_full_from_any_call_on_loses_nothing(
    bench: Bench, strace: Strace, capsys: pytest.CaptureFixture[str]
) -> None:
    points = Points(bench, strace, "sync")
    score = points.hurt_all(points.find(_REFUSED), "error=ENOSPC:when=%d+")
    with capsys.disabled():
        sys.stdout.write(score)
