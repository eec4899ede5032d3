"""Each agent host of this machine: is it here, does it run our hooks, does it speak?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hookwright.hookspecs import HostFinding

from ..paths import Paths
from ..service.http_access import find_access
from ..service.last_seen import Seen, last_seen
from .install import installed
from .survey import survey

if TYPE_CHECKING:
    from .invocation import Invocation

NOT_TRUSTED = "it does not run the hooks, because nobody has trusted them yet"


@dataclass(frozen=True)
class HostState:
    """What is known of one agent host.

    :param installed: where Hookwright is in it, for people.
    :param trusted: whether it runs our hooks, for one that must be told so.
    :param last_event: when it was last heard of; None: not lately.
    :param last_event_name: its own name of that event, or "".
    :param problems: what is wrong.
    :param gone: what was installed and is not there any more.
    :param next_step: what a person should do, or "".
    """

    agent_host: str
    found: bool
    version: str | None = None
    installed: tuple[str, ...] = ()
    trusted: bool | None = None
    last_event: datetime | None = None
    last_event_name: str = ""
    problems: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    next_step: str = ""


def host_states(invocation: Invocation) -> list[HostState]:
    """Look at every agent host that a plugin can install into, side by side."""
    request = invocation.request("project", invocation.project)
    request = replace(request, http=find_access(invocation.paths))
    installers = invocation.host().installers
    seen = last_seen(invocation.paths.logs, installers)
    gone = dict(_gone(invocation.paths))
    return [
        state_of(finding, seen.get(name), gone.get(name, ()))
        for name, finding in survey(installers, request).items()
    ]


def state_of(
    finding: HostFinding, seen: Seen | None, gone: tuple[str, ...] = ()
) -> HostState:
    """Return what a finding, the event log and the record of installs say together."""
    problems = list(finding.problems)
    untrusted = bool(finding.installed) and finding.trusted is False
    # Its own words, where it has some, say how to trust them as well.
    if untrusted and not any("trust" in problem for problem in problems):
        problems.append(NOT_TRUSTED)
    return HostState(
        agent_host=finding.agent_host,
        found=finding.found,
        version=finding.version,
        installed=finding.installed,
        trusted=finding.trusted,
        last_event=seen.time if seen else None,
        last_event_name=seen.name if seen else "",
        problems=tuple(problems),
        gone=gone,
        next_step=finding.next_step,
    )


def _gone(paths: Paths) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield agent hosts with the files that were installed and are not there."""
    found: dict[str, list[str]] = {}
    for manifest in installed(paths):
        for file in manifest.files:
            if file.sha256 is not None and not Path(file.path).exists():
                said = f"{file.path} was installed and is gone"
                found.setdefault(manifest.agent_host, []).append(said)
    yield from ((name, tuple(texts)) for name, texts in found.items())
