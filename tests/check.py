"""Run every check of the project, one after another, and sum them up.

    python tests/check.py

A check that fails stops nothing; the exit code is 1 when any did. The last line is
pytest's own.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COVERAGE = (sys.executable, "-m", "coverage")
#: Percent of core's lines and branches that the tests must run.
FLOOR = 90


@dataclass(frozen=True)
class Check:
    """One headline and the commands under it; the first that fails ends it."""

    name: str
    commands: Sequence[Sequence[str]]


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


CHECKS = (
    Check("ruff check", [python("ruff", "check", ".")]),
    Check("ruff format", [python("ruff", "format", "--check", ".")]),
    Check("mypy", [python("mypy")]),
    Check("import-linter", [(script("lint-imports"),)]),
    Check(
        "pytest",
        [(*COVERAGE, "erase"), (*COVERAGE, "run", "-m", "pytest", "-q")],
    ),
    Check(
        f"coverage of core, at least {FLOOR} %",
        [
            (*COVERAGE, "combine", "-q"),
            (*COVERAGE, "report", "--include=core/*", f"--fail-under={FLOOR}"),
        ],
    ),
)


def main() -> int:
    """Run the checks and return the exit code."""
    outcomes = [run(check) for check in CHECKS]
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
        code, last_line = follow(command)
        if code:
            passed = False
            break
    return Outcome(check.name, passed, time.monotonic() - start, last_line)


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
