from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright.core.surfaces.install import install, uninstall
from hookwright.hookspecs import InstallRequest
from hookwright.plugins.adapters.claude_code.installer import ClaudeCodeInstaller
from hookwright.plugins.adapters.claude_code.status_setting import (
    MEMBER,
    add_status,
    status_command,
    status_in,
    strip_status,
)

MakeRequest = Callable[..., InstallRequest]
CLAUDE = ClaudeCodeInstaller()
CLIENT = ("/opt/hook wright/client", "-c", "two\nlines 'quoted'")
OWN = {"type": "command", "command": "date"}
OURS = {"type": "command", "command": status_command(CLIENT), "refreshInterval": 10}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


@pytest.fixture
def asked(make_request: MakeRequest) -> MakeRequest:
    """Return what makes requests that want a status line."""

    def make(directory: Path, **changes: Any) -> InstallRequest:
        return replace(make_request(directory), **{"status_line": True, **changes})

    return make


def local(project: Path) -> Path:
    return project / ".claude" / "settings.local.json"


def written(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def line_in(path: Path) -> object:
    return json.loads(path.read_bytes()).get(MEMBER)


def test_the_command_runs_the_client_whatever_its_words_hold() -> None:
    words = shlex.split(status_command(CLIENT))

    assert words == [*CLIENT, "claude-code", "StatusLine", "--if-running"]


def test_a_project_gets_the_line_and_gives_it_back(
    project: Path, asked: MakeRequest
) -> None:
    request = asked(project, client=CLIENT)

    install([CLAUDE], request)

    assert line_in(local(project)) == OURS
    assert install([CLAUDE], request).changed == ()
    uninstall([CLAUDE], request)
    assert list(project.iterdir()) == []


def test_it_is_not_added_when_nobody_wants_it_and_goes_when_nobody_does_any_more(
    project: Path, asked: MakeRequest
) -> None:
    install([CLAUDE], asked(project, status_line=False))
    assert line_in(local(project)) is None

    install([CLAUDE], asked(project))
    assert line_in(local(project)) is not None

    install([CLAUDE], asked(project, status_line=False))
    assert line_in(local(project)) is None


@pytest.mark.parametrize("where", ["user", "shared", "local"])
def test_a_line_of_the_users_own_stays_wherever_it_is(
    project: Path, home: Path, asked: MakeRequest, where: str
) -> None:
    path = {
        "user": home / ".claude" / "settings.json",
        "shared": project / ".claude" / "settings.json",
        "local": local(project),
    }[where]
    written(path, {MEMBER: OWN, "model": "x"})

    report = install([CLAUDE], asked(project))

    assert line_in(path) == OWN
    assert line_in(local(project)) == (OWN if where == "local" else None)
    assert any("stays as it is" in note for note in report.notes)
    uninstall([CLAUDE], asked(project))
    assert path.read_text() == json.dumps({MEMBER: OWN, "model": "x"})


def test_a_line_that_the_user_chooses_later_takes_the_place_of_ours(
    project: Path, home: Path, asked: MakeRequest
) -> None:
    install([CLAUDE], asked(project))
    written(home / ".claude" / "settings.json", {MEMBER: OWN})

    install([CLAUDE], asked(project))

    assert line_in(local(project)) is None


@pytest.mark.parametrize("before", [None, b"", b'{"model": "x"}', b'{\n\t"a": []\n}\n'])
def test_all_projects_of_a_user_have_the_line_in_the_users_settings(
    project: Path, home: Path, asked: MakeRequest, before: bytes | None
) -> None:
    path = home / ".claude" / "settings.json"
    if before is not None:
        path.parent.mkdir()
        path.write_bytes(before)
    request = asked(project, scope="user")

    install([CLAUDE], request)

    assert status_in(path.read_bytes()) == "ours"
    assert install([CLAUDE], request).changed == ()
    # A project has it from there, and needs none of its own.
    install([CLAUDE], asked(project))
    assert not local(project).exists() or line_in(local(project)) is None
    uninstall([CLAUDE], request)
    assert (path.read_bytes() if path.exists() else None) == before


def test_the_users_settings_that_changed_since_keep_what_changed(
    project: Path, home: Path, asked: MakeRequest
) -> None:
    path = home / ".claude" / "settings.json"
    request = asked(project, scope="user")
    install([CLAUDE], request)
    found = json.loads(path.read_bytes())
    path.write_text(json.dumps({**found, "model": "y"}))

    uninstall([CLAUDE], request)

    assert json.loads(path.read_bytes()) == {"model": "y"}


def test_without_a_record_of_the_install_the_line_is_found(
    project: Path, home: Path, asked: MakeRequest
) -> None:
    path = written(home / ".claude" / "settings.json", {"model": "y"})
    request = asked(project, scope="user")
    install([CLAUDE], request)
    for manifest in (request.data_dir / "installs").glob("*.json"):
        manifest.unlink()

    uninstall([CLAUDE], asked(project, scope="user", status_line=False))

    assert json.loads(path.read_bytes()) == {"model": "y"}


def test_settings_that_cannot_be_read_are_left_alone(
    project: Path, home: Path, asked: MakeRequest
) -> None:
    path = home / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_bytes(b"{broken")

    report = install([CLAUDE], asked(project, scope="user"))

    assert path.read_bytes() == b"{broken"
    assert any("status line" in note for note in report.notes)


VALUES = st.dictionaries(
    st.text(max_size=5).filter(lambda key: key not in (MEMBER, "hooks")),
    st.integers() | st.lists(st.text(max_size=3), max_size=2),
    max_size=4,
)


@settings(deadline=None)
@given(value=VALUES, indent=st.sampled_from([None, 1, 2, 4, "\t"]), bom=st.booleans())
def test_what_is_taken_out_leaves_what_was_there(
    value: dict[str, Any], indent: int | str | None, bom: bool
) -> None:
    text = ("\ufeff" if bom else "") + json.dumps(value, indent=indent)
    before = text.encode()

    added = add_status(before, CLIENT)

    found = json.loads(added.decode("utf-8-sig"))
    assert found == {
        **value,
        MEMBER: OURS,
    }
    assert status_in(added) == "ours"
    assert add_status(added, CLIENT) == added
    other = add_status(added, ("/other",))
    assert json.loads(other.decode("utf-8-sig"))[MEMBER]["command"].startswith("/other")
    rest = strip_status(added)
    if value:
        assert rest is not None
        assert json.loads(rest.decode("utf-8-sig")) == value
        assert rest.startswith(b"\xef\xbb\xbf") == bom
    else:
        assert rest is None


@pytest.mark.parametrize(
    "content",
    [
        b"{broken",
        b"[]",
        b"\xff",
        b'{"statusLine": 7}',
        b'{"statusLine": {"command": 7}}',
        b'{"statusLine": {"type": "command", "command": "date"}}',
        json.dumps(
            {"a": 1, MEMBER: {"type": "command", "command": status_command(CLIENT)}}
        ).replace("1", '1, "a": 2').encode(),
    ],
)  # fmt: skip
def test_what_is_not_surely_ours_is_not_taken_out(content: bytes) -> None:
    assert strip_status(content) == content
