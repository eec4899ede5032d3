from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hookwright.core.service.http_port import (
    FILE,
    choose_port,
    is_installed,
    is_wanted,
    listen,
    listen_anywhere,
    port_of,
    read_port,
    write_port,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir(mode=0o700)
    return directory


def test_a_port_is_chosen_once(data: Path) -> None:
    port = choose_port(data, 0)

    assert 20_000 <= port < 32_000
    assert choose_port(data, 0) == read_port(data) == port
    assert stat.S_IMODE((data / FILE).stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == [FILE]


def test_a_port_that_is_set_is_taken(data: Path) -> None:
    choose_port(data, 0)

    assert choose_port(data, 4711) == read_port(data) == 4711


def test_the_door_is_wanted_where_something_is_installed_or_the_setting_says_so(
    data: Path,
) -> None:
    assert not is_wanted("auto", data)
    assert is_wanted(True, data)

    write_port(data, 4711)
    assert not is_wanted("auto", data)

    choose_port(data, 0)
    assert is_wanted("auto", data)
    assert not is_wanted(False, data)

    write_port(data, 4711)
    assert is_installed(data)
    write_port(data, 4711, installed=False)
    assert not is_wanted("auto", data)
    assert read_port(data) == 4711


@pytest.mark.parametrize(
    "content",
    [b"", b"0", b"65536", b"-1", b"x", b"\xff\xfe", "٣٣٣٣".encode(), b"9" * 99],
)
def test_a_file_that_holds_no_port_holds_none(data: Path, content: bytes) -> None:
    (data / FILE).write_bytes(content)

    assert read_port(data) is None
    assert not is_installed(data)


def test_neither_a_link_nor_a_pipe_is_read(data: Path) -> None:
    (data / "other").write_text("4711 installed")
    (data / FILE).symlink_to(data / "other")
    assert read_port(data) is None

    (data / FILE).unlink()
    os.mkfifo(data / FILE)
    assert read_port(data) is None


def test_only_one_listens_on_a_port_and_only_on_the_loopback_address() -> None:
    listener = listen_anywhere()
    port = port_of(listener)
    try:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listen(port) is None
    finally:
        listener.close()

    again = listen(port)
    assert again is not None
    again.close()
