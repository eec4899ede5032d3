"""Put Hookwright into Cursor by files alone, and find it there."""

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
from .hook_files import (
    add_hooks,
    add_server,
    commands_of,
    server_of,
    strip_hooks,
    strip_server,
)
from .names import AGENT_HOST

_HOOKS = "hooks.json"
_SERVERS = "mcp.json"
#: A server's configuration can hold keys: a new file is for its owner alone.
_MODE = 0o600
#: The command-line agent, and the editor.
_PROGRAMS = ("cursor-agent", "cursor")
_CLOSED = (
    "Cursor refuses tool calls and prompts while Hookwright cannot answer: before you "
    "remove Hookwright, run hookwright uninstall cursor."
)


class CursorInstaller:
    """Installs into one project, or for one user."""

    agent_host: str = AGENT_HOST
    scopes: Sequence[Scope] = ("project", "user")
    #: It does not say when a commit lands.
    companions: Sequence[str] = ("git",)

    def plan(self, request: InstallRequest) -> InstallPlan:
        """Return the files that the scope needs.

        :raises ValueError: a file is malformed.
        """
        if request.scope not in self.scopes:
            raise ValueError(
                f"there is no scope {request.scope!r}; accepted: project, user"
            )
        directory = _directory(request, request.scope)
        user = _directory(request, "user") / _HOOKS
        hooks = directory / _HOOKS
        if hooks != user and _is_ours(user) and not _is_ours(hooks):
            said = f"{user} serves this project too, so no hooks are added."
            return InstallPlan((), (said,))
        edits = [FileEdit(hooks, _edited(hooks, request), _MODE)]
        edits += _server_edits(directory / _SERVERS, request)
        notes = [_CLOSED]
        if request.scope == "project":
            notes.append(
                f"{hooks} holds paths of this machine; keep it out of commits."
            )
        return InstallPlan(tuple(edits), tuple(notes))

    def strip(self, path: Path, content: bytes) -> bytes | None:
        """Return the file without our part; None when nothing else is in it."""
        if path.name == _SERVERS:
            return strip_server(content)
        return strip_hooks(content)

    def detect(self, request: InstallRequest) -> HostFinding:
        """Return which Cursor runs here, and where Hookwright is in it."""
        versions = (version_of(name, request.environment) for name in _PROGRAMS)
        version = next((found for found in versions if found is not None), None)
        places, problems = _survey(request)
        next_step = ""
        if version is not None and not places:
            next_step = "Run hookwright install cursor in the project."
        return HostFinding(
            AGENT_HOST,
            found=version is not None,
            version=version or None,
            installed=tuple(places),
            problems=tuple(problems),
            next_step=next_step,
        )


def _edited(path: Path, request: InstallRequest) -> bytes:
    try:
        return add_hooks(read_settings(path), request.client)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; mend it, then install again") from error


def _server_edits(path: Path, request: InstallRequest) -> list[FileEdit]:
    try:
        content = read_settings(path)
        if request.mcp:
            return [FileEdit(path, add_server(content, request.mcp), _MODE)]
        if content is None or server_of(content) is None:
            return []
        return [FileEdit(path, strip_server(content), _MODE)]
    except ValueError as error:
        raise ValueError(f"{path}: {error}; mend it, then install again") from error


def _survey(request: InstallRequest) -> tuple[list[str], list[str]]:
    """Return the places where Hookwright is installed and what is wrong there."""
    places: list[str] = []
    problems: list[str] = []
    for scope in CursorInstaller.scopes:
        directory = _directory(request, scope)
        for path in (directory / _HOOKS, directory / _SERVERS):
            try:
                commands = _programs(path)
            except ValueError as error:
                problems.append(f"{path}: {error}")
                continue
            if commands and path.name == _HOOKS:
                places.append(f"{scope} ({path})")
            problems += _gone(path, commands)
    if len(places) > 1:
        problems.append(
            "Cursor runs both the project's hooks and the user's, so everything is "
            "judged twice; run hookwright uninstall cursor --project"
        )
    return places, problems


def _programs(path: Path) -> list[str]:
    content = read_settings(path)
    if content is None:
        return []
    if path.name == _HOOKS:
        return commands_of(content)
    server = server_of(content)
    return [] if server is None else [server]


def _gone(path: Path, commands: Sequence[str]) -> Iterator[str]:
    for command in commands:
        if shutil.which(command) is None:
            yield f"{path} runs {command}, which does not exist; install again"


def _is_ours(path: Path) -> bool:
    try:
        return bool(_programs(path))
    except ValueError:
        return False


def _directory(request: InstallRequest, scope: str) -> Path:
    return (request.home if scope == "user" else request.directory) / ".cursor"
