"""`hookwright install` and `hookwright uninstall`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from hookwright.hookspecs import HttpAccess, Installer, InstallRequest, Scope

from ...errors import InstallError, UnknownNameError
from ...service.http_access import find_access, make_access, release_access
from ..clients import Wanted, choose
from ..install import InstallReport, install, installed, uninstall
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
Http = Annotated[
    bool,
    typer.Option(
        "--http",
        help="Let agent hosts that can tell what is only recorded by HTTP, without a "
        "process for each event.",
    ),
]
Client = Annotated[
    Wanted,
    typer.Option(
        "--client",
        help="What hooks run: the native client, which starts faster, or the one in "
        "Python; auto takes the native one where it works.",
    ),
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
        http: Http = False,
        client: Client = "auto",
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        """Put Hookwright into agent hosts: their hooks then call it.

        Files that were there are kept; uninstall puts them back as they were.
        """
        installers = chosen(invocation, agent_hosts)
        request = request_for(invocation, installers, project, user, plugin_dir)
        if http:
            request = with_http(invocation, request, dry_run=dry_run)
        picked = choose(invocation.paths, client, dry_run=dry_run)
        report = install(
            installers,
            replace(request, client=picked.command),
            optional=optional(installers, agent_hosts),
            dry_run=dry_run,
        )
        report = report.model_copy(update={"notes": (*report.notes, *picked.notes)})
        if not dry_run:
            release_unused_door(invocation)
            prepare_answers(invocation)
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
        if not dry_run:
            release_unused_door(invocation)
        show_report(report, as_json=as_json or invocation.json)

    _ = uninstall_command


def prepare_answers(invocation: Invocation) -> None:
    """Write down what guards say when nobody can be asked, before the first event."""
    if not invocation.wants_own_settings:
        # Imported late: only an install needs it.
        from ...service.prepared import leave_answers

        leave_answers(invocation.paths, invocation.host())


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


def with_http(
    invocation: Invocation, request: InstallRequest, *, dry_run: bool
) -> InstallRequest:
    """Return the request with the HTTP door, which opens from now on.

    :raises InstallError: the door is switched off, or its files cannot be made.
    """
    service = invocation.settings.settings.service
    if service.http is False:
        raise InstallError("service.http is false; remove that setting, then try again")
    found = find_access(invocation.paths)
    if dry_run:
        return replace(
            request, http=found or HttpAccess("http://127.0.0.1:PORT", "...")
        )
    try:
        made = make_access(invocation.paths, service.http_port)
    except OSError as error:
        raise InstallError(f"{error.filename}: {error.strerror}") from error
    return replace(request, http=made)


def release_unused_door(invocation: Invocation) -> None:
    """Let the HTTP door close when no file that was installed names it."""
    found = find_access(invocation.paths)
    if found is None:
        return
    url = f"{found.url}/".encode()
    files = (file.path for one in installed(invocation.paths) for file in one.files)
    if not any(url in _content(Path(path)) for path in files):
        release_access(invocation.paths)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


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
