"""The agent ledger: what agents did, what it earned them, and what was learnt.

Every agent has skill points (SP, from 1), experience points (XP, from 0) and a
communication score (CS, from 60, never below 0).

- A successful tool call earns 1 XP, a completed prompt or subagent task 2, a commit
  5, and a commit's first grade 1 more. When XP reaches `level_up_factor` times SP,
  SP rises by 1 and XP starts again. SP gives the trust tier: PROBATION below 2,
  JUNIOR from 2, ESTABLISHED from 4, SENIOR from 7, EXPERT from 10.
- A grade is -1 bad, 1 neutral, 2 good or 5 excellence, from the agent and from the
  user, and moves CS by as much. A side that grades again replaces its own grade.
- A reported bug costs 1 SP. At 0 the agent is halted: every tool is refused to it
  until a person runs `hookwright agent resume ID --reason "..."`, which brings it
  back to 1 SP. `hookwright agent halt` halts for any other reason.

Sessions are counted (prompts, turns, tools, commits, tokens, files), projects
classified from AGENTS.md and their manifests, and `hookwright agent prior-art` finds
what earlier work says of a task.

A task that is begun in one agent host and continued in another is one task: `hookwright
session handoff` lets the next session in the work tree go on with it, and `hookwright
task show` has every session, agent host, agent, commit and token of it.

The status line of an agent host shows where the agent stands, a halt, its task, and
what was refused in the last quarter of an hour.

Commands: `hookwright agent`, `retro`, `activity`, `project`, `session`, `task`.
Settings: the table `[tracking]`, see `config.TrackingConfig`. Another plugin can take
over the search behind prior art with the hook in `specs`.
"""

from __future__ import annotations

from .plugin import TrackingPlugin

__all__ = ["TrackingPlugin"]
