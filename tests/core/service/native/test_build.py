from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import pytest
from setuptools import Distribution

from hookwright.core.service import client
from hookwright.core.service.native import build

SOURCE = Path(build.__file__).with_name(build.SOURCE)


def test_what_is_built_runs_by_itself(native_client: Path) -> None:
    # No variable, no directory, no library path that only the compiler knew.
    done = subprocess.run(
        [native_client, "--version"], env={}, cwd="/", capture_output=True
    )

    assert done.stdout == f"hookwright-hook {client.VERSION}\n".encode()


@pytest.mark.parametrize(
    ("compiler", "said"),
    [
        ("/bin/false", "exits with 1"),
        ("/nowhere/cc", "No such file"),
        ("/bin/true", "No such file"),
        ("echo", "No such file"),
    ],
)
def test_without_a_compiler_there_is_nothing_and_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str, said: str
) -> None:
    monkeypatch.setenv("CC", compiler)
    target = tmp_path / "out" / build.NAME
    target.parent.mkdir()
    target.write_text("of an earlier build")

    problem = build.compile_client(SOURCE, target, "1.0")

    assert said in problem
    assert list(target.parent.iterdir()) == []


def test_a_machine_without_any_compiler_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    found = build.compile_client(SOURCE, tmp_path / build.NAME, "1.0")

    assert found == build.NO_COMPILER


def test_source_that_is_wrong_is_no_client(tmp_path: Path, native_client: Path) -> None:
    source = tmp_path / "hook.c"
    source.write_text("int main(void) { return 1; }\n")

    problem = build.compile_client(source, tmp_path / build.NAME, "1.0")

    assert "exits with 1" in problem
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["hook.c"]


def test_a_directory_that_cannot_be_written_is_no_failure(native_client: Path) -> None:
    target = Path("/proc/nowhere") / build.NAME

    assert build.compile_client(SOURCE, target, "1.0") != ""


@pytest.mark.parametrize(
    ("platform", "flags"),
    [
        ("linux-x86_64", []),
        ("macosx-14.0-arm64", ["-arch", "arm64", "-mmacosx-version-min=14.0"]),
        (
            "macosx-10.9-universal2",
            ["-arch", "arm64", "-arch", "x86_64", "-mmacosx-version-min=10.12"],
        ),
    ],
)
def test_the_program_suits_the_platform_in_the_tag(
    monkeypatch: pytest.MonkeyPatch, platform: str, flags: list[str]
) -> None:
    monkeypatch.setattr(sysconfig, "get_platform", lambda: platform)

    assert build._platform_flags() == flags


def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Distribution:
    package = tmp_path / "native"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / build.SOURCE).write_text(SOURCE.read_text("utf-8"))
    monkeypatch.chdir(tmp_path)
    return Distribution(
        {
            "name": "sample",
            "version": "1.2.3",
            "script_name": "setup.py",
            "packages": [build.PACKAGE],
            "package_dir": {build.PACKAGE: "native"},
            "cmdclass": {
                "build_py": build.BuildPy,
                "bdist_wheel": build.BdistWheel,
            },
        }
    )


def test_an_editable_build_puts_the_program_beside_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native_client: Path
) -> None:
    command = made(tmp_path, monkeypatch).get_command_obj("build_py")
    command.ensure_finalized()
    command.editable_mode = True

    command.run()

    program = tmp_path / "native" / build.NAME
    said = subprocess.run([program, "--version"], capture_output=True).stdout
    assert said == b"hookwright-hook 1.2.3\n"
    assert not any(str(program) in file for file in command.get_outputs())


@pytest.mark.parametrize("compiler", ["", "/bin/false"])
def test_the_tag_says_what_is_in_the_wheel(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    native_client: Path,
    compiler: str,
) -> None:
    if compiler:
        monkeypatch.setenv("CC", compiler)
    distribution = made(tmp_path, monkeypatch)
    modules = distribution.get_command_obj("build_py")
    modules.ensure_finalized()
    modules.run()
    wheel = distribution.get_command_obj("bdist_wheel")
    wheel.ensure_finalized()

    _, abi, platform = wheel.get_tag()

    has_native = any(file.endswith(build.NAME) for file in modules.get_outputs())
    assert has_native is not bool(compiler)
    assert abi == "none"
    assert (platform == "any") is bool(compiler)
