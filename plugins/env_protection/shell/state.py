"""What the shell knows at one place of a command line: variables, directory, ..."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..words import UNKNOWN, Word
from .tree import Node

#: What a text can be: one or several known possibilities.
Values = tuple[str, ...]
#: What an array can be, by index or key: one or several; None is one of which nothing
#: is known.
Arrays = tuple[dict[str, str] | None, ...]
#: More possibilities are one that is not known.
MOST_VALUES = 16
#: The same for directories.
_MOST_PLACES = 3
#: Options that make a command do less: they count when they are sure.
_HIDING = frozenset(["noglob", "nullglob"])


def either(*values: Iterable[str]) -> Values:
    """Return all of several possibilities, `UNKNOWN` when they are too many."""
    found = dict.fromkeys(value for each in values for value in each)
    return tuple(found) if len(found) <= MOST_VALUES else (UNKNOWN,)


@dataclass(slots=True)
class State:
    """The state of a shell; what is absent in `variables` comes from outside.

    :ivar arrays: what each array may be.
    :ivar arguments: `$1`...; None when they are not known.
    :ivar cwd: where the shell may be.
    :ivar functions: the bodies it may have; None where it may not be defined.
    :ivar failed: where it would be if the last `cd` failed.
    :ivar plural: whether anything here has several possible values.
    :ivar wild: variables that may hold any text, for somebody may have hidden it.
    :ivar references: `declare -n`: a variable that is another one.
    :ivar fixed: variables that cannot be assigned any more.
    :ivar exported: variables that other programs are given, too.
    :ivar keyed: arrays whose indexes are texts (`declare -A`).
    """

    cwd: Values
    variables: dict[str, Values] = field(default_factory=dict)
    arrays: dict[str, Arrays] = field(default_factory=dict)
    arguments: list[Word] | None = None
    functions: dict[str, tuple[Node | None, ...]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    failed: Values = ()
    stack: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    stdin: Word | None = None
    descriptors: dict[str, Word] = field(default_factory=dict)
    plural: bool = False
    wild: frozenset[str] = frozenset()
    references: dict[str, str] = field(default_factory=dict)
    name: str = "bash"
    fixed: frozenset[str] = frozenset()
    keyed: frozenset[str] = frozenset()
    exported: frozenset[str] = frozenset()

    def copy(self) -> State:
        """Return a state that can change without this one (a subshell)."""
        return State(
            self.cwd,
            dict(self.variables),
            dict(self.arrays),
            self.arguments,
            dict(self.functions),
            dict(self.aliases),
            self.failed,
            self.stack,
            self.options,
            self.stdin,
            dict(self.descriptors),
            self.plural,
            self.wild,
            dict(self.references),
            self.name,
            self.fixed,
            self.keyed,
            self.exported,
        )

    def assign(self, name: str, values: Values, *, wild: bool = False) -> None:
        """Give a variable its possible values."""
        for _ in range(5):
            if name not in self.references:
                break
            name = self.references[name]
        if name in self.fixed:  # whether the assignment fails is not worth telling
            values = either(values, self.variables.get(name, ()))
        self.variables[name] = values
        self.arrays.pop(name, None)
        if len(values) > 1:
            self.plural = True
        if wild:
            self.wild |= {name}
        elif name in self.wild:
            self.wild -= {name}

    def unset(self, name: str) -> None:
        """Take a variable away: it is empty."""
        self.arrays.pop(name, None)
        if name == "IFS":
            self.variables.pop(name, None)
        elif name not in self.fixed:
            self.variables[name] = ("",)

    def move(self, places: Values) -> None:
        """Change the directory."""
        self.cwd = places if len(places) <= _MOST_PLACES else (UNKNOWN,)
        if len(places) > 1:
            self.plural = True

    def join(self, other: State, outside: dict[str, str]) -> None:
        """Have this be what either state may be: two branches meet.

        :param outside: values of variables that neither has set.
        """
        if other is self:
            return
        if self.variables != other.variables:
            for name in {*self.variables, *other.variables}:
                default = (outside.get(name, UNKNOWN),)
                mine = self.variables.get(name, default)
                theirs = other.variables.get(name, default)
                if mine != theirs:
                    self.variables[name] = either(mine, theirs)
                    self.plural = True
        if self.arrays != other.arrays:
            self._join_arrays(other)
        if self.cwd != other.cwd:
            self.move(either(self.cwd, other.cwd))
        self.failed = either(self.failed, other.failed)
        if self.functions != other.functions:
            for name in {*self.functions, *other.functions}:
                bodies = (
                    *self.functions.get(name, (None,)),
                    *other.functions.get(name, (None,)),
                )
                self.functions[name] = tuple(dict.fromkeys(bodies))
        self.aliases = {**other.aliases, **self.aliases}
        self.references = {**other.references, **self.references}
        self.descriptors = {**other.descriptors, **self.descriptors}
        both = self.options & other.options
        self.options = (self.options | other.options) - _HIDING | both
        self.fixed |= other.fixed
        self.keyed |= other.keyed
        self.exported &= other.exported
        self.plural |= other.plural
        self.wild |= other.wild
        if self.arguments != other.arguments:
            self.arguments = None
        if self.stdin != other.stdin:
            self.stdin = Word(UNKNOWN)

    def _join_arrays(self, other: State) -> None:
        for name in {*self.arrays, *other.arrays}:
            found = list(self.arrays.get(name, ({},)))
            for array in other.arrays.get(name, ({},)):
                if array not in found:
                    found.append(array)
            self.arrays[name] = tuple(found) if len(found) <= 8 else (None,)
            self.plural |= len(found) > 1
