"""Google's Gemini API, as much of it as an agent host needs.

Format: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import json
from typing import Any

from .scripted_model import Call, Conversation, Reply

#: What Gemini CLI asks a small model beside the conversation; it wants JSON.
_SIDE_ANSWER = {
    "reasoning": "scripted",
    "next_speaker": "user",
    "model_choice": "flash",
    "complexity_reasoning": "scripted",
    "complexity_score": 1,
}


class GeminiWire:
    """What Gemini CLI speaks."""

    def speaks(self, path: str) -> bool:
        """Return whether a request to this path is of this wire."""
        return path.endswith(("enerateContent", ":countTokens"))

    def read(self, body: dict[str, Any]) -> Conversation:
        """Return the tool results, the user's text and the tools of a request."""
        results: list[str] = []
        texts: list[str] = []
        for content in body.get("contents") or []:
            for part in content.get("parts") or []:
                if "functionResponse" in part:
                    results.append(_result(part["functionResponse"].get("response")))
                elif content.get("role") in (None, "user") and "text" in part:
                    texts.append(str(part["text"]))
        offered = {
            str(function["name"])
            for tool in body.get("tools") or []
            for function in tool.get("functionDeclarations") or []
        }
        return Conversation(results, "\n".join(texts), offered)

    def reply(self, path: str, body: dict[str, Any], said: Call | str, n: int) -> Reply:
        """Return what the model says, the n-th time it is asked, in its words."""
        if path.endswith(":countTokens"):
            return Reply.of_json({"totalTokens": 100})
        if isinstance(said, Call):
            call = {"id": f"scripted_{n:06d}", "name": said.name, "args": said.input}
            parts: list[dict[str, Any]] = [{"functionCall": call}]
        elif "<state_snapshot>" in json.dumps(body.get("systemInstruction")):
            # It is asked to shorten the context.
            parts = [{"text": "<state_snapshot>scripted</state_snapshot>"}]
        else:
            options = body.get("generationConfig") or {}
            wants_json = options.get("responseMimeType") == "application/json"
            parts = [{"text": json.dumps(_SIDE_ANSWER) if wants_json else said}]
        answer = {
            "candidates": [
                {
                    "index": 0,
                    "content": {"role": "model", "parts": parts},
                    "finishReason": "STOP",
                }
            ],
            "usageMetadata": {
                "promptTokenCount": 1_000 + n,
                "candidatesTokenCount": 20,
                "cachedContentTokenCount": 400,
                "totalTokenCount": 1_020 + n,
            },
            "modelVersion": "scripted",
            "responseId": f"scripted_{n:06d}",
        }
        if path.endswith(":streamGenerateContent"):
            return Reply.of_events([("", json.dumps(answer))])
        return Reply.of_json(answer)


def _result(response: Any) -> str:
    """Return what a tool gave back: its `output`, or its `error`."""
    if isinstance(response, dict):
        for name in ("output", "error"):
            if isinstance(response.get(name), str):
                return str(response[name])
    return json.dumps(response)
