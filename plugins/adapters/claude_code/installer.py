"""Put Hookwright into Claude Code by files alone, and find it there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from hookwright.hookspecs import (
    FileEdit,
    HostFinding,
    HttpAccess,
    InstallPlan,
    InstallRequest,
    Scope,
)

from ..wire.programs import read_settings, version_of
from .names import AGENT_HOST
from .plugin_tree import (
    HOOKS_FILE,
    PLUGIN,
    SERVERS_FILE,
    is_our_file,
    plugin_files,
)
from .settings_file import (
    add_hooks,
    commands_of,
    doors_of,
    strip_hooks,
    switched_off,
)
from .state_file import FILE as STATE_FILE
from .state_file import add_server, project_key, server_of, strip_server
from .status_setting import status_in, strip_status, with_status

_SETTINGS = ("settings.json", "settings.local.json")
#: Settings can hold keys and tokens: a new file is for its owner alone.
_SETTINGS_MODE = 0o600


class ClaudeCodeInstaller:
    """Installs into one project, for one user, or into a plugin directory."""

    agent_host: str = AGENT_HOST
    scopes: Sequence[Scope] = ("project", "user", "plugin-dir")
    #: It does not say when a commit lands.
    companions: Sequence[str] = ("git",)

    def plan(self, request: InstallRequest) -> InstallPlan:
        """Return the files that the scope needs.

        :raises ValueError: a settings file is malformed, or a file is in the way.
        """
        match request.scope:
            case "project":
                return _plan_project(request)
            case "user":
                return _plan_plugin(request, _user_plugin(request))
            case "plugin-dir":
                return _plan_plugin(request, request.directory)

    def strip(self, path: Path, content: bytes) -> bytes | None:
        """Return the file without our part; None when nothing else is in it."""
        if path.name in _SETTINGS:
            rest = strip_status(content)
            return None if rest is None else strip_hooks(rest)
        if path.name == STATE_FILE:
            # Which project's part is meant, only `strip_from` is told.
            return content
        return None if is_our_file(content) else content

    def strip_from(
        self, request: InstallRequest, path: Path, content: bytes
    ) -> bytes | None:
        """Return the file without our part for what the request names."""
        if path.name == STATE_FILE:
            return strip_server(content, project_key(request.directory))
        return self.strip(path, content)

    def detect(self, request: InstallRequest) -> HostFinding:
        """Return which Claude Code runs here, and where Hookwright is in it."""
        version = version_of(
            "claude", request.environment, {"DISABLE_AUTOUPDATER": "1"}
        )
        places, problems = _survey(request)
        next_step = ""
        if not places and version is not None:
            next_step = "Run hookwright install claude-code in the project."
        return HostFinding(
            AGENT_HOST,
            found=version is not None,
            version=version or None,
            installed=tuple(places),
            problems=tuple(problems),
            next_step=next_step,
        )


def _plan_project(request: InstallRequest) -> InstallPlan:
    path = _local_settings(request)
    content = read_settings(path)
    plugin = _user_plugin(request)
    if read_settings(plugin / HOOKS_FILE) is not None:
        ours = content is not None and _has_hooks(content)
        if not ours:
            return InstallPlan(
                (), (f"{plugin} serves this project too, so no hooks are added.",)
            )
    edited: bytes | None
    try:
        edited = add_hooks(content, request.client, request.http)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; mend it, then install again") from error
    note = (
        f"{path} holds paths of this machine; keep it out of commits. "
        "Claude Code reads it when its next session starts."
    )
    private = request.http is not None
    edited, told = with_status(request, path, edited, _status_files(request))
    edit = FileEdit(path, edited, _SETTINGS_MODE, private=private)
    server, server_notes = _plan_server(request)
    notes = (note, *told, *server_notes, *_http_notes(request))
    return InstallPlan((edit, *server), notes)


def _plan_user_status(
    request: InstallRequest,
) -> tuple[tuple[FileEdit, ...], tuple[str, ...]]:
    """Return the edit of the user's settings, where a plugin cannot set the line."""
    path = _config_dir(request) / _SETTINGS[0]
    try:
        content = read_settings(path)
        edited, told = with_status(request, path, content, (path,))
        kept = edited == content and status_in(content) != "ours"
    except ValueError as error:
        return (), (f"{path}: {error}; so there is no status line.",)
    if kept:
        return (), told
    return (FileEdit(path, edited, _SETTINGS_MODE),), told


def _status_files(request: InstallRequest) -> tuple[Path, ...]:
    """Return the files in which the user may have chosen a status line."""
    shared = request.directory / ".claude" / _SETTINGS[0]
    return _config_dir(request) / _SETTINGS[0], shared, _local_settings(request)


def _plan_server(
    request: InstallRequest,
) -> tuple[tuple[FileEdit, ...], tuple[str, ...]]:
    """Return the edit that registers the MCP server for one project, and notes.

    The project's own `.mcp.json` is shared with others, and needs a person's consent.
    """
    path = _state_file(request)
    project = project_key(request.directory)
    try:
        content = read_settings(path)
        if request.mcp:
            edited: bytes | None = add_server(content, project, request.mcp)
        else:
            edited = None if content is None else strip_server(content, project)
    except ValueError as error:
        return (), (f"{path}: {error}; so the MCP server is not registered.",)
    if edited == content:
        # Nothing to register or to take out, or it is there: then it is ours to keep.
        edits = (FileEdit(path, content, _SETTINGS_MODE),) if request.mcp else ()
        return edits, ()
    said = "registered" if request.mcp else "no longer registered"
    note = f"The MCP server is {said} in {path}, for you in {project} alone."
    return (FileEdit(path, edited, _SETTINGS_MODE),), (note,)


def _plan_plugin(request: InstallRequest, directory: Path) -> InstallPlan:
    shared = request.scope == "plugin-dir"
    if shared and request.http is not None:
        raise ValueError(
            "a plugin's directory may be handed to others and must not hold the HTTP "
            "door's token; install with --project or --user"
        )
    edits = []
    for name, content in plugin_files(
        request.client,
        request.version,
        marketplace=shared,
        http=request.http,
        mcp=request.mcp,
    ).items():
        path = directory / name
        present = read_settings(path)
        if present is not None and not is_our_file(present):
            raise ValueError(
                f"{path} belongs to another plugin; name an empty directory"
                if shared
                else f"{path} belongs to another plugin; move it away"
            )
        private = request.http is not None and name == HOOKS_FILE
        edits.append(FileEdit(path, content, private=private))
    servers = read_settings(directory / SERVERS_FILE)
    if not request.mcp and servers is not None and is_our_file(servers):
        edits.append(FileEdit(directory / SERVERS_FILE, None))
    if shared:
        return InstallPlan(
            tuple(edits), (f"Load it with: claude --plugin-dir {directory}",)
        )
    notes = (
        "Claude Code loads it in every project from its next session on. A project "
        "with hooks of its own reports twice: run hookwright uninstall claude-code "
        "--project there.",
        "Commits and pushes are seen where git's hooks are: run hookwright install "
        "git in each repository.",
        *_http_notes(request),
    )
    status, told = _plan_user_status(request)
    return InstallPlan((*edits, *status), (*notes, *told))


def _survey(request: InstallRequest) -> tuple[list[str], list[str]]:
    """Return the places where Hookwright is installed and what is wrong there."""
    places: list[str] = []
    problems: list[str] = []
    homes = {
        "project": _local_settings(request),
        "user": _user_plugin(request) / HOOKS_FILE,
    }
    for scope, path in homes.items():
        try:
            content = read_settings(path)
            commands = commands_of(content) if content is not None else []
            doors = doors_of(content) if content is not None else set()
        except ValueError as error:
            problems.append(f"{path}: {error}")
            continue
        if commands:
            places.append(f"{scope} ({path})")
        problems += [
            f"{path} runs {command}, which does not exist; install again"
            for command in commands
            if shutil.which(command) is None
        ]
        if doors:
            problems += _door_problems(path, doors, request.http)
    problems += _server_problems(request)
    if len(places) > 1:
        problems.append(
            "Claude Code runs both the project's hooks and the user's plugin, so "
            "everything is reported twice; run hookwright uninstall claude-code "
            "--project"
        )
    return places, problems + _switches(request)


def _door_problems(
    path: Path, doors: set[HttpAccess], present: HttpAccess | None
) -> Iterator[str]:
    again = "run hookwright install claude-code --http again"
    if present is None:
        yield f"{path} sends events by HTTP, and there is no such door; {again}"
    elif any(door.url != present.url for door in doors):
        yield f"{path} sends events to a port that is not {present.url}; {again}"
    elif any(door.token != present.token for door in doors):
        yield f"{path} has an old token, so its events are refused; {again}"
    if path.stat().st_mode & 0o077:
        yield f"{path} holds a token and is open to others; run chmod 600 {path}"


def _server_problems(request: InstallRequest) -> Iterator[str]:
    path = _state_file(request)
    try:
        content = read_settings(path)
        project = project_key(request.directory)
        server = None if content is None else server_of(content, project)
    except ValueError as error:
        yield f"{path}: {error}"
        return
    command = server.get("command") if server is not None else None
    if isinstance(command, str) and shutil.which(command) is None:
        yield f"{path} names {command}, which does not exist; install again"


def _http_notes(request: InstallRequest) -> tuple[str, ...]:
    if request.http is None:
        return ()
    return (
        "Finished tool calls are told by HTTP, with a token that is in that file: for "
        "your own machine. One that finishes while no daemon runs is not recorded.",
    )


def _switches(request: InstallRequest) -> list[str]:
    problems = []
    folders = (_config_dir(request), request.directory / ".claude")
    for path in (folder / name for folder in folders for name in _SETTINGS):
        try:
            content = read_settings(path)
            if content is not None and switched_off(content):
                problems.append(f'{path} has "disableAllHooks": true; remove it')
        except ValueError as error:
            problem = f"{path}: {error}"
            if path != _local_settings(request):
                problems.append(problem)
    return problems


def _has_hooks(content: bytes) -> bool:
    try:
        return bool(commands_of(content))
    except ValueError:
        return False


def _local_settings(request: InstallRequest) -> Path:
    return request.directory / ".claude" / "settings.local.json"


def _state_file(request: InstallRequest) -> Path:
    """Return the state file: in the home, or in the directory that is named."""
    if request.environment.get("CLAUDE_CONFIG_DIR", "").strip():
        return _config_dir(request) / STATE_FILE
    return request.home / STATE_FILE


def _user_plugin(request: InstallRequest) -> Path:
    return _config_dir(request) / "skills" / PLUGIN


def _config_dir(request: InstallRequest) -> Path:
    named = request.environment.get("CLAUDE_CONFIG_DIR", "").strip()
    return request.home / named if named else request.home / ".claude"
