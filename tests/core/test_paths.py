from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from hookwright.core.paths import Paths, find_paths


@pytest.mark.parametrize("variables", [{}, {"XDG": "set"}, {"XDG": " "}])
def test_the_directories_are_those_of_platformdirs(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DATA", "CONFIG"):
        monkeypatch.delenv(f"HOOKWRIGHT_{name}_DIR")
        if variables.get("XDG") == "set":
            monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
        elif variables:
            monkeypatch.setenv(f"XDG_{name}_HOME", variables["XDG"])

    found = find_paths()

    assert found.data == Path(platformdirs.user_data_dir("hookwright", False))
    assert found.config == Path(platformdirs.user_config_dir("hookwright", False))


def test_the_directories_on_macos_are_those_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    from platformdirs.macos import MacOS

    monkeypatch.setattr(sys, "platform", "darwin")

    found = find_paths({"HOME": str(home)})

    assert found.data == Path(MacOS("hookwright", False).user_data_dir)
    assert found.config == Path(MacOS("hookwright", False).user_config_dir)


def test_windows_keeps_both_in_the_local_application_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    assert find_paths({"HOME": "/u", "LOCALAPPDATA": "/u/L"}).data == Path(
        "/u/L/hookwright"
    )
    assert find_paths({"HOME": "/u"}).config == Path("/u/AppData/Local/hookwright")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/absolute", "/absolute"),
        ("~", "/home/me"),
        ("~/below", "/home/me/below"),
        ("relative/path", "/home/me/relative/path"),
        ("  /spaces  ", "/spaces"),
        ("~other", "/home/me/~other"),
        ("   ", "/home/me/.local/share/hookwright"),
    ],
)
def test_the_variable_expands_home_and_never_uses_the_working_directory(
    value: str, expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")

    found = find_paths({"HOME": "/home/me", "HOOKWRIGHT_DATA_DIR": value})

    assert found.data == Path(expected)
    assert found.config == Path("/home/me/.config/hookwright")


def test_the_configuration_has_a_variable_of_its_own() -> None:
    found = find_paths({"HOME": "/home/me", "HOOKWRIGHT_CONFIG_DIR": "~/conf"})

    assert found.config_file == Path("/home/me/conf/hookwright.toml")


@pytest.mark.parametrize("home", [{}, {"HOME": ""}])
def test_without_home_the_user_database_is_asked(home: dict[str, str]) -> None:
    assert find_paths(home).data.is_absolute()


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="has no XDG variables")
def test_a_relative_xdg_directory_is_never_taken_from_the_working_directory() -> None:
    # The XDG base directory specification: relative paths are invalid, ignore them.
    found = find_paths({"HOME": "/home/me", "XDG_DATA_HOME": "here"})

    assert found.data == Path("/home/me/.local/share/hookwright")


def test_every_place_is_below_the_data_directory() -> None:
    paths = Paths(Path("/data"), Path("/config"))

    places = [
        paths.store,
        paths.spool,
        paths.run,
        paths.logs,
        paths.quarantine,
        paths.plugin_state,
    ]

    assert {place.parent for place in places} == {Path("/data")}
    assert len(set(places)) == len(places)


def test_finding_paths_loads_nothing_heavy() -> None:
    code = "import sys, hookwright.core.paths; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert not {"platformdirs", "pydantic", "logging"} & set(ran.stdout.split())
