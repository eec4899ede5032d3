"""Which paths are protected by what they are called; no file is looked at."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from .globs import matches, name_matches
from .rules import (
    BACKUPS,
    DIRECTORIES,
    EXAMPLES,
    KEYS,
    NAMES,
    PLACES,
    PUBLIC,
    WITH_TOKENS,
    Certainty,
)
from .words import UNKNOWN, may_equal

#: Code points that some file systems leave out when they compare names (HFS+).
_IGNORED = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF]
)
#: Names of PLACES that say enough when the directory is not known.
_TELLING = frozenset({"credentials", "hosts.yml", "credentials.db"})
#: Names that a protected directory begins with, and the last but one of each place.
_FIRST = frozenset(names[0] for names, _ in DIRECTORIES)
_ABOVE = frozenset(place[-2] for place, _ in PLACES)
_MOST_KNOWN = 20_000


@dataclass(frozen=True, eq=False)
class Names:
    """The rules on names, with the settings that change them.

    :param home: parts of the home directory, folded.
    :param strict: whether examples are protected too.
    """

    home: tuple[str, ...]
    strict: bool = False
    protect: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    _known: dict[tuple[str, ...], str | None] = field(
        default_factory=dict, init=False, repr=False
    )

    def rule_of(self, parts: Sequence[str]) -> str | None:
        """Return the rule that protects a path of these folded parts, or None.

        What only its text can tell (`.npmrc`, `*.pem`) is protected here.
        """
        key = tuple(parts)
        try:
            return self._known[key]
        except KeyError:
            found = self._rule_of(key)
        # Another thread may empty it meanwhile.
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = found
        return found

    def _rule_of(self, parts: tuple[str, ...]) -> str | None:
        if not parts or self.allows(parts):
            return None
        return (
            self._by_directory(parts)
            or self._by_name(parts[-1])
            or self._by_place(parts)
            or self._by_setting(parts)
        )

    def allows(self, parts: Sequence[str]) -> bool:
        """Return whether the user exempts the path."""
        return any(matches(pattern, parts, self.home) for pattern in self.allow)

    def _by_setting(self, parts: Sequence[str]) -> str | None:
        found = any(matches(pattern, parts, self.home) for pattern in self.protect)
        return "protected" if found else None

    def _by_name(self, name: str) -> str | None:
        rule = self._of_name(name)
        if rule is not None:
            return rule
        bare = original_of(name)
        return self._of_name(bare) if bare != name else None

    def _of_name(self, name: str) -> str | None:
        if name.startswith(".env"):
            return self._of_env(name)
        if name in NAMES:
            return NAMES[name]
        if name in WITH_TOKENS:
            return "package-token"
        if name.endswith(".pub"):
            return None
        if name.endswith((".pem", ".key")) or name.startswith(KEYS):
            return "private-key"
        if name.endswith(".json") and _is_service_account(name):
            return "service-account"
        return None

    def _of_env(self, name: str) -> str | None:
        rest = name[4:].removeprefix("rc")
        if rest and rest[0] not in ".-_~":
            return None
        is_example = rest[1:].endswith(EXAMPLES) and not self.strict
        return None if is_example else "env-file"

    def _by_directory(self, parts: Sequence[str]) -> str | None:
        if _FIRST.isdisjoint(parts):
            return None
        for names, rule in DIRECTORIES:
            for place in range(len(parts) - len(names) + 1):
                if tuple(parts[place : place + len(names)]) != names:
                    continue
                below = parts[place + len(names) :]
                if below and is_public(below[-1]):
                    return None
                return rule
        return None

    def _by_place(self, parts: Sequence[str]) -> str | None:
        if len(parts) < 2 or parts[-2] not in _ABOVE:
            return None
        for place, rule in PLACES:
            above = tuple(parts[-len(place) : -1])
            if above != place[:-1] or len(parts) < len(place):
                continue
            if parts[-1] == place[-1] or original_of(parts[-1]) == place[-1]:
                return rule
        return None

    def reach(self, parts: Sequence[str]) -> tuple[Certainty, str]:
        """Return whether a path with unknown stretches can be a protected one.

        :param parts: folded parts; at least one holds `UNKNOWN`.
        :returns: the certainty and the rule, or "" for one that could be any path.
        """
        last = max(place for place, part in enumerate(parts) if UNKNOWN in part)
        above, after = parts[: last + 1], parts[last + 1 :]
        if directory := self._by_directory([*above, *after]):
            return "certain", directory
        if after:
            return self._reach_of_end(after)
        return self._reach_of_name(parts[-1], parts[:-1])

    def _reach_of_end(self, known: Sequence[str]) -> tuple[Certainty, str]:
        """Judge `$X/a/b`: the end is known, and where it is, is not."""
        rule = self.rule_of(known)
        if rule is not None:
            sure = rule not in ("package-token", "service-account")
            return ("certain" if sure else "possible"), rule
        for place, named in PLACES:
            size = min(len(place), len(known))
            telling = len(known) > 1 or known[-1] in _TELLING
            if telling and tuple(known[-size:]) == place[-size:]:
                return "possible", named
        for pattern in self.protect:
            end = pattern.casefold().rstrip("/").rpartition("/")[2]
            if end.strip("*?") and name_matches(end, known[-1]):
                return "possible", "protected"
        return "no", ""

    def _reach_of_name(self, name: str, above: Sequence[str]) -> tuple[Certainty, str]:
        """Judge `a/b$X.c`: the last name is not wholly known."""
        head, tail = name.partition(UNKNOWN)[0], name.rpartition(UNKNOWN)[2]
        if not head and not tail and not name.strip(UNKNOWN):
            return "possible", ""
        if tail.endswith((".pem", ".key")):
            return "certain", "private-key"
        if tail.endswith(".pub"):
            return "no", ""
        if head.startswith(KEYS):
            return "certain", "private-key"
        if head and (head.startswith(".env") or ".env".startswith(head)):
            if tail.endswith(EXAMPLES) and not self.strict:
                return "no", ""
            return "possible", "env-file"
        for each in (".env", ".envrc", *NAMES):
            if may_equal(name, each):
                return "possible", NAMES.get(each, "env-file")
        for place, rule in PLACES:
            inside = tuple(above[-len(place) + 1 :]) == place[:-1]
            if inside and may_equal(name, place[-1]):
                return "possible", rule
        for pattern in self.protect:
            end = pattern.casefold().rstrip("/").rpartition("/")[2]
            literal = end.rpartition("*")[2]
            if literal and tail.endswith(literal):
                return "possible", "protected"
        return "no", ""


@lru_cache(maxsize=16)
def names_for(
    home: str, strict: bool, protect: tuple[str, ...], allow: tuple[str, ...]
) -> Names:
    """Return the rules under these settings; they remember what they were asked."""
    return Names(folded_parts(home), strict, protect, allow)


def original_of(name: str) -> str:
    """Return the name of what a name like `.env~` or `#id_rsa#` is a copy of."""
    if not (name.endswith(BACKUPS) or name.startswith((".#", "#"))):
        return name
    bare = name
    if bare.startswith("#") and bare.endswith("#"):
        bare = bare[1:-1]
    bare = bare.removeprefix(".#")
    for _ in range(2):
        for end in BACKUPS:
            if bare.endswith(end) and len(bare) > len(end):
                bare = bare[: -len(end)]
    if bare != name and bare.startswith(".") and not bare.startswith(".env"):
        # The swap file of `server.key` is `.server.key.swp`.
        hidden = bare[1:]
        if hidden.endswith((".key", ".pem")) or hidden.startswith(KEYS):
            return hidden
    return bare


def is_public(name: str) -> bool:
    """Return whether a file in a directory of keys is meant to be seen."""
    return name.endswith(".pub") or name.startswith(PUBLIC)


def _is_service_account(name: str) -> bool:
    plain = name.replace("-", "").replace("_", "")
    return "serviceaccount" in plain


def folded_parts(path: str) -> tuple[str, ...]:
    """Return the names of a path as file systems that are lax compare them."""
    lax = sys.platform == "darwin" and not path.isascii()
    text = path.translate(_IGNORED) if lax else path
    return tuple([name for name in text.casefold().split("/") if name])
