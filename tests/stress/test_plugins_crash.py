"""Installed plugins that end or freeze a real daemon, asked by real clients."""

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
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service.lifetime import holder, is_listening

SAMPLES = Path(__file__).parents[1] / "sample_plugins"
ENTRIES = {
    "faulty_fatal": "faulty_plugins.fatal",
    "faulty_fatal_inside": "faulty_plugins.fatal_inside",
    "word_count": "good_plugin",
}
_CLIENT = (
    "import json; from hookwright.core.surfaces.invocation import client_command; "
    "print(json.dumps(client_command()))"
)


class Machine:
    """A Python with the samples, and an agent host that speaks to Hookwright."""

    def __init__(self, python: Path, paths: Paths, project: Path) -> None:
        self.python = str(python)
        self.paths = paths
        self.project = project
        self.environment = dict(os.environ)
        self._sessions: list[subprocess.Popen[bytes]] = []
        found = self._run(self.python, "-P", "-c", _CLIENT)
        self.client = json.loads(found.stdout)

    def hookwright(self, *words: str, accept: tuple[int, ...] = (0,)) -> str:
        done = self._run(
            self.python, "-P", "-m", "hookwright.core.surfaces.cli", *words
        )
        assert done.returncode in accept, (words, done.stdout, done.stderr)
        return done.stdout.decode()

    def plugin(self, name: str) -> dict[str, Any]:
        found = json.loads(self.hookwright("plugins", "--json"))
        status: dict[str, Any] = next(each for each in found if each["name"] == name)
        return status

    def start(self) -> int:
        """Start a daemon; return its process when it listens."""
        self.hookwright("daemon", "start")
        return self.daemon()

    def daemon(self) -> int:
        return int((holder(self.paths) or {}).get("pid") or 0)

    def send(self, event: str, command: str) -> subprocess.Popen[bytes]:
        """Have the agent host tell of a tool call."""
        payload = {
            "session_id": "session-1",
            "transcript_path": str(self.project.parent / "t.jsonl"),
            "cwd": str(self.project),
            "permission_mode": "default",
            "hook_event_name": event,
            "tool_name": "Bash",
            "tool_input": {"command": command},
            "tool_use_id": f"toolu_{len(self._sessions)}",
        }
        words = [event]
        if event == "PostToolUse":
            payload["tool_response"] = {"stdout": "", "stderr": ""}
            words.append("--observe")
        process = subprocess.Popen(
            [*self.client, "claude-code", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.project,
            env={
                **self.environment,
                "CLAUDECODE": "1",
                "CLAUDE_CODE_SESSION_ID": "session-1",
            },
            start_new_session=True,
        )
        self._sessions.append(process)
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(json.dumps(payload).encode())
        return process

    def ask(self, command: str) -> tuple[str, str]:
        """Return what becomes of a tool call, and the reason; ("", "") is: go on."""
        process = self.send("PreToolUse", command)
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.read()
        assert process.wait(60) == 0, process.stderr.read()
        if not said.strip():
            return "", ""
        answer = json.loads(said)["hookSpecificOutput"]
        decision = str(answer.get("permissionDecision", ""))
        return decision, str(answer.get("permissionDecisionReason", ""))

    def processes(self) -> dict[int, str]:
        """Return the processes that use this data directory, zombies apart."""
        mark = f"HOOKWRIGHT_DATA_DIR={self.paths.data}".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with suppress(OSError):
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        words = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                        found[int(entry.name)] = words.decode()
        return found

    def close(self) -> None:
        for process in self._sessions:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        quiet = time.monotonic()
        while time.monotonic() - quiet < 0.2:
            for pid in self.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                quiet = time.monotonic()
            time.sleep(0.02)

    def _run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command,
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=100,
            check=False,
        )


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Python that has what this one has, and the sample plugins."""
    place = tmp_path_factory.mktemp("machine") / "python"
    venv.create(place, with_pip=False, symlinks=True)
    site = Path(
        sysconfig.get_path("purelib", vars={"base": str(place)}, scheme="posix_prefix")
    )
    ours = sysconfig.get_path("purelib")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    for package in ("faulty/src/faulty_plugins", "good/src/good_plugin"):
        source = SAMPLES / package
        shutil.copytree(source, site / source.name)
    metadata = site / "samples-6.6.6.dist-info"
    metadata.mkdir()
    lines = "".join(f"{name} = {value}\n" for name, value in ENTRIES.items())
    (metadata / "entry_points.txt").write_text(f"[hookwright]\n{lines}")
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: samples\nVersion: 6.6.6\n"
    )
    return place / "bin" / Path(sys.executable).name


@pytest.fixture
def machine(python: Path, paths: Paths, tmp_path: Path) -> Iterator[Machine]:
    project = tmp_path / "project"
    project.mkdir()
    made = Machine(python, paths, project)
    yield made
    made.close()


def test_a_worker_that_is_lost_in_any_way_never_takes_the_daemon_along(
    machine: Machine,
) -> None:
    pid = machine.start()
    wait_for(lambda: machine.plugin("faulty_fatal")["process"])
    assert machine.ask("ls") == ("", "")

    for deed in ("exit", "segfault", "hold"):
        # Three faults in a row would have it left alone.
        wait_for(lambda: machine.ask("ls") == ("", ""))
        decision, reason = machine.ask(f"fatal {deed}")
        assert decision == "deny", deed
        assert "Plugin faulty_fatal could not judge this" in reason
    machine.send("PostToolUse", "fatal exit").wait(60)
    wait_for(lambda: machine.ask("ls") == ("", ""))

    assert machine.daemon() == pid
    assert not machine.plugin("faulty_fatal_inside")["own_process"]
    out = machine.hookwright("plugins")
    running = machine.plugin("faulty_fatal")["process"]
    assert f"faulty_fatal (samples 6.6.6): worker process {running}" in out
    machine.hookwright("daemon", "stop")
    wait_for(lambda: not machine.processes())
    assert not (machine.paths.run / "plugin-calls").exists()


def test_a_plugin_that_ends_the_daemon_three_times_runs_in_a_worker(
    machine: Machine,
) -> None:
    for _ in range(3):
        pid = machine.start()
        assert not machine.plugin("faulty_fatal_inside")["own_process"]
        machine.send("PreToolUse", "inside exit")
        wait_for(lambda pid=pid: machine.daemon() != pid)  # type: ignore[misc]

    pid = machine.start()
    status = machine.plugin("faulty_fatal_inside")
    wait_for(lambda: machine.plugin("faulty_fatal_inside")["process"])

    assert status["own_process"]
    assert "it ended the daemon 3 times" in status["notes"][0]
    assert machine.ask("ls") == ("", "")
    decision, reason = machine.ask("inside exit")
    assert decision == "deny"
    assert "lost its worker process, which ended with exit status 3" in reason
    wait_for(lambda: machine.ask("ls") == ("", ""))
    assert machine.daemon() == pid
    # Those beside it stay where they are.
    assert not machine.plugin("word_count")["own_process"]

    said = machine.hookwright("plugins", "retry", "faulty_fatal_inside")
    assert "is tried again" in said
    machine.start()
    assert not machine.plugin("faulty_fatal_inside")["own_process"]


@pytest.mark.parametrize("moment", ["import", "register"])
def test_a_plugin_that_ends_the_daemon_as_it_is_loaded_is_left_out(
    machine: Machine, moment: str
) -> None:
    machine.environment["HOOKWRIGHT_FAULTY_INSIDE"] = moment
    for _ in range(4):
        # The command tries more than once itself, so it may come up sooner.
        if not is_listening(machine.paths):
            machine.hookwright("daemon", "start", accept=(0, 1))
    assert is_listening(machine.paths)
    status = machine.plugin("faulty_fatal_inside")

    assert status["state"] == "failed"
    doing = {"import": "importing it", "register": "registering it"}[moment]
    assert f"it ended the daemon 3 times, last while {doing}" in status["why"]
    assert "hookwright plugins retry faulty_fatal_inside" in machine.hookwright(
        "doctor", accept=(0, 1)
    )
    assert machine.plugin("word_count")["state"] == "active"

    del machine.environment["HOOKWRIGHT_FAULTY_INSIDE"]
    machine.hookwright("plugins", "retry", "faulty_fatal_inside")
    machine.start()
    assert machine.plugin("faulty_fatal_inside")["state"] == "active"


def test_a_daemon_that_a_plugin_freezes_is_ended_and_the_plugin_is_known(
    machine: Machine,
) -> None:
    pid = machine.start()

    client = machine.send("PostToolUse", "inside hold")
    wait_for(lambda: pid not in machine.processes(), 100)
    client.wait(60)

    assert machine.start() != pid
    counted = json.loads((machine.paths.data / "plugin-crashes.json").read_text())
    (crash,) = counted["plugins"]["faulty_fatal_inside"]["crashes"]
    assert crash["hook"] == "hookwright_tool_after"
    assert list(counted["plugins"]) == ["faulty_fatal_inside"]


def test_killing_the_daemon_leaves_no_worker_and_blames_nobody_at_rest(
    machine: Machine,
) -> None:
    for _ in range(3):
        pid = machine.start()
        wait_for(lambda: machine.plugin("faulty_fatal")["process"])
        worker = machine.plugin("faulty_fatal")["process"]
        assert worker in machine.processes()

        os.kill(pid, signal.SIGKILL)
        wait_for(lambda worker=worker: worker not in machine.processes())  # type: ignore[misc]

    machine.start()
    assert not machine.plugin("faulty_fatal_inside")["own_process"]
    assert not (machine.paths.data / "plugin-crashes.json").exists()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
