from __future__ import annotations

import os
from pathlib import Path

from hookwright.core.redaction import Redactor, project_secrets

SECRET = "zx81-" + "Spectrum/48k"


def test_the_values_of_env_files_are_secrets(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# a comment\n"
        f"API={SECRET}  # ours\n"
        f'export QUOTED="two\\nlines {SECRET}2"\n'
        f"SINGLE='{SECRET}3 # no comment'\n"
        "DATABASE_URL=postgres://app:" + "pa55word-x@db.example.org:5432/app\n"
    )
    (tmp_path / ".env.local").write_text("LOCAL=" + "l0cal-value-7\r\n")
    (tmp_path / ".envrc").write_text("export RC=" + "rc-value-77\n")

    assert project_secrets(tmp_path) == {
        SECRET: "API",
        f"two\nlines {SECRET}2": "QUOTED",
        f"{SECRET}3 # no comment": "SINGLE",
        "pa55" + "word-x": "DATABASE_URL",
        "l0cal-" + "value-7": "LOCAL",
        "rc-" + "value-77": "RC",
    }


def test_what_says_nothing_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "A=production\nB=true\nC=/usr/share/app\nD=http://localhost:3000/api\n"
        "E=5432543254\nF=short1!\nG=2026-11-21\nH=me@example.org\nI=v1.22.333-rc.1\n"
        "J=db.internal.example.org:5432\nK=${OTHER_VALUE}\nL=your-api-key-here\n"
        "M=en_US.UTF-8\nN=\nO=debug,info,warning\nno assignment\n"
    )

    assert project_secrets(tmp_path) == {}


def test_examples_and_other_files_are_not_read(tmp_path: Path) -> None:
    for name in (".env.example", ".env.sample", ".env.dist", ".env.local.template"):
        (tmp_path / name).write_text(f"A={SECRET}\n")
    (tmp_path / "env").write_text(f"A={SECRET}\n")
    (tmp_path / ".env").mkdir()

    assert project_secrets(tmp_path) == {}
    assert project_secrets(tmp_path / "missing") == {}


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(
    tmp_path: Path,
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"A={SECRET}\n")
    first = project_secrets(tmp_path)

    assert project_secrets(str(tmp_path)) is first
    file.write_text(f"A={SECRET}changed\n")
    assert project_secrets(tmp_path) == {f"{SECRET}changed": "A"}
    file.unlink()
    assert project_secrets(tmp_path) == {}


def test_many_projects_do_not_fill_the_memory(tmp_path: Path) -> None:
    for number in range(70):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / ".env").write_text(f"A={SECRET}{number}\n")
        assert project_secrets(folder) == {f"{SECRET}{number}": "A"}


def test_a_file_that_cannot_be_read_or_decoded_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe\x00\nB=" + SECRET.encode() + b"\n")
    (tmp_path / ".env.gone").symlink_to(tmp_path / "nowhere")

    assert project_secrets(tmp_path)[SECRET] == "B"


def test_they_are_redacted_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"A={SECRET}\n")
    redactor = Redactor(b"k").with_values(project_secrets(tmp_path))

    assert SECRET not in redactor.text(f"echo x{SECRET}x | base64")


def test_a_known_list_of_files_follows_every_change(tmp_path: Path) -> None:
    # Listed while nothing had changed for long, so the list is kept.
    os.utime(tmp_path, (1_000_000_000, 1_000_000_000))
    assert project_secrets(tmp_path) == {}

    (tmp_path / ".env").write_text(f"A={SECRET}\n")
    assert project_secrets(tmp_path) == {SECRET: "A"}
    os.utime(tmp_path, (1_100_000_000, 1_100_000_000))
    for _ in range(2):
        assert project_secrets(tmp_path) == {SECRET: "A"}

    (tmp_path / ".env").write_text(f"A={SECRET}/2\n")
    assert project_secrets(tmp_path) == {f"{SECRET}/2": "A"}
    (tmp_path / ".env").rename(tmp_path / ".env.example")
    assert project_secrets(tmp_path) == {}


def test_two_changes_at_one_moment_are_both_seen(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    assert project_secrets(tmp_path) == {}
    changed = tmp_path.stat()

    (tmp_path / ".env").write_text(f"A={SECRET}\n")
    os.utime(tmp_path, ns=(changed.st_atime_ns, changed.st_mtime_ns))

    assert project_secrets(tmp_path) == {SECRET: "A"}
