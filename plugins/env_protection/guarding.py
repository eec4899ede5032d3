"""One tool call judged: how it is read, and what the reading comes to."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable

from hookwright.hookspecs import ToolBefore, ToolCall

from .access import Reading
from .config import EnvProtectionConfig
from .disk import TooMuchError
from .files import read_file_call
from .mcp import read_other_call
from .steps import Ruling, Step, strongest
from .typed import commands_in
from .verdicts import Judge
from .world import DiskWorld

#: Longer commands are asked about: nobody reads them either.
_LONGEST = 100_000
_MOST_COMMANDS = 20
#: Tools whose command is PowerShell's.
_POWERSHELL = ("powershell", "pwsh")


#: The call that git's own hook before a commit stands for; see the adapter for git.
PRE_COMMIT = "git pre-commit"
BadCommits = Callable[[], list[str]]


def judge_call(
    event: ToolBefore,
    config: EnvProtectionConfig,
    bad_commits: BadCommits | None = None,
) -> Ruling:
    """Return the verdict on a tool call.

    :param bad_commits: gives the commits with protected files that are not pushed yet.
    """
    call = event.call
    worktree = event.project.worktree
    commands = [_in_bash(call)] if call.tool == "shell" else []
    if call.tool in ("shell", "mcp", "other"):
        commands += [text for text in commands_in(call) if text != call.command]
    rulings = [
        judge_command(text, config, directory_of(event), worktree, bad_commits)
        for text in commands[:_MOST_COMMANDS]
    ]
    if call.tool != "shell":
        rulings.append(_judge_paths(event, config))
    if len(commands) > _MOST_COMMANDS:
        left = Step("ask", call.native_name, "is given more commands than are followed")
        rulings.append(strongest([left]))
    return strongest(step for ruling in rulings for step in ruling.steps)


def _in_bash(call: ToolCall) -> str:
    """Return the command line as bash would be given it."""
    if call.native_name.casefold() not in _POWERSHELL:
        return call.command
    return f"pwsh -c {shlex.quote(call.command)}"


def _judge_paths(event: ToolBefore, config: EnvProtectionConfig) -> Ruling:
    """Return the verdict on the files that a call names."""
    call = event.call
    worktree = event.project.worktree
    world = DiskWorld(config, worktree, event.cwd)
    if call.native_name == PRE_COMMIT:
        index = call.input.get("index")
        judge = Judge(world, worktree)
        return judge.rule_staged(index if isinstance(index, str) else "")
    world.disk.start()
    if call.tool in ("read", "write", "edit", "search"):
        reading = read_file_call(event)
    else:
        reading = read_other_call(event)
    return _rule(world, reading, config, worktree)


def judge_command(
    command: str,
    config: EnvProtectionConfig,
    cwd: str,
    worktree: str,
    bad_commits: BadCommits | None = None,
) -> Ruling:
    """Return the verdict on a shell command."""
    # Imported here: nothing of it is needed for any other tool.
    from .shell import read_command

    if len(command) > _LONGEST:
        step = Step("ask", command[:60], "cannot be followed", why="it is too long")
        return strongest([step])
    world = DiskWorld(config, worktree, cwd)
    if _first:
        # The grammar is loaded now, which is no part of what this command takes.
        read_command("/bin/true", cwd, world)
    world.disk.start(*_first)
    _first.clear()
    try:
        reading = read_command(command, cwd, world)
        return _rule(world, reading, config, worktree, bad_commits)
    except (TooMuchError, RecursionError) as error:
        why = str(error) if isinstance(error, TooMuchError) else "it is nested too deep"
        return strongest([Step("ask", command[:60], "cannot be followed", why=why)])


#: Seconds for the first command of a process: programs' readers are loaded with it.
_first = [4.0]


def directory_of(event: ToolBefore) -> str:
    """Return where a shell command runs: the tool may be told another directory."""
    for name in ("cwd", "workdir", "directory", "dir_path", "working_directory"):
        given = event.call.input.get(name)
        if isinstance(given, str) and given and "\0" not in given:
            return os.path.normpath(os.path.join(event.cwd, os.path.expanduser(given)))
    return event.cwd


def _rule(
    world: DiskWorld,
    reading: Reading,
    config: EnvProtectionConfig,
    worktree: str,
    bad_commits: BadCommits | None = None,
) -> Ruling:
    judge = Judge(
        world, worktree, allow_loading=config.allow_loading, bad_commits=bad_commits
    )
    return judge.rule(reading)
