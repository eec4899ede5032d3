"""Time one event through each resident channel: no process is started for it.

    python bench/channels.py [--rounds 1500] [--pause 2] [--quick] [--json]

One daemon with all bundled plugins, in directories of its own; the ways are
interleaved, so that the ratios of one run can be compared. Milliseconds from the
first byte sent to the last byte read. `--pause` is what lies between two events of
one client, in milliseconds; 0 sends them without a pause, which no agent does, so
that what observers do with one event is in the time of the next.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hookwright.core.paths import CONFIG_DIR_VARIABLE, DATA_DIR_VARIABLE, Paths
from hookwright.core.service import client
from hookwright.core.service.http_access import make_access
from hookwright.hookspecs import HttpAccess

Send = Callable[[bytes], None]
Row = dict[str, object]
RESIDENT = "socket, kept connection"
SOCKET = "socket, new connection"
KEPT = "HTTP, kept connection"
FRESH = "HTTP, new connection"
GATE, RECORD = "PreToolUse", "PostToolUse"
_TIMEOUT = 30.0


def payload(event: str, project: str, number: int) -> bytes:
    """Return what Claude Code sends for a shell call."""
    fields: dict[str, object] = {
        "session_id": f"session-{number % 20}",
        "transcript_path": "",
        "cwd": project,
        "hook_event_name": event,
        "tool_name": "Bash",
        "tool_use_id": f"toolu_{event}{os.urandom(8).hex()}",
        "tool_input": {"command": "python -m pytest tests/test_parser.py -q"},
    }
    if event == RECORD:
        fields["tool_response"] = {"stdout": "12 passed in 0.31s\n", "stderr": ""}
    return json.dumps(fields).encode()


@contextmanager
def daemon(paths: Paths) -> Iterator[int]:
    """Run a daemon until its doors are open; give its process id."""
    variables = {
        "HOME": str(paths.data.parent),
        "PATH": os.environ.get("PATH", os.defpath),
        DATA_DIR_VARIABLE: str(paths.data),
        CONFIG_DIR_VARIABLE: str(paths.config),
        "MALLOC_ARENA_MAX": "2",  # as `lifetime.become_daemon` sets it
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "hookwright.core.service.daemon"],
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def by_socket(paths: Paths, event: str, *, keep: bool) -> Send:
    """Return what sends one event as the client does, without its process."""
    run = os.fsencode(paths.run)
    cwd = os.fsencode(paths.data.parent)  # agent hosts run hooks in the project
    flags = b"o" if event == RECORD else b""
    kept = client.connect(run) if keep else None

    def send(body: bytes) -> None:
        fields = [client.VERSION.encode(), os.urandom(10).hex().encode(), flags]
        fields += [f"claude-code\0{event}".encode(), cwd, b"", body]
        request = client.encode(client.HOOK, fields)
        if kept is None:
            client.ask(client.connect(run), request, _TIMEOUT)
            return
        kept.settimeout(_TIMEOUT)
        kept.sendall(request)
        reply = b""
        wanted = client.REPLY_HEAD
        while len(reply) < wanted:
            reply += kept.recv(1 << 16)
            if len(reply) >= client.REPLY_HEAD:
                sizes = [int.from_bytes(reply[at : at + 4]) for at in (8, 12)]
                wanted = client.REPLY_HEAD + sum(sizes)

    return send


def by_http(access: HttpAccess, event: str, *, keep: bool) -> Send:
    """Return what sends one event by HTTP, head and body at once."""
    host = access.url.removeprefix("http://")
    address = ("127.0.0.1", int(host.rpartition(":")[2]))
    observe = "X-Hookwright-Observe: 1\r\n" if event == RECORD else ""
    head = (
        f"POST /v1/hooks/claude-code/{event} HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: Bearer {access.token}\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\n{observe}Content-Length: "
    ).encode()
    kept = socket.create_connection(address) if keep else None

    def send(body: bytes) -> None:
        way = kept or socket.create_connection(address)
        way.sendall(b"%s%d\r\n\r\n%s" % (head, len(body), body))
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += way.recv(65_536)
        top, _, rest = answer.partition(b"\r\n\r\n")
        lines = top.split(b"\r\n")
        (length,) = [line for line in lines if line[:15] == b"content-length:"]
        while len(rest) < int(length[15:]):
            rest += way.recv(65_536)
        if not top.startswith(b"HTTP/1.1 200"):
            raise SystemExit(top.decode())
        if kept is None:
            way.close()

    return send


def ways_of(paths: Paths, access: HttpAccess, event: str) -> dict[str, Send]:
    """Return one sender for each way."""
    return {
        RESIDENT: by_socket(paths, event, keep=True),
        SOCKET: by_socket(paths, event, keep=False),
        KEPT: by_http(access, event, keep=True),
        FRESH: by_http(access, event, keep=False),
    }


def one_client(
    ways: dict[str, Send], event: str, project: str, rounds: int, pause: float
) -> dict[str, list[float]]:
    """Return the milliseconds of each event, by way."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        # In changing order: what one way leaves to observers slows the next.
        for name, send in random.sample(list(ways.items()), len(ways)):
            body = payload(event, project, number)
            time.sleep(pause)
            begun = time.perf_counter()
            send(body)
            found[name].append((time.perf_counter() - begun) * 1000)
    return found


def many_clients(
    senders: list[Send], event: str, project: str, rounds: int, pause: float
) -> list[float]:
    """Return the milliseconds of events that so many clients send at once."""
    found: list[float] = []
    start = threading.Barrier(len(senders))

    def work(send: Send) -> None:
        only = one_client({"": send}, event, project, 2, 0)  # both ends are warm
        start.wait()
        only = one_client({"": send}, event, project, rounds, pause)
        found.extend(only[""])

    threads = [threading.Thread(target=work, args=(send,)) for send in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def wait_for(access: HttpAccess, seconds: float = 15.0) -> None:
    """Wait until the door is open."""
    deadline = time.monotonic() + seconds
    bearer = {"Authorization": f"Bearer {access.token}"}
    while True:
        way = http.client.HTTPConnection(access.url.removeprefix("http://"), timeout=5)
        try:
            way.request("GET", "/v1/health", headers=bearer)
            way.getresponse().read()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        finally:
            way.close()


def percentile(values: list[float], part: float) -> float:
    """Return the value below which that part of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def row(clients: int, event: str, way: str, values: list[float], floor: float) -> Row:
    """Return one line of the table; `ratio` is to the kept socket's p50."""
    p50, p95, p99 = (percentile(values, part) for part in (0.5, 0.95, 0.99))
    return {
        "clients": clients,
        "event": event,
        "way": way,
        "p50": round(p50, 3),
        "p95": round(p95, 3),
        "p99": round(p99, 3),
        "ratio": round(p50 / floor, 2),
        "n": len(values),
    }


def measure(paths: Paths, rounds: int, pause: float) -> list[Row]:
    """Return the rows of the table."""
    access = make_access(paths, 0)
    project = str(paths.data.parent)
    subprocess.run(["git", "init", "-q", project], check=True)
    made: list[Row] = []
    with daemon(paths):
        wait_for(access)
        for event in (RECORD, GATE):
            ways = ways_of(paths, access, event)
            one_client(ways, event, project, 50, 0)
            found = one_client(ways, event, project, rounds, pause)
            floor = percentile(found[RESIDENT], 0.5)
            made += [row(1, event, name, found[name], floor) for name in ways]
            for clients in (8, 50):
                for name in (RESIDENT, KEPT):
                    senders = [
                        ways_of(paths, access, event)[name] for _ in range(clients)
                    ]
                    each = max(4, rounds // clients)
                    # Agents do not wait for each other, but each one works.
                    values = many_clients(
                        senders, event, project, each, pause * clients
                    )
                    made.append(row(clients, event, name, values, floor))
    return made


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Time the resident channels.")
    parser.add_argument("--rounds", type=int, default=1_500)
    parser.add_argument("--pause", type=float, default=2.0, help="milliseconds")
    parser.add_argument("--quick", action="store_true", help="100 rounds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rounds = 100 if options.quick else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        paths = Paths(root / "data", root / "config")
        found = measure(paths, rounds, options.pause / 1000)
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    print(f"{options.pause:g} ms between two events of one client, times in ms")
    print(
        f"{'clients':>7} {'event':12} {'way':24} {'ratio':>6} "
        f"{'p50':>8} {'p95':>8} {'p99':>8}"
    )
    for line in found:
        print(
            f"{line['clients']:>7} {line['event']:12} {line['way']:24} "
            f"{line['ratio']:>6} {line['p50']:>8} {line['p95']:>8} {line['p99']:>8}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
