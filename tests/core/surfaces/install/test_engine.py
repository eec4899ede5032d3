from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.core.errors import InstallError
from hookwright.core.paths import Paths
from hookwright.core.surfaces.install import install, installed, uninstall
from hookwright.core.surfaces.install.manifest import locked, manifest_path
from hookwright.hookspecs import (
    FileEdit,
    HostFinding,
    InstallPlan,
    InstallRequest,
    Scope,
)

MARK = b"#ours#\n"


class SampleInstaller:
    """Adds a line to `list`, takes the place of `hook`, and makes `deep/new`."""

    agent_host = "sample"
    scopes: tuple[Scope, ...] = ("project", "user")
    companions: tuple[str, ...] = ()

    def __init__(self, *names: str) -> None:
        self.names = names or ("list", "hook", "deep/er/new")
        self.refusal = ""

    def plan(self, request: InstallRequest) -> InstallPlan:
        if self.refusal:
            raise ValueError(self.refusal)
        edits = [self.edit(request.directory / name) for name in self.names]
        return InstallPlan(tuple(edits), ("a note",))

    def edit(self, path: Path) -> FileEdit:
        present = path.read_bytes() if path.exists() else b""
        if path.name == "list":
            content = present if MARK in present else present + MARK
            return FileEdit(path, content, 0o600)
        aside = path.with_name(path.name + ".before")
        chained = path.exists() and MARK not in present
        kept = chained or aside.exists()
        return FileEdit(path, MARK, 0o755, aside if kept else None)

    def strip(self, path: Path, content: bytes) -> bytes | None:
        rest = content.replace(MARK, b"")
        return None if not rest and MARK in content else rest

    def detect(self, request: InstallRequest) -> HostFinding:
        return HostFinding("sample", found=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "list").write_bytes(b"users\n")
    (directory / "list").chmod(0o640)
    (directory / "hook").write_bytes(b"earlier hook")
    (directory / "hook").chmod(0o711)
    return directory


@pytest.fixture
def request_(project: Path, home: Path, paths: Paths) -> InstallRequest:
    return make_request(project, home, paths)


def make_request(directory: Path, home: Path, paths: Paths) -> InstallRequest:
    return InstallRequest(
        scope="project",
        directory=directory,
        home=home,
        client=("/opt/client",),
        data_dir=paths.data,
        version="1",
    )


def snapshot(directory: Path) -> dict[str, tuple[int, bytes | str | None]]:
    """Return everything below directory with modes and contents."""

    def entries() -> Iterator[tuple[str, tuple[int, bytes | str | None]]]:
        for path in sorted(directory.rglob("*")):
            name = str(path.relative_to(directory))
            if path.is_symlink():
                yield name, (0, os.readlink(path))
            elif path.is_dir():
                yield name, (0, None)
            else:
                yield name, (stat.S_IMODE(path.stat().st_mode), path.read_bytes())

    return dict(entries())


def test_install_and_uninstall_leave_every_byte_and_mode_as_it_was(
    project: Path, request_: InstallRequest, paths: Paths
) -> None:
    before = snapshot(project)
    report = install([SampleInstaller()], request_)
    assert report.action == "install"
    assert [Path(path).name for path in report.changed] == ["list", "hook", "new"]
    assert report.notes == ("a note",)
    after = snapshot(project)
    assert after["list"] == (0o640, b"users\n" + MARK)
    assert after["hook"] == (0o755, MARK)
    assert after["hook.before"] == (0o711, b"earlier hook")
    assert after["deep/er/new"] == (0o755, MARK)
    (manifest,) = installed(paths)
    assert (manifest.agent_host, manifest.scope) == ("sample", "project")
    file = manifest_path("sample", request_)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    report = uninstall([SampleInstaller()], request_)
    assert len(report.changed) == 3
    assert snapshot(project) == before
    assert installed(paths) == []


def test_installing_twice_writes_nothing(
    project: Path, request_: InstallRequest
) -> None:
    install([SampleInstaller()], request_)
    file = manifest_path("sample", request_)
    times = [path.stat().st_mtime_ns for path in (*project.rglob("*"), file)]
    report = install([SampleInstaller()], request_)
    assert report.changed == ()
    assert len(report.unchanged) == 3
    assert times == [path.stat().st_mtime_ns for path in (*project.rglob("*"), file)]


def test_a_dry_run_shows_the_edits_and_makes_none(
    project: Path, request_: InstallRequest, paths: Paths
) -> None:
    before = snapshot(project)
    report = install([SampleInstaller()], request_, dry_run=True)
    assert report.dry_run
    assert snapshot(project) == before
    assert not paths.data.exists()
    assert f"--- {project / 'list'}" in report.diff
    assert " users\n+#ours#\n" in report.diff
    assert f"move {project / 'hook'} to {project / 'hook.before'}" in report.diff
    assert "--- /dev/null" in report.diff
    install([SampleInstaller()], request_)
    during = snapshot(project)
    report = uninstall([SampleInstaller()], request_, dry_run=True)
    assert f"move {project / 'hook.before'} to {project / 'hook'}" in report.diff
    assert "-#ours#\n" in report.diff
    assert "+++ /dev/null" in report.diff
    assert snapshot(project) == during


def test_what_a_person_changed_since_stays(
    project: Path, request_: InstallRequest
) -> None:
    install([SampleInstaller()], request_)
    (project / "list").write_bytes(b"more\nusers\n" + MARK + b"end\n")
    (project / "list").chmod(0o604)
    (project / "deep/mine").write_text("mine")
    uninstall([SampleInstaller()], request_)
    assert snapshot(project)["list"] == (0o604, b"more\nusers\nend\n")
    assert not (project / "deep/er").exists()
    assert (project / "deep/mine").exists()


def test_a_mode_that_a_person_changed_since_stays(
    project: Path, request_: InstallRequest
) -> None:
    install([SampleInstaller()], request_)
    (project / "list").chmod(0o604)
    uninstall([SampleInstaller()], request_)
    assert snapshot(project)["list"] == (0o604, b"users\n")


def test_a_change_between_two_installs_becomes_part_of_the_original(
    project: Path, request_: InstallRequest
) -> None:
    install([SampleInstaller()], request_)
    (project / "list").write_bytes(b"new users\n" + MARK)
    install([SampleInstaller()], request_)
    uninstall([SampleInstaller()], request_)
    assert (project / "list").read_bytes() == b"new users\n"


def test_a_file_that_a_person_deleted_since_stays_deleted(
    project: Path, request_: InstallRequest
) -> None:
    install([SampleInstaller()], request_)
    (project / "list").unlink()
    (project / "hook").unlink()
    uninstall([SampleInstaller()], request_)
    assert not (project / "list").exists()
    assert (project / "hook").read_bytes() == b"earlier hook"


def test_a_moved_file_that_is_gone_comes_back_from_the_manifest(
    project: Path, request_: InstallRequest
) -> None:
    before = snapshot(project)
    install([SampleInstaller()], request_)
    (project / "hook.before").unlink()
    uninstall([SampleInstaller()], request_)
    assert snapshot(project) == before


def test_a_link_is_written_through_and_a_moved_link_stays_a_link(
    project: Path, request_: InstallRequest
) -> None:
    for name in ("list", "hook"):
        (project / f"real-{name}").write_bytes((project / name).read_bytes())
        (project / name).unlink()
        (project / name).symlink_to(f"real-{name}")
    before = snapshot(project)
    install([SampleInstaller()], request_)
    assert (project / "list").is_symlink()
    assert (project / "real-list").read_bytes() == b"users\n" + MARK
    assert (project / "real-hook").read_bytes() == b"earlier hook"
    assert (project / "hook.before").is_symlink()
    uninstall([SampleInstaller()], request_)
    assert snapshot(project) == before
    install([SampleInstaller()], request_)
    (project / "hook.before").unlink()
    uninstall([SampleInstaller()], request_)
    assert snapshot(project) == before


def test_a_link_to_nothing_and_a_directory_are_refused(
    project: Path, request_: InstallRequest
) -> None:
    (project / "list").unlink()
    (project / "list").symlink_to("gone")
    with pytest.raises(InstallError, match="link to gone"):
        install([SampleInstaller("list")], request_)
    (project / "hook").unlink()
    (project / "hook.before").mkdir()
    with pytest.raises(InstallError, match="is not a file"):
        install([SampleInstaller("hook")], request_)


def test_without_the_manifest_our_part_is_still_taken_out(
    project: Path, request_: InstallRequest
) -> None:
    before = snapshot(project)
    install([SampleInstaller()], request_)
    manifest_path("sample", request_).unlink()
    uninstall([SampleInstaller()], request_)
    left = {k: v for k, v in snapshot(project).items() if not k.startswith("deep")}
    assert left == before
    report = uninstall([SampleInstaller()], request_)
    assert any("nothing of Hookwright's" in note for note in report.notes)


def test_a_lost_manifest_and_a_new_install_still_know_the_original(
    project: Path, request_: InstallRequest
) -> None:
    install([SampleInstaller()], request_)
    manifest_path("sample", request_).unlink()
    install([SampleInstaller()], request_)
    uninstall([SampleInstaller()], request_)
    assert (project / "list").read_bytes() == b"users\n"
    assert (project / "hook").read_bytes() == b"earlier hook"


class Remover(SampleInstaller):
    """Removes a file."""

    def edit(self, path: Path) -> FileEdit:
        return FileEdit(path, None)


def test_a_file_that_install_removes_comes_back(
    project: Path, request_: InstallRequest
) -> None:
    before = snapshot(project)
    report = install([Remover("list")], request_)
    assert "+++ /dev/null" in report.diff
    assert not (project / "list").exists()
    uninstall([Remover("list")], request_)
    assert snapshot(project) == before


def test_a_file_of_an_older_plan_is_put_back_too(
    project: Path, request_: InstallRequest
) -> None:
    before = snapshot(project)
    install([SampleInstaller("list", "hook")], request_)
    install([SampleInstaller("hook")], request_)
    uninstall([SampleInstaller("hook")], request_)
    assert snapshot(project) == before


def test_a_plan_that_fails_changes_nothing_of_any_agent_host(
    project: Path, request_: InstallRequest
) -> None:
    before = snapshot(project)
    refusing = SampleInstaller()
    refusing.agent_host = "refusing"
    refusing.refusal = "not here; go there"
    with pytest.raises(InstallError, match="not here; go there"):
        install([SampleInstaller(), refusing], request_)
    assert snapshot(project) == before
    report = install([SampleInstaller(), refusing], request_, optional={"refusing"})
    assert "refusing: not here; go there" in report.notes
    with pytest.raises(InstallError, match="not here"):
        uninstall([refusing], request_)
    report = uninstall([refusing], request_, optional={"refusing"})
    assert "refusing: not here; go there" in report.notes


def test_a_scope_that_an_agent_host_has_not_is_an_error(
    request_: InstallRequest,
) -> None:
    class UserOnly(SampleInstaller):
        scopes: tuple[Scope, ...] = ("user",)

    with pytest.raises(InstallError, match="accepted: user"):
        install([UserOnly()], request_)
    assert install([UserOnly()], request_, optional={"sample"}).agent_hosts == ()


def test_two_installs_at_once_are_refused(request_: InstallRequest) -> None:
    with (
        locked(request_.data_dir),
        pytest.raises(InstallError, match="another install"),
    ):
        install([SampleInstaller()], request_)


def test_a_damaged_manifest_is_named(request_: InstallRequest, paths: Paths) -> None:
    file = manifest_path("sample", request_)
    file.parent.mkdir(parents=True)
    file.write_text("{")
    for call in (
        lambda: install([SampleInstaller()], request_),
        lambda: installed(paths),
    ):
        with pytest.raises(InstallError, match="is damaged"):
            call()
    file.unlink()
    file.mkdir()
    with pytest.raises(InstallError, match="cannot be read"):
        installed(paths)


def test_a_data_directory_that_cannot_be_made_is_an_error(
    project: Path, request_: InstallRequest
) -> None:
    request_.data_dir.write_text("in the way")
    before = snapshot(project)
    with pytest.raises(InstallError, match="nothing was changed"):
        install([SampleInstaller()], request_)
    assert snapshot(project) == before


def test_an_edit_that_fails_is_reported_with_the_cure(
    project: Path, request_: InstallRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(project)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "somewhere")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(InstallError, match=r"No space left.*again"):
            install([SampleInstaller()], request_)
    assert snapshot(project) == before


def test_without_hard_links_a_file_is_renamed(
    project: Path, request_: InstallRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(project)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "fchown", refuse)
    install([SampleInstaller()], request_)
    assert snapshot(project)["hook.before"] == before["hook"]
    uninstall([SampleInstaller()], request_)
    assert snapshot(project) == before


CALLS = ("open", "replace", "link", "unlink", "rename", "fsync", "mkdir", "rmdir")


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Run work in a child that dies, as by kill -9, before its step-th system call.

    Returns whether it died; False when the work was done before.
    """
    child = os.fork()
    if child == 0:
        count = 0

        def dying(real: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **named: object) -> object:
                nonlocal count
                count += 1
                if count == step:
                    os._exit(9)
                return real(*arguments, **named)

            return call

        for name in CALLS:
            setattr(os, name, dying(getattr(os, name)))
        try:
            work()
        except BaseException:  # noqa: BLE001 - the child must not run pytest's code
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9)
    return code == 9


@pytest.mark.parametrize("then", ["install", "uninstall", "uninstall killed"])
def test_a_kill_at_any_moment_can_be_repaired(
    then: str, tmp_path: Path, home: Path
) -> None:
    step, died = 0, True
    while died:
        step += 1
        directory = tmp_path / f"{step}"
        directory.mkdir()
        (directory / "list").write_bytes(b"users\n")
        (directory / "hook").write_bytes(b"earlier hook")
        (directory / "hook").chmod(0o711)
        before = snapshot(directory)
        paths = Paths(data=tmp_path / f"data{step}", config=tmp_path)
        request = make_request(directory, home, paths)
        work = install
        if then == "uninstall killed":
            install([SampleInstaller()], request)
            work = uninstall
        died = killed_at(step, partial(work, [SampleInstaller()], request))
        assert (directory / "list").read_bytes().startswith(b"users\n")
        if then == "install":
            install([SampleInstaller()], request)
            assert (directory / "hook.before").read_bytes() == b"earlier hook"
        uninstall([SampleInstaller()], request)
        assert snapshot(directory) == before, step
    assert step > 8


@given(
    content=st.none() | st.binary(max_size=60),
    mode=st.sampled_from([0o600, 0o644, 0o755, 0o400]),
    name=st.sampled_from(["list", "hook", "a b/ü/list"]),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_was_there_comes_back(
    content: bytes | None,
    mode: int,
    name: str,
    tmp_path_factory: pytest.TempPathFactory,
    home: Path,
) -> None:
    top = tmp_path_factory.mktemp("any")
    directory = top / "project"
    path = directory / name
    directory.mkdir()
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.replace(MARK, b""))
        path.chmod(mode)
    before = snapshot(directory)
    request = make_request(directory, home, Paths(data=top / "data", config=top))
    install([SampleInstaller(name)], request)
    assert install([SampleInstaller(name)], request).changed == ()
    assert json.loads(manifest_path("sample", request).read_bytes())["files"]
    uninstall([SampleInstaller(name)], request)
    assert snapshot(directory) == before
