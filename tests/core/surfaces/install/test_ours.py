from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from hookwright.core.errors import InstallError
from hookwright.core.surfaces.install import install, uninstall
from hookwright.core.surfaces.install.disk import clear_leftovers
from hookwright.core.surfaces.install.ours import stripper
from hookwright.hookspecs import (
    FileEdit,
    HostFinding,
    InstallPlan,
    InstallRequest,
    Scope,
)


class Sharing:
    """Writes a line for each project into one file of the user's."""

    agent_host: str = "sharing"
    scopes: Sequence[Scope] = ("project",)
    companions: Sequence[str] = ()

    def __init__(self, file: Path) -> None:
        self.file = file

    def plan(self, request: InstallRequest) -> InstallPlan:
        before = self.file.read_bytes() if self.file.exists() else b""
        rest = self.strip_from(request, self.file, before) or b""
        return InstallPlan((FileEdit(self.file, rest + self._line(request)),))

    def strip(self, path: Path, content: bytes) -> bytes | None:
        raise AssertionError("it is never asked")

    def strip_from(
        self, request: InstallRequest, path: Path, content: bytes
    ) -> bytes | None:
        return content.replace(self._line(request), b"") or None

    def detect(self, request: InstallRequest) -> HostFinding:
        return HostFinding(self.agent_host, found=True)

    def _line(self, request: InstallRequest) -> bytes:
        return f"{request.directory.name}\n".encode()


class Plain(Sharing):
    """Knows its part without being told whose it is."""

    strip_from = None  # type: ignore[assignment]

    def strip(self, path: Path, content: bytes) -> bytes | None:
        return content


@pytest.fixture
def requests(tmp_path: Path, home: Path) -> list[InstallRequest]:
    return [
        InstallRequest(
            scope="project",
            directory=tmp_path / name,
            home=home,
            client=("/client",),
            data_dir=tmp_path / "data",
        )
        for name in ("one", "two")
    ]


def test_installs_that_share_a_file_take_out_their_own_part(
    tmp_path: Path, requests: list[InstallRequest]
) -> None:
    file = tmp_path / "shared"
    file.write_text("mine\n")
    installer = Sharing(file)
    for request in (*requests, *requests):
        install([installer], request)
    assert file.read_text() == "mine\none\ntwo\n"
    uninstall([installer], requests[0])
    assert file.read_text() == "mine\ntwo\n"
    uninstall([installer], requests[1])
    assert file.read_text() == "mine\n"


def test_a_file_that_changes_at_this_moment_is_not_overwritten(
    tmp_path: Path, requests: list[InstallRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shared"
    file.write_text("mine\n")
    engine = "hookwright.core.surfaces.install.engine"

    def clear_and_change(path: Path) -> None:
        clear_leftovers(path)
        if path == file:
            file.write_text("newer\n")

    monkeypatch.setattr(f"{engine}.clear_leftovers", clear_and_change)
    with pytest.raises(InstallError, match="was changed at this moment"):
        install([Sharing(file)], requests[0])
    assert file.read_text() == "newer\n"
    monkeypatch.undo()
    install([Sharing(file)], requests[0])
    assert file.read_text() == "newer\none\n"
    uninstall([Sharing(file)], requests[0])
    assert file.read_text() == "newer\n"


def test_other_installers_are_asked_as_ever(
    tmp_path: Path, requests: list[InstallRequest]
) -> None:
    installer = Plain(tmp_path / "shared")
    assert stripper(installer, requests[0])(tmp_path, b"x") == b"x"
