"""Time one event: the hook command, the daemon behind it, and what they stand on.

    python bench/events.py [--rounds 200] [--quick] [--json]

Everything runs in directories of its own and is interleaved, so that rows of one run
can be compared: the ratios are what to look at. Percentiles are in milliseconds. With
N in flight, a new process is started whenever one ends; the last N are not counted.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hookwright.core.errors import ServiceError
from hookwright.core.paths import CONFIG_DIR_VARIABLE, DATA_DIR_VARIABLE, Paths
from hookwright.core.service import client, native
from hookwright.core.service.connect import DaemonConnection
from hookwright.core.service.intake import RawDelivery
from hookwright.core.service.lifetime import StartLock, end
from hookwright.core.service.runtime import Runtime
from hookwright.core.surfaces.invocation import client_command

BARE = "python -I -S -c pass"
SHELL = "sh -c :"
PLAIN = "python -c pass (with site-packages)"
GATE = "hook: gate, warm daemon"
OBSERVE = "hook: record only, warm daemon"
NATIVE = "hook: gate, warm daemon, native client"
COLD = "hook: record only, no daemon"
DIRECT = "hook: gate, no daemon"
TRIP_GATE = "socket: gate, connect to reply"
TRIP_OBSERVE = "socket: record only, connect to reply"
ANSWER_GATE = "in process: gate, receive + decide"
ANSWER_OBSERVE = "in process: record only, receive"
FINISH = "in process: record only, finish"
START = "daemon: start until it answers"
ROWS = (BARE, SHELL, PLAIN, GATE, OBSERVE, NATIVE, COLD, DIRECT)
INSIDE = (TRIP_GATE, TRIP_OBSERVE, ANSWER_GATE, ANSWER_OBSERVE, FINISH, START)
EVENTS = 2_000
Samples = dict[str, list[float]]


@dataclass(frozen=True)
class Command:
    """What is run, with what on standard input, in which environment."""

    words: tuple[str, ...]
    stdin: bytes
    environment: dict[str, str]
    cwd: str


def environment_of(paths: Paths) -> dict[str, str]:
    """Return variables for children: nothing of this shell's Python is in it."""
    return {
        "HOME": str(paths.data.parent),
        "PATH": os.environ.get("PATH", os.defpath),
        DATA_DIR_VARIABLE: str(paths.data),
        CONFIG_DIR_VARIABLE: str(paths.config),
    }


def payload(event: str, project: str, number: int) -> bytes:
    """Return what Claude Code sends on standard input for a shell call."""
    fields: dict[str, object] = {
        "session_id": f"session-{number % 20}",
        "transcript_path": "",
        "cwd": project,
        "permission_mode": "default",
        "hook_event_name": event,
        "tool_name": "Bash",
        "tool_use_id": f"toolu_{number:016}",
        "tool_input": {
            "command": "python -m pytest tests/test_parser.py -q && git status --short",
            "description": "Run the parser's tests",
        },
    }
    if event == "PostToolUse":
        fields["tool_response"] = {
            "stdout": "12 passed in 0.31s\n M src/parser.py\n",
            "stderr": "",
            "interrupted": False,
        }
    return json.dumps(fields).encode()


def hook_words(event: str) -> tuple[str, ...]:
    observe = ("--observe",) if event == "PostToolUse" else ()
    return "claude-code", event, *observe


def begin(command: Command) -> int:
    reader, writer = os.pipe()
    os.set_inheritable(writer, False)
    os.write(writer, command.stdin)  # far less than a pipe holds
    os.close(writer)
    nothing = os.open(os.devnull, os.O_WRONLY)
    redirect = [(os.POSIX_SPAWN_DUP2, nothing, 1), (os.POSIX_SPAWN_DUP2, reader, 0)]
    program = command.words[0]
    made = os.posix_spawn(
        program, command.words, command.environment, file_actions=redirect
    )
    os.close(reader)
    os.close(nothing)
    return made


def in_flight(command: Command, count: int, total: int) -> list[float]:
    """Run a command `total` times, `count` at once; return milliseconds of each."""
    begun: dict[int, float] = {}
    try:
        return list(_in_flight(command, count, total, begun))
    finally:
        for pid in begun:  # none, unless something went wrong
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _in_flight(
    command: Command, count: int, total: int, begun: dict[int, float]
) -> Iterator[float]:
    started = 0
    while started < total or begun:
        while started < total and len(begun) < count:
            now = time.perf_counter()
            begun[begin(command)] = now
            started += 1
        pid, status = os.wait()
        ended = time.perf_counter()
        if pid not in begun or status:
            raise SystemExit(f"{command.words[-3:]}: exit status {status}")
        first = begun.pop(pid)
        if started < total or count == 1:
            yield (ended - first) * 1000


def resident(pid: int) -> float:
    """Return a process's resident memory in MB."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(x for x in status.read_text().split("\n") if x[:6] == "VmRSS:")
        return int(line.split()[1]) / 1024
    done = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return int(done.stdout) / 1024


@contextmanager
def daemon(paths: Paths) -> Iterator[tuple[int, float]]:
    """Run a daemon; give its process id and the milliseconds until it answered."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "hookwright.core.service.daemon"],
        env=environment_of(paths),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        while True:
            connection = DaemonConnection.open(paths)
            if connection is not None:
                connection.close()
                break
            if process.poll() is not None:
                raise ServiceError("the daemon did not start")
            time.sleep(0.001)
        yield process.pid, (time.perf_counter() - began) * 1000
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        end(paths)  # a hook command starts another one where it finds none


def called(paths: Paths, op: str) -> dict[str, object]:
    connection = DaemonConnection.open(paths)
    if connection is None:
        raise ServiceError("the daemon does not answer")
    with connection:
        told: dict[str, object] = connection.call(op)
    return told


def round_trip(paths: Paths, event: str, project: str, number: int) -> float:
    """Return the milliseconds from connecting until the whole answer is there."""
    words = [word for word in hook_words(event) if word != "--observe"]
    fields = [
        client.VERSION.encode(),
        os.urandom(10).hex().encode(),
        b"o" if event == "PostToolUse" else b"",
        "\0".join(words).encode(),
        project.encode(),
        b"",
        payload(event, project, number),
    ]
    request = client.encode(client.HOOK, fields)
    begun = time.perf_counter()
    reply = client.ask(client.connect(os.fsencode(paths.run)), request, 10.0)
    took = (time.perf_counter() - begun) * 1000
    if reply[5] != client.DONE:
        raise ServiceError(f"the daemon answered with status {reply[5]}")
    return took


def in_process(runtime: Runtime, event: str, project: str, number: int) -> Samples:
    words = tuple(word for word in hook_words(event)[1:] if word != "--observe")
    stdin = payload(event, project, number)
    raw = RawDelivery(os.urandom(10).hex(), "claude-code", words, project, {}, stdin)
    begun = time.perf_counter()
    received = runtime.receive(raw)
    if event == "PreToolUse":
        runtime.decide(received)
    answered = time.perf_counter()
    runtime.finish(received)
    ended = time.perf_counter()
    took = (answered - begun) * 1000
    if event == "PreToolUse":
        return {ANSWER_GATE: [took]}
    return {ANSWER_OBSERVE: [took], FINISH: [(ended - answered) * 1000]}


def commands(warm: Paths, cold: Paths, project: str) -> dict[str, Command]:
    python, shell = sys.executable, shutil.which("sh") or "/bin/sh"
    plain = environment_of(warm)
    pre, post = (payload(name, project, 1) for name in ("PreToolUse", "PostToolUse"))
    gate = (*client_command(), *hook_words("PreToolUse"))
    observe = (*client_command(), *hook_words("PostToolUse"))
    program = native.built()
    made = {} if program is None else {NATIVE: native.native_command(program)}
    return {
        **{
            name: Command((*words, *hook_words("PreToolUse")), pre, plain, project)
            for name, words in made.items()
        },
        BARE: Command((python, "-I", "-S", "-c", "pass"), b"", plain, project),
        SHELL: Command((shell, "-c", ":"), b"", plain, project),
        PLAIN: Command((python, "-c", "pass"), b"", plain, project),
        GATE: Command(gate, pre, plain, project),
        OBSERVE: Command(observe, post, plain, project),
        COLD: Command(observe, post, environment_of(cold), project),
        DIRECT: Command(gate, pre, environment_of(cold), project),
    }


def measure_one(
    run: dict[str, Command],
    inside: Callable[[int], Samples],
    rounds: int,
    found: Samples,
) -> None:
    for number in range(rounds):
        for name, command in run.items():
            # A fifth is enough of what takes a third of a second.
            if name != DIRECT or number % 5 == 0:
                found[name] += in_flight(command, 1, 1)
        for name, values in inside(number).items():
            found[name] += values


def measure_many(
    run: dict[str, Command], count: int, rounds: int, found: Samples, quick: bool
) -> None:
    for number in range(rounds):
        for name, command in run.items():
            if name == DIRECT and (quick or number % 4):
                continue
            total = count * (2 if name in (COLD, DIRECT) else 4)
            found[name] += in_flight(command, count, total)


def memory(paths: Paths, project: str, events: int) -> dict[str, float]:
    """Return resident MB of bare Python, a daemon that has started, one that worked.

    And, in milliseconds, the median round trip of its first and last quarter.
    """
    words = [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as bare:
        time.sleep(0.3)
        found = {"python": resident(bare.pid)}
    with daemon(paths) as (pid, _):
        time.sleep(0.5)
        found["start"] = resident(pid)
        kinds = ("PreToolUse", "PostToolUse")
        took = [round_trip(paths, kinds[n % 2], project, n) for n in range(events)]
        called(paths, "flush")
        found["worked"] = resident(pid)
    quarter = events // 4
    found["events"] = events
    found["first"], found["last"] = at(took[:quarter], 0.5), at(took[-quarter:], 0.5)
    return found


def starts(paths: Paths, rounds: int) -> list[float]:
    found = []
    for _ in range(rounds + 1):
        with daemon(paths) as (_pid, took):
            found.append(took)
    return found[1:]  # the first one makes the store


def measure(folder: Path, rounds: int, quick: bool) -> dict[str, object]:
    places = [
        Paths(folder / name / "data", folder / name / "config")
        for name in ("warm", "cold", "start", "memory", "inside")
    ]
    warm, cold, start, worked, within = places
    for paths in places:
        paths.config.mkdir(parents=True)
    project = str(folder / "project")
    subprocess.run(["git", "init", "-q", project], check=True)
    os.chdir(project)
    run = commands(warm, cold, project)
    found: dict[str, Samples] = {n: defaultdict(list) for n in ("1", "8", "50")}
    with ExitStack() as stack:
        begun = starts(start, max(3, rounds // 15))
        begun += starts(cold, 1)  # it leaves the rules of the path without a daemon
        # Who cannot have this lock starts no daemon; all else is as it would be.
        lock = StartLock(cold)
        lock.acquire()
        stack.callback(end, cold)
        stack.callback(lock.release)
        stack.enter_context(daemon(warm))
        runtime = Runtime.open(within)
        stack.callback(runtime.close)

        def inside(number: int) -> Samples:
            return {
                TRIP_GATE: [round_trip(warm, "PreToolUse", project, number)],
                TRIP_OBSERVE: [round_trip(warm, "PostToolUse", project, number)],
                **in_process(runtime, "PreToolUse", project, number),
                **in_process(runtime, "PostToolUse", project, number),
            }

        measure_one(run, inside, 3, defaultdict(list))
        before = called(warm, "status")["events"]
        measure_one(run, inside, rounds, found["1"])
        measure_many(run, 8, max(1, rounds // 16), found["8"], quick)
        measure_many(run, 50, max(1, rounds // 66), found["50"], quick)
        after = called(warm, "status")["events"]
        plugins = [item.name for item in runtime.host.report()]
        time.sleep(1.0)  # the last ones may be about to look at the lock
    found["1"][START] = begun
    hooks = len(run.keys() & {GATE, OBSERVE, NATIVE})
    sent = (hooks + 2) * rounds  # the socket's two as well
    sent += hooks * (32 * max(1, rounds // 16) + 200 * max(1, rounds // 66))
    return {
        "samples": found,
        "memory": memory(worked, project, EVENTS // 10 if quick else EVENTS),
        "plugins": plugins,
        "daemon_answered": [int(str(after)) - int(str(before)), sent],
    }


def at(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summed(found: dict[str, Samples]) -> dict[str, dict[str, dict[str, float]]]:
    table: dict[str, dict[str, dict[str, float]]] = {}
    for count, samples in found.items():
        floor = at(samples[BARE], 0.5)
        table[count] = {
            name: {
                "p50": at(samples[name], 0.5),
                "p95": at(samples[name], 0.95),
                "p99": at(samples[name], 0.99),
                "ratio": at(samples[name], 0.5) / floor,
                "n": len(samples[name]),
            }
            for name in (*ROWS, *INSIDE)
            if samples.get(name)
        }
    return table


def show(
    result: dict[str, object], table: dict[str, dict[str, dict[str, float]]]
) -> None:
    print(f"ratio: p50 beside `{BARE}` with as many in flight; times in ms")
    for count, rows in table.items():
        print(f"\n{f'{count} in flight':40} ratio      p50      p95      p99     n")
        for name, row in rows.items():
            times = " ".join(f"{row[key]:8.2f}" for key in ("p50", "p95", "p99"))
            print(f"{name:40} {row['ratio']:5.2f} {times} {row['n']:5.0f}")
    used = result["memory"]
    assert isinstance(used, dict)
    print("\nresident memory                          ratio       MB")
    for text, key in (
        ("bare Python", "python"),
        ("daemon, started", "start"),
        (f"daemon, after {used['events']} events", "worked"),
    ):
        print(f"{text:40} {used[key] / used['python']:5.2f} {used[key]:8.1f}")
    print("\none event right after the other over the socket, p50 in ms")
    print(f"first quarter {used['first']:.2f}, last quarter {used['last']:.2f}")
    print(f"\nplugins: {result['plugins']}; Python {platform.python_version()}")
    print(f"events the daemon answered, of those sent: {result['daemon_answered']}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time one event.")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="ten rounds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("HOOKWRIGHT")]:
        del os.environ[name]
    back = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        try:
            rounds = 10 if options.quick else options.rounds
            result = measure(Path(folder), rounds, options.quick)
        finally:
            os.chdir(back)
    samples = result.pop("samples")
    assert isinstance(samples, dict)
    table = summed(samples)
    if options.json:
        print(json.dumps({**result, "table": table}))
    else:
        show(result, table)


if __name__ == "__main__":
    main()
