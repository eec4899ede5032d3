"""The tokens of each model call, from a session's transcript.

`events.jsonl` is JSON Lines. Rows of type `session.usage_record` hold `data.usage` with
`model`, `inputTokens`, `outputTokens`, `cacheReadTokens` and `cacheWriteTokens`; a
subagent's have `agentId`, which a row `subagent.started` names. The input counts hold
the cached ones (seen in 1.0.102 with both kinds of model providers). Copilot CLI writes
the file some way behind what it does, and `session.shutdown` last, after its hooks have
been told of the end. It is another program's file, so whatever does not look like that
is passed over.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hookwright.hookspecs import Agent, Event, UsageReported

from ..wire.growing_file import GrowingFile
from .names import AGENT_HOST
from .sessions import Sessions, agent_of

_MAX_SESSIONS = 256
#: More tokens than this is not a count.
_MAX_COUNT = 10**12
_USAGE = "session.usage_record"
_STARTED = "subagent.started"
_SHUTDOWN = "session.shutdown"
_TYPES = (_USAGE, _STARTED, _SHUTDOWN)
#: What a row that matters holds, so that others are not parsed.
_MARKS = tuple(map(str.encode, _TYPES))
#: Seconds in which the end of a session is written after we have been told of it, and
#: between two looks.
_PATIENCE = 3.0
_PAUSE = 0.05


@dataclass
class _Transcript:
    path: str
    file: GrowingFile
    #: Types of subagents by their id.
    kinds: dict[str, str] = field(default_factory=dict)
    #: When the session was last shut down, in seconds since 1970; it can be resumed.
    shut_down: float = 0.0


class UsageReader:
    """Reports each model call once. Safe to use from several threads.

    A call's event has the same id for ever, so that one read again after a restart is
    known by it.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lock = threading.Lock()
        self._transcripts: OrderedDict[str, _Transcript] = OrderedDict()

    def read(self, event: Event, *, ended: bool) -> list[UsageReported]:
        """Return the model calls of the event's session that are new.

        :param ended: nothing more will be written to the transcript.
        """
        path = self._sessions.transcript_of(event.session_id)
        if not path:
            return []
        found, complete = self._new(event, path)
        deadline = time.monotonic() + _PATIENCE
        while ended and not complete and Path(path).parent.is_dir():
            if time.monotonic() > deadline:
                return found + self._new(event, path, ended=True)[0]
            time.sleep(_PAUSE)
            more, complete = self._new(event, path)
            found += more
        return found

    def _new(
        self, event: Event, path: str, *, ended: bool = False
    ) -> tuple[list[UsageReported], bool]:
        """Return the new model calls, and whether the session's end is written."""
        found: list[UsageReported] = []
        with self._lock:
            transcript = self._transcript(event.session_id, path)
            for row in map(read_row, transcript.file.lines(ended=ended)):
                kind = row.get("type")
                if kind == _USAGE:
                    found += _reports(row, transcript.kinds, event)
                elif kind == _STARTED:
                    _note_kind(row, transcript.kinds)
                elif kind == _SHUTDOWN:
                    transcript.shut_down = _time(row)
            # One of an earlier run of the session does not count.
            return found, transcript.shut_down >= event.time.timestamp() - 1

    def _transcript(self, session: str, path: str) -> _Transcript:
        known = self._transcripts.get(session)
        if known is None or known.path != path:
            known = _Transcript(path, GrowingFile(Path(path)))
            self._transcripts[session] = known
        self._transcripts.move_to_end(session)
        if len(self._transcripts) > _MAX_SESSIONS:
            self._transcripts.popitem(last=False)
        return known


def read_row(row: bytes) -> Mapping[str, Any]:
    """Return a row that tells of a model call or a subagent, else an empty one."""
    if not any(mark in row for mark in _MARKS):
        return {}
    try:
        value = json.loads(row)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict) or not isinstance(value.get("data"), dict):
        return {}
    return value if value.get("type") in _TYPES else {}


def _note_kind(row: Mapping[str, Any], kinds: dict[str, str]) -> None:
    instance, data = _text(row.get("agentId")), row["data"]
    kind = _text(data.get("agentType")) or _text(data.get("agentName"))
    if instance and kind:
        kinds[instance] = kind


def _reports(
    row: Mapping[str, Any], kinds: Mapping[str, str], event: Event
) -> Iterator[UsageReported]:
    usage, name = row["data"].get("usage"), _text(row.get("id"))
    if not isinstance(usage, dict) or not name:
        return
    instance, model = _text(row.get("agentId")), _text(usage.get("model"))
    counts = dict(_counts(usage))
    if model and any(counts.values()):
        agent = agent_of(kinds.get(instance, ""), instance)
        yield _usage(counts, name, model, agent, event)


def _usage(
    counts: Mapping[str, int], name: str, model: str, agent: Agent, event: Event
) -> UsageReported:
    cached = counts["cacheReadTokens"] + counts["cacheWriteTokens"]
    return UsageReported(
        id=f"{AGENT_HOST}.usage.{name}",
        time=event.time,
        agent_host=AGENT_HOST,
        host_event=event.host_event,
        session_id=event.session_id,
        project=event.project,
        agent=agent,
        cwd=event.cwd,
        model=model,
        input_tokens=max(0, counts["inputTokens"] - cached),
        output_tokens=counts["outputTokens"],
        cache_read_tokens=counts["cacheReadTokens"],
        cache_write_tokens=counts["cacheWriteTokens"],
        message_id=name,
    )


def _counts(usage: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name in ("inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"):
        value = usage.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            value = 0
        yield name, value if 0 < value < _MAX_COUNT else 0


def _time(row: Mapping[str, Any]) -> float:
    try:
        return datetime.fromisoformat(_text(row.get("timestamp"))).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _text(value: object) -> str:
    """Return a text, without half a surrogate pair, which no event can carry."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode("utf-8")
