from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.errors import InstallError
from hookwright.core.surfaces.install import install, uninstall
from hookwright.hookspecs import InstallRequest
from hookwright.plugins.adapters.copilot import CopilotPlugin
from hookwright.plugins.adapters.copilot.hook_file import hook_entries
from hookwright.plugins.adapters.copilot.installer import CopilotInstaller
from hookwright.plugins.adapters.copilot.names import ANSWERED, REFUSABLE, TIMEOUTS

MakeRequest = Callable[..., InstallRequest]

COPILOT = CopilotInstaller()
CLIENT = ("/opt/hook wright/client",)
MCP = ("/opt/hook wright/python", "-m", "server")
SERVER = {
    "type": "local",
    "command": MCP[0],
    "args": list(MCP[1:]),
    "tools": ["*"],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "my prøject"
    directory.mkdir()
    return directory


def local_of(project: Path) -> Path:
    return project / ".github" / "copilot" / "settings.local.json"


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_the_plugin_offers_one_installer() -> None:
    (installer,) = CopilotPlugin().hookwright_register_installers()
    assert installer.agent_host == "copilot"
    assert list(installer.scopes) == ["project", "user"]
    assert list(installer.companions) == ["git"]


def test_every_event_runs_the_client_without_a_shell() -> None:
    entries = hook_entries(("/opt/a b/python", "-I", "/opt/client.py"))
    assert entries.keys() == TIMEOUTS.keys()
    for event, (entry,) in entries.items():
        tail = ["copilot", event, *([] if event in ANSWERED else ["--observe"])]
        assert entry == {
            "type": "command",
            "exec": "/opt/a b/python",
            "args": ["-I", "/opt/client.py", *tail],
            "timeoutSec": TIMEOUTS[event],
        }
    for event in set(REFUSABLE) & set(TIMEOUTS):
        assert TIMEOUTS[event] >= 10
        assert event in ANSWERED


def test_a_project_gets_hooks_in_the_persons_own_settings(
    project: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project), mcp=MCP)
    report = install([COPILOT], request)
    path = local_of(project)
    assert report.changed == (str(path),)
    assert read(path) == {"hooks": hook_entries(CLIENT)}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert any("--trust-folder" in note for note in report.notes)
    assert any("for a user, not for a project" in note for note in report.notes)
    assert install([COPILOT], request).changed == ()
    uninstall([COPILOT], request)
    assert list(project.iterdir()) == []


def test_a_user_gets_a_hooks_file_and_the_mcp_server(
    project: Path, home: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project, "user"), mcp=MCP)
    install([COPILOT], request)
    own, servers = home / ".copilot/hooks/hookwright.json", home / ".copilot"
    assert read(own) == {"version": 1, "hooks": hook_entries(CLIENT)}
    assert read(servers / "mcp-config.json") == {"mcpServers": {"hookwright": SERVER}}
    assert install([COPILOT], request).changed == ()
    # Asked to leave it out, a later install takes it out again.
    install([COPILOT], replace(request, mcp=()))
    assert not (servers / "mcp-config.json").exists()
    uninstall([COPILOT], request)
    assert not servers.exists()


def test_another_home_of_copilots_is_honoured(
    project: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    place = tmp_path / "copilot home"
    request = make_request(project, "user", COPILOT_HOME=str(place))
    install([COPILOT], request)
    assert (place / "hooks" / "hookwright.json").exists()
    assert COPILOT.detect(request).installed[0].startswith("user (")
    uninstall([COPILOT], request)
    assert not place.exists()


@pytest.mark.parametrize("scope", ["project", "user"])
def test_what_was_there_comes_back_byte_for_byte(
    scope: str, project: Path, home: Path, make_request: MakeRequest
) -> None:
    local, servers = local_of(project), home / ".copilot" / "mcp-config.json"
    local.parent.mkdir(parents=True)
    servers.parent.mkdir()
    local.write_bytes(
        b'{"model":"x" ,\r\n "hooks": {"preToolUse": [{"bash": "mine"}],"x":[]}}'
    )
    servers.write_bytes(b'{"mcpServers":{"other":{"command":"x"} } }')
    local.chmod(0o640)
    before = local.read_bytes(), servers.read_bytes()
    request = replace(make_request(project, scope), mcp=MCP)
    install([COPILOT], request)
    if scope == "project":
        hooks = read(local)["hooks"]["preToolUse"]
        assert hooks == [{"bash": "mine"}, *hook_entries(CLIENT)["preToolUse"]]
    else:
        assert set(read(servers)["mcpServers"]) == {"other", "hookwright"}
    uninstall([COPILOT], request)
    assert (local.read_bytes(), servers.read_bytes()) == before
    assert stat.S_IMODE(local.stat().st_mode) == 0o640


def test_what_was_changed_since_keeps_the_change(
    project: Path, home: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project, "user"), mcp=MCP)
    install([COPILOT], request)
    own = home / ".copilot/hooks/hookwright.json"
    servers = home / ".copilot/mcp-config.json"
    for path, group, more in (
        (own, "hooks", {"agentStop": [{"bash": "mine"}]}),
        (servers, "mcpServers", {"mine": {"command": "m"}}),
    ):
        value = read(path)
        value[group] |= more
        path.write_text(json.dumps(value))
    uninstall([COPILOT], request)
    assert read(own) == {"version": 1, "hooks": {"agentStop": [{"bash": "mine"}]}}
    assert read(servers) == {"mcpServers": {"mine": {"command": "m"}}}


def test_a_project_that_the_users_hooks_serve_gets_none(
    project: Path, make_request: MakeRequest
) -> None:
    install([COPILOT], make_request(project, "user"))
    report = install([COPILOT], make_request(project))
    assert report.changed == ()
    assert "serves this project too" in report.notes[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{,}", "it is not JSON"),
        ('{"hooks": [ ]}', '"hooks" is not an object'),
        # Copilot CLI itself reads nothing of such a file.
        ('// mine\n{"hooks": {}}', "it is not JSON"),
        ("\ufeff{}", "byte order mark"),
    ],
)
def test_a_file_that_copilot_would_not_read_is_refused_by_name(
    content: str, said: str, project: Path, make_request: MakeRequest
) -> None:
    path = local_of(project)
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(InstallError, match=rf"settings.local.json: .*{said}"):
        install([COPILOT], make_request(project))
    assert path.read_text() == content
    assert COPILOT.detect(make_request(project)).problems


def test_malformed_mcp_servers_are_refused_by_name(
    project: Path, home: Path, make_request: MakeRequest
) -> None:
    path = home / ".copilot" / "mcp-config.json"
    path.parent.mkdir()
    path.write_text('{"mcpServers": []}')
    request = replace(make_request(project, "user"), mcp=MCP)
    with pytest.raises(InstallError, match=r"mcp-config.json: "):
        install([COPILOT], request)
    assert not (home / ".copilot" / "hooks").exists()
    assert "mcp-config.json" in COPILOT.detect(request).problems[0]


def test_there_is_no_plugin_directory(project: Path, make_request: MakeRequest) -> None:
    with pytest.raises(InstallError, match="accepted: project, user"):
        install([COPILOT], make_request(project, "plugin-dir"))
    with pytest.raises(ValueError, match="accepted: project, user"):
        COPILOT.plan(make_request(project, "plugin-dir"))


def program(folder: Path) -> str:
    """Make a `copilot` that says what the real one says; return a PATH with it."""
    folder.mkdir()
    file = folder / "copilot"
    file.write_text("#!/bin/sh\necho 'GitHub Copilot CLI 1.0.102.'\necho more 2\n")
    file.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_what_is_on_the_machine_is_found(
    project: Path, home: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    path = program(tmp_path / "bin")
    client = (str(tmp_path / "bin" / "copilot"),)
    request = make_request(project, client=client, PATH=path)
    found = COPILOT.detect(request)
    assert (found.found, found.version, found.installed) == (True, "1.0.102", ())
    assert "hookwright install copilot" in found.next_step
    install([COPILOT], request)
    found = COPILOT.detect(request)
    assert found.installed == (f"project ({local_of(project)})",)
    assert found.problems == ()
    assert found.trusted is False
    assert "--trust-folder" in found.next_step
    config = home / ".copilot" / "config.json"
    config.parent.mkdir()
    config.write_text(
        f'// managed automatically\n{{"trustedFolders": ["{project.parent}"]}}'
    )
    found = COPILOT.detect(request)
    assert (found.trusted, found.next_step) == (True, "")


@pytest.mark.parametrize(
    ("config", "variables", "trusted"),
    [
        ("{}", {}, False),
        ('{"trustedFolders": 4}', {}, False),
        ('{"trustedFolders": ["/elsewhere", 4, "", "a\\u0000b"]}', {}, False),
        ('{"trusted_folders": ["HERE"]}', {}, True),
        ("{}", {"COPILOT_ALLOW_ALL": "true"}, True),
        ("{}", {"COPILOT_ALLOW_ALL": "1"}, False),
    ],
)
def test_trust_is_what_copilot_takes_for_it(
    config: str,
    variables: dict[str, str],
    trusted: bool,
    project: Path,
    home: Path,
    make_request: MakeRequest,
) -> None:
    path = home / ".copilot" / "config.json"
    path.parent.mkdir()
    path.write_text(config.replace("HERE", str(project)))
    assert COPILOT.detect(make_request(project, **variables)).trusted is trusted


def test_what_is_wrong_is_said(
    project: Path, home: Path, make_request: MakeRequest
) -> None:
    user = replace(make_request(project, "user"), mcp=MCP)
    install([COPILOT], make_request(project))
    install([COPILOT], user)
    (home / ".copilot" / "settings.json").write_text('{"disableAllHooks": true}')
    (home / ".copilot" / "config.json").write_text("{")
    said = "\n".join(COPILOT.detect(user).problems)
    assert said.count("refuses every tool call") == 2
    assert "mcp-config.json runs /opt/hook wright/python, which does not exist" in said
    assert "uninstall copilot --project" in said
    assert '"disableAllHooks": true' in said
    assert "config.json: it is not JSON" in said
