"""Claude Code's tool calls, judged by a guard that is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from io import BytesIO
from pathlib import Path

from hookwright.core.paths import Paths
from hookwright.core.service import client
from hookwright.core.store import Store

GUARD = Path(__file__).with_name("troubled_plugin.py")
CLIENT = [sys.executable, "-I", "-S", client.__file__]


class Hook:
    """Sends tool calls as Claude Code does, with a guard installed.

    :param options: of the client: without `--direct` it asks a daemon first.
    """

    def __init__(self, paths: Paths, folder: Path, *options: str) -> None:
        self.paths = paths
        self.options = options
        #: What every client's command begins with.
        self.prefix: list[str] = []
        self.site = folder / "guard-site"
        info = self.site / "guard-1.0.dist-info"
        info.mkdir(parents=True)
        (self.site / "troubled_plugin.py").write_text(GUARD.read_text("utf-8"))
        (info / "METADATA").write_text("Name: guard\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(
            "[hookwright]\nguard = troubled_plugin\n"
        )
        self.environment = {**os.environ, "PYTHONPATH": str(self.site)}

    def start(self, command: str, **variables: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*self.prefix, *CLIENT, *self.options, "claude-code", "PreToolUse"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.environment, **variables},
        )
        assert process.stdin is not None
        process.stdin.write(
            json.dumps(
                {
                    "session_id": "s1",
                    "cwd": str(self.paths.data.parent),
                    "hook_event_name": "PreToolUse",
                    "tool_name": "Bash",
                    "tool_input": {"command": command},
                    "tool_use_id": os.urandom(8).hex(),
                }
            ).encode()
        )
        process.stdin.close()
        process.stdin = None
        return process

    def decision(self, command: str, **variables: str) -> tuple[str, str, str]:
        """Return what Claude Code is told, why, and what it sees on stderr."""
        return self.read(self.start(command, **variables))

    def read(self, process: subprocess.Popen[bytes]) -> tuple[str, str, str]:
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0
        if not out:
            return "", "", err.decode()
        answer = json.loads(out)
        assert set(answer) == {"hookSpecificOutput"}
        said = answer["hookSpecificOutput"]
        assert said["hookEventName"] == "PreToolUse"
        reason = said["permissionDecisionReason"]
        return said["permissionDecision"], reason, err.decode()

    def processes(self) -> list[int]:
        """Return the processes that run with this data directory."""
        mark = f"HOOKWRIGHT_DATA_DIR={self.paths.data}\0".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if mark in (entry / "environ").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue  # it ended while we looked
        return found

    def observed(self) -> list[str]:
        """Return the deliveries that the guard's observer has seen."""
        program = "from hookwright.core.surfaces.cli import main; main()"
        subprocess.run(
            [sys.executable, "-P", "-c", program, "store", "flush"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        out = BytesIO()
        with closing(Store.open(self.paths)) as store:
            store.export(out)
        items = [json.loads(line) for line in out.getvalue().splitlines()]
        return [item["key"] for item in items if item["type"] == "observed"]
