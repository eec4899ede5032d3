"""Which rollouts belong to a session, and what they tell that no hook is told.

These are: the tokens of each model call, how a shell command ended, and the patches
that a shell command applied, for which Codex sends a `PreToolUse` and nothing after.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hookwright.hookspecs import (
    Agent,
    Event,
    FileChanged,
    SessionEnd,
    SubagentStop,
    ToolAfter,
    ToolCall,
    TurnEnd,
    UsageReported,
)

from ..wire.messages import is_inside
from .names import AGENT_HOST, PATCH, SHELL
from .patches import Change
from .rollout import PATCH_REFUSED, ModelCall, PatchCall, Rollout, outcome_of

_MAX_SESSIONS = 256
_MAX_ROLLOUTS = 1_000
#: Names of counted calls and of commands with a patch that are kept in memory; an
#: event's id is the same for ever, so that one told again after a restart is known.
_MAX_NAMES = 50_000
_SUFFIX = ".jsonl"
#: Bytes at a rollout's end in which a command's row is looked for, one after another:
#: it holds all that the command wrote.
_TAILS = (64 * 2**10, 4 * 2**20)
#: A tool with which the model runs shell commands, under its own name.
_SHELLS = frozenset({"exec_command", "shell", "shell_command", "local_shell"})
_CHANGES: Mapping[str, Change] = {
    "add": "created",
    "delete": "deleted",
    "update": "modified",
}


@dataclass
class _Session:
    #: Rollouts that Codex named, with whose they are.
    agents: OrderedDict[Path, Agent] = field(default_factory=OrderedDict)
    rollouts: dict[Path, Rollout] = field(default_factory=dict)
    #: The turn that each agent is in, by its instance.
    turns: dict[str, str] = field(default_factory=dict)
    model: str = ""


class Rollouts:
    """Reports each model call and each patch once. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._counted: OrderedDict[str, None] = OrderedDict()
        #: Shell calls that were seen to apply a patch.
        self._patching: OrderedDict[str, None] = OrderedDict()

    def note(
        self, session_id: str, agent: Agent, *, rollout: str, turn: str, model: str
    ) -> None:
        """Remember an agent's rollout, turn and model; "" means not told."""
        with self._lock:
            session = self._sessions.setdefault(session_id, _Session())
            self._sessions.move_to_end(session_id)
            session.model = model or session.model
            if turn and len(session.turns) < _MAX_ROLLOUTS:
                session.turns[agent.instance] = turn
            if rollout.endswith(_SUFFIX) and len(session.agents) < _MAX_ROLLOUTS:
                session.agents[Path(rollout)] = agent
            while len(self._sessions) > _MAX_SESSIONS:
                self._sessions.popitem(last=False)

    def note_patch(self, call_id: str) -> None:
        """Remember that a shell call applies a patch."""
        with self._lock:
            _remember(self._patching, call_id)

    def settled(self, event: ToolAfter) -> ToolAfter:
        """Return the end of a shell call with how it ended, where the rollout says."""
        with self._lock:
            session = self._sessions.get(event.session_id, _Session())
            paths = [
                path
                for path, agent in session.agents.items()
                if agent.instance == event.agent.instance
            ]
        for path in paths:
            found = _outcome(path, event.call.id)
            if found is not None:
                code, milliseconds = found
                known = {"succeeded": code == 0, "duration_ms": milliseconds}
                error = "" if code == 0 else f"Exit code {code}"
                return event.model_copy(update={**known, "error": error})
        return event

    def read(self, event: TurnEnd | SubagentStop | SessionEnd) -> list[Event]:
        """Return what is new in the rollouts of the event's session."""
        ended = isinstance(event, SessionEnd)
        with self._lock:
            session = self._sessions.get(event.session_id)
            if session is None:
                return []
            turn = "" if ended else session.turns.get(event.agent.instance, "")
            found: list[Event] = []
            for path, agent in session.agents.items():
                rollout = session.rollouts.setdefault(path, Rollout(path))
                found += [
                    _usage(call, agent, event, session.model)
                    for call in rollout.read(ended=ended)
                    if _remember(self._counted, call.id)
                ]
                if turn and agent.instance == event.agent.instance:
                    for patch in rollout.patches_of(turn):
                        found += self._told_by_rollout_alone(patch, event)
            return found

    def _told_by_rollout_alone(self, patch: PatchCall, event: Event) -> Iterator[Event]:
        """Yield the end of a call that no `PostToolUse` was sent for."""
        refused = not patch.changes and patch.output.startswith(PATCH_REFUSED)
        by_shell = patch.name in _SHELLS or patch.call_id in self._patching
        if refused and patch.name == PATCH:
            yield _patch_end(patch, event, "edit", PATCH)
        elif by_shell and (patch.changes or refused):
            yield _patch_end(patch, event, "shell", SHELL)
            if patch.succeeded:
                yield from _changed(patch, event)


def _remember(names: OrderedDict[str, None], name: str) -> bool:
    """Return whether the name is new."""
    if name in names:
        return False
    names[name] = None
    if len(names) > _MAX_NAMES:
        names.popitem(last=False)
    return True


def _outcome(path: Path, call_id: str) -> tuple[int, float | None] | None:
    named = json.dumps(call_id).encode()
    for size in _TAILS:
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return None
            with path.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0, end - size))
                lines = file.read(size).split(b"\n")
        except (OSError, ValueError):
            return None
        for line in reversed(lines):
            if named in line and (found := outcome_of(line, call_id)) is not None:
                return found
        if end <= size:
            return None
    return None


def _usage(call: ModelCall, agent: Agent, event: Event, model: str) -> UsageReported:
    _, cached, written, output = call.counts
    return UsageReported(
        **_fields(event, f"usage.{call.id}") | {"agent": agent},
        model=call.model or model or "unknown",
        input_tokens=call.input_tokens,
        output_tokens=output,
        cache_read_tokens=cached,
        cache_write_tokens=written,
        message_id=call.id,
    )


def _patch_end(
    patch: PatchCall, event: Event, tool: Literal["edit", "shell"], native: str
) -> ToolAfter:
    command = _command(patch.arguments)
    return ToolAfter(
        **_fields(event, f"{event.session_id}.{patch.call_id}.end"),
        call=ToolCall(
            id=patch.call_id,
            tool=tool,
            native_name=native,
            input={"command": command},
            command=command if tool == "shell" else "",
            paths=tuple(path for path, _ in _files(patch)),
        ),
        succeeded=patch.succeeded,
        output=patch.output,
        error="" if patch.succeeded else patch.output,
    )


def _changed(patch: PatchCall, event: Event) -> Iterator[FileChanged]:
    for number, (path, change) in enumerate(_files(patch)):
        if is_inside(path, event.project.worktree):
            yield FileChanged(
                **_fields(event, f"{event.session_id}.{patch.call_id}.{number}"),
                path=path,
                change=change,
                call_id=patch.call_id,
            )


def _files(patch: PatchCall) -> Iterator[tuple[str, Change]]:
    for path, told in patch.changes.items():
        said = told if isinstance(told, Mapping) else {}
        moved = said.get("move_path")
        change = _CHANGES.get(str(said.get("type")), "modified")
        if not os.path.isabs(path) or "\0" in path:
            continue
        if isinstance(moved, str) and os.path.isabs(moved):
            yield path, "deleted"
            yield moved, "created"
        else:
            yield path, change


def _command(arguments: str) -> str:
    """Return the command in a call's arguments; the patch where they are one."""
    try:
        given = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    if not isinstance(given, dict):
        return arguments
    command = given.get("cmd", given.get("command", given.get("input")))
    if isinstance(command, list):
        return str(command[-1]) if command else ""
    return command if isinstance(command, str) else ""


def _fields(event: Event, what: str) -> dict[str, Any]:
    return {
        "id": f"{AGENT_HOST}.{what}",
        "time": event.time,
        "agent_host": AGENT_HOST,
        "host_event": event.host_event,
        "session_id": event.session_id,
        "project": event.project,
        "agent": event.agent,
        "cwd": event.cwd,
    }
