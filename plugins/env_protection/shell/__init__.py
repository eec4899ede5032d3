"""Follow a shell command line without running it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..access import Doubt, Findings, Reading, World
from ..words import UNKNOWN

if TYPE_CHECKING:
    from .starting import Run

__all__ = ["read_command"]

#: A longer command line is not followed.
LONGEST_COMMAND = 64 * 1024
#: What the host's own redaction leaves of a secret value.
_REDACTED = re.compile(r"\[REDACTED:[A-Za-z0-9_.-]{1,64}:[0-9a-f]{8}\]")


def read_command(
    command: str,
    cwd: str,
    world: World,
    *,
    run: Run | None = None,
    findings: Findings | None = None,
) -> Reading:
    """Return what a command line would do to files.

    :param cwd: where it would run, absolute.
    :param run: reads what a program does; `programs.run` when it is left out.
    :param findings: where findings and steps are kept, for who wants to see them.
    """
    # Imported with the first command that is judged, not with the daemon.
    from .evaluate import Follower
    from .expand import ExhaustedError
    from .overlay import Overlay
    from .state import State

    if run is None:
        from ..programs import run as programs_run

        run = programs_run
    found = Findings() if findings is None else findings
    if len(command) > LONGEST_COMMAND:
        return Reading((), (Doubt(command[:77] + "...", "it is too long"),))
    text = _REDACTED.sub(UNKNOWN, command).replace("\0", "")
    follower = Follower(Overlay(world), found, State((cwd,)), run)
    try:
        follower.follow(text)
    except ExhaustedError:
        found.step(0)  # it has said so
    except RecursionError:
        found.doubt("the whole command", "it nests too deep")
    return found.reading()
