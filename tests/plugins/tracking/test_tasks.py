"""A task that goes from one agent host to another is one task in the records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.core.errors import ToolError
from hookwright.core.host.briefings import estimate_tokens
from hookwright.hookspecs import (
    Agent,
    Event,
    FileChanged,
    PromptSubmit,
    SessionEnd,
    SessionStart,
    TurnEnd,
    UsageReported,
)
from hookwright.plugins.tracking.task_briefing import MOST_TOKENS, TITLE

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

CLAUDE, CODEX = "claude-code/main", "codex/main"


class Work:
    """Sessions of agent hosts in one work tree, at times of the machine."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.where = str(bench.worktree)

    def send(self, kind: type[Event], agent: str, session: str, **fields: Any) -> Any:
        fields.setdefault("time", self.bench.clock.now())
        return self.bench.send(kind, agent, session_id=session, **fields)

    def begin(self, agent: str, session: str, **fields: Any) -> str:
        """Begin a session as an agent host does; return what it is told of a task."""
        fields.setdefault("time", self.bench.clock.now())
        event = self.bench.event(SessionStart, agent, session_id=session, **fields)
        parts, stages = self.bench.host.briefing(event)
        self.bench.keep(stages)
        self.bench.keep(self.bench.host.observe(event))
        return "\n".join(part.text for part in parts if part.title == TITLE)

    def ask(self, agent: str, session: str, prompt: str, **fields: Any) -> str:
        """Send a prompt; return what the model is told of it."""
        fields.setdefault("time", self.bench.clock.now())
        event = self.bench.event(
            PromptSubmit, agent, session_id=session, prompt=prompt, **fields
        )
        decision, stages = self.bench.host.decide(event)
        self.bench.keep(stages)
        self.bench.keep(self.bench.host.observe(event))
        return "\n".join(decision.contexts)

    def call(self, name: str, **arguments: Any) -> Any:
        return self.bench.call(name, **{"directory": self.where, **arguments})

    def task_of(self, session: str) -> str:
        return str(self.bench.get("sessions", session).task_id)

    def by_claude(self, session: str = "c1") -> None:
        """Do a day's work in Claude Code."""
        self.begin(CLAUDE, session)
        self.ask(CLAUDE, session, "Add a retry to the upload\nwith three attempts")
        self.bench.tool(CLAUDE, session_id=session, time=self.bench.clock.now())
        self.send(
            FileChanged,
            CLAUDE,
            session,
            path=f"{self.where}/upload.py",
            change="modified",
        )
        self.bench.commit("a1" * 20, CLAUDE, session_id=session)
        self.send(
            UsageReported, CLAUDE, session, model="m", input_tokens=100,
            output_tokens=20, message_id=f"{session}-1",
        )  # fmt: skip
        self.send(TurnEnd, CLAUDE, session, message="Two of three tests pass.")


@pytest.fixture
def work(bench: Bench) -> Work:
    return Work(bench)


def test_what_is_handed_over_is_taken_up_by_the_next_session_and_is_one_task(
    work: Work,
) -> None:
    work.by_claude()
    view = work.call("session_handoff", note="the third test needs a clock")
    assert (view["state"], view["title"]) == ("waiting", "Add a retry to the upload")

    told = work.begin(CODEX, "x1")
    work.ask(CODEX, "x1", "go on")
    work.bench.commit("b2" * 20, CODEX, session_id="x1")
    work.send(
        UsageReported, CODEX, "x1", model="n", input_tokens=7, output_tokens=3,
        message_id="x1-1",
    )  # fmt: skip

    task = view["task_id"]
    assert told.startswith(f"This session goes on with task {task}: Add a retry")
    for said in (
        "Handed over with: the third test needs a clock",
        "Before, in claude-code (session c1, until just now): "
        "1 prompt, 1 tool call, 1 commit",
        "Last asked there: Add a retry to the upload with three attempts",
        "- commit a1a1a1a1 Fix the login page",
        "Files changed: upload.py",
        "Last said there: Two of three tests pass.",
        f"More: hookwright task show {task}",
    ):
        assert said in told
    shown = work.call("task_show", task_id=task[:12])
    assert shown["agent_hosts"] == ["claude-code", "codex"]
    assert [each["session_id"] for each in shown["sessions"]] == ["c1", "x1"]
    assert [each["linked_by"] for each in shown["sessions"]] == ["request", "handoff"]
    assert [each["commit_hash"][:2] for each in shown["commits"]] == ["a1", "b2"]
    assert (shown["input_tokens"], shown["output_tokens"]) == (107, 23)
    assert shown["agents"] == [CLAUDE, CODEX]
    assert (shown["state"], shown["prompts"]) == ("open", 2)
    (listed,) = work.call("task_list")
    assert listed == shown
    assert work.bench.call("session_show", session_id="x1")["task_id"] == task


def test_only_one_session_takes_a_handoff_up(work: Work) -> None:
    work.by_claude()
    work.call("session_handoff")

    assert "goes on with" in work.begin(CODEX, "x1")
    assert "goes on with" not in work.begin("gemini/main", "g1")

    assert work.task_of("g1") == ""
    assert work.call("task_list")[0]["state"] == "open"


def test_what_began_without_a_word_is_not_linked_but_offered(work: Work) -> None:
    work.by_claude()

    told = work.begin(CODEX, "x1")

    assert "claude-code worked here on 'Add a retry to the upload'" in told
    assert "hookwright task continue c1 --session x1" in told
    assert work.task_of("x1") == ""
    view = work.call("task_continue", task_id="c1", session="x1")
    assert work.task_of("x1") == work.task_of("c1") == view["task_id"]


def test_a_session_that_is_given_a_task_while_it_runs_is_told_with_its_next_prompt(
    work: Work,
) -> None:
    work.by_claude()
    work.begin(CODEX, "x1")
    work.ask(CODEX, "x1", "hello")
    task = work.call("task_continue", task_id="c1", session="x1")["task_id"]

    assert f"goes on with task {task}" in work.ask(CODEX, "x1", "go on")
    assert work.ask(CODEX, "x1", "go on") == ""
    assert work.ask(CLAUDE, "c1", "go on") == ""


def test_the_same_agent_host_is_offered_nothing(work: Work) -> None:
    work.by_claude()

    assert work.begin(CLAUDE, "c2") == ""


def test_what_was_long_ago_is_not_offered(work: Work) -> None:
    long_ago = work.bench.clock.now() - timedelta(hours=2)
    work.ask(CLAUDE, "c1", "hello", time=long_ago)

    assert work.begin(CODEX, "x1") == ""


@pytest.mark.parametrize("source", ["resume", "compact", "fork"])
def test_a_session_that_goes_on_takes_nothing_up(work: Work, source: str) -> None:
    work.by_claude()
    work.call("session_handoff")

    assert work.begin(CODEX, "x1", source=source) == ""
    assert work.task_of("x1") == ""


def test_a_session_of_a_task_is_told_again_when_it_is_resumed(work: Work) -> None:
    work.by_claude()
    work.call("session_handoff")
    work.begin(CODEX, "x1")

    assert "goes on with task" in work.begin(CODEX, "x1", source="resume")
    assert work.bench.get("sessions", "x1").linked_by == "handoff"


def test_it_waits_for_the_agent_host_that_is_named(work: Work) -> None:
    work.by_claude()
    assert work.call("session_handoff", to="codex")["waits_for"] == "codex"

    work.begin("gemini/main", "g1")
    work.begin(CODEX, "x1")

    assert work.task_of("g1") == ""
    assert work.task_of("x1") != ""


def test_neither_the_session_itself_nor_a_subagent_takes_it_up(work: Work) -> None:
    work.by_claude()
    work.call("session_handoff")

    work.begin(CLAUDE, "c1")
    helper = Agent(id="codex/helper", name="helper", instance="7")
    event = work.bench.event(SessionStart, CODEX, session_id="x0")
    event = event.model_copy(update={"agent": helper})
    work.bench.keep(work.bench.host.observe(event))

    assert work.call("task_list")[0]["state"] == "waiting"


def test_another_work_tree_of_the_project_takes_nothing_up(
    work: Work, tmp_path: Path
) -> None:
    work.by_claude()
    work.call("session_handoff")
    project = work.bench.project().model_copy(update={"worktree": str(tmp_path / "b")})

    assert work.begin(CODEX, "x1", project=project) == ""


def test_two_tasks_that_wait_are_a_choice_and_not_a_guess(work: Work) -> None:
    first = work.call("task_start", title="Mend the upload")["task_id"]
    second = work.call("task_start", title="Mend the download", task_id="WEB-7")[
        "task_id"
    ]

    told = work.begin(CODEX, "x1")

    assert f"- {first}: Mend the upload" in told
    assert "- WEB-7: Mend the download" in told
    assert work.task_of("x1") == ""
    assert {each["state"] for each in work.call("task_list")} == {"waiting"}
    work.call("task_continue", task_id=second)
    assert work.task_of("x1") == "WEB-7"


def test_a_later_handoff_takes_the_place_of_an_earlier_one(work: Work) -> None:
    work.by_claude()
    work.call("session_handoff", to="gemini")
    work.call("session_handoff", to="codex")

    assert "goes on with" not in work.begin("gemini/main", "g1")
    assert "goes on with" in work.begin(CODEX, "x1")


def test_a_handoff_does_not_wait_for_ever(work: Work) -> None:
    work.by_claude()
    work.call("session_handoff")
    (handoff,) = work.bench.all("handoffs")

    assert handoff.expires_at - handoff.created_at == timedelta(hours=24)
    passed = handoff.expires_at + timedelta(seconds=1)
    work.bench.clock.advance(int(passed.timestamp() * 1000))

    assert "goes on with task" not in work.begin(CODEX, "x1")


def test_a_third_agent_host_goes_on_with_what_two_did(work: Work) -> None:
    work.by_claude()
    work.call("session_handoff")
    work.begin(CODEX, "x1")
    work.ask(CODEX, "x1", "go on")
    work.send(SessionEnd, CODEX, "x1")
    work.send(SessionEnd, CLAUDE, "c1")

    work.call("session_handoff")
    told = work.begin("gemini/main", "g1")

    assert told.index("in codex") < told.index("in claude-code")
    assert work.call("task_list")[0]["agent_hosts"] == [
        "claude-code",
        "codex",
        "gemini",
    ]


def repository(worktree: Path, branch: str) -> None:
    (worktree / ".git").mkdir(exist_ok=True)
    (worktree / ".git" / "HEAD").write_text(f"ref: refs/heads/{branch}\n")
    (worktree / ".git" / "objects").mkdir(exist_ok=True)
    (worktree / ".git" / "refs").mkdir(exist_ok=True)


@pytest.mark.parametrize(
    ("branch", "linked"),
    [
        ("feature/WEB-7", True),
        ("WEB-7-retry", True),
        ("feature/WEB-77", False),
        ("XWEB-7", False),
        ("main", False),
    ],
)
def test_a_branch_that_names_a_task_links_its_sessions(
    work: Work, branch: str, linked: bool
) -> None:
    repository(work.bench.worktree, branch)
    work.call("task_start", title="Mend the upload", task_id="WEB-7", to="nobody")

    told = work.begin(CODEX, "x1")

    assert ("goes on with task WEB-7" in told) == linked
    assert work.task_of("x1") == ("WEB-7" if linked else "")
    if linked:
        assert work.bench.get("sessions", "x1").linked_by == "branch"
        # Everybody on that branch, not only the first.
        assert "WEB-7" in work.begin(CLAUDE, "c1")


def test_a_branch_and_a_handoff_that_disagree_are_a_choice(work: Work) -> None:
    repository(work.bench.worktree, "WEB-7")
    work.call("task_start", title="One", task_id="WEB-7", to="nobody")
    work.call("task_start", title="Two", task_id="WEB-8")

    assert "a part of none" in work.begin(CODEX, "x1")
    assert work.task_of("x1") == ""


def test_a_prompt_names_the_task_and_the_model_is_told(work: Work) -> None:
    work.by_claude()
    task = work.call("session_handoff", to="nobody")["task_id"]
    work.begin(CODEX, "x1")

    told = work.ask(CODEX, "x1", f"hookwright-task: {task}\nPlease go on.")

    assert f"goes on with task {task}" in told
    session = work.bench.get("sessions", "x1")
    assert (session.task_id, session.linked_by) == (task, "prompt")
    assert session.title == "Please go on."
    assert work.ask(CODEX, "x1", f"hookwright-task: {task}") == ""


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("hookwright-task: NO-1", "does not exist in this project"),
        ("hookwright-task: A\nhookwright-task: B", "names several tasks: A, B"),
        ("hookwright-task: DONE-1", "Task DONE-1 is done"),
        ("The line hookwright-task: WEB-7 names it", ""),
        ("> hookwright-task: WEB-7", ""),
        ("hookwright-task:", ""),
        ("plain", ""),
    ],
)
def test_a_prompt_that_does_not_surely_name_a_task_links_nothing(
    work: Work, prompt: str, said: str
) -> None:
    work.call("task_start", title="One", task_id="WEB-7", to="nobody")
    work.call("task_start", title="Two", task_id="DONE-1")
    work.call("task_done", task_id="DONE-1")
    work.begin(CODEX, "x1")

    told = work.ask(CODEX, "x1", prompt)

    assert said in told if said else told == ""
    assert work.task_of("x1") == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "system"},
        {"agent": Agent(id="codex/helper", name="helper", instance="7")},
    ],
)
def test_what_no_person_wrote_links_nothing(work: Work, fields: dict[str, Any]) -> None:
    work.call("task_start", title="One", task_id="WEB-7", to="nobody")
    work.begin(CODEX, "x1")
    agent = fields.pop("agent", None)
    event = work.bench.event(
        PromptSubmit, CODEX, session_id="x1", prompt="hookwright-task: WEB-7", **fields
    )
    event = event.model_copy(update={"agent": agent} if agent else {})

    work.bench.keep(work.bench.host.observe(event))

    assert work.task_of("x1") == ""


def test_a_session_is_never_a_part_of_two_tasks(work: Work) -> None:
    work.call("task_start", title="One", task_id="WEB-1")
    work.begin(CODEX, "x1")
    work.call("task_start", title="Two", task_id="WEB-2", to="nobody")

    assert "a part of task WEB-1 and stays one" in work.ask(
        CODEX, "x1", "hookwright-task: WEB-2"
    )
    with pytest.raises(ToolError, match="task leave x1"):
        work.call("task_continue", task_id="WEB-2", session="x1")
    assert work.task_of("x1") == "WEB-1"

    work.bench.call("task_leave", session_id="x1")
    assert work.task_of("x1") == ""
    work.call("task_continue", task_id="WEB-2", session="x1")
    assert work.task_of("x1") == "WEB-2"
    assert work.call("task_show", task_id="WEB-1")["sessions"] == []


def test_a_task_that_is_done_is_taken_up_by_nobody(work: Work) -> None:
    work.by_claude()
    task = work.call("session_handoff")["task_id"]

    assert work.call("task_done", task_id=task)["state"] == "done"

    assert "goes on with task" not in work.begin(CODEX, "x1")
    assert work.call("task_list") == []
    assert len(work.call("task_list", done=True)) == 1
    for name, arguments in (
        ("session_handoff", {"session_id": "c1"}),
        ("task_continue", {"task_id": task, "session": "x1"}),
    ):
        with pytest.raises(ToolError, match="is done"):
            work.call(name, **arguments)


Arrange = Callable[[Work], None]


def _two_run(work: Work) -> None:
    work.by_claude("c1")
    work.begin(CODEX, "x1")


@pytest.mark.parametrize(
    ("arrange", "name", "arguments", "said"),
    [
        (lambda _: None, "session_handoff", {}, "No session has been at work"),
        (_two_run, "session_handoff", {}, "2 sessions go on"),
        (_two_run, "session_handoff", {"session_id": "zz"}, "No session 'zz'"),
        (_two_run, "task_continue", {"task_id": "zz"}, "No task 'zz'"),
        (
            lambda work: work.by_claude("c1"),
            "task_continue",
            {"task_id": "c1"},
            "No other session runs",
        ),
        (
            _two_run,
            "task_continue",
            {"task_id": "c1", "session": "c1"},
            "cannot go on with itself",
        ),
        (_two_run, "task_leave", {"session_id": "c1"}, "a part of no task"),
        (_two_run, "task_start", {"title": " "}, "Give the task a title"),
        (_two_run, "task_start", {"title": "x", "task_id": "a b"}, "no task's id"),
        (_two_run, "task_list", {"limit": 0}, "accepted: 1 to"),
    ],
)
def test_what_is_in_doubt_is_asked_and_not_guessed(
    work: Work, arrange: Arrange, name: str, arguments: dict[str, Any], said: str
) -> None:
    arrange(work)
    if name != "task_leave":
        arguments = {"directory": work.where, **arguments}

    with pytest.raises(ToolError, match=said):
        work.bench.call(name, **arguments)


def test_an_id_is_given_once_in_a_project(work: Work) -> None:
    work.call("task_start", title="One", task_id="WEB-7")

    with pytest.raises(ToolError, match="already"):
        work.call("task_start", title="Two", task_id="WEB-7")


def test_tasks_of_two_projects_with_one_id_never_mix(
    work: Work, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    work.call("task_start", title="Here", task_id="WEB-7")
    work.call("task_start", title="There", task_id="WEB-7", directory=str(other))
    work.begin(CODEX, "x1")

    assert work.call("task_show", task_id="WEB-7")["title"] == "Here"
    there = work.call("task_show", task_id="WEB-7", directory=str(other))
    assert (there["title"], there["sessions"]) == ("There", [])
    assert len(work.call("task_list", everywhere=True)) == 2
    elsewhere = str(tmp_path / "third")
    with pytest.raises(ToolError, match="stands for 2 tasks"):
        work.call("task_show", task_id="WEB", directory=elsewhere)


def test_texts_are_redacted(work: Work) -> None:
    work.by_claude()

    view = work.call("session_handoff", note="the password is hunter2")

    assert view["note"] == "the password is [REDACTED]"
    started = work.call("task_start", title="use hunter2")
    assert started["title"] == "use [REDACTED]"


def test_of_two_that_took_a_handoff_up_at_once_the_store_keeps_the_first(
    work: Work,
) -> None:
    # As two processes without a daemon may do it, each with what it saw.
    work.by_claude()
    work.call("session_handoff")
    events = [
        work.bench.event(SessionStart, CODEX, session_id=f"x{number}")
        for number in (1, 2)
    ]
    told = []
    for event in events:
        work.bench.host.report()
        _forget_claims(work.bench)
        told.append(work.bench.host.briefing(event)[1])
    for stages in told:
        work.bench.keep(stages)
    assert work.task_of("x1") == work.task_of("x2") != ""

    for event in events:
        work.bench.keep(work.bench.host.observe(event))

    assert work.task_of("x1") != ""
    assert work.task_of("x2") == ""


def _forget_claims(bench: Bench) -> None:
    (plugin,) = bench.host._active.values()
    module: Any = plugin.module
    module._ledger.claims._held.clear()


TEXT = st.text(max_size=2000) | st.sampled_from(["\u4e2d" * 900, "word " * 400, "\n\n"])


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    prompts=st.lists(TEXT, min_size=1, max_size=4),
    message=TEXT,
    note=TEXT,
    commits=st.integers(0, 12),
    files=st.lists(st.text(min_size=1, max_size=300), max_size=40),
)
def test_a_briefing_keeps_to_its_share_whatever_was_done(
    work: Work,
    prompts: list[str],
    message: str,
    note: str,
    commits: int,
    files: list[str],
) -> None:
    number = next(work.bench.numbers)
    session = f"c{number}"
    work.begin(CLAUDE, session)
    for prompt in prompts:
        work.ask(CLAUDE, session, prompt)
    for name in files:
        work.send(FileChanged, CLAUDE, session, path=name, change="modified")
    for each in range(commits):
        work.bench.commit(
            f"{number:032x}{each:08x}", CLAUDE, session_id=session, subject=note[:300]
        )
    work.send(TurnEnd, CLAUDE, session, message=message)
    work.call("session_handoff", session_id=session, note=note, to="codex")

    told = work.begin(CODEX, f"x{number}")

    assert told.startswith("This session goes on with task ")
    assert estimate_tokens(told) <= MOST_TOKENS + 1
    work.call("task_done", task_id=work.task_of(session))


def test_the_time_of_a_task_is_that_of_its_last_change(work: Work) -> None:
    view = work.call("task_start", title="One")
    assert isinstance(view["created_at"], str | datetime)

    work.begin(CODEX, "x1")

    assert work.call("task_list")[0]["updated_at"] >= view["updated_at"]
