"""One-liners: names that are bound, functions of their own, loops, imports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .call import Call
from .python_values import NOTHING, Either, alternatives
from .script_tokens import Dialect, Token
from .script_values import Block, Name

PASSED = frozenset(
    [
        "const",
        "let",
        "var",
        "my",
        "our",
        "local",
        "return",
        "if",
        "unless",
        "else",
        "elsif",
        "while",
        "until",
        "end",
        "begin",
        "then",
        "and",
        "or",
        "not",
        "do",
        "static",
        "public",
        "private",
        "protected",
        "async",
        "export",
        "default",
    ]
)


#: What is bound, or chosen, stands in so many tokens.
_MOST_TOKENS = 64


def partners_of(tokens: Sequence[Token]) -> dict[int, int]:
    """Return where each opening bracket is closed."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for place, token in enumerate(tokens):
        if token.kind != "o":
            continue
        if token.text in ("(", "[", "{"):
            waiting.append(place)
        elif token.text in (")", "]", "}") and waiting:
            found[waiting.pop()] = place
    return found


class Flow:
    """Tokens at a place, and what the code has bound so far."""

    call: Call
    dialect: Dialect
    functions: Mapping[str, Callable[[Any, str, Sequence[object]], object]]
    names: dict[str, object]
    tokens: list[Token]
    place: int
    end: int
    items: object
    _paired: list[Token] | None = None
    _partners: dict[int, int]

    if TYPE_CHECKING:

        def expression(self, depth: int = 0) -> object: ...  # noqa: D102
        def _operand(self, depth: int) -> object: ...
        def _string(self, token: Token) -> object: ...

    def peek(self, ahead: int = 0) -> Token | None:
        """Return the token at the place, or some further."""
        place = self.place + ahead
        return self.tokens[place] if place < self.end else None

    def sees(self, *texts: str, ahead: int = 0) -> bool:
        """Return whether one of these operators is next."""
        token = self.peek(ahead)
        return token is not None and token.kind in ("o", ";") and token.text in texts

    def sees_word(self, *texts: str) -> bool:
        """Return whether one of these words is next."""
        token = self.peek()
        return token is not None and token.kind == "w" and token.text in texts

    def in_choice(self, start: int) -> bool:
        """Return whether a `?` waits for its `:`."""
        return any(
            t.kind == "o" and t.text == "?"
            for t in self.tokens[max(start, self.place - _MOST_TOKENS) : self.place]
        )

    def assign(self, start: int, value: object) -> object:
        """Bind what is left of `=`: a name, or names in brackets."""
        left = [
            t
            for t in self.tokens[start : min(self.place, start + _MOST_TOKENS)]
            if t.kind != ";"
        ]
        head: list[Token] = []
        for token in left:
            if token.kind == "o" and token.text in ("=", "+=", ".=", ":=", "<<"):
                break
            head.append(token)
        words = [t.text for t in head if t.kind == "w" and t.text not in PASSED]
        if head and head[0].text == "{":
            self._destructure(head, value)
        elif len(words) == 1 and not any(t.text in ("[", ".") for t in head):
            self.names[words[0]] = value
            if words[0][:1] in "@%":
                self.names[words[0][1:]] = value
        elif len(words) > 1 and head[0].text in ("(", "["):
            items = list(value) if isinstance(value, (list, tuple)) else []
            for place, word in enumerate(words):
                self.names[word] = items[place] if place < len(items) else NOTHING
        return value

    def _destructure(self, head: Sequence[Token], value: object) -> None:
        """`const {readFileSync: r, writeFile} = require("fs")`."""
        key = ""
        for place, token in enumerate(head):
            if token.kind != "w":
                continue
            after = head[place + 1].text if place + 1 < len(head) else ""
            if after == ":":
                key = token.text
                continue
            name = key or token.text
            if isinstance(value, Name):
                self.names[token.text] = Name(f"{value.text}.{name}")
            elif isinstance(value, dict):
                self.names[token.text] = value.get(name, NOTHING)
            key = ""

    def runs_file(self, ahead: int = 1) -> bool:
        """Return whether `do` is Perl's function here: `do "file"`."""
        token = self.peek(ahead)
        return token is not None and token.kind == "s" and "do" in self.functions

    def imported(self) -> object:
        """`import fs, {a as b} from "fs"`."""
        bound: list[tuple[str, str]] = []
        word = ""
        while self.place < self.end:
            token = self.peek()
            self.place += 1
            if token is None or token.kind == ";":
                break
            if token.kind == "s":
                module = str(self._string(token)).removeprefix("node:")
                for name, own in bound:
                    self.names[own] = Name(f"{module}.{name}" if name else module)
                handler = self.functions.get("import")
                return handler(self, "import", [module]) if handler else NOTHING
            if token.kind == "w" and token.text == "as" and bound:
                word = bound.pop()[0] or word
                following = self.peek()
                if following is not None:
                    bound.append((word, following.text))
                    self.place += 1
            elif token.kind == "o" and token.text == "*":
                bound.append(("", ""))
            elif token.kind == "w" and token.text != "from":
                inside = any(
                    t.text == "{"
                    for t in self.tokens[max(0, self.place - 40) : self.place]
                )
                bound.append((token.text if inside else "", token.text))
        return NOTHING

    def function(self, depth: int) -> object:
        """`function name(a, b) {...}`, `sub {...}`, `function(a) ... end`."""
        name = ""
        token = self.peek()
        if token is not None and token.kind == "w":
            name = token.text
            self.place += 1
        parameters: list[str] = []
        if self.sees("("):
            close = self.partner(self.place)
            parameters = [
                t.text for t in self.tokens[self.place : close] if t.kind == "w"
            ]
            self.place = close + 1
        del depth
        block = self._body(parameters)
        if name:
            self.names[name] = block
        return block

    def _body(self, parameters: list[str]) -> Block:
        start = self.place
        if self.sees("{"):
            end = self.partner(start)
            self.place = end + 1
            return Block(parameters, start + 1, end, self.tokens)
        nested, place = 1, start
        while place < self.end:
            text = self.tokens[place].text if self.tokens[place].kind == "w" else ""
            nested += {
                "function": 1,
                "if": 1,
                "for": 1,
                "while": 1,
                "do": 0,
                "end": -1,
                "def": 1,
                "case": 1,
            }.get(text, 0)
            place += 1
            if nested == 0:
                break
        self.place = place
        return Block(parameters, start, max(place - 1, start), self.tokens)

    def arrow(self, parameters: list[str]) -> object:
        """Read the body behind `=>`."""
        self.place += 1
        if self.sees("{"):
            return self._body(parameters)
        start, nested = self.place, 0
        while self.place < self.end:
            token = self.tokens[self.place]
            if token.kind == "o" and token.text in "([{":
                nested += 1
            elif token.kind == "o" and token.text in ")]}":
                nested -= 1
            if nested < 0 or (
                not nested
                and (token.kind == ";" or (token.kind == "o" and token.text == ","))
            ):
                break
            self.place += 1
        return Block(parameters, start, self.place, self.tokens)

    def partner(self, place: int) -> int:
        """Return where the bracket at a place is closed."""
        if self._paired is not self.tokens:
            self._paired, self._partners = self.tokens, partners_of(self.tokens)
        return min(self._partners.get(place, self.end), self.end)

    def loop(self, depth: int) -> object:
        """`for (const f of LIST)`, `foreach my $f (LIST)`, `for f in LIST`."""
        words: list[str] = []
        if self.dialect.name == "php" and self.sees("("):
            return self._php_loop(depth)
        while self.place < self.end and not self.sees("{", ";"):
            token = self.peek()
            if token is None:
                break
            if (
                token.kind == "o"
                and token.text == "("
                and not words
                and (self.dialect.name == "javascript")
            ):
                self.place += 1
                continue
            if token.kind == "w" and token.text in ("of", "in", "as", "do"):
                self.place += 1
                break
            if token.kind == "o" and token.text == "(":
                break
            if token.kind != "w":
                self.place += 1
                break
            words.append(token.text)
            self.place += 1
        value = self.expression(depth + 1)
        names = [word for word in words if word not in PASSED] or ["$_"]
        item = self.item_of(value)
        for name in names:
            self.names[name] = item
        return NOTHING

    def _php_loop(self, depth: int) -> object:
        """`foreach (LIST as $key => $value)`."""
        self.place += 1
        value = self.expression(depth + 1)
        while self.place < self.end and not self.sees(")", ";"):
            token = self.peek()
            if token is not None and token.kind == "w" and token.text != "as":
                self.names[token.text] = self.item_of(value)
            self.place += 1
        return NOTHING

    def item_of(self, value: object) -> object:
        """Return what one item of a list may be."""
        found = list(self.each(value))
        if not found:
            return NOTHING
        return found[0] if len(found) == 1 else Either(tuple(found[:24]))

    def each(self, value: object) -> Iterator[object]:
        """Yield the items of a list."""
        for one in alternatives(value):
            if isinstance(one, (list, tuple)):
                yield from one
            elif isinstance(one, str):
                yield one
            else:
                yield NOTHING

    def block_parameters(self) -> None:
        """Ruby's `|f|` after a method: items of what the method was called on."""
        self.place += 1
        while self.place < self.end and not self.sees("|"):
            token = self.peek()
            if token is not None and token.kind == "w":
                self.names[token.text] = self.item_of(self.items)
            self.place += 1
        self.place += 1

    def _bracketed(self, token: Token, depth: int) -> object:
        text = token.text
        if text == "(":
            close = self.partner(self.place - 1)
            if self.sees("=>", ahead=close + 1 - self.place):
                parameters = [
                    t.text for t in self.tokens[self.place : close] if t.kind == "w"
                ]
                self.place = close + 1
                return self.arrow(parameters)
            values = self._list(")", depth)
            return values[0] if len(values) == 1 else values
        if text == "[":
            return self._list("]", depth)
        if text == "{":
            return self._braced(depth)
        if text in ("-", "!", "+", "...", "&", "*", "\\", "@", "~"):
            if text == "-" and self.dialect.name == "perl":
                token_after = self.peek()
                if token_after is not None and len(token_after.text) == 1:
                    self.place += 1  # a file test: `-e FILE`
            return self._operand(depth + 1)
        return NOTHING

    def _braced(self, depth: int) -> object:
        """Read an object literal, a block or a pattern; `{a: b}` gives its values."""
        held: dict[object, object] = {}
        if self.sees("|"):
            self.block_parameters()
        while self.place < self.end and not self.sees("}"):
            place = self.place
            token = self.peek()
            key = token.text if token is not None else ""
            if (
                self.sees(":", "=>", ahead=1)
                and token is not None
                and token.kind in "ws"
            ):
                self.place += 2
                held[key] = self.expression(depth + 1)
            else:
                self.expression(depth + 1)
            if self.sees(",", ";"):
                self.place += 1
            if self.place == place:
                self.place += 1
        self.place += 1
        return held

    def _list(self, close: str, depth: int) -> list[object]:
        values: list[object] = []
        while self.place < self.end and not self.sees(close):
            place = self.place
            value = self.expression(depth + 1)
            if self.sees("=>", ":") and close != "]":
                self.place += 1
                value = self.expression(depth + 1)
            if self.place > place:
                values.append(value)
            if self.sees(",", ";"):
                self.place += 1
            if self.place == place:
                self.place += 1
        self.place += 1
        return values
