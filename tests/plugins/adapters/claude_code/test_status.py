from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.hookspecs import Answer, Decision, Delivery, StatusReader
from hookwright.plugins.adapters.claude_code.adapter import ClaudeCodeAdapter

Make = Callable[..., Delivery]
ADAPTER = ClaudeCodeAdapter()
#: From the status line reference of Claude Code, 2.1.329.
PAYLOAD: dict[str, Any] = {
    "hook_event_name": "Status",
    "session_id": "abc123",
    "transcript_path": "/none.jsonl",
    "cwd": "/somewhere/else",
    "model": {"id": "claude-opus-4-1", "display_name": "Opus"},
    "workspace": {"current_dir": "/somewhere/else", "project_dir": "/project"},
    "version": "2.1.329",
    "output_style": {"name": "default"},
    "cost": {"total_cost_usd": 0.01, "total_duration_ms": 45000},
}


def asked(payload: object, *arguments: str) -> Delivery:
    return Delivery(
        id="0" * 20,
        agent_host="claude-code",
        time="2026-11-21T12:00:00Z",
        arguments=arguments or ("StatusLine",),
        cwd="/somewhere",
        payload=payload,
    )


def test_a_request_says_whose_line_it_is() -> None:
    query = ADAPTER.read_status(asked(PAYLOAD))

    assert isinstance(ADAPTER, StatusReader)
    assert query is not None
    assert query.session_id == "abc123"
    assert query.agent is not None
    assert (query.agent.id, query.agent.model) == (
        "claude-code/main",
        "claude-opus-4-1",
    )
    assert query.cwd == "/somewhere/else"
    # Outside git the work is for the directory that Claude Code was started in.
    assert query.project.worktree == "/project"


def test_a_request_is_no_event_and_an_event_no_request() -> None:
    assert ADAPTER.parse(asked(PAYLOAD)) == ()
    hidden = {**PAYLOAD, "hook_event_name": "SessionEnd"}
    assert ADAPTER.parse(asked(hidden)) == ()
    assert ADAPTER.read_status(asked(PAYLOAD, "Stop")) is None
    assert not ADAPTER.refusable(asked(PAYLOAD))


def test_the_line_is_printed_as_it_is() -> None:
    line = Decision(contexts=("JUNIOR 3 SP | HALTED",))

    assert ADAPTER.render(asked(PAYLOAD), line) == Answer("JUNIOR 3 SP | HALTED\n")
    assert ADAPTER.render(asked(PAYLOAD), Decision()) == Answer()


def test_little_is_needed(tmp_path: Path) -> None:
    query = ADAPTER.read_status(asked({}))

    assert query is not None
    assert (query.session_id, query.cwd) == ("", "/somewhere")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from([*PAYLOAD, "more"]), JSON, max_size=4),
    st.sets(st.sampled_from(list(PAYLOAD))),
)
def test_a_malformed_request_is_a_value_error_at_most(
    changed: dict[str, Any], removed: set[str]
) -> None:
    kept = {key: value for key, value in PAYLOAD.items() if key not in removed}
    delivery = asked({**kept, **changed})
    try:
        query = ADAPTER.read_status(delivery)
    except ValueError:
        # It is the same each time, and says which field is wrong.
        with pytest.raises(ValueError, match=r" is |holds a NUL"):
            ADAPTER.read_status(delivery)
    else:
        assert query is not None


@pytest.mark.parametrize("payload", [None, "text", [1]])
def test_what_is_no_object_is_refused(payload: object) -> None:
    with pytest.raises(ValueError, match="expected an object"):
        ADAPTER.read_status(asked(payload))
