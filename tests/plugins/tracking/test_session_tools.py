from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hookwright.core.errors import ToolError

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench


def test_sessions_are_listed_with_the_last_seen_first(bench: Bench) -> None:
    for name in ("abc-1", "abc-2", "xyz"):
        bench.start(session_id=name)
    bench.tool(session_id="abc-1")
    bench.start(session_id="far", project=bench.project(bench.worktree.parent))

    listed = [each["session_id"] for each in bench.call("session_list")]
    here = bench.call("session_list", project=str(bench.worktree), limit=2)

    assert listed == ["far", "abc-1", "xyz", "abc-2"]
    assert [each["session_id"] for each in here] == ["abc-1", "xyz"]


def test_a_session_is_named_by_its_beginning(bench: Bench) -> None:
    for name in ("abc-1", "abc-2", "xyz"):
        bench.start(session_id=name)

    assert bench.call("session_show", session_id="x")["session_id"] == "xyz"
    assert bench.call("session_show", session_id="abc-1")["session_id"] == "abc-1"
    with pytest.raises(ToolError, match="stands for 2 sessions: abc-1, abc-2"):
        bench.call("session_show", session_id="abc")
    for text in ("nobody", ""):
        with pytest.raises(ToolError, match="session list"):
            bench.call("session_show", session_id=text)
