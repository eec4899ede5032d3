"""What one session's messages do not tell, kept while it goes on.

Gemini CLI gives a tool call no id, and a subagent's calls come like the main agent's.
So a call's result is matched with its announcement by what it calls, and the calls
that come while one `invoke_agent` call is under way belong to its subagent.

Another process knows the calls of which one half was observed (`open_calls.py`); texts
for the model that were to come with a result, and where the repository stood before a
command, it does not.
"""

from __future__ import annotations

import functools
import json
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hookwright.core.api import sha256
from hookwright.hookspecs import Agent, thaw

from ..wire.call_ids import CallIds
from ..wire.reflog import Mark
from .names import AGENT_HOST, MAIN_AGENT

if TYPE_CHECKING:
    from .open_calls import OpenCall

#: The tool that starts a subagent.
AGENT_TOOL = "invoke_agent"
_MAX_SESSIONS = 256
_MAX_CALLS = 256
_MAX_SUBAGENTS = 256
#: Seconds within which the calls of one answer of the model are announced: an agent's
#: own calls beside its `invoke_agent`. A subagent's first takes a model request more.
_BATCH = 0.03
#: Stands for the delivery of another process.
_ELSEWHERE = "another process"
#: Seconds that clocks of files and of messages may differ.
_SLACK = 0.5


@dataclass
class KnownCall:
    """What is known of one call that was announced.

    :param native: the tool's own name.
    :param announced: when it was, in seconds since 1970, by the host's clock.
    :param mark: where the repository stood before it, for a shell command.
    :param rewritten: whether a plugin changed its input, so that its result names
        another one.
    :param contexts: texts that the model is to read with its result.
    """

    id: str
    native: str
    agent: Agent
    announced: float
    mark: Mark | None = None
    rewritten: bool = False
    contexts: tuple[str, ...] = ()


@dataclass
class Subagent:
    """One `invoke_agent` call.

    :param prompt: what it is asked, hashed.
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
    #: The calls of late, ended or not.
    calls: OrderedDict[str, KnownCall] = field(default_factory=OrderedDict)
    subagents: OrderedDict[str, Subagent] = field(default_factory=OrderedDict)

    def announce(self, call: KnownCall) -> None:
        """Note a call's announcement; again changes nothing."""
        self.calls.setdefault(call.id, call)
        _shorten(self.calls, _MAX_CALLS)

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

    def end_turn(self, when: float) -> list[KnownCall]:
        """Forget what no result will come for any more; return those calls.

        :param when: seconds since 1970. The message may be read late: what was
            announced after it goes on.
        """
        for subagent in self.subagents.values():
            if subagent.started < when:
                subagent.ended = True
        left = [call for call in self.calls.values() if call.announced < when]
        for call in left:
            del self.calls[call.id]
        return left

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
        self.ids = CallIds()
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def of(self, session_id: str, transcript: str = "") -> Session:
        """Return the session of that id, a new one where it is not known."""
        session = self._sessions.setdefault(session_id, Session())
        self._sessions.move_to_end(session_id)
        if transcript:
            session.transcript = transcript
        _shorten(self._sessions, _MAX_SESSIONS)
        return session

    def ended(self, session_id: str, native: str, key: str, stamp: str) -> str:
        """Return the id of a call whose result was told.

        :param native: the tool's own name.
        """
        if not self.ids.expects(key, stamp):
            # A secret in a rewritten input reads otherwise by now: the oldest it is.
            for call in self.of(session_id).calls.values():
                alike = call.rewritten and call.native == native
                if alike and self.ids.is_open(call.id):
                    self.ids.rewritten(call.id, key)
                    break
        return self.ids.after(key, stamp)

    def reopen(self, call: OpenCall) -> None:
        """Know a call of which another process saw one half."""
        self.ids.reopen(call.key, call.stamp, call.id, ended=call.ended)
        if call.ended:
            return
        session = self.of(call.session_id)
        made_by = subagent_of(call.agent, call.instance) if call.agent else main_agent()
        when = int(call.stamp) / 1000
        session.announce(KnownCall(call.id, call.native, made_by, when))
        if call.native == AGENT_TOOL:
            agent = subagent_of(call.asked, call.id)
            told = _ELSEWHERE if call.announced else ""
            subagent = Subagent(agent, call.prompt, when, told)
            session.start_subagent(call.id, subagent)

    def end_turn(self, session_id: str, when: float) -> None:
        """Expect no result of what was announced before that time."""
        for call in self.of(session_id).end_turn(when):
            self.ids.refused(call.id)


@functools.cache
def main_agent() -> Agent:
    """Return the main agent; made when first asked for, which builds its model."""
    return Agent(id=f"{AGENT_HOST}/{MAIN_AGENT}", name=MAIN_AGENT)


def call_key(session_id: str, native: str, arguments: object) -> str:
    """Return what is the same before and after a call, for `CallIds`."""
    told = json.dumps([session_id, thaw(arguments)], sort_keys=True, default=str)
    return f"{native}.{digest(told)}"


def digest(text: str) -> str:
    """Return what tells one text from another."""
    # A lone half of a surrogate pair cannot be encoded otherwise.
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


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
