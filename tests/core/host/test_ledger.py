from __future__ import annotations

import math
import threading

from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.host.ledger import RING, Ledger, percentile


@given(st.lists(st.floats(0, 10), min_size=1), st.sampled_from([50, 95]))
def test_a_percentile_is_one_of_the_values_and_splits_them(
    values: list[float], percent: int
) -> None:
    ascending = sorted(values)

    found = percentile(ascending, percent)

    assert found in values
    below = sum(value <= found for value in values)
    assert below >= math.ceil(len(values) * percent / 100)


def test_nothing_has_a_percentile_of_zero() -> None:
    assert percentile([], 50) == 0.0


def test_only_the_last_durations_count() -> None:
    ledger = Ledger("hookwright_event")
    for _ in range(RING):
        ledger.count_call(9.0)
    for _ in range(RING):
        ledger.count_call(0.001, "raised X")

    status = ledger.status()

    assert (status.calls, status.errors) == (2 * RING, RING)
    assert (status.p50_ms, status.p95_ms) == (1.0, 1.0)
    assert status.last_error == "raised X"


def test_no_call_is_lost_between_threads() -> None:
    ledger = Ledger("hookwright_event")

    def count() -> None:
        for _ in range(500):
            ledger.count_call(0.1)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ledger.status().calls == 4000
