"""Play an agent's day, so that a person sees what Hookwright does before using it.

`hookwright demo` makes a scratch repository with its own home and data directory,
installs Hookwright into it as `hookwright install` does, and plays several sessions:
edits, a failing command, a subagent, commits, pushes, and a session that is killed.
Each event is a captured payload of Claude Code, given to the very command that
`install` wrote; git's hooks are called by git. A daemon starts, answers and is stopped.
Nothing of the person's own files, settings or sessions is touched.
"""

from __future__ import annotations

from collections.abc import Callable

from hookwright.hookspecs import Command, PluginInfo, hookimpl


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Return the one line for `hookwright plugins`."""
    return PluginInfo(summary="Plays an agent's day in a scratch repository.")


@hookimpl
def hookwright_register_commands() -> list[Command]:
    """Return the command `hookwright demo`."""
    return [
        Command(
            "demo",
            "Play an agent's day and show what is recorded.",
            load=_load,
        )
    ]


def _load() -> Callable[..., None]:
    from .command import demo

    return demo
