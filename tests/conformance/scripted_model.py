"""A model that follows a script, for every wire that agent hosts speak.

It keeps no conversation: the step to play is the number of tool results already in
the request, so retries and side requests (titles, token counts) cannot push the
script out of step. A subagent's prompt carries `SUBAGENT`; it makes one call.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

PROMPT = "SCRIPTED-RUN: follow the steps, then stop."
SUBAGENT = "SCRIPTED-SUBAGENT"


@dataclass(frozen=True)
class Call:
    """One tool call that the model makes."""

    name: str
    input: dict[str, Any]


@dataclass(frozen=True)
class Conversation:
    """What a request tells: tool results so far, the user's text, tools offered."""

    results: list[str]
    text: str
    offered: set[str]


@dataclass(frozen=True)
class Reply:
    """One HTTP answer of the model."""

    content_type: str
    body: bytes

    @classmethod
    def of_json(cls, value: object) -> Reply:
        """Return an answer in one piece."""
        return cls("application/json", json.dumps(value).encode())

    @classmethod
    def of_events(cls, events: Iterable[tuple[str, str]]) -> Reply:
        """Return server-sent events; an event without a name has only data."""
        text = "".join(
            (f"event: {name}\n" if name else "") + f"data: {data}\n\n"
            for name, data in events
        )
        return cls("text/event-stream", text.encode())


class Wire(Protocol):
    """How one vendor's clients put requests and read answers."""

    def speaks(self, path: str) -> bool:
        """Return whether a request to this path is of this wire."""
        ...

    def read(self, body: dict[str, Any]) -> Conversation:
        """Return the tool results, the user's text and the tools of a request."""
        ...

    def reply(self, path: str, body: dict[str, Any], said: Call | str, n: int) -> Reply:
        """Return what the model says, the n-th time it is asked, in its words."""
        ...


@dataclass
class ScriptedModel:
    """What the model says, and every request body it was sent."""

    steps: Sequence[Call]
    wire: Wire
    #: What a subagent calls, when it is offered a tool of that name.
    subagent_call: Call = Call("Bash", {"command": "echo from-subagent"})
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
            found = max(found, self.wire.read(body).results, key=len)
        return found

    def was_told(self, text: str) -> bool:
        """Return whether text reached the model in any request."""
        return any(text in json.dumps(body) for body in self.requests)

    def answer(self, body: dict[str, Any]) -> Call | str:
        seen = self.wire.read(body)
        if SUBAGENT in seen.text and PROMPT not in seen.text:
            if not seen.results and self.subagent_call.name in seen.offered:
                return self.subagent_call
            return "subagent finished"
        if PROMPT not in seen.text or not seen.offered:
            return "ok"
        if len(seen.results) < len(self.steps):
            return self.steps[len(seen.results)]
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


def flat(value: Any) -> str:
    """Return the text in a message part, however it is nested."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(flat(item) for item in value)
    if isinstance(value, dict):
        return flat(value.get("text") or value.get("content") or "")
    return ""


def _handler(model: ScriptedModel) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            """Keep the test's output clean."""

        def _send(self, reply: Reply) -> None:
            self.send_response(200)
            self.send_header("content-type", reply.content_type)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def do_HEAD(self) -> None:
            self._send(Reply.of_json({}))

        def do_GET(self) -> None:
            self._send(Reply.of_json({"data": []}))

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(size) or b"{}")
            path = self.path.split("?")[0]
            if not model.wire.speaks(path):
                self._send(Reply.of_json({}))
                return
            with lock:
                model.requests.append(body)
                number = len(model.requests)
            said = model.answer(body)
            self._send(model.wire.reply(path, body, said, number))

    return Handler
