"""`read` and `mapfile`: variables from what a command is fed."""

from __future__ import annotations

from collections.abc import Sequence

from ..words import UNKNOWN, Word
from .conditions import Conditions
from .tree import Assignment

_WITH_VALUE = "adinNptu"
_MAPFILE_VALUE = "dnOsuCc"


class Reads(Conditions):
    """Does `read` and `mapfile`."""

    def _read(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        options, names = _options(words[1:], _WITH_VALUE)
        fd = options.get("u", "0")
        line, more = self._line(fd, options)
        self.status = more
        hidden = line is None
        wild = hidden and self._is_computed(fd)
        if line is not None and "r" not in options and "\\" in line:
            line = line.replace("\\\n", "").replace("\\", "")
        array = options.get("a")
        if array is not None:
            parts = None if line is None else line.split()
            self.set_array(array, parts)
            return
        targets = names or ["REPLY"]
        if line is None:
            for name in targets:
                self.embedded(name)
                self.set(name, (UNKNOWN,), wild=wild)
            return
        values = self._divided(line, len(targets), raw=not names)
        for name, value in zip(targets, values, strict=True):
            self.embedded(name)
            self.set(name.partition("[")[0], (value,), wild=UNKNOWN in value and wild)

    def _is_computed(self, fd: str) -> bool:
        return fd == "0" and self.state.stdin is not None and self.hidden

    def _line(self, fd: str, options: dict[str, str]) -> tuple[str | None, bool | None]:
        """Take a line from what is fed; None when it is not known."""
        is_input = fd == "0"
        word = self.state.stdin if is_input else self.state.descriptors.get(fd)
        if word is None:
            return None, None
        if UNKNOWN in word.text.partition("\n")[0] or word.many:
            return self._unsure(word), None
        text = word.text
        if not text:
            return "", False
        until = options.get("d", "\n")[:1] or "\0"
        count = options.get("n") or options.get("N")
        if count is not None:
            if not count.isdigit():
                return None, None
            line, rest = text[: int(count)], text[int(count) :]
        else:
            line, _, rest = text.partition(until)
            while "r" not in options and _continues(line) and rest:
                more, _, rest = rest.partition(until)
                line = line + "\n" + more
        ended = until in text or count is not None
        self._leave(fd, Word(rest))
        return line, True if ended else None

    def _unsure(self, word: Word) -> str | None:
        """Return a line with an unknown stretch, if it is sure to be one line."""
        line = word.text.partition("\n")[0]
        return line if line.replace(UNKNOWN, "") and not word.many else None

    def _leave(self, fd: str, word: Word) -> None:
        if fd == "0":
            self.state.stdin = word
        else:
            self.state.descriptors[fd] = word

    def _divided(self, line: str, count: int, *, raw: bool) -> list[str]:
        """Divide a line among variables, the last takes the rest."""
        if raw:
            return [line]
        separators = self._separators()
        blanks = "".join([letter for letter in separators if letter in " \t\n"])
        found: list[str] = []
        rest = line.strip(blanks) if blanks else line
        while len(found) < count - 1:
            places = [place for place, c in enumerate(rest) if c in separators]
            if not places:
                break
            found.append(rest[: places[0]])
            rest = rest[places[0] :]
            rest = rest.lstrip(blanks) if rest[0] in blanks else rest[1:].lstrip(blanks)
        found.append(rest)
        return found + [""] * (count - len(found))

    def _mapfile(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        options, names = _options(words[1:], _MAPFILE_VALUE)
        if "C" in options:
            self.aside(options["C"])
        fd = options.get("u", "0")
        word = self.state.stdin if fd == "0" else self.state.descriptors.get(fd)
        name = names[0] if names else "MAPFILE"
        if word is None or not word.is_known:
            self.set_array(name, None)
            return
        until = options.get("d", "\n")[:1] or "\0"
        lines = word.text.split(until)
        if lines and not lines[-1]:
            lines.pop()
        ending = "" if "t" in options else until
        self.set_array(name, [line + ending for line in lines])
        self._leave(fd, Word(""))


def _continues(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _options(words: Sequence[Word], valued: str) -> tuple[dict[str, str], list[str]]:
    """Take options apart: a letter with its value, "" for one without."""
    found: dict[str, str] = {}
    texts = [word.text for word in words]
    while texts and texts[0].startswith("-") and len(texts[0]) > 1:
        option = texts.pop(0)
        if option == "--":
            break
        for place, letter in enumerate(option[1:], 2):
            if letter in valued:
                rest = option[place:]
                found[letter] = rest or (texts.pop(0) if texts else "")
                break
            found[letter] = ""
    return found, texts
