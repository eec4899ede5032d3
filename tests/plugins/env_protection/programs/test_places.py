"""Paths as programs are given them."""

from __future__ import annotations

from typing import Any

import pytest

from hookwright.plugins.env_protection.programs.places import (
    absolute,
    is_telling,
    secret_in,
)
from hookwright.plugins.env_protection.words import UNKNOWN


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (".env", "/a/b/.env"),
        ("./x//../.env", "/a/b/.env"),
        ("../../..", "/"),
        ("/x/./y", "/x/y"),
        (f"{UNKNOWN}/.env", f"{UNKNOWN}/.env"),
        (f"/x{UNKNOWN}/../.env", f"{UNKNOWN}/.env"),
    ],
)
def test_paths_are_made_absolute(text: str, path: str) -> None:
    assert absolute(text, "/a/b") == path


def test_a_path_is_telling_when_its_name_is_known() -> None:
    assert is_telling(f"/a/{UNKNOWN}/.env")
    assert not is_telling(f"/a/{UNKNOWN}")


@pytest.mark.parametrize(
    "text", [".env", "--file=.env", "f=@.env", "host:.env", "a,.env", "file://.env"]
)
def test_a_protected_file_is_seen_as_an_argument_or_a_value(
    text: str, world: Any
) -> None:
    assert secret_in(text, "/home/dev/app", world) is not None


@pytest.mark.parametrize("text", ["document .env", "x.env.y", "--exclude", "", "-"])
def test_a_mention_is_none(text: str, world: Any) -> None:
    assert secret_in(text, "/home/dev/app", world) is None
