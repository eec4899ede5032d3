from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from hookwright.core.testing.factory import EventFactory
from hookwright.hookspecs import (
    EVENT_KINDS,
    Agent,
    AnyEvent,
    Event,
    Project,
    UsageReported,
    kind_of,
)

ANY: TypeAdapter[Event] = TypeAdapter(AnyEvent)


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_the_kind_tells_the_model(make_event: EventFactory, kind: str) -> None:
    event = make_event(kind)

    assert kind_of(event) == kind
    assert ANY.validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_no_event_can_be_changed_nor_has_unknown_fields(
    make_event: EventFactory, kind: str
) -> None:
    event = make_event(kind)

    with pytest.raises(ValidationError, match="frozen"):
        event.session_id = "other"
    with pytest.raises(ValidationError, match="Extra inputs"):
        type(event).model_validate({**event.model_dump(), "colour": "red"})


def test_a_bare_event_has_no_kind(make_event: EventFactory) -> None:
    common = {
        name: getattr(make_event("turn_end"), name) for name in Event.model_fields
    }

    assert kind_of(Event(**common)) == ""


def test_a_time_without_zone_is_refused(make_event: EventFactory) -> None:
    with pytest.raises(ValidationError, match="timezone"):
        make_event("turn_end", time="2026-01-01T00:00:00")


@pytest.mark.parametrize(
    "count",
    ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"],
)
def test_tokens_are_never_negative(make_event: EventFactory, count: str) -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        make_event("usage_reported", **{count: -1})
    assert isinstance(make_event("usage_reported", **{count: 0}), UsageReported)


@pytest.mark.parametrize(
    ("path", "name"),
    [("/home/ada/engine", "engine"), ("/home/ada/engine/", "engine"), ("/", "/")],
)
def test_a_project_is_called_by_its_directory(path: str, name: str) -> None:
    assert Project(path=path, worktree=path).name == name


def test_windows_paths_name_projects_too() -> None:
    path = "C:\\work\\engine"

    assert Project(path=path, worktree=path).name == "engine"


def test_an_agent_with_an_instance_is_a_subagent() -> None:
    fields: dict[str, Any] = {"id": "h/x", "name": "x"}

    assert not Agent(**fields).is_subagent
    assert Agent(**fields, instance="7").is_subagent
