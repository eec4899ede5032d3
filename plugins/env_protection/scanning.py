"""Look through a work tree and Hookwright's own data for secrets."""

from __future__ import annotations

import os
from itertools import islice

from hookwright.core.api import (
    Finding,
    ToolError,
    find_paths,
    locate_project,
    project_secrets,
    scan_tree,
)
from hookwright.hookspecs import PluginContext

from .config import EnvProtectionConfig
from .disk import Disk
from .ignoring import Ignoring
from .names import folded_parts, names_for
from .views import FindingView, ScanView

_MOST = 500
_MOST_SKIPPED = 50
#: Keys of Hookwright's own, which are secrets and belong there.
_OWN_KEYS = frozenset({"redaction.key", "http.token"})


def scan(context: PluginContext, place: str, *, data: bool) -> ScanView:
    """Return where secrets are in a work tree's files and in the data directory.

    :raises ToolError: there is no such file or directory.
    """
    if not os.path.lexists(place):
        raise ToolError(f"there is no {place}; name a directory or a file")
    worktree = locate_project(place).worktree
    skipped: list[str] = []

    def tell(path: str, reason: str) -> None:
        if len(skipped) < _MOST_SKIPPED:
            skipped.append(f"{path}: {reason}")

    known = project_secrets(worktree)
    kept = _Kept(context, worktree)
    found = [
        _view(place, finding)
        for finding in islice(scan_tree(place, known=known, skipped=tell), _MOST * 4)
        if kept.is_of_interest(_path(place, finding))
    ]
    places = [place]
    if data and os.path.isdir(directory := str(find_paths().data)):
        places.append(directory)
        found += [
            _view(directory, finding)
            for finding in islice(
                scan_tree(directory, known=known, skipped=tell), _MOST * 4
            )
            if os.path.basename(finding.file) not in _OWN_KEYS
        ]
    return ScanView(
        places=tuple(places),
        findings=tuple(found[:_MOST]),
        skipped=tuple(skipped),
        more=len(found) > _MOST,
    )


class _Kept:
    """Tells the files where a secret does not belong.

    A protected file is where secrets are to be, and one that git ignores stays here.
    """

    def __init__(self, context: PluginContext, worktree: str) -> None:
        config = context.config(EnvProtectionConfig)
        home = os.path.expanduser("~")
        self._names = names_for(home, config.strict, config.protect, config.allow)
        self._ignoring = Ignoring(Disk(), worktree, home)

    def is_of_interest(self, path: str) -> bool:
        if self._names.rule_of(folded_parts(path)) is not None:
            return False
        return not self._ignoring.ignores(path)


def _path(place: str, finding: Finding) -> str:
    return place if os.path.isfile(place) else os.path.join(place, finding.file)


def _view(place: str, finding: Finding) -> FindingView:
    return FindingView(file=_path(place, finding), line=finding.line, rule=finding.rule)
