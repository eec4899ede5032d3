"""Speak as Claude Code does: captured payloads, one client process for each.

`payloads.json` holds what Claude Code 2.1.329 wrote to its hooks' standard input,
with session ids and paths replaced by names in braces. The work itself is real: files
are written and commands run between the two payloads of a tool call.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from hookwright.core.api import ToolError

from .handlers import Handlers
from .scratch import Ran, Scratch

MODEL = "claude-sonnet-4-5"


def load_payloads() -> dict[str, dict[str, Any]]:
    """Return the captured payloads by name: the event, or event and tool."""
    text = files(__package__).joinpath("payloads.json").read_text("utf-8")
    payloads: dict[str, dict[str, Any]] = json.loads(text)
    return payloads


class Meter:
    """The wall time of every event, by the agent host's name of it."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, list[float]] = {}

    def add(self, event: str, milliseconds: float) -> None:
        """Note one event."""
        self.milliseconds.setdefault(event, []).append(milliseconds)

    @property
    def count(self) -> int:
        """Return how many events there were."""
        return sum(map(len, self.milliseconds.values()))


class ClaudeSession:
    """One session of Claude Code in the scratch repository."""

    def __init__(self, scratch: Scratch, handlers: Handlers, meter: Meter) -> None:
        self.id = str(uuid.uuid4())
        self._scratch = scratch
        self._handlers = handlers
        self._meter = meter
        self._payloads = load_payloads()
        self._prompt = ""
        self._subagent: dict[str, str] = {}
        self._calls = 0
        claude = scratch.home / ".claude"
        slug = str(scratch.workspace).replace("/", "-")
        self._places = {
            "session": self.id,
            "claude": str(claude),
            "slug": slug,
            "workspace": str(scratch.workspace),
        }
        self._transcript = claude / "projects" / slug / f"{self.id}.jsonl"

    def start(self) -> None:
        """Begin."""
        self._transcript.parent.mkdir(parents=True, exist_ok=True)
        self._send("SessionStart")

    def prompt(self, text: str) -> None:
        """Hand the model a person's prompt."""
        self._prompt = str(uuid.uuid4())
        self._send("UserPromptSubmit", prompt=text)

    def write(self, name: str, content: str) -> None:
        """Create a file of the work tree."""
        path = self._path(name)
        given = {"file_path": str(path), "content": content}
        self._before("Write", given)
        path.write_text(content, "utf-8")
        self._after("Write", given, {"filePath": str(path), "content": content})

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in a file of the work tree."""
        path = self._path(name)
        before = path.read_text("utf-8")
        given = {"file_path": str(path), "old_string": old, "new_string": new}
        self._before("Edit", given)
        path.write_text(before.replace(old, new), "utf-8")
        answer = {"filePath": str(path), "oldString": old, "newString": new}
        self._after("Edit", given, answer | {"originalFile": before})

    def read(self, name: str) -> str:
        """Read a file of the work tree."""
        path = self._path(name)
        given = {"file_path": str(path)}
        self._before("Read", given)
        content = path.read_text("utf-8")
        lines = content.count("\n")
        file = {"filePath": str(path), "content": content}
        file |= {"numLines": lines, "totalLines": lines}  # type: ignore[dict-item]
        self._after("Read", given, {"file": file})
        return content

    def shell(self, command: str) -> Ran:
        """Run a shell command in the work tree."""
        given = {"command": command}
        self._before("Bash", given)
        variables = {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": self.id}
        ran = self._scratch.run(("sh", "-c", command), extra=variables)
        if ran.exit_code:
            error = f"Exit code {ran.exit_code}\n{ran.stderr or ran.stdout}".strip()
            self._tool("PostToolUseFailure", "Bash", given, error=error)
        else:
            self._after("Bash", given, {"stdout": ran.stdout, "stderr": ran.stderr})
        return ran

    @contextmanager
    def subagent(self, kind: str, task: str) -> Iterator[None]:
        """Let another agent do what the block does."""
        agent = uuid.uuid4().hex[:17]
        self._places["agent"] = agent
        given = {"description": task, "prompt": task, "subagent_type": kind}
        self._before("Agent", given)
        answer = {"description": task, "prompt": task, "agentId": agent}
        self._after("Agent", given, answer)
        self._subagent = {"agent_id": agent, "agent_type": kind}
        self._send("SubagentStart")
        yield
        self._send("SubagentStop", last_assistant_message=f"Done: {task}.")
        self._subagent = {}

    def stop(self, message: str) -> None:
        """End the turn."""
        self._note_usage(message)
        self._send("Stop", last_assistant_message=message, background_tasks=[])

    def end(self) -> None:
        """End the session."""
        self._send("SessionEnd", reason="prompt_input_exit")

    def _path(self, name: str) -> Path:
        return self._scratch.workspace / name

    def _before(self, tool: str, given: Mapping[str, Any]) -> None:
        self._calls += 1
        self._places["call"] = f"toolu_demo_{self.id[:8]}_{self._calls:04}"
        self._tool("PreToolUse", tool, given)

    def _after(
        self, tool: str, given: Mapping[str, Any], answer: Mapping[str, Any]
    ) -> None:
        self._tool("PostToolUse", tool, given, tool_response=answer)

    def _tool(
        self, event: str, tool: str, given: Mapping[str, Any], **changes: Any
    ) -> None:
        self._send(event, tool, tool_input=given, **changes)

    def _send(self, event: str, tool: str = "", **changes: Any) -> None:
        """Start what is installed for the event and give it the payload.

        :raises ToolError: a command did not exit with 0.
        """
        template = self._payloads[f"{event}.{tool}" if tool else event]
        places = {**self._places, "prompt": self._prompt}
        payload = merged(filled(template, places), {**self._subagent, **changes})
        for command in self._handlers.commands(event, tool):
            ran = self._scratch.run(
                command,
                stdin=json.dumps(payload),
                extra={"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": self.id},
            )
            if ran.exit_code:
                said = ran.stderr.strip() or "it said nothing"
                raise ToolError(f"{event}: the hook ended with {ran.exit_code}: {said}")
            self._meter.add(event, ran.milliseconds)

    def _note_usage(self, message: str) -> None:
        """Write the model call into the transcript, where Claude Code counts tokens."""
        row = {
            "type": "assistant",
            "sessionId": self.id,
            "uuid": str(uuid.uuid4()),
            "timestamp": datetime.now(UTC).isoformat(),
            "message": {
                "id": f"msg_demo_{uuid.uuid4().hex[:12]}",
                "role": "assistant",
                "model": MODEL,
                "content": [{"type": "text", "text": message}],
                "usage": {
                    "input_tokens": 900 + len(message),
                    "output_tokens": 20 * self._calls + len(message),
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 4000,
                },
            },
        }
        with self._transcript.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def filled(value: Any, places: Mapping[str, str]) -> Any:
    """Return a template with every name in braces replaced."""
    if isinstance(value, dict):
        return {key: filled(item, places) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, places) for item in value]
    if isinstance(value, str):
        for name, text in places.items():
            value = value.replace(f"{{{name}}}", text)
    return value


def merged(value: Any, changes: Any) -> Any:
    """Return value with changes laid over it, objects into objects."""
    if not isinstance(value, dict) or not isinstance(changes, Mapping):
        return changes
    result = dict(value)
    for key, change in changes.items():
        result[key] = merged(result.get(key), change)
    return result
