"""Expansion of words: what a program is given for what is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..access import Findings, World
from ..programs.places import absolute
from ..words import UNKNOWN, Word
from .braces import expanded
from .globbing import paths
from .patterns import Chunk, is_pattern
from .state import State, Values, either
from .tree import (
    Arithmetic,
    Literal,
    Parameter,
    Part,
    Process,
    Script,
    Substitution,
    Text,
)

#: How often one command is followed for variables with several possible values.
MOST_CHOICES = 24
_BLANKS = " \t\n"
#: A longer value is not cut into words.
_LONGEST_SPLIT = 8192
#: A longer text is taken for one that is not known.
LONGEST_TEXT = 128 * 1024


class ExhaustedError(Exception):
    """There are no steps left: everybody stops."""


class Field:
    """Builds the words that one written word becomes."""

    def __init__(self, separators: str) -> None:
        self._separators = separators
        self._chunks: list[Chunk] = []
        self._many = False
        self._open = False
        self._void = False
        self.fields: list[tuple[list[Chunk], bool]] = []

    def add(self, text: str, quoted: bool, *, many: bool = False) -> None:
        """Add text to the word at hand."""
        self._chunks.append((text, quoted))
        self._many |= many
        self._open |= quoted or bool(text)

    def void(self) -> None:
        """Note that a `"$@"` stands for no word."""
        self._void = True

    def cut(self) -> None:
        """End the word at hand, if there is one."""
        if self._open and not (self._void and not any(t for t, _ in self._chunks)):
            self.fields.append((self._chunks, self._many))
        self._chunks, self._many, self._open, self._void = [], False, False, False

    def split(self, text: str) -> None:
        """Add the value of an unquoted expansion: it is cut at blanks."""
        separators = self._separators
        start = 0
        for place, letter in enumerate(text):
            if letter in separators:
                if place > start:
                    self._piece(text[start:place])
                if letter in _BLANKS:
                    self.cut()
                else:
                    self._open = True
                    self.cut()
                start = place + 1
        if start < len(text):
            self._piece(text[start:])

    def _piece(self, text: str) -> None:
        self.add(text, False, many=UNKNOWN in text)


class Expander:
    """Expands words; `Follower` adds the commands within them.

    :ivar pins: the possibility that is looked at, for each variable with several.
    :ivar waiting: choices of them that are to be looked at later.
    :ivar wild: whether a text that somebody may have hidden has gone into a word.
    :ivar last: the last argument of the command before.
    :ivar one_word: whether what was captured last is a word without blanks.
    """

    def __init__(self, world: World, findings: Findings, state: State) -> None:
        self.world = world
        self.findings = findings
        self.state = state
        self.pins: dict[str, tuple[Values, str]] = {}
        self.waiting: list[dict[str, tuple[Values, str]]] = []
        self.choices = 0
        self.wild = False
        self.one_word = False
        self.last = UNKNOWN

    # What other modules provide

    def captured(self, script: Script) -> Values:
        """Return what commands may print."""
        raise NotImplementedError  # pragma: no cover - Follower has it

    def side_branch(self, script: Script) -> None:
        """Follow commands that run beside."""
        raise NotImplementedError  # pragma: no cover - Follower has it

    def parameter(self, part: Parameter) -> tuple[list[Word], bool]:
        """Return a parameter's value: words, and whether they stay apart."""
        raise NotImplementedError  # pragma: no cover - Parameters has it

    def default(self, part: Parameter) -> Text | None:
        """Return the text that `${NAME:-text}` stands for, None if it is its value."""
        raise NotImplementedError  # pragma: no cover - Parameters has it

    def calculated(self, text: Text) -> str:
        """Return an arithmetic expression's value."""
        raise NotImplementedError  # pragma: no cover - Parameters has it

    def step(self, count: int = 1) -> bool:
        """Take steps; nobody goes on when none are left."""
        if not self.findings.step(count):
            raise ExhaustedError
        return True

    # Choices

    def pick(self, name: str, values: Values) -> str:
        """Return one of several possible values; others are looked at later."""
        if len(values) == 1:
            return values[0]
        pinned = self.pins.get(name)
        if pinned is not None and pinned[0] == values:
            return pinned[1]
        if self.choices + len(values) > MOST_CHOICES:
            return UNKNOWN
        self.choices += len(values) - 1
        for value in values[1:]:
            self.waiting.append({**self.pins, name: (values, value)})
        self.pins[name] = (values, values[0])
        return values[0]

    @property
    def cwd(self) -> str:
        """The directory, the one that is looked at if there are several."""
        return self.pick("", self.state.cwd)

    def path(self, text: str) -> str:
        """Return text as an absolute path."""
        return absolute(text, self.cwd)

    # Words

    def words(self, texts: Sequence[Text]) -> list[Word]:
        """Return what several written words become."""
        found: list[Word] = []
        for text in texts:
            found.extend(self.fields(text))
        return found

    def fields(self, text: Text) -> list[Word]:
        """Return the words that a written one becomes: none, one or several."""
        if text.plain is not None:
            return [Word(text.plain)]
        found: list[Word] = []
        for parts in expanded(text.parts, self.step):
            found.extend(self._fields(parts))
        return found

    def _fields(self, parts: Sequence[Part]) -> Iterator[Word]:
        field = Field(self._separators())
        self._fill(parts, field)
        field.cut()
        self.step(1 + len(field.fields))
        for chunks, many in field.fields:
            yield from self._named(chunks, many)

    def _fill(self, parts: Sequence[Part], field: Field) -> None:
        """Add what the pieces of a word become."""
        for number, part in enumerate(parts):
            if isinstance(part, Literal):
                text = part.text
                if not part.quoted and not number and text[:1] == "~":
                    tilde, text = self._tilde(text, alone=len(parts) == 1)
                    field.add(tilde, True)
                field.add(text, part.quoted, many=not part.quoted and UNKNOWN in text)
            elif isinstance(part, Parameter):
                self._add_parameter(part, field)
            else:
                value = self._other(part)
                alone = isinstance(part, Substitution) and self.one_word
                if isinstance(part, Arithmetic):
                    alone = value == UNKNOWN
                if alone or isinstance(part, Process) or getattr(part, "quoted", True):
                    field.add(value, True)
                else:
                    self.step(1 + len(value) // 32)
                    if len(value) > _LONGEST_SPLIT:
                        field.add(UNKNOWN, False, many=True)
                    else:
                        field.split(value)

    def _add_parameter(self, part: Parameter, field: Field) -> None:
        text = self.default(part) if part.operator else None
        if text is not None:
            self._fill(text.parts, field)
            return
        words, separate = self.parameter(part)
        if separate and part.quoted and not words:
            field.void()
        self.step(1 + len(words))
        for number, word in enumerate(words):
            if number and separate:
                field.cut()
            if part.quoted:
                field.add(word.text, True, many=word.many)
            elif word.many or len(word.text) > _LONGEST_SPLIT:
                field.add(word.text if word.many else UNKNOWN, False, many=True)
            else:
                field.split(word.text)

    def _named(self, chunks: list[Chunk], many: bool) -> list[Word]:
        """Expand a word's patterns to file names."""
        if "noglob" not in self.state.options and is_pattern(chunks):
            found = paths(
                chunks, self.cwd, self.world, self.state.options, self.findings
            )
            return [Word(word.text, word.many or many) for word in found]
        return [Word("".join([text for text, _ in chunks]), many)]

    def _separators(self) -> str:
        values = self.state.variables.get("IFS")
        if values is None:
            return _BLANKS
        value = self.pick("IFS", values)
        return _BLANKS if UNKNOWN in value else value

    def string(self, text: Text | None, *, assigned: bool = False) -> str:
        """Return a written word as one text: no splitting, no file names.

        :param assigned: whether a tilde behind a colon is a home directory too.
        """
        if text is None:
            return ""
        if text.plain is not None:
            return text.plain
        found = "".join([piece for piece, _ in self.chunks(text, assigned=assigned)])
        return found if len(found) <= LONGEST_TEXT else UNKNOWN

    def chunks(self, text: Text, *, assigned: bool = False) -> list[Chunk]:
        """Return a written word as pieces with what is quoted: for patterns."""
        found: list[Chunk] = []
        for number, part in enumerate(text.parts):
            self.step()
            if isinstance(part, Literal):
                value = part.text
                if not part.quoted and not number and value[:1] == "~":
                    tilde, value = self._tilde(value, alone=len(text.parts) == 1)
                    found.append((tilde, True))
                if assigned and not part.quoted and ":~" in value:
                    value = value.replace(":~", f":{self.world.home}")
                found.append((value, part.quoted))
            elif isinstance(part, Parameter):
                words, separate = self.parameter(part)
                between = " "
                if separate and (part.index.raw if part.index else part.name) == "*":
                    between = self._separators()[:1]
                self.step(1 + len(words))
                value = between.join([word.text for word in words])
                found.append((value, part.quoted))
            else:
                found.append((self._other(part), getattr(part, "quoted", True)))
        return found

    def _other(self, part: Part) -> str:
        if isinstance(part, Substitution):
            return self._substituted(part)
        if isinstance(part, Arithmetic):
            return self.calculated(part.text)
        if isinstance(part, Process):
            return self._process(part)
        return UNKNOWN

    def _substituted(self, part: Substitution) -> str:
        return self.pick(f"({id(part)}", self.captured(part.body))

    def _process(self, part: Process) -> str:
        """Follow `<(...)`: the program is given a path that holds what it prints."""
        name = f"/dev/fd/{63 + id(part) % 1_000_000}"
        if part.direction == ">":
            self.side_branch(part.body)
            return name
        values = self.captured(part.body)
        self.hand_over(name, self.pick(f"<{id(part)}", values))
        return name

    def hand_over(self, name: str, text: str) -> None:
        """Have a path stand for a text."""
        raise NotImplementedError  # pragma: no cover - Redirecting has it

    def _tilde(self, text: str, *, alone: bool) -> tuple[str, str]:
        """Return what the tilde at a word's beginning stands for, and what follows."""
        end = text.find("/")
        name = text[1:] if end < 0 else text[1:end]
        rest = "" if end < 0 else text[end:]
        if end < 0 and not alone:
            return "", text  # ~"x" is no tilde expansion
        if name == "":
            values = self.state.variables.get("HOME", (self.world.home,))
            return self.pick("HOME", values), rest
        if name == "+":
            return self.cwd, rest
        if name == "-":
            values = self.state.variables.get("OLDPWD", (UNKNOWN,))
            return self.pick("OLDPWD", values), rest
        user = self.world.variables.get("USER", "")
        if name == user:
            return self.world.home, rest
        if name == "root":
            return "/root", rest
        if name.isidentifier():
            return f"{self.world.home.rpartition('/')[0]}/{name}", rest
        return "", text

    def either(self, *values: Values) -> Values:
        """Return all of several possibilities."""
        return either(*values)
