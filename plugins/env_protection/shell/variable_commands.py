"""Builtin commands that change variables, parameters and options."""

from __future__ import annotations

from collections.abc import Sequence

from ..access import Findings
from ..words import UNKNOWN, Word
from .overlay import Overlay
from .reading import Reads
from .state import State, Values, either
from .tree import Assignment, Text

_OPTIONS = {"f": "noglob", "a": "allexport"}
_MAPPED = {"noglob": "noglob", "allexport": "allexport"}


class VariableCommands(Reads):
    """Does them.

    :ivar calls: how many functions are being called.
    :ivar locals: what local variables hide: None where it was not set.
    """

    def __init__(self, world: Overlay, findings: Findings, state: State) -> None:
        super().__init__(world, findings, state)
        self.calls = 0
        self.locals: dict[str, Values | None] = {}

    def _declare(self, words: Sequence[Word], declared: Sequence[Assignment]) -> None:
        """`export`, `declare`, `local`, `readonly`, `typeset`."""
        raws = {assignment.raw for assignment in declared}
        flags = "".join([w.text[1:] for w in words[1:] if w.text[:1] == "-"])
        fixed = words[0].text == "readonly" or "r" in flags
        is_local = words[0].text == "local" or (self.calls > 0 and "g" not in flags)
        if words[0].text in ("export", "readonly"):
            is_local = False
        if words[0].text == "export" or "x" in flags:
            names = [w.text.partition("=")[0] for w in words[1:] if w.text[:1] != "-"]
            self.state.exported |= {name.rstrip("+") for name in names}
        if "A" in flags:
            names = [w.text.partition("=")[0] for w in words[1:] if w.text[:1] != "-"]
            self.state.keyed |= {name.rstrip("+") for name in names}
        for assignment in declared:
            if is_local:
                self._keep(assignment.name)
            if "n" in flags and assignment.value is not None:
                self.state.references[assignment.name] = self.string(assignment.value)
            else:
                self.assign(assignment)
                self._attributes(assignment.name, flags)
            if fixed:
                self.state.fixed |= {assignment.name}
        for word in words[1:]:
            if word.text in raws or word.text[:1] in ("-", "+"):
                continue
            name, equals, value = word.text.partition("=")
            plain = name.rstrip("+").partition("[")[0]
            if "[" in name:
                self.embedded(name)
            if is_local:
                self._keep(plain)
            if equals and "n" in flags:
                self.state.references[plain] = value
            elif equals:
                old = self.scalar(plain) if name.endswith("+") else ""
                self.set(plain, (old + value,), wild=self.wild and UNKNOWN in value)
                self._attributes(plain, flags)
            elif is_local and words[0].text == "local":
                self.state.assign(plain, ("",))
            elif "A" in flags or "a" in flags:
                self.state.arrays.setdefault(plain, ({},))
            if fixed:
                self.state.fixed |= {plain}
        self.status = True

    def _attributes(self, name: str, flags: str) -> None:
        """Do what `declare -u`, `-l` and `-i` do with a value."""
        if not {"u", "l", "i"} & set(flags) or name not in self.state.variables:
            return
        value = self.scalar(name)
        if "i" in flags:
            value = self.calculated(Text(value, (), value))
        elif UNKNOWN not in value:
            value = value.upper() if "u" in flags else value.lower()
        # Later assignments are changed, too: nothing is sure about them.
        self.state.assign(name, (value,))

    def _keep(self, name: str) -> None:
        if self.calls and name not in self.locals:
            self.locals[name] = self.state.variables.get(name)

    def _set(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        rest = list(words[1:])
        while rest:
            text = rest[0].text
            if text in ("--", "-"):
                self.state.arguments = rest[1:]
                return
            if text[:1] not in ("-", "+") or len(text) < 2:
                break
            rest.pop(0)
            if text[0] == "-" and (
                "H" in text or any("histexp" in w.text for w in rest)
            ):
                self.findings.doubt("set -H", "what `!` stands for is not known")
            names = [_OPTIONS[letter] for letter in text[1:] if letter in _OPTIONS]
            if "o" in text and rest:
                names += [_MAPPED[w] for w in (rest.pop(0).text,) if w in _MAPPED]
            self._turn(names, on=text[0] == "-")
        if rest:
            self.state.arguments = rest
        self.status = True

    def _turn(self, names: Sequence[str], *, on: bool) -> None:
        changed = frozenset(names)
        if on:
            self.state.options |= changed
        else:
            self.state.options -= changed

    def _shopt(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        names = [word.text for word in words[1:] if word.text[:1] != "-"]
        if any(word.text.startswith("-u") for word in words[1:]):
            self._turn(names, on=False)
        elif any(word.text.startswith("-s") for word in words[1:]):
            self._turn(names, on=True)
            if any(UNKNOWN in name for name in names):
                self._turn(["dotglob", "nocaseglob"], on=True)

    def _setopt(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        """`setopt` of zsh, whose names have no case and any underscores."""
        names = {word.text.replace("_", "").lower() for word in words[1:]}
        if names & {"globdots", "dotglob"}:
            self._turn(["dotglob"], on=words[0].text == "setopt")

    def _shift(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        count = words[1].text if len(words) > 1 else "1"
        given = self.state.arguments
        if given is None:
            return
        if not count.isdigit() or any(w.many for w in given[: int(count)]):
            self.state.arguments = None
            return
        self.status = len(given) >= int(count)
        self.state.arguments = given[int(count) :] if self.status else given

    def _unset(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        for word in words[1:]:
            if word.text == "-n":
                continue
            self.embedded(word.text)
            name, _bracket, rest = word.text.partition("[")
            if rest:
                array = self.array(name)
                if array is not None:
                    key = rest.rstrip("]")
                    kept = {k: v for k, v in array.items() if k != key}
                    self.state.arrays[name] = (kept,)
            elif words[1].text == "-f":
                self.state.functions.pop(word.text, None)
            elif not word.text.startswith("-"):
                self.state.unset(word.text)
        self.status = True

    def _let(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        for word in words[1:]:
            self.calculated(Text(word.text, (), word.text))

    def _getopts(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        given = words[3:] or self.state.arguments
        values: Values = (UNKNOWN,)
        if given and not any(word.many for word in given):
            texts = [word.text for word in given]
            texts += [text[2:] for text in texts if text.startswith("-")]
            values = either(texts)
        if len(words) > 2:
            self.set(words[2].text, (UNKNOWN,))
        self.set("OPTARG", values)
        self.set("OPTIND", (UNKNOWN,))
