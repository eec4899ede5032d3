from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hookwright.core.host.distributions import Declared, entry_points

TEXT = """\
# made by hand
[console_scripts]
tool = a.b:main

[hookwright]
one = a.one
two = a.two : Plugin
[other]
three = a.three
"""


def install(site: Path, folder: str, entries: str, metadata: str | None) -> Path:
    made = site / folder
    made.mkdir(parents=True)
    (made / "entry_points.txt").write_text(entries)
    if metadata is not None:
        (made / "METADATA").write_text(metadata)
    return made / "entry_points.txt"


def test_it_finds_what_importlib_finds_here() -> None:
    wanted = {
        (entry.name, entry.value, item.name, item.version)
        for item in importlib.metadata.distributions()
        for entry in item.entry_points
        if entry.group == "console_scripts"
    }

    found = {entry[:4] for entry in entry_points("console_scripts", sys.path)}

    assert found == wanted
    assert len(found) > 5


def test_the_group_is_read_with_name_and_version(tmp_path: Path) -> None:
    metadata = "Metadata-Version: 2.1\nName: My.Package\nVersion: 1.2\n\nName: no\n"
    file = install(tmp_path, "my_package-1.2.dist-info", TEXT, metadata)

    found = list(entry_points("hookwright", [str(tmp_path)]))

    assert found == [
        Declared("one", "a.one", "My.Package", "1.2", str(file)),
        Declared("two", "a.two : Plugin", "My.Package", "1.2", str(file)),
    ]


def test_the_first_of_two_copies_counts(tmp_path: Path) -> None:
    head = "Name: my-package\nVersion: {}\n"
    for number in (1, 2):
        folder = f"my_package-{number}.dist-info"
        install(tmp_path / str(number), folder, TEXT, head.format(number))

    found = entry_points("hookwright", [str(tmp_path / "2"), str(tmp_path / "1")])

    assert {entry.version for entry in found} == {"2"}


def test_metadata_that_is_missing_costs_only_the_version(tmp_path: Path) -> None:
    install(tmp_path, "bare-0.dist-info", TEXT, None)

    found = list(entry_points("hookwright", [str(tmp_path), str(tmp_path / "gone")]))

    assert [(entry.distribution, entry.version) for entry in found] == [
        ("bare", "")
    ] * 2


def test_a_damaged_file_hides_no_other_distribution(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    install(tmp_path, "a-1.dist-info", "[hookwright]\nno equals sign\n", None)
    install(tmp_path, "b-1.dist-info", "", None).write_bytes(
        b"[hookwright]\n\xff = x\n"
    )
    install(tmp_path, "c-1.dist-info", TEXT, None)

    found = list(entry_points("hookwright", [str(tmp_path)]))

    assert {entry.distribution for entry in found} == {"c"}
    assert "a-1.dist-info" in caplog.text
    assert "b-1.dist-info" in caplog.text


def test_a_zip_file_is_searched_too(tmp_path: Path) -> None:
    wheel = tmp_path / "zipped-1.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("zipped-1.dist-info/METADATA", "Name: zipped\nVersion: 1\n")
        archive.writestr("zipped-1.dist-info/entry_points.txt", TEXT)

    found = list(entry_points("hookwright", [str(wheel)]))

    assert [entry.name for entry in found] == ["one", "two"]
    assert found[0].distribution == "zipped"


def test_looking_brings_no_heavy_module() -> None:
    script = (
        "import sys\n"
        "from hookwright.core.host.distributions import entry_points\n"
        "assert list(entry_points('hookwright', sys.path))\n"
        "print(sorted({'email', 'zipfile', 'importlib.metadata'} & set(sys.modules)))"
    )
    # Pydantic, which the host needs, brings them unless it is kept from it.
    first = (
        "from hookwright.core.service.light_start import leave_out_pydantic_plugins\n"
        "leave_out_pydantic_plugins()\n"
    )

    done = subprocess.run(
        [sys.executable, "-P", "-c", first + script],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"
