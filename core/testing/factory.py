"""Valid events for tests, each different from the last."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hookwright.hookspecs import (
    EVENT_KINDS,
    Agent,
    Project,
    PushRef,
    ToolCall,
)

_START = datetime(2026, 1, 1, tzinfo=UTC)
_CALL_FIELDS = frozenset(ToolCall.model_fields)


class EventFactory:
    """Makes an event of a kind; what a test does not say gets a sensible value.

    Fields of a tool's call may be given directly: `make_event("tool_before",
    command="ls")` is a shell call with that command line.

    :param project: the project's directory.
    """

    def __init__(self, project: Path) -> None:
        self._project = str(project)
        self._numbers = itertools.count(1)

    def __call__(self, kind: str, /, **fields: Any) -> Any:
        """Return a valid event of that kind.

        :param fields: of the event, of its `call`, or the agent's name as `agent`.
        :raises KeyError: there is no such kind.
        :raises pydantic.ValidationError: a field is unknown or has a bad value.
        """
        model = EVENT_KINDS[kind]
        number = next(self._numbers)
        if isinstance(fields.get("agent"), str):
            fields["agent"] = _agent(fields["agent"])
        if "call" in model.model_fields and "call" not in fields:
            fields["call"] = self._call(number, fields)
        return model.model_validate(
            {**self._common(number), **self._own(kind, number), **fields}
        )

    def _common(self, number: int) -> dict[str, Any]:
        project = Project(path=self._project, worktree=self._project)
        return {
            "id": f"{number:020x}.0",
            "time": _START + timedelta(seconds=number),
            "agent_host": "test-host",
            "host_event": "Test",
            "session_id": "session-1",
            "project": project,
            "agent": _agent("main"),
            "cwd": self._project,
        }

    def _own(self, kind: str, number: int) -> dict[str, Any]:
        """Return the fields that this kind must have."""
        own: dict[str, dict[str, Any]] = {
            "prompt_submit": {"prompt": "Add a test."},
            "tool_after": {"succeeded": True},
            "file_changed": {"path": self._file(), "change": "modified"},
            "commit": {"hash": f"{number:040x}", "subject": "Add a test"},
            "push": {"remote": "origin", "refs": (_ref(number),)},
            "compaction": {"phase": "before"},
            "subagent_start": {"agent": _agent("reviewer", f"run-{number}")},
            "subagent_stop": {"agent": _agent("reviewer", f"run-{number}")},
            "usage_reported": {"model": "test-model", "input_tokens": 10},
        }
        return own.get(kind, {})

    def _call(self, number: int, fields: dict[str, Any]) -> ToolCall:
        """Return the call that `fields` speaks of, and take those fields out."""
        given = {name: fields.pop(name) for name in _CALL_FIELDS & fields.keys()}
        given.pop("id", None)
        call: dict[str, Any] = {"id": f"call-{number}", "tool": "shell"}
        if given.get("tool", "shell") == "shell":
            command = given.get("command", "ls")
            call |= {"native_name": "Bash", "command": command}
            call["input"] = {"command": command}
        elif "paths" not in given:
            call |= {
                "native_name": str(given["tool"]).title(),
                "paths": (self._file(),),
            }
            call["input"] = {"file_path": self._file()}
        else:
            call["native_name"] = str(given["tool"]).title()
        return ToolCall.model_validate({**call, **given})

    def _file(self) -> str:
        return f"{self._project}/src/main.py"


def _agent(name: str, instance: str = "") -> Agent:
    return Agent(id=f"test-host/{name}", name=name, instance=instance)


def _ref(number: int) -> PushRef:
    return PushRef(
        local_ref="refs/heads/main",
        local_hash=f"{number:040x}",
        remote_ref="refs/heads/main",
        remote_hash="0" * 40,
    )
