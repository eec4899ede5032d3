"""Arithmetic of the shell, as far as the numbers are known."""

from __future__ import annotations

import re
from collections.abc import Callable

_TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9A-Fa-f]+|[0-9]+(?:#[0-9A-Za-z@_]+)?)|([A-Za-z_][A-Za-z0-9_]*)"
    r"|(<<=|>>=|\*\*|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%<>=!~&|^?:,()]))"
)
_PRIORITY = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6,
    "<": 7, ">": 7, "<=": 7, ">=": 7, "<<": 8, ">>": 8,
    "+": 9, "-": 9, "*": 10, "/": 10, "%": 10, "**": 12,
}  # fmt: skip
_ASSIGNING = frozenset(["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="])
_LARGEST = 1 << 63


class UnknownNumberError(Exception):
    """The value cannot be told."""


class Calculator:
    """Evaluates one expression.

    :param value: returns a variable's number; raises `UnknownNumberError`.
    :param assign: gives a variable a number, None when it is not known.
    """

    def __init__(
        self,
        text: str,
        value: Callable[[str], int],
        assign: Callable[[str, int | None], None],
    ) -> None:
        self._value, self._assign = value, assign
        self._tokens: list[str] = []
        pos = 0
        while pos < len(text.rstrip()):
            found = _TOKEN.match(text, pos)
            if found is None or len(self._tokens) > 500:
                raise UnknownNumberError
            self._tokens.append(found.group().strip())
            pos = found.end()
        self._pos = 0
        self._depth = 0

    def result(self) -> int:
        """Return the value of the whole expression."""
        if not self._tokens:
            return 0
        found = self._comma()
        if self._pos < len(self._tokens):
            raise UnknownNumberError
        return found

    def _peek(self) -> str:
        return self._tokens[self._pos] if self._pos < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._pos += 1
        return token

    def _comma(self) -> int:
        found = self._choice()
        while self._peek() == ",":
            self._pos += 1
            found = self._choice()
        return found

    def _choice(self) -> int:
        self._depth += 1
        if self._depth > 30:
            raise UnknownNumberError
        found = self._assignment()
        if self._peek() == "?":
            self._pos += 1
            first = self._choice()
            if self._take() != ":":
                raise UnknownNumberError
            second = self._choice()
            found = first if found else second
        self._depth -= 1
        return found

    def _assignment(self) -> int:
        name = self._peek()
        after = self._tokens[self._pos + 1 : self._pos + 2]
        if name.isidentifier() and after and after[0] in _ASSIGNING:
            self._pos += 2
            try:
                found = self._choice()
                if after[0] != "=":
                    found = _apply(after[0][:-1], self._value(name), found)
            except UnknownNumberError:
                self._assign(name, None)
                raise
            self._assign(name, found)
            return found
        return self._binary(1)

    def _binary(self, lowest: int) -> int:
        found = self._unary()
        while True:
            operator = self._peek()
            priority = _PRIORITY.get(operator, 0)
            if priority < lowest or not priority:
                return found
            self._pos += 1
            right = self._binary(priority + (operator != "**"))
            found = _apply(operator, found, right)

    def _unary(self) -> int:
        token = self._take()
        if token in ("+", "-", "!", "~"):
            self._depth += 1
            if self._depth > 30:
                raise UnknownNumberError
            found = self._unary()
            self._depth -= 1
            return {"+": found, "-": -found, "!": int(not found), "~": ~found}[token]
        if token in ("++", "--"):
            return self._count(self._take(), token, before=True)
        if token == "(":  # noqa: S105 - an operator
            found = self._comma()
            if self._take() != ")":
                raise UnknownNumberError
            return found
        if token.isidentifier():
            if self._peek() in ("++", "--"):
                return self._count(token, self._take(), before=False)
            return self._value(token)
        return number(token)

    def _count(self, name: str, operator: str, *, before: bool) -> int:
        if not name.isidentifier():
            raise UnknownNumberError
        try:
            old = self._value(name)
        except UnknownNumberError:
            self._assign(name, None)
            raise
        new = old + (1 if operator == "++" else -1)
        self._assign(name, new)
        return new if before else old


def number(token: str) -> int:
    """Return the value of `12`, `0x1f`, `017`, `16#ff`."""
    try:
        if "#" in token:
            base, _, digits = token.partition("#")
            return int(digits, int(base)) if int(base) <= 36 else _unknown()
        if token[:2] in ("0x", "0X"):
            return int(token, 16)
        if len(token) > 1 and token[0] == "0":
            return int(token, 8)
        return int(token)
    except ValueError:
        raise UnknownNumberError from None


def _unknown() -> int:
    raise UnknownNumberError


def _apply(operator: str, left: int, right: int) -> int:
    found: int | None
    if operator in ("/", "%"):
        if not right:
            raise UnknownNumberError
        found = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        if operator == "%":
            found = left - found * right
    elif operator == "**":
        found = left**right if 0 <= right < 64 and abs(left) < _LARGEST else None
    elif operator in ("<<", ">>"):
        found = None
        if 0 <= right < 64:
            found = left << right if operator == "<<" else left >> right
    else:
        found = _SIMPLE[operator](left, right)
    if found is None or abs(found) >= _LARGEST:
        raise UnknownNumberError
    return found


_SIMPLE: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&&": lambda a, b: int(bool(a and b)),
    "||": lambda a, b: int(bool(a or b)),
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
}
