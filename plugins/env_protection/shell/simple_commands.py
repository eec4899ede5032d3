"""The grammar of simple commands: words, assignments, redirections, heredocs."""

from __future__ import annotations

import re
from collections.abc import Callable

from .lexer import HEREDOC, INDEX, JOIN, Lexer, NotBashError, TooDeepError
from .tree import Assignment, Function, Literal, Node, Parameter, Redirect, Simple, Text

RESERVED = re.compile(
    r"(?:if|then|else|elif|fi|do|done|case|esac|while|until|for|select|function|time"
    r"|coproc|\{|\}|!|\[\[)(?=[ \t\n;|&()<>]|\\\n|$)"
)
_REDIRECT = re.compile(
    r"(?:[0-9]+|\{[A-Za-z_][A-Za-z0-9_]*\})?"
    r"(?:&>>|&>|<<<|<<-|<<|<>|<&|>&|>>|>\||<(?!\()|>(?!\())"
)
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[|\+?=)")
_EMPTY_LINES = re.compile(r"[ \t\n]*")
_MAY_REDIRECT = frozenset("<>&{0123456789")
#: A plain word that no redirection can begin.
_ARGUMENT = re.compile(
    r"[ \t]+([A-Za-z_./:=,@%+^\-][A-Za-z0-9_./:=,@%+^\-]*)(?=[ \t\n;|&)]|[<>](?!\()|$)"
)
_DECLARING = frozenset(["export", "declare", "typeset", "local", "readonly"])
_QUOTES = re.compile(r"[\\'\"]")


class SimpleParser(Lexer):
    """Reads simple commands; `Parser` adds the others."""

    def __init__(
        self, text: str, depth: int = 0, step: Callable[[int], object] | None = None
    ) -> None:
        super().__init__(text, depth, step)
        self._heredocs: list[tuple[Redirect, str, bool, bool]] = []
        self._closing = 0

    def lines(self) -> None:
        """Skip blanks, newlines and comments."""
        while True:
            if not self._heredocs:
                found = _EMPTY_LINES.match(self.text, self.pos)
                self.pos = found.end() if found else self.pos
            self.blanks()
            self.comment()
            if self.peek() != "\n":
                return
            self.step(1)
            self.newline()

    def comment(self) -> None:
        """Skip a comment."""
        if self.peek() == "#":
            end = self.text.find("\n", self.pos)
            self.pos = self.end if end < 0 else end

    def newline(self) -> None:
        """Consume a newline and the heredocs that follow it."""
        self.pos = min(self.pos + 1, self.end)
        waiting, self._heredocs = self._heredocs, []
        for redirect, delimiter, strip, quoted in waiting:
            redirect.target = self._heredoc(delimiter, strip, quoted)

    def _heredoc(self, delimiter: str, strip: bool, quoted: bool) -> Text:
        lines: list[str] = []
        line = ""
        while self.pos < self.end:
            stop = self.text.find("\n", self.pos)
            stop = self.end if stop < 0 else stop
            line += self.text[self.pos : stop]
            self.pos = min(stop + 1, self.end)
            if not quoted and (len(line) - len(line.rstrip("\\"))) % 2:
                line = line[:-1]  # the next line is a part of this one
                continue
            if strip:
                line = line.lstrip("\t")
            if line == delimiter:
                break
            lines.append(line + "\n")
            line = ""
        else:
            lines.append(line)
        body = "".join(lines)
        if quoted or not body:
            return Text(body, (Literal(body, True),), body)
        inner = type(self)(body, self.depth, self.step)
        return Text(body, inner.parts(HEREDOC))

    def command(self) -> Node:
        """Read a command of any kind."""
        raise NotImplementedError  # pragma: no cover - Parser has it

    def simple(self) -> Node:
        """Read a simple command, or the definition of a function."""
        start = self.pos
        node = Simple([], [])
        declaring = False
        text, words = self.text, node.words
        while True:
            found = _ARGUMENT.match(text, self.pos) if words and not declaring else None
            if found:  # by far the most usual
                raw = found.group(1)
                self.step(1)
                words.append(Text(raw, (Literal(raw),), raw))
                self.pos = found.end()
                continue
            self.blanks()
            letter = text[self.pos : self.pos + 1]
            if letter in _MAY_REDIRECT and self._redirect(node):
                continue
            if letter in ("", "\n") or letter in ";|&)":
                break
            if letter == "(":
                return self._definition(node)
            if letter in "<>" and self.text[self.pos + 1 : self.pos + 2] != "(":
                raise NotBashError
            if letter == "#":
                self.comment()
                break
            if not node.words or declaring:
                assignment = self._assignment()
                if assignment is not None:
                    (node.words if declaring else node.assignments).append(assignment)
                    continue
            word = self.word()
            if not node.words:
                declaring = word.raw in _DECLARING
                self._check_first(word)
            node.words.append(word)
        if self.pos == start:
            raise NotBashError
        node.raw = self.text[start : self.pos]
        _classify(node)
        return node

    def _check_first(self, word: Text) -> None:
        """Refuse a reserved word that is written over two lines: it confuses."""
        if JOIN in word.raw:
            joined = word.raw.replace(JOIN, "")
            if RESERVED.fullmatch(joined) or joined in _DECLARING:
                raise NotBashError

    def _definition(self, node: Simple) -> Node:
        if len(node.words) != 1 or node.assignments or node.redirects:
            raise NotBashError
        word = node.words[0]
        self.empty_parentheses()
        self.lines()
        return Function(raw_of(word), self.command())

    def empty_parentheses(self) -> None:
        """Read `()` of a definition."""
        self.expect("(")
        self.blanks()
        self.expect(")")

    def _assignment(self) -> Assignment | None:
        """Read `NAME=...` if there is one here."""
        found = _ASSIGNED.match(self.text, self.pos)
        if found is None:
            return None
        start, name = self.pos, found.group(1)
        index = None
        operator = found.group(2)
        self.pos = found.end()
        if operator == "[":
            index_start = self.pos
            try:
                parts = self.parts(INDEX)
                index = Text(self.text[index_start : self.pos], parts)
                self.expect("]")
            except TooDeepError:
                raise
            except NotBashError:
                self.pos = start
                return None
            match = re.compile(r"\+?=").match(self.text, self.pos)
            if match is None:
                self.pos = start
                return None
            operator = match.group()
            self.pos = match.end()
        return self._assigned(start, name, index, operator == "+=")

    def _assigned(
        self, start: int, name: str, index: Text | None, append: bool
    ) -> Assignment:
        value: Text | None = None
        items: list[tuple[Text | None, Text]] | None = None
        letter = self.peek()
        if letter == "(" and index is None:
            self.pos += 1
            items = self._array()
        elif (letter and letter not in " \t\n|&;)<>") or self._is_process():
            value = self.word()
        raw = self.text[start : self.pos]
        return Assignment(name, index, append, value, items, raw)

    def _is_process(self) -> bool:
        return self.text.startswith(("<(", ">("), self.pos)

    def _array(self) -> list[tuple[Text | None, Text]]:
        items: list[tuple[Text | None, Text]] = []
        while True:
            self.lines()
            if self.peek() == ")":
                self.pos += 1
                return items
            index = None
            if self.peek() == "[":
                index = self._item_index()
                if index is not None and self.peek() in ("", " ", "\t", "\n", ")"):
                    items.append((index, Text("", ())))
                    continue
            items.append((index, self.word()))

    def _item_index(self) -> Text | None:
        start = self.pos
        self.pos += 1
        parts = self.parts(INDEX)
        raw = self.text[start + 1 : self.pos]
        found = re.compile(r"\]\+?=").match(self.text, self.pos)
        if found is None:
            self.pos = start
            return None
        self.pos = found.end()
        return Text(raw, parts)

    def redirects(self, node: Node) -> None:
        """Read the redirections behind a command."""
        while True:
            self.blanks()
            if self.peek() not in _MAY_REDIRECT or not self._redirect(node):
                return

    def _redirect(self, node: Node) -> bool:
        found = _REDIRECT.match(self.text, self.pos)
        if found is None:
            return False
        whole = found.group()
        operator = whole.lstrip("0123456789")
        if operator.startswith("{"):
            operator = operator[operator.index("}") + 1 :]
        fd = whole[: len(whole) - len(operator)].strip("{}")
        self.pos = found.end()
        self.blanks()
        target = self.word()
        redirect = Redirect(fd, operator, target)
        node.redirects.append(redirect)
        if operator in ("<<", "<<-"):
            quoted = bool(_QUOTES.search(target.raw.replace(JOIN, "")))
            delimiter = _unquoted(target) if quoted else target.raw.replace(JOIN, "")
            self._heredocs.append((redirect, delimiter, operator == "<<-", quoted))
            redirect.target = Text("", ())  # until its body is read
        return True


def _classify(node: Simple) -> None:
    """Tell whether anything in a command is to be expanded, and can vary."""
    items: list[Text | Assignment] = [*node.words, *node.assignments]
    items += [redirect.target for redirect in node.redirects]
    plain = single = True
    for item in items:
        if isinstance(item, Assignment) or item.plain is None:
            plain = False
            if not _is_single(item):
                single = False
                break
    node.is_single = single
    node.is_plain = plain and single and not node.redirects and not node.assignments


def _is_single(item: Text | Assignment) -> bool:
    """Return whether an expansion in it can have but one value at a time."""
    if isinstance(item, Assignment):
        if item.items is not None or item.index is not None:
            return False
        return item.value is None or _is_single(item.value)
    if item.plain is not None:
        return True
    for part in item.parts:
        if type(part) is Literal:
            continue
        if type(part) is not Parameter or part.operator or part.index or part.indirect:
            return False
    return bool(item.parts)


def raw_of(item: Text | Assignment | str) -> str:
    """Return what is written."""
    return item if isinstance(item, str) else item.raw


def _unquoted(target: Text) -> str:
    """Return a heredoc's delimiter: quotes are taken off, nothing is expanded."""
    if all(isinstance(part, Literal) for part in target.parts):
        return "".join(part.text for part in target.parts if isinstance(part, Literal))
    return re.compile(r"[\\'\"]").sub("", target.raw)
