"""What each kind of access comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.plugins.env_protection.access import Access, Doubt, Reading
from hookwright.plugins.env_protection.config import EnvProtectionConfig
from hookwright.plugins.env_protection.disk import TooMuchError
from hookwright.plugins.env_protection.reasons import reason_for
from hookwright.plugins.env_protection.steps import Ruling, Step, strongest
from hookwright.plugins.env_protection.verdicts import Judge
from hookwright.plugins.env_protection.words import UNKNOWN
from hookwright.plugins.env_protection.world import DiskWorld


@pytest.fixture
def project(home: Path) -> Path:
    top = home / "app"
    (top / "src").mkdir(parents=True)
    (top / "config").mkdir()
    (top / ".env").write_text("API_KEY=" + "k" * 30 + "\n")
    (top / "src" / "main.py").write_text("print('hello')\n")
    return top


def ruling(project: Path, *found: Access | Doubt, **settings: Any) -> Ruling:
    config = EnvProtectionConfig.model_validate(settings)
    world = DiskWorld(config, str(project), str(project))
    judge = Judge(world, str(project), allow_loading=config.allow_loading)
    accesses = tuple(each for each in found if isinstance(each, Access))
    doubts = tuple(each for each in found if isinstance(each, Doubt))
    return judge.rule(Reading(accesses, doubts))


def access(project: Path, path: str, mode: Any = "read", **more: Any) -> Access:
    spelled = path.replace("?", UNKNOWN)
    if not spelled.startswith(("/", UNKNOWN)):
        spelled = f"{project}/{spelled}"
    return Access(spelled, mode, more.pop("how", f"`cat` does {mode}"), **more)


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        ("look", "allow"),
        ("remove", "allow"),
        ("read", "deny"),
        ("write", "deny"),
        ("copy", "deny"),
        ("commit", "deny"),
        ("send", "deny"),
        ("load", "deny"),
        ("run", "deny"),
    ],
)
def test_each_use_of_an_env_file(mode: str, outcome: str, project: Path) -> None:
    assert ruling(project, access(project, ".env", mode)).outcome == outcome


def test_a_key_may_be_used_by_a_program_that_names_it(project: Path) -> None:
    assert ruling(project, access(project, "id_rsa", "run")).outcome == "allow"


def test_loading_can_be_allowed(project: Path) -> None:
    load = access(project, ".env", "load")

    assert ruling(project, load, allow_loading=True).outcome == "allow"
    assert ruling(project, access(project, ".env"), allow_loading=True).outcome == (
        "deny"
    )


@pytest.mark.parametrize(
    ("path", "mode", "outcome"),
    [
        ("?", "read", "ask"),
        ("?", "copy", "ask"),
        ("?", "send", "ask"),
        ("?", "load", "ask"),
        ("?", "write", "allow"),
        ("?", "look", "allow"),
        ("?", "remove", "allow"),
        ("?", "run", "allow"),
        ("?/.env", "read", "deny"),
        ("?/.env", "write", "deny"),
        ("?/.env", "remove", "allow"),
        (".env.?", "read", "ask"),
        (".env.?", "write", "allow"),
        ("?/package.json", "read", "allow"),
        ("log-?", "read", "allow"),
    ],
)
def test_what_is_not_known_is_asked_about_where_it_would_be_shown(
    path: str, mode: str, outcome: str, project: Path
) -> None:
    assert ruling(project, access(project, path, mode)).outcome == outcome


def test_a_program_that_shows_no_content_may_be_given_anything(project: Path) -> None:
    counted = access(project, "?", how="`wc -l` counts it")

    assert ruling(project, counted).outcome == "allow"


def test_a_directory_is_as_secret_as_what_is_in_it(project: Path) -> None:
    whole = ruling(project, access(project, "", "copy", below=True))

    assert whole.outcome == "deny"
    assert whole.decisive[0].what == f"{project}/.env"
    assert ruling(project, access(project, "src", below=True)).outcome == "allow"
    assert ruling(project, access(project, "", "write", below=True)).outcome == "allow"


def test_foreign_packages_are_not_looked_through(project: Path) -> None:
    package = project / "src" / "node_modules" / "x"
    package.mkdir(parents=True)
    (package / "test.pem").write_text("x")

    assert ruling(project, access(project, "src", below=True)).outcome == "allow"


def test_what_nobody_could_follow_is_asked_about(project: Path) -> None:
    found = ruling(project, Doubt("$(magic)", "it is not known"))

    assert found.outcome == "ask"
    assert "$(magic)" in reason_for(found)


def test_the_strongest_counts(project: Path) -> None:
    found = ruling(
        project,
        Doubt("x", "y"),
        access(project, ".env"),
        access(project, "src/main.py"),
    )

    assert found.outcome == "deny"
    assert [step.outcome for step in found.steps] == ["deny", "allow", "ask"]
    assert strongest([]).outcome == "allow"


def test_too_much_to_look_at_is_asked_about(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> str | None:
        raise TooMuchError("too many files")

    monkeypatch.setattr("hookwright.plugins.env_protection.policy.Policy.judge", fails)

    found = ruling(project, access(project, "src/main.py"))

    assert found.outcome == "ask"
    assert "too many files" in reason_for(found)


def test_a_reason_names_rule_path_and_what_to_do(project: Path) -> None:
    reason = reason_for(ruling(project, access(project, ".env", how="`cat` reads it")))

    assert "rule env-file" in reason
    assert f"{project}/.env" in reason
    assert "`cat` reads it" in reason
    assert ".env.example" in reason
    assert "hookwright guard allow" in reason


def test_a_reason_is_short_and_plain_whatever_is_in_it() -> None:
    steps = tuple(
        Step("ask", f"a\x1b[2J\n{'x' * 500}{UNKNOWN}", "cannot be followed")
        for _ in range(20)
    )

    reason = reason_for(Ruling("ask", steps))

    assert len(reason) < 1_500
    assert reason.isprintable()
    assert "and 17 more" in reason


@pytest.mark.parametrize("mode", ["write", "remove"])
def test_nobody_but_a_person_changes_what_the_guard_rests_on(
    mode: str, project: Path, paths: Paths
) -> None:
    settings = project / ".claude" / "settings.local.json"
    settings.parent.mkdir()
    settings.write_text('{"hooks": "/x/hookwright-hook claude-code"}')
    other = project / ".claude" / "settings.json"
    other.write_text("{}")

    for path in (paths.config_file, paths.data, paths.data / "spool" / "x", settings):
        found = ruling(project, Access(str(path), mode, "`rm` does"))  # type: ignore[arg-type]
        assert found.outcome == "deny", path
        assert "hookwright guard allow" not in reason_for(found)
    assert ruling(project, access(project, str(other), mode)).outcome == "allow"


def test_the_key_of_the_tokens_is_not_shown(project: Path, paths: Paths) -> None:
    key, log = paths.data / "redaction.key", paths.logs / "daemon.log"

    assert ruling(project, Access(str(key), "read", "`cat`")).outcome == "deny"
    assert ruling(project, Access(str(log), "read", "`cat`")).outcome == "allow"
