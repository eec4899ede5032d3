"""`hookwright trust`: let a project's file set what only its user may set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import ConfigError
from ...paths import PROJECT_CONFIG_FILE
from ...settings import Trust
from ..invocation import Invocation
from ..options import AsJson
from ..output import write, write_json


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `trust`."""

    @app.command()
    def trust(
        file: Annotated[
            Path | None, typer.Argument(help="This project's file by default.")
        ] = None,
        revoke: Annotated[
            bool, typer.Option("--revoke", help="Trust it no longer.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        """Trust a project's configuration file, as it is now.

        A file that changes afterwards is no longer trusted. Read it first: a trusted
        file can switch guards off and move data.
        """
        path = invocation.cwd / (file or invocation.project / PROJECT_CONFIG_FILE)
        change_trust(invocation, path, revoke=revoke, as_json=as_json)


def change_trust(
    invocation: Invocation, path: Path, *, revoke: bool, as_json: bool
) -> None:
    """Trust a file or take the trust back, and say so.

    :raises ConfigError: an agent asks for trust.
    """
    if invocation.from_agent and not revoke:
        raise ConfigError(
            f"an agent cannot trust {path}: read the file, then run hookwright trust "
            "in a terminal of your own"
        )
    known = Trust(invocation.paths.data)
    if revoke:
        changed = known.revoke(path)
        text = "is no longer trusted" if changed else "was not trusted"
    else:
        known.add(path)
        text = "is trusted until it changes"
    if as_json or invocation.json:
        write_json({"file": str(path), "trusted": not revoke})
    else:
        write(f"{path} {text}.")
