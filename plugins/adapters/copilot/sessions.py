"""What Copilot CLI tells in one message and leaves out of others.

A subagent's messages carry an id of its own in place of the session's, with its
parent's beside it. All of it is kept in memory alone: without it (a process without a
daemon) a subagent of a subagent counts as a session.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hookwright.hookspecs import Agent

from ..wire.payload import Payload
from .names import AGENT_HOST, HOME_VARIABLE, MAIN_AGENT
from .spelling import Spelling

_MAX_REMEMBERED = 4_096
_DEEPEST = 16
_TRANSCRIPT = "events.jsonl"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Sessions:
    """Remembers whose subagent is whose; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parents: OrderedDict[str, str] = OrderedDict()
        self._transcripts: OrderedDict[str, str] = OrderedDict()

    def session_of(self, payload: Payload, spelling: Spelling) -> str:
        """Return the id of the session that a message belongs to.

        :raises ValueError: a field is missing or of the wrong type.
        """
        told = payload.identifier(spelling("sessionId"))
        child = payload.text(spelling("agentId"), "")
        parent = payload.text(spelling("parentAgentId"), "")
        with self._lock:
            if child and parent and child != parent:
                _remember(self._parents, child, parent)
            session = told
            for _ in range(_DEEPEST):
                above = self._parents.get(session, session)
                if above == session:
                    break
                session = above
        return session

    def note_transcript(
        self,
        session: str,
        payload: Payload,
        spelling: Spelling,
        environment: Mapping[str, Any],
    ) -> None:
        """Remember where the session's transcript is: where a message says, or usual.

        :raises ValueError: a field is of the wrong type.
        """
        told = payload.text(spelling("transcriptPath"), "")
        if os.path.basename(told) != _TRANSCRIPT:
            if session in self._transcripts or not _PLAIN.fullmatch(session):
                return
            folder = home_of(environment) / "session-state" / session
            told = str(folder / _TRANSCRIPT)
        with self._lock:
            _remember(self._transcripts, session, told)

    def transcript_of(self, session: str) -> str:
        """Return the path of the session's transcript, "" where nobody knows it."""
        with self._lock:
            return self._transcripts.get(session, "")


def home_of(environment: Mapping[str, Any], home: Path | None = None) -> Path:
    """Return where Copilot CLI keeps its files.

    :param home: the user's home directory, when it is not this process's user's.
    """
    named = environment.get(HOME_VARIABLE)
    base = home or Path.home()
    if isinstance(named, str) and named.strip() and "\0" not in named:
        return base / named.strip()
    return base / ".copilot"


def agent_of(kind: str, instance: str) -> Agent:
    """Return the agent of that type; the main one when it has no instance."""
    name = kind or "subagent" if instance else MAIN_AGENT
    return Agent(id=f"{AGENT_HOST}/{name}", name=name, instance=instance)


def _remember(table: OrderedDict[str, str], key: str, value: str) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > _MAX_REMEMBERED:
        table.popitem(last=False)
