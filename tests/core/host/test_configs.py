from __future__ import annotations

from typing import Any

import pytest
from pydantic import field_validator

from hookwright.core.errors import PluginError
from hookwright.core.host.configs import read_config
from hookwright.hookspecs import PluginConfig


class Limits(PluginConfig):
    lowest: int = 0


class Config(PluginConfig):
    name: str
    limits: Limits = Limits()

    @field_validator("name")
    @classmethod
    def _check(cls, name: str) -> str:
        if name == "broken":
            raise KeyError(name)
        return name


def test_a_good_table_becomes_the_model() -> None:
    config = read_config("notes", Config, {"name": "x", "limits": {"lowest": 2}})

    assert config == Config(name="x", limits=Limits(lowest=2))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "notes.name is missing; it has no default"),
        (
            {"name": "x", "limits": {"lowest": "low"}},
            "notes.limits.lowest is 'low': Input should be a valid integer",
        ),
        (
            {"name": "x", "zzz": 1},
            "notes.zzz is not a setting; there is limits, name",
        ),
        ({"name": "broken"}, "its config model raised KeyError: 'broken'"),
    ],
)
def test_a_bad_table_says_what_is_wrong(table: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        read_config("notes", Config, table)


def test_a_table_for_a_plugin_without_settings_says_so() -> None:
    with pytest.raises(PluginError, match=r"notes\.x is not a setting; there is none"):
        read_config("notes", PluginConfig, {"x": 1})


def test_the_place_is_told_when_it_is_known() -> None:
    with pytest.raises(PluginError, match=r"has no default \(hookwright.toml:7\)"):
        read_config("notes", Config, {}, lambda key: "hookwright.toml:7")
