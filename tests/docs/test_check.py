from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return tests/check.py as a module."""
    path = Path(__file__).resolve().parents[1] / "check.py"
    spec = importlib.util.spec_from_file_location("hookwright_check", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def alone(check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the real tests, and what they have covered, out of it."""
    monkeypatch.setattr(check, "FIRST", program("pass"))
    monkeypatch.setattr(check, "BESIDE_IN_FULL", check.BESIDE, raising=False)
    monkeypatch.setattr(check, "BESIDE", [])


def program(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def test_a_failing_check_stops_nothing_and_is_the_exit_code(
    check: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    checks = (
        check.Check("first", [program("print('a'); exit(4)"), program("print('no')")]),
        check.Check("second", [program("print('b')"), program("print('c')")]),
        check.Check("gone", [("no-such-program",)]),
        check.Check("pytest", [program("print('== 5 passed in 1s =='); print()")]),
        check.Check("last", [program("print('d')")]),
    )
    monkeypatch.setattr(check, "CHECKS", checks)

    assert check.main() == 1

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("== ")][:5] == [
        "== first",
        "== second",
        "== gone",
        "== pytest",
        "== 5 passed in 1s ==",
    ]
    assert "no" not in lines
    assert [line.split("  ")[:2] for line in lines[-6:-1]] == [
        ["FAILED", "first"],
        ["passed", "second"],
        ["FAILED", "gone"],
        ["passed", "pytest"],
        ["passed", "last"],
    ]
    assert lines[-1] == "== 5 passed in 1s =="


def test_all_passing_is_exit_code_0(
    check: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    checks = (check.Check("pytest", [program("print('1 passed')")]),)
    monkeypatch.setattr(check, "CHECKS", checks)

    assert check.main() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed"


def test_standard_input_is_closed_to_what_it_runs(
    check: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    done = check.follow(program("import sys; print(repr(sys.stdin.read()))"))

    assert done == (0, "''")


def test_every_check_of_the_project_is_run(check: ModuleType) -> None:
    names = [made.name for made in check.CHECKS]

    assert names[:5] == ["ruff check", "ruff format", "mypy", "import-linter", "pytest"]
    assert names[5].startswith("coverage")
    assert all(
        Path(command[0]).is_absolute()
        for made in check.CHECKS
        for command in made.commands
    )


def test_what_runs_beside_is_shown_and_counted_too(
    check: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = program("print('3 passed, 1 skipped in 8s')")
    monkeypatch.setattr(check, "CHECKS", (check.Check("pytest", [first]),))

    def beside(code: int) -> tuple[str, ...]:
        return program(
            f"print('other'); print('1 failed, 2 passed in 9s'); exit({code})"
        )

    monkeypatch.setattr(check, "BESIDE", [beside(1), beside(0)])
    assert check.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines.count("other") == 2
    assert lines[-1].startswith("2 failed, 7 passed, 1 skipped in ")

    monkeypatch.setattr(check, "BESIDE", [beside(0)])
    assert check.main() == 0


def test_a_run_that_ended_without_counts_is_what_the_last_line_says(
    check: ModuleType,
) -> None:
    assert check.summed("2 passed in 1s", "Killed", 3) == "Killed"
    assert check.summed("1 error in 1s", "2 errors, 1 passed in 1s", 3) == (
        "1 passed, 3 error in 3.00s"
    )


def test_of_a_check_that_is_run_whole_every_number_counts(
    check: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    commands = [
        program("print('1 failed, 2 passed in 9s'); exit(1)"),
        program("print('3 passed in 8s')"),
    ]
    checks = (check.Check("pytest", commands, whole=True),)
    monkeypatch.setattr(check, "CHECKS", checks)

    assert check.main() == 1

    assert capsys.readouterr().out.splitlines()[-1].startswith("1 failed, 5 passed in ")


def test_every_test_is_in_one_run(check: ModuleType) -> None:
    (made,) = [made for made in check.CHECKS if made.name == "pytest"]
    runs = [*made.commands, *check.BESIDE_IN_FULL]

    for file in sorted((check.ROOT / "tests").rglob("test_*.py")):
        path = file.relative_to(check.ROOT).as_posix()
        taken = [run for run in runs if _takes(run, path)]
        assert len(taken) == 1, path


def _takes(run: tuple[str, ...], path: str) -> bool:
    given = [word for word in run if word.startswith("tests")]
    left_out = [word[9:] for word in run if word.startswith("--ignore=")]
    return any(_below(path, each) for each in given) and not any(
        _below(path, each) for each in left_out
    )


def _below(path: str, directory: str) -> bool:
    return path.startswith(f"{directory}/")
