"""Run every check of the project, one after another, and sum them up.

    python tests/check.py

A check that fails stops nothing; the exit code is 1 when any did. Three runs of pytest
go side by side, and beside the rest, since many tests wait for other programs (agent
hosts, daemons).
The last line is pytest's own, with all numbers added up.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
COVERAGE = (sys.executable, "-m", "coverage")
PYTEST = ("-m", "pytest", "-q", "-rs", "--durations=10")
PLAIN = (sys.executable, *PYTEST)
#: Only what is about core is traced: that takes twice the time.
TRACED = (*COVERAGE, "run", *PYTEST)
#: Tests that mostly wait for processes, each part in a run of its own.
AGENTS = ("tests/conformance", "tests/stress", "tests/plugins/adapters")
SERVICE = ("tests/core/service",)
#: What pytest's last line counts.
COUNT = re.compile(
    r"(\d+) (failed|passed|skipped|deselected|xfailed|errors?|warnings?)\b"
)
#: A run beside the others, and what it prints.
Part = tuple[subprocess.Popen[str], IO[str]]
#: Percent of core's lines and branches that the tests must run.
FLOOR = 90


@dataclass(frozen=True)
class Check:
    """One headline and the commands under it.

    :param whole: whether one that fails lets the next run all the same.
    """

    name: str
    commands: Sequence[Sequence[str]]
    whole: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of one check, and the last line that it printed."""

    name: str
    passed: bool
    seconds: float
    last_line: str


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module with the Python that runs this."""
    return (sys.executable, "-m", module, *arguments)


def script(name: str) -> str:
    """Return the path of a console script that is installed beside Python."""
    return str(Path(sys.executable).with_name(name))


def ignored(*paths: str) -> tuple[str, ...]:
    """Return what has pytest leave out these."""
    return tuple(f"--ignore={path}" for path in paths)


CHECKS = (
    Check("ruff check", [python("ruff", "check", ".")]),
    Check("ruff format", [python("ruff", "format", "--check", ".")]),
    Check("mypy", [python("mypy")]),
    Check("import-linter", [(script("lint-imports"),)]),
    Check(
        "pytest",
        [
            (*TRACED, "tests", "--ignore=tests/plugins", *ignored(*AGENTS, *SERVICE)),
            (*PLAIN, "tests/plugins", *ignored(*AGENTS)),
        ],
        whole=True,
    ),
    Check(
        f"coverage of core, at least {FLOOR} %",
        [
            (*COVERAGE, "combine", "-q"),
            (*COVERAGE, "report", "--include=core/*", f"--fail-under={FLOOR}"),
        ],
    ),
)


#: Where this is set, each process of a test would compile the project anew; no user's
#: machine has it.
UNWANTED = "PYTHONDONTWRITEBYTECODE"
#: What is done before all else, and what runs beside the checks.
FIRST: Sequence[str] = (*COVERAGE, "erase")
BESIDE: Sequence[Sequence[str]] = [(*PLAIN, *AGENTS), (*TRACED, *SERVICE)]


def main() -> int:
    """Run the checks and return the exit code."""
    os.environ.pop(UNWANTED, None)
    follow(FIRST)
    start = time.monotonic()
    with ExitStack() as stack:
        parts = [stack.enter_context(begun(command)) for command in BESIDE]
        outcomes = []
        for check in CHECKS:
            outcome = run(check)
            if check.name == "pytest":
                outcome = joined(outcome, parts, start)
            outcomes.append(outcome)
    say("\n== summary")
    for outcome in outcomes:
        word = "passed" if outcome.passed else "FAILED"
        say(f"{word}  {outcome.name}  ({outcome.seconds:.0f} s)")
    say(next(outcome.last_line for outcome in outcomes if outcome.name == "pytest"))
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def run(check: Check) -> Outcome:
    """Run one check's commands under its headline."""
    say(f"\n== {check.name}")
    start = time.monotonic()
    passed, last_line = True, ""
    for command in check.commands:
        code, line = follow(command)
        taken = time.monotonic() - start
        last_line = summed(last_line, line, taken) if last_line else line
        passed &= not code
        if code and not check.whole:
            break
    return Outcome(check.name, passed, time.monotonic() - start, last_line)


@contextmanager
def begun(command: Sequence[str]) -> Iterator[Part]:
    """Run a command beside all else; its output is kept until it is asked for."""
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process, log
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def joined(outcome: Outcome, parts: Sequence[Part], start: float) -> Outcome:
    """Wait for what runs beside; return the outcome of all."""
    passed, last_line = outcome.passed, outcome.last_line
    for process, log in parts:
        passed &= not process.wait()
        log.seek(0)
        lines = [line.rstrip("\n") for line in log]
        say("\n".join(lines))
        ending = next((line for line in reversed(lines) if line.strip()), "")
        last_line = summed(last_line, ending, time.monotonic() - start)
    return Outcome(outcome.name, passed, time.monotonic() - start, last_line)


def summed(one: str, other: str, seconds: float) -> str:
    """Return one summary line of pytest for two of runs side by side."""
    counts: dict[str, int] = {}
    for line in (one, other):
        if not COUNT.search(line):
            return line  # something else than a summary: that is what to look at
        for number, word in COUNT.findall(line):
            word = word.removesuffix("s") if word.startswith("error") else word
            counts[word] = counts.get(word, 0) + int(number)
    order = ("failed", "passed", "skipped")
    words = sorted(counts, key=lambda w: order.index(w) if w in order else len(order))
    return f"{', '.join(f'{counts[w]} {w}' for w in words)} in {seconds:.2f}s"


def follow(command: Sequence[str]) -> tuple[int, str]:
    """Run a command, print its output as it comes, return code and last line."""
    last_line = ""
    try:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        say(f"{command[0]}: {error.strerror}")
        return 127, last_line
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            say(line.rstrip("\n"))
            last_line = line.strip() or last_line
    return process.wait(), last_line


def say(line: str) -> None:
    """Print a line at once, so that a log shows where a run is."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
