"""`.agent/status.json`: the standing of a project's agents, for other programs.

It is written at flush when `tracking.export_status` is on, and never read back.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from hookwright.hookspecs import FlushReport, PluginContext

from .ledger import Ledger
from .models import AgentRecord
from .results import AgentView
from .tables import SESSIONS

_FOLDER = ".agent"
_FILE = "status.json"


def export_status(context: PluginContext, ledger: Ledger, report: FlushReport) -> None:
    """Write the status of every project that the flush had something for."""
    touched = {key[0] for key in report.keys.get(ledger.agents.name, ())}
    targets = dict(_session_targets(context, report))
    agents = list(context.store.scan(ledger.agents))
    for agent in agents:
        if agent.id not in touched:
            continue
        # A person's grade or halt belongs to no session; it shows where a status
        # has been written before.
        for path in agent.projects:
            if path not in targets and Path(path, _FOLDER, _FILE).exists():
                targets[path] = path
    for worktree, project in targets.items():
        here = [agent for agent in agents if project in agent.projects]
        try:
            _write(Path(worktree), _content(context, project, here, ledger.rule.factor))
        except OSError as error:
            context.log.warning("status of %s not written: %s", worktree, error)


def _session_targets(
    context: PluginContext, report: FlushReport
) -> Iterable[tuple[str, str]]:
    for key in report.keys.get(SESSIONS.name, ()):
        session = context.store.get(SESSIONS, *key)
        if session is not None:
            yield session.worktree, session.project_path


def _content(
    context: PluginContext, project: str, agents: list[AgentRecord], factor: int
) -> bytes:
    views = (AgentView.of(agent, factor) for agent in agents)
    document = {
        "project": project,
        "written_at": context.now().isoformat(),
        "agents": [
            view.model_dump(mode="json", exclude={"projects"}) for view in views
        ],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _write(worktree: Path, content: bytes) -> None:
    if not worktree.is_dir():
        return
    folder = worktree / _FOLDER
    if folder.is_symlink():
        raise OSError(f"{folder} is a link; replace it by a directory")
    folder.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".status-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, folder / _FILE)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
