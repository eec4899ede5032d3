"""An agent's tool calls, sent by real clients while processes are killed.

`SIGKILL` comes at random moments: to the daemon while it starts, answers, flushes or
recovers, and to clients before, during and after their delivery. Each tool call has a
session of its own, so that a call that was lost or counted twice can be named.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.surfaces.invocation import client_command

_DAEMON = b"hookwright.core.service.daemon"
#: Seconds after which a client that has not ended hangs.
_PATIENCE = 60.0
#: Flushes come often, so that many a kill meets one.
_SETTINGS = {
    "HOOKWRIGHT__STORE__FLUSH_OPERATIONS": "40",
    "HOOKWRIGHT__STORE__FLUSH_SECONDS": "0.5",
}
#: What a session sends, with what share: the counted calls, a gate, and an event after
#: which whoever observes it flushes and recovers, be it the daemon or the client.
_EVENTS = {"PostToolUse": 0.75, "PreToolUse": 0.15, "Stop": 0.1}
_LETTERS = "abcdefghijklmnopqrstuvwxyz \n"
_AT_ONCE = 4


@dataclass
class Sent:
    """One event and the client that delivers it."""

    event: str
    session: str
    process: subprocess.Popen[bytes]
    started: float
    #: When it is to be killed, in monotonic seconds; None: it is let live.
    doom: float | None
    complaint: str = ""

    @property
    def acknowledged(self) -> bool:
        """Return whether the agent host was told that all is well."""
        return self.process.returncode == 0 and not self.complaint


@dataclass
class Score:
    """What an ordeal came to; sessions are named where something is wrong."""

    sent: int = 0
    acknowledged: int = 0
    counted: int = 0
    #: Not acknowledged, and counted all the same: allowed, once.
    extra: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    #: The calls that the agent's own record has.
    agent_calls: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    complaints: Counter[str] = field(default_factory=Counter)
    left_over: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    processes: list[str] = field(default_factory=list)

    @property
    def faults(self) -> dict[str, Any]:
        """Return what is wrong; empty when nothing is."""
        return {
            name: found
            for name, found in (
                ("acknowledged and not counted", self.lost),
                ("counted more than once", self.doubled),
                ("counted and never sent", self.unknown),
                ("calls of the agent and of its sessions", self._disagreement()),
                ("problems of the store", self.problems),
                ("left over", self.left_over),
                ("processes left", self.processes),
            )
            if found
        }

    def __str__(self) -> str:
        return (
            f"{sum(self.killed.values())} kills {dict(self.killed)}: "
            f"{self.sent} tool calls sent, {self.acknowledged} acknowledged, "
            f"{self.counted} counted ({self.extra} of them not acknowledged), "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled; "
            f"complaints {dict(self.complaints)}; faults {self.faults}"
        )

    def _disagreement(self) -> tuple[int, int] | None:
        # Both are written by one commit: one without the other is half an event.
        same = self.agent_calls == self.counted
        return None if same else (self.agent_calls, self.counted)


class Ordeal:
    """Sends events and kills processes; then lets all recover and counts."""

    def __init__(self, paths: Paths, project: Path, random: Random) -> None:
        self._paths = paths
        self._project = project
        self._random = random
        self._running: list[Sent] = []
        self._sent: list[Sent] = []
        self._next_kill = time.monotonic() + 1.0
        self.killed: Counter[str] = Counter()

    def run(self, kills: int, events: int = 0) -> None:
        """Send events until so many processes were killed; then let clients end.

        :param events: so many are delivered at least: a machine with much to do is
            killed at its work as often as one with little.
        """
        wanted = sum(self.killed.values()) + kills
        least = len(self._sent) + events
        while sum(self.killed.values()) < wanted or len(self._sent) < least:
            while len(self._running) < _AT_ONCE:
                self._running.append(self._send())
            self._kill_what_is_due()
            self._reap()
            time.sleep(0.002)
        while self._running:
            self._reap()
            time.sleep(0.01)

    def settle(self) -> Score:
        """Let everything recover; return what was counted.

        The daemon leaves first, so that the command line meets what the dead left.
        """
        self._end_daemons()
        self._command("store", "flush")
        checked = self._command("store", "check", "--json", accepted=(0, 1))
        stats = self._command("store", "stats", "--json")
        score = self._count()
        score.problems = json.loads(checked)["problems"]
        names = ("inbox", "waiting", "dead_letters", "spool_files", "quarantine_files")
        found = json.loads(stats)
        score.left_over = {name: found[name] for name in names if found[name]}
        score.processes = [
            f"{pid}: {b' '.join(words).decode()}" for pid, words in self._found()
        ]
        return score

    def processes(self) -> list[int]:
        """Return the processes that use this data directory, without zombies."""
        return [pid for pid, _ in self._found()]

    def _end_daemons(self) -> None:
        # One that is just starting holds no lock yet, and would stay behind. Each is
        # told once: at a second signal it leaves without a flush.
        deadline = time.monotonic() + _PATIENCE
        told: set[int] = set()
        while (found := self.processes()) and time.monotonic() < deadline:
            for pid in set(found) - told:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
                told.add(pid)
            time.sleep(0.02)

    def _send(self) -> Sent:
        (event,) = self._random.choices(list(_EVENTS), list(_EVENTS.values()))
        number = len(self._sent) + len(self._running)
        session = f"{event.lower()}-{number:06}"
        words = [event, "--observe"] if event == "PostToolUse" else [event]
        started = time.monotonic()
        process = subprocess.Popen(
            [*client_command(), "claude-code", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self._project,
            env={
                **os.environ,
                **_SETTINGS,
                "CLAUDECODE": "1",
                "CLAUDE_CODE_SESSION_ID": session,
                "CLAUDE_PROJECT_DIR": str(self._project),
            },
        )
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(json.dumps(self._payload(event, session)).encode())
        if event == "Stop" and self._random.random() < 0.4:
            # The flush that it makes is where a fold could be half done.
            soon = started + self._random.uniform(0.02, 0.1)
            self._next_kill = min(self._next_kill, soon)
        doomed = self._random.random() < 0.15
        return Sent(
            event,
            session,
            process,
            started,
            started + self._short_or_long(0.05, 0.6) if doomed else None,
        )

    def _payload(self, event: str, session: str) -> dict[str, Any]:
        """Return what Claude Code 2.1 writes to the standard input of a hook."""
        base = {
            "session_id": session,
            "transcript_path": str(self._project.parent / f"{session}.jsonl"),
            "cwd": str(self._project),
            "permission_mode": "default",
            "hook_event_name": event,
        }
        if event == "Stop":
            return {**base, "stop_hook_active": False}
        call = {
            **base,
            "tool_name": "Bash",
            "tool_input": {"command": f"echo {session}", "description": "Say it"},
            "tool_use_id": f"toolu_{session}",
        }
        if event == "PreToolUse":
            return call
        text = "".join(self._random.choices(_LETTERS, k=self._random.randrange(3000)))
        said = {"stdout": text, "stderr": "", "interrupted": False, "isImage": False}
        return {**call, "tool_response": said, "duration_ms": 5}

    def _short_or_long(self, short: float, long: float) -> float:
        """Return seconds: often a short while, in which the most happens."""
        return self._random.uniform(0, self._random.choice((short, long)))

    def _kill_what_is_due(self) -> None:
        now = time.monotonic()
        for sent in self._running:
            if sent.doom is not None and now >= sent.doom:
                sent.doom = None
                sent.process.kill()
        if now < self._next_kill:
            return
        for pid, words in self._found():
            if _DAEMON in words:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.killed["daemon"] += 1
                self._next_kill = now + self._short_or_long(0.8, 2.4)

    def _reap(self) -> None:
        for sent in list(self._running):
            if sent.process.poll() is None:
                late = time.monotonic() - sent.started > _PATIENCE
                assert not late, f"the client of {sent.session} hangs"
                continue
            assert sent.process.stderr is not None
            with sent.process.stderr as stderr:
                sent.complaint = stderr.read().decode().strip()
            self.killed["client"] += sent.process.returncode == -signal.SIGKILL
            self._running.remove(sent)
            self._sent.append(sent)

    def _count(self) -> Score:
        score = Score(killed=self.killed)
        counts, score.agent_calls = self._recorded()
        for sent in self._sent:
            score.complaints.update([sent.complaint] if sent.complaint else [])
            if sent.event != "PostToolUse":
                continue
            found = counts.pop(sent.session, 0)
            score.sent += 1
            score.acknowledged += sent.acknowledged
            score.counted += found
            score.extra += found if not sent.acknowledged else 0
            if sent.acknowledged and not found:
                score.lost.append(sent.session)
            if found > 1:
                score.doubled.append(sent.session)
        score.unknown = [session for session, found in counts.items() if found]
        return score

    def _recorded(self) -> tuple[dict[str, int], int]:
        """Return the tool calls of each session, and those of the agent."""
        counts: dict[str, int] = {}
        calls = 0
        for line in self._command("store", "export").splitlines():
            item = json.loads(line)
            if item["type"] == "sessions":
                counts[item["record"]["session_id"]] = item["record"]["tool_calls"]
            elif item["type"] == "agents":
                calls += item["record"]["tool_calls"]
        return counts, calls

    def _command(self, *words: str, accepted: tuple[int, ...] = (0,)) -> bytes:
        program = "from hookwright.core.surfaces.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-P", "-c", program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=self._project,
            env={**os.environ, **_SETTINGS},
            timeout=120,
            check=False,
        )
        assert done.returncode in accepted, (words, done.stdout, done.stderr)
        return done.stdout

    def _found(self) -> Iterator[tuple[int, list[bytes]]]:
        wanted = b"HOOKWRIGHT_DATA_DIR=" + os.fsencode(self._paths.data)
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            # A process that just ended, or a zombie, has nothing to read.
            with suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    yield int(entry.name), words


@pytest.fixture
def ordeal(paths: Paths, tmp_path: Path) -> Iterator[Callable[[int], Ordeal]]:
    """Return what makes an ordeal from a seed; its processes are ended."""
    project = tmp_path / "project"
    project.mkdir()
    made: list[Ordeal] = []

    def make(seed: int) -> Ordeal:
        made.append(Ordeal(paths, project, Random(seed)))
        return made[-1]

    yield make
    for each in made:
        # A daemon may just be starting: look until there is none for a moment.
        quiet = time.monotonic()
        while time.monotonic() - quiet < 0.1:
            for pid in each.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                quiet = time.monotonic()
            time.sleep(0.02)


@pytest.fixture
def users(paths: Paths) -> Iterator[Callable[[], dict[int, bool]]]:
    """Return what lists the processes of this data directory; each is ended.

    With each, whether it is a daemon.
    """

    def find() -> dict[int, bool]:
        wanted = b"HOOKWRIGHT_DATA_DIR=" + os.fsencode(paths.data)
        found: dict[int, bool] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            # A zombie has nothing to read.
            with suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    found[int(entry.name)] = _DAEMON in words and b"-e" not in words
        return found

    yield find
    quiet = time.monotonic()
    while time.monotonic() - quiet < 0.2:
        for pid in find():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            quiet = time.monotonic()
        time.sleep(0.02)
