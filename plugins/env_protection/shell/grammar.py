"""The grammar of bash: commands from a text, one line after the other."""

from __future__ import annotations

import re
from collections.abc import Callable

from .lexer import MATCH, NotBashError
from .simple_commands import RESERVED, SimpleParser, raw_of
from .tree import (
    Calculation,
    Case,
    Chain,
    Condition,
    Count,
    For,
    Function,
    Group,
    If,
    Node,
    Pipeline,
    Script,
    Simple,
    Text,
    While,
)

_RESERVED_LETTERS = frozenset("itefdcwus{}![")
_CLOSING = frozenset(["then", "else", "elif", "fi", "do", "done", "esac", "}"])
_CLOSING_LETTERS = frozenset("tefd};")
_CONDITION_END = re.compile(r"\]\](?=[ \t\n;|&()<>]|\\\n|$)")


class Parser(SimpleParser):
    """Reads commands."""

    def script(self) -> Script:
        """Read the whole text; what cannot be read is left in `broken`."""
        items: list[Node] = []
        start = 0
        try:
            while True:
                self.lines()
                start = self.pos
                if self.pos >= self.end:
                    return Script(items)
                items.extend(self._line())
        except NotBashError:
            return Script(items, self.text[start:])

    def nested(self, text: str) -> Script:
        """Read a whole text, of a command in backticks."""
        self.enter()
        script = Parser(text, self.depth, self.step).script()
        self.depth -= 1
        return script

    def body(self, stop: str) -> Script:
        """Read commands up to `stop`, `)` or a reserved word, which is consumed."""
        items = self._items()
        if stop == ")":
            self.expect(")")
        else:
            self.word_is(stop)
        return Script(items)

    # Lists

    def _line(self) -> list[Node]:
        """Read the commands of one line, which is what bash runs at a time."""
        items: list[Node] = []
        while True:
            items.append(self._chain())
            self.blanks()
            letter = self.peek()
            if letter and letter in ";&":
                self._separator(items)
                self.comment()
                letter = self.peek()
            if letter in ("", "\n"):
                self.newline()
                return items
            if letter in ";&|)":
                raise NotBashError

    def _separator(self, items: list[Node]) -> None:
        if self.peek() == "&":  # it runs beside, and changes nothing here
            items[-1] = Group(Script(items[-1:]), subshell=True)
        self.pos += 1
        if self.peek() in (";", "&", "|") and self.peek():
            raise NotBashError
        self.blanks()

    def _items(self) -> list[Node]:
        """Read commands until `)`, `;;`, a closing reserved word or the end."""
        items: list[Node] = []
        self.lines()
        while self.pos < self.end:
            if self.peek() == ")" or self._closes():
                break
            if not items and self.text.startswith(";;", self.pos):
                break
            items.append(self._chain())
            self.blanks()
            letter = self.peek()
            if letter == ";" and self.text[self.pos : self.pos + 2] in (";;", ";&"):
                break
            if letter and letter in ";&":
                self._separator(items)
            elif letter not in ("", "\n", ")", "#"):
                raise NotBashError
            self.lines()
        return items

    def _closes(self) -> bool:
        if self.peek() not in _CLOSING_LETTERS:
            return False
        found = RESERVED.match(self.text, self.pos)
        if found is None:
            return self.text.startswith((";;", ";&"), self.pos)
        return found.group() in _CLOSING

    def _chain(self) -> Node:
        first = self._pipeline()
        rest: list[tuple[str, Node]] = []
        while True:
            self.blanks()
            operator = self.text[self.pos : self.pos + 2]
            if operator not in ("&&", "||"):
                return Chain(first, rest) if rest else first
            self.pos += 2
            self.lines()
            rest.append((operator, self._pipeline()))

    def _pipeline(self) -> Node:
        while True:
            self.blanks()
            word = self._reserved() if self.peek() in ("!", "t") else ""
            if word not in ("!", "time"):
                break
            self.pos += len(word)
            self.step(2)
            self.blanks()
            while word == "time" and self.text.startswith("-", self.pos):
                option = self.word()
                self.blanks()
                if option.raw == "--":
                    break
            if self.peek() in ("", "\n", ";", "&", "|", ")"):
                return Script([])
        stages = [self.command()]
        while True:
            self.blanks()
            if self.peek() != "|" or self.text.startswith("||", self.pos):
                return Pipeline(stages) if len(stages) > 1 else stages[0]
            self.pos += 2 if self.text.startswith("|&", self.pos) else 1
            self.lines()
            stages.append(self.command())

    # Commands

    def _reserved(self) -> str:
        found = RESERVED.match(self.text, self.pos)
        return found.group() if found else ""

    def word_is(self, *wanted: str) -> str:
        """Consume one of these reserved words."""
        self.lines()
        word = self._reserved()
        if word not in wanted:
            raise NotBashError
        self.pos += len(word)
        return word

    def command(self) -> Node:
        """Read a command of any kind."""
        self.blanks()
        self.enter()
        self.step(2)
        letter = self.peek()
        word = self._reserved() if letter in _RESERVED_LETTERS else ""
        if letter == "(":
            node = self._parenthesized()
        elif word in _CLOSING:
            raise NotBashError
        elif word == "coproc":
            self.pos += 6
            node = self._coprocess()
        elif word and word not in ("time", "!"):
            self.pos += len(word)
            node = self._compound(word)
        elif self.text.startswith("!(", self.pos):
            self.pos += 1  # without extglob: a negated subshell
            node = self._parenthesized()
        else:
            self.depth -= 1
            return self.simple()
        self.depth -= 1
        if not isinstance(node, Function | Simple):
            self.redirects(node)
        return node

    def _parenthesized(self) -> Node:
        if self.text.startswith("((", self.pos):
            text = self.sum()
            if text is not None:
                return Calculation(text)
        self.pos += 1
        return Group(self.body(")"), subshell=True)

    def _coprocess(self) -> Node:
        """Read a coprocess: it is run like what it consists of."""
        self.blanks()
        start = self.pos
        if not self._reserved() and self.peek() != "(":
            self.word()
            self.blanks()
            if not self._reserved() and self.peek() != "(":
                self.pos = start
        return self.command()

    def _compound(self, word: str) -> Node:
        if word == "{":
            return Group(self.body("}"), subshell=False)
        if word == "if":
            return self._if()
        if word in ("while", "until"):
            condition = self.body("do")
            return While(condition, self.body("done"), word == "until")
        if word in ("for", "select"):
            return self._for()
        if word == "case":
            return self._case()
        if word == "function":
            return self._function()
        if word == "[[":
            return self._condition()
        raise NotBashError

    def _if(self) -> Node:
        branches: list[tuple[Script | None, Script]] = []
        while True:
            condition = self.body("then")
            body = Script(self._items())
            branches.append((condition, body))
            word = self.word_is("elif", "else", "fi")
            if word == "else":
                branches.append((None, self.body("fi")))
            if word != "elif":
                return If(branches)

    def _for(self) -> Node:
        self.blanks()
        if self.text.startswith("((", self.pos):
            text = self.sum()
            if text is None:
                raise NotBashError
            return Count(text, self._loop_body())
        name = self.word().raw
        self.lines()
        words: list[Text] | None = None
        if re.compile(r"in(?=[ \t\n;]|\\\n|$)").match(self.text, self.pos):
            self.pos += 2
            words = []
            while True:
                self.blanks()
                self.comment()
                if self.peek() in ("", "\n", ";"):
                    break
                words.append(self.word())
        return For(name, words, self._loop_body())

    def _loop_body(self) -> Script:
        self.blanks()
        if self.peek() == ";":
            self.pos += 1
        return self.body("done" if self.word_is("do", "{") == "do" else "}")

    def _case(self) -> Node:
        self.blanks()
        word = self.word()
        self.lines()
        if not re.compile(r"in(?=[ \t\n;(]|\\\n|$)").match(self.text, self.pos):
            raise NotBashError
        self.pos += 2
        branches: list[tuple[list[Text], Script, str]] = []
        while True:
            self.lines()
            if self._reserved() == "esac":
                self.pos += 4
                return Case(word, branches)
            if self.peek() == "(":
                self.pos += 1
            branches.append(self._branch())

    def _branch(self) -> tuple[list[Text], Script, str]:
        patterns: list[Text] = []
        while True:
            self.blanks()
            patterns.append(self.word())
            self.blanks()
            if self.peek() != "|":
                break
            self.pos += 1
        self.expect(")")
        body = Script(self._items())
        for ending in (";;&", ";;", ";&"):
            if self.text.startswith(ending, self.pos):
                self.pos += len(ending)
                return patterns, body, ending
        if self._reserved() != "esac":
            raise NotBashError
        return patterns, body, ";;"

    def _function(self) -> Node:
        self.blanks()
        name = self.word().raw
        self.blanks()
        if self.peek() == "(":
            self.empty_parentheses()
        self.lines()
        return Function(name, self.command())

    def _condition(self) -> Node:
        items: list[Text | str] = []
        while True:
            self.lines()
            self.step(1)
            if self.pos >= self.end:
                raise NotBashError
            if self._condition_ends():
                return Condition(items)
            for operator in ("&&", "||", "(", ")", "<", ">"):
                if self.text.startswith(operator, self.pos):
                    self.pos += len(operator)
                    items.append(operator)
                    break
            else:
                matches = bool(items) and raw_of(items[-1]) == "=~"
                items.append(self.word(MATCH) if matches else self.word())

    def _condition_ends(self) -> bool:
        if not _CONDITION_END.match(self.text, self.pos):
            return False
        self.pos += 2
        return True


def parse(
    text: str, depth: int = 0, step: Callable[[int], object] | None = None
) -> Script:
    """Read a command line; what cannot be read is `broken`.

    :param step: counts work; may raise when there was too much of it.
    """
    return Parser(text, depth, step).script()
