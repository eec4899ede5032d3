from __future__ import annotations

from pathlib import Path

import pytest

from hookwright.core.store.filesystems import network_file_system

LINE = "{id} 1 8:1 / {point} rw,relatime shared:1 - {kind} source rw\n"


def table(*mounts: tuple[str, str]) -> str:
    return "".join(
        LINE.format(id=number, point=point, kind=kind)
        for number, (point, kind) in enumerate(mounts)
    )


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "fuse.sshfs", "drvfs"]
)
def test_a_network_file_system_is_named(kind: str) -> None:
    mounts = table(("/", "ext4"), ("/net", kind))

    assert network_file_system(Path("/net/home"), mounts) == kind
    assert network_file_system(Path("/network"), mounts) is None


def test_the_innermost_and_latest_mount_counts() -> None:
    mounts = table(
        ("/", "nfs"), ("/data", "ext4"), ("/data", "tmpfs"), ("/data/n", "9p")
    )

    assert network_file_system(Path("/data/x"), mounts) is None
    assert network_file_system(Path("/data/n/x"), mounts) == "9p"
    assert network_file_system(Path("/other"), mounts) == "nfs"


def test_a_space_in_a_mount_point_is_understood() -> None:
    mounts = table(("/", "ext4"), ("/my\\040disk", "cifs")) + "broken line\n"

    assert network_file_system(Path("/my disk/x"), mounts) == "cifs"


def test_this_machine_has_a_local_disk(tmp_path: Path) -> None:
    assert network_file_system(tmp_path) is None


def test_without_a_mount_table_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.core.store import filesystems

    monkeypatch.setattr(filesystems, "_MOUNTS", tmp_path / "none")
    assert network_file_system(tmp_path) is None
