from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hookwright.plugins.tracking.card import WIDTH, bar, status_card
from hookwright.plugins.tracking.models import AgentRecord
from hookwright.plugins.tracking.results import AgentStatus

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def status(
    project: str = "/home/ada/shop", pending: int | None = 3, **fields: Any
) -> AgentStatus:
    values = {"id": "claude-code/main", "name": "main", **fields}
    record = AgentRecord(created_at=NOW, updated_at=NOW, **values)
    return AgentStatus.of(record, 10, project=project, pending_changes=pending)


def test_the_card_shows_where_an_agent_stands() -> None:
    shown = status_card(
        status(
            skill_points=4,
            experience_points=10,
            communication_score=63,
            total_commits=5,
            total_bugs=1,
        )
    )

    assert shown.splitlines() == [
        "+----------------------------------------------------------+",
        "| claude-code/main                             ESTABLISHED |",
        "+----------------------------------------------------------+",
        "| Skill points    4                                        |",
        "| Experience      [#####---------------] 10/40             |",
        "| Communication   63                                       |",
        "| Commits         5                                        |",
        "| Bugs            1                                        |",
        "| Halted          no                                       |",
        "| Pending changes 3 in /home/ada/shop                      |",
        "+----------------------------------------------------------+",
    ]


def test_a_halt_is_shown_with_its_reason() -> None:
    shown = status_card(status(skill_points=0, halted=True, halt_reason="two\nbugs"))

    assert "| Halted          YES: two bugs " in shown
    assert " PROBATION |" in shown


def test_what_git_cannot_tell_is_unknown() -> None:
    assert "Pending changes unknown in /home" in status_card(status(pending=None))
    assert "Pending changes unknown   " in status_card(status(project=""))


@given(
    st.text(min_size=1, max_size=120),
    st.text(max_size=120),
    st.text(max_size=120),
    st.integers(-5, 10**12),
    st.integers(0, 10**12),
)
def test_the_card_is_ascii_and_sixty_columns_wide(
    name: str, project: str, reason: str, skill: int, experience: int
) -> None:
    shown = status_card(
        status(
            project=project,
            id=name,
            skill_points=skill,
            experience_points=experience,
            halted=bool(reason),
            halt_reason=reason,
        )
    )

    assert shown.isascii()
    assert {len(line) for line in shown.split("\n")} == {WIDTH}
    assert len(shown.split("\n")) == 11


def test_the_bar_is_whole_only_when_the_level_is_reached() -> None:
    assert bar(0, 10, 4) == "----"
    assert bar(9, 10, 4) == "###-"
    assert bar(10, 10, 4) == "####"
    assert bar(99, 10, 4) == "####"
    assert bar(-1, 0, 4) == "----"
