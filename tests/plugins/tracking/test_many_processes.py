"""Eight processes earn for one agent at the same time, and no point is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hookwright.plugins.tracking.models import AgentRecord
from hookwright.plugins.tracking.rules import settle

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

PROCESSES, CALLS = 8, 1000
AGENT = "claude-code/main"
#: Each process has a store, a plugin host and a plugin of its own, as a session
#: without a daemon has; it flushes often, so that the processes meet.
PROGRAM = """
import sys
from pathlib import Path
from hookwright.core.paths import find_paths
from hookwright.core.testing.factory import EventFactory
from hookwright.core.testing.hosting import make_host
from hookwright.core.store import Store
from hookwright.plugins.tracking import TrackingPlugin

calls, agent = int(sys.argv[1]), sys.argv[2]
paths = find_paths()
store = Store.open(paths)
host = make_host(store, paths.data)
assert host.register(TrackingPlugin(), "tracking")
store.commit(host.startup())
make_event = EventFactory(Path(sys.argv[3]))
event = make_event("tool_after")
event = event.model_copy(
    update={"agent": event.agent.model_copy(update={"id": agent, "name": "main"})}
)
for number in range(calls):
    store.commit(host.observe(event.model_copy(update={"id": f"{number}.0"})))
    if number % 100 == 99:
        store.flush("command")
store.close()
"""


def test_eight_processes_earn_for_one_agent_and_no_point_is_lost(
    bench: Bench, tmp_path: Path
) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(CALLS), AGENT, str(tmp_path)]
        )
        for _ in range(PROCESSES)
    ]
    assert [process.wait(110) for process in running] == [0] * PROCESSES

    agent = bench.agent(AGENT)
    expected = AgentRecord(
        id=AGENT,
        name="main",
        created_at=agent.created_at,
        updated_at=agent.updated_at,
    )
    for total in range(1, PROCESSES * CALLS + 1):
        expected = settle(
            expected.model_copy(
                update={
                    "experience_points": expected.experience_points + 1,
                    "experience_total": total,
                }
            )
        )
    assert (agent.tool_calls, agent.experience_total) == (8000, 8000)
    assert agent.skill_points == expected.skill_points
    assert agent.experience_points == expected.experience_points
