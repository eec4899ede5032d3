"""`hookwright doctor`: what works, what does not, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from ..diagnosis import Finding, diagnose
from ..hosts import HostState
from ..invocation import Invocation
from ..options import AsJson
from ..output import ago, progress, write, write_json, write_table

_MARKS = {"ok": "ok     ", "note": "note   ", "broken": "BROKEN "}
_COLUMNS = ("Agent host", "Version", "Installed", "Trusted", "Last event")


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `doctor`."""

    @app.command()
    def doctor(as_json: AsJson = False) -> None:
        """Say what works, what does not, and what to do about it.

        It looks at directories, settings, store, daemon, plugins and agent hosts: which
        are here, where Hookwright is in them, and when each was last heard of. Exits
        with 1 when something is broken.
        """
        with progress("Looking ..."):
            found = diagnose(invocation)
            hosts = _hosts(invocation, found)
        broken = [finding for finding in found if finding.state == "broken"]
        if as_json or invocation.json:
            write_json({"ok": not broken, "findings": found, "agent_hosts": hosts})
        else:
            write_diagnosis(found, hosts)
        if broken:
            raise typer.Exit(1)


def write_diagnosis(found: Sequence[Finding], hosts: Sequence[HostState]) -> None:
    """Write the findings for a person; what goes well with agent hosts is a table."""
    names = {host.agent_host for host in hosts}
    if others := [finding for finding in found if finding.subject not in names]:
        write(finding_lines(others))
    if hosts:
        write("")
        write_table(_COLUMNS, map(host_row, hosts))
    of_hosts = [finding for finding in found if finding.subject in names]
    if told := [each for each in of_hosts if each.cure or each.state == "broken"]:
        write("")
        write(finding_lines(told))
    write("")
    write(verdict(found))


def host_row(host: HostState) -> tuple[object, ...]:
    """Return one agent host as the table shows it."""
    version = host.version or "found" if host.found else "not found"
    seen = "-" if host.last_event is None else ago(host.last_event)
    return (
        host.agent_host,
        version,
        host.installed or "no",
        host.trusted,
        f"{seen} {host.last_event_name}".strip(),
    )


def diagnosis_text(found: Sequence[Finding]) -> str:
    """Return the findings for a person: one line each, and what to do below."""
    return f"{finding_lines(found)}\n\n{verdict(found)}"


def finding_lines(found: Sequence[Finding]) -> str:
    """Return one line for each finding, and what to do about it below."""
    lines = []
    for finding in found:
        lines.append(f"{_MARKS[finding.state]} {finding.subject}: {finding.text}")
        lines += [f"          {finding.cure}"] if finding.cure else []
    return "\n".join(lines)


def verdict(found: Sequence[Finding]) -> str:
    """Return the last line: whether anything is broken."""
    broken = sum(finding.state == "broken" for finding in found)
    return f"{broken} broken." if broken else "Nothing is broken."


def _hosts(invocation: Invocation, found: Sequence[Finding]) -> list[HostState]:
    """Return what the table shows; nothing where the look itself has failed."""
    looked = any(finding.subject == "agent hosts" for finding in found)
    return [] if looked else invocation.agent_hosts
