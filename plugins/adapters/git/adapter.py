"""The adapter: git's hooks to Commit, Push, and a call that can be refused."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from hookwright.core.api import git_dir_of, locate_project
from hookwright.hookspecs import (
    Answer,
    Commit,
    Decision,
    Delivery,
    Event,
    GateKind,
    Project,
    Push,
    PushRef,
    ToolBefore,
    ToolCall,
)

from ..wire.git_files import (
    ReflogLine,
    as_hash,
    last_reflog_line,
    read_head,
    reflog_line_of,
)
from ..wire.git_show import complete_commit
from .script import REFUSED
from .sessions import AGENT_HOST, SESSION_VARIABLES, find_actor

#: What the commit about to be made is called as a tool call; guards know it by this.
PRE_COMMIT = "git pre-commit"
#: Names another index than the work tree's own, as for `git commit FILE`.
_INDEX = "GIT_INDEX_FILE"
_CURE = (
    "hookwright: the commit is refused. A person who knows better runs "
    "git commit --no-verify.\n"
)
#: A user, and maybe a password, in an address.
_USER = re.compile(r"(?<=://)[^/@]*@")


class GitAdapter:
    """Understands pre-commit, post-commit and pre-push; others mean nothing to it."""

    agent_host: str = AGENT_HOST
    input_format: Literal["json", "text"] = "text"
    environment: Sequence[str] = (
        "GIT_DIR",
        "GIT_AUTHOR_NAME",
        _INDEX,
        *SESSION_VARIABLES,
    )
    #: A commit, before it is made. A push is only told of.
    refusable_events: Mapping[str, GateKind] = MappingProxyType(
        {"pre-commit": "tool_before"}
    )

    def refusable(self, delivery: Delivery) -> bool:
        """Return whether git waits for our answer."""
        return _words(delivery)[:1] == ["pre-commit"]

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Return the commit or the push.

        :raises ValueError: arguments or standard input are malformed.
        """
        words = _words(delivery)
        if "\0" in delivery.cwd:
            raise ValueError("cwd holds a NUL character")
        match words:
            case ["pre-commit", *_]:
                return [_read_staged(delivery)]
            case ["post-commit", *rest]:
                return [_read_commit(delivery, rest)]
            case ["pre-push", *rest]:
                return [_read_push(delivery, rest)]
            case _:
                return ()

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return the events with what `git show` knows of the commits.

        A commit whose hash neither git's files nor git can tell is left out.
        """
        completed = (
            complete_commit(event) if isinstance(event, Commit) else event
            for event in events
        )
        return [event for event in completed if event is not None]

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        """Return the reason and the exit code of a refusal, else silence and success.

        git cannot ask anybody, so what a person has to decide is refused too.
        """
        if not (decision.refuses and self.refusable(delivery)):
            return Answer()
        reason = decision.reason.strip()
        return Answer(stderr=f"{reason}\n{_CURE}", exit_code=REFUSED)


def _words(delivery: Delivery) -> list[str]:
    return [word for word in delivery.arguments if word != "--observe"]


def _read_staged(delivery: Delivery) -> ToolBefore:
    """Return the commit that is about to be made, as a call of a tool."""
    project = locate_project(delivery.cwd)
    line = last_reflog_line(_git_dir(delivery, project))
    author = _author(delivery, line)
    index = delivery.environment.get(_INDEX)
    named = index if isinstance(index, str) and "\0" not in index else ""
    given = {"index": os.path.join(delivery.cwd, named)} if named else {}
    call = ToolCall(id=delivery.id, tool="other", native_name=PRE_COMMIT, input=given)
    return ToolBefore(**_fields(delivery, project, "pre-commit", author), call=call)


def _read_commit(delivery: Delivery, words: list[str]) -> Commit:
    """Return the commit that the hook names, or else the one HEAD stands at.

    The message may be read long after the hook ran, so what the hook itself saw
    (`HASH BRANCH`) comes first.
    """
    project = locate_project(delivery.cwd)
    git_dir = _git_dir(delivery, project)
    told = as_hash(words[0]) if words else ""
    head = read_head(git_dir, project.git_dir or git_dir)
    if told:
        line = reflog_line_of(git_dir, told)
    else:
        line = last_reflog_line(git_dir)
        # Another process may have moved HEAD since: then the reflog's last line is
        # not this commit's either, and git is asked about the hash that HEAD has.
        if line is not None and head.hash and line.new != head.hash:
            line = None
    branch = words[1] if len(words) > 1 and words[1] != "HEAD" else head.branch
    author = _author(delivery, line)
    return Commit(
        **_fields(delivery, project, "post-commit", author),
        hash=told or (line.new if line else head.hash),
        branch=branch,
        subject=line.subject if line else "",
        author=author,
        action=line.action if line else "commit",
        replaces=line.old if line and line.action == "amend" else "",
    )


def _read_push(delivery: Delivery, words: list[str]) -> Push:
    if not words or not words[0]:
        raise ValueError("pre-push: the remote's name is missing from the arguments")
    project = locate_project(delivery.cwd)
    line = last_reflog_line(_git_dir(delivery, project))
    return Push(
        **_fields(delivery, project, "pre-push", line.person if line else ""),
        remote=_USER.sub("", words[0]),
        url=_USER.sub("", words[1]) if len(words) > 1 else "",
        refs=_read_refs(delivery.payload),
    )


def _read_refs(text: object) -> tuple[PushRef, ...]:
    if text is None:
        return ()
    if not isinstance(text, str):
        raise ValueError("pre-push: standard input is not text")
    refs = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split()
        if not parts:
            continue
        if len(parts) != 4:
            raise ValueError(
                f"pre-push: standard input, line {number}: {len(parts)} words, "
                "expected 4 (local ref, local hash, remote ref, remote hash)"
            )
        refs.append(
            PushRef(
                local_ref=parts[0],
                local_hash=parts[1],
                remote_ref=parts[2],
                remote_hash=parts[3],
            )
        )
    return tuple(refs)


def _git_dir(delivery: Delivery, project: Project) -> str:
    """Return the work tree's own git directory; git names an unusual one."""
    found = git_dir_of(project.worktree)
    if found is not None:
        return found
    named = delivery.environment.get("GIT_DIR")
    return os.path.join(delivery.cwd, named if isinstance(named, str) else ".git")


def _author(delivery: Delivery, line: ReflogLine | None) -> str:
    name = delivery.environment.get("GIT_AUTHOR_NAME")
    if isinstance(name, str) and name:
        return name
    return line.person if line else ""


def _fields(
    delivery: Delivery, project: Project, hook: str, person: str
) -> dict[str, Any]:
    actor = find_actor(delivery.environment, person, project.worktree, delivery.time)
    return {
        "id": f"{delivery.id}.0",
        "time": delivery.time,
        "agent_host": actor.agent_host,
        "host_event": hook,
        "session_id": actor.session_id,
        "project": project,
        "agent": actor.agent,
        "cwd": delivery.cwd,
    }
