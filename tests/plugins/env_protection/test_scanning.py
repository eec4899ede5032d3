"""`hookwright guard scan`: a work tree, and the data directory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hookwright.core.paths import Paths

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"


@pytest.fixture
def project(home: Path) -> Path:
    top = home / "app"
    (top / "ignored").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    (top / ".gitignore").write_text("ignored/\n")
    (top / ".env").write_text("TOKEN=" + TOKEN + "\n")
    (top / "ignored" / "x.py").write_text(f'TOKEN = "{TOKEN}"\n')
    (top / "ok.py").write_text("x = 1\n")
    return top


def run(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("hookwright")), "guard", "scan"]
    return subprocess.run(
        [*command, *options], cwd=project, capture_output=True, text=True, check=False
    )


def test_a_clean_tree_passes(project: Path) -> None:
    done = run(project)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No secrets in ")


def test_a_secret_in_the_tree_and_in_the_data_fails(
    project: Path, paths: Paths
) -> None:
    (project / "conf.py").write_text(f'x = 1\nTOKEN = "{TOKEN}"\n')
    paths.logs.mkdir(parents=True)
    (paths.logs / "old.log").write_text(f"was told {TOKEN}\n")

    done = run(project, "--json")

    found = json.loads(done.stdout)["findings"]
    assert done.returncode == 1
    assert [(each["file"], each["line"]) for each in found] == [
        (str(project / "conf.py"), 2),
        (str(paths.logs / "old.log"), 1),
    ]
    assert TOKEN not in done.stdout
    only = run(project, "conf.py", "--no-data")
    assert "conf.py:2: env-value" in only.stdout
    assert "1 secret in" in only.stdout


def test_a_place_that_is_not_there_is_an_error(project: Path) -> None:
    done = run(project, "nowhere")

    assert done.returncode not in (0, 1) or "there is no" in done.stderr
    assert "nowhere" in done.stderr
