"""Words as bash reads them: quotes, `$...`, backticks, extended globs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from .ansi import decode
from .tree import Arithmetic, Literal, Parameter, Part, Process, Substitution, Text

if TYPE_CHECKING:
    from .tree import Script

#: Deeper nesting is not followed. Each level costs some frames of Python's stack.
DEEPEST = 40
_WORD_STEPS = 1

JOIN = "\\\n"
BLANKS = re.compile(r"(?:[ \t]|\\\n)*")
_BLANK = frozenset(" \t\\")
_PLAIN = re.compile(r"[A-Za-z0-9_./:=,@%+^\-]+(?=[ \t\n;|&)]|[<>](?!\()|$)")
_NAME = re.compile(r"(?:\\\n)*[A-Za-z_][A-Za-z0-9_]*(?:(?:\\\n)+[A-Za-z0-9_]*)*")
_NUMBER = re.compile(r"[0-9]+")
_BACKTICK = re.compile(r"[^`\\]+")

#: Where a word of each kind of place ends, besides the end of the text.
WORD, DOUBLE, BRACE, INNER, HEREDOC, GROUP, MATCH, PATTERN, INDEX, SUM = range(10)
_RUNS = {
    WORD: re.compile(r"[^ \t\n|&;()<>\\'\"`$]+"),
    DOUBLE: re.compile(r"[^\"\\`$]+"),
    BRACE: re.compile(r"[^}\\'\"`$]+"),  # ${x:-HERE}
    INNER: re.compile(r"[^}\\\"`$]+"),  # "${x:-HERE}"
    HEREDOC: re.compile(r"[^\\`$]+"),
    GROUP: re.compile(r"[^()\\'\"`$]+"),  # @(HERE)
    MATCH: re.compile(r"[^ \t\n()\\'\"`$]+"),  # [[ x =~ HERE ]]
    PATTERN: re.compile(r"[^}/\\'\"`$]+"),  # ${x/HERE/}
    INDEX: re.compile(r"[^\[\]\\'\"`$]+"),  # x[HERE]
    SUM: re.compile(r"[^()\\'\"`$]+"),  # $((HERE))
}
_ENDS = {
    WORD: " \t\n|&;()<>",
    DOUBLE: '"',
    BRACE: "}",
    INNER: "}",
    HEREDOC: "",
    GROUP: ")",
    MATCH: " \t\n)",
    PATTERN: "}/",
    INDEX: "]",
    SUM: ")",
}
_QUOTING = {DOUBLE, HEREDOC, INNER, SUM}
#: Places where a single quote is a letter like any other.
_PLAIN_QUOTE = {DOUBLE, HEREDOC, INNER, SUM}
_OPERATORS = re.compile(r":[-=?+]|[-=?+]|##?|%%?|//|/#|/%|/|\^\^?|,,?|@|:")
_WITH_PATTERN = frozenset(["#", "##", "%", "%%", "^", "^^", ",", ",,"])


class NotBashError(Exception):
    """The text is no valid bash from here on; bash would not run it either."""


class TooDeepError(NotBashError):
    """It nests deeper than is followed."""


class Lexer:
    """Reads words from a text; `Parser` adds commands.

    :ivar pos: the next character.
    :ivar step: counts work; raises when there was too much of it.
    """

    def __init__(
        self, text: str, depth: int = 0, step: Callable[[int], object] | None = None
    ) -> None:
        self.text = text
        self.step = step or _free
        self.pos = 0
        self.end = len(text)
        self.depth = depth

    def body(self, stop: str) -> Script:
        """Read commands up to `stop`, which is consumed."""
        raise NotImplementedError  # pragma: no cover - Parser has it

    def nested(self, text: str) -> Script:
        """Read a whole text, of a command in backticks."""
        raise NotImplementedError  # pragma: no cover - Parser has it

    def peek(self) -> str:
        """Return the next character, "" at the end."""
        return self.text[self.pos : self.pos + 1]

    def enter(self) -> None:
        """Count one level of nesting."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooDeepError

    def blanks(self) -> None:
        """Skip blanks, and newlines behind a backslash."""
        if self.text[self.pos : self.pos + 1] in _BLANK:
            found = BLANKS.match(self.text, self.pos)
            if found:
                self.pos = found.end()

    def word(self, mode: int = WORD) -> Text:
        """Read the word that begins here."""
        self.step(_WORD_STEPS)
        start = self.pos
        if mode == WORD:
            found = _PLAIN.match(self.text, start)
            if found:
                self.pos = found.end()
                raw = found.group()
                return Text(raw, (Literal(raw),), raw)
        parts = self.parts(mode)
        raw = self.text[start : self.pos]
        if not raw:
            raise NotBashError
        return Text(raw, parts)

    def parts(self, mode: int) -> list[Part]:
        """Read pieces until the place ends; its end is not consumed."""
        found: list[Part] = []
        run, ends, text = _RUNS[mode], _ENDS[mode], self.text
        quoted = mode in _QUOTING
        while self.pos < self.end:
            self.step(2)
            match = run.match(text, self.pos)
            if match:
                found.append(Literal(match.group(), quoted))
                self.pos = match.end()
                continue
            letter = text[self.pos]
            if letter in "<>" and mode == WORD and self._follows("("):
                found.append(self._process(letter))
            elif letter == "(" and mode in (WORD, GROUP) and _is_glob(found):
                self._group(found)
            elif (letter == "(" and mode in (GROUP, MATCH, SUM)) or (
                letter == "[" and mode == INDEX
            ):
                self._parenthesis(found, mode)
            elif letter in ends:
                break
            else:
                self._special(letter, mode, found)
        return found

    def _follows(self, letter: str) -> bool:
        return self.text[self.pos + 1 : self.pos + 2] == letter

    def _special(self, letter: str, mode: int, found: list[Part]) -> None:
        quoted = mode in _QUOTING
        if letter == "\\":
            self._backslash(mode, found)
        elif letter == "$":
            self._dollar(quoted, mode, found)
        elif letter == "`":
            found.append(self._backticks(mode in (DOUBLE, INNER)))
        elif letter == '"' and mode != HEREDOC:
            self.pos += 1
            found.append(Literal("", True))
            found.extend(self.parts(DOUBLE))
            self.expect('"')
        elif letter == "'" and mode not in _PLAIN_QUOTE:
            end = self.text.find("'", self.pos + 1)
            if end < 0:
                raise NotBashError
            found.append(Literal(self.text[self.pos + 1 : end], True))
            self.pos = end + 1
        else:
            found.append(Literal(letter, quoted))
            self.pos += 1

    def expect(self, letter: str) -> None:
        """Consume a character that must be there."""
        if self.peek() != letter:
            raise NotBashError
        self.pos += 1

    def _backslash(self, mode: int, found: list[Part]) -> None:
        after = self.text[self.pos + 1 : self.pos + 2]
        self.pos += 2
        if after == "\n":
            return
        if mode in (DOUBLE, HEREDOC, INNER) and after not in (
            '$`"\\' if mode == DOUBLE else "$`\\" if mode == HEREDOC else '$`"\\}'
        ):
            found.append(Literal("\\" + after, True))
        else:
            found.append(Literal(after or "\\", True))
        self.pos = min(self.pos, self.end)

    def _group(self, found: list[Part]) -> None:
        """Read the parentheses of an extended glob."""
        self.enter()
        self.pos += 1
        found.append(Literal("("))
        found.extend(self.parts(GROUP))
        self.expect(")")
        found.append(Literal(")"))
        self.depth -= 1

    def _parenthesis(self, found: list[Part], mode: int) -> None:
        self.enter()
        opening, closing = ("[", "]") if mode == INDEX else ("(", ")")
        quoted = mode in _QUOTING
        self.pos += 1
        found.append(Literal(opening, quoted))
        # Blanks do not end a regular expression within parentheses.
        found.extend(self.parts(GROUP if mode == MATCH else mode))
        self.expect(closing)
        found.append(Literal(closing, quoted))
        self.depth -= 1

    def _process(self, direction: str) -> Process:
        self.enter()
        self.pos += 2
        body = self.body(")")
        self.depth -= 1
        return Process(body, direction)

    def _backticks(self, doubled: bool) -> Substitution:
        text, pos = self.text, self.pos + 1
        inner: list[str] = []
        while True:
            run = _BACKTICK.match(text, pos)
            if run:
                inner.append(run.group())
                pos = run.end()
            letter = text[pos : pos + 1]
            if letter == "`":
                break
            if not letter:
                raise NotBashError
            after = text[pos + 1 : pos + 2]
            taken = after in ('$`\\"' if doubled else "$`\\") and after
            inner.append(after if taken else "\\" + after)
            pos += 2
        self.pos = pos + 1
        return Substitution(self.nested("".join(inner)), doubled)

    def _dollar(self, quoted: bool, mode: int, found: list[Part]) -> None:
        self.pos += 1
        while self.text.startswith(JOIN, self.pos):
            self.pos += 2
        letter = self.peek()
        if letter == "(":
            found.append(self._parentheses(quoted))
        elif letter == "{":
            self.pos += 1
            found.append(self._braces(quoted))
        elif letter == "[":
            self.pos += 1
            found.append(Arithmetic(Text("", self.parts(INDEX)), quoted))
            self.expect("]")
        elif letter == "'" and mode not in (DOUBLE, HEREDOC):
            value, self.pos = decode(self.text, self.pos + 1)
            found.append(Literal(value, True))
        elif letter == '"' and not quoted:
            pass  # $"...": a translated string, read as the string it is
        elif letter.isdigit() or (letter and letter in "@*#?$!-"):
            self.pos += 1
            found.append(Parameter(letter, quoted))
        else:
            name = _NAME.match(self.text, self.pos)
            if name is None:
                found.append(Literal("$", quoted))
                return
            self.pos = name.end()
            found.append(Parameter(name.group().replace(JOIN, ""), quoted))

    def _parentheses(self, quoted: bool) -> Part:
        """Read `$((...))` if it is one, else `$(...)`."""
        self.enter()
        start = self.pos
        if self._follows("("):
            text = self.sum()
            if text is not None:
                self.depth -= 1
                return Arithmetic(text, quoted)
        self.pos = start + 1
        body = self.body(")")
        self.depth -= 1
        return Substitution(body, quoted)

    def sum(self) -> Text | None:
        """Read `((...))` here; None, and nothing consumed, if it is none."""
        start = self.pos
        self.pos += 2
        try:
            parts = self.parts(SUM)
        except TooDeepError:
            raise
        except NotBashError:
            parts = []
        if self.text.startswith("))", self.pos):
            raw = self.text[start + 2 : self.pos]
            self.pos += 2
            return Text(raw, parts)
        self.pos = start
        return None

    def _braces(self, quoted: bool) -> Part:
        """Read `${...}`, behind the brace."""
        self.enter()
        text = self.text
        self._joins()
        found = Parameter("", quoted)
        letter = self.peek()
        after = text[self.pos + 1 : self.pos + 2]
        if (letter == "#" and after != "}" and after not in ":-=?+%/,^@#") or (
            letter == "#"
            and after
            and after in "@?#-"
            and text[self.pos + 2 :][:1] == "}"
        ):
            found.length = True
            self.pos += 1
        elif letter == "!" and after and after not in "}:-=?+%/,^@#":
            found.indirect = True
            self.pos += 1
        self._joins()
        found.name = self._parameter_name()
        if self.peek() == "[":
            self.pos += 1
            start = self.pos
            parts = self.parts(INDEX)
            found.index = Text(text[start : self.pos], parts)
            self.expect("]")
        self._joins()
        self._operator(found, quoted)
        self.expect("}")
        self.depth -= 1
        return found

    def _joins(self) -> None:
        while self.text.startswith(JOIN, self.pos):
            self.pos += 2

    def _parameter_name(self) -> str:
        name = _NAME.match(self.text, self.pos) or _NUMBER.match(self.text, self.pos)
        if name:
            self.pos = name.end()
            return name.group().replace(JOIN, "")
        letter = self.peek()
        if not letter or letter not in "@*#?$!-":
            raise NotBashError
        self.pos += 1
        return letter

    def _operator(self, found: Parameter, quoted: bool) -> None:
        if self.peek() == "}":
            return
        if found.indirect and self.text.startswith(("*}", "@}"), self.pos):
            found.operator = self.peek()
            self.pos += 1
            return
        operator = _OPERATORS.match(self.text, self.pos)
        if operator is None:
            raise NotBashError
        found.operator = operator.group()
        self.pos = operator.end()
        if found.operator[0] == "/":
            found.operand = self._operand(PATTERN)
            if self.peek() == "/":
                self.pos += 1
                found.other = self._operand(INNER if quoted else BRACE)
        elif found.operator in _WITH_PATTERN:
            found.operand = self._operand(BRACE)
        else:
            found.operand = self._operand(INNER if quoted else BRACE)

    def _operand(self, mode: int) -> Text:
        start = self.pos
        parts = self.parts(mode)
        if mode == PATTERN and self.pos == start and self.peek() == "/":
            # ${x///y}: the pattern begins with a slash
            self.pos += 1
            parts = [Literal("/"), *self.parts(mode)]
        return Text(self.text[start : self.pos], parts)


def _free(_: int) -> None:
    """Count nothing."""


def _is_glob(found: list[Part]) -> bool:
    """Return whether `(` behind these pieces opens an extended glob."""
    if not found:
        return False
    last = found[-1]
    return isinstance(last, Literal) and not last.quoted and last.text[-1:] in "?*+@!"
