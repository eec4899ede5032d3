"""The real Claude Code with our HTTP hooks: what docs/claude-code.md says of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.service.http_access import find_access
from hookwright.hookspecs import HttpAccess

from .anthropic_wire import AnthropicWire
from .long_runs import LONG, long_run
from .scripted_model import PROMPT, Call, ScriptedModel

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = pytest.mark.conformance
Claude = Callable[..., subprocess.CompletedProcess[str]]


def access_of(workplace: Workplace) -> HttpAccess:
    found = find_access(Paths(workplace.data, workplace.data))
    assert found is not None
    return found


def posts_by_http(workplace: Workplace) -> list[str]:
    """Return the events that Claude Code says it sent by HTTP and had answered."""
    text = (workplace.home / "debug.log").read_text()
    sent = [line for line in text.splitlines() if "HTTP hook POST to" in line]
    assert text.count("HTTP hook response status 200") == len(sent)
    return [line.rpartition("/")[2] for line in sent]


@pytest.mark.parametrize("scope", ["--project", pytest.param("--user", marks=LONG)])
def test_finished_calls_come_by_http_and_the_rest_by_the_client(
    workplace: Workplace, claude: Claude, scope: str
) -> None:
    workplace.environment["CLAUDE_CONFIG_DIR"] = str(workplace.home / ".claude")
    workplace.hookwright("install", "claude-code", scope, "--http")
    token = access_of(workplace).token
    notes = str(workplace.repository / "notes.txt")
    steps = [
        Call("Bash", {"command": "cat deploy-notes.txt"}),
        Call("Write", {"file_path": notes, "content": "alpha\n"}),
        Call("Bash", {"command": "false"}),
    ]
    with ScriptedModel(steps, AnthropicWire()).serving() as model:
        done = claude(
            model.url, PROMPT, "--debug-file", str(workplace.home / "debug.log")
        )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert posts_by_http(workplace) == [
        "PostToolUse",
        "PostToolUse",
        "PostToolUseFailure",
    ]
    workplace.wait_until_nothing_runs()

    (session,) = workplace.json("session", "list")
    assert (session["tool_calls"], session["failed_tool_calls"]) == (3, 1)
    assert session["files_changed"] == ["notes.txt"]
    assert session["ended_at"]
    assert session["output_tokens"] > 0
    # What came by HTTP is redacted like everything else, and the token is nowhere
    # but where it belongs.
    assert workplace.holds(workplace.canary) == []
    assert workplace.holds(token) == ["http.token"]


@long_run
def test_nothing_of_http_is_left_after_uninstall(
    workplace: Workplace, claude: Claude
) -> None:
    settings = workplace.repository / ".claude" / "settings.local.json"
    settings.parent.mkdir()
    settings.write_text('{"env": {"A": "1"} }')
    workplace.hookwright("install", "claude-code", "--project", "--http")
    assert "Bearer" in settings.read_text()
    workplace.hookwright("uninstall", "claude-code", "--project")

    assert settings.read_text() == '{"env": {"A": "1"} }'
    with ScriptedModel(
        [Call("Bash", {"command": "echo hi"})], AnthropicWire()
    ).serving() as model:
        assert claude(model.url, PROMPT).returncode == 0
    assert workplace.processes() == []


@long_run
def test_a_tool_that_is_denied_by_http_does_not_run(
    workplace: Workplace, claude: Claude
) -> None:
    # Install never writes this; whoever does has a guard only with `onFailure`.
    workplace.hookwright("install", "claude-code", "--project", "--http")
    workplace.hookwright("agent", "create", "claude-code/main")
    workplace.hookwright("agent", "halt", "claude-code/main", "--reason", "a test")
    workplace.hookwright("daemon", "start")
    wait_for_door(access_of(workplace))
    guard_by_http(workplace)
    steps = [Call("Bash", {"command": "echo reached > reached.txt"})]

    with ScriptedModel(steps, AnthropicWire()).serving() as model:
        claude(model.url, PROMPT)
    assert not (workplace.repository / "reached.txt").exists()
    assert model.was_told("hookwright agent resume claude-code/main")

    # Without a daemon, too: `onFailure` makes Claude Code refuse.
    workplace.hookwright("daemon", "stop")
    with ScriptedModel(steps, AnthropicWire()).serving() as model:
        claude(model.url, PROMPT)
    assert not (workplace.repository / "reached.txt").exists()
    assert model.was_told("blocking because onFailure is")


@long_run
def test_a_call_that_ends_while_no_daemon_runs_is_lost_and_only_that(
    workplace: Workplace, claude: Claude
) -> None:
    workplace.hookwright("install", "claude-code", "--project", "--http")
    mark = workplace.repository / "running"
    steps = [
        Call("Bash", {"command": "echo one"}),
        Call("Bash", {"command": f"touch {mark}; sleep 3"}),
        Call("Bash", {"command": "echo three; sleep 3"}),
        Call("Bash", {"command": "sleep 1; echo four"}),
    ]
    with (
        ScriptedModel(steps, AnthropicWire()).serving() as model,
        killer(workplace, mark) as killed,
    ):
        done = claude(model.url, PROMPT)
    assert killed
    # The agent goes on as if nothing had happened.
    assert done.returncode == 0
    assert len(model.tool_results()) == 4
    workplace.wait_until_nothing_runs()

    (session,) = workplace.json("session", "list")
    # The second call ended without a daemon; its gate and all others are there.
    assert session["tool_calls"] == 3
    assert session["ended_at"]
    assert workplace.json("store", "check")["problems"] == []


def guard_by_http(workplace: Workplace) -> None:
    path = workplace.repository / ".claude" / "settings.local.json"
    value: dict[str, Any] = json.loads(path.read_text())
    access = access_of(workplace)
    value["hooks"] = {
        "PreToolUse": [
            {
                "hooks": [
                    {
                        "type": "http",
                        "url": f"{access.url}/v1/hooks/claude-code/PreToolUse",
                        "headers": {"Authorization": f"Bearer {access.token}"},
                        "onFailure": "block",
                    }
                ]
            }
        ]
    }
    path.write_text(json.dumps(value))


def wait_for_door(access: HttpAccess) -> None:
    import http.client

    deadline = time.monotonic() + 20
    while True:
        way = http.client.HTTPConnection(access.url.removeprefix("http://"))
        try:
            way.request(
                "GET", "/v1/health", headers={"Authorization": f"Bearer {access.token}"}
            )
            assert way.getresponse().status == 200
            return
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        finally:
            way.close()


class killer:
    """Kill the daemon with SIGKILL as soon as a file is there."""

    def __init__(self, workplace: Workplace, mark: Path) -> None:
        self._paths = Paths(workplace.data, workplace.data)
        self._mark = mark
        self._killed: list[int] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> list[int]:
        self._thread.start()
        return self._killed

    def __exit__(self, *_: object) -> None:
        self._thread.join(30)

    def _watch(self) -> None:
        deadline = time.monotonic() + 60
        while not self._mark.exists():
            if time.monotonic() > deadline:
                return
            time.sleep(0.01)
        # Its gate was answered by a daemon that runs, or by a process that starts one.
        while (pid := (lifetime.holder(self._paths) or {}).get("pid")) is None:
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        self._killed.append(pid)
