from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from hookwright.core.worktree import git_dir_of, locate_project

#: An answer is given again without a look for a moment, within one event.
PAST_FRESH_S = 0.02


def git(directory: Path, *arguments: str) -> str:
    """Run git in directory and return what it prints."""
    ran = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one commit."""
    directory = tmp_path / "repository"
    directory.mkdir()
    git(directory, "init", "-q")
    (directory / "src" / "deep").mkdir(parents=True)
    (directory / "src" / "deep" / "file").write_text("x")
    git(directory, "add", ".")
    git(directory, "commit", "-q", "-m", "first")
    return directory


def test_any_directory_of_a_repository_belongs_to_it(repository: Path) -> None:
    for directory in (repository, repository / "src" / "deep"):
        project = locate_project(str(directory))

        assert project.path == project.worktree == str(repository)
        assert project.git_dir == str(repository / ".git")
        assert project.name == "repository"
    assert git_dir_of(str(repository)) == str(repository / ".git")


def test_a_directory_that_is_gone_still_belongs_to_its_repository(
    repository: Path,
) -> None:
    project = locate_project(str(repository / "removed" / "again"))

    assert project.worktree == str(repository)


def test_a_linked_work_tree_is_the_same_project(
    repository: Path, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "-q", str(linked), "-b", "other")

    project = locate_project(str(linked / "src"))

    assert project.path == str(repository)
    assert project.worktree == str(linked)
    assert project.git_dir == str(repository / ".git")
    assert git_dir_of(str(linked)) == git(linked, "rev-parse", "--absolute-git-dir")


def test_a_linked_work_tree_with_relative_paths_is_found(
    repository: Path, tmp_path: Path
) -> None:
    # What `worktree.useRelativePaths` of git 2.48 writes.
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "-q", str(linked), "-b", "other")
    (linked / ".git").write_text("gitdir: ../repository/.git/worktrees/linked\n")

    project = locate_project(str(linked))

    assert (project.path, project.worktree) == (str(repository), str(linked))


def test_a_submodule_is_a_project_of_its_own(repository: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "add", "-q", str(repository), "libs/inner")
    inner = outer / "libs" / "inner"

    project = locate_project(str(inner / "src"))

    assert project.path == project.worktree == str(inner)
    assert project.git_dir == str(outer / ".git" / "modules" / "libs" / "inner")
    assert locate_project(str(outer / "libs")).path == str(outer)


def test_a_linked_work_tree_of_a_submodule_is_the_submodules_project(
    repository: Path, tmp_path: Path
) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "add", "-q", str(repository), "inner")
    linked = tmp_path / "linked"
    git(outer / "inner", "worktree", "add", "-q", str(linked), "-b", "other")

    project = locate_project(str(linked))

    assert project.path == str(outer / "inner")
    assert project.worktree == str(linked)


def test_work_trees_of_a_bare_repository_are_one_project(
    repository: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(repository), str(bare))
    for name in ("one", "two"):
        git(bare, "worktree", "add", "-q", str(tmp_path / name), "-b", name)

    one = locate_project(str(tmp_path / "one"))
    two = locate_project(str(tmp_path / "two" / "src"))

    assert one.path == two.path == str(bare)
    assert (one.worktree, two.worktree) == (
        str(tmp_path / "one"),
        str(tmp_path / "two"),
    )
    assert one.git_dir == str(bare)


def test_inside_a_bare_repository_the_repository_is_the_project(
    repository: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(repository), str(bare))

    for directory in (bare, bare / "hooks"):
        project = locate_project(str(directory))

        assert project.path == project.git_dir == str(bare)


def test_a_bare_repository_named_dot_git_names_the_directory_that_holds_it(
    repository: Path, tmp_path: Path
) -> None:
    # A layout that people with many work trees use.
    hub = tmp_path / "hub"
    hub.mkdir()
    git(hub, "clone", "-q", "--bare", str(repository), ".git")
    git(hub, "worktree", "add", "-q", "main-tree", "-b", "tree")

    project = locate_project(str(hub / "main-tree"))

    assert (project.path, project.worktree) == (str(hub), str(hub / "main-tree"))


def test_a_hook_that_runs_in_the_git_directory_finds_the_repository(
    repository: Path,
) -> None:
    # git runs hooks such as post-receive with the git directory as working directory.
    project = locate_project(str(repository / ".git" / "hooks"))

    assert project.path == str(repository)
    assert project.git_dir == str(repository / ".git")


def test_a_separate_git_directory_is_found(tmp_path: Path) -> None:
    work, elsewhere = tmp_path / "work", tmp_path / "elsewhere"
    work.mkdir()
    git(work, "init", "-q", f"--separate-git-dir={elsewhere}")

    project = locate_project(str(work))

    assert (project.worktree, project.git_dir) == (str(work), str(elsewhere))
    assert git_dir_of(str(work)) == str(elsewhere)


def test_a_directory_whose_path_says_modules_is_no_submodule(tmp_path: Path) -> None:
    directory = tmp_path / "modules" / "bare.git"
    seed = tmp_path / "seed"
    for place in (directory, seed):
        place.mkdir(parents=True)
    git(directory, "init", "-q", "--bare")
    git(seed, "init", "-q")
    git(seed, "commit", "-q", "--allow-empty", "-m", "first")
    git(seed, "push", "-q", str(directory), "HEAD:main")
    git(directory, "worktree", "add", "-q", str(tmp_path / "tree"), "main")

    assert locate_project(str(tmp_path / "tree")).path == str(directory)


def test_outside_git_the_directory_is_the_project(tmp_path: Path) -> None:
    project = locate_project(str(tmp_path))

    assert project.path == project.worktree == str(tmp_path)
    assert project.git_dir is None
    assert git_dir_of(str(tmp_path)) is None


def test_an_empty_or_relative_directory_is_made_absolute(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)

    assert locate_project("src").worktree == str(repository)
    assert locate_project("").worktree == os.sep


@pytest.mark.parametrize(
    "content", [b"", b"nonsense\n", b"gitdir:\n", b"gitdir: \xff\xfe\n"]
)
def test_a_file_named_git_that_leads_nowhere_is_no_repository(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / ".git").write_bytes(content)

    project = locate_project(str(tmp_path))

    assert project.git_dir is None
    assert project.worktree == str(tmp_path)


def test_an_empty_git_directory_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    assert locate_project(str(tmp_path)).git_dir is None


def test_a_named_pipe_in_the_place_of_git_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".git")

    assert locate_project(str(tmp_path)).git_dir is None


def test_an_answer_that_is_known_follows_every_change(
    repository: Path, tmp_path: Path
) -> None:
    top = str(repository)
    for _ in range(2):
        assert locate_project(top).git_dir == str(repository / ".git")
        time.sleep(PAST_FRESH_S)

    (repository / ".git").rename(repository / "away")
    assert locate_project(top).git_dir is None

    git(repository, "init", "-q", "--separate-git-dir", str(tmp_path / "apart"))
    time.sleep(PAST_FRESH_S)
    assert locate_project(top).git_dir == str(tmp_path / "apart")
    time.sleep(PAST_FRESH_S)
    assert locate_project(top).git_dir == str(tmp_path / "apart")

    (tmp_path / "apart" / "HEAD").unlink()
    time.sleep(PAST_FRESH_S)
    assert locate_project(top).git_dir is None
