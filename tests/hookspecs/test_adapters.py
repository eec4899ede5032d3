from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from hookwright.hookspecs import Adapter, Answer, Decision, Delivery, Event, GateKind


class Speaks:
    agent_host = "test-host"
    input_format = "json"
    environment: Sequence[str] = ()
    refusable_events: Mapping[str, GateKind] = {}

    def refusable(self, delivery: Delivery) -> bool:
        return False

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        return []

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        return events

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        return Answer()


def test_whoever_has_the_methods_is_an_adapter() -> None:
    assert isinstance(Speaks(), Adapter)
    assert not isinstance(object(), Adapter)


def test_a_delivery_is_frozen_and_reads_back_from_json() -> None:
    delivery = Delivery(
        id="0" * 20,
        agent_host="test-host",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        arguments=("PreToolUse",),
        cwd="/",
        environment={"A": "1"},
        payload={"tool": ["x"]},
    )

    assert Delivery.model_validate_json(delivery.model_dump_json()) == delivery
    with pytest.raises(ValidationError, match="frozen"):
        delivery.cwd = "/elsewhere"  # type: ignore[misc]
    with pytest.raises(TypeError):
        delivery.payload["tool"] = 1


def test_an_empty_answer_prints_nothing_and_succeeds() -> None:
    assert Answer() == Answer(stdout="", stderr="", exit_code=0)
