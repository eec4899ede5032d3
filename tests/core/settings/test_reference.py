from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import Field

from hookwright.core.paths import Paths
from hookwright.core.settings import (
    SECTIONS,
    LoadedSettings,
    Settings,
    load_settings,
    render_everything,
    settings_schema,
)
from hookwright.hookspecs import PluginConfig

SAMPLES = Path(__file__).parents[3] / "sample_configs"


class WordsConfig(PluginConfig):
    """Counts words."""

    longest: int = Field(default=10, ge=1, description="Longest word. Letters.")
    table: dict[str, int | None] = Field(default={"a": 1, "b": None})
    empty: dict[str, int] = Field(default={})
    needed: str
    optional: str | None = None


def test_every_setting_of_core_is_described() -> None:
    missing = [
        f"{name}.{key}"
        for name, model in SECTIONS.items()
        for key, info in model.model_fields.items()
        if not info.description
    ]

    assert missing == []


def test_everything_renders_to_the_defaults(
    load: Callable[..., LoadedSettings],
) -> None:
    assert load(render_everything()).settings == Settings()


def test_the_sample_with_everything_is_up_to_date_for_core() -> None:
    # The tables of plugins follow those of core.
    sample = (SAMPLES / "everything.toml").read_text("utf-8")

    assert sample.startswith(render_everything())


@pytest.mark.parametrize(
    "name", ["minimal.toml", "strict.toml", "team.toml", "everything.toml"]
)
def test_each_sample_loads(name: str, paths: Paths) -> None:
    paths.config.mkdir()
    paths.config_file.write_bytes((SAMPLES / name).read_bytes())

    loaded = load_settings(paths, environment={})

    assert loaded.files == (paths.config_file,)


def test_plugin_tables_are_rendered_too() -> None:
    text = render_everything({"words": WordsConfig})

    assert "# Counts words.\n[words]\n\n# Longest word. Letters.\n" in text
    assert "# Accepted: a whole number, at least 1.\nlongest = 10\n" in text
    assert tomllib.loads(text)["words"] == {
        "longest": 10,
        "table": {"a": 1},
        "empty": {},
    }
    assert "# needed =" in text
    assert "# optional =" in text


def test_the_schema_describes_every_setting_with_its_default() -> None:
    schema = settings_schema({"words": WordsConfig})

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]) == [*SECTIONS, "words"]
    store = schema["$defs"]["StoreSettings"]
    assert store["additionalProperties"] is False
    size = store["properties"]["max_size"]
    assert size["default"] == 512 * 2**20
    assert "Largest size" in size["description"]
    assert size["anyOf"][0] == {
        "type": "integer",
        "minimum": 2**20,
        "maximum": 2**31,
    }
    assert schema["$defs"]["WordsConfig"]["properties"]["longest"]["default"] == 10
    assert list(settings_schema()["properties"]) == list(SECTIONS)
