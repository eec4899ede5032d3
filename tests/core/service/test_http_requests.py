from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.service.http_requests import (
    MAX_BODY,
    MAX_HEAD,
    Guard,
    HttpError,
    Request,
)

TOKEN = "ab" * 32
GUARD = Guard(4711, TOKEN)
HOST = (b"host", b"127.0.0.1:4711")
BEARER = (b"authorization", b"Bearer " + TOKEN.encode())


def admitted(*headers: tuple[bytes, bytes]) -> Request:
    return GUARD.admit(b"POST", b"/v1/tools/x", headers)


def status_of(*headers: tuple[bytes, bytes]) -> int:
    with pytest.raises(HttpError) as caught:
        admitted(*headers)
    assert TOKEN not in str(caught.value)
    return caught.value.status


def test_who_has_the_token_is_let_in() -> None:
    request = admitted(HOST, BEARER, (b"x-hookwright-cwd", b"/a%20b"))

    assert (request.method, request.path) == ("POST", "/v1/tools/x")
    assert request.decoded("x-hookwright-cwd") == "/a b"
    assert request.header("x-none") == ""
    assert TOKEN not in repr(request)


@pytest.mark.parametrize("host", [b"localhost:4711", b"LOCALHOST:4711"])
def test_the_door_has_two_names(host: bytes) -> None:
    assert admitted((b"host", host), BEARER).method == "POST"


@pytest.mark.parametrize(
    "host", [b"127.0.0.1", b"127.0.0.1:80", b"evil.example:4711", b"", b"0.0.0.0:4711"]
)
def test_another_name_is_refused_even_with_the_token(host: bytes) -> None:
    assert status_of((b"host", host), BEARER) == 403


@pytest.mark.parametrize(
    "origin", [b"https://evil.example", b"null", b"", b"http://127.0.0.1"]
)
def test_a_web_page_is_refused_even_with_the_token(origin: bytes) -> None:
    assert status_of(HOST, BEARER, (b"origin", origin)) == 403


def test_our_own_page_is_not() -> None:
    origin = (b"origin", b"http://localhost:4711")
    assert admitted(HOST, BEARER, origin).method == "POST"


@pytest.mark.parametrize(
    "authorization",
    [
        b"",
        b"Bearer",
        b"Bearer ",
        b"Basic " + TOKEN.encode(),
        TOKEN.encode(),
        b"Bearer " + TOKEN[:-1].encode(),
        b"Bearer " + TOKEN.encode() + b"0",
        b"Bearer " + TOKEN.upper().encode(),
        "Bearer ünïcode".encode(),
        b"Bearer \xff\xfe",
    ],
)
def test_without_the_token_nobody_is_let_in(authorization: bytes) -> None:
    assert status_of(HOST, (b"authorization", authorization)) == 401


def test_what_is_said_twice_is_not_believed() -> None:
    assert status_of(HOST, BEARER, BEARER) == 400


def test_sizes_are_looked_at_before_anything_is_read() -> None:
    length = str(MAX_BODY + 1).encode()
    assert status_of(HOST, BEARER, (b"content-length", length)) == 413
    assert status_of(HOST, BEARER, (b"x-long", b"x" * MAX_HEAD)) == 431
    assert status_of(HOST, BEARER, (b"content-encoding", b"gzip")) == 415


@given(st.binary(max_size=200).filter(lambda text: text != BEARER[1]))
def test_nothing_but_the_token_opens(text: bytes) -> None:
    if text.strip() == BEARER[1]:
        return
    assert status_of(HOST, (b"authorization", text)) == 401
