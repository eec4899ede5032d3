"""Time the clients alone, against a program that does nothing.

    python bench/clients.py [--rounds 300] [--quick] [--json]

A small process in the daemon's place answers at once, so that what is left is the
client: its start, the socket, its end. Rows are interleaved in one run, in an order
that changes from round to round; ratios are to the empty static program with as many
in flight. Needs a C compiler. Times are in milliseconds, from before the process is
made until it has ended.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import shlex
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hookwright.core.service import client, native, wire
from hookwright.core.service.native import build

EMPTY = "empty static program"
SHELL = "sh -c :"
NATIVE = "native client"
SHELL_NATIVE = "sh -c NATIVE CLIENT"
BARE = "python -I -S -c pass"
PYTHON = "client in Python"
WORDS = ("claude-code", "PostToolUse", "--observe")
EVENT = (
    b'{"hook_event_name": "PostToolUse", "session_id": "s", "cwd": "/"}' + b" " * 400
)
BAR = 3.0
#: By row: milliseconds until the end, and of the processor.
Samples = dict[str, list[tuple[float, float]]]


def answer(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        head = connection.recv(wire.REQUEST_HEAD, socket.MSG_WAITALL)
        connection.recv(wire.read_head(head).length, socket.MSG_WAITALL)
        connection.sendall(wire.encode_reply(wire.Reply()))


@contextmanager
def answering(data: Path) -> Iterator[None]:
    """Answer every request at once, from a process of its own."""
    run = data / "run"
    run.mkdir(parents=True, mode=0o700)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    os.chdir(run)  # an address holds about 100 bytes
    listener.bind("daemon.sock")
    listener.listen(1024)
    # A client that gives up would be measured doing something else.
    os.symlink("600", "answer_timeout")
    child = os.fork()
    if not child:
        try:
            while True:
                answer(listener)
        finally:
            os._exit(1)
    listener.close()
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def compiled(folder: Path) -> tuple[Path, Path]:
    """Return the native client and the empty program, built the same way."""
    source = folder / "empty.c"
    source.write_text("int main(void) { return 0; }\n")
    programs = folder / "native", folder / "empty"
    hook = Path(build.__file__).with_name(build.SOURCE)
    for text, program in zip((hook, source), programs, strict=True):
        if problem := build.compile_client(text, program, client.VERSION):
            raise SystemExit(f"the native client cannot be built: {problem}")
    return programs


def commands(folder: Path) -> dict[str, tuple[str, ...]]:
    made, empty = compiled(folder)
    shell = shutil.which("sh") or "/bin/sh"
    hook = (*native.native_command(made), *WORDS)
    return {
        EMPTY: (str(empty),),
        SHELL: (shell, "-c", ":"),
        NATIVE: hook,
        # Not exec: a hook of git does something afterwards.
        SHELL_NATIVE: (shell, "-c", f"{shlex.join(hook)}; :"),
        BARE: (sys.executable, "-I", "-S", "-c", "pass"),
        PYTHON: (*native.python_command(), *WORDS),
    }


def begin(words: tuple[str, ...], environment: Mapping[str, str]) -> int:
    reader, writer = os.pipe()
    os.write(writer, EVENT)  # far less than a pipe holds
    os.close(writer)
    actions = [(os.POSIX_SPAWN_DUP2, reader, 0)]
    made = os.posix_spawn(words[0], words, environment, file_actions=actions)
    os.close(reader)
    return made


def in_flight(
    words: tuple[str, ...], environment: Mapping[str, str], count: int, total: int
) -> Iterator[tuple[float, float]]:
    """Run a command `total` times, `count` at once; return what each took."""
    begun: dict[int, float] = {}
    started = 0
    while started < total or begun:
        while started < total and len(begun) < count:
            now = time.perf_counter()
            begun[begin(words, environment)] = now
            started += 1
        pid, status, used = os.wait4(-1, 0)
        took = (time.perf_counter() - begun.pop(pid)) * 1000
        if status:
            raise SystemExit(f"{words[0]}: exit status {status}")
        # The last ones have less company.
        if started < total or count == 1:
            yield took, (used.ru_utime + used.ru_stime) * 1000


def measure(folder: Path, rounds: int) -> dict[str, Samples]:
    data = folder / "data"
    environment = {
        "HOME": str(folder),
        "PATH": os.environ.get("PATH", os.defpath),
        "HOOKWRIGHT_DATA_DIR": str(data),
    }
    run = commands(folder)
    found: dict[str, Samples] = {}
    order = list(run)
    with answering(data):
        for count, times in ((1, rounds), (8, rounds // 8), (50, rounds // 50)):
            samples: Samples = defaultdict(list)
            for _ in range(max(times, 2)):
                random.shuffle(order)
                for name in order:
                    total = 1 if count == 1 else 4 * count
                    samples[name] += in_flight(run[name], environment, count, total)
            found[str(count)] = samples
    return found


def at(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summed(found: dict[str, Samples]) -> dict[str, dict[str, dict[str, float]]]:
    table: dict[str, dict[str, dict[str, float]]] = {}
    for count, samples in found.items():
        table[count] = {}
        for name in (EMPTY, SHELL, NATIVE, SHELL_NATIVE, BARE, PYTHON):
            times, cpu = zip(*samples[name], strict=True)
            table[count][name] = {
                "p50": at(times, 0.5),
                "p95": at(times, 0.95),
                "p99": at(times, 0.99),
                "cpu": at(cpu, 0.5),
                "n": len(times),
            }
        floor = table[count][EMPTY]
        for row in table[count].values():
            row["ratio"] = row["p50"] / floor["p50"]
            row["cpu_ratio"] = row["cpu"] / floor["cpu"]
    return table


def show(table: dict[str, dict[str, dict[str, float]]]) -> None:
    print(f"ratio: p50 beside the {EMPTY} with as many in flight; times in ms")
    for count, rows in table.items():
        print(f"\n{f'{count} in flight':22} ratio      p50      p95      p99", end="")
        print("      cpu  ratio     n")
        for name, row in rows.items():
            times = " ".join(f"{row[key]:8.2f}" for key in ("p50", "p95", "p99", "cpu"))
            counts = f"{row['cpu_ratio']:6.2f} {row['n']:5.0f}"
            print(f"{name:22} {row['ratio']:5.2f} {times} {counts}")
    ratio = table["1"][NATIVE]["ratio"]
    word = "holds" if ratio <= BAR else "is MISSED"
    print(f"\nbar: native client at most {BAR:g} x the {EMPTY}: {ratio:.2f}, {word}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the clients alone.")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="fifty rounds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    back = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = measure(Path(folder), 50 if options.quick else options.rounds)
        finally:
            os.chdir(back)
    if options.json:
        print(json.dumps(summed(found), indent=1))
    else:
        show(summed(found))


if __name__ == "__main__":
    main()
