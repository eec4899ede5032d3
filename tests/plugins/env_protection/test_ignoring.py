"""Our reader of gitignore(5) against git itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hookwright.plugins.env_protection.disk import Disk
from hookwright.plugins.env_protection.ignoring import Ignoring

FILES = (
    ".env",
    ".env.local",
    "a.log",
    "keep.log",
    "build/out.txt",
    "docs/build/x.txt",
    "docs/a.md",
    "src/deep/.env",
    "src/deep/b.log",
    "src/only/x.pem",
    "src/x.pem",
    "we ird.txt",
    "#hash",
    "!bang",
    "tmp/one/two/three.txt",
    "[a].txt",
    "data1.bin",
)
RULES = (
    ".env",
    ".env*",
    "*.log\n!keep.log",
    "build/",
    "/build",
    "docs/*",
    "docs/**",
    "**/deep/*",
    "**/.env",
    "src/**/x.pem",
    "src/*/x.pem",
    "tmp/**/three.txt",
    "\\#hash\n\\!bang",
    "# a comment\n\n  ",
    "we\\ ird.txt",
    "\\[a\\].txt",
    "data[0-9].bin",
    "data[!0-9].bin",
    "*\n!src/\n!src/deep/\n!src/deep/.env",
    "src\n!src/x.pem",
    "/*\n!/docs\n/docs/*\n!/docs/a.md",
    ".env\r\n*.pem\r",
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = tmp_path / "repository"
    top.mkdir()
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    for name in FILES:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return top


def ours(top: Path, home: Path) -> set[str]:
    ignoring = Ignoring(Disk(), str(top), str(home))
    return {name for name in FILES if ignoring.ignores(str(top / name))}


def gits(top: Path) -> set[str]:
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=top,
        input="\0".join(FILES),
        capture_output=True,
        text=True,
        check=False,
    )
    return {name for name in done.stdout.split("\0") if name}


@pytest.mark.parametrize("rules", RULES)
def test_the_same_is_ignored_as_by_git(
    rules: str, repository: Path, home: Path
) -> None:
    (repository / ".gitignore").write_text(f"{rules}\n")

    assert ours(repository, home) == gits(repository)


def test_nearer_files_count_more(repository: Path, home: Path) -> None:
    (repository / ".gitignore").write_text("*.log\n.env\n")
    (repository / "src" / ".gitignore").write_text("!*.log\n/only\n")
    (repository / "src" / "deep" / ".gitignore").write_text("!.env\n")

    assert ours(repository, home) == gits(repository)


def test_other_places_of_rules_are_read(repository: Path, home: Path) -> None:
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "exclude").write_text("*.md\n")
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "ignore").write_text("*.bin\n")

    assert ours(repository, home) == gits(repository) == {"docs/a.md", "data1.bin"}


def test_what_is_outside_is_not_ignored(repository: Path, home: Path) -> None:
    (repository / ".gitignore").write_text("*\n")

    assert not Ignoring(Disk(), str(repository), str(home)).ignores("/etc/passwd")
