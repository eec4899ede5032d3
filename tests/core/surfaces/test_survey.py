from __future__ import annotations

import threading
from pathlib import Path

from hookwright.core.surfaces.survey import survey
from hookwright.hookspecs import (
    HostFinding,
    InstallPlan,
    InstallRequest,
    Scope,
)

REQUEST = InstallRequest("project", Path("/p"), Path("/h"), ("/client",), Path("/d"))


class Looked:
    """An agent host that is found; `look` runs first."""

    scopes: tuple[Scope, ...] = ("project",)
    companions: tuple[str, ...] = ()

    def __init__(self, agent_host: str) -> None:
        self.agent_host = agent_host

    def plan(self, request: InstallRequest) -> InstallPlan:
        return InstallPlan(())

    def strip(self, path: Path, content: bytes) -> bytes | None:
        return content

    def look(self) -> None:
        """Do nothing; others do."""

    def detect(self, request: InstallRequest) -> HostFinding:
        self.look()
        return HostFinding(self.agent_host, True, "1.0")


class Meeting(Looked):
    """Goes on only when all others of the meeting are looked at too."""

    def __init__(self, agent_host: str, meeting: threading.Barrier) -> None:
        super().__init__(agent_host)
        self.meeting = meeting

    def look(self) -> None:
        self.meeting.wait(30)


class Broken(Looked):
    """Fails while it is looked at."""

    def look(self) -> None:
        raise RuntimeError("no such file")


def test_all_are_looked_at_side_by_side_and_told_by_name() -> None:
    meeting = threading.Barrier(6)
    names = ["f", "b", "a", "c", "e", "d"]

    found = survey({name: Meeting(name, meeting) for name in names}, REQUEST)

    assert list(found) == sorted(names)
    assert all(each.found for each in found.values())


def test_a_look_that_fails_is_a_problem_of_that_host_alone() -> None:
    found = survey({"good": Looked("good"), "bad": Broken("bad")}, REQUEST)

    assert found["good"].version == "1.0"
    assert not found["bad"].found
    assert found["bad"].problems == (
        "it cannot be looked at: RuntimeError: no such file",
    )


def test_nothing_is_found_of_nothing() -> None:
    assert survey({}, REQUEST) == {}
