"""Python's statements: both branches where the choice is not known, loops by value."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..words import UNKNOWN
from .python_expressions import Evaluator
from .python_values import (
    NOTHING,
    Dotted,
    Either,
    Function,
    Instance,
    PathValue,
    alternatives,
    either,
    text_of,
)

#: A loop is followed for so many values, `while` for so many rounds.
_MOST_VALUES = 120
_MOST_ROUNDS = 60


class Runner(Evaluator):
    """Walks statements in their order."""

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Follow statements."""
        for statement in statements:
            if not self.call.findings.step(3):
                return
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Expr):
            self.value(node.value)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            self._assign(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)
        elif isinstance(node, ast.If):
            self._if(node)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._for(node)
        elif isinstance(node, ast.While):
            self._while(node)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            self._with(node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self._define(node)
        elif isinstance(node, ast.Return):
            value = self.value(node.value) if node.value else None
            self.returned(value)
        else:
            self._other(node)

    def _other(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.Try, ast.TryStar)):
            self.block(node.body)
            for handler in node.handlers:
                self._branch(handler.body)
            self.block(node.orelse)
            self.block(node.finalbody)
        elif isinstance(node, ast.Match):
            self.value(node.subject)
            for case in node.cases:
                self._branch(case.body)
        elif isinstance(node, ast.Delete):
            return
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.value(child)

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        if isinstance(node, ast.AugAssign):
            old = self.value(_as_load(node.target))
            self.bind(node.target, self.operate(node.op, old, self.value(node.value)))
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.bind(node.target, self.value(node.value))
        else:
            value = self.value(node.value)
            for target in node.targets:
                self.bind(target, value)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            self.import_file(name)
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    self.set(alias.asname, self.module(alias.name))
                else:
                    top = alias.name.partition(".")[0]
                    self.set(top, self.module(top))
            return
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(node.module or "")
            else:
                found = self.module(f"{node.module or ''}.{alias.name}")
                self.set(alias.asname or alias.name, found)

    def _if(self, node: ast.If) -> None:
        answer = self.truth(self.value(node.test))
        if answer is not None:
            self.block(node.body if answer else node.orelse)
            return
        before = dict(self.scopes[-1])
        self.refine(node.test)
        self.block(node.body)
        after = self.scopes[-1]
        self.scopes[-1] = before.copy()
        self.block(node.orelse)
        self._merge(after)

    def _branch(self, statements: Sequence[ast.stmt]) -> None:
        """Follow statements that may not run."""
        before = dict(self.scopes[-1])
        self.block(statements)
        self._merge(before)

    def _merge(self, other: dict[str, object]) -> None:
        mine = self.scopes[-1]
        for name, value in other.items():
            mine[name] = either(value, mine[name]) if name in mine else value

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        for value in self.each(self.value(node.iter), _MOST_VALUES):
            if not self.call.findings.step():
                return
            self.bind(node.target, value)
            self.block(node.body)
        self.block(node.orelse)

    def _while(self, node: ast.While) -> None:
        breaks = any(isinstance(n, ast.Break) for n in ast.walk(node))
        for _ in range(_MOST_ROUNDS):
            answer = self.truth(self.value(node.test))
            if answer is False:
                break
            self.block(node.body)
            if answer is None or not self.call.findings.step():
                break
            if breaks:
                break
        self.block(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
        self.block(node.body)

    def _define(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> None:
        function = Function(node, self.scopes[-1])
        self.set(node.name, function)
        for decorator in node.decorator_list:
            made = self.value(decorator)
            if isinstance(made, Function):
                self.invoke(made, [function], {})
        if isinstance(node, ast.ClassDef):
            inner: dict[str, object] = {}
            self.scopes.append(inner)
            self.block(node.body)
            self.scopes.pop()
            function.names = inner

    def bind(self, target: ast.expr, value: object) -> None:
        """Give a value to what an assignment names."""
        if isinstance(target, ast.Name):
            self.set(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, value)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value)
        elif isinstance(target, ast.Attribute):
            holder = self.value(target.value)
            if isinstance(holder, Instance):
                holder.attributes[target.attr] = value
            elif holder == Dotted("sys") and isinstance(value, (list, tuple)):
                self.argv = [text_of(each) for each in value]
        elif isinstance(target, ast.Subscript):
            holder = self.value(target.value)
            key = self.value(target.slice)
            if isinstance(holder, dict) and isinstance(key, (str, int)):
                holder[key] = value
            elif isinstance(holder, list) and isinstance(key, int):
                place = key if key >= 0 else key + len(holder)
                holder[place : place + 1] = [value]

    def _unpack(self, targets: Sequence[ast.expr], value: object) -> None:
        if isinstance(value, Either):
            value = next(alternatives(value))
        known = isinstance(value, (list, tuple, str)) and value != UNKNOWN
        items = list(value) if known and isinstance(value, (list, tuple, str)) else []
        starred = [isinstance(t, ast.Starred) for t in targets]
        if any(starred) and len(items) >= len(targets) - 1:
            place = starred.index(True)
            after = len(targets) - place - 1
            middle = items[place : len(items) - after]
            items = [*items[:place], middle, *items[len(items) - after :]]
        for place, target in enumerate(targets):
            whole = len(items) == len(targets)
            self.bind(target, items[place] if whole else NOTHING)

    def refine(self, test: ast.expr) -> None:
        """Note what a test that holds says of a name: `f.endswith(".py")`."""
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            for each in test.values:
                self.refine(each)
        elif isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute):
            name = test.func.value
            ending = self.value(test.args[0]) if test.args else None
            if test.func.attr == "endswith" and isinstance(name, ast.Name):
                self._ends(name.id, ending)
        elif isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
            self._equal(test.left, self.value(test.comparators[0]))

    def _ends(self, name: str, ending: object) -> None:
        old = self.get(name)
        endings = ending if isinstance(ending, (tuple, list)) else [ending]
        texts = [each for each in endings if isinstance(each, str)]
        if not texts or len(texts) != len(endings):
            return
        if (isinstance(old, str) and UNKNOWN in old) or old is NOTHING:
            head = old if isinstance(old, str) else UNKNOWN
            self.set(name, Either(tuple(head + each for each in texts)))

    def _equal(self, left: ast.expr, value: object) -> None:
        if isinstance(left, ast.Name) and isinstance(value, str):
            self.set(left.id, value)
        elif isinstance(left, ast.Attribute) and isinstance(left.value, ast.Name):
            old = self.get(left.value.id)
            is_unknown = isinstance(old, PathValue) and UNKNOWN in old.text
            if left.attr == "suffix" and isinstance(value, str) and is_unknown:
                self.set(left.value.id, PathValue(text_of(old) + value))


def _as_load(target: ast.expr) -> ast.expr:
    """Return what an augmented assignment changes, as an expression to read."""
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    return target
