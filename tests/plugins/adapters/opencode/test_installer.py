from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hookwright.hookspecs import (
    HttpAccess,
    HttpInstaller,
    InstallPlan,
    InstallRequest,
)
from hookwright.plugins.adapters.opencode.installer import OpenCodeInstaller
from hookwright.plugins.adapters.opencode.shim_file import client_of, shim_file
from hookwright.plugins.adapters.wire.json_comments import plain_json

MakeRequest = Callable[..., InstallRequest]
MCP = ("/opt/hook wright/mcp", "serve")
COMMENTED = '{\n  // mine\n  "theme": "dark", // at night\n}\n'


@pytest.fixture
def installer() -> OpenCodeInstaller:
    return OpenCodeInstaller()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "a prøject"
    directory.mkdir()
    return directory


def carry_out(plan: InstallPlan) -> dict[Path, bytes]:
    """Write what is planned, and return it."""
    written = {}
    for edit in plan.edits:
        edit.path.parent.mkdir(parents=True, exist_ok=True)
        if edit.content is None:
            edit.path.unlink()
        else:
            edit.path.write_bytes(edit.content)
            written[edit.path] = edit.content
    return written


def test_it_wants_the_door_open(installer: OpenCodeInstaller) -> None:
    assert isinstance(installer, HttpInstaller)
    assert installer.wants_http


def test_the_plugin_knows_where_to_look_and_holds_no_secret(
    installer: OpenCodeInstaller, make_request: MakeRequest, project: Path
) -> None:
    token = "ab" * 32
    door = HttpAccess("http://127.0.0.1:20001", token)
    request = replace(make_request(project), http=door)
    (path, content), *_ = carry_out(installer.plan(request)).items()
    assert path == project / ".opencode" / "plugin" / "hookwright.js"
    assert client_of(content) == "/opt/hook wright/client"
    line = next(one for one in content.splitlines() if b"INSTALLED =" in one)
    told = json.loads(line.partition(b"= ")[2])
    assert told == {
        "client": ["/opt/hook wright/client"],
        "data": str(request.data_dir),
    }
    assert token.encode() not in content
    assert b"20001" not in content


def test_odd_paths_stay_what_they_are() -> None:
    client = ('/a "quoted"\\path/\u00fc\u2028', "x\ny")
    content = shim_file(client, Path("/d\u00e4ta"))
    assert client_of(content) == client[0]
    assert content.isascii()


@pytest.mark.parametrize("scope", ["project", "user"])
def test_installing_twice_changes_nothing(
    installer: OpenCodeInstaller, make_request: MakeRequest, project: Path, scope: str
) -> None:
    request = replace(make_request(project, scope), mcp=MCP)
    first = carry_out(installer.plan(request))
    assert carry_out(installer.plan(request)) == first
    top = project if scope == "project" else request.home
    assert all(path.is_relative_to(top) for path in first)
    assert all(
        installer.strip(path, content) is None for path, content in first.items()
    )


def test_the_users_folder_can_be_named(
    installer: OpenCodeInstaller, make_request: MakeRequest, project: Path
) -> None:
    named = str(project / "config")
    plan = installer.plan(make_request(project, "user", XDG_CONFIG_HOME=named))
    assert plan.edits[0].path.parent == Path(named) / "opencode" / "plugin"
    plan = installer.plan(make_request(project, "user", XDG_CONFIG_HOME="relative"))
    assert plan.edits[0].path.is_relative_to(make_request(project).home)


@pytest.mark.parametrize(
    ("present", "used"),
    [
        ([], ".opencode/opencode.json"),
        (["opencode.json"], "opencode.json"),
        (["opencode.json", "opencode.jsonc"], "opencode.jsonc"),
        ([".opencode/opencode.jsonc"], ".opencode/opencode.jsonc"),
    ],
)
def test_the_configuration_that_is_there_gets_the_server(
    installer: OpenCodeInstaller,
    make_request: MakeRequest,
    project: Path,
    present: list[str],
    used: str,
) -> None:
    for name in present:
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(COMMENTED)
    written = carry_out(installer.plan(replace(make_request(project), mcp=MCP)))
    content = written[project / used]
    config = json.loads(plain_json(content.decode()))
    assert config["mcp"]["hookwright"] == {
        "type": "local",
        "command": list(MCP),
        "enabled": True,
    }
    assert installer.strip(project / used, content) == (
        COMMENTED.encode() if present else None
    )


def test_a_server_that_nobody_wants_any_more_goes(
    installer: OpenCodeInstaller, make_request: MakeRequest, project: Path
) -> None:
    # In the second of two, where an earlier install put it.
    (project / "opencode.json").write_text(COMMENTED)
    carry_out(installer.plan(replace(make_request(project), mcp=MCP)))
    (project / "opencode.jsonc").write_text("{}")
    carry_out(installer.plan(make_request(project)))
    assert (project / "opencode.json").read_text() == COMMENTED
    assert (project / "opencode.jsonc").read_text() == "{}"


def test_a_configuration_that_cannot_be_read_is_left_alone(
    installer: OpenCodeInstaller, make_request: MakeRequest, project: Path
) -> None:
    (project / "opencode.json").write_text('{"mcp": [')
    with pytest.raises(ValueError, match=r"opencode\.json: it is not JSON: line 1"):
        installer.plan(replace(make_request(project), mcp=MCP))


def test_another_plugin_of_that_name_stays(
    installer: OpenCodeInstaller, make_request: MakeRequest, project: Path
) -> None:
    path = project / ".opencode" / "plugin" / "hookwright.js"
    path.parent.mkdir(parents=True)
    path.write_text("export default async () => ({})\n")
    with pytest.raises(ValueError, match="belongs to another plugin"):
        installer.plan(make_request(project))
    assert installer.strip(path, path.read_bytes()) == path.read_bytes()
    finding = installer.detect(make_request(project))
    assert finding.installed == ()


def test_a_project_adds_nothing_where_the_users_plugin_serves_it(
    installer: OpenCodeInstaller, make_request: MakeRequest, project: Path
) -> None:
    carry_out(installer.plan(make_request(project, "user")))
    plan = installer.plan(make_request(project))
    assert plan.edits == ()
    assert "serves this project too" in plan.notes[0]


def test_it_finds_what_is_installed_and_what_is_wrong(
    installer: OpenCodeInstaller, make_request: MakeRequest, project: Path
) -> None:
    programs = project / "bin"
    programs.mkdir()
    program = programs / "opencode"
    program.write_text("#!/bin/sh\necho 1.18.33\n")
    program.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    finding = installer.detect(make_request(project, PATH=path))
    assert (finding.found, finding.version) == (True, "1.18.33")
    assert "hookwright install opencode" in finding.next_step

    carry_out(installer.plan(make_request(project, client=(str(program),))))
    finding = installer.detect(make_request(project, PATH=path))
    assert (finding.problems, finding.next_step) == ((), "")
    assert finding.installed[0].startswith("project (")

    carry_out(installer.plan(make_request(project, "user")))
    finding = installer.detect(make_request(project, PATH=path))
    assert len(finding.installed) == 2
    assert "which does not exist" in finding.problems[0]
    assert "both the project's and the user's" in finding.problems[1]
