from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from hookwright.core.errors import InstallError
from hookwright.core.surfaces.install import install, uninstall
from hookwright.hookspecs import Installer, InstallRequest
from hookwright.plugins.adapters.claude_code import hookwright_register_installers
from hookwright.plugins.adapters.claude_code.installer import ClaudeCodeInstaller
from hookwright.plugins.adapters.claude_code.plugin_tree import is_our_file
from hookwright.plugins.adapters.claude_code.settings_file import hook_entries
from hookwright.plugins.adapters.git.installer import GitInstaller

MakeRequest = Callable[..., InstallRequest]

CLAUDE = ClaudeCodeInstaller()
CLIENT = ("/opt/hook wright/client",)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "my prøject"
    directory.mkdir()
    return directory


def settings_of(project: Path) -> Path:
    return project / ".claude" / "settings.local.json"


def test_the_plugin_offers_one_installer() -> None:
    (installer,) = hookwright_register_installers()
    assert installer.agent_host == "claude-code"
    assert list(installer.scopes) == ["project", "user", "plugin-dir"]


def test_a_project_gets_hooks_in_the_persons_own_settings(
    project: Path, make_request: MakeRequest
) -> None:
    request = make_request(project)
    report = install([CLAUDE], request)
    path = settings_of(project)
    assert report.changed == (str(path),)
    assert json.loads(path.read_bytes()) == {"hooks": hook_entries(CLIENT)}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    time = path.stat().st_mtime_ns
    assert install([CLAUDE], request).changed == ()
    assert path.stat().st_mtime_ns == time
    uninstall([CLAUDE], request)
    assert list(project.iterdir()) == []


def test_settings_that_were_there_come_back_byte_for_byte(
    project: Path, make_request: MakeRequest
) -> None:
    path = settings_of(project)
    path.parent.mkdir()
    original = b'{"env":{"A":"1"} ,\n\n   "hooks": {"Stop": []}}'
    path.write_bytes(original)
    path.chmod(0o640)
    request = make_request(project)
    install([CLAUDE], request)
    assert json.loads(path.read_bytes())["env"] == {"A": "1"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    uninstall([CLAUDE], request)
    assert path.read_bytes() == original
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_settings_changed_since_keep_the_change(
    project: Path, make_request: MakeRequest
) -> None:
    request = make_request(project)
    install([CLAUDE], request)
    path = settings_of(project)
    value = json.loads(path.read_bytes()) | {"permissions": {"allow": ["Bash(ls)"]}}
    path.write_text(json.dumps(value))
    assert install([CLAUDE], request).changed == ()
    uninstall([CLAUDE], request)
    assert json.loads(path.read_bytes()) == {"permissions": {"allow": ["Bash(ls)"]}}


def test_malformed_settings_are_refused_by_name(
    project: Path, make_request: MakeRequest
) -> None:
    path = settings_of(project)
    path.parent.mkdir()
    path.write_text("{,}")
    with pytest.raises(InstallError, match=r"settings.local.json: it is not JSON"):
        install([CLAUDE], make_request(project))
    assert path.read_text() == "{,}"
    path.write_bytes(b" " * (5 * 2**20))
    with pytest.raises(InstallError, match="over 4 MB"):
        install([CLAUDE], make_request(project))
    path.unlink()
    path.mkdir()
    with pytest.raises(InstallError, match="cannot be read"):
        install([CLAUDE], make_request(project))


@pytest.mark.parametrize("named", [None, "/conf dir", "~/.claude-work"])
def test_a_user_gets_a_plugin_where_claude_code_looks(
    named: str | None,
    project: Path,
    home: Path,
    tmp_path: Path,
    make_request: MakeRequest,
) -> None:
    variables = {}
    config = home / ".claude"
    if named is not None:
        config = tmp_path / "config dir"
        variables["CLAUDE_CONFIG_DIR"] = str(config)
    request = make_request(project, "user", **variables)
    report = install([CLAUDE], request)
    plugin = config / "skills" / "hookwright"
    assert {Path(path) for path in report.changed} == {
        plugin / ".claude-plugin" / "plugin.json",
        plugin / "hooks" / "hooks.json",
    }
    manifest = json.loads((plugin / ".claude-plugin" / "plugin.json").read_bytes())
    assert (manifest["name"], manifest["version"]) == ("hookwright", "1.2.3")
    hooks = json.loads((plugin / "hooks" / "hooks.json").read_bytes())
    assert hooks["hooks"] == hook_entries(CLIENT)
    assert install([CLAUDE], request).changed == ()
    uninstall([CLAUDE], request)
    assert not config.exists()


def test_a_plugin_directory_can_be_loaded_and_shared(
    tmp_path: Path, make_request: MakeRequest
) -> None:
    request = make_request(tmp_path / "plug in", "plugin-dir")
    report = install([CLAUDE], request)
    assert any("--plugin-dir" in note for note in report.notes)
    market = json.loads(
        (tmp_path / "plug in/.claude-plugin/marketplace.json").read_bytes()
    )
    assert market["plugins"][0]["source"] == "./"
    assert market["plugins"][0]["name"] == "hookwright"
    uninstall([CLAUDE], request)
    assert not (tmp_path / "plug in").exists()


@pytest.mark.parametrize("scope", ["user", "plugin-dir"])
def test_another_plugin_is_never_written_over(
    scope: str, tmp_path: Path, home: Path, make_request: MakeRequest
) -> None:
    place = tmp_path if scope == "plugin-dir" else home / ".claude/skills/hookwright"
    other = place / ".claude-plugin/plugin.json"
    other.parent.mkdir(parents=True)
    other.write_text('{"name": "something-else"}')
    with pytest.raises(InstallError, match="another plugin"):
        install([CLAUDE], make_request(tmp_path, scope))
    assert not (place / "hooks").exists()


def test_a_project_of_a_user_who_has_the_plugin_gets_no_second_hooks(
    project: Path, make_request: MakeRequest
) -> None:
    install([CLAUDE], make_request(project, "user"))
    report = install([CLAUDE], make_request(project))
    assert report.changed == ()
    assert any("serves this project" in note for note in report.notes)
    assert not settings_of(project).exists()


def test_a_project_install_brings_the_git_hooks_where_there_is_git(
    project: Path, repository: Path, make_request: MakeRequest
) -> None:
    both: list[Installer] = [CLAUDE, GitInstaller()]
    report = install(both, make_request(repository), optional={"git"})
    assert report.agent_hosts == ("claude-code", "git")
    # Claude Code's settings, and three hooks of git's.
    assert len(report.changed) == 4
    report = install(both, make_request(project), optional={"git"})
    assert report.agent_hosts == ("claude-code",)
    assert any("git: " in note for note in report.notes)
    report = install(both, make_request(project, "user"), optional={"git"})
    assert report.agent_hosts == ("claude-code",)
    uninstall(both, make_request(repository), optional={"git"})
    assert not (repository / ".claude").exists()
    assert not (repository / ".git/hooks/post-commit").exists()
    report = uninstall(both, make_request(project), optional={"git"})
    assert not (project / ".claude").exists()


def fake_claude(directory: Path, text: str) -> str:
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / "claude"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return str(directory)


def test_doctor_finds_claude_code_and_our_hooks(
    project: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    path = fake_claude(tmp_path / "bin", 'echo "2.1.329 (Claude Code)"')
    client = (str(tmp_path / "bin/claude"),)
    request = make_request(project, client=client, PATH=path)
    finding = CLAUDE.detect(request)
    assert (finding.found, finding.version) == (True, "2.1.329")
    assert finding.installed == ()
    assert "install claude-code" in finding.next_step
    install([CLAUDE], request)
    finding = CLAUDE.detect(request)
    assert finding.installed == (f"project ({settings_of(project)})",)
    assert finding.problems == ()
    install([CLAUDE], make_request(project, "user", client=client, PATH=path))
    (twice,) = CLAUDE.detect(request).problems
    assert "twice" in twice


def test_doctor_names_what_is_wrong(
    project: Path, home: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    request = make_request(project, PATH=str(tmp_path))
    install([CLAUDE], request)
    (home / ".claude").mkdir()
    (home / ".claude/settings.json").write_text('{"disableAllHooks": true}')
    (project / ".claude/settings.json").write_text("{")
    finding = CLAUDE.detect(request)
    assert not finding.found
    gone, off, malformed = finding.problems
    assert f"runs {CLIENT[0]}, which does not exist" in gone
    assert "disableAllHooks" in off
    assert "not JSON" in malformed
    settings_of(project).write_text("[]")
    assert "JSON object" in CLAUDE.detect(request).problems[0]


@pytest.mark.parametrize("text", ["exit 1", "exit 0", "kill -9 $$"])
def test_a_claude_that_does_not_answer_is_still_there(
    text: str, project: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    path = fake_claude(tmp_path / "bin", text)
    finding = CLAUDE.detect(make_request(project, PATH=path))
    assert (finding.found, finding.version) == (True, None)


def test_a_claude_that_cannot_run_is_still_there(
    project: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    path = fake_claude(tmp_path / "bin", "")
    (tmp_path / "bin/claude").write_bytes(b"\x7fELF nonsense")
    assert CLAUDE.detect(make_request(project, PATH=path)).found


@pytest.mark.parametrize("content", [b"[1]", b"{", b'{"name": "x"}'])
def test_a_file_of_someone_elses_plugin_is_not_ours(content: bytes) -> None:
    assert not is_our_file(content)
    assert CLAUDE.strip(Path("/x/plugin.json"), content) == content
