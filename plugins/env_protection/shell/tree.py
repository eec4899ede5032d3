"""The tree of a command line: what bash's grammar makes of the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


class Part:
    """A piece of a word."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Literal(Part):
    """Text as it stands; unquoted text still takes braces, tildes and globs."""

    text: str
    quoted: bool = False


@dataclass(slots=True, eq=False)
class Parameter(Part):
    """`$NAME`, `${NAME...}`.

    :param name: a variable, a number, or one of `@*#?-$!_`.
    :param index: what stands in `[...]`.
    :param operator: `:-` and so on, `@Q`, `:` for a slice, "" for none.
    :param operand: what follows the operator; for a slice the whole rest.
    :param other: the replacement of `${NAME/operand/other}`.
    """

    name: str
    quoted: bool = False
    index: Text | None = None
    operator: str = ""
    operand: Text | None = None
    other: Text | None = None
    indirect: bool = False
    length: bool = False


@dataclass(slots=True, eq=False)
class Substitution(Part):
    """`$(...)` or backticks."""

    body: Script
    quoted: bool = False


@dataclass(slots=True, eq=False)
class Arithmetic(Part):
    """`$((...))`, its text read like a double-quoted word."""

    text: Text
    quoted: bool = False


@dataclass(slots=True, eq=False)
class Process(Part):
    """`<(...)` or `>(...)`."""

    body: Script
    direction: str


@dataclass(slots=True, eq=False)
class Text:
    """A word as it is written.

    :param plain: its value when nothing in it is to be expanded, else None.
    """

    raw: str
    parts: Sequence[Part]
    plain: str | None = None


@dataclass(slots=True, eq=False)
class Assignment:
    """`NAME=value`, `NAME[i]+=value`, `NAME=(item [i]=item ...)`."""

    name: str
    index: Text | None
    append: bool
    value: Text | None
    items: Sequence[tuple[Text | None, Text]] | None
    raw: str


@dataclass(slots=True, eq=False)
class Redirect:
    """One redirection; a heredoc's body is the target."""

    fd: str
    operator: str
    target: Text


@dataclass(slots=True, eq=False)
class Node:
    """A command of any kind, with the redirections behind it."""

    redirects: list[Redirect] = field(default_factory=list, kw_only=True)


@dataclass(slots=True, eq=False)
class Simple(Node):
    """Assignments, a command word, arguments (which declarations may assign).

    :param is_plain: whether nothing in it is to be expanded.
    :param is_single: whether it can only come to one command, as far as every variable
        has one value.
    """

    assignments: list[Assignment]
    words: list[Text | Assignment]
    raw: str = ""
    is_plain: bool = False
    is_single: bool = False


@dataclass(slots=True, eq=False)
class Pipeline(Node):
    """Commands joined by `|`."""

    stages: list[Node]


@dataclass(slots=True, eq=False)
class Chain(Node):
    """Commands joined by `&&` and `||`."""

    first: Node
    rest: list[tuple[str, Node]]


@dataclass(slots=True, eq=False)
class Script(Node):
    """Commands one after the other.

    :param broken: from where on it cannot be read, to the end; "" where all is read.
    """

    items: list[Node]
    broken: str = ""


@dataclass(slots=True, eq=False)
class Group(Node):
    """`{ ...; }`, or `(...)` when `subshell`."""

    body: Script
    subshell: bool


@dataclass(slots=True, eq=False)
class If(Node):
    """Conditions with what they lead to; the last condition may be None (`else`)."""

    branches: list[tuple[Script | None, Script]]


@dataclass(slots=True, eq=False)
class While(Node):
    """`while` and `until`."""

    condition: Script
    body: Script
    until: bool = False


@dataclass(slots=True, eq=False)
class For(Node):
    """`for NAME in words` and `select`; words None stands for `"$@"`."""

    name: str
    words: list[Text] | None
    body: Script


@dataclass(slots=True, eq=False)
class Count(Node):
    """`for ((start; while; step))`."""

    text: Text
    body: Script


@dataclass(slots=True, eq=False)
class Case(Node):
    """`case WORD in pattern) ...;; esac`; each with what ended it."""

    word: Text
    branches: list[tuple[list[Text], Script, str]]


@dataclass(slots=True, eq=False)
class Function(Node):
    """A definition; redirections belong to each call."""

    name: str
    body: Node


@dataclass(slots=True, eq=False)
class Condition(Node):
    """`[[ ... ]]`: operands, and operators as strings."""

    items: list[Text | str]


@dataclass(slots=True, eq=False)
class Calculation(Node):
    """`((...))`."""

    text: Text
