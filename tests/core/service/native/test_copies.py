from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import client, native
from hookwright.core.service.native import copies

OLD = b"\x7fELF hookwright-hook 0.0.9\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the package's native client is; there is none at first."""
    program = tmp_path / "package" / native.NAME
    program.parent.mkdir()
    monkeypatch.setattr(copies, "__file__", str(program.with_name("copies.py")))
    return program


def test_a_package_may_come_without_a_native_client(
    package: Path, paths: Paths
) -> None:
    assert copies.built() is None
    with pytest.raises(FileNotFoundError, match="no native client"):
        copies.place(paths)
    assert not copies.copy_of(paths).parent.exists()


def test_the_copy_is_a_program_of_its_user_alone(package: Path, paths: Paths) -> None:
    package.write_bytes(b"program")
    previous = os.umask(0o077)
    try:
        copy = copies.place(paths)
    finally:
        os.umask(previous)

    assert copy.read_bytes() == b"program"
    assert copy.stat().st_mode & 0o777 == 0o755
    assert copy.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in copy.parent.iterdir()] == [native.NAME]


def test_a_copy_that_is_the_same_stays(package: Path, paths: Paths) -> None:
    package.write_bytes(b"program")
    before = copies.place(paths).stat()

    after = copies.place(paths).stat()

    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_copy_of_another_mode_is_made_again(package: Path, paths: Paths) -> None:
    package.write_bytes(b"program")
    copies.place(paths).chmod(0o600)

    assert copies.place(paths).stat().st_mode & 0o777 == 0o755


def test_a_program_that_runs_is_replaced(
    package: Path, paths: Paths, native_client: Path
) -> None:
    package.write_bytes(native_client.read_bytes())
    copy = copies.place(paths)
    process = subprocess.Popen([copy, "sample"], stdin=subprocess.PIPE)
    package.write_bytes(native_client.read_bytes() + b"more")

    assert copies.place(paths).read_bytes() == package.read_bytes()
    process.communicate(b"")
    assert process.returncode == 0


def test_without_an_install_nothing_is_refreshed(package: Path, paths: Paths) -> None:
    package.write_bytes(b"program")

    assert copies.refresh(paths) is None
    assert not paths.data.exists()


def test_an_old_copy_is_refreshed_and_one_that_is_gone_comes_back(
    package: Path, paths: Paths
) -> None:
    package.write_bytes(b"program")
    copy = copies.place(paths)
    copy.write_bytes(OLD)
    assert copies.refresh(paths) is None
    assert copy.read_bytes() == b"program"

    copy.unlink()
    assert copies.refresh(paths) is None
    assert copy.read_bytes() == b"program"


def test_a_version_without_a_native_client_leaves_a_script(
    package: Path, paths: Paths
) -> None:
    package.write_bytes(OLD)
    copy = copies.place(paths)
    package.unlink()

    assert copies.refresh(paths) is None

    assert copies.version_in(copy) == ""
    hook = [*native.native_command(copy), "--direct"]
    done = subprocess.run(hook, input=b"", capture_output=True, timeout=30)
    assert done.returncode == 2
    assert done.stderr.startswith(b"usage: hookwright-hook")
    bare = subprocess.run([copy], input=b"", capture_output=True, timeout=30)
    assert bare.stderr == done.stderr


def test_the_script_of_a_removed_python_says_nothing(
    package: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies.copy_of(paths).parent.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", "/no where/python'")
    assert copies.refresh(paths) is None

    hook = [*native.native_command(copies.copy_of(paths)), "git", "pre-push"]
    done = subprocess.run(hook, input=b"x", capture_output=True, timeout=30)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("content", "version"), [(OLD, "0.0.9"), (b"program", ""), (b"", "")]
)
def test_a_copy_that_cannot_be_replaced_is_told(
    package: Path,
    paths: Paths,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    version: str,
) -> None:
    # The tests may run as root, whom no mode keeps out.
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    package.write_bytes(b"new")
    copies.place(paths).write_bytes(content)
    monkeypatch.setattr("os.replace", refuse)

    stale = copies.refresh(paths)

    assert (stale.version if stale else "") == version
    assert stale is None or "Permission denied" in stale.why
    assert [file.name for file in copies.copy_of(paths).parent.iterdir()] == [
        native.NAME
    ]


def test_the_version_is_read_without_running(native_client: Path) -> None:
    assert copies.version_in(native_client) == client.VERSION
    assert copies.version_in(native_client.with_name("none")) == ""
