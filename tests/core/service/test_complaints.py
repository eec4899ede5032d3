from __future__ import annotations

from hookwright.core.service.complaints import line, no_event, unknown_host


def test_a_complaint_is_one_line() -> None:
    assert line("a\nb\t c") == "hookwright: a b c\n"
    assert len(line("x" * 10_000)) < 600


def test_an_unknown_host_is_told_the_known_ones() -> None:
    assert unknown_host("x", ["git", "claude-code"]) == (
        "unknown agent host 'x'; known: claude-code, git"
    )
    assert "switched off" in unknown_host("x", [])


def test_a_message_is_named_by_host_and_event() -> None:
    assert no_event("git", ["pre-push", "x"], "no") == "git pre-push: no"
    assert no_event("git", [], "no") == "git: no"
