"""OpenAI's Responses API, as much of it as an agent host needs.

Format: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .scripted_model import Call, Conversation, Reply, flat

#: The argument of a call that holds the whole input of a tool that takes plain text.
TEXT = "input"
_OUTPUTS = ("function_call_output", "custom_tool_call_output")


class OpenAiResponsesWire:
    """What Codex CLI speaks."""

    def speaks(self, path: str) -> bool:
        """Return whether a request to this path is of this wire."""
        return path.endswith("/responses")

    def read(self, body: dict[str, Any]) -> Conversation:
        """Return the tool results, the user's text and the tools of a request."""
        results: list[str] = []
        texts: list[str] = []
        for item in body.get("input") or []:
            if item.get("type") in _OUTPUTS:
                results.append(flat(item.get("output")))
            elif item.get("type") == "agent_message":
                # What an agent tells another; this model has no key to write it with.
                parts = item.get("content") or []
                texts += [flat(part.get("encrypted_content")) for part in parts]
            elif item.get("role") == "user":
                texts.append(flat(item.get("content")))
        offered = {str(tool.get("name")) for tool, _ in _tools(body)}
        return Conversation(results, "\n".join(texts), offered)

    def reply(self, path: str, body: dict[str, Any], said: Call | str, n: int) -> Reply:
        """Return what the model says, the n-th time it is asked, in its words."""
        item = _item(body, said, n)
        response = {
            "id": f"resp_scripted_{n:06d}",
            "object": "response",
            "status": "completed",
            "model": body.get("model", ""),
            "output": [item],
            "usage": _usage(n),
        }
        if not body.get("stream"):
            return Reply.of_json(response)
        begun = {"id": response["id"], "status": "in_progress"}
        events: list[dict[str, Any]] = [
            {"type": "response.created", "response": begun},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": response},
        ]
        return Reply.of_events((event["type"], json.dumps(event)) for event in events)


def _tools(body: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Return each tool that is offered, and the namespace it stands in.

    Newer models are given them in an item of the input.
    """
    items = [body, *(body.get("input") or [])]
    for tool in (tool for item in items for tool in item.get("tools") or []):
        if tool.get("type") == "namespace":
            for inner in tool.get("tools") or []:
                yield inner, str(tool.get("name"))
        elif tool.get("name"):
            yield tool, ""


def _item(body: dict[str, Any], said: Call | str, number: int) -> dict[str, Any]:
    if isinstance(said, str):
        content = [{"type": "output_text", "text": said, "annotations": []}]
        return {
            "type": "message",
            "id": f"msg_scripted_{number:06d}",
            "role": "assistant",
            "status": "completed",
            "content": content,
        }
    call = {"call_id": f"call_scripted_{number:06d}", "name": said.name}
    known = [found for found in _tools(body) if found[0].get("name") == said.name]
    tool, namespace = known[0] if known else ({}, "")
    if tool.get("type") == "custom":
        given = {"type": "custom_tool_call", "id": f"ctc_{number:06d}"}
        return {**given, **call, "input": said.input[TEXT], "status": "completed"}
    given = {"type": "function_call", "id": f"fc_{number:06d}"}
    if namespace:
        given["namespace"] = namespace
    arguments = json.dumps(said.input)
    return {**given, **call, "arguments": arguments, "status": "completed"}


def _usage(number: int) -> dict[str, Any]:
    # 40 of the input came from a cache, as for the other wires; Codex counts them in.
    return {
        "input_tokens": 140 + number,
        "input_tokens_details": {"cached_tokens": 40},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 160 + number,
    }
