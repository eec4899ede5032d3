"""The MCP server that `hookwright install` has registered."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.surfaces.invocation import MCP_SERVER, mcp_command

Run = Callable[..., Any]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def server_in(state: Path, project: Path) -> dict[str, Any]:
    servers = json.loads(state.read_bytes())["projects"][str(project)]["mcpServers"]
    found: dict[str, Any] = servers["hookwright"]
    return found


def test_what_is_registered_runs_with_no_variable_but_home(
    run: Run, project: Path, home: Path, paths: Paths
) -> None:
    ran = run("install", "claude-code")
    assert ran.code == 0, ran.err
    server = server_in(home / ".claude.json", project)
    assert Path(server["command"]).is_absolute()
    try:
        done = subprocess.run(
            [server["command"], *server["args"]],
            env={"HOME": str(home)},
            input='{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}\n',
            capture_output=True,
            text=True,
            check=False,
        )
        # The data directory is the one that install was run with.
        assert lifetime.is_listening(paths), done.stderr
    finally:
        lifetime.end(paths)
    assert json.loads(done.stdout)["result"]["tools"]
    assert not (home / ".local").exists()


def test_places_are_named_only_where_variables_set_them(
    monkeypatch: pytest.MonkeyPatch, paths: Paths
) -> None:
    assert mcp_command()[4:] == (
        "--data-dir",
        str(paths.data),
        "--config-dir",
        str(paths.config),
    )
    for name in ("HOOKWRIGHT_DATA_DIR", "HOOKWRIGHT_CONFIG_DIR"):
        monkeypatch.delenv(name)
    assert mcp_command() == (sys.executable, "-P", "-S", str(MCP_SERVER))
    assert MCP_SERVER.is_file()


def test_it_can_be_left_out_and_taken_out(run: Run, project: Path, home: Path) -> None:
    state = home / ".claude.json"
    state.write_text('{"numStartups": 1}')
    assert run("install", "claude-code", "--no-mcp").code == 0
    assert state.read_text() == '{"numStartups": 1}'
    assert run("install", "claude-code").code == 0
    assert server_in(state, project)
    assert run("install", "claude-code", "--no-mcp").code == 0
    assert state.read_text() == '{"numStartups": 1}'
    assert run("install", "claude-code", "--mcp").code == 0
    assert run("uninstall", "claude-code").code == 0
    assert state.read_text() == '{"numStartups": 1}'
    assert not (project / ".claude").exists()
