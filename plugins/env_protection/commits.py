"""What `git add`, `git commit` and `git push` would take in or send.

For a file it is its name and its text; for a directory, every file below it that git
would add: neither ignored nor unchanged; for a commit, what is staged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from stat import S_ISREG

from .access import Access
from .copies import FOREIGN
from .disk import TooMuchError
from .git_index import Entry
from .ignoring import Ignoring
from .staged import Leak, Staging
from .steps import Step, step_of
from .world import DiskWorld

#: Name the git directory that stands for "what is staged" or "what is committed".
GIT = "/.git"
#: Says in `Access.how` that only files which git tracks are meant.
TRACKED = "what is changed"
#: Says in `Access.how` that only what has changed is shown.
_DIFFERENCE = "changes of"
_MOST_STEPS = 10
_OUR_HOOK = b"hookwright"


class Commits:
    """Judges commits in one world.

    :param bad_commits: gives the commits of the project that hold a protected file and
        were not pushed yet, each as "HASH (file, file)".
    """

    def __init__(
        self,
        world: DiskWorld,
        worktree: str,
        bad_commits: Callable[[], list[str]] | None = None,
    ) -> None:
        self._world = world
        # As it is, so that paths below it can be held against the index.
        self._worktree = world.disk.real(worktree)
        self._bad_commits = bad_commits
        self._staging = Staging(world.disk, self._worktree, world.policy.judge_name)

    def of_staged(self, access: Access, index: str = "") -> Iterator[Step]:
        """Yield a step for each leak in what is staged."""
        yield from self._steps(access, self._staging.leaks(index))

    def of_file(self, access: Access) -> Iterator[Step]:
        """Yield a step for each secret in the text of a file that is added."""
        yield from self._steps(access, self._staging.in_file(access.path))

    def of_tree(self, access: Access) -> Iterator[Step]:
        """Yield a step for each leak in what is new or changed below a directory.

        :raises TooMuchError: there are too many files to tell.
        """
        names, texts = [], []
        for path in self._changed(access):
            rule = self._world.policy.judge_name(path)
            if rule is not None:
                names.append(Leak(os.path.relpath(path, self._worktree), rule))
            else:
                texts.append(path)
        yield from self._steps(access, iter(names))
        if not names:
            leaks = (leak for path in texts for leak in self._staging.in_file(path))
            yield from self._steps(access, leaks)

    def of_tracked(self, access: Access) -> Iterator[Step]:
        """Yield a step for each protected file that git tracks and would show.

        A difference shows only what has changed. Keys that are tracked and unchanged
        belong to tests, as a rule.
        """
        only_changed = _DIFFERENCE in access.how
        for entry in self._staging.entries():
            path = os.path.join(self._worktree, entry.path)
            rule = self._world.policy.judge_name(path)
            if rule is None:
                continue
            is_new = self._differs(path, entry) or self._staging.is_fresh(entry)
            if is_new or not (only_changed or rule == "private-key"):
                how = f"{access.how}; name the files that you want to see"
                yield Step("deny", path, how, access.mode, rule)

    def of_push(self, access: Access) -> Iterator[Step]:
        """Yield a step for each commit with a protected file that is not pushed yet."""
        for commit in self._bad_commits() if self._bad_commits else ():
            why = "a commit that is not pushed yet holds a protected file"
            yield Step("ask", commit, access.how, access.mode, "protected", why)

    def _steps(self, access: Access, leaks: Iterator[Leak]) -> Iterator[Step]:
        """Yield steps; texts that cannot all be read are left to git's own hook."""
        found = 0
        try:
            for leak in leaks:
                found += 1
                if found <= _MOST_STEPS:
                    yield self._step(access, leak)
        except TooMuchError as error:
            if not self._is_hooked():
                yield step_of(access, "ask", why=str(error))

    def _step(self, access: Access, leak: Leak) -> Step:
        path = os.path.join(self._worktree, leak.path)
        if not leak.line:
            return Step("deny", path, access.how, access.mode, leak.rule)
        why = f"a secret of the kind {leak.rule} is in line {leak.line}"
        return Step("deny", path, access.how, access.mode, "secret-text", why)

    def _is_hooked(self) -> bool:
        """Return whether git itself asks us before a commit."""
        repository = self._staging.repository
        if repository is None:
            return False
        hook = os.path.join(repository.common, "hooks", "pre-commit")
        return _OUR_HOOK in (self._world.disk.read(hook) or b"")

    def _changed(self, access: Access) -> Iterator[str]:
        """Yield the files below a directory that git would add."""
        entries = {entry.path: entry for entry in self._staging.entries()}
        tracked = TRACKED in access.how
        disk = self._world.disk
        ignoring = Ignoring(disk, self._worktree, self._world.home)
        top = f"{self._worktree.rstrip('/')}/"
        todo = [disk.real(access.path).rstrip("/") or "/"]
        for here in todo:
            for name, is_directory in sorted(self._world.disk.entries(here)):
                path = f"{here.rstrip('/')}/{name}"
                if is_directory and (name in FOREIGN or name == ".git"):
                    continue
                entry = entries.get(path.removeprefix(top))
                if entry is None and ignoring.ignores(path, is_directory):
                    continue
                if is_directory:
                    todo.append(path)
                elif self._differs(path, entry) and (entry or not tracked):
                    yield path

    def _differs(self, path: str, entry: Entry | None) -> bool:
        state = self._world.disk.state(path)
        if state is None or not S_ISREG(state.st_mode):
            return False
        if entry is None:
            return True
        same = (state.st_mtime_ns, state.st_size & 0xFFFFFFFF)
        return same != (entry.changed_ns, entry.size)
