from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from hookwright.core.errors import ConfigError
from hookwright.core.paths import Paths
from hookwright.core.settings import (
    LoadedSettings,
    Origin,
    Settings,
    Trust,
    load_settings,
    plugin_table,
)
from hookwright.hookspecs import PluginConfig

Loader = Callable[..., LoadedSettings]


class Limits(BaseModel):
    per_day: int = Field(default=5, ge=0)


class WordsConfig(PluginConfig):
    """Settings of a plugin that counts words."""

    longest: int = Field(default=10, ge=1, le=100)
    strict: bool = False
    careful: bool = True
    label: str = "words"
    words: tuple[str, ...] = ("one",)
    limits: Limits = Limits()
    folder: Path | None = None
    ratio: float | None = Field(default=None, gt=0)


WORDS = {"words": WordsConfig}


def fails(load: Loader, *texts: str | bytes, **more: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load(*texts, **more)
    return str(caught.value)


def test_without_any_file_the_defaults_hold(paths: Paths) -> None:
    loaded = load_settings(paths, environment={})

    assert loaded.settings == Settings()
    assert loaded.settings.store.max_size == 512 * 2**20
    assert loaded.settings.service.idle_exit == 1800
    assert loaded.files == ()
    assert loaded.ignored == ()
    assert loaded.origins["store.max_size"] == Origin("default")
    assert str(loaded.origins["store.max_size"]) == "default"


def test_the_later_layer_wins_and_its_origin_is_kept(
    load: Loader, paths: Paths, project: Path
) -> None:
    names = ("flush_operations", "flush_seconds", "lock_timeout", "max_size")
    user = "[store]\n" + "".join(f"{name} = 10\n" for name in names[:3])
    file = project / ".hookwright.toml"
    file.write_text("[store]\nflush_seconds = 11\nlock_timeout = 11\n")
    Trust(paths.data).add(file)

    loaded = load(
        user + "max_size = '10 MB'\n",
        environment={
            "HOOKWRIGHT__STORE__LOCK_TIMEOUT": "12 s",
            "HOOKWRIGHT__STORE__MAX_SIZE": "12 MB",
            "HOOKWRIGHT_DATA_DIR": "/elsewhere",
            "HOOKWRIGHT_NO_PLUGINS": "1",
        },
        overrides=["store.max_size = 13 MB"],
    )

    store = loaded.settings.store
    assert (store.flush_operations, store.flush_seconds) == (10, 11.0)
    assert (store.lock_timeout, store.max_size) == (12.0, 13 * 2**20)
    assert loaded.files == (paths.config_file, file)
    origins = {name: loaded.origins[f"store.{name}"] for name in names}
    assert origins == {
        "flush_operations": Origin("user", f"{paths.config_file}:2"),
        "flush_seconds": Origin("project", f"{file}:2"),
        "lock_timeout": Origin("environment", "HOOKWRIGHT__STORE__LOCK_TIMEOUT"),
        "max_size": Origin("command line", "--set store.max_size"),
    }
    assert str(origins["flush_seconds"]) == f"project ({file}:2)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0"),
        ("-5", "-5"),
        ("'3 GB'", "3 GB"),
        ("'lots'", "lots"),
        ("true", "true"),
        ("1.5", "1.5"),
        ("[1]", "[1]"),
        ("nan", "NaN"),
        ("'7'", '"7"'),
        ("''", '""'),
        ("2026-11-21", '"2026-11-21"'),
    ],
)
def test_a_size_out_of_range_names_key_value_and_what_is_accepted(
    load: Loader, paths: Paths, value: str, shown: str
) -> None:
    message = fails(load, f"\n[store]\nmax_size = {value}\n")

    assert message == (
        f"{paths.config_file}:3: store.max_size is {shown}; accepted: 1 MB to 2 GB"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[service]\nidle_exit = 'soon'",
            "2: service.idle_exit is soon; accepted: 1 s to 30 days",
        ),
        (
            "[service]\nlog_level = 'loud'",
            '2: service.log_level is loud; accepted: "debug", "info", "warning" or '
            '"error"',
        ),
        (
            "[store]\nflush_operations = true",
            "2: store.flush_operations is true; accepted: a whole number from 1 to "
            "10000000",
        ),
        (
            "[plugins]\ndisabled = 'journal'",
            "2: plugins.disabled is journal; accepted: a list, each a plugin's name "
            "in quotes",
        ),
        (
            "[plugins]\ndisabled = [\n  'a',\n  1,\n]",
            "2: plugins.disabled[1] is 1; accepted: a plugin's name in quotes",
        ),
        (
            "[redaction]\nproject_env_files = 1",
            "2: redaction.project_env_files is 1; accepted: true or false",
        ),
        (
            "[[redaction.extra]]\nname = 'a'",
            "1: redaction.extra[0].pattern is missing",
        ),
        (
            "redaction.extra = [{ name = 'a', pattern = '(a+)+b' }]",
            "1: redaction.extra[0].pattern is (a+)+b: a pattern must not have a "
            "repeat inside a repeat",
        ),
        (
            "[store]\n\n# here\nmax_sise = 5",
            "4: store.max_sise is not a setting; did you mean store.max_size?; [store] "
            "has max_size, durability, flush_operations, flush_bytes, flush_seconds, "
            "lock_timeout",
        ),
        (
            "store = 5",
            "1: store is 5; accepted: a table, [store]",
        ),
        (
            "max_size = 5",
            "1: max_size is not a setting; sections are store, service, plugins, "
            "redaction",
        ),
    ],
)
def test_a_wrong_value_or_key_names_place_value_and_cure(
    load: Loader, paths: Paths, text: str, message: str
) -> None:
    assert fails(load, text) == f"{paths.config_file}:{message}"


def test_all_problems_are_told_at_once(load: Loader) -> None:
    message = fails(load, "[store]\nmax_size = 0\nmin_size = 1\n[service]\nidle = 1\n")

    assert [line.split(":")[1] for line in message.splitlines()] == ["2", "3", "5"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[store\n", ":1:7: not valid TOML: Expected ']'"),
        (b"[store]\nmax_size =", ":2:11: not valid TOML: Invalid value"),
        (b"[store]\nx = 1\nx = 2\n", ":3:6: not valid TOML: Cannot overwrite"),
        (b"[store]\n# caf\xe9\n", ":2:6: not UTF-8 (byte 0xe9); save the file as"),
        (b"# " + b"x" * 2**20, " is larger than 1 MB"),
    ],
)
def test_a_malformed_file_names_line_and_column(
    load: Loader, paths: Paths, content: bytes, message: str
) -> None:
    assert fails(load, content).startswith(f"{paths.config_file}{message}")


def test_a_byte_order_mark_is_no_obstacle(load: Loader) -> None:
    loaded = load(b"\xef\xbb\xbf[store]\nmax_size = '2 MB'\n")

    assert loaded.settings.store.max_size == 2 * 2**20


def test_what_is_no_readable_file_is_named(
    load: Loader, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths.config_file.mkdir(parents=True)
    with pytest.raises(ConfigError, match="is a directory; move it away"):
        load_settings(paths)
    paths.config_file.rmdir()
    os.mkfifo(paths.config_file)
    with pytest.raises(ConfigError, match="is not a regular file; move it away"):
        load_settings(paths)
    paths.config_file.unlink()
    paths.config_file.symlink_to(paths.config_file)
    with pytest.raises(ConfigError, match="cannot be read: Too many levels"):
        load_settings(paths)


def test_a_file_where_a_directory_should_be_means_no_configuration(
    paths: Paths,
) -> None:
    paths.config.write_text("a file")

    assert load_settings(paths, environment={}).files == ()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "HOOKWRIGHT__STORE__MAX_SISE",
            "HOOKWRIGHT__STORE__MAX_SISE: store.max_sise is not a setting; did you "
            "mean store.max_size?",
        ),
        (
            "HOOKWRIGHT__STROE__MAX_SIZE",
            "HOOKWRIGHT__STROE__MAX_SIZE: stroe is not a section; did you mean [store]",
        ),
        ("HOOKWRIGHT__STORE", "HOOKWRIGHT__STORE is not a setting; write HOOK"),
        ("HOOKWRIGHT__STORE____X", "HOOKWRIGHT__STORE____X is not a setting; write"),
        (
            "HOOKWRIGHT__STORE__MAX_SIZE",
            "HOOKWRIGHT__STORE__MAX_SIZE: store.max_size is 1; accepted: 1 MB to 2 GB",
        ),
        (
            "HOOKWRIGHT__STORE__MAX_SIZE__X",
            "HOOKWRIGHT__STORE__MAX_SIZE__X: store.max_size is {",
        ),
    ],
)
def test_a_wrong_variable_is_named(load: Loader, name: str, message: str) -> None:
    assert fails(load, environment={name: "1"}, plugin_models={}).startswith(message)


def test_variables_that_contradict_each_other_are_named(load: Loader) -> None:
    environment = {"HOOKWRIGHT__A__B": "1", "HOOKWRIGHT__A__B__C": "1"}

    assert "HOOKWRIGHT__A__B__C: a.b.c is in no table" in fails(
        load, environment=environment
    )
    assert "--set a.b: a.b is a table" in fails(load, overrides=["a.b.c=1", "a.b=1"])


@pytest.mark.parametrize("override", ["store.max_size", "max_size=5", "store.=5"])
def test_an_override_of_another_form_is_refused(load: Loader, override: str) -> None:
    assert fails(load, overrides=[override]).endswith("write --set section.key=value")


def test_variables_spell_toml_values(load: Loader) -> None:
    loaded = load(
        environment={
            "HOOKWRIGHT__PLUGINS__DISABLED": '["journal", "recall"]',
            "HOOKWRIGHT__REDACTION__PROJECT_ENV_FILES": "False",
            "HOOKWRIGHT__SERVICE__BRIEFING_TOKENS": "0",
            "HOOKWRIGHT__SERVICE__LOG_LEVEL": "debug",
            "HOOKWRIGHT__WORDS__LABEL": "123",
            "HOOKWRIGHT__WORDS__LIMITS__PER_DAY": "7",
            "HOOKWRIGHT__WORDS__RATIO": "1.5",
        },
        plugin_models=WORDS,
    )

    assert loaded.settings.plugins.off == {"journal", "recall"}
    assert loaded.settings.redaction.project_env_files is False
    assert loaded.settings.service.briefing_tokens == 0
    words = plugin_table(loaded, "words", WordsConfig)
    assert (words.label, words.limits.per_day, words.ratio) == ("123", 7, 1.5)


def test_a_text_that_reads_as_a_number_still_has_to_be_accepted(load: Loader) -> None:
    environment = {
        "HOOKWRIGHT__WORDS__LABEL": "123",
        "HOOKWRIGHT__WORDS__LONGEST": "1000",
    }

    message = fails(load, environment=environment, plugin_models=WORDS)

    assert "words.longest is 1000; accepted: a whole number from 1 to 100" in message


def test_texts_without_a_value_stay_texts(load: Loader) -> None:
    loaded = load(overrides=["words.label=", "words.folder=a\nb"])

    assert loaded.settings.tables["words"] == {"label": "", "folder": "a\nb"}


def test_plugins_enabled_take_back_what_was_disabled(load: Loader) -> None:
    loaded = load("[plugins]\ndisabled = ['a', 'b']\nenabled = ['b']\n")

    assert loaded.settings.plugins.off == {"a"}


def test_tables_are_merged_over_the_layers(load: Loader) -> None:
    loaded = load(
        "[words]\nlongest = 3\nlimits.per_day = 1\n",
        environment={"HOOKWRIGHT__WORDS__LIMITS__PER_DAY": "2"},
        plugin_models=WORDS,
    )

    assert loaded.settings.tables == {"words": {"longest": 3, "limits": {"per_day": 2}}}
    assert loaded.origins["words.limits.per_day"].layer == "environment"
    assert loaded.origins["words.longest"].layer == "user"
    assert loaded.origins["words.strict"] == Origin("default")


def test_a_table_replaces_a_value_and_a_value_a_table(load: Loader) -> None:
    loaded = load(
        "[words]\nlimits = 3\n[other]\na.b = 1\n",
        overrides=["words.limits.per_day=1", "other.a=2"],
    )

    assert loaded.settings.tables == {
        "words": {"limits": {"per_day": 1}},
        "other": {"a": 2},
    }
    assert "words.limits" not in loaded.origins
    assert "other.a.b" not in loaded.origins


def test_tables_of_unknown_plugins_are_errors_once_the_plugins_are_known(
    load: Loader, paths: Paths
) -> None:
    text = "[word]\nlongest = 1000\n"

    assert load(text).settings.tables == {"word": {"longest": 1000}}
    assert fails(load, text, plugin_models=WORDS) == (
        f"{paths.config_file}:1: word is not a section; did you mean [words]?; "
        "sections are store, service, plugins, redaction, words"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("longest = 0", "longest is 0; accepted: a whole number from 1 to 100"),
        ("longest = '5'", 'longest is "5"; accepted: a whole number from 1 to 100'),
        ("strict = 'yes'", "strict is yes; accepted: true or false"),
        ("label = 5", "label is 5; accepted: a text"),
        ("words = [1]", "words[0] is 1; accepted: a text"),
        ("limits = 5", "limits is 5; accepted: a table"),
        ("ratio = 0", "ratio is 0; accepted: a number, more than 0"),
        ("limits.per_day = -1", "limits.per_day is -1; accepted: a whole number, at"),
        ("longst = 1", "longst is not a setting; did you mean words.longest?; [words]"),
        ("folder = 1", "folder is 1; accepted: a text"),
    ],
)
def test_a_plugins_table_is_checked_like_any_section(
    load: Loader, paths: Paths, text: str, message: str
) -> None:
    expected = f"{paths.config_file}:2: words.{message}"

    assert fails(load, f"[words]\n{text}", plugin_models=WORDS).startswith(expected)
    with pytest.raises(ConfigError) as caught:
        plugin_table(load(f"[words]\n{text}"), "words", WordsConfig)
    assert str(caught.value).startswith(expected)


def test_a_plugin_without_a_table_gets_its_defaults(load: Loader) -> None:
    assert plugin_table(load(), "words", WordsConfig) == WordsConfig()


def test_lists_and_paths_of_a_plugin_are_read_from_toml(load: Loader) -> None:
    loaded = load("[words]\nwords = ['a', 'b']\nfolder = '/x'\nratio = 2\n")

    words = plugin_table(loaded, "words", WordsConfig)

    assert (words.words, words.folder, words.ratio) == (("a", "b"), Path("/x"), 2.0)


def test_settings_can_be_written_as_json(load: Loader) -> None:
    loaded = load("[words]\nlongest = 5\n")

    assert loaded.settings.model_dump(mode="json")["tables"] == {
        "words": {"longest": 5}
    }
