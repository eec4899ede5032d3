"""One git command: its arguments, and the files that its path patterns name."""

from __future__ import annotations

from dataclasses import dataclass

from ..globs import name_matches
from ..words import UNKNOWN, Word
from .call import Call
from .options import Parsed
from .tree import as_unknown, secrets_below


@dataclass
class Git:
    """One git command.

    :ivar name: the subcommand.
    :ivar top: where paths of a revision (`HEAD:path`) begin, which may be above `cwd`.
    """

    call: Call
    name: str
    words: list[Word]

    def parse(self, options: str = "") -> Parsed:
        """Take the subcommand's arguments apart."""
        inner = Call(
            self.call.name, self.words, self.call.shell, self.call.findings,
            self.call.cwd, self.call.strict,
        )  # fmt: skip
        return inner.parse(options)

    def pathspecs(self) -> list[str]:
        """Return what follows `--`."""
        texts = [word.text for word in self.words]
        return texts[texts.index("--") + 1 :] if "--" in texts else []

    @property
    def top(self) -> str:
        """The work tree's top directory as far as it can be seen, else `cwd`."""
        place = self.call.cwd
        while place not in ("", "/") and UNKNOWN not in place:
            if self.call.world.is_directory(f"{place}/.git"):
                return place
            place = place.rpartition("/")[0]
        return self.call.cwd

    def shown(self, spec: str) -> None:
        """Report the file that an argument such as `HEAD:.env` or `.env` names."""
        revision, colon, path = spec.partition(":")
        if spec.startswith(":") and not spec.startswith((":/", ":(", ":!", ":^")):
            # The index: `:.env`, `:0:.env`.
            path = path[2:] if path[1:2] == ":" and path[:1].isdigit() else path
        if not colon or spec.startswith((":/", ":(")):
            self.pathspec(spec)
        elif path.startswith(("./", "../")):
            self.call.read(path, "shows it")
        elif path:
            self.call.read(f"{self.top}/{path}", "shows it")
        del revision

    def pathspec(self, spec: str) -> None:
        """Report a file that a path pattern names, if it names a secret one."""
        text, excluded, at_top = without_magic(spec)
        if excluded or not text:
            return
        start = self.top if at_top else self.call.cwd
        if set(text) & set("*?["):
            for path in matching_pathspec(self.call, start, text):
                self.call.read(path, "shows it")
        else:
            self.call.read(f"{start}/{text}" if at_top else text, "shows it")


def without_magic(spec: str) -> tuple[str, bool, bool]:
    """Return a pathspec's path, whether it excludes, whether it begins at the top."""
    if spec.startswith(":("):
        words, _, path = spec[2:].partition(")")
        names = words.split(",")
        return path, "exclude" in names, "top" in names
    if spec.startswith((":!", ":^")):
        return spec[2:], True, False
    if spec.startswith(":/"):
        return spec[2:], False, True
    return spec, False, False


def matching_pathspec(call: Call, start: str, pattern: str) -> list[str]:
    """Return the secret files a pathspec matches; its `*` takes slashes too."""
    found, is_whole = secrets_below(
        call, start, lambda item: name_matches(pattern, "/".join(item.parts))
    )
    if not is_whole and not found:
        return [f"{start}/{as_unknown(pattern)}"]
    return found


def is_revision(git: Git, text: str) -> bool:
    """Return whether an operand before `--` can only be a revision."""
    return not git.call.world.is_secret(git.call.path(text)) or text == UNKNOWN
