"""What the guard rests on: everything that `hookwright install` writes, and more."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from hookwright.core import api
from hookwright.core.paths import Paths
from hookwright.hookspecs import Installer, InstallRequest
from hookwright.hookspecs.adapters import Scope
from hookwright.plugins.adapters.claude_code.installer import ClaudeCodeInstaller
from hookwright.plugins.adapters.codex.installer import CodexInstaller
from hookwright.plugins.adapters.copilot.installer import CopilotInstaller
from hookwright.plugins.adapters.cursor.installer import CursorInstaller
from hookwright.plugins.adapters.gemini.installer import GeminiInstaller
from hookwright.plugins.adapters.git.installer import GitInstaller
from hookwright.plugins.adapters.opencode.installer import OpenCodeInstaller
from hookwright.plugins.env_protection.access import Mode
from hookwright.plugins.env_protection.config import EnvProtectionConfig
from hookwright.plugins.env_protection.disk import Disk
from hookwright.plugins.env_protection.guarding import judge_command
from hookwright.plugins.env_protection.own_files import OwnFiles

#: Each holds a hook, in one scope of one agent host.
HOOKS = [
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".claude/skills/hookwright/.claude-plugin/plugin.json",
    ".claude/skills/hookwright/hooks/hooks.json",
    ".codex/config.toml",
    ".codex/hooks.json",
    ".config/opencode/plugin/hookwright.js",
    ".copilot/hooks/hookwright.json",
    ".cursor/hooks.json",
    ".gemini/extensions/hookwright/gemini-extension.json",
    ".gemini/extensions/hookwright/hooks/hooks.json",
    ".gemini/settings.json",
    ".git/hooks/pre-commit",
    ".github/copilot/settings.local.json",
    ".opencode/plugin/hookwright.js",
]

INSTALLERS = [
    ClaudeCodeInstaller,
    CodexInstaller,
    CopilotInstaller,
    CursorInstaller,
    GeminiInstaller,
    GitInstaller,
    OpenCodeInstaller,
]


@pytest.fixture
def own(tmp_path: Path) -> OwnFiles:
    paths = Paths(tmp_path / "share" / "data", tmp_path / "share" / "config")
    paths.data.mkdir(parents=True)
    return OwnFiles(Disk(), paths)


def hook(top: Path, name: str, content: str = '{"command": "hookwright-hook"}') -> str:
    file = top / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return str(file)


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize("mode", ["write", "remove"])
def test_no_hook_is_changed(
    name: str, mode: Mode, own: OwnFiles, tmp_path: Path
) -> None:
    assert own.forbids(hook(tmp_path, name), mode)


@pytest.mark.parametrize("name", HOOKS)
def test_nor_does_it_go_with_a_directory(
    name: str, own: OwnFiles, tmp_path: Path
) -> None:
    hook(tmp_path, name)
    above = Path(name).parent

    while above.name:
        assert own.forbids(str(tmp_path / above), "remove"), above
        # To put something else into it is no change of the hook.
        assert not own.forbids(str(tmp_path / above), "write"), above
        above = above.parent
    # The whole project goes with all that was guarded in it.
    assert not own.forbids(str(tmp_path / "elsewhere"), "remove")


@pytest.mark.parametrize("name", HOOKS)
def test_what_names_nothing_of_ours_is_the_agents(
    name: str, own: OwnFiles, tmp_path: Path
) -> None:
    file = hook(tmp_path, name, "{}")

    assert not own.forbids(file, "write")
    assert not own.forbids(os.path.dirname(file), "remove")


def test_the_data_directory_stays_and_what_it_is_in(
    own: OwnFiles, tmp_path: Path
) -> None:
    data = tmp_path / "share" / "data"

    for path in (data / "store.lmdb", data, tmp_path / "share"):
        assert own.forbids(str(path), "remove"), path
    assert not own.forbids(str(data / "logs" / "daemon.log"), "read")
    assert own.forbids(str(data / "redaction.key"), "read")
    assert not own.forbids(str(tmp_path / "share2"), "remove")


def test_the_program_is_changed_by_those_who_work_on_it_alone(tmp_path: Path) -> None:
    module = str(Path(api.__file__).parent / "redaction" / "rules.py")
    paths = Paths(tmp_path / "data", tmp_path / "config")
    tree = str(Path(api.__file__).parents[1])

    assert OwnFiles(Disk(), paths, str(tmp_path)).forbids(module, "write")
    assert not OwnFiles(Disk(), paths, str(tmp_path)).forbids(module, "read")
    assert not OwnFiles(Disk(), paths, tree).forbids(module, "write")


@pytest.mark.parametrize("installer", INSTALLERS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("scope", ["project", "user"])
def test_every_hook_that_is_installed_is_kept(
    installer: type[Installer], scope: Scope, own: OwnFiles, tmp_path: Path
) -> None:
    if installer is GitInstaller and scope == "user":
        return  # git's hooks belong to a repository
    project, home = tmp_path / "project", tmp_path / "home"
    for directory in (project, home):
        directory.mkdir(exist_ok=True)
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    request = InstallRequest(
        scope=scope,
        directory=project,
        home=home,
        client=("/usr/bin/python3", "/opt/hookwright/client.py"),
        data_dir=tmp_path / "share" / "data",
        environment={"HOME": str(home), "PATH": os.environ["PATH"]},
    )

    edits = installer().plan(request).edits

    assert edits
    for edit in edits:
        edit.path.parent.mkdir(parents=True, exist_ok=True)
        edit.path.write_bytes(edit.content or b"")
        assert own.forbids(str(edit.path), "write"), edit.path


def test_a_move_takes_a_hook_away_too(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    hook(tmp_path, ".claude/settings.json")
    config, top = EnvProtectionConfig(), str(tmp_path)

    for command in ("mv .claude x", "mv .claude/settings.json x", "rm -r .claude"):
        assert judge_command(command, config, top, top).outcome == "deny", command
    assert judge_command("mv .git x", config, top, top).outcome == "allow"
