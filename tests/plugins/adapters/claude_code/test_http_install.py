from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright.core.errors import InstallError
from hookwright.core.surfaces.install import install, uninstall
from hookwright.hookspecs import HttpAccess, InstallRequest
from hookwright.plugins.adapters.claude_code.installer import ClaudeCodeInstaller
from hookwright.plugins.adapters.claude_code.names import (
    ANSWERED,
    BY_HTTP,
    REFUSABLE,
    TIMEOUTS,
)
from hookwright.plugins.adapters.claude_code.settings_file import (
    add_hooks,
    commands_of,
    doors_of,
    hook_entries,
    strip_hooks,
)

MakeRequest = Callable[..., InstallRequest]
CLAUDE = ClaudeCodeInstaller()
CLIENT = ("/opt/hook wright/client",)
DOOR = HttpAccess("http://127.0.0.1:24711", "ab" * 32)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


@pytest.fixture
def request_by_http(project: Path, make_request: MakeRequest) -> InstallRequest:
    return replace(make_request(project), http=DOOR)


def settings_of(project: Path) -> Path:
    return project / ".claude" / "settings.local.json"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_finished_tool_calls_go_by_http() -> None:
    # Whatever is answered, starts a daemon, or makes a flush must not be missed.
    assert not BY_HTTP & {*ANSWERED, *REFUSABLE}
    assert not BY_HTTP & {"SessionStart", "Stop", "SubagentStop", "SessionEnd"}
    entries = hook_entries(CLIENT, DOOR)
    plain = hook_entries(CLIENT)

    assert entries.keys() == plain.keys()
    for event, (group,) in entries.items():
        if event not in BY_HTTP:
            assert [group] == plain[event]
            continue
        assert group["hooks"] == [
            {
                "type": "http",
                "url": f"{DOOR.url}/v1/hooks/claude-code/{event}",
                "headers": {
                    "Authorization": f"Bearer {DOOR.token}",
                    "X-Hookwright-Observe": "1",
                },
                "timeout": TIMEOUTS[event],
            }
        ]


def test_a_project_by_http_comes_back_byte_for_byte(
    project: Path, request_by_http: InstallRequest
) -> None:
    path = settings_of(project)
    path.parent.mkdir()
    original = b'{"env":{"A":"1"} ,\n\n   "hooks": {"PostToolUse": []}}'
    path.write_bytes(original)
    path.chmod(0o644)

    report = install([CLAUDE], request_by_http)

    assert any("token" in note for note in report.notes)
    assert doors_of(path.read_bytes()) == {DOOR}
    # A token is in it now.
    assert mode_of(path) == 0o600
    assert install([CLAUDE], request_by_http).changed == ()

    uninstall([CLAUDE], request_by_http)
    assert path.read_bytes() == original
    assert mode_of(path) == 0o644


def test_the_users_plugin_keeps_the_token_to_its_owner(
    project: Path, home: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(project, "user"), http=DOOR)
    install([CLAUDE], request)
    plugin = home / ".claude/skills/hookwright"

    assert mode_of(plugin / "hooks/hooks.json") == 0o600
    assert mode_of(plugin / ".claude-plugin/plugin.json") == 0o644
    assert doors_of((plugin / "hooks/hooks.json").read_bytes()) == {DOOR}
    uninstall([CLAUDE], request)
    assert not (home / ".claude").exists()


def test_a_directory_for_others_gets_no_token(
    tmp_path: Path, make_request: MakeRequest
) -> None:
    request = replace(make_request(tmp_path / "plugin", "plugin-dir"), http=DOOR)

    with pytest.raises(InstallError, match="must not hold the HTTP door's token"):
        install([CLAUDE], request)
    assert not (tmp_path / "plugin").exists()


def test_installing_again_changes_the_way_and_leaves_one(
    project: Path, request_by_http: InstallRequest
) -> None:
    path = settings_of(project)
    other = HttpAccess("http://127.0.0.1:24712", "cd" * 32)
    for door in (DOOR, other, None, DOOR):
        install([CLAUDE], replace(request_by_http, http=door))
        hooks = json.loads(path.read_bytes())["hooks"]
        assert hooks == hook_entries(CLIENT, door)
    uninstall([CLAUDE], request_by_http)
    assert not path.exists()


def test_doctor_tells_what_does_not_fit_the_door(
    project: Path, request_by_http: InstallRequest
) -> None:
    install([CLAUDE], request_by_http)

    def told(door: HttpAccess | None) -> str:
        found = CLAUDE.detect(replace(request_by_http, http=door))
        # The client of this test exists nowhere.
        return "\n".join(text for text in found.problems if "not exist" not in text)

    assert told(DOOR) == ""
    assert "to a port that is not http://127.0.0.1:5" in told(
        HttpAccess("http://127.0.0.1:5", DOOR.token)
    )
    assert "has an old token" in told(HttpAccess(DOOR.url, "cd" * 32))
    assert "there is no such door" in told(None)
    settings_of(project).chmod(0o640)
    assert "chmod 600" in told(DOOR)
    assert DOOR.token not in told(HttpAccess(DOOR.url, "cd" * 32))


@pytest.mark.parametrize(
    "handler",
    [
        {"type": "http", "url": "https://example.org/v1/hooks/claude-code/Stop"},
        {"type": "http", "url": "http://127.0.0.1:1/v1/hooks/claude-code/PreToolUse"},
        {"type": "http", "url": "http://127.0.0.1:1/v1/hooks/claude-code/Stop/x"},
        {"type": "http", "url": 1},
        {"type": "http"},
        {
            "type": "http",
            "url": "http://127.0.0.1:1/v1/hooks/claude-code/Stop",
            "headers": [],
        },
    ],
)
def test_somebody_elses_http_hook_stays(handler: dict[str, object]) -> None:
    content = json.dumps({"hooks": {"Stop": [{"hooks": [handler]}]}}).encode()

    assert strip_hooks(content) == content
    assert doors_of(content) == set()
    added = add_hooks(content, CLIENT, DOOR)
    stripped = strip_hooks(added)
    assert stripped is not None
    assert json.loads(stripped) == json.loads(content)


@settings(deadline=None)
@given(
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    st.sampled_from([None, 1, 3]),
    st.booleans(),
)
def test_what_is_taken_out_leaves_what_was_there(
    value: dict[str, int], indent: int | None, by_http: bool
) -> None:
    value.pop("hooks", None)
    content = json.dumps(value, indent=indent).encode()
    door = DOOR if by_http else None

    added = add_hooks(content, CLIENT, door)

    assert doors_of(added) == ({DOOR} if by_http else set())
    assert commands_of(added) == [CLIENT[0]]
    stripped = strip_hooks(added)
    assert (json.loads(stripped) if stripped else {}) == value
