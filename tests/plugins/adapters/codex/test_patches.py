from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.plugins.adapters.codex.patches import (
    exit_code,
    patch_in_command,
    patched_files,
)

ADD = "*** Begin Patch\n*** Add File: a.txt\n+x\n*** End Patch"


def told(text: str, cwd: str = "/w") -> list[tuple[str, str]]:
    return [(file.path, file.change) for file in patched_files(text, cwd)]


def test_each_kind_of_change() -> None:
    text = (
        "*** Begin Patch\n*** Add File: a\n+x\n*** Delete File: d/b\n"
        "*** Update File: /abs/c\n@@ def f\n-x\n+y\n*** End of File\n*** End Patch\n"
    )
    assert told(text) == [
        ("/w/a", "created"),
        ("/w/d/b", "deleted"),
        ("/abs/c", "modified"),
    ]


def test_a_moved_file_is_gone_here_and_new_there() -> None:
    text = "*** Begin Patch\n*** Update File: a\n*** Move to: b/c\n*** End Patch"
    assert told(text) == [("/w/a", "deleted"), ("/w/b/c", "created")]


def test_a_header_among_the_lines_of_a_file_is_none() -> None:
    text = (
        "*** Begin Patch\n*** Add File: a\n+*** Add File: no\n"
        "*** Update File: b\n@@\n *** Delete File: no\n-*** Add File: no\n"
        "+*** Add File: no\n*** Delete File: c\n*** End Patch\n*** Add File: no\n"
    )
    assert [path for path, _ in told(text)] == ["/w/a", "/w/b", "/w/c"]


def test_white_space_round_a_header_is_as_codex_takes_it() -> None:
    text = (
        "\n  *** Begin Patch  \r\n  *** Add File: a b.txt \r\n+x\r\n*** End Patch \r\n"
    )
    assert told(text) == [("/w/a b.txt", "created")]


def test_paths_are_made_plain() -> None:
    text = "*** Begin Patch\n*** Add File: ../x/./y\n*** Add File:  \n*** End Patch"
    assert told(text, "/w/d") == [("/w/x/y", "created")]


@pytest.mark.parametrize(
    "text", ["", "*** Add File: a", "*** Begin Patch", "*** Begin Patch\n*** Move to:"]
)
def test_what_is_no_patch_names_no_file(text: str) -> None:
    assert told(text) == []


def test_a_path_with_a_nul_is_none() -> None:
    assert told("*** Begin Patch\n*** Add File: a\0b\n*** End Patch") == []


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (f"apply_patch <<'EOF'\n{ADD}\nEOF\n", "/w/a.txt"),
        (f'applypatch "{ADD}"', "/w/a.txt"),
        (f"cd sub && apply_patch <<EOF\n{ADD}\nEOF", "/w/sub/a.txt"),
        (f"cd 'a b' &&  apply_patch <<EOF\n{ADD}\nEOF", "/w/a b/a.txt"),
        (f"cd /abs && apply_patch <<EOF\n{ADD}\nEOF", "/abs/a.txt"),
        (f"cd a b && apply_patch <<EOF\n{ADD}\nEOF", "/w/a.txt"),
        (f"cd 'a && apply_patch <<EOF\n{ADD}\nEOF", "/w/a.txt"),
        (f"true; apply_patch <<EOF\n{ADD}\nEOF", "/w/a.txt"),
    ],
)
def test_a_shell_command_can_hold_a_patch(command: str, path: str) -> None:
    assert [file.path for file in patch_in_command(command, "/w")] == [path]


@pytest.mark.parametrize("command", ["apply_patch < file", f"cat <<EOF\n{ADD}\nEOF"])
def test_a_command_without_a_patch_has_none(command: str) -> None:
    assert patch_in_command(command, "/w") == ()


def test_a_long_command_is_read_at_once() -> None:
    blanks = " " * 1_000_000
    assert patch_in_command(f"cd {blanks}&& apply_patch\n{ADD}", "/w")


@pytest.mark.parametrize(
    ("response", "code"),
    [
        ("Exit code: 0\nWall time", 0),
        ("Exit code: 12\n", 12),
        ("Exit code: -1\n", -1),
        (" Exit code: 1\n", None),
        ("Exit code: 1", None),
        ({"Exit code": 1}, None),
        (None, None),
    ],
)
def test_the_exit_code_is_what_the_answer_begins_with(
    response: object, code: int | None
) -> None:
    assert exit_code(response) == code


LINES = [
    "*** Begin Patch", "*** End Patch", "*** Add File: a", "*** Update File: b",
    "*** Move to: c", "*** Delete File: d", " ", "@@", "+a", "\u2028",
]  # fmt: skip


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=10)))
def test_whatever_the_text_paths_are_absolute(lines: list[str]) -> None:
    for file in patched_files("\n".join(lines), "/w"):
        assert file.path.startswith("/")
        assert "\n" not in file.path
