from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from hookwright.plugins.tracking import display
from hookwright.plugins.tracking.models import (
    ActivityRecord,
    AgentRecord,
    ProjectRecord,
    RetrospectiveRecord,
    SessionRecord,
)
from hookwright.plugins.tracking.results import (
    AgentStatus,
    AgentView,
    Graded,
    PriorArt,
    SimilarProject,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ESCAPE = "\x1b[31m"


def shown(rendered: Any) -> str:
    target = io.StringIO()
    Console(file=target, width=120, color_system=None).print(rendered)
    return target.getvalue()


def agent(**fields: Any) -> AgentView:
    values = {"id": f"a/{ESCAPE}[b]x", "name": "x", **fields}
    return AgentView.of(AgentRecord(created_at=NOW, updated_at=NOW, **values), 10)


RETRO = RetrospectiveRecord(
    agent_id="a", commit="c" * 40, timestamp=NOW, task=f"[red]{ESCAPE}", user_grade=-1
)
ACTIVITY = ActivityRecord(
    id="1", agent_id="a", timestamp=NOW, task=f"[red]{ESCAPE}", actions=("one", "two")
)
PROJECT = ProjectRecord(path=f"/[red]{ESCAPE}", language="go", classified_at=NOW)
SESSION = SessionRecord(
    session_id=f"[red]{ESCAPE}",
    agent_host="claude-code",
    project_path="/p",
    worktree="/p",
    started_at=NOW,
    last_seen_at=NOW,
    files_changed=tuple(f"file{number}" for number in range(30)),
)
SIMILAR = SimilarProject(
    path=f"/[red]{ESCAPE}", similarity=0.4, language="go", framework="", scope=""
)
GRADED = Graded(
    agent_id=f"[red]{ESCAPE}",
    commit_hash="c" * 40,
    by="user",
    grade=5,
    replaced=1,
    score_before=61,
    score_after=65,
    experience_gained=1,
)
PRIOR_ART = PriorArt(task="t", scope="", markdown=f"# [red]{ESCAPE}")


@pytest.mark.parametrize(
    ("render", "value"),
    [
        (display.agent, agent(halted=True, halt_reason="bad", halted_by="person")),
        (display.agents, [agent()]),
        (display.retro, RETRO),
        (display.retros, [RETRO]),
        (display.activity, ACTIVITY),
        (display.activities, [ACTIVITY]),
        (display.project, PROJECT),
        (display.projects, [PROJECT]),
        (display.session, SESSION),
        (display.sessions, [SESSION]),
        (display.similar, [SIMILAR]),
        (display.prior_art, PRIOR_ART),
    ],
)
def test_what_agents_wrote_is_shown_and_steers_nothing(render: Any, value: Any) -> None:
    text = shown(render(value))

    assert "\\x1b[31m" in text
    assert "\x1b" not in text
    assert "[red]" in text or "[b]" in text


@pytest.mark.parametrize(
    "render",
    [
        display.agents,
        display.retros,
        display.activities,
        display.projects,
        display.sessions,
        display.similar,
    ],
)
def test_an_empty_list_says_so(render: Any) -> None:
    assert shown(render([])).startswith("No ")


def test_a_grade_is_told_in_one_line() -> None:
    assert display.graded(GRADED) == (
        "[red]\\x1b[31m cccccccccc: 5 (excellence) by user instead of 1; "
        "communication 61 -> 65, 1 XP"
    )


def test_a_halt_is_shown_with_who_and_why() -> None:
    text = shown(
        display.agent(agent(halted=True, halt_reason="bad", halted_by="person"))
    )

    assert "yes, by person: bad" in text


def test_many_files_are_counted() -> None:
    text = shown(display.session(SESSION))

    assert "file19" in text
    assert "file20" not in text
    assert "and 10 more" in text


def test_prior_art_without_text_is_json() -> None:
    found = PriorArt(task="t", scope="backend")

    assert '"scope": "backend"' in shown(display.prior_art(found))


def test_the_card_is_shown_as_it_is() -> None:
    record = AgentRecord(id="a", name="a", created_at=NOW, updated_at=NOW)

    assert display.card(AgentStatus.of(record, 10, card="the card")) == "the card"


def test_the_plugin_is_imported_without_rich_or_typer() -> None:
    code = (
        "import sys, hookwright.plugins.tracking; "
        "print(sorted({'rich', 'typer', 'watchdog', 'pydantic_settings'} "
        "& sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "[]"
