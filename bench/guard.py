"""Time the guard of secret files, and tree-sitter's parse of the same text beside it.

    python bench/guard.py [--rounds 300] [--quick] [--json]

One decision is what an agent waits for: `PluginHost.decide` with the guard as the only
plugin, in a scratch project, in this process. The corpus is
`tests/plugins/env_protection/corpus`; of it the slowest commands are shown.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import tree_sitter_bash
from rich.console import Console
from rich.table import Table
from tree_sitter import Language, Parser

sys.path.insert(0, str(Path(__file__).parent.parent))

from hookwright.core.testing.factory import EventFactory
from hookwright.core.testing.hosting import make_host, open_store
from hookwright.plugins.env_protection import EnvProtectionPlugin
from tests.plugins.env_protection.corpus.cases import load_cases
from tests.plugins.env_protection.corpus.places import (
    make_home,
    make_place,
)

#: Commands of each length, as agents write them. Cut to the length exactly.
_SHORT = "rg -n 'process.env' src | head -5; ls .env"
_MIDDLE = (
    "cd src && npm test -- --watch=false 2>&1 | tail -40; for f in *.py; "
    'do wc -l "$f"; done; git add app.py && git commit -m "Read .env once" && '
    'echo "done: $(date +%F); $HOME/.env is left alone"'
)
_STEP = 'if [ -f "src/app.py" ]; then grep -n "TODO $i" src/app.py | head -3; fi\n'
_LINE = "const value = process.env.PORT // `cat .env` is only a mention, $HOME too\n"


def texts() -> dict[str, str]:
    heredoc = "cat > src/long.js <<'EOT'\n"
    return {
        "40 characters": _SHORT[:40],
        "200 characters": _MIDDLE[:200],
        "10,000 characters of commands": _STEP * (10_000 // len(_STEP)),
        "10,000 characters in a heredoc": heredoc
        + _LINE * (9_960 // len(_LINE))
        + "EOT\n",
    }


def timed(function: Callable[[], object]) -> float:
    begun = time.perf_counter_ns()
    function()
    return (time.perf_counter_ns() - begun) / 1e6


def at(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def measure(folder: Path, rounds: int, slowest: int) -> dict[str, dict[str, float]]:
    home = folder / "home"
    make_home(home)
    os.environ["HOME"] = str(home)
    project = folder / "project"
    make_place("project", project)
    parser = Parser(Language(tree_sitter_bash.language()))
    make_event = EventFactory(project)
    with open_store(folder) as store:
        host = make_host(store, folder)
        if not host.register(EnvProtectionPlugin(), "env_protection"):
            raise SystemExit(f"the guard was not registered: {host.report()}")

        def decide(command: str) -> Callable[[], object]:
            event = make_event("tool_before", command=command)
            return lambda: host.decide(event)

        def parse(command: str) -> Callable[[], object]:
            data = command.encode()
            return lambda: parser.parse(data)

        run = texts() | _slowest(decide, home, project, slowest)
        found: dict[str, dict[str, float]] = {}
        for name, text in run.items():
            ours, theirs = decide(text), parse(text)
            gc.collect()
            pairs = [(timed(ours), timed(theirs)) for _ in range(rounds + 10)][10:]
            decided, parsed = [list(column) for column in zip(*pairs, strict=True)]
            found[name] = {
                "characters": len(text),
                "p50": at(decided, 0.5),
                "p99": at(decided, 0.99),
                "parse_p50": at(parsed, 0.5),
                "parse_p99": at(parsed, 0.99),
            }
    return found


def _slowest(
    decide: Callable[[str], Callable[[], object]], home: Path, project: Path, count: int
) -> dict[str, str]:
    """Return the commands of the corpus that took longest, best of three."""
    took: list[tuple[float, str, str]] = []
    for case in load_cases():
        command = case.call.put(project, home).command
        if command and not case.earlier:
            ask = decide(command)
            took.append((min(timed(ask) for _ in range(3)), case.id, command))
    took.sort(reverse=True)
    return {f"corpus: {name}": command for _, name, command in took[:count]}


def show(found: dict[str, dict[str, float]]) -> None:
    table = Table(title="one decision of the guard, milliseconds")
    table.add_column("command")
    for name in ("characters", "p50", "p99", "parse p50", "parse p99"):
        table.add_column(name, justify="right")
    for name, row in found.items():
        times = [f"{row[key]:.3f}" for key in ("p50", "p99", "parse_p50", "parse_p99")]
        table.add_row(name, f"{row['characters']:.0f}", *times)
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the guard of secret files.")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--slowest", type=int, default=5, help="of the corpus")
    parser.add_argument("--quick", action="store_true", help="thirty rounds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rounds = 30 if options.quick else options.rounds
        found = measure(Path(folder), rounds, options.slowest)
    if options.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()
