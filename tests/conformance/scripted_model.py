"""A model that follows a script: enough of Anthropic's Messages API for Claude Code.

It keeps no conversation: the step to play is the number of tool results already in
the request, so retries and side requests (titles, token counts) cannot push the
script out of step. A subagent's prompt carries `SUBAGENT`; it runs one command.

Format: https://docs.anthropic.com/en/api/messages-streaming
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROMPT = "SCRIPTED-RUN: follow the steps, then stop."
SUBAGENT = "SCRIPTED-SUBAGENT"


@dataclass(frozen=True)
class Call:
    """One tool call that the model makes."""

    name: str
    input: dict[str, Any]


@dataclass
class ScriptedModel:
    """What the model says, and every request body it was sent."""

    steps: Sequence[Call]
    subagent_command: str = "echo from-subagent"
    last_words: str = "all done"
    requests: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def tool_results(self) -> list[str]:
        """Return the tool results of the longest conversation seen."""
        found: list[str] = []
        for body in self.requests:
            results, _ = _read(body)
            found = max(found, results, key=len)
        return found

    def was_told(self, text: str) -> bool:
        """Return whether text reached the model in any request."""
        return any(text in json.dumps(body) for body in self.requests)

    def answer(self, body: dict[str, Any]) -> Call | str:
        results, text = _read(body)
        offered = {tool.get("name") for tool in body.get("tools") or []}
        if SUBAGENT in text and PROMPT not in text:
            if not results and "Bash" in offered:
                return Call("Bash", {"command": self.subagent_command})
            return "subagent finished"
        if PROMPT not in text or not offered:
            return "ok"
        if len(results) < len(self.steps):
            return self.steps[len(results)]
        return self.last_words

    @contextmanager
    def serving(self) -> Iterator[ScriptedModel]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        self.port = server.server_address[1]
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def tool_results_of(body: dict[str, Any]) -> list[str]:
    """Return the tool results in a request."""
    return _read(body)[0]


def _read(body: dict[str, Any]) -> tuple[list[str], str]:
    """Return the tool results and the user's text of a request."""
    results: list[str] = []
    texts: list[str] = []
    for message in body.get("messages") or []:
        if message.get("role") != "user":
            continue
        content = message.get("content")
        parts = [{"text": content}] if isinstance(content, str) else content or []
        for part in parts:
            if part.get("type") == "tool_result":
                results.append(_flat(part.get("content")))
            else:
                texts.append(_flat(part))
    return results, "\n".join(texts)


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_flat(item) for item in value)
    if isinstance(value, dict):
        return _flat(value.get("text") or value.get("content") or "")
    return ""


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


def _handler(model: ScriptedModel) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            """Keep the test's output clean."""

        def _json(self, value: object) -> None:
            data = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_HEAD(self) -> None:
            self._json({})

        def do_GET(self) -> None:
            self._json({"data": []})

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(size) or b"{}")
            path = self.path.split("?")[0]
            if path.endswith("/count_tokens"):
                self._json({"input_tokens": 100})
            elif path.endswith("/messages"):
                self._play(body)
            else:
                self._json({})

        def _play(self, body: dict[str, Any]) -> None:
            with lock:
                model.requests.append(body)
                number = len(model.requests)
            events = list(_stream(number, body.get("model", ""), model.answer(body)))
            if not body.get("stream"):
                self._json(_whole(events))
                return
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            for event in events:
                data = json.dumps(event)
                self.wfile.write(f"event: {event['type']}\ndata: {data}\n\n".encode())
            self.close_connection = True

    return Handler


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
