"""Find what a caller named: an agent, a commit, a project, a session."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hookwright.core.api import ToolError, locate_project
from hookwright.hookspecs import Project, RecordStore, RecordType

from .models import AgentRecord, CommitRecord, SessionRecord
from .tables import COMMITS, SESSIONS

_SHORTEST_HASH = 4
_SHOWN = 5
_MOST = 1000


def agent_named(
    store: RecordStore, agents: RecordType[AgentRecord], agent_id: str
) -> AgentRecord:
    """Return the agent.

    :raises ToolError: there is none; the text lists names that are close.
    """
    found = store.get(agents, agent_id)
    if found is not None:
        return found
    names = [agent.id for agent in store.scan(agents)]
    if not names:
        raise ToolError(
            f"No agent {agent_id!r}: the ledger is empty. Agents enter it when they "
            "work, or by `hookwright agent create ID`."
        )
    close = _close(agent_id, names)
    hint = "Did you mean" if close else "There are"
    shown = ", ".join(close or names[:_SHOWN]) + ("?" if close else "")
    raise ToolError(f"No agent {agent_id!r}. {hint} {shown}")


def agent_here(
    store: RecordStore, agents: RecordType[AgentRecord], project: Project | None
) -> AgentRecord:
    """Return the agent that worked last in the project, or the only one there is.

    :raises ToolError: none can be told; the text says what to name.
    """
    everyone = list(store.scan(agents))
    here = [agent for agent in everyone if project and project.path in agent.projects]
    if here:
        return max(here, key=lambda agent: (agent.updated_at, agent.id))
    if len(everyone) == 1:
        return everyone[0]
    where = f"in {project.path}" if project else "in a project that was named"
    names = ", ".join(agent.id for agent in everyone[:_SHOWN])
    known = f"Name one: {names}." if names else "The ledger is empty."
    raise ToolError(f"No agent has worked {where} yet. {known}")


def commit_named(store: RecordStore, agent: AgentRecord, text: str) -> CommitRecord:
    """Return a commit of the agent: its newest for "", else by (abbreviated) hash.

    :raises ToolError: none, several, or another agent's.
    """
    own = list(store.find(COMMITS, "agent", agent.id))
    if not text:
        if not own:
            raise ToolError(f"{agent.id} has no commit in the ledger yet.")
        return max(own, key=lambda commit: (commit.timestamp, commit.commit_hash))
    wanted = text.strip().lower()
    if len(wanted) < _SHORTEST_HASH or set(wanted) - set("0123456789abcdef"):
        raise ToolError(
            f"{text!r} is no commit: give at least {_SHORTEST_HASH} hexadecimal "
            "digits of its hash."
        )
    found = {
        commit.commit_hash: commit
        for commit in sorted(own, key=lambda commit: commit.timestamp)
        if commit.commit_hash.startswith(wanted)
    }
    if len(found) == 1:
        return found.popitem()[1]
    if found:
        raise ToolError(
            f"{text} stands for {len(found)} commits of {agent.id}: "
            f"{', '.join(sorted(found)[:_SHOWN])}. Give more digits."
        )
    raise ToolError(_no_commit(store, agent, wanted))


def _no_commit(store: RecordStore, agent: AgentRecord, wanted: str) -> str:
    for commit in store.scan(COMMITS):
        if commit.commit_hash.startswith(wanted):
            return f"Commit {wanted} was made by {commit.agent_id}, not by {agent.id}."
    return f"No commit {wanted} is in the ledger; it keeps those made since install."


def session_named(store: RecordStore, text: str) -> SessionRecord:
    """Return a session by its id or the unique beginning of one.

    :raises ToolError: there is none, or several.
    """
    found = store.get(SESSIONS, text) if text else None
    if found is not None:
        return found
    some = [
        session
        for session in store.scan(SESSIONS)
        if text and session.session_id.startswith(text)
    ]
    if len(some) == 1:
        return some[0]
    if some:
        names = ", ".join(session.session_id for session in some[:_SHOWN])
        raise ToolError(f"{text} stands for {len(some)} sessions: {names}.")
    raise ToolError(f"No session {text!r}. `hookwright session list` names them.")


def project_at(project: Path | None, directory: str) -> Project | None:
    """Return the project that a caller means, or None when nothing was named.

    :param project: a path, which may be relative to directory.
    :param directory: the caller's working directory; the command line fills it in.
    :raises ToolError: a relative path, and no directory that it starts from.
    """
    if project is None:
        return locate_project(directory) if directory else None
    if not project.is_absolute() and not directory:
        raise ToolError(f"{project} is a relative path; give the project's whole path.")
    # A relative path is the caller's, and this process works elsewhere.
    return locate_project(str(Path(directory) / project))


def project_named(project: Path | None, directory: str) -> Project:
    """Return the project that a caller means.

    :raises ToolError: nothing was named.
    """
    found = project_at(project, directory)
    if found is None:
        raise ToolError("Name a project by its path.")
    return found


def _close(name: str, names: Iterable[str]) -> list[str]:
    full = {each.lower(): each for each in names}
    # People leave the agent host out: `main` is close to `claude-code/main`.
    ends = {each.rpartition("/")[2]: full[each] for each in full}
    wanted = name.lower()
    import difflib

    hits = difflib.get_close_matches(wanted, [*full, *ends], n=_SHOWN, cutoff=0.5)
    return list(dict.fromkeys(full.get(hit) or ends[hit] for hit in hits))


def checked_limit(limit: int) -> int:
    """Return how many are asked for.

    :raises ToolError: it is no number of things to show.
    """
    if not 1 <= limit <= _MOST:
        raise ToolError(f"limit is {limit}; accepted: 1 to {_MOST}.")
    return limit
