from __future__ import annotations

import asyncio
import socket

from hookwright.core.service.outlet import Outlet


def with_outlet(size: int, *, closes: bool) -> tuple[bytes, int]:
    """Return what an outlet left of so many bytes, and how many arrived."""

    async def work() -> tuple[bytes, int]:
        ours, theirs = socket.socketpair()
        transport, _ = await asyncio.get_running_loop().create_connection(
            asyncio.Protocol, sock=ours
        )
        outlet = Outlet(transport)
        if closes:
            outlet.close()
        left = outlet.write(b"x" * size)
        theirs.setblocking(False)
        came = 0
        while came < size - len(left) and not closes:
            came += len(theirs.recv(2**20))
        transport.close()
        outlet.close()
        outlet.close()
        theirs.close()
        return left, came

    return asyncio.run(work())


def test_what_fits_is_sent_at_once() -> None:
    assert with_outlet(1000, closes=False) == (b"", 1000)


def test_what_does_not_fit_is_left_and_nothing_of_it_is_lost() -> None:
    left, came = with_outlet(8_000_000, closes=False)
    assert left
    assert len(left) + came == 8_000_000


def test_nothing_is_sent_after_the_end() -> None:
    assert with_outlet(1000, closes=True) == (b"", 0)


def test_nobody_at_the_other_end_is_no_error() -> None:
    async def work() -> bytes:
        ours, theirs = socket.socketpair()
        transport, _ = await asyncio.get_running_loop().create_connection(
            asyncio.Protocol, sock=ours
        )
        outlet = Outlet(transport)
        theirs.close()
        left = outlet.write(b"x")
        outlet.close()
        transport.close()
        return left

    assert asyncio.run(work()) == b""
