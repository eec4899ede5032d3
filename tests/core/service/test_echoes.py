from __future__ import annotations

from datetime import timedelta

from hookwright.core.service.echoes import Echoes
from hookwright.core.testing.factory import EventFactory


def test_the_same_call_delivered_twice_is_an_echo(make_event: EventFactory) -> None:
    echoes = Echoes()
    event = make_event("tool_after")

    assert not echoes.repeats("a", [event])
    assert echoes.repeats("b", [event.model_copy(update={"id": "b.0"})])
    # The delivery that was there first is not its own echo.
    assert not echoes.repeats("a", [event])


def test_another_call_another_outcome_and_a_later_time_are_no_echo(
    make_event: EventFactory,
) -> None:
    echoes = Echoes()
    event = make_event("tool_after")
    call = event.call.model_copy(update={"id": "another"})
    later = event.time + timedelta(seconds=11)

    assert not echoes.repeats("a", [event])
    assert not echoes.repeats("b", [event.model_copy(update={"call": call})])
    assert not echoes.repeats("c", [event.model_copy(update={"succeeded": False})])
    assert not echoes.repeats("d", [event.model_copy(update={"time": later})])


def test_what_has_no_id_of_its_own_is_never_an_echo(make_event: EventFactory) -> None:
    echoes = Echoes()
    event = make_event("session_start")

    assert not echoes.repeats("a", [event])
    assert not echoes.repeats("b", [event])
    assert not echoes.repeats("c", [])
