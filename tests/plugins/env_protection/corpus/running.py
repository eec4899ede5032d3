"""Send cases through the real plugin, from the agent host's own message on.

Each call is told in the form of its agent host; the runtime redacts it, the host's
adapter parses it, the plugin host asks the guard.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hookwright.core.paths import Paths
from hookwright.core.service import deciding
from hookwright.core.service.intake import RawDelivery
from hookwright.core.service.runtime import Runtime
from hookwright.hookspecs import Decision, ToolBefore
from hookwright.plugins.adapters import (
    claude_code,
    codex,
    copilot,
    cursor,
    gemini,
    opencode,
)
from hookwright.plugins.env_protection import EnvProtectionPlugin

from .cases import Call, Case
from .places import make_place

Outcome = Literal["allow", "ask", "deny"]
PLUGIN = "env_protection"

_ADAPTERS = {
    "claude_code": claude_code,
    "codex": codex,
    "copilot": copilot.CopilotPlugin(),
    "cursor": cursor,
    "gemini": gemini.GeminiPlugin(),
    "opencode": opencode,
}
#: What each agent host calls the event, and the variable that names its project.
_BEFORE = {
    "claude-code": ("PreToolUse", "CLAUDE_PROJECT_DIR"),
    "codex": ("PreToolUse", ""),
    "copilot": ("preToolUse", "COPILOT_PROJECT_DIR"),
    "cursor": ("preToolUse", "CURSOR_PROJECT_DIR"),
    "gemini": ("BeforeTool", "GEMINI_PROJECT_DIR"),
    "opencode": ("tool.execute.before", ""),
}


@dataclass(frozen=True)
class Result:
    """What came of a case.

    :param early: an earlier call of the case was refused, so this one was not made.
    """

    case: Case
    outcome: Outcome
    reason: str
    early: bool = False

    @property
    def is_right(self) -> bool:
        """Return whether that is what must come of it."""
        match self.case.want:
            case "allow":
                return self.outcome == "allow"
            case "deny":
                return self.outcome == "deny"
            case _:
                return self.outcome != "allow"


class Guard:
    """The guard in a runtime of its own, and the scratch projects.

    :param directory: empty; everything is made below it.
    :param home: the user's home directory, as the environment says.
    """

    def __init__(self, directory: Path, home: Path) -> None:
        self._directory = directory
        self._home = home
        self._numbers = itertools.count(1)
        self._made: dict[str, Path] = {}
        paths = Paths(directory / "data", directory / "config")
        plugins = [*((module, name) for name, module in _ADAPTERS.items())]
        self.runtime = Runtime.open(
            paths,
            entry_points=False,
            plugins=[*plugins, (EnvProtectionPlugin(), PLUGIN)],
        )

    def close(self) -> None:
        """End the runtime."""
        self.runtime.close()

    def place(self, name: str) -> Path:
        """Return a scratch project that nobody may change."""
        if name not in self._made:
            self._made[name] = self._directory / "places" / name
            make_place(name, self._made[name])
        return self._made[name]

    def judge(self, case: Case) -> Result:
        """Return what comes of a case."""
        if not case.earlier:
            call = case.call.put(self.place(case.place), self._home)
            outcome, reason = self.decide(call, self.place(case.place))
            return Result(case, outcome, reason)
        project = self._directory / "own" / case.id
        make_place(case.place, project)
        session = f"session-{case.id}"
        for earlier in case.earlier:
            call = earlier.put(project, self._home)
            outcome, reason = self.decide(call, project, session)
            if outcome != "allow":
                return Result(case, outcome, reason, early=True)
            _carry_out(call)
            self._tell(_after(call, session, next(self._numbers)), call, project)
        call = case.call.put(project, self._home)
        return Result(case, *self.decide(call, project, session))

    def decide(
        self, call: Call, project: Path, session: str = "session"
    ) -> tuple[Outcome, str]:
        """Return what comes of a call, and the reason that is given."""
        number = next(self._numbers)
        decision = self._tell(_before(call, session, number), call, project)
        if decision.outcome in ("ask", "deny"):
            return ("ask" if decision.outcome == "ask" else "deny"), decision.reason
        return "allow", decision.reason

    def _tell(self, payload: Mapping[str, Any], call: Call, project: Path) -> Decision:
        after = "tool_response" in payload
        event, variable = ("PostToolUse", "") if after else _BEFORE[call.host]
        received = self.runtime.receive(
            RawDelivery(
                id=f"{next(self._numbers):020x}",
                agent_host=call.host,
                arguments=(event,),
                cwd=call.cwd,
                environment={variable: str(project)} if variable else {},
                stdin=json.dumps(payload).encode(),
            )
        )
        if received.problem:
            return deciding.unread(self.runtime.host)
        judged = [each for each in received.events if isinstance(each, ToolBefore)]
        assert judged or after, f"{call.host} does not know {call.tool}"
        decision, stages = deciding.decide(self.runtime.host, received.events, 0)
        if self.runtime.store is not None and stages:
            self.runtime.store.commit(stages)
        self.runtime.finish(received)
        return decision


@contextmanager
def opened(directory: Path, home: Path) -> Iterator[Guard]:
    """Give a guard and end it afterwards."""
    guard = Guard(directory, home)
    try:
        yield guard
    finally:
        guard.close()


def _before(call: Call, session: str, number: int) -> dict[str, Any]:
    """Return the message with which the call's agent host asks."""
    event, _ = _BEFORE[call.host]
    named = {"tool_name": call.tool, "tool_input": call.given}
    base = {"session_id": session, "cwd": call.cwd, "hook_event_name": event}
    match call.host:
        case "copilot":
            return {
                "sessionId": session,
                "timestamp": 1795240698473 + number,
                "cwd": call.cwd,
                "toolName": call.tool,
                "toolArgs": call.given,
            }
        case "opencode":
            return {
                "event": event,
                "cwd": call.cwd,
                "worktree": call.cwd,
                "session": {"id": session, "root": session, "agent": ""},
                "input": {"tool": call.tool, "sessionID": session, "callID": "call"},
                "output": {"args": call.given},
            }
        case "gemini":
            server = {"server_name": "filesystem"} if _is_server(call) else None
            told = base | named | {"timestamp": "2026-11-21T06:00:27.960Z"}
            return told | ({"mcp_context": server} if server else {})
        case "codex":
            extra = {"turn_id": "turn", "model": "m", "permission_mode": "default"}
            return base | named | extra | {"tool_use_id": f"call_{number}"}
        case _:
            return base | named | {"tool_use_id": f"toolu_{number}"}


def _is_server(call: Call) -> bool:
    return call.tool.startswith("mcp_")


def _after(call: Call, session: str, number: int) -> dict[str, Any]:
    """Return Claude Code's message of a call that was carried out."""
    return _before(call, session, number) | {
        "hook_event_name": "PostToolUse",
        "tool_response": {"stdout": "", "stderr": "", "interrupted": False},
        "duration_ms": 1,
    }


def _carry_out(call: Call) -> None:
    """Do what an earlier call does; only of the cases' own, never a mutated one."""
    if call.command:
        subprocess.run(["bash", "-c", call.command], cwd=call.cwd, check=True)
    else:
        Path(call.given["file_path"]).write_text(call.given["content"])
