"""The MCP server in Claude Code: registered for one person, in one repository."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.surfaces.install import install, uninstall
from hookwright.hookspecs import InstallRequest, SharingInstaller
from hookwright.plugins.adapters.claude_code.installer import ClaudeCodeInstaller
from hookwright.plugins.adapters.claude_code.state_file import (
    add_server,
    server_of,
    strip_server,
)

MakeRequest = Callable[..., InstallRequest]
Git = Callable[..., str]
CLAUDE = ClaudeCodeInstaller()
MCP = ("/opt/hook wright/python", "-m", "server")
SERVER = {"type": "stdio", "command": MCP[0], "args": ["-m", "server"]}
OWN = {"type": "http", "url": "http://127.0.0.1:9/"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


@pytest.fixture
def with_mcp(project: Path, make_request: MakeRequest) -> InstallRequest:
    return replace(make_request(project), mcp=MCP)


@pytest.fixture
def state(home: Path) -> Path:
    return home / ".claude.json"


def servers(state: Path, project: Path) -> Any:
    return json.loads(state.read_bytes())["projects"][str(project)]["mcpServers"]


def test_a_project_gets_it_in_the_persons_own_state(
    project: Path, with_mcp: InstallRequest, state: Path
) -> None:
    report = install([CLAUDE], with_mcp)
    assert json.loads(state.read_bytes()) == {
        "projects": {str(project): {"mcpServers": {"hookwright": SERVER}}}
    }
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    # What others share is not touched.
    assert not (project / ".mcp.json").exists()
    assert any(f"registered in {state}" in note for note in report.notes)
    assert install([CLAUDE], with_mcp).changed == ()
    uninstall([CLAUDE], with_mcp)
    assert not state.exists()
    assert list(project.iterdir()) == []


def test_a_repository_has_one_name_whichever_worktree_is_meant(
    repository: Path, git: Git, tmp_path: Path, make_request: MakeRequest, state: Path
) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "one")
    tree = tmp_path / "tree"
    git(repository, "worktree", "add", "-q", str(tree))
    link = tmp_path / "link"
    link.symlink_to(tree)
    for directory in (tree, link):
        install([CLAUDE], replace(make_request(directory), mcp=MCP))
        found = json.loads(state.read_bytes())["projects"]
        assert list(found) == [str(repository.resolve())]


def test_a_directory_that_claude_code_was_given_holds_the_state(
    project: Path, make_request: MakeRequest, tmp_path: Path, state: Path
) -> None:
    folder = tmp_path / "config"
    request = make_request(project, CLAUDE_CONFIG_DIR=str(folder))
    install([CLAUDE], replace(request, mcp=MCP))
    assert servers(folder / ".claude.json", project) == {"hookwright": SERVER}
    assert not state.exists()


def test_a_persons_own_come_back_byte_for_byte(
    project: Path, with_mcp: InstallRequest, state: Path
) -> None:
    entry = json.dumps({"history": [], "mcpServers": {"own": OWN}})
    projects = f'{{\n "{project}": {entry}, "/other": {{"mcpServers":{{}}}}}}'
    mine = f'"mcpServers": {{"ü": {json.dumps(OWN)}}}'
    before = f'{{"numStartups":7,  {mine},\n\t"projects" : {projects}\n}}'.encode()
    state.write_bytes(before)
    state.chmod(0o640)
    install([CLAUDE], with_mcp)
    assert servers(state, project) == {"own": OWN, "hookwright": SERVER}
    assert stat.S_IMODE(state.stat().st_mode) == 0o640
    uninstall([CLAUDE], with_mcp)
    assert state.read_bytes() == before
    assert stat.S_IMODE(state.stat().st_mode) == 0o640


def test_what_claude_code_wrote_since_stays(
    project: Path, with_mcp: InstallRequest, state: Path
) -> None:
    state.write_text('{"numStartups": 1}')
    install([CLAUDE], with_mcp)
    found = json.loads(state.read_bytes())
    found["numStartups"] = 2
    found["projects"][str(project)]["allowedTools"] = []
    state.write_text(json.dumps(found, indent=2))
    uninstall([CLAUDE], with_mcp)
    assert json.loads(state.read_bytes()) == {
        "numStartups": 2,
        "projects": {str(project): {"mcpServers": {}, "allowedTools": []}},
    }


def test_two_projects_share_the_file_and_not_each_others_part(
    project: Path, make_request: MakeRequest, tmp_path: Path, state: Path
) -> None:
    assert isinstance(CLAUDE, SharingInstaller)
    other = tmp_path / "other"
    other.mkdir()
    before = b'{"numStartups": 1}'
    requests = [replace(make_request(it), mcp=MCP) for it in (project, other)]
    for order in (requests, requests[::-1]):
        state.write_bytes(before)
        for request in requests:
            install([CLAUDE], request)
        assert servers(state, project) == servers(state, other)
        # Again, as after an update, though the other one changed the file since.
        newer = replace(requests[0], mcp=("/opt/newer", *MCP[1:]))
        install([CLAUDE], newer)
        assert servers(state, project)["hookwright"]["command"] == "/opt/newer"
        assert servers(state, other) == {"hookwright": SERVER}
        uninstall([CLAUDE], order[0])
        assert servers(state, order[1].directory).keys() == {"hookwright"}
        uninstall([CLAUDE], order[1])
        assert json.loads(state.read_bytes()) == json.loads(before)


def test_who_does_not_want_it_any_more_gets_it_taken_out(
    project: Path, with_mcp: InstallRequest, state: Path
) -> None:
    before = b'{"numStartups": 1}'
    state.write_bytes(before)
    install([CLAUDE], with_mcp)
    without = replace(with_mcp, mcp=())
    report = install([CLAUDE], without)
    assert str(state) in report.changed
    assert state.read_bytes() == before
    assert install([CLAUDE], without).changed == ()
    uninstall([CLAUDE], without)
    assert state.read_bytes() == before


def test_who_never_wanted_it_has_nothing_written(
    project: Path, make_request: MakeRequest, state: Path
) -> None:
    install([CLAUDE], make_request(project))
    assert not state.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "it is not JSON"),
        (b"[]", "does not hold a JSON object"),
        (b'{"projects": []}', '"projects" is not an object'),
        (b'{"projects": {}, "projects": {}}', "names a key twice"),
        (b"\xff", "it is not UTF-8"),
    ],
)
def test_a_state_that_cannot_be_read_is_left_alone_and_hooks_are_installed(
    project: Path, with_mcp: InstallRequest, state: Path, content: bytes, said: str
) -> None:
    state.write_bytes(content)
    report = install([CLAUDE], with_mcp)
    assert report.changed == (str(project / ".claude" / "settings.local.json"),)
    assert any(
        said in note and "MCP server is not registered" in note for note in report.notes
    )
    assert state.read_bytes() == content
    uninstall([CLAUDE], with_mcp)
    assert state.read_bytes() == content


def test_a_plugin_has_the_server_in_a_file_of_its_own(
    home: Path, project: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project, "user"), mcp=MCP)
    install([CLAUDE], request)
    file = home / ".claude" / "skills" / "hookwright" / ".mcp.json"
    assert json.loads(file.read_bytes()) == {"mcpServers": {"hookwright": SERVER}}
    assert not (home / ".claude.json").exists()

    install([CLAUDE], replace(request, mcp=()))
    assert not file.exists()
    install([CLAUDE], request)
    assert file.exists()
    uninstall([CLAUDE], request)
    assert not (home / ".claude").exists()


def test_a_plugins_servers_that_are_a_persons_own_are_not_replaced(
    tmp_path: Path, make_request: MakeRequest
) -> None:
    directory = tmp_path / "plugin"
    directory.mkdir()
    file = directory / ".mcp.json"
    own = json.dumps({"mcpServers": {"own": OWN}}).encode()
    file.write_bytes(own)
    request = replace(make_request(directory, "plugin-dir"), mcp=MCP)
    with pytest.raises(Exception, match="belongs to another plugin"):
        install([CLAUDE], request)
    install([CLAUDE], replace(request, mcp=()))
    assert file.read_bytes() == own


def test_a_server_that_cannot_be_started_is_a_problem(
    with_mcp: InstallRequest,
) -> None:
    install([CLAUDE], with_mcp)
    problems = CLAUDE.detect(replace(with_mcp, environment={"PATH": ""})).problems
    assert any(f"names {MCP[0]}, which does not exist" in it for it in problems)


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
SERVERS = st.dictionaries(st.sampled_from(["a", "b c", "ü"]), VALUES, max_size=2)
PROJECTS = st.dictionaries(
    st.sampled_from(["/p", "/q", '/"r']),
    st.dictionaries(st.just("mcpServers"), SERVERS, max_size=1),
    max_size=3,
)


@given(
    st.dictionaries(st.text(max_size=3), VALUES, max_size=3),
    st.none() | PROJECTS,
    st.sampled_from([None, 1, 2, "\t"]),
    st.booleans(),
)
def test_adding_and_stripping_leaves_the_rest_as_it_was(
    rest: dict[str, Any],
    projects: dict[str, Any] | None,
    indent: int | str | None,
    ascii_only: bool,
) -> None:
    rest.pop("projects", None)
    value = rest if projects is None else {**rest, "projects": projects}
    before = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    added = add_server(before, "/p", MCP)
    assert server_of(added, "/p") == SERVER
    assert add_server(added, "/p", MCP) == added
    moved = add_server(added, "/p", ("/new",))
    assert server_of(moved, "/p") == {"type": "stdio", "command": "/new", "args": []}
    for content in (added, moved):
        stripped = strip_server(content, "/p")
        left = {} if stripped is None else json.loads(stripped)
        assert left == value or _without_empty(left) == _without_empty(value)
    others = ((projects or {}).get("/p") or {}).get("mcpServers")
    if others:
        assert strip_server(added, "/p") == before


def _without_empty(value: dict[str, Any]) -> dict[str, Any]:
    """Return the state without objects of `/p` that hold nothing."""
    projects = {
        path: {key: held for key, held in entry.items() if held or path != "/p"}
        for path, entry in value.get("projects", {}).items()
    }
    kept = {path: it for path, it in projects.items() if it or path != "/p"}
    return {**value, "projects": kept} if kept else _bare(value)


def _bare(value: dict[str, Any]) -> dict[str, Any]:
    return {key: held for key, held in value.items() if key != "projects"}


def test_a_file_without_ours_is_not_touched() -> None:
    for content in (b"{", b"[]", b'{"projects": 1}', b'{ "projects":{} }'):
        assert strip_server(content, "/p") == content
