"""What the chat files of a session tell: tokens, and where it was shortened."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hookwright.hookspecs import Agent, Compaction, Event, UsageReported

from ..wire.growing_file import GrowingFile
from .chat_rows import (
    Beginning,
    ModelCall,
    Prompt,
    Snapshot,
    answer_time,
    read_row,
)
from .names import AGENT_HOST
from .sessions import (
    Sessions,
    Subagent,
    digest,
    main_agent,
    seconds,
    subagent_of,
)

_MAX_SESSIONS = 256
#: Ids of what was told kept in memory; an event's id is the same for ever, so that one
#: told again after a restart is known by it.
_MAX_TOLD = 50_000
_MAX_SUBAGENTS = 1_000
_SUFFIX = ".jsonl"
#: Bytes at a chat file's end in which the last answer of the model is looked for.
_TAIL = 256 * 2**10


@dataclass
class _Chat:
    """One chat file, and whose it is."""

    path: Path
    file: GrowingFile
    agent: Agent | None = None
    began: str = ""
    #: Whether it was read before: what it held then was not shortened just now.
    read: bool = False


class ChatReader:
    """Reports each model call and each shortening once; safe in several threads.

    :param sessions: where the chat files are, and which subagents there were.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lock = threading.Lock()
        self._chats: OrderedDict[str, dict[Path, _Chat]] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()

    def read(self, event: Event, *, ended: bool) -> list[Event]:
        """Return what is new in the chat files of the event's session."""
        main, subagents = self._known(event.session_id)
        if not main.endswith(_SUFFIX):
            return []
        with self._lock:
            chats = self._chats.setdefault(event.session_id, {})
            self._chats.move_to_end(event.session_id)
            while len(self._chats) > _MAX_SESSIONS:
                self._chats.popitem(last=False)
            found: list[Event] = []
            for path in (Path(main), *_listed(Path(main).parent / event.session_id)):
                chat = chats.setdefault(path, _Chat(path, GrowingFile(path)))
                if path == Path(main):
                    chat.agent = main_agent()
                found += self._read_chat(chat, event, subagents, ended)
            return found

    def last_answer(self, event: Event) -> datetime:
        """Return when the model last answered before the event: no call began sooner.

        The event may be long past: a daemon that was killed left it to this one.
        """
        main, _ = self._known(event.session_id)
        times = (seconds(time, event.time) for time in _answers(main))
        latest = event.time.timestamp()
        found = next((time for time in times if time <= latest), latest)
        return datetime.fromtimestamp(found, UTC)

    def _known(self, session_id: str) -> tuple[str, list[Subagent]]:
        with self._sessions.lock:
            session = self._sessions.of(session_id)
            return session.transcript, list(session.subagents.values())

    def _read_chat(
        self, chat: _Chat, event: Event, subagents: list[Subagent], ended: bool
    ) -> Iterator[Event]:
        was_read, chat.read = chat.read, True
        snapshots: list[Snapshot] = []
        answered = turn = ""
        for row in chat.file.lines(ended=ended):
            for told in read_row(row):
                match told:
                    case Beginning():
                        chat.began = told.time
                    case Prompt():
                        turn = answered
                        if chat.agent is None:
                            chat.agent = _whose(chat, told.text, subagents)
                    case ModelCall():
                        answered = told.time
                        if self._is_new(told.id):
                            agent = chat.agent or subagent_of("", chat.path.stem)
                            yield _usage(told, agent, event)
                    case Snapshot() if self._is_new(told.id):
                        snapshots.append(told)
        for told in snapshots:
            # Those before the answer that this turn came after are of earlier turns,
            # told of by the process that saw them; times of this kind sort as text.
            if was_read or told.time >= turn:
                yield _shortened(told, chat.agent or main_agent(), event)

    def _is_new(self, name: str) -> bool:
        if name in self._told:
            return False
        self._told[name] = None
        if len(self._told) > _MAX_TOLD:
            self._told.popitem(last=False)
        return True


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob(f"*{_SUFFIX}"))[:_MAX_SUBAGENTS]
    except (OSError, ValueError):
        return []


def _whose(chat: _Chat, prompt: str, subagents: list[Subagent]) -> Agent:
    """Return the subagent that a chat file is of: its name stands only in the call."""
    asked = digest(prompt)
    alike = [subagent for subagent in subagents if subagent.prompt == asked]
    start = seconds(chat.began, datetime.now(UTC))
    before = [each for each in alike or subagents if each.started <= start + 1]
    if not before:
        return subagent_of("", chat.path.stem)
    return max(before, key=lambda subagent: subagent.started).agent


def _answers(path: str) -> Iterator[str]:
    """Yield when the model answered, the last time first."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            rows = file.read(_TAIL).splitlines()
    except (OSError, ValueError):
        return
    yield from filter(None, map(answer_time, reversed(rows)))


def _usage(call: ModelCall, agent: Agent, event: Event) -> UsageReported:
    return UsageReported(
        **_fields(event, agent, f"usage.{call.id}"),
        model=call.model,
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cache_read_tokens=call.cached_tokens,
        message_id=call.id,
    )


def _shortened(snapshot: Snapshot, agent: Agent, event: Event) -> Compaction:
    return Compaction(
        **_fields(event, agent, f"compaction.{snapshot.id}"),
        phase="after",
        summary=snapshot.text,
    )


def _fields(event: Event, agent: Agent, what: str) -> dict[str, object]:
    return {
        "id": f"{AGENT_HOST}.{what}",
        "time": event.time,
        "agent_host": AGENT_HOST,
        "host_event": event.host_event,
        "session_id": event.session_id,
        "project": event.project,
        "agent": agent,
        "cwd": event.cwd,
    }
