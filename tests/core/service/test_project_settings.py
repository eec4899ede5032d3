from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service.runtime import Runtime
from hookwright.core.settings import Trust

FORBID = '[sample]\nforbidden = "rm"\n'
#: Put together, so that it is in no file.
OWN_SECRET = "house" + "-4711-" + "abcdef"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    directory = tmp_path / "here"
    directory.mkdir()
    return directory


@pytest.fixture
def runtime(paths: Paths, sample: ModuleType) -> Any:
    made = Runtime.open(paths, entry_points=False, plugins=[(sample, "sample")])
    yield made
    made.close("")


def outcome(runtime: Runtime, raw: Callable[..., Any], cwd: Path) -> str:
    answer, received = runtime.answer(raw("before", "rm -r x")._replace(cwd=str(cwd)))
    runtime.finish(received)
    return str(json.loads(answer.stdout or "{}").get("outcome", "none"))


def test_a_trusted_projects_setting_holds_there_and_nowhere_else(
    runtime: Runtime, raw: Callable[..., Any], here: Path, tmp_path: Path, paths: Paths
) -> None:
    file = here / ".hookwright.toml"
    file.write_text(FORBID)
    assert outcome(runtime, raw, here) == "none"

    Trust(paths.data).add(file)

    assert outcome(runtime, raw, here) == "deny"
    assert outcome(runtime, raw, tmp_path) == "none"
    file.write_text(f"{FORBID}# not what was trusted\n")
    assert outcome(runtime, raw, here) == "none"


def test_a_project_file_that_is_not_acceptable_stops_nobody(
    runtime: Runtime,
    raw: Callable[..., Any],
    here: Path,
    paths: Paths,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = here / ".hookwright.toml"
    file.write_text("[sample\n")
    Trust(paths.data).add(file)

    assert outcome(runtime, raw, here) == "none"
    assert outcome(runtime, raw, here) == "none"
    told = [line for line in caplog.messages if "not valid TOML" in line]
    assert len(told) == 1


def test_a_projects_own_patterns_are_redacted_there(
    runtime: Runtime, raw: Callable[..., Any], here: Path
) -> None:
    # Adding protection needs no trust.
    (here / ".hookwright.toml").write_text(
        '[[redaction.extra]]\nname = "house"\npattern = "house-[0-9]+-[a-f]+"\n'
    )
    event = raw("prompt", f"use {OWN_SECRET} please")

    received = runtime.receive(event._replace(cwd=str(here)))
    elsewhere = runtime.receive(event._replace(id="f" * 20))

    assert OWN_SECRET not in str(received.delivery.payload)
    assert "[REDACTED:house:" in str(received.delivery.payload)
    assert OWN_SECRET in str(elsewhere.delivery.payload)
