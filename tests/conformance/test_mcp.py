"""The real Claude Code calls a plugin's tool through the MCP server it is given."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime

from .anthropic_wire import AnthropicWire
from .long_runs import LONG, long_run
from .scripted_model import PROMPT, Call, ScriptedModel

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = pytest.mark.conformance
Claude = Callable[..., subprocess.CompletedProcess[str]]

#: Where the server's name comes from decides what its tools are called.
PREFIXES = {
    "--project": "mcp__hookwright__",
    "--user": "mcp__plugin_hookwright_hookwright__",
}


def begun(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return what Claude Code says of a session when it begins."""
    for line in done.stdout.splitlines():
        found: dict[str, Any] = json.loads(line)
        if found.get("subtype") == "init":
            return found
    pytest.fail(f"no session began: {done.stdout[-500:]}{done.stderr[-500:]}")


def state_file(workplace: Workplace) -> Path:
    return workplace.home / ".claude" / ".claude.json"


def prepare(workplace: Workplace) -> None:
    workplace.environment["CLAUDE_CONFIG_DIR"] = str(workplace.home / ".claude")
    # Else the model has to search for the tools of servers first.
    workplace.environment["ENABLE_TOOL_SEARCH"] = "false"


@pytest.mark.parametrize("scope", ["--user", pytest.param("--project", marks=LONG)])
def test_a_session_calls_the_tools_of_plugins(
    workplace: Workplace, claude: Claude, scope: str
) -> None:
    prepare(workplace)
    workplace.hookwright("install", "claude-code", scope)
    prefix = PREFIXES[scope]
    noted = "dead" + "beef" * 9
    steps = [
        Call("Bash", {"command": "echo one"}),
        Call(
            f"{prefix}activity_log",
            {"agent_id": "claude-code/main", "task": "try MCP", "outcome": noted},
        ),
        Call(f"{prefix}activity_list", {}),
        # What is not there.
        Call(f"{prefix}agent_status", {"agent_id": "nobody/at-all"}),
    ]
    with ScriptedModel(steps, AnthropicWire()).serving() as model:
        done = claude(model.url, PROMPT, "--allowedTools", f"Bash,{prefix[:-2]}")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    session = begun(done)
    (server,) = (it for it in session["mcp_servers"] if "hookwright" in it["name"])
    assert server["status"] == "connected"
    offered = {name.removeprefix(prefix) for name in session["tools"]}
    assert {"activity_log", "agent_status", "session_list"} <= offered
    shell, logged, listed, refused = model.tool_results()
    assert "one" in shell
    assert "try MCP" in logged
    assert noted in listed
    assert "nobody/at-all" in refused
    workplace.wait_until_nothing_runs()

    # Its `directory` was left out: it is the session's own.
    (activity,) = workplace.json("activity", "list")
    assert activity["task"] == "try MCP"
    assert activity["project_path"] == str(workplace.repository)
    # The calls are events like all others.
    (recorded,) = workplace.json("session", "list")
    assert recorded["tool_calls"] == 4


@long_run
def test_a_daemon_that_is_killed_between_two_calls_is_replaced(
    workplace: Workplace, claude: Claude
) -> None:
    prepare(workplace)
    # The server alone: no hook is there to start a daemon.
    workplace.hookwright("install", "claude-code", "--project")
    (workplace.repository / ".claude" / "settings.local.json").unlink()
    prefix = PREFIXES["--project"]
    paths = Paths(workplace.data, workplace.data)
    killed: list[int] = []

    class Killing(ScriptedModel):
        def answer(self, body: dict[str, Any]) -> Call | str:
            said = super().answer(body)
            if isinstance(said, Call) and model.tool_results() and not killed:
                pid = (lifetime.holder(paths) or {})["pid"]
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            return said

    steps = [
        Call(f"{prefix}agent_create", {"agent_id": "claude-code/main"}),
        Call(f"{prefix}agent_list", {}),
    ]
    model = Killing(steps, AnthropicWire())
    with model.serving():
        done = claude(model.url, PROMPT, "--allowedTools", prefix[:-2])
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert killed
    created, listed = model.tool_results()
    assert "claude-code/main" in created
    assert "claude-code/main" in listed


@long_run
def test_a_persons_own_servers_stay_and_uninstall_gives_the_bytes_back(
    workplace: Workplace, claude: Claude
) -> None:
    prepare(workplace)
    path = state_file(workplace)
    path.parent.mkdir()
    own = {"type": "stdio", "command": "/bin/cat", "args": []}
    before = json.dumps(
        {
            "numStartups": 3,
            "mcpServers": {"mine": own},
            "projects": {
                str(workplace.repository): {"mcpServers": {"here": own}},
                "/else/where": {"mcpServers": {}},
            },
        },
        indent=2,
    ).encode()
    path.write_bytes(before)
    workplace.hookwright("install", "claude-code", "--project")
    installed = json.loads(path.read_bytes())
    assert installed["mcpServers"] == {"mine": own}
    assert list(installed["projects"][str(workplace.repository)]["mcpServers"]) == [
        "here",
        "hookwright",
    ]
    workplace.hookwright("uninstall", "claude-code", "--project")
    assert path.read_bytes() == before

    # A session that writes its own things in between keeps them.
    workplace.hookwright("install", "claude-code", "--project")
    with ScriptedModel([], AnthropicWire()).serving() as model:
        done = claude(model.url, PROMPT)
    assert "hookwright" in {it["name"] for it in begun(done)["mcp_servers"]}
    during = json.loads(path.read_bytes())
    workplace.hookwright("uninstall", "claude-code", "--project")
    after = json.loads(path.read_bytes())
    del during["projects"][str(workplace.repository)]["mcpServers"]["hookwright"]
    assert after == during
    with ScriptedModel([], AnthropicWire()).serving() as model:
        done = claude(model.url, PROMPT)
    assert "hookwright" not in {it["name"] for it in begun(done)["mcp_servers"]}
