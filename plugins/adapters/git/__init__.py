"""git (agent host `git`): commits and pushes, whoever makes them.

What it reports: each commit (post-commit), with the hash and branch that the hook asks
git for, subject, author, how it was made and what it replaced from git's own files,
and the lines of each file from `git show` afterwards; each push (pre-push). Before a
commit is made (pre-commit) it asks the guards, to whom it is the call of a tool named
`git pre-commit`, and refuses the commit when one of them does; `git commit --no-verify`
passes by, for a person who knows better. Otherwise it refuses nothing: a hook that was
there before is still called, with its arguments and input, and its verdict stands.

A merge that git makes without stopping, `git am` and `git stash` run neither a
pre-commit nor a post-commit hook, and a push with `--no-verify` runs no pre-push hook:
those are not seen.

Whose work it is: git knows only names and addresses. A hook that runs inside the
shell tool of a coding agent finds that agent's variables in its environment and is
put down to that session's main agent (`claude-code/main`). Claude Code gives its
subagents the same variables as its main agent (version 2.1.329, compared line by
line), so a subagent's commit cannot be told from the main agent's.

Installing puts `pre-commit`, `post-commit` and `pre-push` into the directory where git
looks for hooks: `core.hooksPath` when that is set, else the common directory's `hooks`,
which all work trees of a repository share.
"""

from __future__ import annotations

from collections.abc import Sequence

from hookwright.hookspecs import Adapter, Installer, PluginInfo, hookimpl

from .adapter import GitAdapter


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Say what this plugin is."""
    return PluginInfo(
        summary="Sees commits and pushes by git's hooks; a guard can refuse a commit."
    )


@hookimpl
def hookwright_register_adapters() -> Sequence[Adapter]:
    """Return the adapter for `git`."""
    return [GitAdapter()]


@hookimpl
def hookwright_register_installers() -> Sequence[Installer]:
    """Return the installer for `git`."""
    from .installer import GitInstaller

    return [GitInstaller()]
