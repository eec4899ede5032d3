"""What is built from the sources, as a package index or a person would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from hookwright.core.service import client
from hookwright.core.service.native import NAME

ROOT = Path(__file__).parents[1]
IN_WHEEL = f"hookwright/core/service/native/{NAME}"
SOURCES = ("core", "hookspecs", "plugins", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the sources, without what was built beside them."""
    copy = tmp_path_factory.mktemp("checkout")
    leave = shutil.ignore_patterns("__pycache__", NAME, "*.egg-info")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=leave)
        else:
            shutil.copy(source, copy / name)
    return copy


def build(checkout: Path, target: Path, kind: str, **variables: str) -> Path:
    """Return the wheel or sdist that setuptools builds; the network is not used."""
    script = (
        "import sys\n"
        "from setuptools import build_meta\n"
        f"print(build_meta.build_{kind}(sys.argv[1]), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, target],
        cwd=checkout,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target / done.stderr.split()[-1]


def install(wheel: Path, target: Path) -> None:
    """Unpack a wheel as pip does."""
    options = (
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
    )
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", target, wheel],
        check=True,
        capture_output=True,
        timeout=100,
    )


def test_a_wheel_with_a_native_client_names_its_platform(
    checkout: Path, tmp_path: Path, native_client: Path
) -> None:
    wheel = build(checkout, tmp_path, "wheel")

    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    assert wheel.name == f"hookwright-{client.VERSION}-py3-none-{platform}.whl"
    install(wheel, tmp_path / "there")
    program = tmp_path / "there" / IN_WHEEL
    assert os.access(program, os.X_OK)
    said = subprocess.run([program, "--version"], capture_output=True).stdout
    assert said == f"{NAME} {client.VERSION}\n".encode()
    script = "from hookwright.core.service import native; print(native.built())"
    found = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "there")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert Path(found.strip()) == program


def test_a_wheel_built_without_a_compiler_suits_every_platform(
    checkout: Path, tmp_path: Path
) -> None:
    # What an earlier build left must not get in.
    left = checkout / "build" / "lib" / IN_WHEEL
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"left")

    wheel = build(checkout, tmp_path, "wheel", CC="/bin/false")

    assert wheel.name == f"hookwright-{client.VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    assert IN_WHEEL not in names
    assert "hookwright/core/service/client.py" in names


def test_the_sources_hold_the_native_client_and_nothing_built(
    checkout: Path, tmp_path: Path
) -> None:
    beside = checkout / "core" / "service" / "native" / NAME
    beside.write_bytes(b"of an editable install")

    packed = build(checkout, tmp_path, "sdist")

    beside.unlink()
    with tarfile.open(packed) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert "core/service/native/hook.c" in names
    assert "core/service/native/build.py" in names
    assert not any(name.endswith(NAME) for name in names)
