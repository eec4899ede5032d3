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
