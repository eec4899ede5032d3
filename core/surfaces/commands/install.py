"""`hookwright install` and `hookwright uninstall`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from hookwright.hookspecs import HttpAccess, HttpInstaller, Installer

from ...errors import InstallError
from ...service.http_access import find_access, make_access, release_access
from ..choosing import Place, to_install, to_uninstall
from ..clients import Wanted, choose
from ..install import InstallReport, Job, install_each, installed, uninstall_each
from ..invocation import Invocation
from ..options import AsJson
from ..output import progress, warn, write, write_json

Hosts = Annotated[
    list[str] | None,
    typer.Argument(metavar="AGENT_HOST", help="claude-code, git, ..."),
]
InAll = Annotated[
    bool, typer.Option("--all", help="Install into every agent host that is found.")
]
OutOfAll = Annotated[
    bool, typer.Option("--all", help="Take it out of every agent host.")
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
Mcp = Annotated[
    bool,
    typer.Option(
        "--mcp/--no-mcp",
        help="Register the MCP server too, by which agents call the plugins' tools.",
    ),
]
NoStatusLine = Annotated[
    bool,
    typer.Option(
        "--no-status-line",
        help="Leave agent hosts' status lines alone. Without it they show Hookwright "
        "where you have chosen none.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the changes and make none.")
]


def add_install(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `install`."""

    @app.command("install")
    def install_command(
        agent_hosts: Hosts = None,
        every: InAll = False,
        project: Project = False,
        user: User = False,
        plugin_dir: PluginDir = None,
        http: Http = False,
        client: Client = "auto",
        no_status_line: NoStatusLine = False,
        mcp: Mcp = True,
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        """Put Hookwright into agent hosts: their hooks then call it.

        Files that were there are kept; uninstall puts them back as they were. What
        fails in one agent host does not stop the others. Exits with 1 when it fails in
        one that was named.
        """
        place = Place.of(project, user, plugin_dir)
        with progress("Looking for agent hosts ...") as tell:
            jobs = to_install(invocation, agent_hosts or [], place, every=every)
            access = door(invocation, jobs, asked=http, dry_run=dry_run)
            picked = choose(invocation.paths, client, dry_run=dry_run)
            server = None if mcp else ()
            jobs = [
                with_request(
                    job,
                    client=picked.command,
                    http=access if http or wants_door(job.installer) else None,
                    mcp=server,
                    status_line=not no_status_line,
                )
                for job in jobs
            ]
            report = install_each(
                jobs,
                dry_run=dry_run,
                tell=lambda name: tell(f"Installing into {name} ..."),
            )
        report = report.model_copy(update={"notes": (*report.notes, *picked.notes)})
        if not dry_run:
            release_unused_door(invocation)
            prepare_answers(invocation)
        finish(report, jobs, as_json=as_json or invocation.json)

    _ = install_command


def add_uninstall(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `uninstall`."""

    @app.command("uninstall")
    def uninstall_command(
        agent_hosts: Hosts = None,
        every: OutOfAll = False,
        project: Project = False,
        user: User = False,
        plugin_dir: PluginDir = None,
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        """Take Hookwright out of agent hosts again, to the byte.

        What was recorded stays in the data directory; remove it yourself if you wish.
        """
        place = Place.of(project, user, plugin_dir)
        with progress("Looking for what is installed ...") as tell:
            jobs = to_uninstall(invocation, agent_hosts or [], place, every=every)
            report = uninstall_each(
                jobs,
                dry_run=dry_run,
                tell=lambda name: tell(f"Taking it out of {name} ..."),
            )
        if not dry_run:
            release_unused_door(invocation)
            if every:
                report = with_elsewhere(report, invocation)
        finish(report, jobs, as_json=as_json or invocation.json)

    _ = uninstall_command


def prepare_answers(invocation: Invocation) -> None:
    """Write down what guards say when nobody can be asked, before the first event."""
    if not invocation.wants_own_settings:
        # Imported late: only an install needs it.
        from ...service.prepared import leave_answers

        leave_answers(invocation.paths, invocation.host())


def with_request(job: Job, **changes: Any) -> Job:
    """Return the job with another request; None changes nothing."""
    given = {name: value for name, value in changes.items() if value is not None}
    return replace(job, request=replace(job.request, **given))


def with_elsewhere(report: InstallReport, invocation: Invocation) -> InstallReport:
    """Return the report with a note on each place where Hookwright still is."""
    notes = tuple(
        f"{one.agent_host} in {one.directory} is still installed ({one.scope})."
        for one in installed(invocation.paths)
    )
    return report.model_copy(update={"notes": (*report.notes, *notes)})


def wants_door(installer: Installer) -> bool:
    """Return whether the agent host tells its events by HTTP, unasked for."""
    return isinstance(installer, HttpInstaller) and installer.wants_http


def door(
    invocation: Invocation, jobs: Sequence[Job], *, asked: bool, dry_run: bool
) -> HttpAccess | None:
    """Return the HTTP door, which opens from now on; None where nobody wants it.

    :param asked: whether the person asked for it.
    :raises InstallError: they did and it is switched off, or its files cannot be made.
    """
    if not asked and not any(wants_door(job.installer) for job in jobs):
        return None
    service = invocation.settings.settings.service
    if service.http is False and not asked:
        return None
    if service.http is False:
        raise InstallError("service.http is false; remove that setting, then try again")
    if dry_run:
        found = find_access(invocation.paths)
        return found or HttpAccess("http://127.0.0.1:PORT", "...")
    try:
        return make_access(invocation.paths, service.http_port)
    except OSError as error:
        raise InstallError(f"{error.filename}: {error.strerror}") from error


def release_unused_door(invocation: Invocation) -> None:
    """Let the HTTP door close when nothing that is installed uses it."""
    found = find_access(invocation.paths)
    known = invocation.host().installers.items()
    users = {name for name, installer in known if wants_door(installer)}
    if found is None or any(
        one.agent_host in users for one in installed(invocation.paths)
    ):
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


def finish(report: InstallReport, jobs: Sequence[Job], *, as_json: bool) -> None:
    """Write the report and end the command.

    :raises typer.Exit: with 1 when it failed in an agent host that was named.
    """
    show_report(report, as_json=as_json)
    named = {job.installer.agent_host for job in jobs if job.named}
    if named & set(report.failed):
        raise typer.Exit(1)


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
    for name, why in report.failed.items():
        sys.stdout.flush()
        warn(f"{name}: not {report.action}ed: {why}")


def _done_to(path: str, report: InstallReport) -> str:
    verb = {"install": "written", "uninstall": "put back"}[report.action]
    if report.dry_run:
        return f"would be {verb}"
    return verb if Path(path).exists() else "removed"
