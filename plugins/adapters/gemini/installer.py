"""Put Hookwright into Gemini CLI by files alone, and find it there."""

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
    EXTENSION,
    HOOKS_FILE,
    MANIFEST,
    add_to_settings,
    commands_of,
    extension_files,
    is_our_file,
    server_of,
    setting,
    strip_settings,
)
from .names import AGENT_HOST, HOME_VARIABLE
from .trust import is_trusted

_SETTINGS = "settings.json"
#: Settings can hold keys: a new file is for its owner alone.
_SETTINGS_MODE = 0o600
_TRUST = (
    "Gemini CLI reads a project's hooks only in a folder that is trusted: start gemini "
    "in it and trust it, or set GEMINI_CLI_TRUST_WORKSPACE=true for headless runs "
    "(--skip-trust alone leaves them out)."
)


class GeminiInstaller:
    """Installs into one project, or as an extension for one user."""

    agent_host: str = AGENT_HOST
    scopes: Sequence[Scope] = ("project", "user")
    #: Its own shell runs no git hooks; those of a person's commits are run.
    companions: Sequence[str] = ("git",)

    def plan(self, request: InstallRequest) -> InstallPlan:
        """Return the files that the scope needs.

        :raises ValueError: a settings file is malformed, or a file is in the way.
        """
        match request.scope:
            case "project":
                return _plan_project(request)
            case "user":
                return _plan_extension(request)
            case _:
                raise ValueError(
                    f"there is no scope {request.scope!r}; accepted: project, user"
                )

    def strip(self, path: Path, content: bytes) -> bytes | None:
        """Return the file without our part; None when nothing else is in it."""
        if path.name == _SETTINGS:
            return strip_settings(content)
        return None if is_our_file(content) else content

    def detect(self, request: InstallRequest) -> HostFinding:
        """Return which Gemini CLI runs here, and where Hookwright is in it."""
        version = version_of(
            "gemini", request.environment, {"GEMINI_CLI_NO_RELAUNCH": "true"}
        )
        places, problems = _survey(request)
        trusted: bool | None = None
        try:
            trusted = is_trusted(
                request.directory, _config_dir(request), request.environment
            )
        except ValueError as error:
            if str(error) not in problems:
                problems.append(str(error))
        next_step = ""
        if version is not None and not places:
            next_step = "Run hookwright install gemini in the project."
        elif version is not None and trusted is False and "project" in places:
            next_step = _TRUST
        return HostFinding(
            AGENT_HOST,
            found=version is not None,
            version=version or None,
            installed=tuple(f"{scope} ({path})" for scope, path in places.items()),
            problems=tuple(problems),
            next_step=next_step,
            trusted=trusted,
        )


def _plan_project(request: InstallRequest) -> InstallPlan:
    path = _project_settings(request)
    content = read_settings(path)
    extension = _extension(request)
    if read_settings(extension / HOOKS_FILE) is not None and not _has_hooks(content):
        return InstallPlan(
            (), (f"{extension} serves this project too, so no hooks are added.",)
        )
    try:
        edited = add_to_settings(content, request.client, request.mcp)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; mend it, then install again") from error
    note = (
        f"{path} holds paths of this machine; keep it out of commits. "
        "Gemini CLI reads it when its next session starts."
    )
    edit = FileEdit(path, edited, _SETTINGS_MODE)
    return InstallPlan((edit,), (note, _TRUST, _COMMITS))


_COMMITS = (
    "Gemini CLI's shell runs no git hooks. Commits and pushes made there are read from "
    "the repository's reflogs."
)


def _plan_extension(request: InstallRequest) -> InstallPlan:
    directory = _extension(request)
    edits = []
    files = extension_files(request.client, request.version, request.mcp)
    for name, content in files.items():
        path = directory / name
        present = read_settings(path)
        if present is not None and not is_our_file(present):
            raise ValueError(f"{path} belongs to another extension; move it away")
        edits.append(FileEdit(path, content))
    notes = (
        "Gemini CLI loads it in every project from its next session on.",
        _COMMITS,
    )
    return InstallPlan(tuple(edits), notes)


def _survey(request: InstallRequest) -> tuple[dict[str, Path], list[str]]:
    """Return the places where Hookwright is installed and what is wrong there."""
    places: dict[str, Path] = {}
    problems: list[str] = []
    homes = {
        "project": _project_settings(request),
        "user": _extension(request) / HOOKS_FILE,
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
    if "user" in places and read_settings(_extension(request) / MANIFEST) is None:
        problems.append(f"{places['user']} has no {MANIFEST}; install again")
    return places, [*problems, *_server_problems(request), *_switches(request)]


def _gone(path: Path, commands: Sequence[str]) -> Iterator[str]:
    for command in commands:
        if shutil.which(command) is None:
            yield f"{path} runs {command}, which does not exist; install again"


def _server_problems(request: InstallRequest) -> Iterator[str]:
    for path in (_project_settings(request), _extension(request) / MANIFEST):
        try:
            content = read_settings(path)
            command = None if content is None else server_of(content)
        except ValueError:
            continue  # said of the file already
        if command is not None:
            yield from _gone(path, [command])


def _switches(request: InstallRequest) -> Iterator[str]:
    for path in (_config_dir(request) / _SETTINGS, _project_settings(request)):
        try:
            content = read_settings(path)
            if content is None:
                continue
            if setting(content, "hooksConfig", "enabled") is False:
                yield f'{path} has "hooksConfig.enabled": false; remove it'
            names = setting(content, "hooksConfig", "disabled")
            if isinstance(names, list) and EXTENSION in names:
                yield f'{path} names {EXTENSION} in "hooksConfig.disabled"; remove it'
        except ValueError as error:
            if path != _project_settings(request):
                yield f"{path}: {error}"


def _has_hooks(content: bytes | None) -> bool:
    try:
        return content is not None and bool(commands_of(content))
    except ValueError:
        return False


def _project_settings(request: InstallRequest) -> Path:
    return request.directory / ".gemini" / _SETTINGS


def _extension(request: InstallRequest) -> Path:
    return _config_dir(request) / "extensions" / EXTENSION


def _config_dir(request: InstallRequest) -> Path:
    named = request.environment.get(HOME_VARIABLE, "").strip()
    return (request.home / named if named else request.home) / ".gemini"
