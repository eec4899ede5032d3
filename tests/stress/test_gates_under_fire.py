"""A guard's word holds while its daemon is killed, stopped and started at random.

The long version: `HOOKWRIGHT_STRESS=1 python -m pytest -m stress tests/stress`, with
`HOOKWRIGHT_STRESS_GATES` (1000 events) and `HOOKWRIGHT_STRESS_SEED` (any number).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import venv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import client

# Read here: a test's environment has no variables of ours.
_LONG = bool(os.environ.get("HOOKWRIGHT_STRESS"))
_EVENTS = int(os.environ.get("HOOKWRIGHT_STRESS_GATES", "1000"))
_SEED = int(os.environ.get("HOOKWRIGHT_STRESS_SEED", SystemRandom().randrange(10**6)))
_GUARD = Path(__file__).parents[1] / "core" / "service" / "troubled_plugin.py"
#: What the guard is shown, with what share; `trouble` ends or hangs its process.
_COMMANDS = {
    "cat vault.txt": 0.6,
    "ls": 0.25,
    "trouble exit": 0.04,
    "trouble crash": 0.04,
    "trouble leave-child": 0.04,
    "trouble backtrack": 0.03,
}
#: Counts beside the guard, which is left alone after it has ended the daemon so often.
_COUNTER = """
from hookwright.hookspecs import Record, RecordType, ToolBefore, hookimpl

class Counted(Record):
    event: str

COUNTED = RecordType(name="counted", model=Counted, key=lambda item: (item.event,))

@hookimpl
def hookwright_register_records():
    return [COUNTED]

@hookimpl
def hookwright_event(event, context):
    if isinstance(event, ToolBefore):
        context.store.put_if_absent(COUNTED, Counted(event=event.id))
"""
_AT_ONCE = 3
#: Seconds after which a client that has not ended hangs.
_PATIENCE = 60.0
_STAND_IN = "Plugin guard could not judge this"


class Fire:
    """Sends tool calls to a guard, and attacks the daemon meanwhile."""

    def __init__(self, python: Path, paths: Paths, random: Random) -> None:
        self._python = python
        self._paths = paths
        self._random = random
        self._running: list[tuple[str, float, subprocess.Popen[bytes]]] = []
        self._stopped: set[int] = set()
        self._next_attack = 0.0
        self.told: Counter[str] = Counter()
        self.attacks: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.slowest = 0.0

    def run(self, count: int) -> None:
        """Send so many events; then wait for the last answers."""
        for _ in range(count):
            while len(self._running) >= _AT_ONCE:
                self._attack()
                self._reap()
                time.sleep(0.005)
            self._running.append(self._send())
        while self._running:
            self._reap()
            time.sleep(0.01)

    def hookwright(self, *words: str) -> bytes:
        """Run a command; return what it prints."""
        program = "from hookwright.core.surfaces.cli import main; main()"
        return subprocess.run(
            [self._python, "-P", "-c", program, *words],
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout

    def observed(self) -> int:
        """Let everything recover; return how many events the counter has seen."""
        self.end_processes()
        self.hookwright("store", "flush")
        exported = self.hookwright("store", "export")
        self.end_processes()
        items = [json.loads(line) for line in exported.splitlines()]
        return sum(item["type"] == "counted" for item in items)

    def end_processes(self) -> None:
        """Kill what is left, until there is nothing for a moment."""
        quiet = time.monotonic()
        while time.monotonic() - quiet < 0.3:
            for pid, _ in self._processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                quiet = time.monotonic()
            time.sleep(0.02)

    def _send(self) -> tuple[str, float, subprocess.Popen[bytes]]:
        (command,) = self._random.choices(list(_COMMANDS), list(_COMMANDS.values()))
        process = subprocess.Popen(
            [self._python, "-I", "-S", client.__file__, "claude-code", "PreToolUse"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        with process.stdin as stdin:
            stdin.write(json.dumps(self._payload(command)).encode())
        process.stdin = None
        return command, time.monotonic(), process

    def _payload(self, command: str) -> dict[str, Any]:
        return {
            "session_id": f"session-{self._random.randrange(4)}",
            "cwd": str(self._paths.data.parent),
            "hook_event_name": "PreToolUse",
            "tool_name": "Bash",
            "tool_input": {"command": command},
            "tool_use_id": f"toolu_{self._random.getrandbits(64):x}",
        }

    def _attack(self) -> None:
        now = time.monotonic()
        if now < self._next_attack:
            return
        self._next_attack = now + self._random.uniform(0.3, 2.0)
        daemons = [pid for pid, words in self._processes() if _is_daemon(words)]
        for pid in daemons:
            attack = self._random.choice(["SIGKILL", "SIGSTOP", "SIGCONT", "SIGTERM"])
            with suppress(ProcessLookupError):
                os.kill(pid, getattr(signal, attack))
                self.attacks[attack] += 1

    def _reap(self) -> None:
        for command, started, process in list(self._running):
            if process.poll() is None:
                assert time.monotonic() - started < _PATIENCE, f"{command} hangs"
                continue
            self.slowest = max(self.slowest, time.monotonic() - started)
            out, err = process.communicate()
            self._running.remove((command, started, process))
            self._judge(command, process.returncode, out.decode(), err.decode())

    def _judge(self, command: str, code: int, out: str, err: str) -> None:
        said = json.loads(out)["hookSpecificOutput"] if out else {}
        decision = said.get("permissionDecision", "none")
        stands_in = _STAND_IN in said.get("permissionDecisionReason", "")
        self.told[f"{decision}{' by policy' if stands_in else ''}"] += 1
        # A guard that could not be asked refuses; one that was, only what it must.
        right = stands_in or (decision == "none") == (command == "ls")
        if code or not right or (command != "ls" and decision != "deny"):
            self.wrong.append(f"{command}: exit {code}, {out!r}, {err!r}")

    def _processes(self) -> Iterator[tuple[int, list[bytes]]]:
        wanted = b"HOOKWRIGHT_DATA_DIR=" + os.fsencode(self._paths.data)
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            # A process that just ended, or a zombie, has nothing to read.
            with suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    yield int(entry.name), words


def _is_daemon(words: list[bytes]) -> bool:
    return b"hookwright.core.service.daemon" in words


@pytest.fixture
def fire(paths: Paths, tmp_path: Path) -> Iterator[Callable[[int], Fire]]:
    """Return what makes an ordeal from a seed, with a guard installed."""
    place = tmp_path / "guarded"
    venv.create(place, with_pip=False, symlinks=True)
    site = Path(
        sysconfig.get_path("purelib", vars={"base": str(place)}, scheme="posix_prefix")
    )
    ours = sysconfig.get_path("purelib")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    info = site / "guard-1.0.dist-info"
    info.mkdir()
    shutil.copy(_GUARD, site)
    (info / "METADATA").write_text("Name: guard\nVersion: 1.0\n")
    (site / "counting_plugin.py").write_text(_COUNTER)
    (info / "entry_points.txt").write_text(
        "[hookwright]\nguard = troubled_plugin\ncounter = counting_plugin\n"
    )
    made: list[Fire] = []

    def make(seed: int) -> Fire:
        one = Fire(place / "bin" / "python", paths, Random(seed))
        made.append(one)
        # From then on the guard is known, whoever cannot load it.
        one.hookwright("install", "claude-code", "--plugin-dir", str(tmp_path / "in"))
        return one

    yield make
    for each in made:
        each.end_processes()


@pytest.mark.timeout(300)
def test_a_guards_word_holds_for_30_calls_under_fire(
    fire: Callable[[int], Fire],
) -> None:
    trial = fire(20261121)

    trial.run(30)

    assert trial.wrong == []
    assert sum(trial.told.values()) == 30
    # Nothing is lost and nothing counted twice, whoever was killed.
    assert trial.observed() == 30


@pytest.mark.stress
@pytest.mark.timeout(7200)
@pytest.mark.skipif(not _LONG, reason="takes many minutes; set HOOKWRIGHT_STRESS=1")
def test_a_guards_word_holds_for_many_calls_under_fire(
    fire: Callable[[int], Fire], capsys: pytest.CaptureFixture[str]
) -> None:
    trial = fire(_SEED)

    trial.run(_EVENTS)
    observed = trial.observed()

    with capsys.disabled():
        sys.stdout.write(
            f"\nseed {_SEED}: {_EVENTS} calls, told {dict(trial.told)}, attacks "
            f"{dict(trial.attacks)}, slowest answer {trial.slowest:.1f} s, "
            f"{observed} observed\n"
        )
    assert trial.wrong == []
    assert observed == _EVENTS
