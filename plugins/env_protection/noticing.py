"""What is noticed without being stopped: pasted secrets, commits that took one in."""

from __future__ import annotations

import os
import re

from hookwright.hookspecs import Commit, PluginContext, PromptSubmit, Push

from .config import EnvProtectionConfig
from .names import folded_parts, names_for
from .records import GUARD_EVENTS, GuardEvent, keep
from .steps import Step

#: What redaction puts in a secret's place.
_TOKEN = re.compile(r"\[REDACTED:([a-z0-9-]{1,60}):[0-9a-f]{8}\]")
_MOST_FILES = 5
_HASH = 12
_MOST_COMMITS = 20


def pasted(prompt: str) -> tuple[str, ...]:
    """Return the kinds of secrets that were taken out of a prompt."""
    return tuple(dict.fromkeys(_TOKEN.findall(prompt)))


def note_prompt(event: PromptSubmit, context: PluginContext) -> str:
    """Keep a record of a prompt with a secret in it; return what to say of it."""
    kinds = pasted(event.prompt)
    if not kinds or event.source != "user":
        return ""
    told = f"a secret was pasted into a prompt ({', '.join(kinds)})"
    reason = (
        f"{told}. What Hookwright keeps of it is redacted, but the agent host and the "
        "model have read it: replace the secret."
    )
    context.log.warning("%s, session %s", told, event.session_id)
    keep(
        context,
        event,
        kind="prompt",
        outcome="report",
        call=event.prompt,
        reason=reason,
        rules=kinds,
    )
    return f"env_protection: {reason} Tell the user so, in one sentence, without it."


def note_commit(event: Commit, context: PluginContext) -> None:
    """Keep a record of a commit that took in a protected file."""
    config = context.config(EnvProtectionConfig)
    home = os.path.expanduser("~")
    names = names_for(home, config.strict, config.protect, config.allow)
    steps = []
    for file in event.files:
        path = os.path.join(event.project.worktree, file.path)
        rule = names.rule_of(folded_parts(path))
        # Of a file that was taken out, nothing was added.
        if rule is not None and file.added != 0 and _is_there(path):
            steps.append(Step("ask", file.path, "the commit holds it", "commit", rule))
    if not steps:
        return
    shown = ", ".join(step.what for step in steps[:_MOST_FILES])
    context.log.warning("commit %s holds %s", event.hash[:_HASH], shown)
    keep(
        context,
        event,
        kind="commit",
        outcome="report",
        call=f"{event.hash[:_HASH]} ({shown})",
        reason=f"the commit holds {shown}; take it out before it is pushed: "
        "git rm --cached FILE, then git commit --amend",
        steps=tuple(steps),
        commit=event.hash,
    )


def _is_there(path: str) -> bool:
    return os.path.lexists(path)


def note_push(event: Push, context: PluginContext) -> None:
    """Remember that commits were pushed: nobody asks about them any more."""
    for found in _unpushed(context, event.project.path):
        context.store.merge(GUARD_EVENTS, (found.id,), pushed=True)


def bad_commits(context: PluginContext, project: str) -> list[str]:
    """Return the project's commits with protected files that are not pushed yet."""
    return [found.call for found in _unpushed(context, project)]


def _unpushed(context: PluginContext, project: str) -> list[GuardEvent]:
    found = context.store.find(GUARD_EVENTS, "unpushed", project)
    return [event for _, event in zip(range(_MOST_COMMITS), found, strict=False)]
