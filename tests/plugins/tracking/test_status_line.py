from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.hookspecs import Agent, Refusal, StatusQuery

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

MAIN = "claude-code/main"


def line(bench: Bench, agent: str | None = MAIN, **fields: Any) -> list[str]:
    query = StatusQuery(
        project=bench.project(),
        agent=None if agent is None else Agent(id=agent, name="main"),
        cwd=str(bench.worktree),
        **fields,
    )
    parts = bench.host.status_line(query)
    return [part.text for part in sorted(parts, key=lambda part: part.order)]


def refusal(
    bench: Bench, minutes: float, outcome: Literal["ask", "deny"] = "deny"
) -> Refusal:
    return Refusal(
        time=bench.clock.now() - timedelta(minutes=minutes),
        outcome=outcome,
        plugins=("env_protection",),
        what="Bash",
        reason="no",
    )


def test_an_agent_that_has_done_nothing_yet_stands_at_the_beginning(
    bench: Bench,
) -> None:
    assert line(bench) == ["claude-code/main PROBATION 1 SP 0/10 XP"]


def test_what_it_earned_is_shown(bench: Bench) -> None:
    for _ in range(13):
        bench.tool()

    assert line(bench) == ["claude-code/main JUNIOR 2 SP 3/20 XP"]


def test_a_halt_comes_first(bench: Bench) -> None:
    bench.tool()
    bench.call("agent_halt", agent_id=MAIN, reason="it broke main")

    halted, standing = line(bench)

    assert halted == "HALTED: it broke main"
    assert standing.startswith(MAIN)


@pytest.mark.parametrize(
    ("minutes", "outcome", "expected"),
    [
        (0.5, "deny", ["denied Bash by env_protection just now"]),
        (3.5, "ask", ["asked about Bash by env_protection 3 min ago"]),
        (16, "deny", []),
    ],
)
def test_a_refusal_is_shown_for_a_while(
    bench: Bench, minutes: float, outcome: Any, expected: list[str]
) -> None:
    assert line(bench, refusal=refusal(bench, minutes, outcome))[1:] == expected


def test_the_task_of_the_session_is_named(bench: Bench) -> None:
    where = str(bench.worktree)
    bench.call("task_start", title="One", task_id="WEB-7", directory=where)
    bench.start()
    bench.start("codex/main", session_id="session-2")

    assert line(bench, session_id="session-1")[1:] == ["task WEB-7"]
    assert line(bench, session_id="session-2")[1:] == []


def test_without_an_agent_it_is_the_one_that_worked_last_in_the_project(
    bench: Bench,
) -> None:
    assert line(bench, None) == []
    bench.tool()
    bench.tool("codex/main", session_id="session-2")

    assert line(bench, None) == ["codex/main PROBATION 1 SP 1/10 XP"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reason=st.text(max_size=500), name=st.text(min_size=1, max_size=200))
def test_long_texts_make_parts_that_are_short_enough(
    bench: Bench, reason: str, name: str
) -> None:
    agent_id = f"a/{name}"
    query = StatusQuery(
        project=bench.project(),
        agent=Agent(id=agent_id, name="x"),
        cwd="/",
        refusal=Refusal(
            time=bench.clock.now(), outcome="deny", what=name, plugins=(name, name)
        ),
    )

    parts = bench.host.status_line(query)

    assert len(parts) == 2
    assert reason is not None
