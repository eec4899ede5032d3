from __future__ import annotations

import logging
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hookwright.core.service.logs import (
    FILE,
    KEPT,
    LOGGER,
    MAX_SIZE,
    close_log,
    entries,
    last_lines,
    new_lines,
    open_log,
)

_log = logging.getLogger(f"{LOGGER}.test")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@contextmanager
def logging_to(logs: Path, name: str = FILE) -> Iterator[None]:
    handler = open_log(logs, "info", lambda text: text.replace("secret", "***"), name)
    try:
        yield
    finally:
        close_log(handler)


def test_what_is_logged_is_redacted_and_its_users_alone(logs: Path) -> None:
    with logging_to(logs):
        _log.info("a secret")

    assert last_lines(logs, 9)[0].endswith("INFO hookwright.test: a ***")
    assert (logs / FILE).stat().st_mode & 0o777 == 0o600


def test_a_log_never_takes_more_than_its_files(logs: Path) -> None:
    with logging_to(logs):
        for number in range(9 * MAX_SIZE // 10_000):
            _log.info("%d %s", number, "x" * 10_000)

    files = sorted(logs.iterdir())
    assert len(files) == 1 + KEPT
    assert sum(file.stat().st_size for file in files) <= (1 + KEPT) * MAX_SIZE


def test_several_processes_share_a_log_within_its_bounds(logs: Path) -> None:
    # As `direct.log` is: each has the file open while the others turn it over.
    with logging_to(logs), logging_to(logs), logging_to(logs):
        for _ in range(5 * MAX_SIZE // 100_000):
            _log.info("x" * 100_000)

    sizes = [file.stat().st_size for file in logs.iterdir()]
    assert sum(sizes) <= (1 + KEPT) * (MAX_SIZE + 300_000)


def test_a_log_that_cannot_be_written_says_nothing_to_the_agent(
    logs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with logging_to(logs):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
        try:
            _log.info("more than ten bytes")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        _log.info("written")

    assert capfd.readouterr() == ("", "")
    assert last_lines(logs, 1)[0].endswith("written")


def test_the_last_lines_come_from_the_file_before_too(logs: Path) -> None:
    logs.mkdir()
    (logs / f"{FILE}.1").write_text("one\ntwo\n")
    (logs / FILE).write_text("three\nunfinished")

    assert last_lines(logs, 3) == ["two", "three", "unfinished"]
    assert last_lines(logs, 0) == []
    assert last_lines(logs / "nowhere", 9) == []


def test_entries_have_their_tracebacks(logs: Path) -> None:
    with logging_to(logs):
        try:
            raise ValueError("of no use")
        except ValueError:
            _log.exception("it failed")
        _log.info("it goes on")

    first, second = entries(["the end of an older line", *last_lines(logs, 99)])
    assert (first.level, first.logger) == ("ERROR", "hookwright.test")
    assert first.message.startswith("it failed\nTraceback (most recent call last):\n")
    assert first.message.endswith("ValueError: of no use")
    assert (second.level, second.message) == ("INFO", "it goes on")
    assert first.time <= second.time
    assert list(entries(["nothing of ours"])) == []


def test_new_lines_are_followed_through_rotation(logs: Path) -> None:
    found: list[str] = []
    ended = threading.Event()
    begun = threading.Event()

    def stop() -> bool:
        begun.set()
        return ended.is_set()

    def follow() -> None:
        for lines in new_lines(logs, stop):
            found.extend(lines)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        assert begun.wait(10)
        logs.mkdir()
        file = logs / FILE
        written = []
        for number in range(6):
            if number == 3:
                file.rename(logs / f"{FILE}.1")
            with file.open("a") as out:
                out.write(f"line {number} \xe9\n")
            written.append(f"line {number} \xe9")
            for _ in range(500):
                if found == written:
                    break
                ended.wait(0.02)
            assert found == written
    finally:
        ended.set()
        thread.join(10)
    assert not thread.is_alive()
