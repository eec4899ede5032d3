from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hookwright.core.api import locate_project
from hookwright.hookspecs import Agent, Commit, Event, Push, TurnEnd
from hookwright.plugins.adapters.wire import reflog
from hookwright.plugins.adapters.wire.reflog import Mark, mark, since

Git = Callable[..., str]


@pytest.fixture
def event(repository: Path) -> Event:
    return TurnEnd(
        id="d.0",
        time=datetime.now(UTC),
        agent_host="host",
        host_event="AfterTool",
        session_id="s",
        project=locate_project(str(repository)),
        agent=Agent(id="host/main", name="main"),
        cwd=str(repository),
    )


def commit(git: Git, directory: Path, subject: str, **environment: str) -> str:
    git(
        directory, "commit", "-q", "--allow-empty", "-m", subject,
        environment=environment,
    )  # fmt: skip
    return git(directory, "rev-parse", "HEAD")


def test_what_was_there_is_not_told(repository: Path, git: Git, event: Event) -> None:
    commit(git, repository, "before")
    place = mark(event.project, event.time)
    assert list(since(place, event)) == []
    name = commit(git, repository, "after: it")
    (found,) = since(place, event)
    assert isinstance(found, Commit)
    assert (found.hash, found.subject, found.branch) == (name, "after: it", "main")
    assert found.id == f"host.commit.{name}"
    assert (found.session_id, found.agent.id) == ("s", "host/main")


def test_a_first_commit_is_told_and_its_date_does_not_matter(
    repository: Path, git: Git, event: Event
) -> None:
    place = mark(event.project, event.time)
    dated = {"GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z"}
    name = commit(git, repository, "first", **dated)
    assert [found.hash for found in since(place, event)] == [name]  # type: ignore[union-attr]


def test_a_message_that_is_read_late_counts_from_its_own_time(
    repository: Path, git: Git, event: Event
) -> None:
    """It waited for a daemon; the command that it announced has run since."""
    old = {"GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z"}
    commit(git, repository, "long before", **old)
    asked = event.time - timedelta(seconds=30)
    made = asked + timedelta(seconds=2)
    name = commit(git, repository, "it", GIT_COMMITTER_DATE=made.isoformat())
    later = made + timedelta(seconds=20)
    commit(git, repository, "a later one", GIT_COMMITTER_DATE=later.isoformat())

    place = mark(event.project, asked)
    after = event.model_copy(update={"time": made + timedelta(seconds=1)})
    assert [found.hash for found in since(place, after)] == [name]  # type: ignore[union-attr]


def test_moves_to_commits_that_are_there_are_none(
    repository: Path, git: Git, event: Event
) -> None:
    base = commit(git, repository, "base")
    git(repository, "checkout", "-q", "-b", "side")
    tip = commit(git, repository, "side")
    git(repository, "checkout", "-q", "main")
    place = mark(event.project, event.time)
    git(repository, "merge", "-q", "--ff-only", "side")
    git(repository, "reset", "-q", "--hard", base)
    git(repository, "checkout", "-q", tip)
    git(repository, "checkout", "-q", "main")
    assert list(since(place, event)) == []


def test_a_rebase_tells_the_commits_that_it_made(
    repository: Path, git: Git, event: Event
) -> None:
    base = commit(git, repository, "base")
    (repository / "a").write_text("a")
    git(repository, "add", "a")
    commit(git, repository, "a")
    git(repository, "checkout", "-q", "-b", "side", base)
    (repository / "b").write_text("b")
    git(repository, "add", "b")
    commit(git, repository, "b")
    place = mark(event.project, event.time)
    git(repository, "rebase", "-q", "main")
    (found,) = since(place, event)
    assert isinstance(found, Commit)
    assert (found.action, found.subject) == ("rebase", "b")
    assert [file.path for file in found.files] == ["b"]


def test_without_a_known_place_the_time_counts(
    repository: Path, git: Git, event: Event
) -> None:
    early = {"GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z"}
    commit(git, repository, "long ago", **early)
    name = commit(git, repository, "now")
    unknown = Mark(event.project, event.time, None)
    found = [found.hash for found in since(unknown, event)]  # type: ignore[union-attr]
    assert found == [name]
    # A reflog that was cut short since has no place either.
    cut = Mark(event.project, event.time, 10**6)
    assert [one.hash for one in since(cut, event)] == [name]  # type: ignore[union-attr]


def test_a_push_is_told_by_the_remotes_own_reflog(
    repository: Path, git: Git, event: Event, tmp_path: Path
) -> None:
    git(repository, "init", "-q", "--bare", str(tmp_path / "remote.git"))
    git(repository, "remote", "add", "origin", str(tmp_path / "remote.git"))
    name = commit(git, repository, "one")
    later = Mark(event.project, event.time + timedelta(hours=1), 10**6)
    place = mark(event.project, event.time)
    git(repository, "push", "-q", "origin", "HEAD", "HEAD:refs/heads/a/b")
    found = sorted(since(place, event), key=lambda push: push.id)
    assert all(isinstance(push, Push) for push in found)
    told = {
        (push.remote, push.refs[0].remote_ref, push.refs[0].local_hash)  # type: ignore[union-attr]
        for push in found
    }
    assert told == {
        ("origin", "refs/heads/a/b", name),
        ("origin", "refs/heads/main", name),
    }
    assert {push.refs[0].local_ref for push in found} == {"refs/heads/main"}  # type: ignore[union-attr]
    assert list(since(later, event)) == []


def test_a_fetch_is_no_push(
    repository: Path, git: Git, event: Event, tmp_path: Path
) -> None:
    remote, other = tmp_path / "remote.git", tmp_path / "other"
    git(repository, "init", "-q", "--bare", str(remote))
    git(repository, "remote", "add", "origin", str(remote))
    commit(git, repository, "one")
    git(repository, "push", "-q", "origin", "HEAD")
    git(tmp_path, "clone", "-q", str(remote), str(other))
    git(other, "checkout", "-q", "-B", "theirs")
    commit(git, other, "two")
    git(other, "push", "-q", "origin", "HEAD")
    place = mark(event.project, event.time + timedelta(seconds=1))
    git(repository, "fetch", "-q")
    assert [push for push in since(place, event) if "theirs" in push.id] == []


def test_work_trees_have_reflogs_of_their_own(
    repository: Path, git: Git, event: Event, tmp_path: Path
) -> None:
    commit(git, repository, "base")
    tree = tmp_path / "tree"
    git(repository, "worktree", "add", "-q", "-b", "side", str(tree))
    here, there = locate_project(str(repository)), locate_project(str(tree))
    places = [mark(project, event.time) for project in (here, there)]
    name = commit(git, tree, "in the tree")
    assert list(since(places[0], event)) == []
    (found,) = since(places[1], event)
    assert isinstance(found, Commit)
    assert (found.hash, found.branch) == (name, "side")


def test_outside_a_repository_there_is_nothing(tmp_path: Path, event: Event) -> None:
    place = mark(locate_project(str(tmp_path)), event.time)
    assert list(since(place, event)) == []


def test_many_refs_are_looked_at_up_to_a_number(
    repository: Path, git: Git, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(git, repository, "one")
    folder = repository / ".git" / "logs" / "refs" / "remotes" / "origin"
    folder.mkdir(parents=True)
    line = f"{'0' * 40} {'1' * 40} A <a@b> {2**33} +0000\tupdate by push\n"
    for number in range(4):
        (folder / str(number)).write_text(line + "no line\n")
    assert len(list(since(mark(event.project, event.time), event))) == 4
    monkeypatch.setattr(reflog, "_MAX_REFS", 2)
    assert len(list(since(mark(event.project, event.time), event))) == 2
