"""Whatever a plugin does to its worker process, the daemon's side stands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.errors import ToolError
from hookwright.core.host import PluginHost
from hookwright.hookspecs import Allow, ToolBefore, hookimpl

MakeHost = Callable[..., PluginHost]
MakeEvent = Callable[..., Any]
LOST = "it lost its worker process, which "
#: What the plugin does in a gate, and what is said of it.
ENDS = {
    "exit": LOST + "ended with exit status 3",
    "segfault": LOST + "was killed by SIGSEGV",
    "kill": LOST + "was killed by SIGKILL",
    "close": "worker process",
    "loop": "it was still running after",
    "hold": "it was still running after",
    "sleep": "it was still running after",
    "eat": "it raised MemoryError",
    "quit": "it raised SystemExit: 5",
    "raise": "it raised ZeroDivisionError: division by zero",
}
#: What it survives.
SOILS = ("fork", "spawn", "soil", "leak")


class Benign:
    """A plugin of the daemon's own process that must not notice."""

    @hookimpl
    def hookwright_tool_before(self, event: ToolBefore) -> Allow:
        return Allow(reason=f"seen {event.call.command}")


@pytest.fixture
def host(outside: MakeHost) -> PluginHost:
    made = outside("faulty_fatal")
    assert made.register(Benign(), "benign")
    return made


@pytest.fixture
def worker(host: PluginHost) -> Any:
    return host._active["faulty_fatal"].outside


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """See that every process that a test started has gone, and was reaped."""
    yield
    deadline = time.monotonic() + 30
    while left := children():
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def children() -> list[str]:
    """Return this process's children and worker processes, zombies too."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            ours = int(stat[1]) == os.getpid()
            if ours and ("outside_main" in words or stat[0] == "Z"):
                found.append(f"{entry.name} {stat[0]} {words}")
    return found


def judge(host: PluginHost, make_event: MakeEvent, command: str) -> Any:
    return host.decide(make_event("tool_before", command=command))[0]


def answers(host: PluginHost, make_event: MakeEvent) -> bool:
    """Return whether the plugin answers again."""
    reset(host)
    return not bool(judge(host, make_event, "ls").refuses)


def reset(host: PluginHost) -> None:
    """Let the breaker forget: a test asks more often than it would let."""
    for ledger in host._active["faulty_fatal"].ledgers.values():
        ledger.breaker.__init__()  # type: ignore[misc]


@pytest.mark.parametrize("deed", ENDS)
def test_a_gate_that_ends_its_process_is_answered_for(
    host: PluginHost, worker: Any, make_event: MakeEvent, deed: str
) -> None:
    decision = judge(host, make_event, f"fatal {deed}")

    assert decision.outcome == "deny"
    assert ENDS[deed] in decision.reason
    assert "declared to refuse" in decision.reason
    others = {step.plugin: step.reason for step in decision.steps}
    assert others["benign"] == f"seen fatal {deed}"
    wait_for(lambda: answers(host, make_event))


@pytest.mark.parametrize("deed", SOILS)
def test_what_a_plugin_leaves_behind_stays_in_its_process(
    host: PluginHost, worker: Any, make_event: MakeEvent, deed: str
) -> None:
    pid = worker.pid

    for _ in range(3):
        decision = judge(host, make_event, f"fatal {deed}")
        said = {step.plugin: step.reason for step in decision.steps}
        assert said["faulty_fatal"] == "fatal, and alive"

    assert worker.pid == pid
    group = processes_in_group(pid)
    host.close()
    assert len(group) == (4 if deed == "fork" else 1)
    wait_for(lambda: not any(is_alive(each) for each in group))


def test_a_plugin_that_leaks_is_stopped_at_its_limit(
    host: PluginHost, worker: Any, make_event: MakeEvent
) -> None:
    said = []
    for _ in range(14):
        worker.await_up(60)
        decision = judge(host, make_event, "fatal leak")
        said.append(decision.outcome == "allow")
        reset(host)

    # 64 MB a call, and 768 MB are all it may take.
    assert said[:3] == [True, True, True]
    assert not all(said)


@pytest.mark.parametrize("deed", ["exit", "segfault", "hold"])
def test_an_observer_that_ends_its_process_costs_nobody_anything(
    host: PluginHost, worker: Any, make_event: MakeEvent, deed: str
) -> None:
    pid = worker.pid

    host.observe(make_event("tool_after", command=f"fatal {deed}"))

    wait_for(lambda: worker.pid not in (None, pid))
    worker.await_up(60)
    assert judge(host, make_event, "ls").outcome == "allow"
    hooks = {hook.hook: hook for hook in host.report()[-1].hooks}
    assert hooks["hookwright_tool_after"].errors == 1
    assert hooks["hookwright_tool_before"].errors == 0


def test_a_call_that_is_only_late_costs_the_process_nothing(
    host: PluginHost, worker: Any, make_event: MakeEvent
) -> None:
    pid = worker.pid

    late = judge(host, make_event, "fatal late")

    assert "it was still running after" in late.reason
    assert judge(host, make_event, "ls").outcome == "allow"
    wait_for(lambda: worker._open == len(worker._free))
    time.sleep(1.0)
    assert worker.pid == pid


def test_a_tool_that_ends_its_process_fails_alone(
    host: PluginHost, worker: Any, make_event: MakeEvent
) -> None:
    with pytest.raises(ToolError, match=r"faulty_fatal failed: it lost its worker"):
        host.call_tool("faulty_fatal", {"text": "fatal exit"}, from_agent=True)

    pid, _ = host.call_tool("faulty_fatal", {"text": ""}, from_agent=True)
    assert pid == worker.pid


def test_a_tool_that_holds_the_interpreter_falls_with_the_next_gate(
    host: PluginHost, worker: Any, make_event: MakeEvent
) -> None:
    problems: list[str] = []

    def call() -> None:
        try:
            host.call_tool("faulty_fatal", {"text": "fatal hold"}, from_agent=True)
        except ToolError as error:
            problems.append(str(error))

    calling = threading.Thread(target=call)
    calling.start()
    wait_for(lambda: worker._open > len(worker._free))
    # It may still be on its way to where it holds on.
    while judge(host, make_event, "ls").outcome == "allow":
        time.sleep(0.01)
    calling.join(60)

    assert "as hookwright_tool_before of it hung" in problems[0]
    worker.await_up(60)
    assert judge(host, make_event, "ls").outcome == "allow"


def test_killing_the_worker_between_calls_is_not_noticed(
    host: PluginHost, worker: Any, make_event: MakeEvent
) -> None:
    judge(host, make_event, "ls")
    first = worker.pid

    os.kill(first, signal.SIGKILL)
    wait_for(lambda: worker.pid not in (None, first))
    worker.await_up(60)

    assert judge(host, make_event, "ls").outcome == "allow"


def test_killing_the_worker_during_a_call_is_told(
    host: PluginHost, worker: Any, make_event: MakeEvent
) -> None:
    first = worker.pid
    decisions: list[Any] = []
    asking = threading.Thread(
        target=lambda: decisions.append(judge(host, make_event, "fatal sleep"))
    )
    asking.start()
    wait_for(lambda: worker._open > len(worker._free))

    os.kill(first, signal.SIGKILL)
    asking.join(60)

    assert "was killed by SIGKILL" in decisions[0].reason


def test_after_three_faults_it_is_left_alone_and_the_gate_holds(
    host: PluginHost, worker: Any, make_event: MakeEvent
) -> None:
    for _ in range(3):
        worker.await_up(60)
        judge(host, make_event, "fatal exit")

    decision = judge(host, make_event, "ls")

    assert decision.outcome == "deny"
    assert "left alone after repeated faults" in decision.reason
    (status,) = [each for each in host.report() if each.name == "faulty_fatal"]
    assert status.state == "tripped"


def test_a_gate_waits_for_a_worker_that_is_being_started(
    outside: MakeHost, make_event: MakeEvent
) -> None:
    host = outside("faulty_fatal", wait=False)
    plugin = host._active["faulty_fatal"]
    assert plugin.outside is not None

    outcomes: set[str] = set()
    while not plugin.outside.is_up or not outcomes:
        decision = judge(host, make_event, "ls")
        outcomes.add(decision.outcome)
        assert decision.outcome == "none" or (
            "is still being started in its worker process" in decision.reason
        )

    # That it was not up is no fault of the plugin's, however often it was asked.
    assert plugin.status().state == "active"
    assert judge(host, make_event, "ls").outcome == "none"


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        ("import", "which ended with exit status 41"),
        ("register", "which ended with exit status 42"),
        ("startup", "which ended with exit status 43"),
    ],
)
def test_a_plugin_that_cannot_be_started_keeps_its_gate_shut(
    outside: MakeHost,
    make_event: MakeEvent,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    why: str,
) -> None:
    host = outside("faulty_fatal", wait=False)
    worker = host._active["faulty_fatal"].outside
    assert worker is not None
    worker.await_up(60)
    assert worker.pid is not None
    # The daemon has imported it already; the next process will not come so far.
    monkeypatch.setenv("HOOKWRIGHT_FAULTY", moment)
    os.kill(worker.pid, signal.SIGKILL)
    wait_for(lambda: worker.pid is None)

    for _ in range(2):
        decision = judge(host, make_event, "ls")
        assert decision.outcome == "deny"
        assert why in decision.reason or "still being started" in decision.reason

    # Mended, it comes back.
    monkeypatch.delenv("HOOKWRIGHT_FAULTY")
    wait_for(lambda: answers(host, make_event))


DAEMON = """
import os, sys, time
from hookwright.core.testing.hosting import open_store, paths_in
from hookwright.core.host import PluginHost
from hookwright.core.clock import Clock
from hookwright.core.testing.factory import EventFactory
from pathlib import Path
import threading

directory = Path(sys.argv[1])
store = open_store(directory)
host = PluginHost(store=store, clock=Clock(), paths=paths_in(directory), tables={},
                  redact=lambda text: text, isolate=True)
host.load(only={"faulty_fatal"})
worker = host._active["faulty_fatal"].outside
worker.await_up(60)
event = EventFactory(directory)("tool_before", command="fatal fork")
host.decide(event)
if sys.argv[2] != "idle":
    text = f"fatal {sys.argv[2]}"
    call = lambda: host.call_tool("faulty_fatal", {"text": text}, from_agent=True)
    threading.Thread(target=call, daemon=True).start()
    while worker._open == len(worker._free):
        time.sleep(0.01)
    time.sleep(0.2)
print(worker.pid, flush=True)
time.sleep(3600)
"""


@pytest.mark.parametrize("busy", ["idle", "sleep", "hold"])
def test_no_worker_outlives_a_daemon_that_is_killed(
    outside: MakeHost, tmp_path: Path, busy: str
) -> None:
    # The fixture has put the samples on this process's path.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    daemon = subprocess.Popen(
        [sys.executable, "-c", DAEMON, tmp_path / "one", busy],
        stdout=subprocess.PIPE,
        env=environment,
    )
    with daemon:
        assert daemon.stdout is not None
        pid = int(daemon.stdout.readline())
        group = processes_in_group(pid)
        assert len(group) == 2

        daemon.kill()

    wait_for(lambda: not any(is_alive(each) for each in group))


def processes_in_group(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit():
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(stat[2]) == group and stat[0] != "Z":
                    found.append(int(entry.name))
    return found


def is_alive(pid: int) -> bool:
    """Return whether the process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
