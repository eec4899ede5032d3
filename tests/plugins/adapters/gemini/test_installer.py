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
from hookwright.plugins.adapters.gemini import GeminiPlugin
from hookwright.plugins.adapters.gemini.hook_files import (
    add_to_settings,
    commands_of,
    hook_entries,
    is_our_file,
    strip_settings,
)
from hookwright.plugins.adapters.gemini.installer import GeminiInstaller
from hookwright.plugins.adapters.gemini.names import TIMEOUTS
from hookwright.plugins.adapters.gemini.trust import is_trusted

MakeRequest = Callable[..., InstallRequest]

GEMINI = GeminiInstaller()
CLIENT = ("/opt/hook wright/client",)
MCP = ("/opt/hook wright/python", "-P", "-m", "server")
COMMENTED = b"""{
  // which model
  "model": {"name": "gemini-2.5-pro"}, /* mine */
  "mcpServers": {"other": {"command": "true"}},
  "hooks": {"AfterAgent": [{"hooks": [{"type": "command", "command": "true"}]}]}
}"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "my prøject"
    directory.mkdir()
    return directory


def settings_of(project: Path) -> Path:
    return project / ".gemini" / "settings.json"


def test_the_plugin_offers_one_installer() -> None:
    (installer,) = GeminiPlugin().hookwright_register_installers()
    assert installer.agent_host == "gemini"
    assert list(installer.scopes) == ["project", "user"]
    with pytest.raises(ValueError, match="accepted: project, user"):
        installer.plan(
            InstallRequest("plugin-dir", Path("/"), Path("/"), CLIENT, Path("/"))
        )


def test_every_event_runs_the_client_by_a_line_for_the_shell() -> None:
    entries = hook_entries(CLIENT)
    assert set(entries) == set(TIMEOUTS)
    for event, groups in entries.items():
        (group,) = groups
        (handler,) = group["hooks"]
        words = shlex.split(handler["command"])
        observes = event in ("AfterAgent", "PreCompress", "SessionEnd")
        tail = ["--observe"] if observes else []
        assert words == [*CLIENT, "gemini", event, *tail]
        # Milliseconds; what can be refused or replaced is given ten seconds.
        waits = ("SessionStart", "BeforeAgent", "BeforeTool", "AfterTool")
        assert handler["timeout"] == (10_000 if event in waits else 5_000)
        assert group.get("matcher") == ("manual" if event == "PreCompress" else None)


def test_a_client_that_gemini_cli_would_misread_is_refused(
    project: Path, make_request: MakeRequest
) -> None:
    with pytest.raises(InstallError, match=r"holds a \$"):
        install([GEMINI], make_request(project, client=("/opt/$HOME/client",)))


def test_a_project_gets_hooks_and_gives_them_back(
    project: Path, make_request: MakeRequest
) -> None:
    request = make_request(project)
    report = install([GEMINI], request)
    path = settings_of(project)
    assert report.changed == (str(path),)
    assert any("trusted" in note for note in report.notes)
    assert json.loads(path.read_bytes()) == {"hooks": hook_entries(CLIENT)}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert install([GEMINI], request).changed == ()
    uninstall([GEMINI], request)
    assert list(project.iterdir()) == []


@pytest.mark.parametrize("mcp", [(), MCP])
def test_settings_with_comments_come_back_byte_for_byte(
    mcp: tuple[str, ...], project: Path, make_request: MakeRequest
) -> None:
    path = settings_of(project)
    path.parent.mkdir()
    path.write_bytes(COMMENTED)
    path.chmod(0o640)
    request = replace(make_request(project), mcp=mcp)
    install([GEMINI], request)
    text = path.read_text()
    assert "// which model" in text
    assert "/* mine */" in text
    assert ("/opt/hook wright/python" in text) is bool(mcp)
    assert commands_of(path.read_bytes()) == list(CLIENT)
    assert install([GEMINI], request).changed == ()
    uninstall([GEMINI], request)
    assert path.read_bytes() == COMMENTED
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_settings_changed_since_keep_the_change(
    project: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project), mcp=MCP)
    install([GEMINI], request)
    path = settings_of(project)
    value = json.loads(path.read_bytes()) | {"ui": {"theme": "x"}}
    path.write_text(json.dumps(value))
    assert install([GEMINI], request).changed == ()
    uninstall([GEMINI], request)
    assert json.loads(path.read_bytes()) == {"ui": {"theme": "x"}}


def test_the_server_goes_when_nobody_wants_it_any_more(
    project: Path, make_request: MakeRequest
) -> None:
    request = make_request(project)
    install([GEMINI], replace(request, mcp=MCP))
    servers = json.loads(settings_of(project).read_bytes())["mcpServers"]
    assert servers == {"hookwright": {"command": MCP[0], "args": list(MCP[1:])}}
    install([GEMINI], request)
    assert "mcpServers" not in json.loads(settings_of(project).read_bytes())


def test_what_was_put_in_can_be_taken_out_again() -> None:
    added = add_to_settings(COMMENTED, CLIENT, MCP)
    assert strip_settings(added) == COMMENTED
    assert strip_settings(add_to_settings(None, CLIENT, MCP)) is None
    assert strip_settings(b"{nope}") == b"{nope}"
    mixed = {"type": "command", "command": "/x gemini AfterAgent --observe"}
    other = {"type": "command", "command": "'never closed"}
    shared = {"hooks": {"AfterAgent": [{"hooks": [mixed, other]}, {"hooks": []}, 4]}}
    text = json.dumps(shared).encode()
    assert strip_settings(text) == text


def test_malformed_settings_are_refused_by_name(
    project: Path, make_request: MakeRequest
) -> None:
    path = settings_of(project)
    path.parent.mkdir()
    path.write_text("{nope}")
    with pytest.raises(InstallError, match=r"settings.json: it is not JSON"):
        install([GEMINI], make_request(project))
    assert path.read_text() == "{nope}"


@pytest.mark.parametrize("named", [False, True])
def test_a_user_gets_an_extension_where_gemini_cli_looks(
    named: bool,
    project: Path,
    home: Path,
    tmp_path: Path,
    make_request: MakeRequest,
) -> None:
    top = tmp_path / "gemini home" if named else home
    variables = {"GEMINI_CLI_HOME": str(top)} if named else {}
    request = replace(make_request(project, "user", **variables), mcp=MCP)
    report = install([GEMINI], request)
    extension = top / ".gemini" / "extensions" / "hookwright"
    manifest = extension / "gemini-extension.json"
    hooks = extension / "hooks" / "hooks.json"
    assert {Path(path) for path in report.changed} == {manifest, hooks}
    told = json.loads(manifest.read_bytes())
    assert (told["name"], told["version"]) == ("hookwright", "1.2.3")
    assert told["mcpServers"]["hookwright"]["command"] == MCP[0]
    assert json.loads(hooks.read_bytes())["hooks"] == hook_entries(CLIENT)
    assert install([GEMINI], request).changed == ()
    install([GEMINI], replace(request, mcp=()))
    assert "mcpServers" not in json.loads(manifest.read_bytes())
    uninstall([GEMINI], request)
    assert not (top / ".gemini").exists()


def test_another_extension_is_never_written_over(
    project: Path, home: Path, make_request: MakeRequest
) -> None:
    path = home / ".gemini" / "extensions" / "hookwright" / "gemini-extension.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"name": "hookwright", "version": "9"}')
    with pytest.raises(InstallError, match="belongs to another extension"):
        install([GEMINI], make_request(project, "user"))
    assert not is_our_file(b"[]")


def test_a_project_of_a_user_who_has_the_extension_gets_no_second_hooks(
    project: Path, make_request: MakeRequest
) -> None:
    install([GEMINI], make_request(project, "user"))
    report = install([GEMINI], make_request(project))
    assert report.changed == ()
    assert any("serves this project too" in note for note in report.notes)


@pytest.fixture
def program(tmp_path: Path) -> str:
    """Return a PATH with a program that says which version it is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    path = folder / "gemini"
    path.write_text("#!/bin/sh\necho 0.61.0\n")
    path.chmod(0o755)
    return str(folder)


def test_doctor_finds_gemini_cli_our_hooks_and_whether_the_folder_is_trusted(
    project: Path, home: Path, make_request: MakeRequest, program: str
) -> None:
    request = make_request(project, client=("/bin/true",), PATH=program)
    found = GEMINI.detect(request)
    assert (found.found, found.version, found.installed) == (True, "0.61.0", ())
    assert "hookwright install gemini" in found.next_step
    install([GEMINI], request)
    found = GEMINI.detect(request)
    assert found.installed == (f"project ({settings_of(project)})",)
    assert found.problems == ()
    assert found.trusted is False
    assert "trust it" in found.next_step
    rules = home / ".gemini" / "trustedFolders.json"
    rules.parent.mkdir(exist_ok=True)
    rules.write_text(json.dumps({str(project): "TRUST_FOLDER"}) + "// mine")
    found = GEMINI.detect(request)
    assert (found.trusted, found.next_step) == (True, "")
    nowhere = make_request(project, PATH="/nowhere")
    assert GEMINI.detect(nowhere).found is False


def test_doctor_names_what_is_wrong(
    project: Path, home: Path, make_request: MakeRequest, program: str
) -> None:
    request = make_request(project, "user", PATH=program)
    install([GEMINI], replace(request, mcp=("/no/server",)))
    own = home / ".gemini" / "settings.json"
    own.write_text('{"hooksConfig": {"enabled": false, "disabled": ["hookwright"]}}')
    (settings_of(project).parent).mkdir()
    settings_of(project).write_text("{nope}")
    (home / ".gemini" / "trustedFolders.json").write_text("[]")
    said = "\n".join(GEMINI.detect(request).problems)
    for words in (
        "/opt/hook wright/client, which does not exist",
        "/no/server, which does not exist",
        '"hooksConfig.enabled": false',
        'names hookwright in "hooksConfig.disabled"',
        "it is not JSON",
        "trustedFolders.json: it does not hold a JSON object",
    ):
        assert words in said
    extension = home / ".gemini" / "extensions" / "hookwright"
    (extension / "gemini-extension.json").unlink()
    own.write_text("{nope}")
    said = "\n".join(GEMINI.detect(request).problems)
    assert "has no gemini-extension.json" in said
    assert f"{own}: it is not JSON" in said


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, False),
        ({"{folder}": "TRUST_FOLDER"}, True),
        ({"{folder}": "DO_NOT_TRUST", "{top}": "TRUST_FOLDER"}, False),
        ({"{top}": "DO_NOT_TRUST", "{folder}": "TRUST_FOLDER"}, True),
        ({"{folder}/inside": "TRUST_PARENT"}, True),
        ({"{folder}x": "TRUST_FOLDER"}, False),
    ],
)
def test_of_the_rules_that_hold_the_longest_counts(
    rules: dict[str, str], expected: bool, project: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    places = {"{folder}": str(project), "{top}": str(tmp_path)}
    text = json.dumps(rules)
    for word, path in places.items():
        text = text.replace(word, path)
    (config / "trustedFolders.json").write_text(text)
    assert is_trusted(project, config, {}) is expected
    elsewhere = {"GEMINI_CLI_TRUSTED_FOLDERS_PATH": str(tmp_path / "none.json")}
    assert is_trusted(project, config, elsewhere) is False
    assert is_trusted(project, config, {"GEMINI_CLI_TRUST_WORKSPACE": "true"}) is True
    (config / "settings.json").write_text(
        '{"security": {"folderTrust": {"enabled": false}}}'
    )
    assert is_trusted(project, config, {}) is None
