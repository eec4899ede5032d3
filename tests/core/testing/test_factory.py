from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hookwright.core.testing.factory import EventFactory
from hookwright.hookspecs import EVENT_KINDS, thaw


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_kind_can_be_made_and_read_back(
    make_event: EventFactory, kind: str
) -> None:
    event = make_event(kind)

    assert type(event) is EVENT_KINDS[kind]
    assert type(event).model_validate_json(event.model_dump_json()) == event


def test_each_event_differs_from_the_last(make_event: EventFactory) -> None:
    one, two = make_event("tool_after"), make_event("tool_after")

    assert one.id != two.id
    assert one.time < two.time
    assert one.call.id != two.call.id


def test_fields_of_a_call_can_be_given_directly(make_event: EventFactory) -> None:
    event = make_event("tool_before", command="git push", session_id="s")

    assert (event.call.tool, event.call.command) == ("shell", "git push")
    assert thaw(event.call.input) == {"command": "git push"}
    assert event.session_id == "s"


def test_a_call_of_another_tool_names_a_file(
    make_event: EventFactory, tmp_path: Path
) -> None:
    event = make_event("tool_after", tool="write", succeeded=False)
    given = make_event("tool_before", tool="edit", paths=["/a"], input={"x": 1})

    assert event.call.paths == (f"{tmp_path}/src/main.py",)
    assert event.call.command == ""
    assert (given.call.paths, given.call.native_name) == (("/a",), "Edit")


def test_an_agent_can_be_given_by_name(make_event: EventFactory) -> None:
    assert make_event("turn_end", agent="reviewer").agent.id == "test-host/reviewer"
    assert make_event("subagent_stop").agent.is_subagent


@pytest.mark.parametrize(
    ("kind", "fields", "error"),
    [
        ("no_such_kind", {}, KeyError),
        ("turn_end", {"colour": "red"}, ValidationError),
        ("turn_end", {"command": "ls"}, ValidationError),
    ],
)
def test_a_slip_is_an_error(
    make_event: EventFactory, kind: str, fields: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        make_event(kind, **fields)
