"""The hooks as git itself runs them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hookwright.core.errors import InstallError
from hookwright.core.surfaces.install import install, uninstall
from hookwright.hookspecs import InstallRequest
from hookwright.plugins.adapters.git import hookwright_register_installers
from hookwright.plugins.adapters.git.installer import GitInstaller
from hookwright.plugins.adapters.git.script import is_ours, strip_block, write_script

Git = Callable[..., str]
MakeRequest = Callable[..., InstallRequest]

GIT = GitInstaller()


@pytest.fixture
def client(tmp_path: Path) -> tuple[str, ...]:
    """Return a client that writes down how it was called."""
    script = tmp_path / "the client's dir" / "client $HOME.sh"
    script.parent.mkdir()
    script.write_text(
        '#!/bin/sh\n{ printf "<%s>" "$@"; cat; } >> "' + str(tmp_path / "said") + '"\n'
        "exit 3\n"
    )
    script.chmod(0o755)
    return (str(script), "-I", str(script))


@pytest.fixture
def said(tmp_path: Path) -> Callable[[], str]:
    """Return a function that gives what the client was called with since."""

    def read() -> str:
        file = tmp_path / "said"
        text = file.read_text() if file.exists() else ""
        file.unlink(missing_ok=True)
        return text

    return read


@pytest.fixture
def with_remote(repository: Path, git: Git, tmp_path: Path) -> Path:
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(remote))
    git(repository, "remote", "add", "origin", str(remote))
    return repository


def put_hook(directory: Path, name: str, text: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def snapshot(directory: Path) -> dict[str, tuple[str, int, bytes | str]]:
    """Return every file below directory with its kind, mode and content."""

    def entries() -> Iterator[tuple[str, tuple[str, int, bytes | str]]]:
        for path in sorted(directory.rglob("*")):
            name = str(path.relative_to(directory))
            if path.is_symlink():
                yield name, ("link", 0, os.readlink(path))
            elif path.is_dir():
                yield name, ("directory", 0, b"")
            else:
                mode = stat.S_IMODE(path.stat().st_mode)
                yield name, ("file", mode, path.read_bytes())

    return dict(entries())


def commit(git: Git, directory: Path, message: str = "x") -> str:
    git(directory, "commit", "-q", "--allow-empty", "-m", message)
    return git(directory, "rev-parse", "HEAD")


def test_the_plugin_offers_one_installer() -> None:
    (installer,) = hookwright_register_installers()
    assert (installer.agent_host, list(installer.scopes)) == ("git", ["project"])


def test_commit_and_push_reach_the_client(
    with_remote: Path,
    git: Git,
    make_request: MakeRequest,
    client: tuple[str, ...],
    said: Callable[[], str],
    tmp_path: Path,
) -> None:
    report = install([GIT], make_request(with_remote, client=client))
    assert len(report.changed) == 3
    name = commit(git, with_remote)
    prefix = f"<-I><{client[0]}><git>"
    assert said() == (
        f"{prefix}<pre-commit>{prefix}<post-commit><--observe><{name}><main>"
    )
    git(with_remote, "push", "-q", "origin", "main")
    remote = str(tmp_path / "remote.git")
    assert said() == (
        f"{prefix}<pre-push><--observe><origin><{remote}>"
        f"refs/heads/main {name} refs/heads/main {'0' * 40}\n"
    )


@pytest.mark.parametrize(
    ("code", "lands"), [(10, False), (0, True), (1, True), (2, True), (127, True)]
)
def test_only_a_refusal_stops_a_commit(
    code: int,
    lands: bool,
    repository: Path,
    git: Git,
    make_request: MakeRequest,
    tmp_path: Path,
) -> None:
    client = tmp_path / "client"
    client.write_text(
        f'#!/bin/sh\necho "no: $2" >&2\n[ "$2" != pre-commit ] || exit {code}\n'
    )
    client.chmod(0o755)
    before = commit(git, repository)
    install([GIT], make_request(repository, client=(str(client),)))

    done = subprocess.run(
        ["git", "commit", "-q", "--allow-empty", "-m", "x"],
        cwd=repository,
        capture_output=True,
        text=True,
    )

    assert (done.returncode == 0) is lands
    assert "no: pre-commit" in done.stderr
    assert (git(repository, "rev-parse", "HEAD") != before) is lands
    git(repository, "commit", "-q", "--allow-empty", "--no-verify", "-m", "y")


def test_installing_twice_changes_nothing_and_uninstall_everything(
    repository: Path, make_request: MakeRequest
) -> None:
    before = snapshot(repository)
    request = make_request(repository)
    install([GIT], request)
    hook = repository / ".git/hooks/post-commit"
    assert stat.S_IMODE(hook.stat().st_mode) == 0o755
    after, time = snapshot(repository), hook.stat().st_mtime_ns
    again = install([GIT], request)
    assert again.changed == ()
    assert again.diff == ""
    assert (snapshot(repository), hook.stat().st_mtime_ns) == (after, time)
    uninstall([GIT], request)
    assert snapshot(repository) == before


def test_an_earlier_hook_is_called_first_and_put_back(
    with_remote: Path,
    git: Git,
    make_request: MakeRequest,
    client: tuple[str, ...],
    said: Callable[[], str],
    tmp_path: Path,
) -> None:
    hooks = with_remote / ".git/hooks"
    seen = tmp_path / "seen"
    put_hook(hooks, "pre-push", f'#!/bin/sh\n{{ echo "$@"; cat; }} > "{seen}"\n')
    put_hook(hooks, "post-commit", f'#!/bin/bash\necho committed >> "{seen}"\nexit 4\n')
    (hooks / "post-commit").chmod(0o711)
    before = snapshot(hooks)
    request = make_request(with_remote, client=client)
    install([GIT], request)
    assert (hooks / "pre-push.before-hookwright").exists()
    name = commit(git, with_remote)
    assert seen.read_text() == "committed\n"
    assert "<post-commit>" in said()
    git(with_remote, "push", "-q", "origin", "main")
    first, refs = seen.read_text().splitlines()
    assert first.startswith("origin ")
    assert refs == f"refs/heads/main {name} refs/heads/main {'0' * 40}"
    assert refs in said()
    install([GIT], request)
    assert install([GIT], request).changed == ()
    uninstall([GIT], request)
    assert snapshot(hooks) == before


def test_an_earlier_hook_that_fails_still_stops_the_push(
    with_remote: Path,
    git: Git,
    make_request: MakeRequest,
    client: tuple[str, ...],
    said: Callable[[], str],
) -> None:
    commit(git, with_remote)
    put_hook(with_remote / ".git/hooks", "pre-push", "#!/bin/sh\nexit 7\n")
    install([GIT], make_request(with_remote, client=client))
    git(with_remote, "push", "-q", "origin", "main", fails=True)
    assert said() == ""
    hook = with_remote / ".git/hooks/pre-push"
    done = subprocess.run([hook, "o", "u"], input=b"", check=False)
    assert done.returncode == 7


def test_a_hook_that_is_not_executable_stays_uncalled(
    repository: Path, git: Git, make_request: MakeRequest, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    hook = put_hook(
        repository / ".git/hooks", "post-commit", f'#!/bin/sh\ntouch "{mark}"\n'
    )
    hook.chmod(0o644)
    install([GIT], make_request(repository))
    commit(git, repository)
    assert not mark.exists()


@pytest.mark.parametrize("shebang", ["#!/bin/sh", "#!/usr/bin/env bash", "#!/bin/bash"])
def test_a_hook_manager_that_looks_at_its_own_name_keeps_it(
    shebang: str, repository: Path, git: Git, make_request: MakeRequest, tmp_path: Path
) -> None:
    """As husky does: one script for all hooks, told apart by `basename "$0"`."""
    folder = repository / ".husky/_"
    put_hook(
        folder,
        "h",
        'n=$(basename "$0")\ns=$(dirname "$(dirname "$0")")/$n\n'
        '[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\nexit $?\n',
    )
    put_hook(folder, "post-commit", f'{shebang}\n. "$(dirname "$0")/h"\n')
    mark = tmp_path / "mark"
    put_hook(folder.parent, "post-commit", f'touch "{mark}"\n')
    git(repository, "config", "core.hooksPath", ".husky/_")
    before = snapshot(folder)
    request = make_request(repository)
    report = install([GIT], request)
    assert any("inside the work tree" in note for note in report.notes)
    commit(git, repository)
    assert mark.exists()
    uninstall([GIT], request)
    assert snapshot(folder) == before


@pytest.mark.parametrize("first", ["#!/bin/sh -e\n", "#!/usr/bin/env -S sh -e\n", ""])
def test_a_shell_hook_keeps_its_name_whatever_its_first_line(
    repository: Path, git: Git, make_request: MakeRequest, tmp_path: Path, first: str
) -> None:
    mark = tmp_path / "mark"
    hook = f'{first}basename "$0" > "{mark}"\n'
    put_hook(repository / ".git/hooks", "post-commit", hook)

    install([GIT], make_request(repository))
    commit(git, repository)

    assert mark.read_text() == "post-commit\n"


def test_a_hook_that_is_a_link_comes_back_as_a_link(
    repository: Path, git: Git, make_request: MakeRequest, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    put_hook(
        repository / "scripts",
        "after",
        '#!/bin/sh\nd=$(dirname "$(readlink -f "$0")")\n. "$d/lib.sh"\n',
    )
    put_hook(repository / "scripts", "lib.sh", f'touch "{mark}"\n')
    hooks = repository / ".git/hooks"
    (hooks / "post-commit").symlink_to("../../scripts/after")
    before = snapshot(repository)
    request = make_request(repository)
    install([GIT], request)
    assert not (hooks / "post-commit").is_symlink()
    commit(git, repository)
    assert mark.exists()
    kept = {name: entry for name, entry in before.items() if "hooks" in name}
    uninstall([GIT], request)
    after = snapshot(repository)
    assert {name: after[name] for name in kept} == kept
    assert after["scripts/after"] == before["scripts/after"]


@pytest.mark.parametrize("kind", ["relative", "absolute", "home", "global"])
def test_hooks_go_where_git_looks_for_them(
    kind: str,
    with_remote: Path,
    git: Git,
    home: Path,
    tmp_path: Path,
    make_request: MakeRequest,
    client: tuple[str, ...],
    said: Callable[[], str],
) -> None:
    where = {
        "relative": ("my hooks", with_remote / "my hooks"),
        "absolute": (str(tmp_path / "hø oks"), tmp_path / "hø oks"),
        "home": ("~/.hooks", home / ".hooks"),
        "global": ("~/.hooks", home / ".hooks"),
    }
    setting, expected = where[kind]
    level = ["--global"] if kind == "global" else []
    git(with_remote, "config", *level, "core.hooksPath", setting)
    sub = with_remote / "sub"
    sub.mkdir()
    before = expected.exists()
    report = install([GIT], make_request(sub, client=client))
    assert {Path(path).parent for path in report.changed} == {expected}
    assert report.notes
    commit(git, sub)
    assert "<post-commit>" in said()
    uninstall([GIT], make_request(sub, client=client))
    assert expected.exists() is before


def test_a_linked_work_tree_uses_the_hooks_of_its_repository(
    repository: Path,
    git: Git,
    tmp_path: Path,
    make_request: MakeRequest,
    client: tuple[str, ...],
    said: Callable[[], str],
) -> None:
    commit(git, repository)
    other = tmp_path / "other tree"
    git(repository, "worktree", "add", "-q", "-b", "b", str(other))
    before = snapshot(repository / ".git/hooks")
    install([GIT], make_request(other, client=client))
    assert (repository / ".git/hooks/post-commit").exists()
    for directory in (other, repository):
        commit(git, directory)
        assert "<post-commit>" in said()
    install([GIT], make_request(repository, client=client))
    uninstall([GIT], make_request(other, client=client))
    uninstall([GIT], make_request(repository, client=client))
    assert snapshot(repository / ".git/hooks") == before


def test_a_bare_repository_and_no_repository_are_refused(
    tmp_path: Path, git: Git, make_request: MakeRequest
) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    with pytest.raises(InstallError, match="bare repository"):
        install([GIT], make_request(tmp_path / "bare.git"))
    with pytest.raises(InstallError, match="in no git repository"):
        install([GIT], make_request(tmp_path))
    with pytest.raises(InstallError, match="scope 'user'"):
        install([GIT], make_request(tmp_path, "user"))
    with pytest.raises(ValueError, match="belong to a repository"):
        GIT.plan(make_request(tmp_path, "user"))


def test_git_goes_on_when_hookwright_is_gone(
    with_remote: Path, git: Git, make_request: MakeRequest, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    put_hook(with_remote / ".git/hooks", "post-commit", f'#!/bin/sh\ntouch "{mark}"\n')
    install([GIT], make_request(with_remote, client=("/gone/python", "/gone/x.py")))
    commit(git, with_remote)
    assert mark.exists()
    git(with_remote, "push", "-q", "origin", "main")


def test_a_client_that_fails_or_reads_nothing_stops_nothing(
    with_remote: Path, git: Git, make_request: MakeRequest, client: tuple[str, ...]
) -> None:
    Path(client[0]).write_text("#!/bin/sh\nexec 0<&-\nexit 9\n")
    install([GIT], make_request(with_remote, client=client))
    commit(git, with_remote)
    git(with_remote, "push", "-q", "origin", "main")


def test_a_hook_changed_since_keeps_what_is_not_ours(
    repository: Path, make_request: MakeRequest
) -> None:
    request = make_request(repository)
    hook = repository / ".git/hooks/post-commit"
    install([GIT], request)
    with hook.open("ab") as file:
        file.write(b"echo mine\n")
    with pytest.raises(InstallError, match="was changed after"):
        install([GIT], request)
    uninstall([GIT], request)
    assert hook.read_bytes() == b"#!/bin/sh\necho mine\n"


def test_a_hook_that_replaced_ours_is_left_alone(
    repository: Path, make_request: MakeRequest
) -> None:
    hooks = repository / ".git/hooks"
    put_hook(hooks, "post-commit", "#!/bin/sh\necho first\n")
    request = make_request(repository)
    install([GIT], request)
    put_hook(hooks, "post-commit", "#!/bin/sh\necho other\n")
    with pytest.raises(InstallError, match="two different hooks"):
        install([GIT], request)
    report = uninstall([GIT], request)
    assert (hooks / "post-commit").read_text() == "#!/bin/sh\necho other\n"
    assert any("is kept at" in note for note in report.notes)


def test_a_regenerated_hook_is_taken_over_again(
    repository: Path, make_request: MakeRequest
) -> None:
    hooks = repository / ".git/hooks"
    text = "#!/bin/sh\necho made\n"
    put_hook(hooks, "post-commit", text)
    before = snapshot(hooks)
    request = make_request(repository)
    install([GIT], request)
    put_hook(hooks, "post-commit", text)
    install([GIT], request)
    assert is_ours((hooks / "post-commit").read_bytes())
    uninstall([GIT], request)
    assert snapshot(hooks) == before


def test_a_directory_in_a_hooks_place_is_an_error(
    repository: Path, make_request: MakeRequest
) -> None:
    (repository / ".git/hooks/post-commit").mkdir(parents=True)
    with pytest.raises(InstallError, match="cannot be read"):
        install([GIT], make_request(repository))


def test_an_upgrade_writes_the_new_client(
    repository: Path, make_request: MakeRequest
) -> None:
    before = snapshot(repository)
    install([GIT], make_request(repository, client=("/old/client",)))
    request = make_request(repository, client=("/new/client",))
    assert len(install([GIT], request).changed) == 3
    hook = (repository / ".git/hooks/pre-push").read_text()
    assert "/new/client" in hook
    assert "/old/client" not in hook
    uninstall([GIT], request)
    assert snapshot(repository) == before


def test_doctor_finds_the_hooks(
    repository: Path, tmp_path: Path, make_request: MakeRequest
) -> None:
    request = make_request(repository, client=(sys.executable,))
    finding = GIT.detect(request)
    assert finding.found
    assert finding.version
    assert finding.installed == ()
    assert "install git" in finding.next_step
    install([GIT], request)
    finding = GIT.detect(request)
    assert len(finding.installed) == 1
    assert finding.problems == ()
    gone = make_request(repository, client=(str(tmp_path / "gone"),))
    install([GIT], gone)
    (problem,) = GIT.detect(gone).problems
    assert "gone, which does not exist; install again" in problem
    install([GIT], request)
    (repository / ".git/hooks/post-commit").chmod(0o644)
    (repository / ".git/hooks/pre-push").unlink()
    not_executable, missing = GIT.detect(request).problems
    assert "chmod +x" in not_executable
    assert "pre-push" in missing
    assert "no git repository" in GIT.detect(make_request(tmp_path)).next_step
    assert not GIT.detect(make_request(repository, PATH=str(tmp_path))).found


def test_a_git_that_cannot_be_run_is_an_error(
    repository: Path, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InstallError, match="cannot be run"):
        install([GIT], make_request(repository))


def test_only_our_block_is_ours() -> None:
    script = write_script("post-commit", ("/c",), None)
    assert strip_block(script) is None
    assert strip_block(b"#!/bin/sh\necho x\n") == b"#!/bin/sh\necho x\n"
    assert strip_block(script + b"echo x\n") == b"#!/bin/sh\necho x\n"
