from __future__ import annotations

from hookwright.plugins.tracking.claims import Claims


def test_the_first_holder_has_the_claim() -> None:
    claims = Claims()

    assert claims.take("event-1", "commit", "abc")
    assert not claims.take("event-2", "commit", "abc")
    assert claims.take("event-2", "commit", "abd")


def test_a_retried_event_still_holds_its_claim() -> None:
    claims = Claims()

    assert claims.take("event-1", "commit", "abc")
    assert claims.take("event-1", "commit", "abc")


def test_a_claim_ends_so_that_what_was_not_written_can_be_tried_again() -> None:
    now = [0.0]
    claims = Claims(clock=lambda: now[0])
    claims.take("event-1", "commit", "abc")
    now[0] = 61.0

    assert claims.take("event-2", "commit", "abc")
