from __future__ import annotations

import json
import stat
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.errors import InstallError
from hookwright.core.surfaces.install import install, uninstall
from hookwright.hookspecs import InstallRequest, SharingInstaller
from hookwright.plugins.adapters.codex import hookwright_register_installers
from hookwright.plugins.adapters.codex.hook_entries import hook_entries, trusted_hashes
from hookwright.plugins.adapters.codex.installer import CodexInstaller
from hookwright.plugins.adapters.codex.names import TIMEOUTS
from hookwright.plugins.adapters.codex.plugin_tree import is_our_file

MakeRequest = Callable[..., InstallRequest]
Git = Callable[..., str]

CODEX = CodexInstaller()
CLIENT = ("/opt/hook wright/client",)
SERVER = ("/opt/hook wright/python", "-m", "mcp")
USERS_CONFIG = b"""\
# mine
model = "x"  # the model

[mcp_servers.theirs]
command = "t"
"""
THEIRS: dict[str, Any] = {"hooks": [{"type": "command", "command": "mine"}]}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "my prøject"
    directory.mkdir()
    return directory


@pytest.fixture
def config(home: Path) -> Path:
    path = home / ".codex" / "config.toml"
    path.parent.mkdir()
    path.write_bytes(USERS_CONFIG)
    path.chmod(0o640)
    return path


def trust(config: Path, project: Path) -> None:
    with config.open("a") as file:
        file.write(f'\n[projects."{project}"]\ntrust_level = "trusted"\n')


def states(config: Path) -> dict[str, Any]:
    if not config.exists():
        return {}
    found = tomllib.loads(config.read_text()).get("hooks", {}).get("state", {})
    assert isinstance(found, dict)
    return found


def hashes(path: Path) -> dict[str, Any]:
    found = trusted_hashes(str(path), path.read_bytes())
    return {name: {"trusted_hash": value} for name, value in found.items()}


def test_the_plugin_offers_one_installer() -> None:
    (installer,) = hookwright_register_installers()
    assert installer.agent_host == "codex"
    assert list(installer.scopes) == ["project", "user", "plugin-dir"]
    assert list(installer.companions) == ["git"]
    assert isinstance(installer, SharingInstaller)


def test_a_user_gets_hooks_that_codex_trusts_and_a_server(
    project: Path, home: Path, config: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project, "user"), mcp=SERVER)
    report = install([CODEX], request)
    hooks = home / ".codex" / "hooks.json"
    assert set(report.changed) == {str(hooks), str(config)}
    assert json.loads(hooks.read_bytes()) == {"hooks": hook_entries(CLIENT)}
    assert stat.S_IMODE(hooks.stat().st_mode) == 0o600
    assert states(config) == hashes(hooks)
    assert len(states(config)) == len(TIMEOUTS)
    text = config.read_text()
    assert text.startswith(USERS_CONFIG.decode())
    servers = tomllib.loads(text)["mcp_servers"]
    ours = servers["hookwright"]
    assert (ours["command"], ours["args"]) == (SERVER[0], list(SERVER[1:]))
    assert servers["theirs"] == {"command": "t"}
    assert stat.S_IMODE(config.stat().st_mode) == 0o640
    assert any("/hooks" in note for note in report.notes)
    assert install([CODEX], request).changed == ()
    uninstall([CODEX], request)
    assert config.read_bytes() == USERS_CONFIG
    assert not hooks.exists()


def test_a_home_without_codex_is_as_it_was_afterwards(
    project: Path, home: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project, "user"), mcp=SERVER)
    install([CODEX], request)
    assert stat.S_IMODE((home / ".codex/config.toml").stat().st_mode) == 0o600
    uninstall([CODEX], request)
    assert not (home / ".codex").exists()


def test_codex_home_is_honoured_and_resolved(
    project: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    place = tmp_path / "codex home"
    place.mkdir()
    (tmp_path / "link").symlink_to(place)
    request = make_request(project, "user", CODEX_HOME=str(tmp_path / "link"))
    install([CODEX], request)
    assert states(place / "config.toml") == hashes(place / "hooks.json")
    uninstall([CODEX], request)
    assert list(place.iterdir()) == []


def test_a_project_gets_hooks_of_its_own_and_the_user_the_trust(
    project: Path, config: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project), mcp=SERVER)
    report = install([CODEX], request)
    hooks = project / ".codex" / "hooks.json"
    assert states(config) == hashes(hooks)
    servers = tomllib.loads((project / ".codex/config.toml").read_text())
    assert servers["mcp_servers"]["hookwright"]["command"] == SERVER[0]
    assert any("does not trust" in note for note in report.notes)
    assert install([CODEX], request).changed == ()
    trust(config, project)
    report = install([CODEX], request)
    assert not any("does not trust" in note for note in report.notes)
    uninstall([CODEX], request)
    # Codex, or a person, wrote into it since.
    assert states(config) == {}
    assert config.read_bytes().startswith(USERS_CONFIG)
    assert "projects" in tomllib.loads(config.read_text())
    assert list(project.iterdir()) == []


def test_an_install_without_a_server_takes_an_earlier_one_out(
    project: Path, config: Path, make_request: MakeRequest
) -> None:
    for scope in ("user", "project"):
        request = make_request(project, scope)
        install([CODEX], replace(request, mcp=SERVER))
        install([CODEX], request)
        place = project / ".codex/config.toml" if scope == "project" else config
        assert not place.exists() or "hookwright" not in tomllib.loads(
            place.read_text()
        ).get("mcp_servers", {})
        uninstall([CODEX], request)
        assert config.read_bytes() == USERS_CONFIG


def test_two_projects_share_the_users_configuration(
    tmp_path: Path, config: Path, make_request: MakeRequest
) -> None:
    requests = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        requests.append(make_request(tmp_path / name))
        install([CODEX], requests[-1])
    one, two = (
        hashes(tmp_path / name / ".codex/hooks.json") for name in ("one", "two")
    )
    assert states(config) == one | two
    uninstall([CODEX], requests[0])
    assert states(config) == two
    uninstall([CODEX], requests[1])
    assert states(config) == {}
    assert tomllib.loads(config.read_text()) == tomllib.loads(USERS_CONFIG.decode())


def test_hooks_that_were_there_come_back_byte_for_byte(
    project: Path, config: Path, make_request: MakeRequest
) -> None:
    path = project / ".codex" / "hooks.json"
    path.parent.mkdir()
    original = json.dumps({"hooks": {"Stop": [THEIRS]}}, indent=1).encode() + b"\n\n"
    path.write_bytes(original)
    request = make_request(project)
    install([CODEX], request)
    assert json.loads(path.read_bytes())["hooks"]["Stop"][0] == THEIRS
    assert f"{path}:stop:1:0" in states(config)
    uninstall([CODEX], request)
    assert path.read_bytes() == original
    assert config.read_bytes() == USERS_CONFIG


def test_a_hook_that_a_person_added_since_stays_trusted(
    project: Path, config: Path, make_request: MakeRequest
) -> None:
    # Codex knows a hook by its place, which changes when ours before it goes.
    request = make_request(project)
    install([CODEX], request)
    path = project / ".codex" / "hooks.json"
    value = json.loads(path.read_bytes())
    value["hooks"]["Stop"].append(THEIRS)
    path.write_text(json.dumps(value))
    with config.open("a") as file:
        file.write(f'[hooks.state."{path}:stop:1:0"]\ntrusted_hash = "theirs"\n')

    install([CODEX], make_request(project, client=("/opt/other",)))
    assert json.loads(path.read_bytes())["hooks"]["Stop"][0] == THEIRS
    assert states(config) == {
        **hashes(path),
        f"{path}:stop:0:0": {"trusted_hash": "theirs"},
    }

    uninstall([CODEX], request)
    assert json.loads(path.read_bytes()) == {"hooks": {"Stop": [THEIRS]}}
    assert states(config) == {f"{path}:stop:0:0": {"trusted_hash": "theirs"}}


def test_a_lost_data_directory_does_not_hinder_an_uninstall(
    project: Path, config: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project), mcp=SERVER)
    install([CODEX], request)
    uninstall([CODEX], replace(request, data_dir=tmp_path / "elsewhere"))
    assert states(config) == {}
    assert not (project / ".codex/hooks.json").exists()
    assert not (project / ".codex/config.toml").exists()


def test_a_linked_work_tree_has_the_hooks_of_the_main_one(
    repository: Path, config: Path, tmp_path: Path, git: Git, make_request: MakeRequest
) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "start")
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
    request = replace(make_request(tmp_path / "tree"), mcp=SERVER)
    report = install([CODEX], request)
    assert states(config) == hashes(repository / ".codex/hooks.json")
    # Its other configuration is its own.
    assert (tmp_path / "tree/.codex/config.toml").exists()
    assert any("main work tree" in note for note in report.notes)
    uninstall([CODEX], request)
    assert config.read_bytes() == USERS_CONFIG


def test_a_project_of_a_user_who_has_the_hooks_gets_no_second_ones(
    project: Path, config: Path, make_request: MakeRequest
) -> None:
    install([CODEX], make_request(project, "user"))
    report = install([CODEX], make_request(project))
    assert report.changed == ()
    assert any("serves this project" in note for note in report.notes)


def test_a_persons_home_is_no_project(home: Path, make_request: MakeRequest) -> None:
    with pytest.raises(InstallError, match="--user"):
        install([CODEX], make_request(home))


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("hooks.json", "{,}", r"hooks.json: it is not JSON"),
        ("config.toml", "a = \n", r"config.toml: it is not TOML"),
        ("config.toml", "hooks = {state = {}}", r"config.toml: it cannot be edited"),
    ],
)
def test_malformed_files_are_refused_by_name(
    name: str,
    text: str,
    named: str,
    project: Path,
    config: Path,
    make_request: MakeRequest,
) -> None:
    (config.parent / name).write_text(text)
    with pytest.raises(InstallError, match=named):
        install([CODEX], make_request(project, "user"))
    assert (config.parent / name).read_text() == text


def test_a_dry_run_shows_the_hashes_and_writes_nothing(
    project: Path, config: Path, make_request: MakeRequest
) -> None:
    report = install([CODEX], make_request(project, "user"), dry_run=True)
    assert "+trusted_hash" in report.diff
    assert config.read_bytes() == USERS_CONFIG


def test_a_plugin_directory_names_files_of_its_own(
    tmp_path: Path, make_request: MakeRequest
) -> None:
    place = tmp_path / "plug in"
    request = replace(make_request(place, "plugin-dir"), mcp=SERVER)
    report = install([CODEX], request)
    assert any("codex plugin marketplace add" in note for note in report.notes)
    manifest = json.loads((place / ".codex-plugin/plugin.json").read_bytes())
    assert json.loads((place / manifest["hooks"]).read_bytes())["hooks"] == (
        hook_entries(CLIENT)
    )
    servers = json.loads((place / manifest["mcpServers"]).read_bytes())
    assert servers["mcpServers"]["hookwright"]["command"] == SERVER[0]
    assert not (place / ".claude-plugin").exists()
    install([CODEX], replace(request, mcp=()))
    assert "mcpServers" not in json.loads(
        (place / ".codex-plugin/plugin.json").read_bytes()
    )
    assert not (place / manifest["mcpServers"]).exists()
    uninstall([CODEX], request)
    assert not place.exists()


def test_another_plugin_is_never_written_over(
    tmp_path: Path, make_request: MakeRequest
) -> None:
    other = tmp_path / ".codex-plugin/plugin.json"
    other.parent.mkdir()
    other.write_text('{"name": "something-else"}')
    with pytest.raises(InstallError, match="another plugin"):
        install([CODEX], make_request(tmp_path, "plugin-dir"))


@pytest.mark.parametrize("content", [b"[1]", b"{", b'{"name": "x"}'])
def test_a_file_of_someone_elses_plugin_is_not_ours(content: bytes) -> None:
    assert not is_our_file(content)
    assert CODEX.strip(Path("/x/plugin.json"), content) == content


def test_whose_part_of_a_configuration_is_meant_must_be_told(config: Path) -> None:
    assert CODEX.strip(config, b"[hooks.state]\n") == b"[hooks.state]\n"


def test_what_codex_cannot_read_is_left_alone(
    project: Path, config: Path, make_request: MakeRequest
) -> None:
    request = make_request(project, "user")
    assert CODEX.strip_from(request, config, b"a = ") == b"a = "
    (config.parent / "hooks.json").write_text("{")
    assert CODEX.strip_from(request, config, USERS_CONFIG) == USERS_CONFIG


def fake_codex(directory: Path) -> str:
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / "codex"
    program.write_text('#!/bin/sh\necho "codex-cli 0.169.0"\n')
    program.chmod(0o755)
    return str(directory)


def test_doctor_finds_codex_and_whether_it_trusts_us(
    project: Path, config: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    path = fake_codex(tmp_path / "bin")
    client = (str(tmp_path / "bin/codex"),)
    request = make_request(project, client=client, PATH=path)
    finding = CODEX.detect(request)
    assert (finding.found, finding.version) == (True, "0.169.0")
    assert (finding.installed, finding.trusted) == ((), None)
    assert "install codex" in finding.next_step

    install([CODEX], request)
    finding = CODEX.detect(request)
    hooks = project / ".codex/hooks.json"
    assert finding.installed == (f"project ({hooks})",)
    (problem,) = finding.problems
    assert "does not trust" in problem
    assert finding.trusted is False

    trust(config, project)
    finding = CODEX.detect(request)
    assert (finding.problems, finding.trusted) == ((), True)

    name = f"{hooks}:stop:0:0"
    text = config.read_text().replace(states(config)[name]["trusted_hash"], "sha256:0")
    config.write_text(text)
    finding = CODEX.detect(request)
    (problem,) = finding.problems
    assert "1 of 11 hooks" in problem
    assert "untrusted" in problem
    assert finding.trusted is False
    assert "without a word" in finding.next_step
    install([CODEX], request)
    assert CODEX.detect(request).trusted


def test_doctor_says_what_is_switched_off_gone_or_told_twice(
    project: Path, config: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    request = replace(
        make_request(project, "user", PATH=str(tmp_path)), mcp=("/gone/python",)
    )
    install([CODEX], make_request(project, PATH=str(tmp_path)))
    trust(config, project)
    install([CODEX], request)
    name = f'[hooks.state."{config.parent}/hooks.json:stop:0:0"]\n'
    text = config.read_text().replace(name, f"{name}enabled = false\n")
    config.write_text(text + "\n[features]\nhooks = false\n")
    finding = CODEX.detect(request)
    assert not finding.found
    problems = "\n".join(finding.problems)
    assert problems.count(f"runs {CLIENT[0]}, which does not exist") == 2
    assert "runs /gone/python, which does not exist" in problems
    assert "told twice" in problems
    assert "1 of 11 hooks" in problems
    assert "switched off" in problems
    assert "features.hooks = false" in problems


def test_doctor_names_a_malformed_file(
    project: Path, config: Path, make_request: MakeRequest
) -> None:
    install([CODEX], make_request(project))
    config.write_text("a = \n")
    (config.parent / "hooks.json").write_text("[]")
    finding = CODEX.detect(make_request(project))
    assert finding.trusted is False
    problems = "\n".join(finding.problems)
    assert "config.toml: it is not TOML" in problems
    assert "hooks.json: it does not hold a JSON object" in problems


def test_doctor_looks_at_a_persons_home_too(
    home: Path, config: Path, make_request: MakeRequest
) -> None:
    install([CODEX], make_request(home, "user"))
    finding = CODEX.detect(make_request(home))
    assert finding.installed == (f"user ({home}/.codex/hooks.json)",)
    assert finding.trusted
