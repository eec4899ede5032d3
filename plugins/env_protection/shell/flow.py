"""Branches, loops and chains: every way through them is followed, and joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..words import UNKNOWN, Word
from .starting import Starting
from .state import State, either
from .tree import Calculation, Case, Chain, Condition, Count, For, If, Node, Text, While

#: Rounds of a loop that are followed one by one.
_MOST_ROUNDS = 40
_MOST_ITEMS = 100


class Flow(Starting):
    """Follows branches and loops."""

    def execute(self, node: Node) -> None:
        """Follow a command of any kind."""
        raise NotImplementedError  # pragma: no cover - Follower has it

    def every(self, action: Callable[[], None]) -> None:
        """Do something for each possibility of the variables in it."""
        outer = (self.pins, self.waiting, self.choices)
        self.pins, self.waiting, self.choices = dict(outer[0]), [], 0
        before = self.state.copy()
        sink = None if self.sink is None else list(self.sink)
        action()
        while self.waiting and self.findings.step():
            self.pins = self.waiting.pop()
            after, printed_so_far = self.state, self.sink
            self.state = before.copy()
            self.sink = None if sink is None else list(sink)
            action()
            self.state.join(after, self.outside)
            self.join_sink(printed_so_far)
            self.last = UNKNOWN
        self.pins, self.waiting, self.choices = outer

    def _settle(self) -> None:
        """Count in that the last `cd` may have failed."""
        if self.state.failed:
            self.state.move(either(self.state.cwd, self.state.failed))
            self.state.failed = ()

    def _chain(self, node: Chain) -> None:
        self.execute(node.first)
        failed: list[State] = []
        for operator, item in node.rest:
            if operator == "&&":
                if self.status is not True:
                    failed.append(self.state.copy())
                self.state.failed = ()
                self._with_sink(item, surely=self.status is True)
            else:
                before = self.state.copy()
                for state in failed:
                    self.state.join(state, self.outside)
                    self._settle()
                self._settle()
                failed = []
                self._with_sink(item, surely=self.status is False)
                self.state.join(before, self.outside)
            self.status = None
        for state in failed:
            self.state.join(state, self.outside)
        self.last = UNKNOWN

    def _with_sink(self, item: Node, *, surely: bool) -> None:
        """Follow a command that may be left out: what it prints may be missing."""
        sink = None if self.sink is None else list(self.sink)
        self.execute(item)
        if not surely and sink is not None and self.sink != sink:
            self.join_sink(sink)

    def _if(self, node: If) -> None:
        ends: list[State] = []
        sinks: list[list[str] | None] = []
        complete = False
        for condition, body in node.branches:
            if condition is not None:
                self.script(condition)
                known = self.status if self.calls > 2 else None
                if known is False:
                    continue
            complete = complete or condition is None
            before = self.state.copy()
            sink = None if self.sink is None else list(self.sink)
            self.script(body)
            ends.append(self.state)
            sinks.append(self.sink)
            self.state = before
            self.sink = None if sink is None else list(sink)
            if condition is not None and known is True:
                complete = True
                break
        self._meet(ends, sinks, complete=complete)

    def _meet(
        self, ends: list[State], sinks: list[list[str] | None], *, complete: bool
    ) -> None:
        """Join what the branches lead to, and that none is taken."""
        if complete and ends:
            self.state, self.sink = ends.pop(), sinks.pop()
        for state in ends:
            self.state.join(state, self.outside)
        for sink in sinks:
            self.join_sink(sink)
        self.status = None
        self.last = UNKNOWN

    def _case(self, node: Case) -> None:
        self.every(lambda: self._branches(node))

    def _branches(self, node: Case) -> None:
        self.string(node.word)
        ends: list[State] = []
        sinks: list[list[str] | None] = []
        sink = None if self.sink is None else list(self.sink)
        before = self.state.copy()
        falls = False
        for patterns, body, ending in node.branches:
            for pattern in patterns:
                self.chunks(pattern)
            if falls:
                self.state.join(before, self.outside)
            self.script(body)
            falls = ending != ";;"
            if falls:
                continue
            ends.append(self.state)
            sinks.append(self.sink)
            self.state = before.copy()
            self.sink = None if sink is None else list(sink)
        self._meet(ends, sinks, complete=False)

    def _while(self, node: While) -> None:
        with self.landing():
            self._rounds(node, wanted=not node.until)
        self.status = None
        self.last = UNKNOWN

    def _rounds(self, node: While, *, wanted: bool) -> None:
        for number in range(_MOST_ROUNDS):
            before = self.state.copy()
            self.script(node.condition)
            known = self.status
            if known is not None and known is not wanted:
                break
            left = len(self.jumps)
            self.script(node.body)
            self.arrive(since=left)
            if known is None:
                self.state.join(before, self.outside)
            if not self.findings.step() or _same(before, self.state):
                break
            if known is None and number > 2:
                self._forget_changes(before)
                self.script(node.condition)
                self.script(node.body)
                break
        else:
            self._forget_changes(before)
            self.script(node.body)

    def _forget_changes(self, before: State) -> None:
        """Take what a loop changes for unknown, once it has gone round long enough."""
        for name, values in list(self.state.variables.items()):
            if before.variables.get(name) != values:
                self.state.assign(name, (UNKNOWN,), wild=name in self.state.wild)
        if before.cwd != self.state.cwd:
            self.state.move((UNKNOWN,))

    def _for(self, node: For) -> None:
        self.every(lambda: self._each(node))

    def _each(self, node: For) -> None:
        if node.words is None:
            items = self.state.arguments or []
            if self.state.arguments is None:
                items = [Word(UNKNOWN, many=True)]
        else:
            items = self.words(node.words)
        wild = self.wild
        if any(word.many for word in items) or not items:
            before = self.state.copy()
        else:
            before = None
        with self.landing():
            for word in self._fewer(items):
                if not self.findings.step():
                    return
                self.state.assign(
                    node.name, (word.text,), wild=wild and not word.is_known
                )
                self._round(node, word)
        if before is not None:
            self.state.join(before, self.outside)
        self.status = None
        self.last = UNKNOWN

    def _round(self, node: For, word: Word) -> None:
        for _ in range(2 if word.many else 1):
            sink = None if self.sink is None else list(self.sink)
            left = len(self.jumps)
            self.script(node.body)
            self.arrive(since=left)
            if word.many:
                self.join_sink(sink)

    def _fewer(self, items: Sequence[Word]) -> Sequence[Word]:
        """Return items to follow one by one; the rest as one that is not known."""
        if len(items) <= _MOST_ITEMS:
            return items
        kept = list(items[:20])
        kept += [
            word
            for word in items[20:]
            if self.findings.step() and self.world.is_secret(self.path(word.text))
        ]
        tails = {word.text[-1:] for word in items}
        if tails <= set("0123456789"):
            return [*kept, Word(UNKNOWN)] if len(kept) > 20 else kept
        return [*kept, Word(UNKNOWN)]

    def _count_loop(self, node: Count) -> None:
        pieces = self.string(node.text).split(";")
        start, condition, after = [*pieces, "", "", ""][:3]
        self.calculated(Text(start, (), start))
        with self.landing():
            self._counted(node, condition, after)
        self.status = None

    def _counted(self, node: Count, condition: str, after: str) -> None:
        for _ in range(_MOST_ROUNDS):
            before = self.state.copy()
            value = (
                self.calculated(Text(condition, (), condition)) if condition else "1"
            )
            if value == "0":
                break
            left = len(self.jumps)
            self.script(node.body)
            self.arrive(since=left)
            self.calculated(Text(after, (), after))
            if UNKNOWN in value or not self.findings.step():
                self.state.join(before, self.outside)
                break
            if _same(before, self.state):
                break
        else:
            self._forget_changes(before)
            self.script(node.body)

    def _condition(self, node: Condition) -> None:
        self.every(lambda: self.tested(node.items))

    def _calculation(self, node: Calculation) -> None:
        def action() -> None:
            value = self.calculated(node.text)
            self.status = None if UNKNOWN in value else value != "0"

        self.every(action)


def _same(before: State, after: State) -> bool:
    return (
        before.variables == after.variables
        and before.arrays == after.arrays
        and before.cwd == after.cwd
        and before.stdin == after.stdin
        and before.arguments == after.arguments
    )
