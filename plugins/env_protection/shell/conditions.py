"""`test`, `[` and `[[`: what can be told of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..words import UNKNOWN
from .assigning import Assigning
from .patterns import compiled, matches
from .tree import Text

_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}


class Conditions(Assigning):
    """Evaluates conditions; `status` is None where nothing can be told.

    :ivar status: whether the last command succeeds, None when it is not known.
    """

    status: bool | None = None

    def tested(self, items: Sequence[Text | str]) -> None:
        """Follow `[[ ... ]]`."""
        texts = [item if isinstance(item, str) else self.string(item) for item in items]
        self.status = None
        for place, text in enumerate(texts):
            if text in _NUMBERS and 0 < place < len(texts) - 1:
                for side in (texts[place - 1], texts[place + 1]):
                    self.calculated(Text(side, (), side))
            elif text in ("-v", "-R") and place + 1 < len(texts):
                self.embedded(texts[place + 1])
            elif text == "=~":
                self.state.arrays["BASH_REMATCH"] = (None,)
        if len(items) == 3 and texts[1] in ("==", "=", "!="):
            right = items[2]
            if UNKNOWN not in texts[0] + texts[2] and isinstance(right, Text):
                equal = matches(compiled(self.chunks(right)), texts[0])
                self.status = equal == (texts[1] != "!=")
            return
        self.compared(texts)

    def compared(self, texts: Sequence[str]) -> None:
        """Tell a condition of strings and numbers."""
        self.status = None
        negated = bool(texts) and texts[0] == "!"
        rest = list(texts[1:] if negated else texts)
        if any(UNKNOWN in text for text in rest):
            return
        found: bool | None = None
        if not rest:
            found = False
        elif len(rest) == 1:
            found = bool(rest[0])
        elif len(rest) == 2 and rest[0] in ("-n", "-z"):
            found = bool(rest[1]) == (rest[0] == "-n")
        elif len(rest) == 3:
            found = self._pair(rest[0], rest[1], rest[2])
        if found is not None:
            self.status = found != negated

    def _pair(self, left: str, operator: str, right: str) -> bool | None:
        if operator in ("=", "=="):
            return left == right
        if operator == "!=":
            return left != right
        if operator in _NUMBERS:
            try:
                return _NUMBERS[operator](int(left), int(right))
            except ValueError:
                return None
        return None
