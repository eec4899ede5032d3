"""Assignments: variables, arrays, and variables whose values are run."""

from __future__ import annotations

from ..access import Access
from ..words import UNKNOWN, Word
from .jumps import Level
from .parameters import UNSURE
from .redirects import Redirecting
from .state import Values
from .tree import Assignment, Literal, Text

#: A program that starts later takes the value for a command.
_COMMANDS = frozenset(
    [
        "BROWSER",
        "EDITOR",
        "GIT_ASKPASS",
        "GIT_EDITOR",
        "GIT_EXTERNAL_DIFF",
        "GIT_PAGER",
        "GIT_PROXY_COMMAND",
        "GIT_SEQUENCE_EDITOR",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "LESSCLOSE",
        "LESSOPEN",
        "MANPAGER",
        "PAGER",
        "PROMPT_COMMAND",
        "RSYNC_RSH",
        "SSH_ASKPASS",
        "SUDO_ASKPASS",
        "SUDO_EDITOR",
        "SYSTEMD_PAGER",
        "VISUAL",
    ]
)
_PROMPTS = frozenset(["PS0", "PS1", "PS2", "PS4"])
_STARTED = frozenset(["BASH_ENV", "ENV"])
_LARGEST_ARRAY = 2000


class Assigning(Redirecting):
    """Follows assignments."""

    #: The variables that come from outside; they stay as they are.
    _outer: dict[str, Word] | None = None

    def known_variables(self) -> dict[str, Word]:
        """Return all variables as they are now."""
        if self._outer is None:
            known = self.world.variables.items()
            self._outer = {name: Word(text) for name, text in known}
        found = dict(self._outer)
        for name, values in self.state.variables.items():
            found[name] = Word(self.pick(name, values))
        found["PWD"] = Word(self.cwd)
        return found

    def assign(self, node: Assignment) -> None:
        """Do one assignment."""
        self.last = UNKNOWN
        if node.items is not None:
            self._assign_array(node)
            return
        wild, self.wild = self.wild, False
        value = self.string(node.value, assigned=True)
        # A value that redaction took out may be a command, too.
        hidden = self.wild or _is_redacted(node.value)
        self.wild = wild or hidden
        if node.index is not None:
            self._assign_item(node.name, self.key(node.name, node.index), value, node)
            return
        if node.append:
            if node.name in self.state.arrays:
                self._assign_item(node.name, "0", value, node)
                return
            value = self.scalar(node.name) + value
        self.set(node.name, (value,), wild=hidden)

    def set(self, name: str, values: Values, *, wild: bool = False) -> None:
        """Give a variable its possible values, and follow those that are run."""
        if UNKNOWN in name:
            for known in list(self.state.variables):
                self.state.assign(known, (UNKNOWN,), wild=True)
            return
        self.state.assign(name, values, wild=wild)
        if name == "GLOBIGNORE":
            self.state.options |= {"dotglob"}
        for value in values:
            if name in _COMMANDS and value:
                self.aside(value.lstrip("|") if name.startswith("LESS") else value)
            elif name in _PROMPTS:
                self.embedded(value)
            elif name in _STARTED and value:
                path = self.path(value)
                if path in self.files.written:
                    self.aside(self.files.written[path])
                self.findings.access(Access(path, "load", f"`{name}` loads it"))

    def aside(self, text: str) -> None:
        """Follow a command that may run later, and changes nothing here."""
        before, sink = self.state, self.sink
        self.state, self.sink = before.copy(), None
        with self.landing(Level.SHELL):
            self.follow(text)
        self.state, self.sink = before, sink

    def follow(self, text: str) -> None:
        """Follow a command line in this shell."""
        raise NotImplementedError  # pragma: no cover - Follower has it

    def _assign_item(self, name: str, key: str, value: str, node: Assignment) -> None:
        found = self.array(name)
        if name in self.state.arrays and found is None:
            return
        array = dict(found or {})
        self.step(1 + len(array) // 4)
        if not array and name in self.state.variables:
            array["0"] = self.scalar(name)
        if UNKNOWN in key or len(array) > _LARGEST_ARRAY:
            array[f"{key}{len(array)}"] = value
        else:
            array[key] = array.get(key, "") + value if node.append else value
        self.state.arrays[name] = (array,)
        self.state.variables.pop(name, None)

    def _assign_array(self, node: Assignment) -> None:
        array: dict[str, str] | None = {}
        if node.append and node.name in self.state.arrays:
            old = self.array(node.name)
            array = None if old is None else dict(old)
        elif node.append and node.name in self.state.variables:
            array = {"0": self.scalar(node.name)}
        unsure = any(key[:1] == UNSURE for key in array or ())
        for index, text in node.items or ():
            if index is not None:
                key = self.key(node.name, index)
                if array is not None:
                    key = f"{UNSURE}{len(array)}" if UNKNOWN in key else key
                    array[key] = self.string(text)
                continue
            if array is None:
                continue
            place = _next(array)
            for word in self.fields(text):
                # Nobody can tell the places of what stands after any number of words.
                unsure = unsure or word.many
                if unsure or len(array) > _LARGEST_ARRAY:
                    array[f"{UNSURE}{len(array)}"] = word.text
                else:
                    array[str(place)] = word.text
                    place += 1
        self.state.arrays[node.name] = (array,)
        self.state.plural = self.state.plural or unsure
        self.state.variables.pop(node.name, None)

    def set_array(self, name: str, values: list[str] | None) -> None:
        """Give a whole array its items; None when they are not known."""
        array = None
        if values is not None:
            array = {str(place): text for place, text in enumerate(values)}
        self.state.arrays[name] = (array,)
        self.state.variables.pop(name, None)


def _is_redacted(text: Text | None) -> bool:
    return text is not None and any(
        isinstance(part, Literal) and UNKNOWN in part.text for part in text.parts
    )


def _next(array: dict[str, str]) -> int:
    numbers = [int(key) for key in array if key.isdigit()]
    return max(numbers) + 1 if numbers else 0
