from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from pydantic import Field

from hookwright.core.errors import ConfigError
from hookwright.core.paths import Paths
from hookwright.core.settings import LoadedSettings, Trust
from hookwright.core.settings import project as module
from hookwright.hookspecs import PluginConfig

Loader = Callable[..., LoadedSettings]


class Rules(PluginConfig):
    patterns: tuple[str, ...] = ("*.pem",)
    strict: bool = False
    careful: bool = True
    limits: dict[str, list[str]] = Field(default={"a": ["x"]})
    allowed: tuple[str, ...] = ()


MODELS = {"guard": Rules}
MAY = {"guard": ("patterns", "strict", "careful", "limits")}
OUTSIDE = """
[store]
max_size = "1 MB"
[service]
idle_exit = 1
[plugins]
disabled = ["guard"]
[redaction]
allow = ["x"]
project_env_files = false
[guard]
allowed = ["*"]
careful = false
[unknown]
x = 1
"""


def test_an_untrusted_project_cannot_weaken_or_move_anything(
    load: Loader, project: Path
) -> None:
    loaded = load("", OUTSIDE, plugin_models=MODELS, project_may_set=MAY)

    assert loaded.settings == load("", "# nothing", plugin_models=MODELS).settings
    by_hand = load("", OUTSIDE, plugin_models=MODELS, project_may_set=MAY)
    assert [ignored.key for ignored in by_hand.ignored] == [
        "store.max_size",
        "service.idle_exit",
        "plugins.disabled",
        "redaction.allow",
        "redaction.project_env_files",
        "guard.allowed",
        "guard.careful",
        "unknown.x",
    ]
    file = project / ".hookwright.toml"
    assert str(by_hand.ignored[0]) == (
        f"{file}:3: store.max_size is ignored: a project file may not set it; "
        f"run `hookwright trust {file}` to allow it"
    )
    assert "may switch it on, not off" in by_hand.ignored[6].reason


def test_an_untrusted_project_can_add_protection(load: Loader) -> None:
    loaded = load(
        "[guard]\nlimits.a = ['y']\n[redaction]\nextra=[{name='u', pattern='u+v'}]\n",
        "[guard]\nstrict = true\ncareful = true\npatterns = ['*.key', '*.pem']\n"
        "limits = { a = ['z'], b = ['w'] }\n"
        "[redaction]\nextra = [{ name = 'p', pattern = 'p+q' }]\n",
        plugin_models=MODELS,
        project_may_set=MAY,
    )

    assert loaded.ignored == ()
    assert loaded.settings.tables["guard"] == {
        "strict": True,
        "careful": True,
        "patterns": ["*.pem", "*.key"],
        "limits": {"a": ["y", "z"], "b": ["w"]},
    }
    assert [extra.name for extra in loaded.settings.redaction.extra] == ["u", "p"]


def test_an_untrusted_project_can_enable_bundled_plugins_only(
    load: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "bundled_plugins", lambda: frozenset({"tracking"}))
    loaded = load(
        "[plugins]\ndisabled = ['tracking', 'evil']\nenabled = ['mine']\n",
        "[plugins]\nenabled = ['tracking', 'evil']\n",
    )

    assert loaded.settings.plugins.enabled == ("mine", "tracking")
    assert loaded.settings.plugins.off == {"evil"}
    assert "evil: a project file may enable bundled plugins" in str(loaded.ignored[0])


def test_the_bundled_plugins_are_those_of_our_own_distribution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module.bundled_plugins.cache_clear()
    assert "claude_code" in module.bundled_plugins()

    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    module.bundled_plugins.cache_clear()
    assert module.bundled_plugins() == frozenset()
    module.bundled_plugins.cache_clear()


def test_a_trusted_project_sets_everything_until_one_byte_changes(
    load: Loader, paths: Paths, project: Path
) -> None:
    file = project / ".hookwright.toml"
    file.write_text("[store]\nmax_size = '2 MB'\n[plugins]\nenabled = ['mine']\n")
    Trust(paths.data).add(file)

    loaded = load()
    assert loaded.settings.store.max_size == 2 * 2**20
    assert loaded.settings.plugins.enabled == ("mine",)
    assert loaded.ignored == ()

    loaded = load("", file.read_text() + "\n")
    assert loaded.settings.store.max_size == 512 * 2**20
    assert [one.key for one in loaded.ignored] == ["store.max_size", "plugins.enabled"]


def test_a_value_where_a_section_should_be_is_ignored_too(load: Loader) -> None:
    assert [one.key for one in load("", "store = 5").ignored] == ["store"]


def test_what_an_untrusted_project_may_set_is_checked(load: Loader) -> None:
    text = "[guard]\nstrict = 'very'\npatterns = 'x'\n"

    with pytest.raises(ConfigError) as caught:
        load("", text, plugin_models=MODELS, project_may_set=MAY)

    assert "2: guard.strict is very; accepted: true or false" in str(caught.value)
    assert "3: guard.patterns is x; accepted: a list" in str(caught.value)


def test_fields_that_the_plugin_does_not_have_are_errors(load: Loader) -> None:
    may_set = {"guard": ("nothing",)}

    with pytest.raises(ConfigError, match=r"guard\.nothing is not a setting"):
        load("", "[guard]\nnothing = 1", plugin_models=MODELS, project_may_set=may_set)
