"""Watch the daemon's memory over many events.

    python bench/memory.py [--events 100000] [--json]

Sessions of made-up work in several projects are sent through the daemon's socket, by
one process that keeps its connection. Megabytes of the daemon: RSS is everything in
memory; USS what would be free again without it; anon what it has for itself alone,
without the files it maps (the program's libraries, the store).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from hookwright.core.paths import CONFIG_DIR_VARIABLE, DATA_DIR_VARIABLE, Paths
from hookwright.core.service import client, lifetime, wire
from hookwright.core.service.connect import DaemonConnection

_SAMPLES = 40
_AT_ONCE = 8
_PROJECTS = 12
_TURNS = 4
_CALLS = 3
_WIDTH = 60
_WORDS = [
    "parser",
    "test",
    "token",
    "branch",
    "error",
    "value",
    "module",
    "import",
    "queue",
    "index",
]


@dataclass(frozen=True)
class Sample:
    """The daemon after so many events; sizes in MB, rate in events a second."""

    events: int
    rss: float
    uss: float
    anon: float
    threads: int
    store: float
    rate: float


@dataclass(frozen=True)
class Event:
    """One event of Claude Code; `flags` are the client's."""

    name: str
    flags: str
    payload: Mapping[str, object]


class Session:
    """One agent's session: turns with tool calls in them."""

    def __init__(self, number: int, project: str, chance: random.Random) -> None:
        self._base = {
            "session_id": f"session-{number:08}",
            "transcript_path": f"{project}/{number}.jsonl",
            "cwd": project,
            "permission_mode": "default",
        }
        self._number = number
        self._chance = chance

    def events(self) -> Iterator[Event]:
        """Yield the session's events, from its start to its end."""
        yield self._event("SessionStart", "", source="startup", model="a-model")
        for turn in range(_TURNS):
            yield self._event("UserPromptSubmit", "", prompt=self._text(40))
            for call in range(_CALLS):
                yield from self._call(f"toolu_{self._number:08}_{turn}_{call}")
            yield self._event("Stop", "o", stop_hook_active=False)
        yield self._event("SessionEnd", "o", reason="other")

    def _call(self, name: str) -> Iterator[Event]:
        tool, given, said = self._work()
        call = {"tool_name": tool, "tool_input": given, "tool_use_id": name}
        yield self._event("PreToolUse", "", **call)
        yield self._event("PostToolUse", "o", tool_response=said, **call)

    def _work(self) -> tuple[str, dict[str, object], dict[str, object]]:
        if self._chance.random() < 0.3:
            file = f"{self._base['cwd']}/src/{self._chance.choice(_WORDS)}.py"
            old, new = self._text(30), self._text(40)
            given: dict[str, object] = {"file_path": file}
            given |= {"old_string": old, "new_string": new}
            return "Edit", given, {"filePath": file, "success": True}
        command = f"grep -rn {self._chance.choice(_WORDS)} src | head"
        output = self._text(self._chance.choice((5, 50, 400)))
        said: dict[str, object] = {"stdout": output, "stderr": "", "interrupted": False}
        return "Bash", {"command": command, "description": "Look"}, said

    def _text(self, words: int) -> str:
        return " ".join(self._chance.choices(_WORDS, k=words))

    def _event(self, name: str, flags: str, /, **fields: object) -> Event:
        return Event(name, flags, {**self._base, "hook_event_name": name, **fields})


def stream(projects: list[str], chance: random.Random) -> Iterator[Event]:
    """Yield events of several sessions that run side by side, without end."""
    number = 0
    running: list[Iterator[Event]] = []
    while True:
        while len(running) < _AT_ONCE:
            project = chance.choice(projects)
            running.append(Session(number, project, chance).events())
            number += 1
        chosen = chance.choice(running)
        event = next(chosen, None)
        if event is None:
            running.remove(chosen)
        else:
            yield event


class Sender:
    """Sends events through one connection and reads the answers."""

    def __init__(self, paths: Paths) -> None:
        found = client.connect(os.fsencode(paths.run))
        found.settimeout(30)
        self._connection = found

    def send(self, event: Event) -> None:
        """Send one event and wait for the answer to it."""
        words = f"claude-code\0{event.name}".encode()
        cwd = str(event.payload["cwd"]).encode()
        stdin = json.dumps(event.payload).encode()
        delivery = os.urandom(10).hex().encode()
        head = [wire.VERSION.encode(), delivery, event.flags.encode(), words, cwd, b""]
        self._connection.sendall(wire.encode(wire.HOOK, [*head, stdin]))
        status, _, out, err = wire.read_reply_head(self._read(wire.REPLY_HEAD))
        self._read(out + err)
        if status != wire.DONE:
            raise RuntimeError(f"the daemon answered with status {status}")

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self._connection.recv(size - len(data))
            if not part:
                raise RuntimeError("the daemon has left")
            data += part
        return data


def memory_of(pid: int) -> dict[str, float]:
    """Return a process's memory in MB, and its threads; Linux only."""
    rollup = _fields(Path(f"/proc/{pid}/smaps_rollup").read_text())
    status = _fields(Path(f"/proc/{pid}/status").read_text())
    private = rollup["Private_Clean"] + rollup["Private_Dirty"]
    return {
        "rss": status["VmRSS"] / 1024,
        "uss": private / 1024,
        "anon": rollup["Anonymous"] / 1024,
        "threads": status["Threads"],
    }


def _fields(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        words = value.split()
        if words and words[0].isdigit():
            found[name] = float(words[0])
    return found


def take(paths: Paths, pid: int, events: int, seconds: float, since: int) -> Sample:
    """Return the daemon's state now."""
    found = memory_of(pid)
    return Sample(
        events,
        round(found["rss"], 1),
        round(found["uss"], 1),
        round(found["anon"], 1),
        int(found["threads"]),
        round(sum(f.stat().st_blocks for f in paths.store.iterdir()) / 2048, 1),
        round(since / seconds if seconds else 0.0),
    )


def measure(paths: Paths, projects: list[str], total: int) -> Iterator[Sample]:
    """Send events; yield the daemon's state as it goes, the first before any."""
    environment = {**os.environ, DATA_DIR_VARIABLE: str(paths.data)}
    environment[CONFIG_DIR_VARIABLE] = str(paths.config)
    pid = lifetime.start(paths, environment)
    events = stream(projects, random.Random(1))
    step = max(1, total // _SAMPLES)
    with closing(Sender(paths)) as sender:
        yield take(paths, pid, 0, 0.0, 0)
        begun = time.perf_counter()
        for count in range(1, total + 1):
            sender.send(next(events))
            if count % step == 0 or count == total:
                seconds = time.perf_counter() - begun
                yield take(paths, pid, count, seconds, (count - 1) % step + 1)
                begun = time.perf_counter()
    connection = DaemonConnection.open(paths)
    if connection is None:
        raise RuntimeError("the daemon has left")
    with connection:
        connection.call("flush")
    yield take(paths, pid, total, 0.0, 0)


def chart(samples: list[Sample]) -> str:
    """Return RSS over the events as lines of text."""
    top = max(sample.rss for sample in samples)
    return "\n".join(
        f"{sample.events:>9,}  {'#' * round(sample.rss / top * _WIDTH):<{_WIDTH}}"
        f"  {sample.rss:6.1f}"
        for sample in samples
    )


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(description="Watch the daemon's memory.")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = Paths(folder / "data", folder / "config")
        paths.config.mkdir()
        projects = [str(folder / f"project-{number}") for number in range(_PROJECTS)]
        for project in projects:
            subprocess.run(["git", "init", "-q", project], check=True)
        try:
            for sample in measure(paths, projects, options.events):
                samples.append(sample)
                if not options.json:
                    show(sample)
        finally:
            lifetime.end(paths)
    if options.json:
        sys.stdout.write(json.dumps([asdict(sample) for sample in samples]) + "\n")
    else:
        sys.stdout.write("\nRSS in MB\n" + chart(samples) + "\n")


def show(sample: Sample) -> None:
    """Print one line of the table, and its head before the first."""
    if not sample.events:
        head = ("events", "RSS MB", "USS MB", "anon MB", "threads", "store MB", "per s")
        sys.stdout.write("  ".join(f"{word:>9}" for word in head) + "\n")
    row = (
        f"{sample.events:,}",
        f"{sample.rss:.1f}",
        f"{sample.uss:.1f}",
        f"{sample.anon:.1f}",
        str(sample.threads),
        f"{sample.store:.1f}",
        f"{sample.rate:.0f}",
    )
    sys.stdout.write("  ".join(f"{word:>9}" for word in row) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
