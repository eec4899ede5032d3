"""Messages as the hook engine of @cursor/sdk 1.0.18 makes them; none was captured."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

_BASE = {
    "conversation_id": "conv-1",
    "generation_id": "gen-1",
    "session_id": "conv-1",
    "model": "some-model",
    "model_id": "some-model-1",
    "model_params": [{"id": "effort", "value": "high"}],
    "cursor_version": "3.0.0",
    "workspace_roots": ["/workspace"],
    "user_email": "person@example.org",
    "transcript_path": None,
}
_SHELL = {"command": "ls", "cwd": "", "timeout": 30000}
_WRITE = {"file_path": "/workspace/a.txt", "content": "x"}


def _message(event: str, **fields: object) -> dict[str, Any]:
    return {**_BASE, "hook_event_name": event, **fields}


def _tool(event: str, name: str, given: object, **fields: object) -> dict[str, Any]:
    known = {"tool_name": name, "tool_input": given, "tool_use_id": f"call-{name}"}
    return _message(event, **known, **fields)


MESSAGES: dict[str, dict[str, Any]] = {
    "sessionStart": _message("sessionStart", is_background_agent=False),
    "beforeSubmitPrompt": _message("beforeSubmitPrompt", prompt="do", attachments=[]),
    "preToolUse.Shell": _tool("preToolUse", "Shell", _SHELL, cwd=""),
    "preToolUse.Read": _tool("preToolUse", "Read", {"file_path": "/workspace/.env"}),
    "preToolUse.Write": _tool("preToolUse", "Write", _WRITE),
    "preToolUse.MCP": _tool("preToolUse", "MCP:probe", {"word": "plover"}),
    "postToolUse.Shell": _tool(
        "postToolUse",
        "Shell",
        _SHELL,
        tool_output=json.dumps({"output": "a\n", "exitCode": 0}),
        duration=12.5,
        cwd="",
    ),
    "postToolUse.failed": _tool(
        "postToolUse",
        "Shell",
        _SHELL,
        tool_output=json.dumps({"output": "", "exitCode": 1}),
        duration=1,
    ),
    "postToolUse.Write": _tool(
        "postToolUse",
        "Write",
        _WRITE,
        tool_output=json.dumps({"file_path": "/workspace/a.txt", "success": True}),
        duration=3,
    ),
    "postToolUse.Delete": _tool(
        "postToolUse", "Delete", {"file_path": "a.txt"}, tool_output="{}", duration=3
    ),
    "postToolUseFailure": _tool(
        "postToolUseFailure",
        "Read",
        {"file_path": "/workspace/none"},
        error_message="no such file",
        failure_type="error",
        duration=1,
        is_interrupt=False,
    ),
    "postToolUseFailure.refused": _tool(
        "postToolUseFailure",
        "Shell",
        _SHELL,
        error_message="no",
        failure_type="permission_denied",
        duration=0,
        is_interrupt=False,
    ),
    "subagentStart": _message(
        "subagentStart",
        subagent_id="conv-2",
        subagent_type="explore",
        task="look",
        parent_conversation_id="conv-1",
        tool_call_id="call-Task",
        is_parallel_worker=False,
    ),
    "subagentStop": _message(
        "subagentStop",
        subagent_id="conv-2",
        subagent_type="explore",
        status="completed",
        duration_ms=5,
        summary="found it",
        parent_conversation_id="conv-1",
        loop_count=0,
        modified_files=[],
    ),
    "preCompact": _message(
        "preCompact", trigger="auto", context_tokens=9, context_window_size=10
    ),
    "stop": _message("stop", status="completed", loop_count=0),
    "sessionEnd": _message(
        "sessionEnd", reason="completed", duration_ms=9, final_status="completed"
    ),
}


@pytest.fixture
def messages() -> dict[str, dict[str, Any]]:
    """Return one message of each kind, by a name that begins with its event's."""
    return copy.deepcopy(MESSAGES)
