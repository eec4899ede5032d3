from __future__ import annotations

from pathlib import Path

import pytest

from hookwright.core.errors import InstallError
from hookwright.core.paths import Paths
from hookwright.core.surfaces.install import Job, install_each, uninstall_each
from hookwright.core.surfaces.install.several import NOTHING
from hookwright.hookspecs import (
    FileEdit,
    HostFinding,
    InstallPlan,
    InstallRequest,
    Scope,
)


class OneFile:
    """Writes one file named after itself, or fails in the way that it is told."""

    companions: tuple[str, ...] = ()

    def __init__(
        self,
        name: str,
        failure: Exception | None = None,
        scopes: tuple[Scope, ...] = ("project", "user"),
    ) -> None:
        self.agent_host = name
        self.failure = failure
        self.scopes = scopes

    def plan(self, request: InstallRequest) -> InstallPlan:
        if self.failure is not None:
            raise self.failure
        path = request.directory / self.agent_host
        return InstallPlan((FileEdit(path, b"ours\n"),), ("read it anew",))

    def strip(self, path: Path, content: bytes) -> bytes | None:
        return None if content == b"ours\n" else content

    def detect(self, request: InstallRequest) -> HostFinding:
        return HostFinding(self.agent_host, True)


@pytest.fixture
def request_here(tmp_path: Path, home: Path, paths: Paths) -> InstallRequest:
    directory = tmp_path / "project"
    directory.mkdir()
    return InstallRequest("project", directory, home, ("/client",), paths.data)


def jobs(request: InstallRequest, *hosts: OneFile, named: str = "") -> list[Job]:
    return [Job(host, request, host.agent_host in named.split()) for host in hosts]


@pytest.mark.parametrize("named", ["", "bad", "good bad"])
def test_one_failure_stops_no_other_and_is_told(
    request_here: InstallRequest, named: str
) -> None:
    hosts = OneFile("bad", ValueError("its file is no JSON")), OneFile("good")

    report = install_each(jobs(request_here, *hosts, named=named))

    assert report.failed == {"bad": "its file is no JSON"}
    assert report.agent_hosts == ("good",)
    assert (request_here.directory / "good").read_bytes() == b"ours\n"


def test_an_installer_that_breaks_is_a_failure_like_any_other(
    request_here: InstallRequest,
) -> None:
    hosts = OneFile("bad", KeyError("hooks")), OneFile("good")

    report = install_each(jobs(request_here, *hosts))

    assert report.failed == {"bad": "KeyError: 'hooks'"}
    assert report.agent_hosts == ("good",)


def test_a_single_named_one_that_fails_is_the_commands_failure(
    request_here: InstallRequest,
) -> None:
    bad = OneFile("bad", ValueError("there is no repository"))

    with pytest.raises(InstallError, match="there is no repository"):
        install_each(jobs(request_here, bad, named="bad"))


def test_a_dry_run_changes_nothing_and_shows_every_hosts_difference(
    request_here: InstallRequest,
) -> None:
    report = install_each(
        jobs(request_here, OneFile("one"), OneFile("two")), dry_run=True
    )

    assert [path.rpartition("/")[2] for path in report.changed] == ["one", "two"]
    assert report.diff.count("+ours") == 2
    assert list(request_here.directory.iterdir()) == []


def test_notes_that_several_make_are_told_once(request_here: InstallRequest) -> None:
    report = install_each(jobs(request_here, OneFile("one"), OneFile("two")))

    assert report.notes == ("read it anew",)


def test_who_has_no_such_scope_is_passed_over_unless_named(
    request_here: InstallRequest,
) -> None:
    hosts = OneFile("one"), OneFile("two", scopes=("user",))

    assert install_each(jobs(request_here, *hosts)).agent_hosts == ("one",)
    report = install_each(jobs(request_here, *hosts, named="two"))
    assert "accepted: user" in report.failed["two"]


def test_uninstall_reports_only_those_that_had_something(
    request_here: InstallRequest,
) -> None:
    hosts = OneFile("one"), OneFile("two"), OneFile("bad", ValueError("no repository"))
    install_each(jobs(request_here, hosts[0]))

    report = uninstall_each(jobs(request_here, *hosts))

    assert report.agent_hosts == ("one",)
    assert (report.failed, report.notes) == ({}, ())
    assert list(request_here.directory.iterdir()) == []


def test_uninstall_of_nothing_says_so(request_here: InstallRequest) -> None:
    report = uninstall_each(jobs(request_here, OneFile("one")))

    assert (report.agent_hosts, report.notes) == ((), (NOTHING,))


def test_each_host_is_told_before_its_part(request_here: InstallRequest) -> None:
    told: list[str] = []

    install_each(jobs(request_here, OneFile("one"), OneFile("two")), tell=told.append)

    assert told == ["one", "two"]
