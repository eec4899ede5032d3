"""Anthropic's Messages API, as much of it as an agent host needs.

Format: https://docs.anthropic.com/en/api/messages-streaming
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .scripted_model import Call, Conversation, Reply, flat


class AnthropicWire:
    """What Claude Code speaks."""

    def speaks(self, path: str) -> bool:
        """Return whether a request to this path is of this wire."""
        return path.endswith(("/messages", "/messages/count_tokens"))

    def read(self, body: dict[str, Any]) -> Conversation:
        """Return the tool results, the user's text and the tools of a request."""
        results: list[str] = []
        texts: list[str] = []
        for message in body.get("messages") or []:
            if message.get("role") != "user":
                continue
            content = message.get("content")
            parts = [{"text": content}] if isinstance(content, str) else content or []
            for part in parts:
                if part.get("type") == "tool_result":
                    results.append(flat(part.get("content")))
                else:
                    texts.append(flat(part))
        offered = {str(tool.get("name")) for tool in body.get("tools") or []}
        return Conversation(results, "\n".join(texts), offered)

    def reply(self, path: str, body: dict[str, Any], said: Call | str, n: int) -> Reply:
        """Return what the model says, the n-th time it is asked, in its words."""
        if path.endswith("/count_tokens"):
            return Reply.of_json({"input_tokens": 100})
        events = list(_stream(n, body.get("model", ""), said))
        if not body.get("stream"):
            return Reply.of_json(_whole(events))
        return Reply.of_events((event["type"], json.dumps(event)) for event in events)


def _stream(number: int, model: str, said: Call | str) -> Iterator[dict[str, Any]]:
    usage = {
        "input_tokens": 100 + number,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 40,
        "output_tokens": 20,
    }
    if isinstance(said, Call):
        block: dict[str, Any] = {
            "type": "tool_use",
            "id": f"toolu_scripted_{number:06d}",
            "name": said.name,
            "input": {},
        }
        delta = {"type": "input_json_delta", "partial_json": json.dumps(said.input)}
        stop = "tool_use"
    else:
        block = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": said}
        stop = "end_turn"
    message: dict[str, Any] = {
        "id": f"msg_scripted_{number:06d}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    yield {"type": "message_start", "message": message}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": stop, "stop_sequence": None},
        "usage": usage,
    }
    yield {"type": "message_stop"}


def _whole(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the message that the events of a stream add up to."""
    block = dict(events[1]["content_block"])
    delta = events[2]["delta"]
    if block["type"] == "text":
        block["text"] = delta["text"]
    else:
        block["input"] = json.loads(delta["partial_json"])
    return {
        **events[0]["message"],
        "content": [block],
        "stop_reason": events[4]["delta"]["stop_reason"],
        "usage": events[4]["usage"],
    }
