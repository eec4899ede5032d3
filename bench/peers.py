"""Time the hook commands of other tools beside ours: the same event, in one run.

    npm install --prefix DIR --ignore-scripts cc-safety-net tdd-guard
    python3 -m venv DIR && DIR/bin/pip install nah
    python bench/peers.py --peers DIR [--rounds 40] [--quick] [--json]

nah is run by the command that its installer writes into Claude Code's settings, the
others by the programs that their packages install for hooks; `npx` in front would come
on top. Programs that are not in DIR are left out, and said so. The event is a shell
call before it runs; the tools run in their own defaults. Rows take turns; ratios are to
a Python that does nothing. Milliseconds, from before the process is made until it has
ended, one in flight.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.events import (
    BARE,
    DIRECT,
    GATE,
    NATIVE,
    Command,
    Samples,
    at,
    commands,
    daemon,
    environment_of,
    in_flight,
)
from hookwright.core.paths import Paths
from hookwright.core.service.lifetime import StartLock, end, make_run_directory

#: Rows of ours, in this order.
OURS = (BARE, NATIVE, GATE, DIRECT)
#: Where a peer's program may be under the directory that is named.
PLACES = ("node_modules/.bin", "bin")


@dataclass(frozen=True)
class Peer:
    """Another tool: its program, and the arguments of its hook command."""

    program: str
    arguments: tuple[str, ...] = ()
    #: What its own table row says that it does on this event.
    work: str = ""


PEERS = (
    Peer("cc-safety-net", ("hook", "--claude-code"), "judges the command"),
    Peer("nah", ("_claude-hook",), "judges the command"),
    Peer("tdd-guard", (), "lets it pass"),
)


@dataclass(frozen=True)
class Found:
    """A peer's program on this machine, and the version that it states."""

    peer: Peer
    path: Path
    version: str


def find(directory: Path) -> tuple[list[Found], list[str]]:
    """Return the peers under a directory, and the names of those that are not."""
    found, missing = [], []
    for peer in PEERS:
        paths = [directory / place / peer.program for place in PLACES]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            missing.append(peer.program)
        else:
            found.append(Found(peer, path, version_of(path)))
    return found, missing


def version_of(path: Path) -> str:
    """Return the version of an installed npm or Python package, or "?"."""
    for folder in path.resolve().parents:
        package = folder / "package.json"
        if package.is_file():
            stated = json.loads(package.read_text(encoding="utf-8"))
            if stated.get("name") == path.name:
                return str(stated.get("version", "?"))
    code = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
    words = [str(path.parent / "python"), "-c", code, path.name]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "?"


def rows(
    peers: list[Found], warm: Paths, cold: Paths, project: str
) -> Mapping[str, Command]:
    """Return what is run, by the name of its row."""
    ours = commands(warm, cold, project)
    # Node's programs begin with `env node`; they keep logs and settings under HOME.
    plain = {**environment_of(warm), "CLAUDE_PROJECT_DIR": project}
    return {
        **{name: ours[name] for name in OURS if name in ours},
        **{
            f"{each.peer.program} {each.version}": replace(
                ours[GATE],
                words=(str(each.path), *each.peer.arguments),
                environment=plain,
            )
            for each in peers
        },
    }


def measure(folder: Path, peers: list[Found], rounds: int) -> Samples:
    """Return the milliseconds of each command, row by row."""
    project = folder / "project"
    (project / "src").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    warm, cold = (Paths(folder / n, folder / f"{n}-config") for n in ("warm", "cold"))
    for paths in (warm, cold):
        paths.config.mkdir()
    make_run_directory(cold)
    # Whoever holds it keeps a daemon from starting, and so the cold rows cold.
    held = StartLock(cold)
    if not held.acquire():
        raise SystemExit(f"{cold.run}: somebody else holds the start lock")
    found: Samples = defaultdict(list)
    os.chdir(project)  # where an agent host runs its hooks
    with ExitStack() as stack:
        stack.callback(end, cold)
        stack.callback(held.release)
        stack.enter_context(daemon(warm))
        run = rows(peers, warm, cold, str(project))
        for number in track(range(rounds + 1), "rounds", console=Console(stderr=True)):
            for name, command in run.items():
                took = in_flight(command, 1, 1)
                # The first of each compiles, fills caches and starts what it keeps.
                found[name] += took if number else []
        time.sleep(1.0)  # the last ones may be about to look at the lock
    return found


def summed(found: Samples) -> dict[str, dict[str, float]]:
    """Return median, 95 percent, and the ratio to a Python that does nothing."""
    floor = at(found[BARE], 0.5)
    return {
        name: {
            "ratio": at(values, 0.5) / floor,
            "p50": at(values, 0.5),
            "p95": at(values, 0.95),
            "n": len(values),
        }
        for name, values in found.items()
    }


def show(table: Mapping[str, Mapping[str, float]], peers: list[Found]) -> None:
    """Print the table for a person."""
    work = {f"{each.peer.program} {each.version}": each.peer.work for each in peers}
    shown = Table(title="one hook command, milliseconds")
    shown.add_column("command")
    for name in ("ratio", "p50", "p95", "n"):
        shown.add_column(name, justify="right")
    shown.add_column("what it does")
    for name, row in table.items():
        figures = [f"{row[key]:.2f}" for key in ("ratio", "p50", "p95")]
        shown.add_row(name, *figures, f"{row['n']:.0f}", work.get(name, ""))
    Console().print(shown)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores")


def main() -> None:
    """Find the peers, measure, and print."""
    parser = argparse.ArgumentParser(description="Time other tools' hooks beside ours.")
    parser.add_argument("--peers", type=Path, required=True, metavar="DIR")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--quick", action="store_true", help="five rounds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("HOOKWRIGHT")]:
        del os.environ[name]
    peers, missing = find(options.peers.resolve())
    if missing:
        print(f"not in {options.peers}: {', '.join(missing)}", file=sys.stderr)
    if not peers:
        raise SystemExit("no peer was found; the top of this file says how to install")
    back = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        try:
            rounds = 5 if options.quick else options.rounds
            table = summed(measure(Path(folder).resolve(), peers, rounds))
        finally:
            os.chdir(back)
    if options.json:
        print(json.dumps(table, indent=1))
    else:
        show(table, peers)


if __name__ == "__main__":
    main()
