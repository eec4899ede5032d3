from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hookwright.core.redaction import Redactor
from hookwright.core.service import quarantine
from hookwright.core.service.intake import RawDelivery

SECRET = "sk-ant-" + "api03-" + "Ab1" * 31 + "AA"
REDACTOR = Redactor(b"k" * 32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "quarantine"


def message(stdin: bytes, *arguments: str) -> RawDelivery:
    return RawDelivery("0" * 20, "claude-code", arguments, "/", {}, stdin)


def test_a_message_is_kept_redacted_and_private(folder: Path) -> None:
    raw = message(f'{{"key": "{SECRET}" oops'.encode(), "PreToolUse", SECRET)

    file = quarantine.keep(folder, REDACTOR.text, raw, f"no JSON: {SECRET}")

    assert file is not None
    content = Path(file).read_text()
    record = json.loads(content)
    assert SECRET not in content
    assert record["agent_host"] == "claude-code"
    assert record["text"].startswith('{"key": "[REDACTED:')
    assert record["bytes"] == len(raw.stdin)
    assert Path(file).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_same_message_is_kept_once(folder: Path) -> None:
    first = quarantine.keep(folder, REDACTOR.text, message(b"{"), "no JSON")
    again = quarantine.keep(folder, REDACTOR.text, message(b"{"), "no JSON")

    assert first == again
    assert len(list(folder.iterdir())) == 1


def test_nothing_of_a_message_becomes_part_of_a_path(folder: Path) -> None:
    raw = RawDelivery("../" * 6, "../../x", ("../y\0",), "/", {}, b"\0")

    file = quarantine.keep(folder, REDACTOR.text, raw, "no JSON")

    assert file is not None
    assert Path(file).parent == folder
    assert Path(file).name.startswith("event-")


def test_a_long_message_is_cut_and_no_half_secret_stays(folder: Path) -> None:
    # The secret crosses the place where the text is cut off before it is redacted.
    for shift in range(0, 130, 10):
        end = quarantine.MAX_TEXT + 8 * 2**10 - shift
        raw = message(b"x " * (end // 2) + SECRET.encode() + b" " + b"y" * 200_000)

        file = quarantine.keep(folder, REDACTOR.text, raw, "too large")

        assert file is not None
        text = json.loads(Path(file).read_text())["text"]
        assert SECRET[:14] not in text
        assert len(text) > quarantine.MAX_TEXT // 2


def test_the_oldest_make_room(folder: Path) -> None:
    folder.mkdir()
    for number in range(quarantine.MAX_FILES + 5):
        file = folder / f"event-{number:04}.json"
        file.write_text("{}")
        os.utime(file, (number, number))
    (folder / "dead-letters.jsonl").write_text("kept")

    quarantine.keep(folder, REDACTOR.text, message(b"{"), "no JSON")

    names = {file.name for file in folder.iterdir()}
    assert len(names) == quarantine.MAX_FILES + 1
    assert "event-0005.json" not in names
    assert "event-0006.json" in names
    assert "dead-letters.jsonl" in names


def test_a_directory_that_cannot_be_made_is_no_error(folder: Path) -> None:
    folder.write_text("a file")

    kept = quarantine.keep(folder, REDACTOR.text, message(b"{"), "no JSON")

    assert kept is None
