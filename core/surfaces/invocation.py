"""One run of the command line: its options, and what commands ask for.

Everything is made when it is first asked for, so that `--version` and `--help` need
no store, no daemon and no readable configuration.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..clock import Clock
from ..errors import ConfigError, StoreError
from ..paths import CONFIG_DIR_VARIABLE, DATA_DIR_VARIABLE, Paths, find_paths
from ..service import client
from ..service.native import python_command
from .failures import redacted

if TYPE_CHECKING:
    from hookwright.hookspecs import InstallRequest, RecordType, Scope

    from ..host import PluginHost
    from ..settings import LoadedSettings
    from ..store import Stage
    from .hosts import HostState

NO_PLUGINS_VARIABLE = "HOOKWRIGHT_NO_PLUGINS"
#: Installed configurations of agent hosts name it, so it stays.
MCP_SERVER = Path(__file__).parent / "mcp" / "start.py"
#: Agent hosts set one of these for the shell commands that their agents run. It is a
#: courtesy, not a wall: a process can take a variable away.
_AGENT_VARIABLES = (
    "AI_AGENT",
    "CLAUDECODE",
    "CODEX_SANDBOX",
    "COPILOT_CLI",
    "CURSOR_AGENT",
    "GEMINI_CLI",
    "OPENCODE",
)
#: Variables that say where data and configuration are.
_PLACES = (
    DATA_DIR_VARIABLE,
    CONFIG_DIR_VARIABLE,
    "XDG_DATA_HOME",
    "XDG_CONFIG_HOME",
)
#: Options before the command that take a value.
_WITH_VALUE = ("--set",)


def own_version() -> str:
    """Return Hookwright's version."""
    return client.VERSION


@dataclass
class Invocation:
    """The options before the command, and what commands work with.

    :param json: print JSON instead of text.
    :param overrides: `section.key=value` of each `--set`.
    :param command: the first word that is no option, or "".
    :param all_commands: load the plugins' own commands too, not only the one that is
        called; the documents are made so.
    """

    json: bool = False
    version: bool = False
    overrides: tuple[str, ...] = ()
    command: str = ""
    all_commands: bool = False
    cwd: Path = field(default_factory=Path.cwd)

    @classmethod
    def read(cls, arguments: Sequence[str]) -> Invocation:
        """Return what the options before the command say.

        They are needed before typer reads them: which commands there are depends on
        the plugins, and `--no-plugins` must hold before any plugin is imported.
        """
        made = cls()
        rest = iter(arguments)
        for argument in rest:
            name, _, value = argument.partition("=")
            if not argument.startswith("-"):
                made.command = argument
                break
            if name in _WITH_VALUE:
                made.overrides += (value if "=" in argument else next(rest, ""),)
            made.json |= argument == "--json"
            made.version |= argument == "--version"
            if argument == "--no-plugins":
                os.environ[NO_PLUGINS_VARIABLE] = "1"
        return made

    @cached_property
    def paths(self) -> Paths:
        """Return where everything is."""
        return find_paths()

    @property
    def from_agent(self) -> bool:
        """Return whether an agent's shell command, not a person, runs this."""
        return any(os.environ.get(name) for name in _AGENT_VARIABLES)

    @property
    def wants_own_settings(self) -> bool:
        """Return whether a running daemon's settings are not those asked for."""
        return bool(self.overrides or os.environ.get(NO_PLUGINS_VARIABLE))

    @cached_property
    def project(self) -> Path:
        """Return the top of the work tree, or the working directory outside git."""
        from ..worktree import locate_project

        return Path(locate_project(str(self.cwd)).worktree)

    @cached_property
    def settings(self) -> LoadedSettings:
        """Return the settings that hold here; plugins' tables are not validated yet.

        :raises ConfigError: a file, variable or `--set` is not acceptable.
        """
        return self._load()

    @cached_property
    def full_settings(self) -> LoadedSettings:
        """Return the settings, those of the installed plugins validated too.

        :raises ConfigError: a file, variable or `--set` is not acceptable.
        """
        host = self.host()
        return self._load(
            plugin_models=host.plugin_models, project_may_set=host.project_may_set
        )

    def host(self) -> PluginHost:
        """Return the installed plugins, to ask what they declare; no store is open."""
        return self._host

    @cached_property
    def agent_hosts(self) -> list[HostState]:
        """Return every agent host as it is on this machine; looked at once."""
        from .hosts import host_states

        return host_states(self)

    def request(self, scope: Scope, directory: Path) -> InstallRequest:
        """Return what an installer is asked for."""
        from hookwright.hookspecs import InstallRequest

        return InstallRequest(
            scope=scope,
            directory=directory,
            home=Path.home(),
            client=client_command(),
            data_dir=self.paths.data,
            environment=dict(os.environ),
            version=own_version(),
            mcp=mcp_command(),
        )

    def _load(self, **plugins: Any) -> LoadedSettings:
        from ..settings import load_settings

        return load_settings(
            self.paths, project=self.project, overrides=self.overrides, **plugins
        )

    @cached_property
    def _host(self) -> PluginHost:
        from ..host import PluginHost

        tables: Mapping[str, Mapping[str, Any]] = {}
        disabled: Collection[str] = ()
        # Help must work with a broken file; what needs the settings says what is wrong.
        with suppress(ConfigError):
            settings = self.settings.settings
            tables, disabled = settings.tables, settings.plugins.off
        host = PluginHost(
            store=NoStore(),
            clock=Clock(),
            paths=self.paths,
            tables=tables,
            disabled=disabled,
            redact=redacted,
        )
        # What a plugin prints is no part of a command's output.
        with redirect_stdout(sys.stderr):
            host.load()
        return host


def client_command() -> tuple[str, ...]:
    """Return the command that delivers one event; agent host and event follow it.

    It is the client in Python, which is there always; `clients` chooses for an install.
    """
    return python_command()


def mcp_command() -> tuple[str, ...]:
    """Return the command that runs the MCP server for one agent host's session.

    It does what `hookwright mcp` does, without loading the command line first.
    """
    command = [sys.executable, "-P", "-S", str(MCP_SERVER)]
    if any(os.environ.get(name) for name in _PLACES):
        # Some agent hosts hand few variables on to such a server.
        paths = find_paths()
        command += ["--data-dir", str(paths.data), "--config-dir", str(paths.config)]
    return tuple(command)


class NoStore:
    """Stands where a store would, while plugins are only asked what they declare."""

    def stage(self) -> Stage:
        """Refuse."""
        raise StoreError("no store is open here")

    def register(self, record_type: RecordType[Any]) -> None:
        """Take note of nothing."""
