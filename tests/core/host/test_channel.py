from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.core.host import channel as channels
from hookwright.core.host.channel import Channel, ChannelError
from hookwright.hookspecs import EVENT_KINDS

Ends = tuple[Channel, Channel]


@pytest.fixture
def ends() -> Iterator[Ends]:
    one, other = socket.socketpair()
    with one, other:
        yield Channel(one), Channel(other)


@pytest.mark.parametrize("kind", sorted(EVENT_KINDS))
def test_events_arrive_as_they_were_sent(
    ends: Ends, make_event: Callable[..., Any], kind: str
) -> None:
    event = make_event(kind)

    ends[0].send(event)
    found = ends[1].receive()

    assert found == event
    if kind == "tool_before":
        with pytest.raises(TypeError):
            found.call.input["command"] = "other"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.binary(max_size=300) | st.text(max_size=99), max_size=9))
def test_messages_keep_their_bounds_and_their_order(
    ends: Ends, messages: list[Any]
) -> None:
    for message in messages:
        ends[0].send(message)

    assert [ends[1].receive() for _ in messages] == messages
    assert not ends[1].has_more


def test_a_large_message_arrives_whole(ends: Ends) -> None:
    content = bytes(range(256)) * 50_000
    sending = threading.Thread(target=ends[0].send, args=(content,))
    sending.start()

    assert ends[1].receive() == content
    sending.join(30)


def test_what_cannot_be_sent_leaves_the_channel_in_order(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "MAX_MESSAGE", 2**20)
    with pytest.raises(ChannelError, match="pickle"):
        ends[0].send(lambda: None)
    with pytest.raises(ChannelError, match="it has 2 MB, more than the 1 MB allowed"):
        ends[0].send(bytes(2**21))

    ends[0].send("next")
    assert ends[1].receive() == "next"


class Unreadable:
    def __reduce__(self) -> Any:
        return int, ("not a number",)


@pytest.mark.parametrize("asks", [True, False])
def test_what_cannot_be_read_leaves_the_channel_in_order(
    ends: Ends, asks: bool
) -> None:
    ends[0].send(Unreadable(), asks=asks)
    ends[0].send("next")

    with pytest.raises(ChannelError, match="ValueError") as caught:
        ends[1].receive()
    assert caught.value.asks is asks
    assert ends[1].receive() == "next"


def test_an_end_that_is_closed_is_told(ends: Ends) -> None:
    ends[0].connection.send(b"\0\0\0\0\x10half")
    ends[0].close()

    with pytest.raises(EOFError):
        ends[1].receive()


def test_a_length_that_nobody_sends_is_the_end(ends: Ends) -> None:
    ends[0].connection.send(b"\0\xff\xff\xff\xff" + bytes(99))

    with pytest.raises(EOFError, match="none of ours"):
        ends[1].receive()
