from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hookwright.core.errors import ToolError
from hookwright.hookspecs import hookimpl
from hookwright.plugins.tracking.models import RetrospectiveRecord

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TASK = "retry the flaky upload"


def remember(
    bench: Bench,
    number: int,
    user_grade: int | None,
    scope: str = "backend",
    task: str = TASK,
    **more: Any,
) -> str:
    commit = f"{number:040x}"
    retro = RetrospectiveRecord(
        agent_id="claude-code/main",
        commit=commit,
        timestamp=NOW,
        scope=scope,
        task=task,
        user_grade=user_grade,
        **more,
    )
    stage = bench.store.stage()
    stage.put(bench.host.record_types["retrospectives"], retro)
    bench.keep([stage])
    return commit


def ask(bench: Bench, **arguments: Any) -> Any:
    return bench.call("prior_art", **({"task": TASK, "scope": "backend"} | arguments))


def commits(patterns: list[dict[str, Any]]) -> list[str]:
    return [pattern["commit"] for pattern in patterns]


def test_patterns_of_the_same_scope_come_before_nearer_ones_of_others(
    bench: Bench,
) -> None:
    other = remember(bench, 1, 5, "frontend")
    same = remember(bench, 2, 2, task="retry upload and much else besides")
    remember(bench, 3, 1)
    remember(bench, 4, None)
    mistake = remember(bench, 5, -1, "mobile")
    remember(bench, 6, 5, task="paint the bikeshed")

    found = ask(bench)

    assert commits(found["positive"]) == [same, other]
    assert commits(found["mistakes"]) == [mistake]
    assert found["positive"][1]["overlap"] == 1


def test_other_scopes_only_fill_what_is_missing(bench: Bench) -> None:
    other = [remember(bench, number, 5, "frontend") for number in range(4)]
    same = [remember(bench, number, 2) for number in range(10, 12)]

    assert commits(ask(bench, limit=3)["positive"]) == [*same, other[0]]
    assert commits(ask(bench, limit=2)["positive"]) == same


def test_five_of_each_are_shown_by_default(bench: Bench) -> None:
    for number in range(8):
        remember(bench, number, 5)
        remember(bench, 100 + number, -1)

    found = ask(bench)

    assert (len(found["positive"]), len(found["mistakes"])) == (5, 5)
    assert bench.host.reconfigure({"tracking": {"prior_art_limit": 2}}) == []
    assert len(ask(bench)["positive"]) == 2


def test_what_shares_less_than_a_tenth_of_its_words_is_no_prior_art(
    bench: Bench,
) -> None:
    words = " ".join("abcdefghij"[n] * 3 for n in range(10))
    remember(bench, 1, 5, task=f"upload {words}")

    assert ask(bench, task="upload files")["positive"] == []
    assert len(ask(bench, task="upload")["positive"]) == 0
    assert len(ask(bench, task="upload aaa")["positive"]) == 1


def test_notes_are_searched_too(bench: Bench) -> None:
    found = remember(bench, 1, 5, task="network", agent_note="flaky upload")

    assert commits(ask(bench)["positive"]) == [found]


def test_the_scope_is_the_projects_own_when_none_is_given(bench: Bench) -> None:
    (bench.worktree / "requirements.txt").write_text("flask")
    remember(bench, 1, 5, "frontend")
    same = remember(bench, 2, 2, "backend")

    found = ask(bench, scope="", directory=str(bench.worktree), limit=1)

    assert (found["scope"], commits(found["positive"])) == ("backend", [same])


def test_markdown_is_made_for_a_model_to_read(bench: Bench) -> None:
    remember(bench, 1, 5, agent_note="back off\ntwice", user_note="nice")
    remember(bench, 2, -1, "", task=f"{TASK}s")

    text = ask(bench)["markdown"]

    assert text.splitlines() == [
        "# Prior art: retry the flaky upload",
        "",
        "## What worked",
        "- retry the flaky upload (grade 5, backend, claude-code/main, 0000000000)",
        "  - agent: back off twice",
        "  - user: nice",
        "",
        "## What went wrong",
        "- retry the flaky uploads (grade -1, unknown scope, claude-code/main, "
        "0000000000)",
    ]
    assert ask(bench, format="json")["markdown"] == ""


def test_another_plugin_can_take_the_search_over(bench: Bench) -> None:
    near = remember(bench, 1, 5, task="something else entirely")
    neutral = remember(bench, 2, 1)
    asked = []

    class Recall:
        @hookimpl
        def hookwright_tracking_candidates(
            self, query: str, limit: int
        ) -> list[tuple[str, str, float]]:
            asked.append((query, limit))
            return [
                ("claude-code/main", "forgotten", 1.0),
                ("claude-code/main", neutral, 1.0),
                ("claude-code/main", near, 0.9),
            ]

    assert bench.host.register(Recall(), "recall"), bench.host.report()

    assert commits(ask(bench)["positive"]) == [near]
    assert asked == [(TASK, 2000)]


def repository(directory: Path, subject: str) -> None:
    directory.mkdir(exist_ok=True)
    for command in (
        ["git", "init", "-q"],
        ["git", "commit", "-qm", subject, "--allow-empty"],
    ):
        subprocess.run(command, cwd=directory, check=True)


def test_when_nothing_is_stored_the_log_of_similar_projects_is_searched(
    bench: Bench,
) -> None:
    for name, subject, language in (
        ("shop", "Retry a flaky test", "python"),
        ("twin", "Retry flaky upload of hunter2", "python"),
        ("other", "Retry the flaky upload", "rust"),
    ):
        directory = bench.worktree.parent / name
        repository(directory, subject)
        (directory / "AGENTS.md").write_text(f"Language: {language}\n")
        bench.call("project_classify", project=str(directory))

    found = ask(bench, directory=str(bench.worktree))

    assert [each["subject"] for each in found["history"]] == [
        "Retry flaky upload of [REDACTED]",
        "Retry a flaky test",
    ]
    assert "## From git's log" in found["markdown"]
    remember(bench, 1, 5)
    assert ask(bench, directory=str(bench.worktree))["history"] == []


def test_the_search_of_logs_ends_in_time(bench: Bench) -> None:
    repository(bench.worktree, TASK)
    settings = {"tracking": {"git_log_seconds": 1e-9}}
    assert bench.host.reconfigure(settings) == []

    found = ask(bench, directory=str(bench.worktree))

    assert found["history"] == []
    assert "Nothing that bears on it" in found["markdown"]


def test_bad_questions_are_refused(bench: Bench) -> None:
    with pytest.raises(ToolError, match="what the task is"):
        ask(bench, task=" ")
    for limit in (-1, 51):
        with pytest.raises(ToolError, match=f"limit is {limit}; accepted: 0 to 50"):
            ask(bench, limit=limit)
