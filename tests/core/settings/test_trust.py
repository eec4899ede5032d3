from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from hookwright.core.errors import ConfigError
from hookwright.core.settings import Trust


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / ".hookwright.toml"
    file.write_text("[store]\n")
    return file


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust(tmp_path / "data")


def test_trust_holds_for_the_exact_content(trust: Trust, file: Path) -> None:
    assert not trust.is_trusted(file)

    assert trust.add(file) == hashlib.sha256(b"[store]\n").hexdigest()

    assert trust.is_trusted(file)
    assert trust.is_trusted(file, b"[store]\n")
    assert not trust.is_trusted(file, b"[store]\n\n")
    file.write_text("[store] \n")
    assert not trust.is_trusted(file)
    assert trust.files() == [file]


def test_trust_holds_for_one_path(trust: Trust, file: Path, tmp_path: Path) -> None:
    trust.add(file)
    copy = tmp_path / "copy" / ".hookwright.toml"
    copy.parent.mkdir()
    copy.write_bytes(file.read_bytes())
    link = tmp_path / "link.toml"
    link.symlink_to(file)

    assert not trust.is_trusted(copy)
    assert trust.is_trusted(link)


def test_trust_can_be_revoked(trust: Trust, file: Path) -> None:
    trust.add(file)

    assert trust.revoke(file)
    assert not trust.is_trusted(file)
    assert not trust.revoke(file)


def test_only_the_owner_can_read_the_list(trust: Trust, file: Path) -> None:
    trust.add(file)

    assert stat.S_IMODE(trust.file.stat().st_mode) == 0o600
    assert os.listdir(trust.file.parent) == ["trust.json"]


@pytest.mark.parametrize("text", ["", "[]", '{"files": 5}', "{", '{"files": {"a": 5}}'])
def test_a_damaged_list_trusts_nothing(trust: Trust, file: Path, text: str) -> None:
    trust.add(file)
    trust.file.write_text(text)

    assert not trust.is_trusted(file)
    trust.add(file)
    assert trust.is_trusted(file)
    assert json.loads(trust.file.read_text())["version"] == 1


def test_what_does_not_exist_cannot_be_trusted(trust: Trust, tmp_path: Path) -> None:
    assert not trust.is_trusted(tmp_path / "missing")
    with pytest.raises(ConfigError, match="does not exist; there is nothing to trust"):
        trust.add(tmp_path / "missing")


def test_a_list_that_cannot_be_written_is_named(file: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file")

    with pytest.raises(ConfigError, match=r"trust\.json cannot be written"):
        Trust(tmp_path / "blocked").add(file)
