from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.host import PluginStatus
from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.service.native import python_command
from hookwright.core.store import CheckReport, Store, StoreStats
from hookwright.core.surfaces import diagnosis
from hookwright.core.surfaces.commands.doctor import diagnosis_text, host_row
from hookwright.core.surfaces.diagnosis import Finding
from hookwright.core.surfaces.hosts import NOT_TRUSTED, HostState, state_of
from hookwright.core.surfaces.invocation import Invocation
from hookwright.hookspecs import HostFinding

Run = Callable[..., Any]


def findings(run: Run) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(run("doctor", "--json").out)["findings"]:
        found.setdefault(finding["subject"], []).append(finding)
    return found


def test_a_fresh_machine_is_sound_and_nothing_is_made(run: Run, paths: Paths) -> None:
    ran = run("doctor")

    assert ran.code == 0
    assert ran.out.endswith("Nothing is broken.\n")
    assert "BROKEN" not in ran.out
    assert not paths.store.exists()
    assert not paths.spool.exists()


def test_every_plugin_and_agent_host_is_looked_at(run: Run) -> None:
    found = findings(run)

    assert {"hookwright", "data", "settings", "store", "daemon"} <= set(found)
    assert {"plugin tracking", "plugin demo", "claude-code", "git"} <= set(found)


def test_a_store_with_records_is_checked(run: Run) -> None:
    run("agent", "create", "claude-code/main")

    (store,) = findings(run)["store"]

    assert store["state"] == "ok"
    assert "checked" in store["text"]


def test_a_foreign_file_in_the_stores_place_is_broken(run: Run, paths: Paths) -> None:
    paths.data.mkdir(mode=0o700)
    paths.store.write_text("not a store")

    ran = run("doctor")

    assert ran.code == 1
    assert "BROKEN  store" in ran.out
    assert paths.store.read_text() == "not a store"


def test_a_bad_setting_is_broken_and_the_rest_is_looked_at(
    run: Run, paths: Paths
) -> None:
    paths.config.mkdir()
    paths.config_file.write_text("[service]\nidle_exit = 'soon'\n")

    ran = run("doctor")

    assert ran.code == 1
    assert "BROKEN  settings" in ran.out
    assert f"{paths.config_file}:2" in ran.out
    assert "plugin tracking" in ran.out
    assert ran.out.endswith("1 broken.\n")


def test_a_data_directory_that_others_can_write_is_noted(
    run: Run, paths: Paths
) -> None:
    paths.data.mkdir()
    paths.data.chmod(0o777)

    (data,) = findings(run)["data"]

    assert data["state"] == "note"
    assert "chmod go-w" in data["cure"]


@pytest.fixture
def daemon(run: Run, paths: Paths) -> Iterator[None]:
    assert run("daemon", "start").code == 0
    yield
    lifetime.end(paths)


def test_a_running_daemon_is_named(run: Run, daemon: None) -> None:
    found = findings(run)["daemon"]

    assert found[0]["state"] == "ok"
    assert "process" in found[0]["text"]


def test_a_daemon_that_does_not_answer_is_broken(
    run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        lifetime, "holder", lambda paths: {"pid": 7, "version": "0.1.0"}
    )

    found = findings(run)["daemon"]

    assert [each["state"] for each in found] == ["broken"]


def test_an_installed_file_that_is_gone_is_noted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    assert run("install", "claude-code").code == 0
    (project / ".claude" / "settings.local.json").unlink()

    texts = [each["text"] for each in findings(run)["claude-code"]]

    assert any("is gone" in text for text in texts)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("active", "ok"),
        ("blocked", "note"),
        ("tripped", "broken"),
        ("failed", "broken"),
    ],
)
def test_each_state_of_a_plugin_is_told(
    state: Any, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = PluginStatus(name="words", state=state, why="because", notes=("slow",))
    monkeypatch.setattr(diagnosis, "plugin_statuses", lambda invocation: [status])

    first, note = diagnosis.plugins(Invocation())

    assert (first.subject, first.state) == ("plugin words", expected)
    assert (note.state, note.text) == ("note", "slow")


def test_a_look_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def store(invocation: Invocation) -> Iterator[Finding]:
        yield Finding("store", "ok", str(1 // 0))

    def daemon(invocation: Invocation) -> Iterator[Finding]:
        yield Finding("daemon", "ok", "begun")
        raise PermissionError(13, "no entry")

    monkeypatch.setattr(diagnosis, "store", store)
    monkeypatch.setattr(diagnosis, "daemon", daemon)

    found = {each.subject: each for each in diagnosis.diagnose(Invocation())}
    assert found["hookwright"].state == "ok"

    assert found["store"].state == "broken"
    assert "ZeroDivisionError" in found["store"].text
    assert "no entry" in found["daemon"].text


def test_an_agent_hosts_problems_are_broken_and_its_next_step_a_cure() -> None:
    finding = HostFinding(
        "words", True, None, ("project (/p)",), ("a hook is missing",), "Install again."
    )

    first, second = diagnosis._of_agent_host(state_of(finding, None))

    assert (first.state, first.cure) == ("ok", "Install again.")
    assert (second.state, second.text) == ("broken", "a hook is missing")


def test_what_is_installed_is_told_though_the_program_is_not_on_the_path() -> None:
    finding = HostFinding("words", False, None, ("project (/p)",))

    (told,) = diagnosis._of_agent_host(state_of(finding, None))

    assert (told.state, told.text) == (
        "note",
        "its program is not on PATH; installed: project (/p)",
    )


def test_cures_stand_below_what_they_cure() -> None:
    text = diagnosis_text(
        [
            Finding("store", "broken", "is damaged", "Mend it."),
            Finding("git", "ok", "2.39"),
        ]
    )

    assert text == (
        "BROKEN  store: is damaged\n          Mend it.\nok      git: 2.39\n\n1 broken."
    )


def stats(**changes: Any) -> StoreStats:
    values = {
        "path": "/nowhere",
        "exists": True,
        "read_only": False,
        "size": 0,
        "max_size": 100,
        "used": 0,
        "records": {},
        "buffered_operations": 0,
        "buffered_bytes": 0,
        "spool_files": 0,
        "spool_bytes": 0,
        "inbox": 0,
        "waiting": 0,
        "dead_letters": 0,
        "quarantine_files": 0,
        "quarantine_bytes": 0,
        "flushes": {},
        "last_flush": None,
        "damaged": 0,
        "notes": (),
    }
    return StoreStats.model_validate(values | changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"used": 95}, "is nearly full"),
        ({"read_only": True}, "can only be read"),
        ({"dead_letters": 2}, "2 records could not be stored"),
        ({"waiting": 3}, "3 operations wait for a plugin"),
        ({"notes": ("it was rebuilt",)}, "it was rebuilt"),
    ],
)
def test_what_a_person_should_know_of_the_store_is_noted(
    changes: dict[str, Any], said: str
) -> None:
    (note,) = diagnosis._store_notes(stats(**changes))

    assert note.state == "note"
    assert said in note.text


def test_a_sound_store_has_no_notes() -> None:
    assert list(diagnosis._store_notes(stats())) == []


def test_a_daemons_problem_is_broken_and_its_notes_are_notes() -> None:
    broken, note = diagnosis._of_daemon({"problem": "full", "notes": ["odd"]})

    assert (broken.state, broken.text) == ("broken", "full")
    assert (note.state, note.text) == ("note", "odd")


def test_a_daemon_of_another_version_is_noted(
    run: Run, daemon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "own_version", lambda: "9.9.9")

    (found,) = diagnosis.daemon(Invocation())

    assert found.state == "note"
    assert "the next event replaces it" in found.text


def test_problems_in_the_store_are_broken(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("agent", "create", "claude-code/main")
    report = CheckReport(records={}, index_entries=0, problems=("a value is wrong",))
    monkeypatch.setattr(Store, "check", lambda self: report)

    (found,) = diagnosis.store(Invocation())

    assert (found.state, found.text) == ("broken", "a value is wrong")
    assert "export" in found.cure
    ran = run("store", "check")
    assert ran.code == 1
    assert "problem: a value is wrong" in ran.out


def test_settings_that_are_ignored_are_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".hookwright.toml").write_text("[store]\nmax_size = '2 MB'\n")
    monkeypatch.chdir(tmp_path)

    first, second = diagnosis.settings(Invocation())

    assert (first.state, second.state) == ("ok", "note")
    assert "hookwright trust" in second.cure


def test_a_data_directory_that_cannot_be_written_is_broken(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tests may run as root, whom no mode keeps out.
    paths.data.mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: False)

    (found,) = diagnosis.directories(Invocation())

    assert found.state == "broken"
    assert "HOOKWRIGHT_DATA_DIR" in found.cure


def deliver(project: Path) -> None:
    """Let Claude Code report one prompt, through the client that hooks run."""
    payload = {
        "session_id": "s1",
        "cwd": str(project),
        "hook_event_name": "UserPromptSubmit",
        "prompt": "hello",
    }
    subprocess.run(
        [*python_command(), "claude-code", "UserPromptSubmit"],
        input=json.dumps(payload).encode(),
        cwd=project,
        check=True,
        capture_output=True,
    )


def test_each_agent_host_is_told_with_its_last_event(
    run: Run, daemon: None, tmp_path: Path
) -> None:
    deliver(tmp_path)
    assert run("daemon", "stop").code == 0

    hosts = json.loads(run("doctor", "--json").out)["agent_hosts"]

    by_name = {host["agent_host"]: host for host in hosts}
    assert by_name["claude-code"]["last_event_name"] == "UserPromptSubmit"
    assert by_name["claude-code"]["last_event"]
    assert by_name["git"]["found"] is True
    assert by_name["git"]["version"]
    assert by_name["git"]["last_event"] is None
    table = run("doctor").out
    assert "Agent host" in table
    assert "s ago UserPromptSubmit" in table
    assert "Run hookwright install git in the project." in table or (
        "is in no git repository" in table
    )


@pytest.mark.parametrize(
    ("problems", "expected"),
    [
        ((), (NOT_TRUSTED,)),
        (("nobody has trusted hooks.json",), ("nobody has trusted hooks.json",)),
    ],
)
def test_hooks_that_nobody_trusted_are_broken_and_told_once(
    problems: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    finding = HostFinding(
        "codex", True, "1", ("user (/h)",), problems, "", trusted=False
    )

    state = state_of(finding, None)
    _, *told = diagnosis._of_agent_host(state)

    assert state.problems == expected
    assert [(each.state, each.text) for each in told] == [("broken", expected[0])]


def test_trust_that_is_not_there_does_not_matter_where_nothing_is_installed() -> None:
    finding = HostFinding("codex", True, "1", trusted=False)

    assert state_of(finding, None).problems == ()


def test_a_look_at_the_hosts_that_fails_leaves_the_rest_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(invocation: Invocation) -> list[HostState]:
        raise OSError(13, "no entry")

    monkeypatch.setattr("hookwright.core.surfaces.hosts.host_states", fail)

    ran = run("doctor", "--json")

    assert ran.code == 1
    told = json.loads(ran.out)
    assert told["agent_hosts"] == []
    assert "agent hosts" in {finding["subject"] for finding in told["findings"]}


def test_a_host_is_one_row_of_the_table() -> None:
    assert host_row(HostState("codex", False)) == (
        "codex",
        "not found",
        "no",
        None,
        "-",
    )
    seen = HostState(
        "codex", True, None, ("user (/h)",), True, datetime.now(UTC), "Stop"
    )
    assert host_row(seen)[1:4] == ("found", ("user (/h)",), True)
    assert str(host_row(seen)[4]).endswith("s ago Stop")
