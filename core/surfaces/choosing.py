"""Which agent hosts an install is for, and where in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hookwright.hookspecs import Installer, InstallRequest, Scope

from ..errors import InstallError, UnknownNameError
from .install import Job
from .invocation import Invocation
from .survey import survey

#: As an agent host's name it means `--all`.
ALL = "all"


@dataclass(frozen=True)
class Place:
    """The place that the options name.

    :param scope: None where nothing is named: each agent host's own default.
    :param directory: of a plugin; None for other scopes.
    """

    scope: Scope | None = None
    directory: Path | None = None

    @classmethod
    def of(cls, project: bool, user: bool, plugin_dir: Path | None) -> Place:
        """Return the place that the options name.

        :raises InstallError: they name more than one.
        """
        if sum((project, user, plugin_dir is not None)) > 1:
            raise InstallError("give one of --project, --user and --plugin-dir")
        if plugin_dir is not None:
            return cls("plugin-dir", plugin_dir)
        return cls("user" if user else "project" if project else None)

    def request(self, invocation: Invocation, installer: Installer) -> InstallRequest:
        """Return what the installer is asked for."""
        if self.directory is not None:
            return invocation.request("plugin-dir", invocation.cwd / self.directory)
        return invocation.request(self.scope or installer.scopes[0], invocation.project)


def to_install(
    invocation: Invocation, names: Sequence[str], place: Place, *, every: bool
) -> list[Job]:
    """Return the agent hosts that are named, and those found or their companions.

    :param every: whether all that are found are meant too.
    :raises UnknownNameError: a name is none of them, or none is named and found.
    :raises InstallError: `every`, and a plugin's directory.
    """
    known = invocation.host().installers
    named, every = _named(names, known, place, every=every)
    if every:
        request = invocation.request("project", invocation.project)
        found = [name for name, it in survey(known, request).items() if it.found]
        if not found and not named:
            raise UnknownNameError(
                f"none of {', '.join(sorted(known)) or 'no agent host'} is found here; "
                "name the one to install"
            )
    else:
        found = _companions(named, known)
    return _jobs(invocation, known, named, found, place)


def to_uninstall(
    invocation: Invocation, names: Sequence[str], place: Place, *, every: bool
) -> list[Job]:
    """Return the agent hosts that are named, and with `every` all that are known.

    What was installed goes although the agent host's program is gone.

    :raises UnknownNameError: a name is none of them.
    :raises InstallError: `every`, and a plugin's directory.
    """
    known = invocation.host().installers
    named, every = _named(names, known, place, every=every)
    others = sorted(known) if every else _companions(named, known)
    return _jobs(invocation, known, named, others, place)


def _named(
    names: Sequence[str], known: Mapping[str, Installer], place: Place, *, every: bool
) -> tuple[list[str], bool]:
    """Return the names without `all`, each once, and whether all are meant."""
    unknown = [name for name in names if name not in known and name != ALL]
    if unknown:
        raise UnknownNameError(
            f"there is no agent host {unknown[0]!r}; those known are "
            f"{', '.join(sorted(known)) or 'none, since no plugin is loaded'}, {ALL}"
        )
    every = every or ALL in names
    if not names and not every:
        raise UnknownNameError(
            f"name agent hosts ({', '.join(sorted(known))}), or give --all"
        )
    if every and place.scope == "plugin-dir":
        raise InstallError("a plugin's directory is for one agent host; name it")
    return [name for name in dict.fromkeys(names) if name != ALL], every


def _companions(named: Sequence[str], known: Mapping[str, Installer]) -> list[str]:
    return [name for one in named for name in known[one].companions if name in known]


def _jobs(
    invocation: Invocation,
    known: Mapping[str, Installer],
    named: Sequence[str],
    others: Sequence[str],
    place: Place,
) -> list[Job]:
    return [
        Job(known[name], place.request(invocation, known[name]), named=name in named)
        for name in dict.fromkeys((*named, *others))
    ]
