from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.host import discovery
from hookwright.core.host.discovery import INDEX_FILE, Found, discover

LONG_AGO = 1_600_000_000


def install(
    site: Path, dist: str, version: str, entries: str, name: str | None = None
) -> Path:
    """Write a distribution's metadata as pip does."""
    info = site / f"{dist}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name or dist}\nVersion: {version}\n"
    )
    (info / "entry_points.txt").write_text(f"[hookwright]\n{entries}\n")
    settle(site)
    return info


def settle(*folders: Path) -> None:
    """Make folders look as if nobody had changed them for years."""
    for number, folder in enumerate(folders):
        os.utime(folder, (LONG_AGO + number, LONG_AGO + number))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    settle(folder)
    monkeypatch.setattr(sys, "path", [str(folder)])
    return folder


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each look at the real metadata."""
    made: list[int] = []
    scan = discovery._scan

    def counted() -> Any:
        made.append(1)
        return scan()

    monkeypatch.setattr(discovery, "_scan", counted)
    return made


def names(run: Path, **options: Any) -> list[str]:
    return [found.name for found in discover(run, **options)]


def test_plugins_are_found_by_name_with_distribution_and_version(
    site: Path, tmp_path: Path
) -> None:
    install(site, "two", "2.0", "zeta = two:z\nalpha = two.a")
    install(site, "one", "1.0", "middle = one")

    assert discover(tmp_path / "run") == [
        Found("alpha", "two.a", "two", "2.0"),
        Found("middle", "one", "one", "1.0"),
        Found("zeta", "two:z", "two", "2.0"),
    ]


def test_ours_comes_first_of_two_with_one_name(site: Path, tmp_path: Path) -> None:
    install(site, "aaa", "1", "tracking = theirs")
    install(site, "hookwright", "1", "tracking = ours")

    assert [found.value for found in discover(tmp_path)] == ["ours", "theirs"]


def test_the_index_is_used_until_a_folder_changes(
    site: Path, tmp_path: Path, scans: list[int]
) -> None:
    run = tmp_path / "run"
    install(site, "one", "1", "one = one")
    assert names(run) == names(run) == names(run) == ["one"]
    assert len(scans) == 1

    install(site, "two", "1", "two = two")
    os.utime(site, (LONG_AGO + 9, LONG_AGO + 9))

    assert names(run) == ["one", "two"]
    assert len(scans) == 2
    assert (run / INDEX_FILE).stat().st_mode & 0o777 == 0o600
    assert run.stat().st_mode & 0o777 == 0o700


def test_a_refresh_looks_again(site: Path, tmp_path: Path, scans: list[int]) -> None:
    names(tmp_path)
    names(tmp_path, refresh=True)

    assert len(scans) == 2


def test_entry_points_edited_in_place_are_seen(site: Path, tmp_path: Path) -> None:
    info = install(site, "one", "1", "one = one")
    assert names(tmp_path) == ["one"]

    (info / "entry_points.txt").write_text("[hookwright]\nother = one\n")

    assert names(tmp_path) == ["other"]


def test_a_folder_that_has_just_changed_is_not_trusted(
    site: Path, tmp_path: Path
) -> None:
    install(site, "one", "1", "one = one")
    os.utime(site)

    assert names(tmp_path / "run") == ["one"]
    assert not (tmp_path / "run" / INDEX_FILE).exists()


def test_another_order_of_folders_is_another_index(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    install(site, "one", "1", "one = first")
    install(other, "one", "2", "one = second")
    monkeypatch.setattr(sys, "path", [str(site), str(other)])
    first = discover(tmp_path / "run")
    monkeypatch.setattr(sys, "path", [str(other), str(site)])

    second = discover(tmp_path / "run")

    # Of two copies of a distribution the first on the path is the one imported.
    assert [(found.value, found.version) for found in first] == [("first", "1")]
    assert [(found.value, found.version) for found in second] == [("second", "2")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"[]",
        b"{}",
        b'{"head": 1, "folders": [], "files": [], "found": []}',
        b"\xff\xfe",
    ],
)
def test_a_damaged_index_is_made_again(
    site: Path, tmp_path: Path, content: bytes
) -> None:
    install(site, "one", "1", "one = one")
    (tmp_path / INDEX_FILE).write_bytes(content)

    assert names(tmp_path) == ["one"]
    assert b"one" in (tmp_path / INDEX_FILE).read_bytes()


@pytest.mark.parametrize(
    "found",
    [[{"name": "x"}], [7], [{"name": 1, "value": 2, "distribution": 3, "version": 4}]],
)
def test_an_index_with_foreign_entries_is_made_again(
    site: Path, tmp_path: Path, found: Any
) -> None:
    install(site, "one", "1", "one = one")
    names(tmp_path)
    index = tmp_path / INDEX_FILE
    content = json.loads(index.read_bytes())
    index.write_text(json.dumps({**content, "found": found}))

    assert names(tmp_path) == ["one"]


def test_an_index_that_others_can_write_is_not_believed(
    site: Path, tmp_path: Path, scans: list[int]
) -> None:
    names(tmp_path)
    (tmp_path / INDEX_FILE).chmod(0o666)

    names(tmp_path)

    assert len(scans) == 2


def test_an_index_that_is_a_link_is_not_followed(
    site: Path, tmp_path: Path, scans: list[int]
) -> None:
    names(tmp_path)
    index = tmp_path / INDEX_FILE
    index.rename(tmp_path / "elsewhere")
    index.symlink_to(tmp_path / "elsewhere")

    names(tmp_path)

    assert len(scans) == 2
    assert not index.is_symlink()


def test_a_directory_that_cannot_be_made_only_costs_time(
    site: Path, tmp_path: Path
) -> None:
    install(site, "one", "1", "one = one")
    (tmp_path / "file").write_text("")

    assert names(tmp_path / "file" / "run") == ["one"]


def test_damaged_metadata_of_one_distribution_hides_no_other(
    site: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    install(site, "bad", "1", "broken")
    install(site, "good", "1", "good = good")
    nameless = site / "nameless-1.dist-info"
    nameless.mkdir()
    settle(site)

    assert "good" in names(tmp_path)


def test_a_folder_that_is_not_there_is_no_trouble(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scans: list[int]
) -> None:
    monkeypatch.setattr(sys, "path", [str(site), str(tmp_path / "none"), "/x.zip"])

    assert names(tmp_path) == names(tmp_path) == []
    assert len(scans) == 1
