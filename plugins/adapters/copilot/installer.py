"""Put Hookwright into Copilot CLI by files alone, and find it there."""

from __future__ import annotations

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

from ..wire.programs import read_settings, version_of
from .hook_file import (
    add_hooks,
    add_server,
    commands_of,
    server_of,
    strip_hooks,
    strip_server,
    switched_off,
)
from .names import AGENT_HOST
from .own_hooks import PROJECT_FILE, USER_FILE
from .sessions import home_of
from .trust import is_trusted

_SERVERS = "mcp-config.json"
_SETTINGS = ("settings.json", "settings.local.json")
#: Settings can hold keys: a new file is for its owner alone.
_PRIVATE = 0o600
_TRUST = (
    "Copilot CLI runs a project's hooks only in a folder that is trusted: start "
    "copilot in it and trust it, or give copilot -p the option --trust-folder (or set "
    "COPILOT_ALLOW_ALL=true). A user's hooks run everywhere: hookwright install "
    "copilot --user."
)
_NO_SERVER = (
    "Copilot CLI keeps MCP servers for a user, not for a project: to give the tools to "
    "its agents, run hookwright install copilot --user."
)


class CopilotInstaller:
    """Installs into one project, or for one user."""

    agent_host: str = AGENT_HOST
    scopes: Sequence[Scope] = ("project", "user")
    #: It does not say when a commit lands.
    companions: Sequence[str] = ("git",)

    def plan(self, request: InstallRequest) -> InstallPlan:
        """Return the files that the scope needs.

        :raises ValueError: a settings file is malformed.
        """
        match request.scope:
            case "project":
                return _plan_project(request)
            case "user":
                return _plan_user(request)
            case _:
                raise ValueError(
                    f"there is no scope {request.scope!r}; accepted: project, user"
                )

    def strip(self, path: Path, content: bytes) -> bytes | None:
        """Return the file without our part; None when nothing else is in it."""
        if path.name == _SERVERS:
            return strip_server(content)
        return strip_hooks(content, own=path.name not in _SETTINGS)

    def detect(self, request: InstallRequest) -> HostFinding:
        """Return which Copilot CLI runs here, and where Hookwright is in it."""
        version = version_of(
            "copilot", request.environment, {"COPILOT_AUTO_UPDATE": "false"}
        )
        places, problems = _survey(request)
        trusted: bool | None = None
        try:
            trusted = is_trusted(request.directory, _home(request), request.environment)
        except ValueError as error:
            problems.append(str(error))
        next_step = ""
        if version is not None and not places:
            next_step = "Run hookwright install copilot in the project."
        elif version is not None and trusted is False and set(places) == {"project"}:
            next_step = _TRUST
        return HostFinding(
            AGENT_HOST,
            found=version is not None,
            # It says "GitHub Copilot CLI 1.0.102."
            version=(version or "").rstrip(".") or None,
            installed=tuple(f"{scope} ({path})" for scope, path in places.items()),
            problems=tuple(problems),
            next_step=next_step,
            trusted=trusted,
        )


def _plan_project(request: InstallRequest) -> InstallPlan:
    path = request.directory / PROJECT_FILE
    content = read_settings(path)
    user = _home(request) / USER_FILE
    if _commands(read_settings(user)) and not _commands(content):
        return InstallPlan(
            (), (f"{user} serves this project too, so no hooks are added.",)
        )
    edit = FileEdit(path, _with_hooks(path, request, own=False), _PRIVATE)
    notes = (
        f"{path} holds paths of this machine; keep it out of commits. "
        "Copilot CLI reads it when its next session starts.",
        _TRUST,
        *((_NO_SERVER,) if request.mcp else ()),
    )
    return InstallPlan((edit,), notes)


def _plan_user(request: InstallRequest) -> InstallPlan:
    path = _home(request) / USER_FILE
    edits = [FileEdit(path, _with_hooks(path, request, own=True), _PRIVATE)]
    servers = _home(request) / _SERVERS
    present = read_settings(servers)
    try:
        if request.mcp:
            edits.append(FileEdit(servers, add_server(present, request.mcp), _PRIVATE))
        elif present is not None and (rest := strip_server(present)) != present:
            edits.append(FileEdit(servers, rest, _PRIVATE))
    except ValueError as error:
        raise ValueError(f"{servers}: {error}; mend it, then install again") from error
    notes = (
        "Copilot CLI runs it in every project from its next session on. In a project "
        "with hooks of its own every plugin is asked twice: run hookwright uninstall "
        "copilot --project there.",
        "Commits and pushes are seen where git's hooks are: run hookwright install "
        "git in each repository.",
    )
    return InstallPlan(tuple(edits), notes)


def _with_hooks(path: Path, request: InstallRequest, *, own: bool) -> bytes:
    try:
        return add_hooks(read_settings(path), request.client, own=own)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; mend it, then install again") from error


def _survey(request: InstallRequest) -> tuple[dict[str, Path], list[str]]:
    """Return the places where Hookwright is installed and what is wrong there."""
    places: dict[str, Path] = {}
    problems: list[str] = []
    homes = {
        "project": request.directory / PROJECT_FILE,
        "user": _home(request) / USER_FILE,
    }
    for scope, path in homes.items():
        try:
            content = read_settings(path)
            commands = commands_of(content) if content is not None else []
        except ValueError as error:
            problems.append(f"{path}: {error}")
            continue
        if commands:
            places[scope] = path
        problems += _gone(path, commands)
    if len(places) > 1:
        problems.append(
            "Copilot CLI runs both the project's hooks and the user's, so every plugin "
            "is asked twice; run hookwright uninstall copilot --project"
        )
    return places, [*problems, *_server_problems(request), *_switches(request)]


def _gone(path: Path, commands: Sequence[str]) -> Iterator[str]:
    for command in commands:
        if shutil.which(command) is None:
            yield (
                f"{path} runs {command}, which does not exist, so Copilot CLI refuses "
                "every tool call; install again"
            )


def _server_problems(request: InstallRequest) -> Iterator[str]:
    path = _home(request) / _SERVERS
    try:
        content = read_settings(path)
        command = None if content is None else server_of(content)
    except ValueError as error:
        yield f"{path}: {error}"
        return
    if command is not None and shutil.which(command) is None:
        yield f"{path} runs {command}, which does not exist; install again"


def _switches(request: InstallRequest) -> Iterator[str]:
    project = (request.directory / PROJECT_FILE).parent
    for path in (
        folder / name for folder in (_home(request), project) for name in _SETTINGS
    ):
        try:
            content = read_settings(path)
            if content is not None and switched_off(content):
                yield f'{path} has "disableAllHooks": true; remove it'
        except ValueError as error:
            if path != request.directory / PROJECT_FILE:
                yield f"{path}: {error}"


def _commands(content: bytes | None) -> list[str]:
    try:
        return [] if content is None else commands_of(content)
    except ValueError:
        return []


def _home(request: InstallRequest) -> Path:
    return home_of(request.environment, request.home)
