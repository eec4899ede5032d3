"""`hookwright install` and `hookwright uninstall`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hookwright.hookspecs import Installer, InstallRequest, Scope

from ...errors import InstallError, UnknownNameError
from ..install import InstallReport, install, uninstall
from ..invocation import Invocation
from ..options import AsJson
from ..output import progress, write, write_json

ALL = "all"
Hosts = Annotated[
    list[str],
    typer.Argument(
        metavar="AGENT_HOST", help=f"claude-code, git, ...; `{ALL}` for those found."
    ),
]
Project = Annotated[
    bool, typer.Option("--project", help="In this project; the default.")
]
User = Annotated[bool, typer.Option("--user", help="In all projects of this user.")]
PluginDir = Annotated[
    Path | None,
    typer.Option("--plugin-dir", metavar="DIR", help="As a plugin in this directory."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the changes and make none.")
]


def add_install(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `install`."""

    @app.command("install")
    def install_command(
        agent_hosts: Hosts,
        project: Project = False,
        user: User = False,
        plugin_dir: PluginDir = None,
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        """Put Hookwright into agent hosts: their hooks then call it.

        Files that were there are kept; uninstall puts them back as they were.
        """
        installers = chosen(invocation, agent_hosts)
        request = request_for(invocation, installers, project, user, plugin_dir)
        report = install(
            installers,
            request,
            optional=optional(installers, agent_hosts),
            dry_run=dry_run,
        )
        show_report(report, as_json=as_json or invocation.json)

    _ = install_command


def add_uninstall(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `uninstall`."""

    @app.command("uninstall")
    def uninstall_command(
        agent_hosts: Hosts,
        project: Project = False,
        user: User = False,
        plugin_dir: PluginDir = None,
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        """Take Hookwright out of agent hosts again, to the byte.

        What was recorded stays in the data directory; remove it yourself if you wish.
        """
        installers = chosen(invocation, agent_hosts)
        request = request_for(invocation, installers, project, user, plugin_dir)
        report = uninstall(
            installers,
            request,
            optional=optional(installers, agent_hosts),
            dry_run=dry_run,
        )
        show_report(report, as_json=as_json or invocation.json)

    _ = uninstall_command


def chosen(invocation: Invocation, names: Sequence[str]) -> list[Installer]:
    """Return the installers of the agent hosts that were named, and companions.

    :raises UnknownNameError: a name is none of them, or none is found for `all`.
    """
    known = invocation.host().installers
    unknown = [name for name in names if name not in known and name != ALL]
    if unknown:
        raise UnknownNameError(
            f"there is no agent host {unknown[0]!r}; those known are "
            f"{', '.join(sorted(known)) or 'none, since no plugin is loaded'}, {ALL}"
        )
    if ALL not in names:
        named = [known[name] for name in dict.fromkeys(names)]
        companions = [name for one in named for name in one.companions if name in known]
        return named + [known[name] for name in companions if name not in names]
    request = invocation.request("project", invocation.project)
    with progress("Looking for agent hosts ..."):
        found = [one for one in known.values() if one.detect(request).found]
    if not found:
        raise UnknownNameError(
            f"none of {', '.join(sorted(known))} is found here; name the one to install"
        )
    return found


def optional(installers: Sequence[Installer], names: Sequence[str]) -> list[str]:
    """Return the agent hosts that may refuse: those that nobody named."""
    return [one.agent_host for one in installers if one.agent_host not in names]


def request_for(
    invocation: Invocation,
    installers: Sequence[Installer],
    project: bool,
    user: bool,
    plugin_dir: Path | None,
) -> InstallRequest:
    """Return the request that the options make.

    :raises InstallError: more than one place is named.
    """
    places = (project, user, plugin_dir is not None)
    if sum(places) > 1:
        raise InstallError("give one of --project, --user and --plugin-dir")
    if plugin_dir is not None:
        return invocation.request("plugin-dir", invocation.cwd / plugin_dir)
    default: Scope = installers[0].scopes[0]
    scope: Scope = "user" if user else "project" if project else default
    return invocation.request(scope, invocation.project)


def show_report(report: InstallReport, *, as_json: bool) -> None:
    """Write what was done, or would be."""
    if as_json:
        write_json(report)
        return
    if report.dry_run and report.diff:
        write(report.diff)
    for path in report.changed:
        write(f"{_done_to(path, report)}: {path}")
    for path in report.unchanged:
        write(f"as it should be: {path}")
    for note in report.notes:
        write(note)


def _done_to(path: str, report: InstallReport) -> str:
    verb = {"install": "written", "uninstall": "put back"}[report.action]
    if report.dry_run:
        return f"would be {verb}"
    return verb if Path(path).exists() else "removed"
