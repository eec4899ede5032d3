"""What one session's messages do not tell, kept while it goes on.

Gemini CLI gives a tool call no id, and a subagent's calls come like the main agent's.
So a call's result is matched with its announcement by what it calls, and the calls
that come while one `invoke_agent` call is under way belong to its subagent.

What is known here ends with this process: results whose announcement another process
saw have ids of their own, and the calls of a subagent that was started before are
taken for the main agent's.
"""

from __future__ import annotations

import functools
import json
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hookwright.core.api import sha256
from hookwright.hookspecs import Agent, thaw

from ..wire.reflog import Mark
from .names import AGENT_HOST, MAIN_AGENT

_MAX_SESSIONS = 256
_MAX_CALLS = 4_096
_MAX_SUBAGENTS = 256
#: Seconds within which the calls of one answer of the model are announced: an agent's
#: own calls beside its `invoke_agent`. A subagent's first takes a model request more.
_BATCH = 0.03
#: Seconds that clocks of files and of messages may differ.
_SLACK = 0.5

#: What is called: the tool's own name and its arguments, hashed.
Called = tuple[str, str]


@dataclass
class OpenCall:
    """One call that was announced and has not ended.

    :param mark: where the repository stood before it, for a shell command.
    :param rewritten: whether a plugin changed its input, so that its result names
        another one.
    :param contexts: texts that the model is to read with its result.
    """

    id: str
    called: Called
    agent: Agent
    mark: Mark | None = None
    rewritten: bool = False
    contexts: tuple[str, ...] = ()


@dataclass
class Subagent:
    """One `invoke_agent` call.

    :param started: when it was announced, in seconds since 1970, by the host's clock.
    :param announced: the delivery whose events told of its start, "" before.
    :param seen: whether Gemini CLI has written its chat file.
    """

    agent: Agent
    prompt: str
    started: float
    announced: str = ""
    seen: bool = False
    ended: bool = False


@dataclass
class Session:
    """What is known of one session."""

    prompt_id: str = ""
    transcript: str = ""
    calls: OrderedDict[str, OpenCall] = field(default_factory=OrderedDict)
    #: Ended calls by what ended and when, for a message that comes twice.
    ended: OrderedDict[tuple[Called, str], OpenCall] = field(
        default_factory=OrderedDict
    )
    subagents: OrderedDict[str, Subagent] = field(default_factory=OrderedDict)

    def open(self, call: OpenCall) -> None:
        """Note a call's announcement; again changes nothing."""
        self.calls.setdefault(call.id, call)
        _shorten(self.calls, _MAX_CALLS)

    def close(self, called: Called, when: str) -> OpenCall | None:
        """Return the call that ended, or None when nobody saw its announcement.

        :param when: the result's own time, which tells it from a later one.
        """
        known = self.ended.get((called, when))
        if known is not None:
            return known
        found = next(
            filter(lambda call: call.called == called, self.calls.values()), None
        )
        if found is None:
            # A secret in a rewritten input reads otherwise by now: the oldest it is.
            alike = (
                call
                for call in self.calls.values()
                if call.rewritten and call.called[0] == called[0]
            )
            found = next(alike, None)
        if found is not None:
            del self.calls[found.id]
            self.ended[called, when] = found
            _shorten(self.ended, _MAX_CALLS)
        return found

    def start_subagent(self, name: str, subagent: Subagent) -> None:
        """Note that a call of that id asks for a subagent."""
        self.subagents.setdefault(name, subagent)
        _shorten(self.subagents, _MAX_SUBAGENTS)

    def refuse(self, name: str) -> None:
        """Forget a call that a plugin refused: no result of it will come."""
        self.calls.pop(name, None)
        self.subagents.pop(name, None)

    def running(self, session_id: str, when: float) -> Subagent | None:
        """Return the subagent that a call announced at that time belongs to.

        Of several the last that was started: Gemini CLI does not say which.
        """
        begun = [
            subagent
            for subagent in self.subagents.values()
            if not subagent.ended and when > subagent.started + _BATCH
        ]
        for subagent in reversed(begun):
            # A person or a rule may have refused it without a word to us.
            subagent.seen = subagent.seen or self._has_chat(session_id, subagent)
            if subagent.seen:
                return subagent
        return None

    def end_turn(self) -> None:
        """Forget what no result will come for any more."""
        self.calls.clear()
        for subagent in self.subagents.values():
            subagent.ended = True

    def _has_chat(self, session_id: str, subagent: Subagent) -> bool:
        """Return whether a subagent's chat file was written since it was asked for."""
        if not self.transcript:
            return True  # Gemini CLI keeps none, so nothing can be told from it.
        folder = os.path.join(os.path.dirname(self.transcript), session_id)
        try:
            with os.scandir(folder) as entries:
                return any(
                    entry.stat().st_mtime >= subagent.started - _SLACK
                    for entry in entries
                )
        except (OSError, ValueError):
            return False


class Sessions:
    """The sessions that go on. Hold `lock` while using one."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def of(self, session_id: str, transcript: str = "") -> Session:
        """Return the session of that id, a new one where it is not known."""
        session = self._sessions.setdefault(session_id, Session())
        self._sessions.move_to_end(session_id)
        if transcript:
            session.transcript = transcript
        _shorten(self._sessions, _MAX_SESSIONS)
        return session


@functools.cache
def main_agent() -> Agent:
    """Return the main agent; made when first asked for, which builds its model."""
    return Agent(id=f"{AGENT_HOST}/{MAIN_AGENT}", name=MAIN_AGENT)


def called(native: str, arguments: object) -> Called:
    """Return what tells one call from another of the same tool."""
    text = json.dumps(thaw(arguments), sort_keys=True, default=str)
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return native, digest[:16]


def call_id(what: Called, when: str) -> str:
    """Return the id we give a call: the same for each message that announces it."""
    return f"{what[0]}.{what[1]}.{when}"


def seconds(timestamp: str, default: datetime) -> float:
    """Return a message's time in seconds since 1970."""
    try:
        return datetime.fromisoformat(timestamp).timestamp()
    except (ValueError, OverflowError, OSError):
        return default.timestamp()


def subagent_of(name: str, instance: str) -> Agent:
    """Return the subagent of that name in one `invoke_agent` call."""
    known = name or "subagent"
    return Agent(id=f"{AGENT_HOST}/{known}", name=known, instance=instance)


def _shorten(found: OrderedDict[Any, Any], most: int) -> None:
    while len(found) > most:
        found.popitem(last=False)
