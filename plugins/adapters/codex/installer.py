"""Put Hookwright into Codex by files alone, and find it there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hookwright.hookspecs import (
    FileEdit,
    HostFinding,
    InstallPlan,
    InstallRequest,
    Scope,
)

from .names import AGENT_HOST

_HOOKS = "hooks.json"
_CONFIG = "config.toml"
#: Configurations can hold keys: a new file is for its owner alone.
_MODE = 0o600


class CodexInstaller:
    """Installs into one project, for one user, or into a plugin directory."""

    agent_host: str = AGENT_HOST
    scopes: Sequence[Scope] = ("project", "user", "plugin-dir")
    #: It does not say when a commit lands.
    companions: Sequence[str] = ("git",)

    def plan(self, request: InstallRequest) -> InstallPlan:
        """Return the files that the scope needs.

        :raises ValueError: a file is malformed or in the way, or Codex would read none.
        """
        if request.scope == "plugin-dir":
            return _plan_plugin(request)
        return _plan_hooks(request)

    def strip(self, path: Path, content: bytes) -> bytes | None:
        """Return the file without our part; None when nothing else is in it."""
        from .hook_entries import strip_hooks
        from .plugin_tree import is_our_file

        if path.name == _HOOKS:
            return strip_hooks(content)
        if path.name == _CONFIG:
            # Which project's hooks are meant, only `strip_from` is told.
            return content
        return None if is_our_file(content) else content

    def strip_from(
        self, request: InstallRequest, path: Path, content: bytes
    ) -> bytes | None:
        """Return the file without our part for what the request names."""
        if path.name != _CONFIG or request.scope == "plugin-dir":
            return self.strip(path, content)
        from .config_file import edited
        from .places import Places

        places = Places.of(request)
        try:
            return edited(content, places.removal(path))
        except ValueError:
            # Codex cannot read it either, so it runs nothing of ours.
            return content

    def detect(self, request: InstallRequest) -> HostFinding:
        """Return which Codex runs here, where Hookwright is, and if it may run."""
        from .survey import find

        return find(request)


def _plan_hooks(request: InstallRequest) -> InstallPlan:
    from ..wire.programs import read_settings
    from .hook_entries import add_hooks, commands_of
    from .places import Places

    places = Places.of(request)
    before = read_settings(places.hooks)
    if request.scope == "project":
        users = read_settings(places.users_hooks)
        if (users and commands_of(users)) and not (before and commands_of(before)):
            note = f"{places.users_hooks} serves this project too; no hooks are added."
            return InstallPlan((), (note,))
    try:
        after = add_hooks(before, request.client)
    except ValueError as error:
        raise ValueError(f"{places.hooks}: {error}; mend it, then install again") from (
            error
        )
    edits = [FileEdit(places.hooks, after, _MODE), *places.configs(before, after)]
    return InstallPlan(tuple(edits), tuple(places.notes()))


def _plan_plugin(request: InstallRequest) -> InstallPlan:
    from ..wire.programs import read_settings
    from .config_file import server_entry
    from .plugin_tree import (
        MARKETPLACE,
        PLUGIN,
        SERVERS_FILE,
        is_our_file,
        plugin_files,
    )

    edits = []
    server = server_entry(request.mcp, request.environment)
    files = plugin_files(request.client, request.version, server)
    for name, content in files.items():
        path = request.directory / name
        present = read_settings(path)
        if present is not None and not is_our_file(present):
            raise ValueError(
                f"{path} belongs to another plugin; name another directory"
            )
        edits.append(FileEdit(path, content))
    servers = request.directory / SERVERS_FILE
    present = read_settings(servers)
    if SERVERS_FILE not in files and present is not None and is_our_file(present):
        edits.append(FileEdit(servers, None))
    return InstallPlan(
        tuple(edits),
        (
            f"Load it with: codex plugin marketplace add {request.directory} && codex "
            f"plugin add {PLUGIN}@{MARKETPLACE}; then type /hooks in Codex and trust "
            "its hooks, which run only then. Codex copies the plugin: do it again "
            "after another install.",
        ),
    )
