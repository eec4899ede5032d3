"""Whose session a git hook runs in.

The table holds what was seen in the environment of a real hook: Claude Code 2.1.329
sets `CLAUDE_CODE_SESSION_ID` (the hooks' `session_id`), `CLAUDECODE=1` and `AI_AGENT`
for every command of its shell tool, a subagent's too, and git hands them on. Codex CLI
0.169.0 sets `CODEX_SESSION_ID` likewise (and `CODEX_THREAD_ID`, a subagent's own). Our
plugin in OpenCode sets `OPENCODE_SESSION_ID` there, OpenCode 1.18.33 itself nothing.
Copilot CLI 1.0.102 sets `COPILOT_AGENT_SESSION_ID`, for a subagent to an id that it
tells no hook; such a commit makes a session of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hookwright.core.api import sha256
from hookwright.hookspecs import Agent

AGENT_HOST = "git"
#: Variable that holds the session's id, to the agent host that sets it.
SESSION_VARIABLES: Mapping[str, str] = {
    "CLAUDE_CODE_SESSION_ID": "claude-code",
    "CODEX_SESSION_ID": "codex",
    "OPENCODE_SESSION_ID": "opencode",
    "COPILOT_AGENT_SESSION_ID": "copilot",
}
_NOBODY = "unknown"


class Actor(NamedTuple):
    """Who did it, and in which session."""

    agent_host: str
    session_id: str
    agent: Agent


def find_actor(
    environment: Mapping[str, Any], person: str, worktree: str, time: datetime
) -> Actor:
    """Return the agent session that the environment names, else the person.

    A person's commits of one day in one work tree make one session.
    """
    for variable, agent_host in SESSION_VARIABLES.items():
        session = environment.get(variable)
        if isinstance(session, str) and session:
            agent = Agent(id=f"{agent_host}/main", name="main")
            return Actor(agent_host, session, agent)
    name = person.strip() or _NOBODY
    place = sha256(worktree.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    day = time.astimezone(UTC).strftime("%Y%m%d")
    return Actor(
        agent_host=AGENT_HOST,
        session_id=f"git-{place}-{day}",
        agent=Agent(id=f"{AGENT_HOST}/{name}", name=name),
    )
