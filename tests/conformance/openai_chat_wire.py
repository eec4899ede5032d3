"""OpenAI's chat completions, as much of it as an agent host needs.

Format: https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .scripted_model import Call, Conversation, Reply, flat


class OpenAiChatWire:
    """What OpenCode speaks, and Copilot CLI to a provider of one's own."""

    def speaks(self, path: str) -> bool:
        """Return whether a request to this path is of this wire."""
        return path.endswith("/chat/completions")

    def read(self, body: dict[str, Any]) -> Conversation:
        """Return the tool results, the user's text and the tools of a request."""
        results: list[str] = []
        texts: list[str] = []
        for message in body.get("messages") or []:
            if message.get("role") == "tool":
                results.append(flat(message.get("content")))
            elif message.get("role") == "user":
                texts.append(flat(message.get("content")))
        functions = (tool.get("function") or {} for tool in body.get("tools") or [])
        offered = {str(function.get("name")) for function in functions}
        return Conversation(results, "\n".join(texts), offered)

    def reply(self, path: str, body: dict[str, Any], said: Call | str, n: int) -> Reply:
        """Return what the model says, the n-th time it is asked, in its words."""
        message, reason = _message(said, n)
        if body.get("stream"):
            chunks = [json.dumps(chunk) for chunk in _stream(body, message, reason, n)]
            return Reply.of_events(("", data) for data in (*chunks, "[DONE]"))
        choice = {"index": 0, "message": message, "finish_reason": reason}
        whole = {"object": "chat.completion", "choices": [choice], "usage": _usage(n)}
        return Reply.of_json({**_head(body, n), **whole})


def _stream(
    body: dict[str, Any], message: dict[str, Any], reason: str, number: int
) -> Iterator[dict[str, Any]]:
    head = {**_head(body, number), "object": "chat.completion.chunk"}
    yield {**head, "choices": [{"index": 0, "delta": message, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    # A client that asks for the usage gets it last, with no choice.
    yield {**head, "choices": [], "usage": _usage(number)}


def _message(said: Call | str, number: int) -> tuple[dict[str, Any], str]:
    if isinstance(said, str):
        return {"role": "assistant", "content": said}, "stop"
    function = {"name": said.name, "arguments": json.dumps(said.input)}
    call = {"index": 0, "id": f"call_scripted_{number:06d}", "type": "function"}
    calls = [{**call, "function": function}]
    return {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls"


def _head(body: dict[str, Any], number: int) -> dict[str, Any]:
    name = f"chatcmpl-scripted-{number:06d}"
    return {"id": name, "created": 0, "model": body.get("model", "")}


def _usage(number: int) -> dict[str, Any]:
    # 40 of the input came from a cache, as for the other wires.
    return {
        "prompt_tokens": 140 + number,
        "completion_tokens": 20,
        "total_tokens": 160 + number,
        "prompt_tokens_details": {"cached_tokens": 40},
    }
