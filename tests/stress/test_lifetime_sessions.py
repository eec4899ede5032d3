"""Many agent sessions at once, killed at random: one daemon, and then none.

The long version: `HOOKWRIGHT_STRESS=1 python -m pytest -m stress tests/stress`.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random, SystemRandom

import pytest

from hookwright.core.paths import Paths
from hookwright.core.store import Store
from hookwright.core.surfaces.invocation import client_command

# Read here: a test's environment has no variables of ours.
_LONG = bool(os.environ.get("HOOKWRIGHT_STRESS"))
_SEED = int(os.environ.get("HOOKWRIGHT_STRESS_SEED", SystemRandom().randrange(10**6)))
Users = Callable[[], dict[int, bool]]
_OURS = "hookwright: "
_CALLS = 3
#: Seconds until a daemon that hears of no session leaves.
_IDLE = 4


def script_of(session: str, project: Path) -> str:
    """Return a shell script that does what an agent host does in one session."""
    base = {
        "session_id": session,
        "transcript_path": "",
        "cwd": str(project),
        "permission_mode": "default",
    }
    lines = []

    def run(name: str, *flags: str, **fields: object) -> None:
        payload = json.dumps({**base, "hook_event_name": name, **fields})
        command = shlex.join([*client_command(), "claude-code", name, *flags])
        lines.append(f"printf %s {shlex.quote(payload)} | {command}")

    run("SessionStart", source="startup", model="a-model")
    for number in range(_CALLS):
        call = {
            "tool_name": "Bash",
            "tool_input": {"command": "ls", "description": "Look"},
            "tool_use_id": f"toolu_{session}_{number}",
        }
        said = {"stdout": "src\n", "stderr": "", "interrupted": False}
        run("PreToolUse", **call)
        run("PostToolUse", "--observe", tool_response=said, **call)
    run("SessionEnd", "--observe", reason="other")
    # An agent that is not killed has to hear that nothing was wrong.
    return "set -e -o pipefail\n" + "\n".join(lines) + "\n"


def until(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def start(session: str, project: Path) -> subprocess.Popen[str]:
    """Start a session as a process group of its own, as agents are."""
    bash = shutil.which("bash")
    assert bash is not None
    return subprocess.Popen(
        [bash, "-c", script_of(session, project)],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "HOOKWRIGHT__SERVICE__IDLE_EXIT": str(_IDLE)},
    )


def run_sessions(project: Path, count: int, random: Random) -> set[str]:
    """Start sessions together, kill a third of them; return those that ended well."""
    begun = time.monotonic()
    running = {
        f"session-{n:03}": start(f"session-{n:03}", project) for n in range(count)
    }
    # What one session takes when so many run side by side, more or less.
    length = 0.15 * count
    doomed = {
        name: begun + random.uniform(0, length)
        for name in random.sample(sorted(running), count // 3)
    }
    finished: set[str] = set()
    complaints: Counter[str] = Counter()
    while running:
        assert time.monotonic() - begun < 60 + 10 * count, f"hanging: {sorted(running)}"
        now = time.monotonic()
        for name, process in list(running.items()):
            if doomed.get(name, now + 1) < now:
                del doomed[name]
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            if process.poll() is None:
                continue
            assert process.stderr is not None
            with process.stderr as stderr:
                said = stderr.read()
            del running[name]
            if process.returncode == 0:
                # So many at once may be too much for the machine, which is said in
                # plain words; what may be lost by that is not counted on.
                assert all(line.startswith(_OURS) for line in said.splitlines()), said
                if "lost" not in said:
                    finished.add(name)
                complaints.update(said.splitlines())
            else:
                assert process.returncode == -signal.SIGKILL, f"{name}: {said}"
        time.sleep(0.02)
    sys.stdout.write(f"{len(finished)} of {count} sessions: {dict(complaints)}\n")
    return finished


@pytest.mark.parametrize(
    "count",
    [
        20,
        pytest.param(
            100,
            marks=[
                pytest.mark.stress,
                pytest.mark.timeout(1800),
                pytest.mark.skipif(not _LONG, reason="set HOOKWRIGHT_STRESS=1"),
            ],
        ),
    ],
)
def test_sessions_killed_at_random_leave_one_daemon_then_none(
    paths: Paths, tmp_path: Path, users: Users, count: int
) -> None:
    seed = _SEED if count > 20 else 20261121
    project = tmp_path / "project"
    project.mkdir()

    finished = run_sessions(project, count, Random(seed))

    assert len(finished) >= count // 5, f"seed {seed}"
    daemons = [pid for pid, is_one in users().items() if is_one]
    assert len(daemons) == 1, f"seed {seed}: {daemons}"
    # Whatever the killed ones had begun ends, and the daemon after it.
    until(lambda: users() == {}, 60)
    assert not (paths.run / "daemon.sock").exists()
    assert_counted(paths, project, finished)


def assert_counted(paths: Paths, project: Path, finished: set[str]) -> None:
    """Assert that every session that ended well was recorded, each call once."""
    program = "from hookwright.core.surfaces.cli import main; main()"
    command = [sys.executable, "-P", "-c", program]
    subprocess.run([*command, "store", "flush"], cwd=project, check=True, stdout=-3)
    ran = subprocess.run(
        [*command, "store", "export"], cwd=project, check=True, stdout=subprocess.PIPE
    )
    counted = {
        item["record"]["session_id"]: item["record"]["tool_calls"]
        for item in map(json.loads, ran.stdout.splitlines())
        if item["type"] == "sessions"
    }
    assert {name: counted.get(name) for name in finished} == dict.fromkeys(
        finished, _CALLS
    )
    assert all(calls <= _CALLS for calls in counted.values())
    with closing(Store.open(paths)) as store:
        stats = store.stats()
        assert store.check().problems == ()
    assert (stats.inbox, stats.dead_letters, stats.quarantine_files) == (0, 0, 0)
