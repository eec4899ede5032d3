from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hookwright.core.errors import ConfigError, StoreFullError
from hookwright.core.paths import Paths
from hookwright.core.surfaces.failures import run_guarded


def raising(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


def test_a_command_that_works_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(lambda: None, []) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "code"),
    [(StoreFullError("the store is full"), 1), (ConfigError("no"), 2)],
)
def test_an_expected_failure_is_one_plain_line(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str], paths: Paths
) -> None:
    assert run_guarded(raising(error), []) == code
    assert capsys.readouterr() == ("", f"hookwright: {error}\n")
    assert not paths.logs.exists()


def test_an_interrupt_exits_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(raising(KeyboardInterrupt()), []) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("given", "code"), [(None, 0), (0, 0), (2, 2), ("gone", 1)])
def test_an_exit_keeps_its_code(given: object, code: int) -> None:
    assert run_guarded(raising(SystemExit(given)), []) == code


def test_a_fault_of_ours_is_one_line_and_a_redacted_file(
    capsys: pytest.CaptureFixture[str], paths: Paths
) -> None:
    secret = "gh" + "p_" + "R7kQ2mZ9xW4vT8bN5cJ1hL6fD3sA0yGuPeIo"

    assert run_guarded(raising(ZeroDivisionError(f"of {secret}\nmore")), ["x"]) == 3

    (saved,) = paths.logs.iterdir()
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith(
        "hookwright: a fault of ours: ZeroDivisionError: of [REDACTED"
    )
    assert str(saved) in err
    text = saved.read_text("utf-8")
    assert "hookwright x" in text
    assert "Traceback" in text
    assert secret not in text + err
    assert saved.stat().st_mode & 0o777 == 0o600


def test_a_fault_without_a_place_for_its_file_is_still_told(
    capsys: pytest.CaptureFixture[str], paths: Paths
) -> None:
    paths.data.parent.mkdir(exist_ok=True)
    paths.data.write_text("a file where the directory should be")

    assert run_guarded(raising(ZeroDivisionError("oops")), []) == 3
    assert "could not be saved" in capsys.readouterr().err


@pytest.mark.parametrize("size", [10, 10_000_000])
def test_a_reader_that_leaves_early_is_no_failure_to_talk_about(
    size: int, tmp_path: Path
) -> None:
    program = (
        "import sys\n"
        "from hookwright.core.surfaces.failures import run_guarded\n"
        f"code = run_guarded(lambda: sys.stdout.write('x' * {size}), [])\n"
        "sys.exit(code)\n"
    )
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)

    assert done.returncode == 1
    assert done.stderr == b""
