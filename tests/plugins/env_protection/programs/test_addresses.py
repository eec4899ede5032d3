from __future__ import annotations

import os

import pytest

from hookwright.plugins.env_protection.programs.addresses import is_this_machine
from hookwright.plugins.env_protection.words import UNKNOWN


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.:8000",
        "app.localhost:3000",
        "user:word@localhost:8000",
        "127.0.0.1",
        "127.0.0.2:80",
        "127.1",
        "0",
        "0.0.0.0:8000",
        "0x7f.1",
        "2130706433:8000",
        "017700000001",
        "::1",
        "[::1]:8000",
        "[::]:8000",
        "[::1%lo]:8000",
        "[::ffff:127.0.0.1]:8000",
        "ip6-loopback",
    ],
)
def test_each_way_to_write_this_machine_is_known(host: str) -> None:
    assert is_this_machine(host)


def test_its_own_name_is_this_machine() -> None:
    assert is_this_machine(f"{os.uname().nodename.upper()}:8000")


@pytest.mark.parametrize(
    "host",
    [
        f"{UNKNOWN}:8000",
        "example.com",
        "10.0.0.1:8000",
        "128.0.0.1",
        "[2001:db8::1]:80",
        "",
        "a:b:c",
        "[]",
    ],
)
def test_other_machines_and_what_is_none_are_not(host: str) -> None:
    assert not is_this_machine(host)
