"""`hookwright doctor`: what works, what does not, and what to do about it."""

from __future__ import annotations

import typer

from ..diagnosis import Finding, diagnose
from ..invocation import Invocation
from ..options import AsJson
from ..output import progress, write, write_json

_MARKS = {"ok": "ok     ", "note": "note   ", "broken": "BROKEN "}


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `doctor`."""

    @app.command()
    def doctor(as_json: AsJson = False) -> None:
        """Say what works, what does not, and what to do about it.

        It looks at directories, settings, store, daemon, plugins and agent hosts.
        Exits with 1 when something is broken.
        """
        with progress("Looking ..."):
            found = diagnose(invocation)
        broken = [finding for finding in found if finding.state == "broken"]
        if as_json or invocation.json:
            write_json({"ok": not broken, "findings": found})
        else:
            write(diagnosis_text(found))
        if broken:
            raise typer.Exit(1)


def diagnosis_text(found: list[Finding]) -> str:
    """Return the findings for a person: one line each, and what to do below."""
    lines = []
    for finding in found:
        lines.append(f"{_MARKS[finding.state]} {finding.subject}: {finding.text}")
        lines += [f"          {finding.cure}"] if finding.cure else []
    broken = sum(finding.state == "broken" for finding in found)
    lines.append("")
    lines.append(f"{broken} broken." if broken else "Nothing is broken.")
    return "\n".join(lines)
