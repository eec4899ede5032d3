"""Follows commands without running them: lists, pipes, branches, loops, functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..access import Findings
from ..words import UNKNOWN, Word
from .flow import Flow
from .grammar import parse
from .jumps import Level
from .mentions import mentions_secret
from .overlay import Overlay
from .starting import Run, shown
from .state import State, Values, either
from .tree import (
    Assignment,
    Calculation,
    Case,
    Chain,
    Condition,
    Count,
    For,
    Function,
    Group,
    If,
    Node,
    Pipeline,
    Script,
    Simple,
    Text,
    While,
)

#: Commands that nest deeper are not followed; Python's stack has an end, too.
_DEEPEST = 32
#: Functions that call themselves deeper are not followed.
_MOST_CALLS = 12


class Follower(Flow):
    """Follows one command line."""

    def __init__(
        self, world: Overlay, findings: Findings, state: State, run: Run
    ) -> None:
        super().__init__(world, findings, state, run)
        self._kinds: dict[type[Node], Callable[..., None]] = {
            Simple: self._simple,
            Pipeline: self._pipeline,
            Chain: self._chain,
            Script: self.script,
            Group: self._group,
            If: self._if,
            While: self._while,
            For: self._for,
            Count: self._count_loop,
            Case: self._case,
            Function: self._define,
            Condition: self._condition,
            Calculation: self._calculation,
        }

    # Entries

    def follow(self, text: str) -> None:
        """Follow a command line in this shell."""
        self.script(parse(text, self._depth // 2, self.step))

    def execute(self, node: Node) -> None:
        """Follow a command of any kind."""
        self.step()
        self._depth += 1
        if self._depth > _DEEPEST:
            self.findings.doubt("the whole command", "it nests too deep")
        elif node.redirects and type(node) is not Simple:
            self._redirected(node)
        else:
            self._kinds[type(node)](node)
        self._depth -= 1

    def _redirected(self, node: Node) -> None:
        kind = self._kinds[type(node)]
        self.every(lambda: self.redirecting(node.redirects, lambda: kind(node)))

    # Lists

    def script(self, node: Script) -> None:
        """Follow commands one after the other."""
        for item in node.items:
            if self.findings.left < 0:
                return
            self.execute(item)
            self._settle()
        if node.broken:
            self.every(lambda: self._broken(node.broken))

    def _broken(self, text: str) -> None:
        """Look at what is no valid bash: another shell may take it."""
        from .tolerant import commands_in

        if mentions_secret(text, self.cwd, self.world, self.findings):
            self.findings.doubt(shown(text), "it cannot be read as a shell command")
            return
        for piece in commands_in(text):
            script = parse(piece, self._depth, self.step)
            if not script.broken:
                self.script(script)

    def _pipeline(self, node: Pipeline) -> None:
        base, outer = self.state, self.sink
        fed: Values | None = None
        many = len(node.stages) > 1
        for number, stage in enumerate(node.stages):
            last = number == len(node.stages) - 1
            if fed is not None and len(fed) > 4:
                fed = (UNKNOWN,)
            total: list[str] = []
            for text in (None,) if fed is None else fed:
                self.state = base.copy()
                if text is not None:
                    self.state.stdin = Word(text)
                if not last:
                    self.sink = [""]
                elif outer is not None:
                    self.sink = list(outer)
                with self.landing(Level.SHELL if many else Level.LOOP):
                    self.execute(stage)
                total.extend(self.sink or ())
                if last and self.state.variables != base.variables:
                    after = self.state  # zsh and `lastpipe` keep what it sets
                    after.stdin = base.stdin
                    base.join(after, self.outside)
            fed = either(total)
        self.state, self.sink = base, outer
        self.last = UNKNOWN
        if outer is not None and fed is not None:
            self.sink = list(fed)
        self.status = None

    def _group(self, node: Group) -> None:
        if not node.subshell:
            self.script(node.body)
            return
        before = self.state
        self.state = before.copy()
        with self.landing(Level.SHELL):
            self.script(node.body)
        self.state = before
        self.status = None

    # Functions

    def _define(self, node: Function) -> None:
        self.state.functions[node.name] = (node.body,)
        self.status = True

    def _calls(
        self,
        bodies: Sequence[Node | None],
        words: Sequence[Word],
        declared: Sequence[Assignment],
    ) -> None:
        """Follow each function that a name may be, and that it may be none."""
        before = self.state.copy() if len(bodies) > 1 else self.state
        after: State | None = None
        for body in bodies:
            if len(bodies) > 1:
                self.state = before.copy()
            if body is None:
                self.dispatch(words, declared, functions=False)
            else:
                self.call(body, words)
            if after is not None:
                self.state.join(after, self.outside)
            after = self.state

    def call(self, body: Node, words: Sequence[Word]) -> None:
        """Follow a function that is called."""
        if self.calls >= _MOST_CALLS:
            for name in list(self.state.variables):
                self.state.assign(name, (UNKNOWN,), wild=True)
            self.findings.doubt(words[0].text, "it calls itself too often")
            return
        outer, kept = self.state.arguments, self.locals
        self.calls += 1
        self.state.arguments = list(words[1:])
        self.locals = {}
        with self.landing(Level.FUNCTION):
            self.execute(body)
        for name, values in self.locals.items():
            if values is None:
                self.state.variables.pop(name, None)
            else:
                self.state.assign(name, values)
        self.locals = kept
        self.state.arguments = outer
        self.calls -= 1

    # Simple commands

    def _simple(self, node: Simple) -> None:
        if self.state.aliases and self._aliased(node):
            return
        if self.state.plural:
            self.every(lambda: self._once(node))
        elif node.is_plain:
            self.wild = False
            self.dispatch([Word(_plain(word)) for word in node.words])
        elif node.is_single:
            self._once(node)
        else:
            self.every(lambda: self._once(node))

    def _aliased(self, node: Simple) -> bool:
        first = node.words[0] if node.words else None
        if not isinstance(first, Text) or first.raw not in self.state.aliases:
            return False
        value = self.state.aliases[first.raw]
        place = node.raw.find(first.raw)
        kept = self.state.aliases
        self.state.aliases = {k: v for k, v in kept.items() if k != first.raw}
        text = node.raw[:place] + value + node.raw[place + len(first.raw) :]
        script = parse(text, self._depth // 2, self.step)
        if script.broken:
            self.findings.doubt(node.raw, "its alias is only a part of a command")
        # It counts with some shells only, and when it was set in a line before.
        before = self.state.copy()
        self.script(script)
        after, self.state = self.state, before
        self._simple(node)
        self.state.join(after, self.outside)
        self.state.aliases = {**self.state.aliases, **kept}
        return True

    def _once(self, node: Simple) -> None:
        self.wild = False
        self.status = None
        words: list[Word] = []
        for item in node.words:
            if isinstance(item, Assignment):
                words.append(Word(item.raw))
            else:
                words.extend(self.fields(item))
        if not words:
            for assignment in node.assignments:
                self.assign(assignment)
            self.status = True
            self.redirecting(node.redirects, _nothing)
            if not node.assignments and self.sink is not None and node.redirects:
                self._print_redirected(node)
            return
        exported = self.state.exported
        saved = self._assign_for(node.assignments) if node.assignments else None
        declared = [item for item in node.words if isinstance(item, Assignment)]
        self.redirecting(node.redirects, lambda: self.dispatch(words, declared))
        if saved is not None:
            self.state.exported = exported
            for name, values in saved.items():
                if values is None:
                    self.state.variables.pop(name, None)
                else:
                    self.state.variables[name] = values

    def _print_redirected(self, node: Simple) -> None:
        """Print what `$(<FILE)` stands for."""
        redirect = node.redirects[0]
        if redirect.operator == "<" and not redirect.fd:
            text = self.content_of(self.path(self.string(redirect.target)))
            self.print(text)

    def _assign_for(
        self, assignments: Sequence[Assignment]
    ) -> dict[str, Values | None]:
        """Assign for one command; return what is to be put back."""
        saved = {a.name: self.state.variables.get(a.name) for a in assignments}
        for assignment in assignments:
            self.assign(assignment)
            self.state.exported |= {assignment.name}
        return saved

    def dispatch(
        self,
        words: Sequence[Word],
        declared: Sequence[Assignment] = (),
        *,
        functions: bool = True,
    ) -> None:
        """Follow a command whose words are expanded."""
        if not words:
            return
        self.step()
        name = words[0].text
        if functions and name in self.state.functions:
            self._calls(self.state.functions[name], words, declared)
            self.last = UNKNOWN
            return
        self.last = UNKNOWN if words[-1].many else words[-1].text
        builtin = self.builtins.get(name)
        if builtin is not None:
            self.status = None
            builtin(self, words, declared)
            return
        self.start(words)
        self.status = None


def _plain(word: Text | Assignment) -> str:
    return (word.plain or "") if isinstance(word, Text) else word.raw


def _nothing() -> None:
    """Do nothing."""
