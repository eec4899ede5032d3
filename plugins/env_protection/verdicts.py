"""From what a call would do to a verdict on it, step by step.

Each access has its own outcome, by what is done and to what; the strongest counts.

- Looking at a file (`ls`, `test -f`), removing it and running it pass, protected or
  not; an environment file that is run passes not, since a shell that fails to run it
  shows it.
- Everything else with a protected file is denied.
- A path with unknown stretches that is protected whatever they are (`$DIR/.env`,
  `$NAME.pem`) is denied; one that may be or not (`.env$X`) is asked about, unless it is
  only written or removed.
- A path that may be any at all (`cat "$X"`) is asked about where its content would be
  shown, copied or sent. It passes where it is written, and for programs that tell of a
  file no more than its size or kind.
- A directory that is read, copied or sent with all that is below it is as secret as
  the nearest protected file in it; for `git add`, the nearest that git does not ignore.
- A piece that nobody could follow is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .access import Access, Doubt, Mode, Reading
from .below import secret_below
from .commits import GIT, Commits
from .disk import TooMuchError
from .own_files import OwnFiles
from .staged import SCAN_SECONDS
from .steps import Ruling, Step, step_of, strongest
from .words import UNKNOWN
from .world import DiskWorld

#: What is done with a protected file without anybody seeing what is in it.
_HARMLESS: frozenset[Mode] = frozenset({"look", "remove", "run"})
#: What brings a file's content out.
_SHOWING: frozenset[Mode] = frozenset({"read", "copy", "send", "load"})
#: Programs that say of a file no more than its size, kind or sum.
_QUIET = frozenset(
    {
        "chmod",
        "chown",
        "cksum",
        "du",
        "file",
        "md5",
        "md5sum",
        "sha1sum",
        "sha256sum",
        "sha512sum",
        "shasum",
        "stat",
        "sum",
        "touch",
        "wc",
    }
)


class Judge:
    """Gives the outcome of accesses in one world.

    :param allow_loading: whether a program may be given a secret file's values.
    """

    def __init__(
        self,
        world: DiskWorld,
        worktree: str,
        *,
        allow_loading: bool = False,
        bad_commits: Callable[[], list[str]] | None = None,
    ) -> None:
        self._world = world
        self._worktree = worktree
        self._allow_loading = allow_loading
        self._own = OwnFiles(world.disk, worktree=worktree)
        self._bad_commits = bad_commits
        self._made_commits: Commits | None = None

    def rule(self, reading: Reading) -> Ruling:
        """Return the verdict on what a call would do."""
        steps = [step for access in reading.accesses for step in self._steps(access)]
        steps += [_of_doubt(doubt) for doubt in reading.doubts]
        return strongest(steps)

    def rule_staged(self, index: str) -> Ruling:
        """Return the verdict on a commit of what is staged, for git's own hook."""
        access = Access(f"{self._worktree}{GIT}", "commit", "`git commit` commits it")
        try:
            return strongest(self._commits.of_staged(access, index))
        except TooMuchError as error:
            return strongest([step_of(access, "ask", why=str(error))])

    def _steps(self, access: Access) -> list[Step]:
        try:
            return self._judged(access)
        except TooMuchError as error:
            return [step_of(access, "ask", why=str(error))]

    def _judged(self, access: Access) -> list[Step]:
        if access.path.endswith(GIT) and access.mode in ("commit", "send", "read"):
            return list(self._of_git(access)) or [step_of(access, "allow")]
        if UNKNOWN in access.path:
            return self._of_unknown(access)
        if self._own.forbids(access.path, access.mode):
            return [step_of(access, "deny", rule="guard")]
        rule = self._world.policy.judge(access.path)
        if rule is not None:
            return [self._of_protected(access, rule)]
        if access.mode == "commit":
            return self._of_commit(access)
        if access.below and access.mode not in _HARMLESS | {"write"}:
            return [self._of_tree(access)]
        return [step_of(access, "allow")]

    def _of_git(self, access: Access) -> Iterator[Step]:
        of = self._commits
        if access.mode == "send":
            return of.of_push(access)
        if access.mode == "read":
            return of.of_tracked(access)
        return of.of_staged(access)

    def _of_protected(self, access: Access, rule: str) -> Step:
        if access.mode == "run" and rule == "env-file":
            return step_of(access, "deny", rule=rule)
        if access.mode in _HARMLESS:
            return step_of(access, "allow", rule=rule, why="its content stays unread")
        if access.mode == "load" and self._allow_loading:
            return step_of(access, "allow", rule=rule, why="allow_loading is set")
        return step_of(access, "deny", rule=rule)

    def _of_commit(self, access: Access) -> list[Step]:
        whole = access.below or self._world.disk.is_directory(access.path)
        of = self._commits
        found = of.of_tree(access) if whole else of.of_file(access)
        return list(found) or [step_of(access, "allow")]

    def _of_tree(self, access: Access) -> Step:
        found = secret_below(self._world, access.path)
        if found is None:
            return step_of(access, "allow", why="no protected file is below it")
        how = f"{access.how}, as a part of {access.path}"
        return Step("deny", found.path, how, access.mode, found.rule)

    def _of_unknown(self, access: Access) -> list[Step]:
        certainty, rule = self._world.policy.reach(access.path)
        # A shell that fails to run an environment file shows it.
        shown = access.mode == "run" and rule == "env-file"
        if certainty == "no" or (access.mode in _HARMLESS and not shown):
            return [step_of(access, "allow")]
        if certainty == "certain":
            return [self._of_protected(access, rule)]
        if access.mode == "commit" and not rule:
            return self._of_commit(
                Access(self._worktree, "commit", access.how, below=True)
            )
        return [self._of_possible(access, rule)]

    def _of_possible(self, access: Access, rule: str) -> Step:
        if access.mode == "write":
            return step_of(
                access, "allow", why="it is not known to be a protected file"
            )
        if not rule and (access.mode not in _SHOWING or _is_quiet(access)):
            return step_of(access, "allow", why="its content is not shown")
        if access.mode == "load" and self._allow_loading:
            return step_of(access, "allow", rule=rule, why="allow_loading is set")
        return step_of(access, "ask", rule=rule, why="the path is not known")

    @property
    def _commits(self) -> Commits:
        if self._made_commits is None:
            # Reading what is committed takes longer than following a command.
            self._world.disk.start(SCAN_SECONDS)
            self._made_commits = Commits(self._world, self._worktree, self._bad_commits)
        return self._made_commits


def _is_quiet(access: Access) -> bool:
    """Return whether the program that `how` names in backticks shows no content."""
    program = access.how.partition("`")[2].partition("`")[0]
    return program.partition(" ")[0] in _QUIET


def _of_doubt(doubt: Doubt) -> Step:
    return Step("ask", doubt.what, "cannot be followed", why=doubt.why)
