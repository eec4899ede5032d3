"""Put Hookwright into OpenCode: one plugin file and one entry in its configuration.

OpenCode loads every file of `.opencode/plugin` and `~/.config/opencode/plugin`, and
merges the configurations it finds (its documentation on plugins and config, 1.18.33).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from hookwright.hookspecs import (
    FileEdit,
    HostFinding,
    InstallPlan,
    InstallRequest,
    Scope,
)

from ..wire.json_members import JsonMember
from ..wire.programs import read_settings, version_of
from .names import AGENT_HOST
from .shim_file import NAME, client_of, is_our_file, shim_file

_SCHEMA = {"$schema": "https://opencode.ai/config.json"}
_SERVER = JsonMember("mcp", "hookwright", _SCHEMA, comments=True)
_CONFIGS = ("opencode.jsonc", "opencode.json")
_SLOW_START = (
    "OpenCode waits at its start for npm to look after its plugin folders. Without a "
    "network that takes over a minute; set npm_config_fetch_retries=0 there."
)


class OpenCodeInstaller:
    """Installs into one project, or for one user."""

    agent_host: str = AGENT_HOST
    scopes: Sequence[Scope] = ("project", "user")
    #: It does not say when a commit lands.
    companions: Sequence[str] = ("git",)
    #: The plugin has a long life, and tells events without a process for each.
    wants_http: bool = True

    def plan(self, request: InstallRequest) -> InstallPlan:
        """Return the plugin's file, and the configuration with our MCP server.

        :raises ValueError: a file is in the way, or a configuration is malformed.
        """
        config, told = _plan_config(request)
        if request.scope == "project" and _ours(_user_folder(request)):
            note = f"{_user_folder(request)} serves this project too; nothing is added."
            if not _ours(_project_folder(request)):
                return InstallPlan((), (note,))
        path = _folder(request) / "plugin" / NAME
        present = read_settings(path)
        if present is not None and not is_our_file(present):
            raise ValueError(f"{path} belongs to another plugin; move it away")
        plugin = FileEdit(path, shim_file(request.client, request.data_dir))
        return InstallPlan(
            (plugin, *config), (*_notes(request, path), *told, _SLOW_START)
        )

    def strip(self, path: Path, content: bytes) -> bytes | None:
        """Return the file without our part; None when nothing else is in it."""
        if path.name == NAME:
            return None if is_our_file(content) else content
        return _SERVER.strip(content)

    def detect(self, request: InstallRequest) -> HostFinding:
        """Return which OpenCode runs here, and where Hookwright is in it."""
        version = version_of(
            "opencode", request.environment, {"OPENCODE_DISABLE_AUTOUPDATE": "1"}
        )
        places, problems = _survey(request)
        next_step = ""
        if not places and version is not None:
            next_step = "Run hookwright install opencode in the project."
        return HostFinding(
            AGENT_HOST,
            found=version is not None,
            version=version or None,
            installed=tuple(places),
            problems=tuple(problems),
            next_step=next_step,
        )


def _plan_config(
    request: InstallRequest,
) -> tuple[tuple[FileEdit, ...], tuple[str, ...]]:
    """Return the edit of the configuration, and notes; none where nothing is wanted.

    :raises ValueError: it cannot be read as OpenCode would.
    """
    path = _config_file(request)
    content = read_settings(path)
    server = {"type": "local", "command": list(request.mcp), "enabled": True}
    try:
        if request.mcp:
            return (FileEdit(path, _SERVER.add(content, server)),), ()
        rest = None if content is None else _SERVER.strip(content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; mend it, then install again") from error
    if rest == content:
        return (), ()
    return (FileEdit(path, rest),), (f"The MCP server is no longer named in {path}.",)


def _config_file(request: InstallRequest) -> Path:
    """Return the file that has our server, else the first that there is."""
    folder = _folder(request)
    folders = [folder]
    if request.scope == "project":
        folders.insert(0, request.directory)
    known = [one / name for one in folders for name in _CONFIGS]
    present = [path for path in known if path.exists()]
    for path in present:
        if _SERVER.name in _names_in(path):
            return path
    return present[0] if present else folder / _CONFIGS[1]


def _names_in(path: Path) -> str:
    try:
        return _SERVER.name if _SERVER.read(read_settings(path)) is not None else ""
    except ValueError:
        return ""


def _notes(request: InstallRequest, path: Path) -> Iterator[str]:
    if request.scope == "project":
        yield (
            f"{path} holds paths of this machine; keep it out of commits. OpenCode "
            "loads it at its next start."
        )
    else:
        yield (
            "OpenCode loads it in every project from its next start on. Commits and "
            "pushes are seen where git's hooks are: run hookwright install git in each "
            "repository."
        )
    if request.http is None:
        yield (
            "service.http is false, so a program is started for each event; remove "
            "that setting and install again."
        )


def _survey(request: InstallRequest) -> tuple[list[str], list[str]]:
    """Return the places where Hookwright is installed and what is wrong there."""
    places: list[str] = []
    problems: list[str] = []
    folders = {"project": _project_folder(request), "user": _user_folder(request)}
    for scope, folder in folders.items():
        content = _ours(folder)
        if not content:
            continue
        places.append(f"{scope} ({folder / 'plugin' / NAME})")
        program = client_of(content)
        if shutil.which(program) is None:
            problems.append(
                f"{folder / 'plugin' / NAME} runs {program or 'nothing'}, which does "
                "not exist; install again"
            )
    if len(places) > 1:
        problems.append(
            "OpenCode loads both the project's and the user's plugin, of which one "
            "works; run hookwright uninstall opencode --project"
        )
    return places, problems


def _ours(folder: Path) -> bytes:
    """Return our plugin's content, b"" where it is not installed."""
    try:
        content = read_settings(folder / "plugin" / NAME) or b""
    except ValueError:
        return b""
    return content if is_our_file(content) else b""


def _folder(request: InstallRequest) -> Path:
    if request.scope == "project":
        return _project_folder(request)
    return _user_folder(request)


def _project_folder(request: InstallRequest) -> Path:
    return request.directory / ".opencode"


def _user_folder(request: InstallRequest) -> Path:
    named = request.environment.get("XDG_CONFIG_HOME", "").strip()
    # What is not absolute does not count, by the specification of these variables.
    config = Path(named) if os.path.isabs(named) else request.home / ".config"
    return config / "opencode"
