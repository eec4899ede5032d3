from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service.housekeeping import give_back_pages

_SIZE = 64 * 2**20
_LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other systems are not asked for it"
)


def resident_kilobytes(file: Path) -> int:
    """Return how much of a file's mappings is in this process's memory."""
    found, here = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            here = line.endswith(str(file))
        elif here and line.startswith("Rss:"):
            found += int(line.split()[1])
    return found


@_LINUX
def test_pages_of_the_store_are_given_back_and_read_again(paths: Paths) -> None:
    paths.store.mkdir(parents=True)
    file = paths.store / "data.mdb"
    with file.open("w+b") as out:
        out.truncate(_SIZE)
        with mmap.mmap(out.fileno(), _SIZE, access=mmap.ACCESS_READ) as pages:
            assert sum(pages[at] for at in range(0, _SIZE, 4096)) == 0
            before = resident_kilobytes(file)
            assert before > _SIZE // 2048

            assert give_back_pages(paths.store) == _SIZE

            assert resident_kilobytes(file) < before // 10
            os.pwrite(out.fileno(), b"\x07", 4096)
            assert pages[4096] == 7


@_LINUX
def test_nothing_is_given_back_where_nothing_is_mapped(paths: Paths) -> None:
    assert give_back_pages(paths.store) == 0
