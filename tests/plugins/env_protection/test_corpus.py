"""The corpus: every access is stopped, every harmless call passes.

    python -m pytest tests/plugins/env_protection/test_corpus.py -s

prints the score by topic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from .corpus.cases import SHELLS, load_cases
from .corpus.places import make_home
from .corpus.running import PLUGIN, Guard, Result, opened

CASES = load_cases()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Result]]:
    """Return what comes of every case; what was made is there for the whole module."""
    home = tmp_path_factory.mktemp("home")
    make_home(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        with opened(tmp_path_factory.mktemp("guard"), home) as guard:
            _complain(guard)
            found = [guard.judge(case) for case in CASES]
            _complain(guard)
            show(found)
            yield found


def _complain(guard: Guard) -> None:
    """The guard may be wrong, but it must not fail: a fault is an ask, not a score."""
    for status in guard.runtime.host.report():
        if status.name == PLUGIN:
            assert status.state == "active", status.why
            assert [hook.last_error for hook in status.hooks if hook.errors] == []


def show(results: Sequence[Result]) -> None:
    """Print the score by topic."""
    table = Table("topic", "stopped", "of", "passed", "of", title="guard corpus")
    rows: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for result in results:
        for name in (result.case.topic, "all"):
            at = 2 if result.case.want == "allow" else 0
            rows[name][at] += result.is_right
            rows[name][at + 1] += 1
    for name, row in sorted(rows.items(), key=lambda item: item[0] == "all"):
        table.add_row(name, *map(str, row))
    Console(width=88).print(table)


def _wrong(results: Sequence[Result], *wants: str) -> str:
    lines = [
        f"{result.case.id} ({result.case.why}) came out as {result.outcome}: "
        f"{result.case.call.command or result.case.call.given!r} {result.reason[:200]}"
        for result in results
        if result.case.want in wants and not result.is_right
    ]
    return "\n".join(lines)


def test_no_access_of_the_corpus_passes(results: list[Result]) -> None:
    wrong = _wrong(results, "deny", "stop")

    assert not wrong, wrong


def test_no_harmless_call_of_the_corpus_is_stopped(results: list[Result]) -> None:
    wrong = _wrong(results, "allow")

    assert not wrong, wrong


def test_a_refusal_says_what_is_wrong_and_never_the_secret(
    results: list[Result],
) -> None:
    from .corpus.places import CANARY

    refused = [result for result in results if result.outcome != "allow"]

    assert [each.case.id for each in refused if not each.reason] == []
    assert [each.case.id for each in refused if CANARY in each.reason] == []


def test_the_corpus_is_as_large_and_as_varied_as_it_must_be() -> None:
    stopped = [case for case in CASES if case.want != "allow"]
    harmless = [case for case in CASES if case.want == "allow"]
    hosts = {case.call.host for case in CASES}

    assert len(stopped) >= 200
    assert len(harmless) >= 200
    assert len([case for case in stopped if case.attempt]) >= 60
    assert hosts == set(SHELLS)
    assert {case.call.host for case in harmless} == set(SHELLS)


def test_every_scratch_project_is_needed(tmp_path: Path) -> None:
    from .corpus.places import PLACES

    assert {case.place for case in CASES} == set(PLACES)
