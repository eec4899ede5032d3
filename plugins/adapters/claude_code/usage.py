"""Which transcripts belong to a session, and which model calls were counted."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hookwright.hookspecs import Agent, Event, UsageReported

from .messages import agent_of
from .names import AGENT_HOST
from .transcript import ModelCall, Transcript, storable

_MAX_SESSIONS = 256
#: Names of counted calls kept in memory; a call's event id is the same for ever, so
#: that one counted again after a restart is known by it.
_MAX_COUNTED = 50_000
_MAX_SUBAGENTS = 1_000
_MAX_META = 64 * 2**10
_SUFFIX = ".jsonl"
_SUBAGENT = "agent-"


@dataclass
class _Session:
    main: Path | None = None
    #: Subagents' transcripts that Claude Code named, wherever they are.
    named: set[Path] = field(default_factory=set)
    transcripts: dict[Path, Transcript] = field(default_factory=dict)


class UsageReader:
    """Reports each model call once. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._counted: OrderedDict[str, None] = OrderedDict()

    def note(self, session_id: str, transcript: str, agent_transcript: str) -> None:
        """Remember where the session's transcripts are; "" means not told."""
        with self._lock:
            session = self._sessions.setdefault(session_id, _Session())
            self._sessions.move_to_end(session_id)
            if transcript.endswith(_SUFFIX):
                session.main = Path(transcript)
            if agent_transcript.endswith(_SUFFIX):
                session.named.add(Path(agent_transcript))
            while len(self._sessions) > _MAX_SESSIONS:
                self._sessions.popitem(last=False)

    def read(self, event: Event, *, ended: bool) -> list[UsageReported]:
        """Return the model calls of the event's session that are new."""
        with self._lock:
            session = self._sessions.get(event.session_id)
            if session is None:
                return []
            return [
                _report(call, agent, event)
                for path, agent in _files(session, event)
                for call in _transcript(session, path).read(ended=ended)
                if self._is_new(call)
            ]

    def _is_new(self, call: ModelCall) -> bool:
        if call.message_id in self._counted:
            return False
        self._counted[call.message_id] = None
        if len(self._counted) > _MAX_COUNTED:
            self._counted.popitem(last=False)
        return True


def _transcript(session: _Session, path: Path) -> Transcript:
    return session.transcripts.setdefault(path, Transcript(path))


def _files(session: _Session, event: Event) -> Iterator[tuple[Path, Agent]]:
    if session.main is None:
        found = set(session.named)
    else:
        yield session.main, agent_of("", "")
        folder = session.main.with_suffix("") / "subagents"
        found = session.named | set(_listed(folder))
    for path in sorted(found)[:_MAX_SUBAGENTS]:
        yield path, _subagent(path, event)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.glob(f"{_SUBAGENT}*{_SUFFIX}"))
    except (OSError, ValueError):
        return []


def _subagent(path: Path, event: Event) -> Agent:
    instance = path.stem.removeprefix(_SUBAGENT)
    if event.agent.instance == instance:
        return event.agent
    return agent_of(_type_in_meta(path.with_suffix(".meta.json")), instance)


def _type_in_meta(path: Path) -> str:
    """Return the subagent's type from the file Claude Code keeps beside it, or ""."""
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(_MAX_META))
    except (OSError, ValueError, RecursionError):
        return ""
    name = value.get("agentType") if isinstance(value, dict) else None
    return storable(name) if isinstance(name, str) else ""


def _report(call: ModelCall, agent: Agent, event: Event) -> UsageReported:
    return UsageReported(
        id=f"{AGENT_HOST}.usage.{call.message_id}",
        time=event.time,
        agent_host=AGENT_HOST,
        host_event=event.host_event,
        session_id=event.session_id,
        project=event.project,
        agent=agent,
        cwd=event.cwd,
        model=call.model,
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cache_read_tokens=call.cache_read_tokens,
        cache_write_tokens=call.cache_write_tokens,
        message_id=call.message_id,
    )
