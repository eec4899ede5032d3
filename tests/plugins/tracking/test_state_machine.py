"""The ledger against a model of a few lines, with flushes wherever they fall."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hookwright.core.paths import Paths

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

MAIN = "claude-code/main"
FACTOR = 4


@dataclass
class Model:
    """What the page of the ledger says, one step after another."""

    skill: int = 1
    experience: int = 0
    total: int = 0
    commits: int = 0
    bugs: int = 0
    score: int = 60
    halted: bool = False
    effects: dict[tuple[str, str], int] = field(default_factory=dict)

    def earn(self, experience: int) -> None:
        self.experience += experience
        self.total += experience
        if not self.halted and self.experience >= FACTOR * self.skill:
            self.skill += 1
            self.experience = 0

    def bug(self) -> None:
        self.skill -= 1
        self.bugs += 1
        self.halted = self.halted or self.skill <= 0

    def resume(self) -> None:
        self.halted = False
        self.skill = max(self.skill, 1)

    def grade(self, commit: str, by: str, grade: int) -> None:
        first = not any(key[0] == commit for key in self.effects)
        base = self.score - self.effects.get((commit, by), 0)
        self.score = max(0, base + grade)
        self.effects[commit, by] = self.score - base
        if first:
            self.earn(1)


class LedgerMachine(RuleBasedStateMachine):
    """Random work, grades, bugs, halts, flushes and restarts."""

    bench_class: type[Bench]

    @initialize(score=st.integers(0, 3))
    def begin(self, score: int) -> None:
        self._directory = tempfile.TemporaryDirectory()
        root = Path(self._directory.name)
        self._paths = Paths(data=root / "data", config=root / "config")
        self._worktree = root / "shop"
        self._worktree.mkdir()
        self._open()
        self.model = Model()
        self.known: list[str] = []
        self.bench.start()
        # A score near the floor is where grades are cut.
        stage = self.bench.store.stage()
        agents = self.bench.host.record_types["agents"]
        stage.merge(agents, (MAIN,), communication_score=score - 60)
        self.bench.keep([stage])
        self.model.score = score

    def _open(self) -> None:
        self.bench = self.bench_class(
            self._paths, self._worktree, {"level_up_factor": FACTOR}
        )

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            self.bench.close()
            self._directory.cleanup()

    @rule(succeeded=st.booleans())
    def tool(self, succeeded: bool) -> None:
        self.bench.tool(succeeded=succeeded)
        if succeeded:
            self.model.earn(1)

    @rule(repeated=st.booleans())
    def turn(self, repeated: bool) -> None:
        self.bench.turn(repeated=repeated)
        if not repeated:
            self.model.earn(2)

    @rule(action=st.sampled_from(["commit", "merge", "amend"]), again=st.booleans())
    def commit(self, action: str, again: bool) -> None:
        name = f"{len(self.known) + 1:040x}"
        self.known.append(name)
        for _ in range(2 if again else 1):
            self.bench.commit(name, action=action)
        if action != "amend":
            self.model.commits += 1
            self.model.earn(5)

    @rule(
        which=st.integers(0, 50),
        by=st.sampled_from(["agent", "user"]),
        grade=st.sampled_from([-1, 1, 2, 5]),
    )
    def grade(self, which: int, by: str, grade: int) -> None:
        if self.known:
            commit = self.known[which % len(self.known)]
            self.bench.call(
                "agent_grade", agent_id=MAIN, commit=commit, by=by, grade=grade
            )
            self.model.grade(commit, by, grade)

    @rule()
    def bug(self) -> None:
        self.bench.call("agent_bug", agent_id=MAIN)
        self.model.bug()

    @rule()
    def halt(self) -> None:
        self.bench.call("agent_halt", agent_id=MAIN, reason="x")
        self.model.halted = True

    @rule()
    def resume(self) -> None:
        if self.model.halted:
            self.bench.call("agent_resume", agent_id=MAIN, reason="x")
            self.model.resume()

    @rule()
    def flush(self) -> None:
        self.bench.flush()

    @rule(flushed=st.booleans())
    def restart(self, flushed: bool) -> None:
        if flushed:
            self.bench.flush()
        self.bench.close()
        self._open()
        # What was not flushed waits in the spool.
        self.bench.store.recover()

    @invariant()
    def the_ledger_is_what_the_model_says(self) -> None:
        if not hasattr(self, "bench"):
            return
        agent, model = self.bench.agent(), self.model
        assert agent.communication_score >= 0
        assert (agent.skill_points, agent.experience_points) == (
            model.skill,
            model.experience,
        )
        assert (agent.experience_total, agent.total_commits, agent.total_bugs) == (
            model.total,
            model.commits,
            model.bugs,
        )
        assert (agent.communication_score, agent.halted) == (model.score, model.halted)
        assert (self.bench.before().outcome == "deny") is model.halted


def test_any_course_of_work_comes_to_what_the_rules_say(bench: Bench) -> None:
    LedgerMachine.bench_class = type(bench)
    machine = settings(max_examples=25, stateful_step_count=30, deadline=None)
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(LedgerMachine, settings=machine)


def test_sessions_at_once_lose_no_point(bench: Bench) -> None:
    sessions, calls = 20, 25

    def work(number: int) -> None:
        for _ in range(calls):
            bench.tool(session_id=f"session-{number}")
            if number == 0:
                bench.flush()

    threads = [
        threading.Thread(target=work, args=(number,)) for number in range(sessions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.flush()

    agent = bench.agent()
    total = sessions * calls
    assert (agent.experience_total, agent.tool_calls) == (total, total)
    expected = Model()
    for _ in range(total):
        # The default factor: ten times the skill points.
        expected.experience += 1
        if expected.experience >= 10 * expected.skill:
            expected.skill, expected.experience = expected.skill + 1, 0
    assert (agent.skill_points, agent.experience_points) == (
        expected.skill,
        expected.experience,
    )
