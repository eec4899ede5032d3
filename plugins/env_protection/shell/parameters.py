"""`$NAME` and `${NAME...}`: the values of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ..words import UNKNOWN, Word
from .arithmetic import Calculator, UnknownNumberError, number
from .expand import Expander
from .grammar import Parser
from .lexer import SUM, NotBashError
from .patterns import Token, compiled, ends
from .state import Values
from .tree import Parameter, Text

_T = TypeVar("_T")
#: Begins the key of an item of an array whose place is not known.
UNSURE = "?"
_DEFAULTS = frozenset([":-", "-", ":=", "=", ":?", "?", ":+", "+"])
_UNKNOWN_MANY = Word(UNKNOWN, many=True)
#: What takes more steps to match has no known result.
_MOST_WORK = 2000
_LONGEST_CUT = 8192


class Parameters(Expander):
    """Expands parameters."""

    def parameter(self, part: Parameter) -> tuple[list[Word], bool]:
        """Return a parameter's value: words, and whether they stay apart."""
        if part.indirect:
            return self._indirect(part)
        words, separate = self._value(part)
        if part.length:
            return [Word(self._length(words, separate))], False
        if part.operator:
            words = self._operated(part, words, separate)
        return words, separate

    # Values

    def _value(self, part: Parameter) -> tuple[list[Word], bool]:
        name = part.name
        for _ in range(5):
            if name not in self.state.references:
                break
            name = self.state.references[name]
        if name in ("@", "*"):
            return self._joined(self._arguments(), name, part.quoted)
        if part.index is not None:
            return self._item(part, name, part.index)
        return [Word(self.scalar(name))], False

    def _arguments(self) -> list[Word]:
        given = self.state.arguments
        return [_UNKNOWN_MANY] if given is None else given

    def _joined(
        self, words: list[Word], name: str, quoted: bool
    ) -> tuple[list[Word], bool]:
        if name == "@" or not quoted:
            return words, True
        values = self.state.variables.get("IFS")
        between = " " if values is None else self.pick("IFS", values)[:1]
        return [Word(between.join([word.text for word in words]))], False

    def scalar(self, name: str) -> str:
        """Return the value of a parameter that is one text."""
        if name in self.state.wild:
            self.wild = True
        values = self.state.variables.get(name)
        if values is not None:
            return self.pick(name, values)
        if name in self.state.arrays:
            array = self.array(name)
            return UNKNOWN if array is None else self._place(name, array, "0")
        if name.isdigit():
            return self._numbered(int(name))
        if name == "PWD":
            return self.cwd
        if name == "IFS":
            return " \t\n"
        if name == "#":
            given = self.state.arguments
            known = given is not None and not any(word.many for word in given)
            return str(len(given or ())) if known else UNKNOWN
        if name == "_":
            return self.last
        if name in ("?", "$", "!", "-"):
            return UNKNOWN
        return self.world.variables.get(name, UNKNOWN)

    def _numbered(self, place: int) -> str:
        if place == 0:
            return self.state.name
        given = self.state.arguments
        if given is None or any(word.many for word in given[:place]):
            return UNKNOWN
        return given[place - 1].text if place <= len(given) else ""

    def array(self, name: str) -> dict[str, str] | None:
        """Return an array's items; None when they are not known or it is not set."""
        found = self.state.arrays.get(name)
        if found is None or len(found) == 1:
            return None if found is None else found[0]
        place = self.pick(f"{name}[]", tuple([str(n) for n in range(len(found))]))
        return None if place == UNKNOWN else found[int(place)]

    def _item(self, part: Parameter, name: str, index: Text) -> tuple[list[Word], bool]:
        array = self.array(name)
        if index.raw in ("@", "*"):
            if array is None:
                known = name in self.state.variables
                value = self.scalar(name) if known else UNKNOWN
                return [Word(value, many=not known)], True
            words = [Word(text, UNKNOWN in text) for text in array.values()]
            return self._joined(words, index.raw, part.quoted)
        key = self.key(name, index)
        if array is None:
            if name in self.state.variables and key == "0":
                return [Word(self.scalar(name))], False
            return [Word(UNKNOWN)], False
        return [Word(self._place(name, array, key))], False

    def key(self, name: str, index: Text) -> str:
        """Return the key that stands in brackets."""
        text = self.string(index)
        if name in self.state.keyed:
            return text
        return self.calculated(Text(text, (), text))

    def _place(self, name: str, array: dict[str, str], key: str) -> str:
        if UNKNOWN in key:
            values = tuple(dict.fromkeys(array.values()))
            return self.pick(f"{name}[?]", values) if values else ""
        unsure = [text for at, text in array.items() if at[:1] == UNSURE]
        if unsure:
            values = tuple(dict.fromkeys([array.get(key, ""), *unsure]))
            return self.pick(f"{name}[{key}]", values)
        if key.startswith("-") and key[1:].isdigit():
            items = list(array.values())
            place = len(items) + int(key)
            return items[place] if 0 <= place < len(items) else ""
        return array.get(key, "")

    def _length(self, words: list[Word], separate: bool) -> str:
        if any(UNKNOWN in word.text or word.many for word in words):
            return UNKNOWN
        return str(len(words) if separate else len(words[0].text))

    def _indirect(self, part: Parameter) -> tuple[list[Word], bool]:
        if part.index is not None and part.index.raw in ("@", "*"):
            array = self.array(part.name)
            if array is None:
                return [_UNKNOWN_MANY], True
            return [Word(key) for key in array], True
        if part.operator in ("*", "@") and part.operand is None:
            names = {*self.state.variables, *self.state.arrays}
            return [Word(n) for n in sorted(names) if n.startswith(part.name)], True
        if part.name in self.state.references:
            return [Word(self.state.references[part.name])], False
        target = self._value(Parameter(part.name, index=part.index))[0][0].text
        if UNKNOWN in target:
            self.wild = True
            return [Word(UNKNOWN, many=not part.quoted)], False
        inner = self.named(target, part.quoted)
        inner.operator, inner.operand = part.operator, part.operand
        inner.other = part.other
        return self.parameter(inner)

    def named(self, target: str, quoted: bool = True) -> Parameter:
        """Return the parameter that a text such as `name[1]` names."""
        try:
            parts = Parser("${" + target + "}", step=self.step).parts(SUM)
        except NotBashError:
            parts = []
        if len(parts) == 1 and isinstance(parts[0], Parameter):
            found = parts[0]
            found.quoted = quoted
            found.operator = ""
            return found
        return Parameter("_", quoted)

    # Operators

    def _operated(
        self, part: Parameter, words: list[Word], separate: bool
    ) -> list[Word]:
        operator = part.operator
        if operator in _DEFAULTS:
            return self._defaulted(part, words)
        if operator == ":":
            return self._sliced(part, words, separate)
        if operator == "@":
            letter = self.string(part.operand)
            return [self._transformed(word, letter) for word in words]
        if operator[0] in "^,":
            return [Word(_case(word.text, operator), word.many) for word in words]
        pattern = compiled(self.chunks(part.operand)) if part.operand else ()
        if operator[0] == "/":
            new = self.string(part.other)
            return [self._replaced(word, operator, pattern, new) for word in words]
        return [self._cut(word, operator, pattern) for word in words]

    def default(self, part: Parameter) -> Text | None:
        """Return the text that `${NAME:-text}` stands for, None if it is its value.

        What comes from outside may be set or not: both are followed.
        """
        if part.operator not in _DEFAULTS or part.indirect or part.length:
            return None
        words, _ = self._value(part)
        text = "".join([word.text for word in words])
        unsure = UNKNOWN in text or (not text and ":" not in part.operator)
        takes = bool(text) == (part.operator[-1] == "+")
        if unsure:
            takes = self.pick(f"{part.name}:{id(part)}", ("", "x")) == "x"
        operand = part.operand or Text("", ())
        if part.operator[-1] == "=" and takes:
            self.state.assign(part.name, (self.string(operand),))
        if part.operator[-1] == "?":
            self.string(operand)
            return None
        return operand if takes else None

    def _defaulted(self, part: Parameter, words: list[Word]) -> list[Word]:
        """Apply `:-` and its like where one text is wanted."""
        text = self.default(part)
        if text is not None:
            return [Word(self.string(text))]
        return [Word("")] if part.operator[-1] == "+" else words

    def _sliced(self, part: Parameter, words: list[Word], separate: bool) -> list[Word]:
        raw = self.string(part.operand)
        first, _, rest = raw.partition(":")
        try:
            start = int(self.calculated(Text(first, (), first)))
            end = self.calculated(Text(rest, (), rest)) if ":" in raw else ""
            count = int(end) if end else None
        except ValueError:
            many = any(word.many for word in words) or separate
            return [Word(UNKNOWN, many=many)]
        if separate:
            if any(word.many for word in words):
                return [_UNKNOWN_MANY]
            items: Sequence[Word] = words
            if part.name in ("@", "*"):
                items = [Word(self.state.name), *words]
            return list(_slice(items, start, count))
        text = words[0].text
        if UNKNOWN in text:
            return [Word(UNKNOWN)]
        return [Word("".join(_slice(text, start, count)))]

    def _transformed(self, word: Word, letter: str) -> Word:
        """Apply `@Q`, `@P`...: `@P` runs the commands in the text."""
        text = word.text
        if letter == "P":
            return Word(self.embedded(text))
        if letter in ("U", "u", "L"):
            operator = {"U": "^^", "u": "^", "L": ",,"}[letter]
            return Word(_case(text, operator), word.many)
        if letter == "E":
            return Word(UNKNOWN if "\\" in text else text)
        if letter == "Q" and UNKNOWN not in text:
            return Word("'" + text.replace("'", "'\\''") + "'")
        return Word(UNKNOWN)

    def embedded(self, text: str) -> str:
        """Expand a text that is data, as prompts and array indexes are."""
        if "$" not in text and "`" not in text:
            return text
        try:
            parser = Parser(text, step=self.step)
            return self.string(Text(text, parser.parts(SUM)))
        except NotBashError:
            return UNKNOWN

    def _cut(self, word: Word, operator: str, pattern: Sequence[Token]) -> Word:
        text = word.text
        if not pattern:
            return word
        if UNKNOWN in text:
            last = text.rpartition("/")[2]
            if operator == "##" and pattern == (("*", None), ("c", "/")):
                return word if UNKNOWN in last else Word(last)
            return Word(UNKNOWN, word.many)
        if not self._can_match(pattern, text, 1 if operator[0] == "#" else len(text)):
            return Word(UNKNOWN)
        if operator[0] == "#":
            found = ends(pattern, text, {0})
            if not found:
                return word
            return Word(text[(max if len(operator) == 2 else min)(found) :])
        order = range(len(text) + 1)
        for start in order if len(operator) == 2 else reversed(order):
            if len(text) in ends(pattern, text, {start}):
                return Word(text[:start])
        return word

    def _can_match(self, pattern: Sequence[Token], text: str, starts: int) -> bool:
        """Return whether matching at so many places is worth its work."""
        wide = any(kind in ("*", "group") for kind, _ in pattern)
        work = starts * len(pattern) * (len(text) if wide else 1) // 200
        if work > _MOST_WORK or len(text) > _LONGEST_CUT:
            return False
        return self.step(1 + work)

    def _replaced(
        self, word: Word, operator: str, pattern: Sequence[Token], new: str
    ) -> Word:
        text = word.text
        if not pattern:
            return word
        if UNKNOWN in text or not self._can_match(pattern, text, len(text)):
            return Word(UNKNOWN, word.many)
        found: list[str] = []
        place = 0
        while place <= len(text):
            stops = {e for e in ends(pattern, text, {place}) if e > place}
            if operator == "/%":
                stops &= {len(text)}
            if stops:
                found.append(new)
                place = max(stops)
                if operator != "//":
                    break
            elif operator == "/#":
                break
            else:
                found.append(text[place : place + 1])
                place += 1
        return Word("".join(found) + text[place:])

    # Arithmetic

    def calculated(self, text: Text) -> str:
        """Return an arithmetic expression's value, `UNKNOWN` if it is not known.

        Indexes in it, and those in the values of its variables, may hold commands.
        """
        expression = self.string(text)
        if expression.isdigit() and expression[0] != "0":
            return expression
        if UNKNOWN in expression:
            self._assigned_within(expression)
            return UNKNOWN
        if "[" in expression:
            self.embedded(expression)
            return UNKNOWN
        try:
            return str(Calculator(expression, self._number, self._count).result())
        except UnknownNumberError:
            self._assigned_within(expression)
            return UNKNOWN

    def _assigned_within(self, expression: str) -> None:
        """Forget the variables that an expression may give a value."""
        if "=" not in expression and "++" not in expression and "--" not in expression:
            return
        for name in list(self.state.variables):
            if name in expression:
                self.state.assign(name, (UNKNOWN,))

    def _number(self, name: str, depth: int = 0) -> int:
        value = self.scalar(name).strip()
        if not value:
            return 0
        if "$" in value or "`" in value:
            self.embedded(value)
            raise UnknownNumberError
        if value.isidentifier() and depth < 5:
            return self._number(value, depth + 1)
        return -number(value[1:]) if value[0] == "-" else number(value)

    def _count(self, name: str, value: int | None) -> None:
        values: Values = (UNKNOWN,) if value is None else (str(value),)
        self.state.assign(name, values)


def _slice(items: Sequence[_T], start: int, count: int | None) -> Sequence[_T]:
    if start < 0:
        start += len(items)
        if start < 0:
            return []
    if count is None:
        return items[start:]
    end = start + count if count >= 0 else len(items) + count
    return items[start : max(start, end)]


def _case(text: str, operator: str) -> str:
    change = str.upper if operator[0] == "^" else str.lower
    kept = [UNKNOWN if letter == UNKNOWN else change(letter) for letter in text]
    if len(operator) == 2:
        return "".join(kept)
    return "".join(kept[:1]) + text[1:]
