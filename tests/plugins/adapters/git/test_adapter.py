from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.hookspecs import (
    Adapter,
    Answer,
    Commit,
    Decision,
    Delivery,
    FileStat,
    Push,
    ToolBefore,
)
from hookwright.plugins.adapters.git import (
    hookwright_plugin_info,
    hookwright_register_adapters,
)
from hookwright.plugins.adapters.git.adapter import GitAdapter
from hookwright.plugins.adapters.wire import git_show

Make = Callable[..., Delivery]
Load = Callable[[str], dict[str, Any]]
Git = Callable[..., str]
Seen = Callable[..., Commit]

HASH = "99922e91b6b9a7bdba9ac00f1a2bca936d86669e"


@pytest.fixture
def parse_commit(make_delivery: Make) -> Seen:
    """Return a function that parses a post-commit delivery, and completes it."""
    adapter = GitAdapter()

    def run(
        directory: Path, *, complete: bool = True, **environment: str
    ) -> Commit | None:
        delivery = make_delivery(
            "git", None, "post-commit", cwd=str(directory), environment=environment
        )
        events = adapter.parse(delivery)
        assert events == adapter.parse(delivery)
        if complete:
            events = adapter.complete(events)
        if not events:
            return None
        (event,) = events
        assert isinstance(event, Commit)
        return event

    return run  # type: ignore[return-value]


def commit(git: Git, directory: Path, message: str, **files: str | bytes) -> str:
    for name, content in files.items():
        path = directory / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "--allow-empty", "-m", message)
    return git(directory, "rev-parse", "HEAD")


def test_the_plugin_offers_one_adapter_of_the_contract() -> None:
    (adapter,) = hookwright_register_adapters()
    assert isinstance(adapter, Adapter)
    assert (adapter.agent_host, adapter.input_format) == ("git", "text")
    assert hookwright_plugin_info().summary


@pytest.mark.parametrize(
    "name",
    ["commit-msg", "post-checkout", "prepare-commit-msg", "reference-transaction"],
)  # fmt: skip
def test_other_hooks_mean_nothing(
    name: str, load_sample: Load, make_delivery: Make
) -> None:
    sample = load_sample(f"git/{name}")
    delivery = make_delivery("git", sample["stdin"], name, *sample["argv"][1:])
    assert list(GitAdapter().parse(delivery)) == []


@pytest.mark.parametrize("name", ["pre-push", "post-commit"])
def test_what_is_only_told_is_never_refused(name: str, make_delivery: Make) -> None:
    adapter = GitAdapter()
    delivery = make_delivery("git", None, name)
    assert not adapter.refusable(delivery)
    decision = Decision(outcome="deny", reason="no", contexts=("x",))
    assert adapter.render(delivery, decision) == Answer()


def test_a_commit_is_a_call_that_can_be_refused(
    repository: Path, make_delivery: Make
) -> None:
    adapter = GitAdapter()
    delivery = make_delivery("git", "", "pre-commit", cwd=str(repository))
    (event,) = adapter.parse(delivery)
    assert isinstance(event, ToolBefore)
    assert (event.call.tool, event.call.native_name) == ("other", "git pre-commit")
    assert event.call.input == {}
    assert adapter.refusable(delivery)
    assert adapter.refusable_events == {"pre-commit": "tool_before"}
    assert adapter.render(delivery, Decision()) == Answer()


@pytest.mark.parametrize("outcome", ["ask", "deny"])
def test_a_refused_commit_says_why_and_how_to_pass_by(
    outcome: Any, make_delivery: Make
) -> None:
    delivery = make_delivery("git", None, "pre-commit")
    answer = GitAdapter().render(delivery, Decision(outcome=outcome, reason="a key"))
    assert (answer.stdout, answer.exit_code) == ("", 10)
    assert answer.stderr.startswith("a key\n")
    assert "git commit --no-verify" in answer.stderr


def test_a_commit_of_some_files_has_an_index_of_its_own(
    repository: Path, make_delivery: Make
) -> None:
    delivery = make_delivery(
        "git",
        None,
        "pre-commit",
        cwd=str(repository),
        environment={"GIT_INDEX_FILE": ".git/next-index-1.lock"},
    )
    (event,) = GitAdapter().parse(delivery)
    assert isinstance(event, ToolBefore)
    assert event.call.input == {"index": f"{repository}/.git/next-index-1.lock"}


def test_the_captured_commit_is_put_down_to_its_author(
    load_sample: Load, make_delivery: Make
) -> None:
    sample = load_sample("git/post-commit")
    delivery = make_delivery(
        "git", sample["stdin"], "post-commit", environment=sample["env"]
    )
    (event,) = GitAdapter().parse(delivery)
    assert event.agent.id == "git/Host Trial"
    assert event.session_id.startswith("git-")
    assert event.session_id.endswith("-20261121")
    assert event.host_event == "post-commit"


def test_the_captured_push_has_its_refs(load_sample: Load, make_delivery: Make) -> None:
    sample = load_sample("git/pre-push")
    delivery = make_delivery("git", sample["stdin"], "pre-push", *sample["argv"][1:])
    (event,) = GitAdapter().parse(delivery)
    assert isinstance(event, Push)
    assert (event.remote, event.url) == ("origin", "/workspace.remote.git")
    (ref,) = event.refs
    assert ref.local_ref == "HEAD"
    assert ref.local_hash == HASH
    assert ref.remote_ref == "refs/heads/main"
    assert GitAdapter().complete([event]) == [event]


def test_a_push_of_nothing_and_of_much(make_delivery: Make) -> None:
    adapter = GitAdapter()
    none: Any
    many: Any
    (none,) = adapter.parse(make_delivery("git", None, "pre-push", "origin"))
    assert none.refs == ()
    text = f"(delete) {'0' * 40} refs/heads/x {HASH}\n\n" + "a b c d\n" * 3
    (many,) = adapter.parse(
        make_delivery("git", text, "pre-push", "--observe", "origin", "u")
    )
    assert len(many.refs) == 4
    assert many.refs[0].local_ref == "(delete)"


def test_a_user_in_an_address_is_left_out(make_delivery: Make) -> None:
    word = "pass" + "word"
    address = f"https://ada:{word}@example.org/a.git"
    event: Any
    (event,) = GitAdapter().parse(
        make_delivery("git", None, "pre-push", address, address)
    )
    assert event.url == "https://example.org/a.git"
    assert event.remote == "https://example.org/a.git"


@pytest.mark.parametrize(
    ("payload", "arguments", "named"),
    [
        ("a b c", ["origin", "u"], "line 1: 3 words"),
        ({"json": 1}, ["origin", "u"], "not text"),
        (None, [], "name is missing"),
        (None, [""], "name is missing"),
    ],
)
def test_a_malformed_push_says_what_is_wrong(
    payload: object, arguments: list[str], named: str, make_delivery: Make
) -> None:
    delivery = make_delivery("git", payload, "pre-push", *arguments)
    with pytest.raises(ValueError, match=named):
        GitAdapter().parse(delivery)


def test_a_directory_name_with_a_nul_is_refused(make_delivery: Make) -> None:
    with pytest.raises(ValueError, match="cwd"):
        GitAdapter().parse(make_delivery("git", None, "post-commit", cwd="/a\0b"))


def test_the_first_commit_is_read_without_asking_git(
    repository: Path, git: Git, parse_commit: Seen
) -> None:
    name = commit(git, repository, "first: ünï: code", **{"a.txt": "1\n2\n"})
    event = parse_commit(repository, complete=False)
    assert event.hash == name
    assert event.branch == "main"
    assert event.subject == "first: ünï: code"
    assert event.action == "commit"
    assert event.author == "Test Person"
    assert event.agent.id == "git/Test Person"
    assert event.files == ()
    assert event.project.path == str(repository)


def test_files_are_counted_off_the_path(
    repository: Path, git: Git, parse_commit: Seen
) -> None:
    files: dict[str, str | bytes] = {
        "ä b\t.txt": "1\n2\n",
        "binary": b"\0\1",
        "old": "x\n" * 9,
        "gone": "1\n",
    }
    commit(git, repository, "first", **files)
    assert parse_commit(repository).files == (
        FileStat(path="binary"),
        FileStat(path="gone", added=1, removed=0),
        FileStat(path="old", added=9, removed=0),
        FileStat(path="ä b\t.txt", added=2, removed=0),
    )
    git(repository, "mv", "old", "new")
    git(repository, "rm", "-q", "gone")
    commit(git, repository, "second", new="x\n" * 8)
    assert parse_commit(repository).files == (
        FileStat(path="gone", added=0, removed=1),
        FileStat(path="new", added=0, removed=1),
    )


def test_an_amended_commit_names_the_one_it_replaces(
    repository: Path, git: Git, parse_commit: Seen
) -> None:
    commit(git, repository, "first", a="1\n")
    old = commit(git, repository, "sceond", a="2\n")
    git(repository, "commit", "-q", "--amend", "-m", "second")
    event = parse_commit(repository)
    assert (event.action, event.replaces) == ("amend", old)
    assert event.subject == "second"
    assert event.files == (FileStat(path="a", added=1, removed=1),)


def test_a_commit_is_the_one_its_hook_named_although_head_has_moved_on(
    repository: Path, git: Git, make_delivery: Make
) -> None:
    commit(git, repository, "first", a="1\n")
    git(repository, "commit", "-q", "--amend", "-m", "first, amended")
    named = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-q", "-b", "side")
    commit(git, repository, "later", a="2\n")
    delivery = make_delivery(
        "git", None, "post-commit", named, "main", cwd=str(repository), environment={}
    )
    (event,) = GitAdapter().parse(delivery)

    assert isinstance(event, Commit)
    assert (event.hash, event.branch) == (named, "main")
    assert (event.action, event.subject) == ("amend", "first, amended")


def test_a_merge_is_compared_with_the_branch_it_landed_on(
    repository: Path, git: Git, parse_commit: Seen
) -> None:
    commit(git, repository, "first", a="1\n")
    git(repository, "checkout", "-q", "-b", "side")
    commit(git, repository, "side", b="1\n2\n")
    git(repository, "checkout", "-q", "main")
    commit(git, repository, "main", c="1\n")
    git(repository, "merge", "-q", "--no-commit", "side")
    git(repository, "commit", "-q", "-m", "both")
    event = parse_commit(repository)
    assert event.action == "merge"
    assert event.files == (FileStat(path="b", added=2, removed=0),)


def test_an_empty_commit_has_no_files(
    repository: Path, git: Git, parse_commit: Seen
) -> None:
    commit(git, repository, "nothing")
    event = parse_commit(repository)
    assert event.files == ()
    assert event.subject == "nothing"


HOOK = """#!/bin/sh
tail -n 1 "$(git rev-parse --git-dir)/logs/HEAD" >> "{log}"
"""


def test_the_reflog_is_written_before_the_hook_runs(
    repository: Path, git: Git, tmp_path: Path
) -> None:
    """Rebase, cherry-pick and revert run the hook with their own words in it."""
    log = tmp_path / "log"
    commit(git, repository, "base", a="1\n")
    hook = repository / ".git/hooks/post-commit"
    hook.write_text(HOOK.format(log=log))
    hook.chmod(0o755)
    git(repository, "checkout", "-q", "-b", "side")
    commit(git, repository, "side", b="1\n")
    git(repository, "checkout", "-q", "main")
    commit(git, repository, "main", c="1\n")
    git(repository, "cherry-pick", "side")
    git(repository, "revert", "--no-edit", "HEAD")
    git(repository, "checkout", "-q", "side")
    git(repository, "rebase", "-q", "main~2")
    from hookwright.plugins.adapters.wire.git_files import action_of

    messages = [line.split("\t")[1] for line in log.read_text().splitlines()]
    actions = [action_of(message.partition(": ")[0]) for message in messages]
    assert actions[:4] == ["commit", "commit", "cherry-pick", "revert"], messages
    assert set(actions[4:]) <= {"rebase"}, messages


def test_during_a_rebase_the_branch_is_the_one_being_rebased(
    repository: Path, git: Git, parse_commit: Seen
) -> None:
    commit(git, repository, "first", a="1\n")
    git(repository, "checkout", "-q", "--detach")
    assert parse_commit(repository).branch == ""
    folder = repository / ".git/rebase-merge"
    folder.mkdir()
    (folder / "head-name").write_text("refs/heads/feature/x\n")
    assert parse_commit(repository).branch == "feature/x"


def test_a_linked_work_tree_has_its_own_head(
    repository: Path, git: Git, parse_commit: Seen, tmp_path: Path
) -> None:
    commit(git, repository, "first", a="1\n")
    other = tmp_path / "other tree"
    git(repository, "worktree", "add", "-q", "-b", "topic", str(other))
    name = commit(git, other, "in the other", b="1\n")
    event = parse_commit(other)
    assert (event.hash, event.branch) == (name, "topic")
    assert event.project.path == str(repository)
    assert event.project.worktree == str(other)
    assert parse_commit(repository).branch == "main"


def test_without_a_reflog_the_hash_comes_from_the_ref(
    repository: Path, git: Git, parse_commit: Seen
) -> None:
    git(repository, "config", "core.logAllRefUpdates", "false")
    name = commit(git, repository, "first", a="1\n")
    event = parse_commit(repository, complete=False)
    assert (event.hash, event.subject) == (name, "")
    assert event.agent.id == "git/unknown"
    assert parse_commit(repository).subject == "first"


def test_a_reflog_that_lags_behind_is_not_believed(
    repository: Path, git: Git, parse_commit: Seen
) -> None:
    commit(git, repository, "first", a="1\n")
    name = commit(git, repository, "second", a="2\n")
    log = repository / ".git/logs/HEAD"
    log.write_text(log.read_text().splitlines(keepends=True)[0])
    event = parse_commit(repository, complete=False)
    assert (event.hash, event.subject) == (name, "")


@pytest.mark.parametrize("text", ["", "rubbish\n", "\0\xff", "a b c\tmessage\n"])
def test_a_damaged_reflog_is_no_trouble(
    text: str, repository: Path, git: Git, parse_commit: Seen
) -> None:
    name = commit(git, repository, "first", a="1\n")
    (repository / ".git/logs/HEAD").write_text(text)
    assert parse_commit(repository).hash == name


def test_where_the_files_tell_nothing_git_is_asked(
    repository: Path, git: Git, parse_commit: Seen
) -> None:
    """As in a repository with reftables: HEAD names a ref that is no file."""
    name = commit(git, repository, "first", a="1\n")
    (repository / ".git/logs/HEAD").unlink()
    git(repository, "pack-refs", "--all")
    event = parse_commit(repository, complete=False)
    assert event.hash == ""
    assert parse_commit(repository).hash == name
    (repository / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    assert parse_commit(repository) is None


def test_outside_a_repository_there_is_no_commit(
    tmp_path: Path, parse_commit: Seen
) -> None:
    assert parse_commit(tmp_path) is None


def test_a_git_directory_elsewhere_is_found_by_gits_own_variable(
    repository: Path, git: Git, parse_commit: Seen, tmp_path: Path
) -> None:
    name = commit(git, repository, "first", a="1\n")
    tree = tmp_path / "tree"
    tree.mkdir()
    event = parse_commit(tree, GIT_DIR=str(repository / ".git"))
    assert (event.hash, event.subject) == (name, "first")


@pytest.mark.parametrize(
    ("variable", "agent_host"),
    [("CLAUDE_CODE_SESSION_ID", "claude-code"), ("CODEX_SESSION_ID", "codex")],
)
def test_a_hook_in_an_agents_shell_is_put_down_to_its_session(
    variable: str, agent_host: str, repository: Path, git: Git, parse_commit: Seen
) -> None:
    commit(git, repository, "first", a="1\n")
    event = parse_commit(repository, **{variable: "5e55", "GIT_AUTHOR_NAME": "Ada"})
    assert event.agent_host == agent_host
    assert event.session_id == "5e55"
    assert event.agent.id == f"{agent_host}/main"
    assert event.author == "Test Person"


def test_a_missing_or_hanging_git_leaves_the_event_as_it_was(
    repository: Path,
    git: Git,
    parse_commit: Seen,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    name = commit(git, repository, "first", a="1\n")
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", str(program.parent))
    assert parse_commit(repository).hash == name
    program.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(git_show, "_SECONDS", 0.1)
    assert parse_commit(repository).files == ()
    monkeypatch.setattr(git_show, "_SECONDS", 10.0)
    program.write_text("#!/bin/sh\necho no; exit 0\n")
    assert parse_commit(repository).files == ()


def test_variables_of_the_hook_do_not_mislead_git(
    repository: Path, git: Git, parse_commit: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(git, repository, "first", a="1\n")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    assert parse_commit(repository).files
    assert os.environ["GIT_DIR"] == "/nowhere"


def test_only_so_many_files_are_kept(
    repository: Path, git: Git, parse_commit: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_show, "_MAX_FILES", 2)
    commit(git, repository, "first", a="1\n", b="1\n", c="1\n")
    assert [file.path for file in parse_commit(repository).files] == ["a", "b"]


def test_other_events_pass_through(load_sample: Load, make_delivery: Make) -> None:
    from hookwright.plugins.adapters.claude_code.adapter import ClaudeCodeAdapter

    sample = load_sample("claude/PreToolUse")
    (event,) = ClaudeCodeAdapter().parse(make_delivery("claude-code", sample["stdin"]))
    assert isinstance(event, ToolBefore)
    assert GitAdapter().complete([event]) == [event]


@given(
    arguments=st.lists(
        st.sampled_from(["post-commit", "pre-push", "--observe"]) | st.text(),
        max_size=5,
    ),
    payload=st.none() | st.text() | st.integers() | st.lists(st.text()),
    environment=st.dictionaries(
        st.sampled_from(["GIT_DIR", "GIT_AUTHOR_NAME", "CLAUDE_CODE_SESSION_ID"]),
        st.text(),
    ),
    cwd=st.text(),
)
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_the_message_only_a_value_error_is_raised(
    make_delivery: Make,
    arguments: list[str],
    payload: object,
    environment: dict[str, str],
    cwd: str,
) -> None:
    delivery = make_delivery(
        "git", payload, *arguments, environment=environment, cwd=cwd
    )
    try:
        events = GitAdapter().parse(delivery)
    except ValueError:
        events = []
    assert len(events) <= 1
