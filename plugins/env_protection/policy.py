"""Which paths are protected: names, then what is really there.

A path is judged as it is spelled and as it is with its links followed. Text decides
where a name alone says too little (`.npmrc`, certificates among `*.pem`), and a file
with the same content as a secret one, or that is the same file by another name, is one
too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .copies import Copies
from .disk import Disk
from .names import Names, folded_parts
from .rules import EXAMPLES, Certainty
from .words import UNKNOWN, may_equal

_PEM = 64 * 1024
_JSON = 16 * 1024
#: A registry's token that is written out, not taken from a variable.
_TOKEN = re.compile(
    rb"^[^#;\n]{0,500}?(?:_authToken|_auth|_password|password|token)"
    rb"[ \t]*[:=][ \t]*[\"']?(?!\$)[^\s\"'$]",
    re.MULTILINE | re.IGNORECASE,
)
_PROCESS = re.compile(r"/proc/([^/]+)(?:/task/[^/]+)?/(environ|cwd|root)(/.*)?")
#: Whoever opens these, they are something of its own that was judged already.
_OWN_STREAMS = re.compile(
    r"/dev/(?:fd/\d+|std(?:in|out|err))|/proc/(?:self|thread-self|\$\$)/fd/\d+"
)


@dataclass
class Policy:
    """Judges paths for one verdict.

    :param worktree: top of the work tree, where secret files are looked for.
    :param cwd: where the agent is.
    """

    names: Names
    disk: Disk
    worktree: str
    cwd: str
    _known: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.copies = Copies(
            self.disk,
            self.worktree,
            lambda path: self.names.rule_of(folded_parts(path)),
            lambda path: self._rule_of(path) is not None,
            self.names,
        )

    def judge(self, path: str) -> str | None:
        """Return the name of the rule that protects an absolute path, or None.

        :raises TooMuchError: it would take too long to tell.
        """
        if path not in self._known:
            self._known[path] = self._judge(path)
        return self._known[path]

    def judge_name(self, path: str) -> str | None:
        """Return the rule by the path's name and text alone; links are not followed."""
        return self._rule_of(path)

    def _judge(self, path: str) -> str | None:
        if path.startswith(("/proc/", "/dev/")):
            if _OWN_STREAMS.fullmatch(path):
                return None
            found = _PROCESS.fullmatch(path)
            if found is not None:
                return self._judge_process(found)
        real = self.disk.real(path)
        rule = self._rule_of(path) or (self._rule_of(real) if real != path else None)
        if rule is None and self.copies.holds(real) and not self._is_excused(path):
            return "copy"
        return rule

    def _is_excused(self, path: str) -> bool:
        """Return whether a copy is none by its name: an example, or allowed."""
        parts = folded_parts(path)
        return self.names.allows(parts) or parts[-1].endswith(EXAMPLES)

    def _judge_process(self, found: re.Match[str]) -> str | None:
        if found[2] == "environ":
            return None if found[3] else "process-environment"
        base = "" if found[2] == "root" else self.cwd
        return self.judge(f"{base}{found[3] or ''}" or "/")

    def _rule_of(self, path: str) -> str | None:
        """Judge a path by its name, and by its text where that decides."""
        rule = self.names.rule_of(folded_parts(path))
        if rule in ("env-file", "private-key", "package-token", "service-account"):
            # A virtual environment may be called `.env`.
            if self.disk.is_directory(path):
                return None
            check = _BY_TEXT.get(rule)
            if check is not None and not check(self.disk, path):
                return None
        elif rule is None and path.endswith(".json"):
            content = self.disk.read(path, _JSON)
            if content and b'"private_key"' in content:
                return "service-account"
        return rule

    def reach(self, path: str) -> tuple[Certainty, str]:
        """Return whether a path can come to be a protected one, and by which rule.

        The rule is "" for a path that could be any.

        :raises TooMuchError: it would take too long to tell.
        """
        if UNKNOWN not in path:
            rule = self.judge(path)
            return ("certain", rule) if rule else ("no", "")
        parts = folded_parts(path)
        if parts and parts[0] == "proc" and may_equal(parts[-1], "environ"):
            sure = parts[-1] == "environ"
            return "certain" if sure else "possible", "process-environment"
        certainty, rule = self.names.reach(parts)
        if certainty != "no" or UNKNOWN not in parts[-1]:
            return certainty, rule
        return self._reach_of_existing(path)

    def _reach_of_existing(self, path: str) -> tuple[Certainty, str]:
        """Look whether a name that is there fits `known/dir/ab$X`."""
        # What begins with an unknown stretch may be in the working directory too.
        spelled = f"{self.cwd}/{path}" if path.startswith(UNKNOWN) else path
        directory, _, name = spelled.rpartition("/")
        if UNKNOWN in directory:
            return "no", ""
        head = name.partition(UNKNOWN)[0]
        if (
            head
            and name.endswith(UNKNOWN)
            and self.disk.is_directory(f"{directory}/{head}")
        ):
            # `src$X` may go on with `/../.env`.
            return "possible", ""
        listed = self.disk.names_in(directory or "/")
        if listed is None:
            return "possible", ""
        for each in listed:
            if may_equal(name, each) and (rule := self.judge(f"{directory}/{each}")):
                return "possible", rule
        return "no", ""


def _holds_key(disk: Disk, path: str) -> bool:
    """Return whether a `*.pem` may hold a private key: not one of certificates only."""
    if not path.casefold().endswith(".pem"):
        return True
    content = disk.read(disk.real(path), _PEM * 16)
    if content is None:
        return True
    public = b"-----BEGIN CERTIFICATE-----" in content or b"PUBLIC KEY" in content
    return not public or b"PRIVATE KEY" in content


def _holds_token(disk: Disk, path: str) -> bool:
    content = disk.read(path)
    return content is not None and _TOKEN.search(content) is not None


def _holds_account(disk: Disk, path: str) -> bool:
    content = disk.read(path)
    return content is None or b"private_key" in content


_BY_TEXT: dict[str, Callable[[Disk, str], bool]] = {
    "private-key": _holds_key,
    "package-token": _holds_token,
    "service-account": _holds_account,
}
