"""Adding, committing and pushing, in real repositories."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hookwright.plugins.env_protection.access import Access, Reading
from hookwright.plugins.env_protection.config import EnvProtectionConfig
from hookwright.plugins.env_protection.disk import Disk
from hookwright.plugins.env_protection.git_index import (
    IndexUnreadableError,
    Repository,
    read_blob,
    read_index,
)
from hookwright.plugins.env_protection.steps import Ruling
from hookwright.plugins.env_protection.verdicts import Judge
from hookwright.plugins.env_protection.world import DiskWorld

Git = Callable[..., str]
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"


@pytest.fixture
def project(home: Path) -> Path:
    top = home / "app"
    (top / "src").mkdir(parents=True)
    (top / "src" / "main.py").write_text("print('hello')\n")
    (top / ".env").write_text("API_KEY=" + "k" * 30 + "\n")
    (top / ".gitignore").write_text(".env\nbuild/\n")
    run(top, "init", "-q")
    run(top, "add", ".")
    run(top, "commit", "-qm", "first")
    return top


def run(directory: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=directory, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def ruling(
    project: Path, path: str, how: str = "`git` adds it", **more: bool
) -> Ruling:
    world = DiskWorld(EnvProtectionConfig(), str(project), str(project))
    place = os.path.normpath(project / path)
    access = Access(place, "commit", how, below=more.get("below", False))
    return Judge(world, str(project)).rule(Reading((access,)))


def staged(project: Path, index: str = "") -> Ruling:
    world = DiskWorld(EnvProtectionConfig(), str(project), str(project))
    return Judge(world, str(project)).rule_staged(index)


def test_adding_all_takes_no_ignored_file_in(project: Path) -> None:
    assert ruling(project, ".", below=True).outcome == "allow"


def test_adding_all_is_denied_while_a_secret_file_is_not_ignored(
    project: Path,
) -> None:
    (project / "src" / ".env.local").write_text("K=" + "v" * 30)

    found = ruling(project, ".", below=True)

    assert found.outcome == "deny"
    assert found.decisive[0].what == f"{project}/src/.env.local"
    assert ruling(project, "src/main.py").outcome == "allow"


def test_only_tracked_files_count_where_only_those_are_taken(project: Path) -> None:
    (project / ".env.local").write_text("K=" + "v" * 30)

    how = "`git` commits what is changed"

    assert ruling(project, ".", how, below=True).outcome == "allow"


def test_a_secret_file_that_is_tracked_counts_when_it_changes(project: Path) -> None:
    (project / "server.key").write_text("one")
    run(project, "add", "-f", "server.key")
    run(project, "commit", "-qm", "by hand")
    assert ruling(project, ".", below=True).outcome == "allow"

    (project / "server.key").write_text("another")

    assert ruling(project, ".", below=True).outcome == "deny"


def test_a_secret_in_a_files_text_is_not_added(project: Path) -> None:
    (project / "src" / "conf.py").write_text(f'x = 1\nTOKEN = "{TOKEN}"\n')

    for found in (ruling(project, "src/conf.py"), ruling(project, ".", below=True)):
        assert found.outcome == "deny"
        assert found.decisive[0].rule == "secret-text"
        assert "line 2" in found.decisive[0].why
        assert TOKEN not in str(found)


def test_a_value_of_the_projects_own_env_file_is_not_added(project: Path) -> None:
    value = "zq" + "7Rk2" * 6
    (project / ".env").write_text(f"DB={value}\n")
    (project / "notes.md").write_text(f"the value is {value}\n")

    assert ruling(project, "notes.md").outcome == "deny"


def test_what_is_staged_is_judged(project: Path) -> None:
    assert staged(project).outcome == "allow"
    (project / "conf.py").write_text(f'TOKEN = "{TOKEN}"\n')
    (project / "ok.py").write_text("x = 1\n")
    run(project, "add", "ok.py")
    assert staged(project).outcome == "allow"
    run(project, "add", "conf.py")

    assert staged(project).outcome == "deny"
    run(project, "rm", "-q", "--cached", "conf.py")
    assert staged(project).outcome == "allow"


def test_the_text_that_is_staged_counts_not_the_one_on_the_disk(
    project: Path,
) -> None:
    (project / "conf.py").write_text(f'TOKEN = "{TOKEN}"\n')
    run(project, "add", "conf.py")
    (project / "conf.py").write_text("TOKEN = None\n")

    assert staged(project).outcome == "deny"


def test_a_staged_secret_file_is_refused_by_its_name(project: Path) -> None:
    run(project, "add", "-f", ".env")

    found = staged(project)

    assert found.outcome == "deny"
    assert found.decisive[0].rule == "env-file"
    run(project, "rm", "-q", "--cached", ".env")
    assert staged(project).outcome == "allow"


def test_a_staged_secret_file_without_a_secret_in_it_is_refused_each_time(
    project: Path,
) -> None:
    (project / ".env").write_text("DEBUG=1\n")
    run(project, "add", "-f", ".env")

    assert [staged(project).outcome for _ in range(3)] == ["deny"] * 3


def test_a_commit_of_some_files_is_judged_by_its_own_index(project: Path) -> None:
    (project / "conf.py").write_text(f'TOKEN = "{TOKEN}"\n')
    other = project / ".git" / "next-index"
    subprocess.run(
        ["git", "add", "conf.py"],
        cwd=project,
        check=True,
        env={**os.environ, "GIT_INDEX_FILE": str(other)},
    )

    assert staged(project).outcome == "allow"
    assert staged(project, str(other)).outcome == "deny"


def test_a_linked_work_tree_has_its_own_index(project: Path, home: Path) -> None:
    linked = home / "linked"
    run(project, "worktree", "add", "-q", str(linked))
    (linked / "conf.py").write_text(f'TOKEN = "{TOKEN}"\n')
    run(linked, "add", "conf.py")

    assert staged(linked).outcome == "deny"
    assert staged(project).outcome == "allow"


def shown(project: Path, how: str) -> str:
    world = DiskWorld(EnvProtectionConfig(), str(project), str(project))
    access = Access(f"{project}/.git", "read", how)
    return Judge(world, str(project)).rule(Reading((access,))).outcome


def test_what_is_tracked_is_as_secret_as_on_the_disk(project: Path) -> None:
    everything, changes = "`git` shows tracked files", "`git` shows changes of them"
    (project / "test.key").write_text("a key that tests use")
    run(project, "add", "-f", "test.key")
    run(project, "commit", "-qm", "a key")
    assert (shown(project, everything), shown(project, changes)) == ("allow", "allow")
    run(project, "add", "-f", ".env")
    assert (shown(project, everything), shown(project, changes)) == ("deny", "deny")
    run(project, "commit", "-qm", "oh")
    assert (shown(project, everything), shown(project, changes)) == ("deny", "allow")
    (project / ".env").write_text("API_KEY=other\n")
    assert (shown(project, everything), shown(project, changes)) == ("deny", "deny")


def test_outside_git_nothing_is_staged(tmp_path: Path) -> None:
    assert staged(tmp_path).outcome == "allow"


def test_an_index_that_cannot_be_read_is_asked_about(project: Path) -> None:
    (project / ".git" / "index").write_bytes(b"DIRC" + b"\xff" * 100)

    assert staged(project).outcome == "ask"


def test_more_than_can_be_read_is_left_to_gits_own_hook(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "hookwright.plugins.env_protection.staged.Staging.__init__.__defaults__",
        (-1.0,),
    )
    (project / "new.py").write_text("x = 1\n")
    assert ruling(project, "new.py").outcome == "ask"

    hook = project / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\n# >>> hookwright >>>\n")

    assert ruling(project, "new.py").outcome == "allow"


@pytest.mark.parametrize("version", ["2", "3", "4"])
@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_every_form_of_the_index_is_read(version: str, form: str, home: Path) -> None:
    top = home / "forms"
    top.mkdir()
    run(top, "init", "-q", f"--object-format={form}")
    for name in ("a.txt", "dir/b.txt", "dir/b.txt.more", "z ü.txt"):
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_text(name)
    run(top, "add", ".")
    run(top, "update-index", "--index-version", version)
    if version == "3":
        (top / "later").touch()
        run(top, "add", "-N", "later")

    found = {e.path: e.blob for e in read_index(str(top / ".git" / "index"))}

    listed = run(top, "-c", "core.quotePath=false", "ls-files", "-s").splitlines()
    assert found == {line.split("\t")[1]: line.split()[1] for line in listed}
    repository = Repository.at(Disk(), str(top / ".git"))
    assert read_blob(repository.loose(found["a.txt"])) == b"a.txt"


def test_what_is_no_index_and_no_blob(tmp_path: Path) -> None:
    (tmp_path / "index").write_bytes(b"something else")
    (tmp_path / "blob").write_bytes(b"not packed")

    assert read_index(str(tmp_path / "none")) == ()
    assert read_blob(str(tmp_path / "none")) is None
    assert read_blob(str(tmp_path / "blob")) is None
    with pytest.raises(IndexUnreadableError):
        read_index(str(tmp_path / "index"))
