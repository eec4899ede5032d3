from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright.core.service import http_connection, wire
from hookwright.core.service.door import Send
from hookwright.core.service.http_connection import HttpConnection
from hookwright.core.service.http_requests import Guard
from hookwright.core.service.http_routes import Routes

TOKEN = "cd" * 32
SECRET = "only-for-those-with-the-token"
HEAD = f"Host: localhost:1\r\nAuthorization: Bearer {TOKEN}\r\n".encode()


class Answers:
    """Answers every request with a text that nobody else may see."""

    def __init__(self) -> None:
        self.asked: list[list[bytes]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def answer(
        self, kind: int, fields: list[bytes], send: Send
    ) -> wire.Reply | None:
        await self.go.wait()
        self.asked.append(fields)
        if fields[-1] == b"raise":
            raise RuntimeError(SECRET)
        return wire.Reply(stdout=json.dumps({"result": SECRET}).encode())

    def retire(self) -> None:
        """Stay."""


class Recording(asyncio.Transport):
    """Keeps what is written, write by write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.ended = ""

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        assert not self.ended
        self.writes.append(bytes(data))

    def write_eof(self) -> None:
        self.ended = self.ended or "eof"

    def close(self) -> None:
        self.ended = self.ended or "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def is_closing(self) -> bool:
        return self.ended in ("closed", "aborted")


def converse(
    work: Callable[[HttpConnection, Recording, Answers], Awaitable[Any]],
) -> Any:
    async def run() -> Any:
        answers, transport = Answers(), Recording()
        others: set[HttpConnection] = set()
        connection = HttpConnection(Guard(1, TOKEN), Routes(answers), others)
        connection.connection_made(transport)
        found = await asyncio.wait_for(work(connection, transport, answers), 20)
        connection.connection_lost(None)
        assert not others
        return found

    return asyncio.run(run())


def sent(*parts: bytes) -> tuple[list[bytes], str, list[list[bytes]]]:
    """Return the writes, how it ended, and what was asked, after some parts."""

    async def work(
        connection: HttpConnection, transport: Recording, answers: Answers
    ) -> tuple[list[bytes], str, list[list[bytes]]]:
        for part in parts:
            if transport.is_closing():
                break
            connection.data_received(part)
            while connection.busy:
                await asyncio.sleep(0)
        return transport.writes, transport.ended, answers.asked

    found: tuple[list[bytes], str, list[list[bytes]]] = converse(work)
    return found


def request(
    path: str = "/v1/hooks/a/b",
    body: bytes = b'{"cwd": "/p"}',
    head: bytes = HEAD,
    method: str = "POST",
) -> bytes:
    first = f"{method} {path} HTTP/1.1\r\n".encode() + head
    return first + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def statuses(writes: Iterable[bytes]) -> list[int]:
    found = [re.match(rb"HTTP/1\.1 (\d{3}) ", write) for write in writes]
    return [int(match[1]) for match in found if match]


def test_an_answer_is_one_write_and_the_connection_stays() -> None:
    writes, ended, asked = sent(request(), request(), request("/v1/none"), request())

    assert statuses(writes) == [200, 200, 404, 200]
    assert len(writes) == 4
    assert len(asked) == 3
    assert ended == ""
    head, _, body = writes[0].partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(body) in head
    assert SECRET.encode() in body


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_a_request_may_come_in_any_pieces(size: int) -> None:
    whole = request(body=b'{"cwd": "/project", "x": "' + b"y" * 200 + b'"}')
    parts = [whole[at : at + size] for at in range(0, len(whole), size)]

    writes, ended, asked = sent(*parts)

    assert (statuses(writes), ended) == ([200], "")
    assert asked[0][4] == b"/project"


def test_a_chunked_body_is_put_together() -> None:
    chunked = (
        b"POST /v1/hooks/a/b HTTP/1.1\r\n"
        + HEAD
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b'7\r\n{"cwd":\r\n5\r\n"/p"}\r\n0\r\n\r\n'
    )
    writes, _, asked = sent(chunked)

    assert statuses(writes) == [200]
    assert asked[0][6] == b'{"cwd":"/p"}'


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        (b"Content-Length: 5, 6\r\n", 400),
        (b"Content-Length: +5\r\n", 400),
        (b"Content-Length: 1" + b"0" * 30 + b"\r\n", 400),
        (b"Transfer-Encoding: gzip, chunked\r\n", 501),
        (b"Transfer-Encoding: identity\r\n", 501),
        (b"Bad Name: x\r\n", 400),
        (b"Name : x\r\n", 400),
        (b"Name: a\x00b\r\n", 400),
        (b"Host: localhost:1\r\n", 400),
    ],
)
def test_what_two_parsers_read_differently_is_refused(
    lines: bytes, status: int
) -> None:
    first = b"POST /v1/hooks/a/b HTTP/1.1\r\n" + HEAD
    writes, ended, asked = sent(first + lines + b"\r\nhello")

    assert (statuses(writes), ended, asked) == ([status], "eof", [])


def test_a_length_beside_chunks_does_not_smuggle_a_second_request() -> None:
    inner = request()
    smuggled = (
        b"POST /v1/hooks/a/b HTTP/1.1\r\n"
        + HEAD
        + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % (5 + len(inner))
        + b"0\r\n\r\n"
        + inner
    )
    writes, ended, asked = sent(smuggled)

    assert (statuses(writes), ended, asked) == ([400], "eof", [])


@pytest.mark.parametrize("parts", [1, 2])
def test_a_second_request_before_the_answer_is_not_taken(parts: int) -> None:
    both = request() + request()

    async def work(
        connection: HttpConnection, transport: Recording, answers: Answers
    ) -> None:
        answers.go.clear()
        half = len(both) // parts
        for at in range(0, len(both), half):
            connection.data_received(both[at : at + half])
            await asyncio.sleep(0)
        answers.go.set()
        while connection.busy:
            await asyncio.sleep(0)
        assert statuses(transport.writes) == [200]
        assert b"connection: close" in transport.writes[0]
        assert len(answers.asked) == 1
        assert transport.ended == "eof"

    converse(work)


def test_a_refusal_ends_the_connection_and_asks_nobody() -> None:
    for head in (b"Host: localhost:1\r\n", b"Host: evil\r\n" + HEAD[19:], b""):
        writes, ended, asked = sent(request(head=head), request())

        assert statuses(writes)[0] in (400, 401, 403)
        assert (len(writes), ended, asked) == (1, "eof", [])
        assert b"connection: close" in writes[0]


def test_a_head_request_gets_no_body_whoever_sends_it() -> None:
    for head in (HEAD, b"Host: localhost:1\r\n"):
        writes, _, _ = sent(request("/v1/health", b"", head, "HEAD"))

        assert len(writes) == 1
        assert writes[0].endswith(b"\r\n\r\n")


def test_a_client_that_asks_whether_it_may_send_is_told_so() -> None:
    whole = request()
    head, _, body = whole.partition(b"\r\n\r\n")
    writes, _, _ = sent(head + b"\r\nExpect: 100-continue\r\n\r\n", body)

    assert writes[0].startswith(b"HTTP/1.1 100 ")
    assert statuses(writes) == [100, 200]


def test_who_has_no_token_is_not_asked_for_a_body() -> None:
    head = b"POST /v1/x HTTP/1.1\r\nHost: localhost:1\r\nExpect: 100-continue\r\n"
    writes, _, _ = sent(head + b"Content-Length: 9\r\n\r\n")

    assert statuses(writes) == [401]


def test_too_much_is_refused_while_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "MAX_BODY", 1000)
    first = b"POST /v1/hooks/a/b HTTP/1.1\r\n" + HEAD
    chunk = b"3e8\r\n" + b"x" * 1000 + b"\r\n"
    writes, ended, asked = sent(
        first + b"Transfer-Encoding: chunked\r\n\r\n", chunk, chunk
    )

    assert (statuses(writes), ended, asked) == ([413], "eof", [])


def test_a_head_without_end_is_refused() -> None:
    parts = [b"GET /v1/health HTTP/1.1\r\n"] + [b"X-A: " + b"y" * 1000 + b"\r\n"] * 50
    writes, ended, _ = sent(*parts)

    assert (statuses(writes), ended) == ([431], "eof")


def test_a_fault_of_ours_tells_nothing_but_where_to_look() -> None:
    body = b"raise"
    head = HEAD + b"X-Hookwright-Cwd: /p\r\n"
    writes, ended, _ = sent(request(body=body, head=head), request())

    assert statuses(writes) == [500, 200]
    assert SECRET.encode() not in writes[0]
    assert b"see the daemon's log" in writes[0]
    assert ended == ""


def test_one_who_writes_a_letter_now_and_then_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_connection, "PATIENCE", 0.2)

    async def work(
        connection: HttpConnection, transport: Recording, answers: Answers
    ) -> None:
        for letter in request():
            if transport.ended:
                break
            connection.data_received(bytes((letter,)))
            await asyncio.sleep(0.01)
        assert statuses(transport.writes) == [408]
        assert answers.asked == []

    converse(work)


def test_one_who_says_nothing_at_all_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "PATIENCE", 0.01)

    async def work(
        connection: HttpConnection, transport: Recording, answers: Answers
    ) -> None:
        while not transport.ended:
            await asyncio.sleep(0.01)
        assert (transport.ended, transport.writes) == ("closed", [])

    converse(work)


def test_between_requests_a_connection_may_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_connection, "PATIENCE", 0.05)

    async def work(
        connection: HttpConnection, transport: Recording, answers: Answers
    ) -> None:
        for _ in range(2):
            connection.data_received(request())
            while connection.busy:
                await asyncio.sleep(0)
            await asyncio.sleep(0.2)
        assert statuses(transport.writes) == [200, 200]
        assert not transport.ended

    converse(work)


def test_a_client_that_closes_its_half_still_gets_the_answer() -> None:
    async def work(
        connection: HttpConnection, transport: Recording, answers: Answers
    ) -> None:
        connection.data_received(request())
        assert connection.eof_received()
        while connection.busy:
            await asyncio.sleep(0)
        assert statuses(transport.writes) == [200]
        assert transport.ended == "eof"

    converse(work)


def test_one_too_many_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "MAX_CONNECTIONS", 1)

    async def run() -> None:
        others: set[HttpConnection] = set()
        made = []
        for _ in range(2):
            transport = Recording()
            connection = HttpConnection(Guard(1, TOKEN), Routes(Answers()), others)
            connection.connection_made(transport)
            made.append((connection, transport))
        assert [transport.ended for _, transport in made] == ["", "aborted"]
        assert len(others) == 1
        for connection, _ in made:
            connection.connection_lost(None)

    asyncio.run(run())


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    found = [data[one:two] for one, two in pairwise(places)]
    return [piece for piece in found if piece]


CUTS = st.lists(st.integers(0, 10_000), max_size=8)


@settings(max_examples=300)
@given(st.binary(max_size=400), CUTS)
def test_random_bytes_never_get_in(data: bytes, cuts: list[int]) -> None:
    writes, _, asked = sent(*pieces(data, cuts))

    assert asked == []
    assert all(status >= 400 for status in statuses(writes))
    assert SECRET.encode() not in b"".join(writes)


@settings(max_examples=300)
@given(st.integers(0, 400), st.binary(max_size=6), st.integers(0, 6), CUTS)
def test_a_request_that_was_tampered_with_is_answered_or_refused(
    at: int, put: bytes, cut: int, cuts: list[int]
) -> None:
    whole = request()
    at %= len(whole)
    data = whole[:at] + put + whole[at + cut :]
    writes, _, asked = sent(*pieces(data, cuts))

    told = [write for write in writes if SECRET.encode() in write]
    assert len(told) == len(asked) <= 1
    if told:
        assert f"Bearer {TOKEN}".lower().encode() in data.lower()


@settings(max_examples=100)
@given(CUTS)
def test_without_the_token_a_whole_request_in_any_pieces_is_refused(
    cuts: list[int],
) -> None:
    data = request(head=HEAD.replace(b"cd", b"ce", 1))
    writes, ended, asked = sent(*pieces(data, cuts))

    assert (statuses(writes), ended, asked) == ([401], "eof", [])
