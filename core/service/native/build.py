"""Build the native client with setuptools, where a C compiler is at hand.

pyproject.toml names these commands. They take the place of setuptools' own, add the
program to what is built, and leave everything as it is where none can be made: the
client in Python does the same work. Standard library and setuptools only; setuptools
loads this file by its path.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

PACKAGE = "hookwright.core.service.native"
NAME = "hookwright-hook"
SOURCE = "hook.c"
#: C of 2011 and POSIX; a static program starts in half the time of one with libraries.
FLAGS = ("-std=c11", "-O2", "-Wall", "-fstack-protector-strong")
STATIC = ("-static", "-no-pie", "-s")
NO_COMPILER = "there is no C compiler"
_SECONDS = 120


class BuildPy(build_py):
    """Builds the modules, and the native client beside them.

    In an editable install it goes beside the source, into a file that git ignores.
    """

    def run(self) -> None:
        """Build; that there is no compiler is no error."""
        super().run()
        if PACKAGE in (self.packages or ()):
            source = Path(self.get_package_dir(PACKAGE))
            version = str(self.distribution.get_version())
            problem = compile_client(source / SOURCE, self.native, version)
            self.announce(f"native client: {problem or self.native}", 2)

    @property
    def native(self) -> Path:
        """Return where the native client is put."""
        if self.editable_mode:
            return Path(self.get_package_dir(PACKAGE), NAME)
        return Path(str(self.build_lib), *PACKAGE.split("."), NAME)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return the files that were built."""
        files = super().get_outputs(include_bytecode)
        made = not self.editable_mode and self.native.is_file()
        return [*files, str(self.native)] if made else files


class BdistWheel(bdist_wheel):
    """Names the platform in the wheel's tag when a native client is in it."""

    def get_tag(self) -> tuple[str, str, str]:
        """Return Python, ABI and platform: the program suits every Python 3."""
        python, abi, platform = super().get_tag()
        native = self.get_finalized_command("build_py").native
        if platform == "any" and native.is_file():
            platform = sysconfig.get_platform()
        return python, abi, platform.replace("-", "_").replace(".", "_")


def compile_client(
    source: Path, target: Path, version: str, flags: Sequence[str] = ()
) -> str:
    """Build the native client; return "" or, in a few words, why there is none.

    What was at the target before is gone in either case.

    :param flags: for the compiler, beside our own.
    """
    draft = target.with_name(f"{target.name}.new")
    try:
        target.unlink(missing_ok=True)
        problem = NO_COMPILER
        for compiler in _compilers():
            for linking in (STATIC, ()):
                words = [*compiler, *FLAGS, *linking, *_platform_flags(), *flags]
                words += [f'-DVERSION="{version}"', str(source), "-o", str(draft)]
                problem = _run(words) or _run([str(draft), "--version"])
                if not problem:
                    os.replace(draft, target)
                    return ""
    except OSError as error:
        problem = str(error)
    with suppress(OSError):
        draft.unlink(missing_ok=True)
    return problem


def _compilers() -> list[list[str]]:
    """Return the compilers to try: that of `CC` alone, or those usually there."""
    if named := os.environ.get("CC", "").strip():
        return [shlex.split(named)]
    usual = [str(sysconfig.get_config_var("CC") or "cc"), "cc", "gcc", "clang"]
    words = [shlex.split(text) for text in dict.fromkeys(usual)]
    return [each for each in words if shutil.which(each[0])]


def _platform_flags() -> list[str]:
    """Return what makes the program run wherever the wheel's tag says."""
    kind, system, machine = f"{sysconfig.get_platform()}--".split("-")[:3]
    if kind != "macosx":
        return []
    machines = ["arm64", "x86_64"] if machine == "universal2" else [machine]
    named = [word for each in machines for word in ("-arch", each)]
    # getentropy is there from 10.12 on.
    least = "10.12" if system in ("10.9", "10.10", "10.11") else system
    return [*named, f"-mmacosx-version-min={least}"]


def _run(words: Sequence[str]) -> str:
    """Run a command; return "" or what is wrong."""
    try:
        done = subprocess.run(  # noqa: S603 - the compiler, or what it made
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1]
    return (
        (said or f"{words[0]} exits with {done.returncode}") if done.returncode else ""
    )
