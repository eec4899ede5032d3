"""Put our hooks where git looks for hooks, in front of those that are there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from hookwright.hookspecs import (
    FileEdit,
    HostFinding,
    InstallPlan,
    InstallRequest,
    Scope,
)

from .script import HOOKS, is_ours, previous_of, programs_of, strip_block, write_script
from .sessions import AGENT_HOST

_SECONDS = 10.0
_MAX_HOOK = 2**20


class GitInstaller:
    """Installs into one repository; all its work trees share the hooks."""

    agent_host: str = AGENT_HOST
    scopes: Sequence[Scope] = ("project",)
    companions: Sequence[str] = ()

    def plan(self, request: InstallRequest) -> InstallPlan:
        """Return the hooks, and the move of those that are in their place.

        :raises ValueError: there is no repository, or a hook is in the way.
        """
        if request.scope != "project":
            raise ValueError(
                f"git hooks belong to a repository, not to scope {request.scope!r}; "
                "install them with --project inside it"
            )
        top, directory = _find_hooks(request)
        edits = tuple(_edit(directory / name, request.client) for name in HOOKS)
        return InstallPlan(edits, _notes(top, directory, request))

    def strip(self, path: Path, content: bytes) -> bytes | None:  # noqa: ARG002 - the protocol's
        """Return the hook without our block; None when nothing else is in it."""
        return strip_block(content)

    def detect(self, request: InstallRequest) -> HostFinding:
        """Return which git runs here, and whether its hooks in the project are ours."""
        if shutil.which("git", path=request.environment.get("PATH")) is None:
            return HostFinding(
                AGENT_HOST, found=False, next_step="Install git to see commits."
            )
        version = _git(request, "--version").removeprefix("git version ")
        try:
            _, directory = _find_hooks(request)
        except ValueError as error:
            return HostFinding(AGENT_HOST, True, version, next_step=str(error))
        return _finding(directory, version)


def _finding(directory: Path, version: str) -> HostFinding:
    ours = [name for name in HOOKS if is_ours(_read(directory / name))]
    problems = [
        f"{directory / name} is not executable, so git passes it over; run chmod +x"
        for name in ours
        if not os.access(directory / name, os.X_OK)
    ]
    gone = sorted(
        {
            word
            for name in ours
            for word in programs_of(_read(directory / name) or b"")
            if not os.path.exists(word)
        }
    )
    problems += [
        f"the hooks in {directory} run {word}, which does not exist; install again"
        for word in gone
    ]
    if ours and len(ours) < len(HOOKS):
        missing = ", ".join(name for name in HOOKS if name not in ours)
        problems.append(f"the {missing} hook in {directory} is not Hookwright's")
    complete = len(ours) == len(HOOKS)
    return HostFinding(
        AGENT_HOST,
        found=True,
        version=version,
        installed=(f"project ({directory})",) if ours else (),
        problems=tuple(problems),
        next_step="" if complete else "Run hookwright install git in the project.",
    )


def _find_hooks(request: InstallRequest) -> tuple[Path, Path]:
    """Return the top of the work tree and the directory git takes its hooks from."""
    said = _git(request, "rev-parse", "--is-bare-repository", "--git-dir")
    if said.partition("\n")[0] == "true":
        raise ValueError(
            f"{request.directory} is a bare repository: nobody commits in it; "
            "install in a work tree"
        )
    top = Path(_git(request, "rev-parse", "--show-toplevel"))
    # Asked at the top, since a relative core.hooksPath counts from there.
    hooks = _git(request, "rev-parse", "--git-path", "hooks", cwd=top)
    return top, Path(os.path.normpath(top / hooks))


def _edit(path: Path, client: tuple[str, ...]) -> FileEdit:
    previous = previous_of(path)
    present = _read(path)
    if present is not None and is_ours(present):
        if strip_block(present) is not None:
            raise ValueError(
                f"{path} was changed after Hookwright wrote it; "
                "run hookwright uninstall git first, then install again"
            )
        chained = _read(previous)
    else:
        chained = present if present is not None else _read(previous)
        kept = _read(previous)
        if present is not None and kept is not None and kept != present:
            raise ValueError(
                f"{previous} and {path} are two different hooks; "
                "delete the one that is not needed, then install again"
            )
    linked = path.is_symlink() or previous.is_symlink()
    return FileEdit(
        path=path,
        content=write_script(path.name, client, chained, linked=linked),
        mode=0o755,
        moved_to=previous if chained is not None else None,
    )


def _notes(top: Path, directory: Path, request: InstallRequest) -> tuple[str, ...]:
    common = Path(
        os.path.normpath(top / _git(request, "rev-parse", "--git-common-dir", cwd=top))
    )
    if directory.is_relative_to(common):
        return ()
    if directory.is_relative_to(top):
        return (
            f"git takes its hooks from {directory}, inside the work tree: do not "
            "commit pre-commit, post-commit and pre-push, they hold paths of this "
            "machine.",
        )
    return (
        f"git takes its hooks from {directory}, which other repositories may use "
        "too; their commits are reported as well.",
    )


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_HOOK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error


def _git(request: InstallRequest, *arguments: str, cwd: Path | None = None) -> str:
    given = request.environment
    environment = {key: value for key, value in given.items() if key[:4] != "GIT_"}
    environment |= {key: given[key] for key in given if key.startswith("GIT_CONFIG")}
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            ["git", *arguments],  # noqa: S607 - the git of the user's PATH
            cwd=cwd or request.directory,
            env=environment | {"LC_ALL": "C", "HOME": str(request.home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"git did not answer within {_SECONDS:g} s") from error
    except OSError as error:
        raise ValueError(
            f"git cannot be run ({error.strerror}); install git or put it on PATH"
        ) from error
    if done.returncode:
        raise ValueError(_refusal(request.directory, done.stderr))
    return os.fsdecode(done.stdout).rstrip("\n")


def _refusal(directory: Path, stderr: bytes) -> str:
    said = stderr.decode("utf-8", "replace").strip()
    if "not a git repository" in said:
        return f"{directory} is in no git repository; run git init there first"
    return f"git refuses in {directory}: {said[:300]}"
