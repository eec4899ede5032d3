from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from hookwright.core.host import RedactingFilter
from hookwright.core.host.logs import RedactingLogger

SECRET = "hunter" + "2hunter2"


def redact(text: str) -> str:
    return text.replace(SECRET, "[REDACTED]")


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> RedactingLogger:
    caplog.set_level(logging.DEBUG, "hookwright")
    return RedactingLogger("hookwright.plugins.x", RedactingFilter(redact))


def fail() -> None:
    raise ValueError(SECRET)


def with_traceback(log: logging.Logger) -> None:
    try:
        fail()
    except ValueError:
        log.exception("failed")


def with_text(log: logging.Logger) -> None:
    record = log.makeRecord(log.name, 20, "f", 1, "m", (), None)
    record.exc_text = SECRET
    log.handle(record)


USES: dict[str, Callable[[logging.Logger], None]] = {
    "message": lambda log: log.info(SECRET),
    "argument": lambda log: log.info("it is %s", SECRET),
    "traceback": with_traceback,
    "formatted traceback": with_text,
    "stack": lambda log: log.info("%s", SECRET, stack_info=True),
    "bad arguments": lambda log: log.info("%d %d", SECRET),
}


@pytest.mark.parametrize("use", USES)
def test_no_secret_gets_into_a_record(
    log: RedactingLogger, caplog: pytest.LogCaptureFixture, use: str
) -> None:
    USES[use](log)

    assert "[REDACTED]" in caplog.text
    assert SECRET not in caplog.text


def test_exc_info_without_an_error_is_harmless(
    log: RedactingLogger, caplog: pytest.LogCaptureFixture
) -> None:
    log.info("fine", exc_info=True)

    assert "fine" in caplog.text


def test_a_level_that_changes_later_counts(
    log: RedactingLogger, caplog: pytest.LogCaptureFixture
) -> None:
    log.debug("one")
    caplog.set_level(logging.WARNING, "hookwright")
    log.debug("two")

    assert [record.message for record in caplog.records] == ["one"]


def test_it_serves_a_handler_for_every_logger(
    caplog: pytest.LogCaptureFixture,
) -> None:
    redacting = RedactingFilter(redact)
    caplog.handler.addFilter(redacting)
    try:
        logging.getLogger("foreign").warning("it is %s", SECRET)
    finally:
        caplog.handler.removeFilter(redacting)

    assert "it is [REDACTED]" in caplog.text
