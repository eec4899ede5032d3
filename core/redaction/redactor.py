"""The one pass that every text takes before it is stored, logged or shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..digests import blake2b
from .arguments import commands_in, find_arguments
from .assignments import find_assigned
from .keywords import rules_in
from .lazy import lazy
from .names import WORDS as ASSIGNED_WORDS
from .names import judge_member
from .spelling import spellings
from .substitutions import constant_parts
from .surroundings import WORDS as SURROUNDING_WORDS
from .surroundings import find_surrounded
from .tokens import MARK, TOKEN, Redaction, collect, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from typing import Any

#: Longest text that is scanned whole, in characters.
MAX_TEXT = 256 * 1024
_MIDDLE = "[REDACTED:middle-of-"
#: A replaced secret can uncover another one; more than this never happened.
_ROUNDS = 8
#: Members whose values are read as they are in an HTTP message.
_HEADERS = frozenset(
    ("authorization", "proxy-authorization", "cookie", "cookies", "set-cookie")
)
#: Longest text that an extra rule gets at once, and what two neighbours share.
_PIECE = 4096
_OVERLAP = 512
_RULE_NAME = lazy(r"[a-z0-9-]{1,40}")

if TYPE_CHECKING:
    _Span = tuple[int, int, str]


class Redactor:
    """Replace secrets by tokens that are the same for the same value.

    :param key: makes the tokens; see `load_key`.
    :param extra: more rules, as pairs of a name (lower case letters, digits, `-`)
        and a regular expression; its group `s` is the secret where it has one. They
        are run line by line and must not nest quantifiers: the settings check that.
    :param values: values that are secret wherever they occur, with their names; see
        `project_secrets`.
    :param allow: texts that are never redacted, though a rule finds them.
    :raises ValueError: an extra rule's name or pattern is not usable.
    """

    def __init__(
        self,
        key: bytes,
        *,
        extra: Iterable[tuple[str, str]] = (),
        values: Mapping[str, str] | None = None,
        allow: Iterable[str] = (),
    ) -> None:
        self._key = key[:64]
        self.extra = [_compiled(name, pattern) for name, pattern in extra]
        self.allow = frozenset(allow)
        self.values = spellings(values or {})

    def with_values(self, values: Mapping[str, str]) -> Redactor:
        """Return a redactor with the same rules and other known values."""
        other = Redactor.__new__(Redactor)
        other._key = self._key
        other.extra = self.extra
        other.allow = self.allow
        other.values = spellings(values)
        return other

    def text(self, text: str) -> str:
        """Return text with every secret replaced by its token."""
        return _Pass(self, text, None).text(text)

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Return begin, end and rule of each secret in text, in order.

        Text of any length is looked at whole; see `scan.scan_text` for long ones.
        """
        return _Pass(self, text, None).find(text)

    def value(self, value: Any) -> Any:
        """Return a JSON value with every secret replaced, in keys too.

        A value without any is returned itself, not a copy.

        :raises ValueError: value is nested deeper than `MAX_DEPTH`.
        """
        return self._value(value, None)

    def redact(self, payload: Any) -> Redaction:
        """Return payload redacted, with the means to restore it.

        :raises ValueError: payload is nested deeper than `MAX_DEPTH`.
        """
        originals: dict[str, str] = {}
        return Redaction(self._value(payload, originals), originals)

    def _value(self, value: Any, originals: dict[str, str] | None) -> Any:
        texts: list[str] = []
        collect(value, texts, 0)
        one = _Pass(self, "\n".join(texts), originals)
        if one.finds_nothing(texts):
            return value
        return walk(value, one.text, one.member, 0)

    def token(self, rule: str, secret: str, originals: dict[str, str] | None) -> str:
        """Return what stands for a secret, and remember the secret in originals."""
        data = secret.encode("utf-8", "surrogatepass")
        digest = blake2b(data, digest_size=4, key=self._key).hexdigest()
        token = f"[REDACTED:{rule}:{digest}]"
        if originals is not None and originals.setdefault(token, secret) != secret:
            # Two values, one token: giving back the wrong one is worse than none.
            originals[token] = token
        return token


class _Pass:
    """One pass over one value: what can be in it at all is found out once.

    Nearly every text holds nothing of interest, and looking for some seventy words in
    each of an event's twenty texts takes longer than all else that is done with it.

    :param whole: all texts of the value.
    """

    __slots__ = (
        "_assigned",
        "_commands",
        "_literals",
        "_originals",
        "_redactor",
        "_rules",
        "_values",
        "_words",
    )

    def __init__(
        self, redactor: Redactor, whole: str, originals: dict[str, str] | None
    ) -> None:
        low = whole.lower()
        self._redactor = redactor
        self._originals = originals
        self._rules = rules_in(whole)
        self._values = [value for value in redactor.values if value in whole]
        self._assigned = tuple([word for word in ASSIGNED_WORDS if word in low])
        around = [word for word in SURROUNDING_WORDS if word in low]
        self._commands = commands_in(low, passwd="pass" in self._assigned)
        #: A text without any of these, and of these in lower case, is clean.
        self._literals = (
            *(keyword for rule in self._rules for keyword in rule.keywords),
            *self._values,
        )
        self._words = (*self._assigned, *around)

    def finds_nothing(self, texts: Sequence[str]) -> bool:
        """Return whether none of these texts, all of the value's, needs a look."""
        return not (
            self._literals
            or self._words
            or self._commands
            or self._redactor.extra
            or any(len(text) > MAX_TEXT for text in texts)
        )

    def _is_clean(self, text: str) -> bool:
        return not (
            _has_any(text, self._literals)
            or (self._words and _has_any(text.lower(), self._words))
            or (self._commands and "-" in text)
            or self._redactor.extra
            or len(text) > MAX_TEXT
        )

    def text(self, text: str) -> str:
        """Return text with every secret replaced by its token."""
        if len(text) < 6 or self._is_clean(text):
            return text
        if len(text) > MAX_TEXT and _MIDDLE not in text:
            text = self._without_middle(text)
        parts = []
        last = 0
        for begin, end, rule in self.find(text):
            parts.append(text[last:begin])
            parts.append(self._token(rule, text[begin:end]))
            last = end
        parts.append(text[last:])
        return "".join(parts)

    def find(self, text: str) -> list[_Span]:
        """Return begin, end and rule of each secret in text, in order."""
        if MARK not in text:
            return list(self._places(text, 0, _ROUNDS))
        # Tokens that are there already are walls between texts of their own.
        found: list[_Span] = []
        last = 0
        for match in TOKEN.finditer(text):
            found += self._places(text[last : match.start()], last, _ROUNDS)
            last = match.end()
        found += self._places(text[last:], last, _ROUNDS)
        return found

    def member(self, name: str, text: str) -> str:
        """Redact one member of an object, whose name may tell what it is."""
        if name.lower() in _HEADERS:
            # What is found in a header's line is found in its value.
            line = self.text(f"{name}: {text}")
            clean = line[len(name) + 2 :]
        else:
            clean = self.text(text)
        if not self._assigned or MARK in clean or text in self._redactor.allow:
            return clean
        rule = judge_member(name, text)
        return self._token(rule, text) if rule else clean

    def _token(self, rule: str, secret: str) -> str:
        return self._redactor.token(rule, secret, self._originals)

    def _without_middle(self, text: str) -> str:
        begin = _cut(text, MAX_TEXT // 2 - 1024, -1)
        end = _cut(text, len(text) - MAX_TEXT // 2 + 1024, 1)
        middle = text[begin:end]
        note = self._token(f"middle-of-{len(middle)}-characters", middle)
        return f"{text[:begin]}{note}{text[end:]}"

    def _places(self, text: str, start: int, rounds: int) -> Iterator[_Span]:
        """Yield what is found in text and, without it, between what was found.

        :param start: where text begins in the whole.
        """
        spans = _joined(self._spans(text)) if rounds and len(text) >= 6 else []
        if not spans:
            return
        last = 0
        for begin, end, rule in spans:
            yield from self._places(text[last:begin], start + last, rounds - 1)
            yield start + begin, start + end, rule
            last = end
        yield from self._places(text[last:], start + last, rounds - 1)

    def _spans(self, text: str) -> list[tuple[int, int, int, str]]:
        """Return begin, rank, end and rule of each find; the lower rank names it."""
        low = _lower(text)
        ranked: list[Iterable[_Span]] = [
            self._known(text),
            self._by_rules(text),
            self._by_extra(text),
        ]
        if self._words:
            around = find_surrounded(text, low, self._words)
            ranked.append(_constant(text, around, bare=True))
        if self._commands:
            arguments = find_arguments(text, self._commands)
            ranked.append(_constant(text, arguments, bare=False))
        if self._assigned:
            assigned = find_assigned(text, low, self._assigned)
            ranked.append(_constant(text, assigned, bare=False))
        return [
            (begin, rank, end, rule)
            for rank, found in enumerate(ranked)
            for begin, end, rule in found
            if begin < end and text[begin:end] not in self._redactor.allow
        ]

    def _known(self, text: str) -> Iterator[_Span]:
        for value in self._values:
            place = text.find(value)
            while place >= 0:
                yield place, place + len(value), "env-value"
                place = text.find(value, place + len(value))

    def _by_rules(self, text: str) -> Iterator[_Span]:
        for rule in self._rules:
            if rule.may_be_in(text):
                for begin, end in rule.find(text):
                    yield begin, end, rule.name

    def _by_extra(self, text: str) -> Iterator[_Span]:
        if not self._redactor.extra:
            return
        for begin, piece in _pieces(text):
            for name, pattern in self._redactor.extra:
                group = "s" if "s" in pattern.groupindex else 0
                for match in pattern.finditer(piece):
                    start, end = match.span(group)
                    if start >= 0:
                        yield begin + start, begin + end, name


def _constant(text: str, found: Iterable[_Span], *, bare: bool) -> Iterator[_Span]:
    for begin, end, rule in found:
        for start, stop in constant_parts(text, begin, end, bare=bare):
            yield start, stop, rule


def _has_any(text: str, words: tuple[str, ...]) -> bool:
    # A plain loop, because a generator takes three times as long.
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield text line by line with each one's place, a long line in overlapping parts.

    A pattern of the user's can take time that grows with the square of what it
    searches, so it never gets more than a few thousand characters at once.
    """
    begin = 0
    for line in text.splitlines(keepends=True):
        for start in range(0, len(line), _PIECE - _OVERLAP):
            yield begin + start, line[start : start + _PIECE]
            if start + _PIECE >= len(line):
                break
        begin += len(line)


def _joined(spans: list[tuple[int, int, int, str]]) -> list[_Span]:
    """Return the spans in order, those that overlap made one."""
    joined: list[list[Any]] = []
    for begin, rank, end, rule in sorted(spans):
        if joined and begin < joined[-1][1]:
            last = joined[-1]
            last[1] = max(last[1], end)
            if rank < last[3]:
                last[2], last[3] = rule, rank
        else:
            joined.append([begin, end, rule, rank])
    return [(begin, end, rule) for begin, end, rule, _ in joined]


def _lower(text: str) -> str:
    low = text.lower()
    if len(low) == len(text):
        return low
    # A few letters grow when lowered (U+0130), and places must stay the same.
    return "".join(c.lower() if c.isascii() else c for c in text)


def _cut(text: str, place: int, step: int) -> int:
    """Return the nearest white space from place on, so that no word is halved."""
    for distance in range(1024):
        if text[place + step * distance].isspace():
            return place + step * distance
    return place + step * 1023


def _compiled(name: str, pattern: str) -> tuple[str, re.Pattern[str]]:
    if not _RULE_NAME.fullmatch(name):
        raise ValueError(
            f"redaction rule name {name!r}: use 1 to 40 lower case letters, digits, -"
        )
    # Imported late: rules of one's own are rare, and it takes 10 ms.
    import re

    try:
        return name, re.compile(pattern)
    except re.error as error:
        raise ValueError(f"redaction rule {name}: {error}") from error
