from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hookwright.core.clock import Clock


def test_records_leave_when_their_time_is_over(open_store: Any, types: Any) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC).timestamp()]
    store = open_store(clock=Clock(wall=lambda: now[0]))

    def day(number: int) -> int:
        now[0] += timedelta(days=1).total_seconds()
        stage = store.stage()
        stage.put(types.entries, types.entry(project="p", id=f"{number:02}", text="t"))
        store.commit([stage])
        store.flush("age")
        return int(store.stage().count(types.entries))

    assert [day(number) for number in range(14)][-1] == 11
    assert len(list(store.stage().find(types.entries, "text", "t"))) == 11
    assert store.check().ok
    assert store.prune(store.clock.now() + timedelta(days=100)) == {"entries": 11}
    assert store.stage().count(types.entries) == 0


def test_a_clock_that_leaps_a_year_does_not_empty_the_store(
    open_store: Any, types: Any
) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC).timestamp()]
    store = open_store(clock=Clock(wall=lambda: now[0]))
    for leap in (0, 1, 365):
        now[0] += timedelta(days=leap).total_seconds()
        stage = store.stage()
        stage.put(types.entries, types.entry(project="p", id=f"{leap}"))
        store.commit([stage])
        store.flush("age")

    assert store.stage().count(types.entries) == 3
