"""One HTTP request's head, and who is let in.

A web page that is open in a browser can reach 127.0.0.1, and so can every user of the
machine: the token keeps both out, and `Host` and `Origin` keep pages out even where a
token was given away (DNS rebinding).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from .wire import MAX_STDIN

#: Bytes of request line and headers together.
MAX_HEAD = 32 * 2**10
#: Bytes of a body; the socket's door takes as much standard input.
MAX_BODY = MAX_STDIN

CWD = "x-hookwright-cwd"
DELIVERY = "x-hookwright-delivery"
OBSERVE = "x-hookwright-observe"
ENVIRONMENT = "x-hookwright-environment"
SENDER = "x-hookwright-version"
_SINGLE = frozenset(
    ("host", "origin", "authorization", CWD, DELIVERY, OBSERVE, ENVIRONMENT, SENDER)
)
#: The names of refusals by status; the text beside them is for people.
_TYPES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    409: "another_version",
    413: "too_large",
    415: "unsupported_encoding",
    422: "tool_error",
    431: "headers_too_large",
    503: "unavailable",
}


class HttpError(Exception):
    """A request that is refused.

    :param status: of the answer, 400 to 503.
    :param allow: the methods that the path takes, for status 405.
    """

    def __init__(self, status: int, message: str, *, kind: str = "", allow: str = ""):
        super().__init__(message)
        self.status = status
        self.kind = kind or _TYPES.get(status, "error")
        self.allow = allow


@dataclass(frozen=True)
class Request:
    """The head of a request that was let in; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]

    def header(self, name: str) -> str:
        """Return a header's text, "" when it is missing."""
        return self.headers.get(name, "")

    def decoded(self, name: str) -> str:
        """Return a header that is percent-encoded UTF-8."""
        return unquote(self.header(name), "utf-8", "replace")


class Guard:
    """Knows the token and the names that the door goes by."""

    def __init__(self, port: int, token: str) -> None:
        self.token = token
        self._hosts = frozenset((f"127.0.0.1:{port}", f"localhost:{port}"))
        self._origins = frozenset(f"http://{host}" for host in self._hosts)

    def admit(
        self, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]
    ) -> Request:
        """Return the request.

        :param headers: names in lower case.
        :raises HttpError: it is not let in. Nothing about us is in the answer.
        """
        found = _collected(headers, MAX_HEAD - len(method) - len(target))
        if found.get("host", "").lower() not in self._hosts:
            raise HttpError(403, "the Host header is not this door's own")
        if "origin" in found and found["origin"].lower() not in self._origins:
            raise HttpError(403, "requests of web pages are not answered")
        if not self._knows(found.pop("authorization", "")):
            raise HttpError(401, "the bearer token is missing or wrong")
        if found.get("content-encoding", "identity").lower() != "identity":
            raise HttpError(415, "send the body without a Content-Encoding")
        if "transfer-encoding" in found and "content-length" in found:
            # h11 takes the chunks; whatever stands before us may not.
            raise HttpError(400, "a body has a length or chunks, not both")
        if int(found.get("content-length", "0")) > MAX_BODY:
            raise too_large()
        return Request(_text(method), _text(target), found)

    def _knows(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        # Bytes: a text with other letters than ASCII would raise.
        same = hmac.compare_digest(token.strip().encode(), self.token.encode())
        return same and scheme.lower() == "bearer"


def too_large(limit: int = MAX_BODY) -> HttpError:
    """Return the refusal of a body that is larger than `limit` bytes."""
    return HttpError(413, f"the body is too large; accepted: {limit} bytes")


def _collected(headers: Iterable[tuple[bytes, bytes]], room: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = _text(raw_name)
        room -= len(raw_name) + len(raw_value) + 4
        if room < 0:
            raise HttpError(431, f"the headers have over {MAX_HEAD} bytes")
        if name in found and name in _SINGLE:
            raise HttpError(400, f"the header {name} is there twice")
        found[name] = _text(raw_value)
    return found


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
