"""Follow a one-liner of Node, Perl, Ruby, PHP or Lua without running it.

A tolerant reader: expressions are folded where they are texts that are put together,
calls are looked up by name, everything else is passed over. The code's own functions
are followed when they are called or handed to something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..words import UNKNOWN, Word
from .call import Call
from .python_values import NOTHING, Either, Nothing, alternatives, either, text_of
from .script_flow import PASSED, Flow
from .script_tokens import MOST_TOKENS, Dialect, Token, tokens_of
from .script_values import Block, Member, Name, joined, number

_DEEPEST = 24
#: Longer code is not followed.
_LONGEST = 24_000


Handler = Callable[["Script", str, Sequence[object]], object]


class Script(Flow):
    """Follows one piece of code.

    :param functions: what functions do, by the last part of their name.
    """

    def __init__(
        self,
        call: Call,
        dialect: Dialect,
        functions: Mapping[str, Handler],
        methods: Handler,
        argv: Sequence[Word],
    ) -> None:
        self.call = call
        self.dialect = dialect
        self.functions = functions
        self.methods = methods
        self.argv = [word.text for word in argv]
        self.names: dict[str, object] = {}
        self.tokens: list[Token] = []
        self.place = 0
        self.end = 0
        self.depth = 0
        self.items: object = NOTHING

    def run(self, text: str) -> object:
        """Follow code in a text; return the value of its last expression."""
        if not text.replace(UNKNOWN, "").strip():
            if UNKNOWN in text:
                self.call.doubt(self.call.name, "the code it runs is not known")
            return NOTHING
        if self.depth > 4 or not self.call.findings.step(1 + len(text) // 4):
            self.call.doubt(self.call.name, "the code it runs is nested too deep")
            return NOTHING
        if len(text) > _LONGEST:
            self.call.doubt(self.call.name, "the code is too long to be followed")
            return NOTHING
        tokens = tokens_of(text, self.dialect)
        if len(tokens) > MOST_TOKENS:
            self.call.doubt(self.call.name, "the code is too long to be followed")
            return NOTHING
        self.depth += 1
        value = self._within(tokens, 0, len(tokens))
        self.depth -= 1
        return value

    def _within(self, tokens: list[Token], start: int, end: int) -> object:
        before = (self.tokens, self.place, self.end)
        self.tokens, self.place, self.end = tokens, start, end
        value = self._statements()
        self.tokens, self.place, self.end = before
        return value

    def _statements(self) -> object:
        value: object = NOTHING
        while self.place < self.end and self.call.findings.step():
            place = self.place
            token = self.peek()
            passed = token is not None and token.kind == "w" and token.text in PASSED
            if passed and not (self.sees_word("do") and self.runs_file()):
                self.place += 1
                continue
            found = self.expression()
            value = value if isinstance(found, Nothing) else found
            if self.place == place:
                self.place += 1
        return value

    def expression(self, depth: int = 0) -> object:
        """Read an expression and return what it comes to."""
        if depth > _DEEPEST or not self.call.findings.step(3):
            self.place += 1
            return NOTHING
        start = self.place
        value = self._operand(depth)
        while self.place < self.end:
            token = self.peek()
            if token is None:
                break
            text = token.text
            if token.kind == "o" and text in self.dialect.joins:
                self.place += 1
                added = self._operand(depth + 1)
                if text == "<<" and isinstance(value, list):
                    value = [*value, added]
                else:
                    value = joined(value, added)
                if text == "<<":
                    # Ruby's changes what is on its left.
                    value = self.assign(start, value)
            elif token.kind == "o" and text in ("=", ":=") and self._assigns(start):
                self.place += 1
                value = self.assign(start, self.expression(depth + 1))
            elif token.kind == "o" and text in ("+=", ".=", "..="):
                self.place += 1
                made = joined(value, self.expression(depth + 1))
                value = self.assign(start, made)
            elif token.kind == "o" and text in ("||", "??", "?", ":") and depth < 12:
                if text == ":" and not self.in_choice(start):
                    break
                self.place += 1
                other = self.expression(depth + 1)
                value = either(value, other) if text != "?" else other
            elif token.kind == "o" and text in _OTHER:
                self.place += 1
                self._operand(depth + 1)
                value = NOTHING
            else:
                break
        return value

    def _assigns(self, start: int) -> bool:
        del start
        return True

    def _operand(self, depth: int) -> object:
        token = self.peek()
        if token is None:
            return NOTHING
        if token.kind == ";":
            return NOTHING
        self.place += 1
        value: object = NOTHING
        if token.kind in ("s", "x"):
            value = self._string(token)
        elif token.kind == "n":
            value = number(token.text)
        elif token.kind == "g":
            value = self._angle(token.text)
        elif token.kind == "w":
            value = self._word(token, depth)
        elif token.kind == "o":
            value = self._bracketed(token, depth)
        return self._after(value, depth)

    def _string(self, token: Token) -> object:
        if token.text.startswith("\0"):
            return token.text[1:].split("\0")
        value: object = token.text
        for place, part in enumerate(token.parts):
            if place % 2 == 0:
                value = joined(value, part)
            else:
                value = joined(value, self.run(part))
        if token.kind == "x":
            for each in alternatives(value):
                self.call.command(text_of(each))
            return UNKNOWN
        if isinstance(value, str) and value == "" and not token.parts:
            return token.text
        return value

    def _angle(self, body: str) -> object:
        if not body or body.isupper() or body[0] == "$":
            if body in ("", "ARGV"):
                for each in self.each(self.names.get("@ARGV", NOTHING)):
                    if isinstance(each, str):
                        self.call.read(each)
            return UNKNOWN
        handler = self.functions.get("glob")
        return handler(self, "glob", [body]) if handler is not None else UNKNOWN

    def _word(self, token: Token, depth: int) -> object:
        text = token.text
        if text in ("function", "sub", "lambda", "def", "proc") and not self.sees("=>"):
            return self.function(depth)
        if self.sees("=>") and self.dialect.name == "javascript":
            return self.arrow([text])
        if text == "do" and self.runs_file(0):
            return Name(text)
        if text in (
            "async",
            "await",
            "new",
            "return",
            "my",
            "our",
            "local",
            "const",
            "let",
            "var",
            "typeof",
            "yield",
            "not",
            "unless",
            "if",
            "while",
            "then",
            "else",
            "elsif",
            "elif",
            "do",
            "begin",
            "throw",
            "void",
            "delete",
        ):
            return self._operand(depth + 1)
        if text in ("for", "foreach"):
            return self.loop(depth)
        if (
            text == "import"
            and self.dialect.name == "javascript"
            and not self.sees("(")
        ):
            return self.imported()
        if text in self.names:
            return self.names[text]
        if text in ("true", "false", "null", "undefined", "nil", "None"):
            return NOTHING
        return Name(text)

    def _after(self, value: object, depth: int) -> object:
        """Read what follows an operand: members, indexes, calls."""
        while self.place < self.end and self.call.findings.step():
            token = self.peek()
            if token is None:
                break
            if (
                token.kind == "o"
                and token.text in (".", "?.", "->", "::", ":")
                and (self._is_member(token.text))
            ):
                value = self._member(value, depth)
            elif (
                token.kind == "o"
                and token.text == "["
                and not isinstance(value, Nothing)
            ):
                self.place += 1
                keys = self._list("]", depth)
                value = _indexed(value, keys[0] if keys else NOTHING, self)
            elif token.kind == "o" and token.text == "(":
                if not isinstance(value, (Name, Block, Member, Nothing, Either)):
                    break
                self.place += 1
                value = self._invoke(value, depth)
            elif self._is_bare_call(value, token):
                value = self._bare_call(value, depth)
            elif (token.kind == "w" and token.text == "do") or self._is_ruby_block(
                value
            ):
                self.place += 1
                if self.sees("|"):
                    self.block_parameters()
            else:
                break
        return value

    def _is_ruby_block(self, value: object) -> bool:
        if self.dialect.name != "ruby" or isinstance(value, Nothing):
            return False
        return self.sees("{") and self.sees("|", ahead=1)

    def _is_member(self, text: str) -> bool:
        following = self.peek(1)
        if following is None:
            return False
        if text == "." and "." in self.dialect.joins:
            return False
        if text == ":" and self.dialect.name != "lua":
            return False
        return following.kind == "w" or following.text in ("[", "(", "{")

    def _member(self, value: object, depth: int) -> object:
        self.place += 1
        token = self.peek()
        if token is None or token.kind != "w":
            return value
        self.place += 1
        if isinstance(value, Name):
            found: object = Name(f"{value.text}.{token.text}")
            known = self.functions.get(f"={value.text}.{token.text}")
            if known is not None:
                found = known(self, token.text, [])
        else:
            found = Member(value, token.text)
        self.items = value
        del depth
        following = self.peek()
        waits = (
            following is not None and following.kind == "o" and following.text == "("
        )
        is_called = self.dialect.name == "ruby" or token.text in ("length", "first")
        if isinstance(found, Member) and not waits and is_called:
            return self.methods(self, found.name, [found.value])
        return found

    def _invoke(self, function: object, depth: int) -> object:
        before = self.items
        if isinstance(function, Member):
            self.items = function.value
        arguments = self._list(")", depth)
        self.items = before
        return self.apply(function, arguments)

    def apply(self, function: object, arguments: Sequence[object]) -> object:
        """Follow a call and return what it gives."""
        made: object = NOTHING
        for place, each in enumerate(alternatives(function)):
            one = self._apply_one(each, arguments)
            made = one if not place else either(made, one)
        return made

    def _apply_one(self, function: object, arguments: Sequence[object]) -> object:
        if isinstance(function, Block):
            return self.enter(function, arguments)
        if isinstance(function, Member):
            items = self.item_of(function.value)
            self._callbacks(arguments, items)
            if function.name in self.functions and isinstance(
                function.value, (dict, Nothing)
            ):
                return self.functions[function.name](self, function.name, arguments)
            return self.methods(self, function.name, [function.value, *arguments])
        if isinstance(function, Name):
            handler = self.functions.get(function.text) or self.functions.get(
                function.last
            )
            if handler is not None:
                found = handler(self, function.text, arguments)
                self._callbacks(arguments, NOTHING)
                return found
        self._callbacks(arguments, NOTHING)
        unknown = self.functions.get("")
        if unknown is not None:
            name = function.text if isinstance(function, Name) else ""
            return unknown(self, name, arguments)
        return NOTHING

    def _callbacks(self, arguments: Sequence[object], item: object) -> None:
        for argument in arguments:
            if isinstance(argument, Block):
                self.enter(argument, [item])

    def enter(self, block: Block, arguments: Sequence[object]) -> object:
        """Follow the body of a function of the code's own."""
        if self.depth > 6:
            return NOTHING
        for place, name in enumerate(block.parameters):
            self.names[name] = arguments[place] if place < len(arguments) else NOTHING
        self.names["@_"] = list(arguments)
        self.names["$_"] = arguments[0] if arguments else self.names.get("$_", NOTHING)
        self.depth += 1
        value = self._within(block.tokens, block.start, block.end)
        self.depth -= 1
        return value

    def _is_bare_call(self, value: object, token: Token) -> bool:
        if not self.dialect.bare_calls or not isinstance(value, Name):
            return False
        if value.last not in self.functions and value.text not in self.functions:
            return False
        if token.kind in ("s", "x", "n", "g"):
            return True
        if token.kind == "w":
            return token.text not in (
                "do",
                "if",
                "unless",
                "and",
                "or",
                "for",
                "end",
                "as",
            )
        return token.text in ("[", "<", "-", "\\", "{") and self.dialect.name == "perl"

    def _bare_call(self, value: object, depth: int) -> object:
        arguments: list[object] = []
        while self.place < self.end:
            place = self.place
            if self.sees_word("if", "unless", "or", "and", "for", "foreach", "do"):
                break
            if self.sees(")", "}", "]", ";"):
                break
            arguments.append(self.expression(depth + 1))
            if self.place == place:
                self.place += 1
                arguments.pop()
            if not self.sees(","):
                following = self.peek()
                handle = following is not None and following.kind in ("s", "x")
                if not (
                    handle and isinstance(arguments[-1] if arguments else None, Name)
                ):
                    break
            else:
                self.place += 1
        return self.apply(value, arguments)


_OTHER = frozenset(
    [
        "+",
        "-",
        "*",
        "/",
        "%",
        "==",
        "===",
        "!=",
        "!==",
        "<",
        ">",
        "<=",
        ">=",
        "&&",
        "&",
        "|",
        "^",
        "**",
        "=~",
        "!~",
        "<=>",
        ">>",
        "<<",
        "x",
        "eq",
        "ne",
        "..",
        "//",
        "=>",
    ]
)


def _indexed(value: object, key: object, script: Script) -> object:
    if isinstance(value, Name):
        if isinstance(key, str):
            known = script.functions.get(f"={value.text}.{key}")
            if known is not None:
                return known(script, key, [])
            return Name(f"{value.text}.{key}")
        known = script.functions.get(f"={value.text}[]")
        return known(script, "", [key]) if known is not None else NOTHING
    if isinstance(value, (list, tuple)) and isinstance(key, int):
        return value[key] if -len(value) <= key < len(value) else NOTHING
    if isinstance(value, dict) and isinstance(key, (str, int)):
        return value.get(key, NOTHING)
    if isinstance(value, str) and isinstance(key, int) and UNKNOWN not in value:
        return value[key] if -len(value) <= key < len(value) else NOTHING
    if isinstance(value, str) and isinstance(key, str):
        return Member(value, key)
    if isinstance(key, str):
        return Member(value, key)
    return NOTHING
