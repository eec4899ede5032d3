"""`hookwright guard allow`, and the settings that it writes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from hookwright.core.errors import ConfigError, ToolError
from hookwright.core.paths import Paths
from hookwright.plugins.env_protection.allowing import allow
from hookwright.plugins.env_protection.config import EnvProtectionConfig

BEFORE = """\
# Mine.
[store]
max_size = "1 GB"   # enough

[env_protection]
strict = true  # keep
allow = ["a.pem"] # the first
"""


def written(paths: Paths) -> list[str]:
    return list(tomllib.loads(paths.config_file.read_text())["env_protection"]["allow"])


def test_an_exemption_is_written_with_its_reason(paths: Paths) -> None:
    view = allow("tests/certs/*.pem", "test certificates")

    assert (view.added, view.file) == (True, str(paths.config_file))
    assert written(paths) == ["tests/certs/*.pem"]
    assert "# test certificates" in paths.config_file.read_text()
    assert paths.config_file.stat().st_mode & 0o777 == 0o600


def test_all_else_in_the_file_stays(paths: Paths) -> None:
    paths.config.mkdir(parents=True)
    paths.config_file.write_text(BEFORE)
    paths.config_file.chmod(0o640)

    allow("b.pem", "no\nsecret")
    again = allow("b.pem", "twice")

    text = paths.config_file.read_text()
    assert written(paths) == ["a.pem", "b.pem"]
    for line in ("# Mine.", 'max_size = "1 GB"   # enough', "strict = true  # keep"):
        assert line in text
    assert "# no secret" in text
    assert not again.added
    assert paths.config_file.stat().st_mode & 0o777 == 0o640


def test_a_link_to_the_file_stays_a_link(paths: Paths, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("")
    paths.config.mkdir(parents=True)
    paths.config_file.symlink_to(real)

    allow("b.pem", "x")

    assert paths.config_file.is_symlink()
    assert "b.pem" in real.read_text()


@pytest.mark.parametrize(
    ("pattern", "reason", "wrong"),
    [
        ("a.pem", "", "say in 1 to 200 why"),
        ("a.pem", "x" * 201, "has 201 characters"),
        ("*", "x", "means every file"),
        ("", "x", "names no file"),
    ],
)
def test_what_cannot_be_allowed(
    pattern: str, reason: str, wrong: str, paths: Paths
) -> None:
    with pytest.raises(ToolError, match=wrong):
        allow(pattern, reason)
    assert not paths.config_file.exists()


@pytest.mark.parametrize(
    "text", ["[env_protection", "env_protection = 1\n", "[env_protection]\nallow = 1\n"]
)
def test_a_file_that_is_wrong_already_is_left_alone(text: str, paths: Paths) -> None:
    paths.config.mkdir(parents=True)
    paths.config_file.write_text(text)

    with pytest.raises(ConfigError, match="cannot be edited"):
        allow("a.pem", "x")
    assert paths.config_file.read_text() == text


def test_the_settings_say_what_is_wrong() -> None:
    with pytest.raises(ValidationError, match="means every file; name some"):
        EnvProtectionConfig.model_validate({"allow": ["**"]})
    with pytest.raises(ValidationError, match="extra"):
        EnvProtectionConfig.model_validate({"off": True})
