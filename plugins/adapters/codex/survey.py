"""What is to be found of Codex and of our part in it, for `hookwright doctor`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hookwright.hookspecs import HostFinding, InstallRequest, Scope

from ..wire.programs import read_settings, version_of
from .config_file import read_config, server_of
from .hook_entries import commands_of, trusted_hashes
from .names import AGENT_HOST
from .places import Places

_AGAIN = "run hookwright install codex again"


def find(request: InstallRequest) -> HostFinding:
    """Return which Codex runs here, where Hookwright is in it, and if it may run."""
    version = version_of("codex", request.environment)
    places: list[str] = []
    problems: list[str] = []
    distrust: list[str] = []
    scopes: tuple[Scope, ...] = ("project", "user")
    for scope in scopes:
        try:
            place = Places.of(replace(request, scope=scope))
        except ValueError:
            continue  # a person's home is no project
        try:
            content = read_settings(place.hooks)
            commands = commands_of(content) if content is not None else []
        except ValueError as error:
            problems.append(f"{place.hooks}: {error}")
            continue
        if commands:
            places.append(f"{scope} ({place.hooks})")
            problems += _gone(place.hooks, commands)
            distrust += _distrust(place, content)
    if len(places) > 1:
        problems.append(
            "Codex runs both the project's hooks and the user's, so everything is told "
            "twice; run hookwright uninstall codex --project"
        )
    problems += _server_problems(request)
    problems += _switches(request)
    return HostFinding(
        AGENT_HOST,
        found=version is not None,
        version=version or None,
        installed=tuple(places),
        problems=(*problems, *distrust),
        next_step=_next_step(version, bool(places), distrust),
        trusted=not distrust if places else None,
    )


def _next_step(version: str | None, installed: bool, distrust: list[str]) -> str:
    if version is None:
        return ""
    if not installed:
        return "Run hookwright install codex in the project."
    return "Codex skips hooks it does not trust without a word." if distrust else ""


def _gone(path: Path, commands: list[str]) -> Iterator[str]:
    for command in commands:
        if shutil.which(command) is None:
            yield f"{path} runs {command}, which does not exist; install again"


def _distrust(place: Places, content: bytes | None) -> Iterator[str]:
    """Yield why Codex would not run our hooks."""
    if place.request.scope == "project" and not place.trusts_project():
        yield (
            f"Codex does not trust {place.project[0]} and reads none of its files; "
            "start codex there and say that you trust it"
        )
    try:
        states = place.states()
    except ValueError:
        states = {}  # what is wrong with it is said of the file
    hashes = trusted_hashes(str(place.hooks), content)
    old = [
        name
        for name, value in hashes.items()
        if states.get(name, {}).get("trusted_hash") != value
    ]
    off = [name for name in hashes if states.get(name, {}).get("enabled") is False]
    if old:
        yield (
            f"{len(old)} of {len(hashes)} hooks in {place.hooks} are untrusted: "
            f"{place.trust} holds no hash of them, or another; {_AGAIN}, or trust "
            "them with /hooks in Codex"
        )
    if off:
        yield (
            f"{len(off)} of {len(hashes)} hooks in {place.hooks} are switched off; "
            "switch them on with /hooks in Codex"
        )


def _server_problems(request: InstallRequest) -> Iterator[str]:
    scopes: tuple[Scope, ...] = ("project", "user")
    for scope in scopes:
        try:
            path = Places.of(replace(request, scope=scope)).servers
            server = server_of(read_config(read_settings(path)))
        except ValueError:
            continue  # said of the file already, or the place is not the project's
        command = None if server is None else server.get("command")
        if isinstance(command, str):
            yield from _gone(path, [command])


def _switches(request: InstallRequest) -> Iterator[str]:
    path = Places.of(replace(request, scope="user")).trust
    try:
        config = read_config(read_settings(path))
    except ValueError as error:
        yield f"{path}: {error}"
        return
    features = config.get("features")
    if isinstance(features, dict) and features.get("hooks") is False:
        yield f"{path} has features.hooks = false; remove it"
