"""Install and uninstall: plan all, record all, then edit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from hookwright.hookspecs import Installer, InstallPlan, InstallRequest

from ...errors import InstallError
from ..failures import redacted
from . import change, restore
from .disk import clear_leftovers, find, remove_empty
from .manifest import InstalledFile, Manifest, load, locked, manifest_path, place_of
from .manifest import save as save_manifest
from .ours import stripper


class InstallReport(BaseModel):
    """What an install or uninstall did, or would do."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    action: Literal["install", "uninstall"]
    dry_run: bool
    #: Agent hosts that were asked for and could be served.
    agent_hosts: tuple[str, ...] = ()
    #: Files written or removed.
    changed: tuple[str, ...] = ()
    #: Files that were as they should be already.
    unchanged: tuple[str, ...] = ()
    #: Unified diff of all changes.
    diff: str = ""
    #: What a person should know.
    notes: tuple[str, ...] = ()
    #: Agent hosts that could not be served, and why; the others were.
    failed: dict[str, str] = {}


@dataclass(frozen=True)
class _Work:
    """One agent host's part."""

    agent_host: str
    manifest_file: Path
    manifest: Manifest | None
    steps: Sequence[change.Change | restore.Restoration]
    notes: tuple[str, ...]


def install(
    installers: Sequence[Installer],
    request: InstallRequest,
    *,
    optional: Collection[str] = (),
    dry_run: bool = False,
) -> InstallReport:
    """Install into the agent hosts, all planned before the first edit.

    :param optional: agent hosts that may refuse (git outside a repository): their
        reason becomes a note. One that has no such scope is passed over.
    :raises InstallError: an agent host refuses, or a file cannot be written.
    """
    chosen, notes = [], []
    for installer in _with_scope(installers, request, optional):
        try:
            chosen.append((installer, _plan(installer, request)))
        except InstallError as error:
            if installer.agent_host not in optional:
                raise
            notes.append(f"{installer.agent_host}: {error}")

    def work() -> list[_Work]:
        return [_to_install(one, plan, request) for one, plan in chosen]

    return _run("install", work, request, notes, dry_run)


def uninstall(
    installers: Sequence[Installer],
    request: InstallRequest,
    *,
    optional: Collection[str] = (),
    dry_run: bool = False,
) -> InstallReport:
    """Put back what was there before, byte for byte where nobody touched it since.

    Without a manifest (the data directory is gone) our part is taken out of the files
    that an install would write.

    :param optional: as in `install`.
    :raises InstallError: a file cannot be read or written.
    """

    def work() -> list[_Work]:
        chosen = _with_scope(installers, request, optional)
        return [_to_uninstall(one, request, optional) for one in chosen]

    return _run("uninstall", work, request, [], dry_run)


def _with_scope(
    installers: Sequence[Installer], request: InstallRequest, optional: Collection[str]
) -> list[Installer]:
    chosen = []
    for installer in installers:
        if request.scope in installer.scopes:
            chosen.append(installer)
        elif installer.agent_host not in optional:
            accepted = ", ".join(installer.scopes)
            raise InstallError(
                f"{installer.agent_host} cannot be installed with scope "
                f"{request.scope!r}; accepted: {accepted}"
            )
    return chosen


def _plan(installer: Installer, request: InstallRequest) -> InstallPlan:
    try:
        return installer.plan(request)
    except (ValueError, OSError) as error:
        raise InstallError(str(error)) from error


def _to_install(
    installer: Installer, plan: InstallPlan, request: InstallRequest
) -> _Work:
    file = manifest_path(installer.agent_host, request)
    known = load(file)
    strip = stripper(installer, request)
    steps = [
        change.prepare(strip, edit, known.file(edit.path) if known else None)
        for edit in plan.edits
    ]
    records = {record.path: record for record in (known.files if known else ())}
    records |= {step.record.path: step.record for step in steps}
    manifest = Manifest(
        agent_host=installer.agent_host,
        scope=request.scope,
        directory=place_of(request),
        version=request.version,
        files=tuple(records.values()),
    )
    if known and known.files == manifest.files:
        manifest = known
    kept = manifest if manifest.files else None
    return _Work(installer.agent_host, file, kept, steps, plan.notes)


def _to_uninstall(
    installer: Installer, request: InstallRequest, optional: Collection[str]
) -> _Work:
    file = manifest_path(installer.agent_host, request)
    manifest = load(file)
    notes: tuple[str, ...] = ()
    records = manifest.files if manifest else ()
    if manifest is None:
        try:
            records = _assumed(_plan(installer, request))
        except InstallError as error:
            if installer.agent_host not in optional:
                raise
            notes = (f"{installer.agent_host}: {error}",)
    strip = stripper(installer, request)
    steps = [restore.prepare(strip, record) for record in reversed(records)]
    notes += tuple(step.note for step in steps if step.note)
    if manifest is None and not any(step.is_change for step in steps):
        notes += (f"{installer.agent_host}: nothing of Hookwright's is installed.",)
    return _Work(installer.agent_host, file, manifest, steps, notes)


def _assumed(plan: InstallPlan) -> tuple[InstalledFile, ...]:
    """Return records that lead to `Installer.strip` for each file of a plan."""
    return tuple(
        InstalledFile(
            path=str(edit.path),
            sha256="",
            mode=edit.mode,
            moved_to=None if edit.moved_to is None else str(edit.moved_to),
        )
        for edit in plan.edits
    )


def _run(
    action: Literal["install", "uninstall"],
    work: Callable[[], list[_Work]],
    request: InstallRequest,
    notes: list[str],
    dry_run: bool,
) -> InstallReport:
    if dry_run:
        return _report(action, work(), notes, dry_run)
    with locked(request.data_dir):
        parts = work()
        try:
            for part in parts:
                _apply(action, part)
        except OSError as error:
            raise InstallError(
                f"{error.filename}: {error.strerror}; run the command again, or "
                "hookwright uninstall to go back"
            ) from error
    return _report(action, parts, notes, dry_run)


def _apply(action: Literal["install", "uninstall"], part: _Work) -> None:
    if action == "install" and part.manifest is not None:
        _record(part.manifest_file, part.manifest)
    for step in part.steps:
        clear_leftovers(step.path)
        if step.is_change:
            _check_unchanged(step)
            step.apply()
    if action == "uninstall":
        _remove_directories(part.manifest)
        clear_leftovers(part.manifest_file)
        part.manifest_file.unlink(missing_ok=True)


def _check_unchanged(step: change.Change | restore.Restoration) -> None:
    # Agent hosts that run write some of these files too: nothing of theirs is undone.
    if find(step.path) != step.before:
        raise InstallError(
            f"{step.path} was changed at this moment; run the command again"
        )


def _record(path: Path, manifest: Manifest) -> None:
    # An install that changes nothing leaves the manifest as it is, too.
    if manifest != load(path):
        save_manifest(path, manifest)


def _remove_directories(manifest: Manifest | None) -> None:
    for record in manifest.files if manifest else ():
        remove_empty([Path(folder) for folder in record.made_directories])


def _report(
    action: Literal["install", "uninstall"],
    parts: Sequence[_Work],
    notes: list[str],
    dry_run: bool,
) -> InstallReport:
    steps = [step for part in parts for step in part.steps]
    return InstallReport(
        action=action,
        dry_run=dry_run,
        agent_hosts=tuple(part.agent_host for part in parts),
        changed=tuple(str(step.path) for step in steps if step.is_change),
        unchanged=tuple(str(step.path) for step in steps if not step.is_change),
        # A settings file can hold tokens, ours of the HTTP door among them.
        diff=redacted("".join(step.diff() for step in steps)),
        notes=(*(note for part in parts for note in part.notes), *notes),
    )
