from __future__ import annotations

import json
import shlex
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hookwright.core.errors import InstallError
from hookwright.core.surfaces.install import install, uninstall
from hookwright.hookspecs import InstallRequest
from hookwright.plugins.adapters.cursor import hookwright_register_installers
from hookwright.plugins.adapters.cursor.hook_files import (
    add_hooks,
    commands_of,
    hook_entries,
    strip_hooks,
)
from hookwright.plugins.adapters.cursor.installer import CursorInstaller
from hookwright.plugins.adapters.cursor.names import FAIL_CLOSED, TIMEOUTS

MakeRequest = Callable[..., InstallRequest]

CURSOR = CursorInstaller()
CLIENT = ("/opt/hook wright/client",)
MCP = ("/opt/hook wright/python", "-P", "-m", "server")
OWN_HOOKS = b"""{
  "version": 1, // theirs
  "hooks": {"stop": [{"command": "./mine.sh"}]}
}
"""
OWN_SERVERS = b'{"mcpServers": {"other": {"command": "true"}}} // keep\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "my prøject"
    directory.mkdir()
    return directory


def test_the_plugin_offers_one_installer() -> None:
    (installer,) = hookwright_register_installers()
    assert installer.agent_host == "cursor"
    assert list(installer.scopes) == ["project", "user"]
    with pytest.raises(ValueError, match="accepted: project, user"):
        installer.plan(
            InstallRequest("plugin-dir", Path("/"), Path("/"), CLIENT, Path("/"))
        )


def test_every_event_runs_the_client_and_a_refusable_one_fails_closed() -> None:
    entries = hook_entries(CLIENT)
    assert set(entries) == set(TIMEOUTS)
    for event, (entry,) in entries.items():
        answered = event in (*FAIL_CLOSED, "sessionStart")
        words = [*CLIENT, "cursor", event, *([] if answered else ["--observe"])]
        assert shlex.split(entry["command"]) == words
        waits = answered or event == "postToolUse"
        assert entry["timeout"] == (10 if waits else 5)
        assert entry.get("failClosed", False) is (event in FAIL_CLOSED)


@pytest.mark.parametrize("scope", ["project", "user"])
def test_hooks_and_server_come_and_go(
    scope: str, project: Path, home: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project, scope), mcp=MCP)
    report = install([CURSOR], request)
    folder = (project if scope == "project" else home) / ".cursor"
    hooks, servers = folder / "hooks.json", folder / "mcp.json"
    assert {Path(path) for path in report.changed} == {hooks, servers}
    assert any("uninstall cursor" in note for note in report.notes)
    told = json.loads(hooks.read_bytes())
    assert told == {"version": 1, "hooks": hook_entries(CLIENT)}
    server = json.loads(servers.read_bytes())["mcpServers"]["hookwright"]
    assert server == {"command": MCP[0], "args": list(MCP[1:])}
    assert stat.S_IMODE(servers.stat().st_mode) == 0o600
    assert install([CURSOR], request).changed == ()
    # Nobody wants the server any more.
    install([CURSOR], replace(request, mcp=()))
    assert not servers.exists()
    uninstall([CURSOR], request)
    assert not folder.exists()


def test_what_was_there_comes_back_byte_for_byte(
    project: Path, make_request: MakeRequest
) -> None:
    folder = project / ".cursor"
    folder.mkdir()
    (folder / "hooks.json").write_bytes(OWN_HOOKS)
    (folder / "mcp.json").write_bytes(OWN_SERVERS)
    request = replace(make_request(project), mcp=MCP)
    install([CURSOR], request)
    assert b"// theirs" in (folder / "hooks.json").read_bytes()
    assert b'"other"' in (folder / "mcp.json").read_bytes()
    uninstall([CURSOR], request)
    assert (folder / "hooks.json").read_bytes() == OWN_HOOKS
    assert (folder / "mcp.json").read_bytes() == OWN_SERVERS


def test_files_changed_since_keep_the_change(
    project: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project), mcp=MCP)
    install([CURSOR], request)
    hooks = project / ".cursor" / "hooks.json"
    value = json.loads(hooks.read_bytes())
    value["hooks"]["stop"].append({"command": "./mine.sh"})
    hooks.write_text(json.dumps(value))
    servers = project / ".cursor" / "mcp.json"
    given = json.loads(servers.read_bytes())
    given["mcpServers"]["other"] = {"command": "true"}
    servers.write_text(json.dumps(given))
    uninstall([CURSOR], request)
    assert json.loads(hooks.read_bytes())["hooks"] == {
        "stop": [{"command": "./mine.sh"}]
    }
    assert set(json.loads(servers.read_bytes())["mcpServers"]) == {"other"}


def test_what_was_put_in_can_be_taken_out_again() -> None:
    assert strip_hooks(add_hooks(OWN_HOOKS, CLIENT)) == OWN_HOOKS
    assert strip_hooks(add_hooks(None, CLIENT)) is None
    assert commands_of(add_hooks(None, CLIENT)) == list(CLIENT)


@pytest.mark.parametrize("name", ["hooks.json", "mcp.json"])
def test_malformed_files_are_refused_by_name(
    name: str, project: Path, make_request: MakeRequest
) -> None:
    path = project / ".cursor" / name
    path.parent.mkdir()
    path.write_text("{nope}")
    request = replace(make_request(project), mcp=MCP)
    with pytest.raises(InstallError, match=f"{name}: it is not JSON"):
        install([CURSOR], request)
    assert path.read_text() == "{nope}"
    assert any(name in problem for problem in CURSOR.detect(request).problems)


def test_a_project_of_a_user_who_has_the_hooks_gets_no_second_ones(
    project: Path, make_request: MakeRequest
) -> None:
    install([CURSOR], make_request(project, "user"))
    report = install([CURSOR], make_request(project))
    assert report.changed == ()
    assert any("serves this project too" in note for note in report.notes)


@pytest.mark.parametrize("name", ["cursor-agent", "cursor"])
def test_doctor_finds_cursor_and_our_hooks(
    name: str, project: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    program = tmp_path / "bin" / name
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 2026.11.01-abc\n")
    program.chmod(0o755)
    request = make_request(project, PATH=str(program.parent))
    found = CURSOR.detect(request)
    assert (found.found, found.version) == (True, "2026.11.01-abc")
    assert "hookwright install cursor" in found.next_step
    install([CURSOR], replace(request, mcp=("/no/server",)))
    found = CURSOR.detect(request)
    assert found.installed == (f"project ({project / '.cursor' / 'hooks.json'})",)
    said = "\n".join(found.problems)
    assert "/opt/hook wright/client, which does not exist" in said
    assert "/no/server, which does not exist" in said
    # Both at once, by hand.
    home = request.home / ".cursor" / "hooks.json"
    home.parent.mkdir()
    home.write_bytes(add_hooks(None, CLIENT))
    assert any("judged twice" in problem for problem in CURSOR.detect(request).problems)
    assert not CURSOR.detect(make_request(project, PATH="/nowhere")).found
