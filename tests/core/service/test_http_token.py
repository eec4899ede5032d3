from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hookwright.core.errors import ServiceError
from hookwright.core.service import http_token
from hookwright.core.service.http_token import FILE, load_token, read_token


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir(mode=0o700)
    return directory


def test_a_token_is_made_once_for_its_owner_alone(data: Path) -> None:
    assert read_token(data) is None

    token = load_token(data)

    assert len(bytes.fromhex(token)) == 32
    assert load_token(data) == read_token(data) == token
    assert stat.S_IMODE((data / FILE).stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == [FILE]


def test_an_open_umask_opens_no_token(data: Path) -> None:
    mask = os.umask(0)
    try:
        load_token(data)
    finally:
        os.umask(mask)

    assert stat.S_IMODE((data / FILE).stat().st_mode) == 0o600


def test_of_many_that_make_a_token_at_once_all_get_the_same(data: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(load_token, [data] * 64))

    assert found == {read_token(data)}
    assert len(list(data.iterdir())) == 1


def test_without_hard_links_a_token_is_made_too(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "no hard links here")

    monkeypatch.setattr(os, "link", refuse)

    assert load_token(data) == read_token(data)
    assert len(list(data.iterdir())) == 1


def test_a_replaced_token_is_another_one(data: Path) -> None:
    old = load_token(data)
    new = http_token.replace_token(data)

    assert old != new == load_token(data)
    assert stat.S_IMODE((data / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_token_that_others_can_read_is_refused(data: Path, mode: int) -> None:
    load_token(data)
    (data / FILE).chmod(mode)

    with pytest.raises(ServiceError, match=f"open to others .mode {mode:o}"):
        load_token(data)


def test_a_link_is_not_followed(data: Path) -> None:
    elsewhere = data / "elsewhere"
    elsewhere.mkdir()
    load_token(elsewhere)
    (data / FILE).symlink_to(elsewhere / FILE)

    with pytest.raises(ServiceError, match="symbolic link; remove it"):
        load_token(data)


@pytest.mark.parametrize("content", [b"", b"short", b"g" * 64, b"\xff" * 64])
def test_a_file_that_holds_no_token_is_refused(data: Path, content: bytes) -> None:
    (data / FILE).write_bytes(content)
    (data / FILE).chmod(0o600)

    with pytest.raises(ServiceError, match="holds no token; remove it"):
        load_token(data)


def test_something_else_than_a_file_is_refused_and_does_not_hang(
    data: Path,
) -> None:
    os.mkfifo(data / FILE, 0o600)

    with pytest.raises(ServiceError, match="not your own file"):
        load_token(data)
