"""One-liners of Node, Perl, Ruby, PHP, Lua and awk cut into tokens.

No grammar: enough to tell strings, comments, names and operators apart. What has the
form of no token is an operator of one character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

#: Code of more tokens is not followed.
MOST_TOKENS = 5_000
_OPEN = {"(": ")", "[": "]", "{": "}", "<": ">"}


class Dialect(NamedTuple):
    """How a language spells its strings and comments.

    :param joins: operators that put texts together.
    :param line_comments: what begins a comment up to the end of the line.
    :param quotes: quote -> whether variables are put in (`s` no, `d` yes).
    :param hole: what begins an expression in a string: `${`, `#{`.
    :param sigils: what begins a variable, also in a string.
    :param bare_calls: whether a function takes its arguments without parentheses.
    :param regex: whether `/` may begin a regular expression.
    """

    name: str
    joins: tuple[str, ...]
    line_comments: tuple[str, ...]
    quotes: str
    hole: str = ""
    sigils: str = ""
    bare_calls: bool = False
    regex: bool = True
    newline_ends: bool = False


class Token(NamedTuple):
    """A piece of code.

    :param kind: `s` string, `x` command, `r` regular expression, `n` number, `w` word,
        `o` operator, `;` end of a statement.
    :param parts: of a string with holes: texts and code, in turn.
    """

    kind: str
    text: str
    parts: tuple[str, ...] = ()


JAVASCRIPT = Dialect("javascript", ("+",), ("//",), "'\"`", "${", "", regex=True)
PERL = Dialect("perl", (".",), ("#",), "'\"`", "", "$@%", bare_calls=True)
RUBY = Dialect(
    "ruby", ("+", "<<"), ("#",), "'\"`", "#{", "", bare_calls=True, newline_ends=True
)
PHP = Dialect(
    "php", (".",), ("//", "#"), "'\"`", "{$", "$", bare_calls=True, regex=False
)
LUA = Dialect("lua", ("..",), ("--",), "'\"", bare_calls=True, regex=False)
AWK = Dialect("awk", (" ",), ("#",), '"', newline_ends=True)

_OPERATORS = (
    "===", "!==", "...", "**=", "<=>", "=>", "->", "::", "==", "!=", "<=", ">=", "&&",
    "||", "??", "?.", "+=", ".=", "-=", "*=", "/=", "..", "<<", ">>", "=~", "!~", "//",
)  # fmt: skip


_BY_LETTER: dict[str, tuple[str, ...]] = {
    first: tuple(each for each in _OPERATORS if each[0] == first)
    for first in {each[0] for each in _OPERATORS}
}
#: Letters, digits, `_` and `$`; the unknown stretch is one letter.
_NAME = re.compile(r"[\w$\uffff]*")
#: Variables of Perl and Ruby whose name is a mark: `$/`, `$"`, `$;`.
_MARKED = re.compile(r"\$[/,;.\\!@&`'+\"|<>~=\-%:?*]")


def tokens_of(text: str, dialect: Dialect) -> list[Token]:
    """Cut code into tokens, no more than `MOST_TOKENS` and one."""
    return list(islice(_Cutter(text, dialect), MOST_TOKENS + 1))


class _Cutter:
    """Goes through the text once."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.place = 0
        self.last: Token | None = None

    def __iter__(self) -> Iterator[Token]:
        while self.place < len(self.text):
            token = self._next()
            if token is not None:
                self.last = token
                yield token

    def _next(self) -> Token | None:
        text, place = self.text, self.place
        letter = text[place]
        if letter == "\n" and self.dialect.newline_ends:
            self.place += 1
            return Token(";", "\n")
        if letter.isspace():
            self.place += 1
            return None
        if letter == "$" and self.dialect.name in ("perl", "ruby"):
            marked = _MARKED.match(text, place)
            if marked:
                self.place = marked.end()
                return Token("w", marked.group())
        if letter in "(){},":
            self.place += 1
            return Token("o", letter)
        if text.startswith("/*", place) and self.dialect.name in ("javascript", "php"):
            end = text.find("*/", place + 2)
            self.place = len(text) if end < 0 else end + 2
            return None
        comments = self.dialect.line_comments
        is_comment = any(text.startswith(mark, place) for mark in comments)
        if is_comment and not self._is_no_comment():
            end = text.find("\n", self.place)
            self.place = len(text) if end < 0 else end
            return None
        if letter == ";":
            self.place += 1
            return Token(";", ";")
        return self._quoted() or self._word() or self._operator()

    def _is_no_comment(self) -> bool:
        """Perl's `$#array` and `//` are no comments."""
        text, place = self.text, self.place
        if text[place] == "#" and self.dialect.name == "perl":
            return place > 0 and text[place - 1] == "$"
        if self.dialect.name == "lua" and text.startswith("--[[", place):
            end = text.find("]]", place)
            self.place = len(text) if end < 0 else end + 2
            return False
        return False

    def _quoted(self) -> Token | None:
        text, place = self.text, self.place
        letter = text[place]
        if self.dialect.name == "lua" and text.startswith(("[[", "[="), place):
            return self._long_bracket()
        if letter in self.dialect.quotes:
            body = self._up_to(letter, place + 1)
            if letter == "`" and self.dialect.name != "javascript":
                return self._string(body, "x", holes=True)
            if letter == "'":
                return Token("s", _simple(body, self.dialect))
            return self._string(body, "s", holes=letter != '"' or self._fills())
        if self.dialect.name in ("perl", "ruby") and letter in "q%":
            return self._named_quote()
        if letter == "<" and self.dialect.name in ("perl", "ruby", "php"):
            return self._heredoc() or self._angle()
        if letter == "/" and self.dialect.regex and self._may_be_regex():
            body = self._up_to("/", place + 1)
            while self.place < len(text) and text[self.place].isalpha():
                self.place += 1
            return Token("r", body)
        return None

    def _fills(self) -> bool:
        return self.dialect.name in ("perl", "ruby", "php")

    def _up_to(self, end: str, start: int) -> str:
        """Return the text up to an unescaped closing character, and go behind it."""
        text, place = self.text, start
        hole = self.dialect.hole if self.dialect.hole[-1:] == "{" else ""
        while place < len(text) and text[place] != end:
            if hole and end in '"`' and text.startswith(hole, place):
                place = _after_hole(text, place + len(hole))
                continue
            place += 2 if text[place] == "\\" else 1
        self.place = min(place + 1, len(text))
        return text[start : min(place, len(text))]

    def _balanced(self, start: int) -> str:
        """Return what is between the bracket at `start` and its partner."""
        text = self.text
        opening = text[start]
        closing = _OPEN.get(opening, opening)
        if closing == opening:
            return self._up_to(closing, start + 1)
        depth, place = 0, start
        while place < len(text):
            if text[place] == "\\":
                place += 1
            elif text[place] == opening:
                depth += 1
            elif text[place] == closing:
                depth -= 1
                if depth == 0:
                    break
            place += 1
        self.place = min(place + 1, len(text))
        return text[start + 1 : place]

    def _long_bracket(self) -> Token | None:
        text, place = self.text, self.place
        end = place + 1
        while text[end : end + 1] == "=":
            end += 1
        if text[end : end + 1] != "[":
            return None
        close = "]" + "=" * (end - place - 1) + "]"
        found = text.find(close, end + 1)
        found = len(text) if found < 0 else found
        self.place = found + len(close)
        return Token("s", text[end + 1 : found].removeprefix("\n"))

    def _named_quote(self) -> Token | None:
        """`q(..)`, `qq{..}`, `qw/../`, `qx|..|` and Ruby's `%w[..]`, `%x(..)`."""
        text, place = self.text, self.place
        names = ("qq", "qw", "qx", "qr", "q") if text[place] == "q" else (
            "%q", "%Q", "%w", "%W", "%x", "%i", "%(",
        )  # fmt: skip
        for name in names:
            if not text.startswith(name, place):
                continue
            at = place + len(name) - (name == "%(")
            while at < len(text) and text[at] == " " and name[0] == "q":
                at += 1
            mark = text[at : at + 1]
            if (
                not mark
                or mark.isalnum()
                or mark in "_,;=)\n "
                or (place and (text[place - 1].isalnum() or text[place - 1] in "_$@>"))
            ):
                return None
            if text[place] == "%" and mark not in "([{<|/!":
                return None
            body = self._balanced(at)
            if name[1:] in ("w", "W", "i"):
                return Token("s", "\0".join(["", *body.split()]))
            kind = "x" if name[1:] == "x" else "r" if name == "qr" else "s"
            holes = name in ("qq", "qx", "%Q", "%x", "%W", "%(")
            return self._string(body, kind, holes=holes)
        return None

    def _heredoc(self) -> Token | None:
        text, place = self.text, self.place
        if not text.startswith("<<", place):
            return None
        at = place + 2
        if text[at : at + 1] in ("~", "-", "<"):
            at += 1
        quote = text[at : at + 1] if text[at : at + 1] in ("'", '"') else ""
        at += len(quote)
        end = at
        while end < len(text) and (text[end].isalnum() or text[end] == "_"):
            end += 1
        word = text[at:end]
        if not word or not (quote or word[0].isupper()):
            return None
        start = text.find("\n", end)
        close = text.find(f"\n{word}", start)
        if start < 0 or close < 0:
            return None
        body = text[start + 1 : close + 1]
        rest = text[end + len(quote) : start]
        self.text = text[:place] + rest + "\n" + text[close + 1 + len(word) :]
        return self._string(body, "s", holes=quote != "'")

    def _angle(self) -> Token | None:
        """Perl's `<.e*>` lists files, `<>` and `<FH>` read lines."""
        text, place = self.text, self.place
        end = text.find(">", place, place + 120)
        if self.dialect.name != "perl" or end < 0:
            return None
        behind = self.last is not None and self.last.kind in ("w", "n", "s")
        if behind and self.last is not None and self.last.text not in _BEFORE_ANGLE:
            return None
        body = text[place + 1 : end]
        if "\n" in body or ";" in body or " " in body.strip():
            return None
        self.place = end + 1
        return Token("g", body)

    def _may_be_regex(self) -> bool:
        if self.last is None:
            return True
        if self.last.kind in ("n", "s", "r"):
            return False
        if self.last.kind == "w":
            return self.last.text in (
                "if",
                "unless",
                "and",
                "or",
                "not",
                "return",
                "split",
                "grep",
                "case",
                "when",
                "typeof",
                "puts",
                "print",
            )
        return self.last.text not in (")", "]", "}")

    def _string(self, body: str, kind: str, *, holes: bool) -> Token:
        if not holes:
            return Token(kind, _escaped(body))
        parts = tuple(_holes(body, self.dialect))
        return Token(kind, "", parts)

    def _word(self) -> Token | None:
        text, place = self.text, self.place
        end = place
        if text[place] in self.dialect.sigils or (
            text[place] in "$@" and self._fills()
        ):
            end += 1
            if text[end : end + 1] == "{":
                close = text.find("}", end)
                if close > 0:
                    self.place = close + 1
                    return Token("w", text[place] + text[end + 1 : close].strip())
            if (
                text[end : end + 1] in ("_", "0", "!", "&")
                and not text[end + 1 : end + 2].isalnum()
            ):
                self.place = end + 1
                return Token("w", text[place : end + 1])
        found = _NAME.match(text, end)
        end = found.end() if found is not None else end
        word = text[place:end]
        if not word or (len(word) == 1 and word in "$@%" and self.dialect.sigils):
            return None
        marks = text[end : end + 2]
        if self.dialect.name == "ruby" and marks[:1] in ("?", "!") and marks[1:] != "=":
            end += 1
        self.place = end
        return Token("n" if word[0].isdigit() else "w", text[place:end])

    def _operator(self) -> Token:
        letter = self.text[self.place]
        for each in _BY_LETTER.get(letter, ()):
            if self.text.startswith(each, self.place):
                self.place += len(each)
                return Token("o", each)
        self.place += 1
        return Token("o", letter)


#: Words of Perl before which `<` begins a file list or a handle.
_BEFORE_ANGLE = frozenset(
    [
        "for",
        "foreach",
        "print",
        "return",
        "map",
        "open",
        "while",
        "until",
        "if",
        "unless",
        "grep",
        "join",
        "and",
        "or",
    ]
)
_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "0": "\0",
    "a": "\a",
    "e": "\x1b",
    "\n": "",
}


def _simple(body: str, dialect: Dialect) -> str:
    """Return what single quotes hold."""
    if dialect.name in ("javascript", "lua"):
        return _escaped(body)
    return body.replace("\\'", "'").replace("\\\\", "\\") if "\\" in body else body


def _escaped(body: str) -> str:
    """Return what double quotes hold: `\\x2e`, `\\u{2e}`, `\\056`, `\\n`."""
    if "\\" not in body:
        return body
    made: list[str] = []
    place = 0
    while place < len(body):
        letter = body[place]
        if letter != "\\" or place + 1 >= len(body):
            made.append(letter)
            place += 1
            continue
        kind = body[place + 1]
        text, used = _numbered(body, place, kind)
        if used:
            made.append(text)
            place += used
        else:
            made.append(_ESCAPES.get(kind, kind))
            place += 2
    return "".join(made)


def _numbered(body: str, place: int, kind: str) -> tuple[str, int]:
    """Return the character that an escape with a number means, and its length."""
    if kind in "xu" and body[place + 2 : place + 3] == "{":
        end = body.find("}", place)
        digits, used, base = body[place + 3 : end], end + 1 - place, 16
    elif kind == "x":
        digits, used, base = body[place + 2 : place + 4], 4, 16
    elif kind == "u":
        digits, used, base = body[place + 2 : place + 6], 6, 16
    elif kind in "01234567":
        end = place + 1
        while end < len(body) and end < place + 4 and body[end] in "01234567":
            end += 1
        digits, used, base = body[place + 1 : end], end - place, 8
    else:
        return "", 0
    try:
        return chr(int(digits, base)), used
    except (ValueError, OverflowError):
        return "", 0


def _holes(body: str, dialect: Dialect) -> Iterator[str]:
    """Yield a string's texts and the code in it, in turn, a text first."""
    text: list[str] = []
    place = 0
    while place < len(body):
        letter = body[place]
        if letter == "\\":
            text.append(body[place : place + 2])
            place += 2
            continue
        code, used = _hole(body, place, dialect)
        if used:
            yield _escaped("".join(text))
            yield code
            text.clear()
            place += used
        else:
            text.append(letter)
            place += 1
    yield _escaped("".join(text))


def _after_hole(text: str, place: int) -> int:
    """Return where an expression in a string has ended."""
    depth = 1
    while place < len(text) and depth:
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        place += 1
    return place


def _hole(body: str, place: int, dialect: Dialect) -> tuple[str, int]:
    """Return the code at a place in a string, and how long it is."""
    if dialect.hole and body.startswith(dialect.hole, place):
        depth, end = 1, place + len(dialect.hole)
        while end < len(body) and depth:
            depth += {"{": 1, "}": -1}.get(body[end], 0)
            end += 1
        inner = body[place + len(dialect.hole) : end - 1]
        return ("$" + inner if dialect.hole == "{$" else inner), end - place
    if body[place] in "$@" and dialect.sigils and body[place] in dialect.sigils:
        end = place + 1
        if body[end : end + 1] == "{":
            close = body.find("}", end)
            if close > 0:
                return body[place] + body[end + 1 : close], close + 1 - place
        while end < len(body) and (body[end].isalnum() or body[end] == "_"):
            end += 1
        if end > place + 1:
            return body[place:end], end - place
    return "", 0
