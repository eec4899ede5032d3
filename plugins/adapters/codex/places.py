"""The files that an install for a project or a user edits, and what goes into each.

Found with 0.169.0: a set CODEX_HOME is resolved, `~/.codex` is not; the hooks of a
linked work tree are those of the repository's main one, its `config.toml` is its own;
a project's files are read where the user's configuration trusts the project.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hookwright.core.api import locate_project
from hookwright.hookspecs import FileEdit, InstallRequest

from ..wire.programs import read_settings
from .config_file import Edit, edited, read_config, server_entry, states_of
from .hook_entries import moved_places, strip_hooks, trusted_hashes
from .names import HOME_VARIABLE

_FOLDER = ".codex"
_HOOKS = "hooks.json"
_CONFIG = "config.toml"
_MODE = 0o600


@dataclass(frozen=True)
class Places:
    """Where the files of one install are.

    :param hooks: the hooks file that is edited.
    :param users_hooks: the user's, which holds for every project.
    :param trust: the configuration that says what is trusted: the user's.
    :param servers: the configuration that the MCP server goes into.
    :param project: the project's main work tree, and the one that was named.
    """

    request: InstallRequest
    hooks: Path
    users_hooks: Path
    trust: Path
    servers: Path
    project: tuple[Path, Path]

    @classmethod
    def of(cls, request: InstallRequest) -> Places:
        """Return the places of a request for a project or a user.

        :raises ValueError: Codex would not read them.
        """
        home = codex_home(request)
        here = Path(os.path.realpath(request.directory))
        main = _main_work_tree(here)
        for_project = request.scope == "project"
        if for_project and os.path.realpath(home) in (
            os.path.realpath(main / _FOLDER),
            os.path.realpath(here / _FOLDER),
        ):
            raise ValueError(
                f"{home} holds what is the user's, not a project's; install with --user"
            )
        return cls(
            request,
            hooks=(main / _FOLDER if for_project else home) / _HOOKS,
            users_hooks=home / _HOOKS,
            trust=home / _CONFIG,
            servers=(here / _FOLDER if for_project else home) / _CONFIG,
            project=(main, here),
        )

    def configs(self, before: bytes | None, after: bytes) -> Iterator[FileEdit]:
        """Yield the edits of configurations that go with an edit of the hooks file.

        :raises ValueError: a configuration is malformed.
        """
        source = str(self.hooks)
        hashes = trusted_hashes(source, after)
        old = trusted_hashes(source, before)
        trust = Edit(
            hashes=hashes,
            removed=old.keys() - hashes.keys(),
            moved=moved_places(source, before, after),
        )
        wanted = {self.trust: trust}
        server = server_entry(self.request.mcp, self.request.environment)
        if self.servers == self.trust:
            wanted = {self.trust: replace(trust, server=server)}
        else:
            wanted[self.servers] = Edit(server=server)
        for path, edit in wanted.items():
            content = read_settings(path)
            try:
                made = edited(content, edit)
            except ValueError as error:
                raise ValueError(
                    f"{path}: {error}; mend it, then install again"
                ) from error
            if made != content or edit.hashes or edit.server:
                yield FileEdit(path, made, _MODE)

    def removal(self, path: Path) -> Edit:
        """Return what takes our part out of a configuration.

        :raises ValueError: the hooks file is malformed.
        """
        server: Mapping[str, Any] | None = {} if path == self.servers else None
        if path != self.trust:
            return Edit(server=server)
        source = str(self.hooks)
        content = read_settings(self.hooks)
        rest = None if content is None else strip_hooks(content)
        removed = trusted_hashes(source, content).keys()
        return Edit(
            removed=set(removed),
            moved=moved_places(source, content, rest),
            server=server,
        )

    def notes(self) -> Iterator[str]:
        """Yield what a person should know of an install."""
        yield (
            "Codex runs no hook that nobody has reviewed. By installing you have: the "
            f"hash of each hook is in {self.trust}, and holds until the hook changes. "
            "To look at them, or to switch one off, type /hooks in Codex."
        )
        if self.request.scope == "user":
            yield (
                "Commits and pushes are seen where git's hooks are: run hookwright "
                "install git in each repository."
            )
            return
        yield f"{self.hooks} holds paths of this machine; keep it out of commits."
        if self.project[0] != self.project[1]:
            yield "It is in the main work tree, where Codex looks for all of them."
        if not self.trusts_project():
            yield (
                f"Codex does not trust {self.project[0]} yet and reads none of its "
                "files until then: start codex there and say that you trust it, or "
                "install with --user."
            )

    def trusts_project(self) -> bool:
        """Return whether the user's configuration trusts the project."""
        try:
            projects = read_config(read_settings(self.trust)).get("projects")
        except ValueError:
            return False
        if not isinstance(projects, dict):
            return False
        named = {str(path) for path in (*self.project, self.request.directory)}
        levels: list[Mapping[str, Any]] = [
            found for name in named if isinstance(found := projects.get(name), dict)
        ]
        return any(found.get("trust_level") == "trusted" for found in levels)

    def states(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what Codex remembers of each hook, by its name.

        :raises ValueError: the user's configuration is malformed.
        """
        return states_of(read_config(read_settings(self.trust)))


def codex_home(request: InstallRequest) -> Path:
    """Return the directory in which Codex keeps the user's files."""
    named = request.environment.get(HOME_VARIABLE, "").strip()
    if named:
        return Path(os.path.realpath(request.home / named))
    return request.home / _FOLDER


def _main_work_tree(directory: Path) -> Path:
    main = Path(locate_project(str(directory)).path)
    return main if (main / ".git").exists() else directory
