from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hookwright.core.store import disk

Run = Callable[[Callable[[], object]], int]
NOBODY = 65534


def test_every_new_folder_is_private_and_its_name_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(disk, "sync_folder", synced.append)
    folder = tmp_path / "a" / "b" / "c"
    disk.make_folders(folder)
    disk.make_folders(folder)

    assert synced == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]
    assert [item.stat().st_mode & 0o777 for item in (folder, *folder.parents[:2])] == [
        0o700
    ] * 3


def test_a_folder_that_everybody_may_write_to_is_named(tmp_path: Path) -> None:
    assert disk.fault_of(tmp_path) == ""
    tmp_path.chmod(0o777)
    assert "chmod o-w" in disk.fault_of(tmp_path)
    link = tmp_path.with_name("link")
    link.symlink_to(tmp_path)
    assert "chmod o-w" in disk.fault_of(link)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_folder_of_another_user_is_named(tmp_path: Path, in_child: Run) -> None:
    def look() -> None:
        os.seteuid(NOBODY)
        assert disk.fault_of(Path("/")) == "it belongs to user 0"

    assert in_child(look) == 0


def test_a_full_disk_and_a_full_quota_are_known() -> None:
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        assert disk.is_full(OSError(number, ""))
    assert not disk.is_full(OSError(errno.EIO, ""))
