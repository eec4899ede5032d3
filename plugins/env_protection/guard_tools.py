"""The commands `hookwright guard test|log|explain|allow|scan`."""

from __future__ import annotations

import os
from pathlib import Path

from hookwright.core.api import ToolError, UnknownNameError, locate_project
from hookwright.hookspecs import PluginContext, Tool

from . import display
from .config import EnvProtectionConfig
from .guarding import judge_command
from .noticing import bad_commits
from .reasons import reason_for, shown
from .records import GUARD_EVENTS, GuardEvent, latest
from .steps import Step
from .views import AllowView, ScanView, StepView, TestView

_MOST = 500


def guard_tools() -> list[Tool]:
    """Return the tools."""
    return [
        Tool(
            guard_test,
            command=("guard", "test"),
            render=display.test,
            exit_code=lambda view: 0 if view.outcome == "allow" else 1,
        ),
        Tool(guard_log, command=("guard", "log"), render=display.log),
        Tool(guard_explain, command=("guard", "explain"), render=display.explained),
        Tool(
            guard_allow,
            command=("guard", "allow"),
            writes=True,
            person_only=True,
            render=display.allowed,
        ),
        Tool(
            guard_scan,
            command=("guard", "scan"),
            render=display.scan,
            exit_code=lambda view: 1 if view.findings else 0,
        ),
    ]


def guard_test(context: PluginContext, command: str, directory: str = "") -> TestView:
    """Say what the guard thinks of a shell command, step by step; nothing is run.

    Exit code: 0 allow, 1 ask or deny.

    :param command: the command line, in quotes.
    :param directory: where it would run.
    """
    where = os.path.abspath(directory or os.sep)
    project = locate_project(where)
    ruling = judge_command(
        command,
        context.config(EnvProtectionConfig),
        where,
        project.worktree,
        lambda: bad_commits(context, project.path),
    )
    return TestView(
        outcome=ruling.outcome,
        command=context.redact(command),
        directory=where,
        reason="" if ruling.outcome == "allow" else reason_for(ruling),
        steps=tuple(_view(step) for step in ruling.steps[:_MOST]),
    )


def guard_log(context: PluginContext, limit: int = 20) -> list[GuardEvent]:
    """List what the guard refused, asked about and noticed, newest first.

    :param limit: how many at most.
    """
    if not 1 <= limit <= _MOST:
        raise ToolError(f"limit is {limit}; accepted: 1 to {_MOST}")
    return latest(context, limit)


def guard_explain(context: PluginContext, event_id: str) -> GuardEvent:
    """Explain one refusal: the call, the rule, the steps.

    :param event_id: its id, or the beginning or end of it, as `guard log` shows it.
    """
    wanted = event_id.strip().upper()
    found = context.store.get(GUARD_EVENTS, wanted) if wanted else None
    if found is not None:
        return found
    near = [
        event
        for event in latest(context, _MOST)
        if wanted and (event.id.startswith(wanted) or event.id.endswith(wanted))
    ]
    if len(near) == 1:
        return near[0]
    if near:
        raise ToolError(
            f"{len(near)} events begin or end in {event_id}; give more of it"
        )
    raise UnknownNameError(
        f"there is no guard event {event_id!r}; hookwright guard log lists them"
    )


def guard_allow(context: PluginContext, pattern: str, reason: str = "") -> AllowView:
    """Exempt files from protection, in your own configuration file.

    :param pattern: a path or file pattern, such as `tests/certs/*.pem`.
    :param reason: why it is no secret; kept as a comment beside it.
    """
    from .allowing import allow

    view = allow(pattern, reason)
    context.log.info("%s is allowed: %s", view.pattern, view.reason)
    return view


def guard_scan(
    context: PluginContext, path: Path = Path(), data: bool = True
) -> ScanView:
    """Look for secrets in a work tree, and in what Hookwright itself has kept.

    Left out of a work tree are the protected files, and what git ignores. Exit code: 0
    where there are none, 1 where there are some.

    :param path: a directory or a file of the work tree, absolute.
    :param data: whether the data directory is looked through too.
    """
    from .scanning import scan

    if not path.is_absolute():
        raise ToolError(f"path is {str(path)!r}; name it from the root: /...")
    return scan(context, os.path.normpath(path), data=data)


def _view(step: Step) -> StepView:
    return StepView(
        outcome=step.outcome,
        what=shown(step.what),
        how=step.how,
        mode=step.mode,
        rule=step.rule,
        why=step.why,
    )
