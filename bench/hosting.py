"""Ask plugins that do nothing, beside calling the same functions in a plain loop.

    python bench/hosting.py [--rounds 300] [--quick] [--json]

What the plugin host adds: a watched thread, one guarded call a plugin, the verdicts;
for a plugin in a worker process, the way there and back. The flight recorder notes a
call and its end. Medians over the rounds, interleaved; microseconds for one event.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hookwright.core.clock import Clock
from hookwright.core.host import PluginHost
from hookwright.core.host.flight import Recorder
from hookwright.core.host.plugin import Plugin
from hookwright.core.paths import Paths
from hookwright.core.store import Store, StoreOptions
from hookwright.hookspecs import (
    PluginContext,
    ToolAfter,
    ToolBefore,
    hookimpl,
)

COUNTS = (1, 10, 50)
#: Calls in one sample of a plain loop: one alone is too short for the clock.
_LOOPS = 100
_EVENT: dict[str, Any] = {
    "id": "0" * 20 + ".0",
    "time": datetime(2026, 1, 1, tzinfo=UTC),
    "agent_host": "bench",
    "host_event": "Bench",
    "session_id": "session-1",
    "project": {"path": "/project", "worktree": "/project"},
    "agent": {"id": "bench/main", "name": "main"},
    "cwd": "/project",
    "call": {
        "id": "call-1",
        "tool": "shell",
        "native_name": "Bash",
        "command": "ls",
        "input": {"command": "ls"},
    },
}


class Nothing:
    @hookimpl
    def hookwright_tool_before(self, event: ToolBefore, context: PluginContext) -> None:
        """Have no opinion."""

    @hookimpl
    def hookwright_tool_after(self, event: ToolAfter, context: PluginContext) -> None:
        """Take note of nothing."""


#: The same plugin, installed as far as a plugin host can tell, and in a worker process.
_APART = """
from hookwright.hookspecs import PluginInfo, hookimpl

@hookimpl
def hookwright_plugin_info():
    return PluginInfo(own_process=True)

@hookimpl
def hookwright_tool_before(event, context):
    return None

@hookimpl
def hookwright_tool_after(event, context):
    return None
"""


def each(functions: Sequence[Callable[..., None]], event: object) -> Callable[[], None]:
    def loop() -> None:
        for function in functions:
            function(event, None)

    return loop


def timed(function: Callable[[], object], times: int) -> float:
    begun = time.perf_counter_ns()
    for _ in range(times):
        function()
    return (time.perf_counter_ns() - begun) / times / 1000


def pairs(
    store: Store, folder: Path, count: int
) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    host = PluginHost(
        store=store,
        clock=Clock(),
        paths=Paths(folder / "data", folder / "config"),
        tables={},
        redact=lambda text: text,
    )
    plugins = [Nothing() for _ in range(count)]
    for number, plugin in enumerate(plugins):
        if not host.register(plugin, f"nothing_{number:02}"):
            raise SystemExit(f"plugin {number} was not registered: {host.report()}")
    before = ToolBefore.model_validate(_EVENT)
    after = ToolAfter.model_validate({**_EVENT, "succeeded": True})
    return {
        f"gate, {count} plugins": (
            lambda: host.decide(before),
            each([plugin.hookwright_tool_before for plugin in plugins], before),
        ),
        f"observe, {count} plugins": (
            lambda: host.observe(after),
            each([plugin.hookwright_tool_after for plugin in plugins], after),
        ),
    }


def apart(
    store: Store, folder: Path
) -> tuple[PluginHost, dict[str, tuple[Callable[[], object], Callable[[], object]]]]:
    """Return a host whose one plugin runs in a worker process, and what to time."""
    site = folder / "site"
    metadata = site / "apart-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "apart_plugin.py").write_text(_APART)
    (metadata / "entry_points.txt").write_text("[hookwright]\napart = apart_plugin\n")
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: apart\nVersion: 1.0\n"
    )
    sys.path.insert(0, str(site))
    host = PluginHost(
        store=store,
        clock=Clock(),
        paths=Paths(folder / "data", folder / "config"),
        tables={},
        redact=lambda text: text,
        isolate=True,
    )
    host.load(only={"apart"})
    host.start_workers()
    before = ToolBefore.model_validate(_EVENT)
    after = ToolAfter.model_validate({**_EVENT, "succeeded": True})
    while not host.report()[0].process or host.decide(before)[0].steps[0].reason:
        time.sleep(0.05)
    recorder = Recorder(folder / "recorded" / "calls")
    mark = recorder.mark(Plugin("apart", "apart", "1.0"), "hookwright_tool_before")

    def note() -> None:
        for _ in range(_LOOPS):
            recorder.leave(recorder.enter(mark))

    plain = Nothing()
    return host, {
        "gate, worker process": (
            lambda: host.decide(before),
            each([plain.hookwright_tool_before], before),
        ),
        "observe, worker process": (
            lambda: host.observe(after),
            each([plain.hookwright_tool_after], after),
        ),
        f"flight recorder, {_LOOPS} calls": (
            note,
            each([plain.hookwright_tool_before] * _LOOPS, before),
        ),
    }


def at(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def measure(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    paths = Paths(folder / "data", folder / "config")
    with Store.open(paths, StoreOptions(max_size=64 * 2**20)) as store:
        run = {
            name: pair
            for count in COUNTS
            for name, pair in pairs(store, folder, count).items()
        }
        daemon, outside = apart(store, folder)
        run |= outside
        ours: dict[str, list[float]] = {name: [] for name in run}
        plain: dict[str, list[float]] = {name: [] for name in run}
        for number in range(-20, rounds):
            for name, (host, loop) in run.items():
                took, bare = timed(host, 1), timed(loop, _LOOPS)
                if number >= 0:
                    ours[name].append(took)
                    plain[name].append(bare)
        daemon.close()
    return {
        name: {
            "p50": at(ours[name], 0.5),
            "p95": at(ours[name], 0.95),
            "p99": at(ours[name], 0.99),
            "plain": at(plain[name], 0.5),
            "ratio": at(ours[name], 0.5) / at(plain[name], 0.5),
        }
        for name in run
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the plugin host.")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="thirty rounds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), 30 if options.quick else options.rounds)
    if options.json:
        print(json.dumps(found))
        return
    print(
        f"{'microseconds for one event':28} ratio    plain      p50      p95      p99"
    )
    for name, row in found.items():
        times = " ".join(f"{row[key]:8.1f}" for key in ("plain", "p50", "p95", "p99"))
        print(f"{name:28} {row['ratio']:5.0f} {times}")
    for kind in ("gate", "observe"):
        few, many = (found[f"{kind}, {count} plugins"]["p50"] for count in (1, 50))
        print(f"each further plugin, {kind}: {(many - few) / 49:.1f}")


if __name__ == "__main__":
    main()
