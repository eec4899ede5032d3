"""Python's expressions, folded as far as their values are known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from ..words import UNKNOWN, Word
from .call import Call
from .python_calls import called
from .python_choices import boolean, choice, compare, subscript, unary
from .python_effects import EFFECTS, dotted_of
from .python_functions import FUNCTIONS
from .python_methods import path_attribute
from .python_operators import operate
from .python_values import (
    NOTHING,
    Bound,
    Dotted,
    Either,
    FileValue,
    Function,
    Instance,
    Nothing,
    PathValue,
    alternatives,
    either,
    holds_unknown,
    text_of,
)

_MOST_CALLS = 10
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BUILTINS = frozenset(
    [
        "open",
        "exec",
        "eval",
        "compile",
        "print",
        "input",
        "getattr",
        "setattr",
        "hasattr",
        "vars",
        "globals",
        "locals",
        "__import__",
        "map",
        "filter",
        "any",
        "all",
        "sum",
        "abs",
        "round",
        "type",
        "isinstance",
        "super",
        "object",
        "format",
        "breakpoint",
        "id",
        "hash",
        "callable",
        "dir",
        "delattr",
        "pow",
        "divmod",
        "bool",
        "float",
        "hex",
        "oct",
        "bin",
    ]
)
#: Attributes by which code gets at the interpreter itself.
_INSIDES = frozenset(
    [
        "__subclasses__",
        "__globals__",
        "__bases__",
        "__base__",
        "__mro__",
        "mro",
        "__code__",
        "__builtins__",
        "f_globals",
        "f_builtins",
        "gi_frame",
        "cr_frame",
        "tb_frame",
        "__closure__",
        "__loader__",
        "__reduce_ex__",
    ]
)
_CALLED_BY_PYTHON = frozenset(
    [
        "__str__",
        "__repr__",
        "__enter__",
        "__exit__",
        "__iter__",
        "__next__",
        "__del__",
        "__bool__",
        "__len__",
        "__fspath__",
        "__format__",
        "__hash__",
        "__bytes__",
        "__post_init__",
        "__getitem__",
        "run",
    ]
)


class Evaluator:
    """Gives expressions their values."""

    call: Call
    argv: list[str]
    scopes: list[dict[str, object]]
    stars: list[str]
    running: list[ast.AST]

    if TYPE_CHECKING:

        def block(self, statements: Sequence[ast.stmt]) -> None: ...  # noqa: D102
        def bind(self, target: ast.expr, value: object) -> None: ...  # noqa: D102
        def refine(self, test: ast.expr) -> None: ...  # noqa: D102
        def import_file(self, name: str) -> None: ...  # noqa: D102
        def run_text(self, text: str) -> object: ...  # noqa: D102
        def start_text(self, text: str) -> None: ...  # noqa: D102
        def start(self, words: Sequence[Word], stdin: object) -> None: ...  # noqa: D102
        def elsewhere(self, directory: object) -> AbstractContextManager[None]: ...  # noqa: D102
        def variable(self, name: str, default: object = NOTHING) -> object: ...  # noqa: D102

    def set(self, name: str, value: object) -> None:
        """Bind a name in the innermost scope."""
        self.scopes[-1][name] = value

    def get(self, name: str) -> object:
        """Return what a name is bound to."""
        for scope in (self.scopes[-1], *self.scopes[-2::-1]):
            if name in scope:
                return scope[name]
        for module in self.stars:
            dotted = f"{module}.{name}"
            if dotted in EFFECTS or dotted in FUNCTIONS:
                return dotted_of(dotted)
        if name in _BUILTINS or name in FUNCTIONS:
            return Dotted(name)
        if name in ("__builtins__", "builtins"):
            return Dotted("builtins")
        if name == "__file__":
            return self.call.path(self.argv[0]) if self.argv else UNKNOWN
        if name == "__name__":
            return "__main__"
        return NOTHING

    def module(self, name: str) -> object:
        """Return what an import gives."""
        if name == "sys.argv":
            return list(self.argv)
        return dotted_of(name)

    def returned(self, value: object) -> None:
        """Note what a function returns."""
        scope = self.scopes[-1]
        old = scope.get("return")
        scope["return"] = value if "return" not in scope else either(old, value)

    def value(self, node: ast.expr | None) -> object:
        """Return an expression's value as far as it is known."""
        if node is None or not self.call.findings.step(2):
            return NOTHING
        reader = _READERS.get(type(node))
        if reader is not None:
            return reader(self, node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
        return NOTHING

    def truth(self, value: object) -> bool | None:
        """Return whether a value counts as true, None when it is not known."""
        if isinstance(value, (Nothing, Either)) or holds_unknown(value):
            return None
        return bool(value)

    def each(self, value: object, most: int) -> Iterator[object]:
        """Yield what a loop over a value gives."""
        for one in alternatives(value):
            if isinstance(one, (list, tuple, dict)) or (
                isinstance(one, (str, bytes, set)) and not holds_unknown(one)
            ):
                yield from list(one)[:most]
            elif isinstance(one, Dotted) and one.name == "sys.stdin":
                stdin = self.call.shell.stdin
                yield from (stdin.text.split("\n")[:most] if stdin else [UNKNOWN])
            else:
                yield NOTHING

    def operate(self, op: ast.operator, left: object, right: object) -> object:
        """Return what an operator makes of two values."""
        return operate(op, left, right)

    def attribute(self, value: object, name: str) -> object:
        """Return an attribute of a value."""
        if name in _INSIDES:
            self.call.doubt("python", f"it reaches into the interpreter by {name}")
            return NOTHING
        if name == "__dict__":
            return value
        if isinstance(value, Dotted):
            return self._of_module(value.name, name)
        if isinstance(value, PathValue):
            found = path_attribute(value, name)
            if name == "parents":
                return NOTHING
            return Bound(value, name) if isinstance(found, Nothing) else found
        if isinstance(value, Instance):
            if name in value.attributes:
                return value.attributes[name]
            held = value.of.names.get(name)
            return Bound(value, name) if isinstance(held, Function) else held or NOTHING
        if isinstance(value, Function) and isinstance(value.node, ast.ClassDef):
            return value.names.get(name, NOTHING)
        if isinstance(value, FileValue) and name == "name":
            return value.path
        if isinstance(value, Either):
            return Either(tuple(self.attribute(v, name) for v in value.values))
        return Bound(value, name)

    def _of_module(self, module: str, name: str) -> object:
        if module == "builtins":
            return self.get(name) if name != "builtins" else Dotted("builtins")
        full = f"{module}.{name}"
        if full == "sys.argv":
            return list(self.argv)
        if full in ("os.sep", "os.path.sep"):
            return "/"
        if full in ("os.curdir", "os.pardir", "os.extsep", "os.linesep"):
            return {"curdir": ".", "pardir": "..", "extsep": ".", "linesep": "\n"}[name]
        constants = {
            "string.ascii_lowercase": _LETTERS,
            "string.ascii_uppercase": _LETTERS.upper(),
            "string.ascii_letters": _LETTERS + _LETTERS.upper(),
            "string.digits": "0123456789",
            "string.punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
            "string.printable": NOTHING,
        }
        return constants.get(full, dotted_of(full))

    def invoke(
        self, function: Function, arguments: Sequence[object], named: dict[str, object]
    ) -> object:
        """Follow the code's own function."""
        node = function.node
        if isinstance(node, ast.ClassDef):
            made = Instance(function)
            start = function.names.get("__init__")
            if isinstance(start, Function):
                self.invoke(start, [made, *arguments], named)
            for name, held in list(function.names.items()):
                # Python calls these by itself: in `print`, `with`, loops.
                if isinstance(held, Function) and name in _CALLED_BY_PYTHON:
                    self.invoke(held, [made], {})
            return made
        if self.running.count(node) > 2 or len(self.running) > _MOST_CALLS:
            return NOTHING
        scope = _bound(self, node, arguments, named)
        self.running.append(node)
        self.scopes.append(scope)
        try:
            if isinstance(node, ast.Lambda):
                return self.value(node.body)
            self.block(node.body)
            yielded = scope.get("yield")
            return yielded if isinstance(yielded, list) else scope.get("return")
        finally:
            self.scopes.pop()
            self.running.pop()


def _bound(
    code: Evaluator,
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
    arguments: Sequence[object],
    named: dict[str, object],
) -> dict[str, object]:
    """Return the scope of a call: parameters with their arguments."""
    spec = node.args
    parameters = [*spec.posonlyargs, *spec.args]
    scope: dict[str, object] = {}
    defaults = spec.defaults
    for parameter, default in zip(
        parameters[len(parameters) - len(defaults) :], defaults, strict=True
    ):
        scope[parameter.arg] = code.value(default)
    for only, each in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        scope[only.arg] = code.value(each)
    for parameter, value in zip(parameters, arguments, strict=False):
        scope[parameter.arg] = value
    if spec.vararg is not None:
        scope[spec.vararg.arg] = list(arguments[len(parameters) :])
    known = {p.arg for p in (*parameters, *spec.kwonlyargs)}
    rest: dict[str, object] = {}
    for name, value in named.items():
        (scope if name in known else rest)[name] = value
    if spec.kwarg is not None:
        scope[spec.kwarg.arg] = rest
    return scope


def _constant(code: Evaluator, node: ast.Constant) -> object:
    del code
    return node.value


def _name(code: Evaluator, node: ast.Name) -> object:
    return code.get(node.id)


def _attribute(code: Evaluator, node: ast.Attribute) -> object:
    return code.attribute(code.value(node.value), node.attr)


def _binary(code: Evaluator, node: ast.BinOp) -> object:
    return code.operate(node.op, code.value(node.left), code.value(node.right))


def _joined(code: Evaluator, node: ast.JoinedStr) -> object:
    made: object = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            value = code.value(part.value)
            if part.format_spec is not None:
                code.value(part.format_spec)
                value = value if isinstance(value, (str, Either)) else UNKNOWN
            if isinstance(value, Either):
                made = code.operate(
                    ast.Add(),
                    made,
                    Either(tuple(text_of(each) for each in value.values)),
                )
                continue
        else:
            value = code.value(part)
        made = code.operate(ast.Add(), made, text_of(value))
    return made


def _sequence(code: Evaluator, node: ast.List | ast.Tuple | ast.Set) -> object:
    made: list[object] = []
    for item in node.elts:
        if isinstance(item, ast.Starred):
            made.extend(code.each(code.value(item.value), 200))
        else:
            made.append(code.value(item))
    return tuple(made) if isinstance(node, ast.Tuple) else made


def _dict(code: Evaluator, node: ast.Dict) -> object:
    made: dict[object, object] = {}
    for key, item in zip(node.keys, node.values, strict=True):
        value = code.value(item)
        if key is None:
            made.update(value if isinstance(value, dict) else {})
            continue
        name = code.value(key)
        if isinstance(name, (str, int, bytes)):
            made[name] = value
    return made


def _lambda(code: Evaluator, node: ast.Lambda) -> object:
    return Function(node, code.scopes[-1])


def _walrus(code: Evaluator, node: ast.NamedExpr) -> object:
    value = code.value(node.value)
    code.bind(node.target, value)
    return value


def _yield(code: Evaluator, node: ast.Yield | ast.YieldFrom) -> object:
    value = code.value(node.value)
    held = code.scopes[-1].setdefault("yield", [])
    if isinstance(held, list) and len(held) < 500:
        if isinstance(node, ast.YieldFrom):
            held.extend(code.each(value, 200))
        else:
            held.append(value)
    return NOTHING


def _await(code: Evaluator, node: ast.Await) -> object:
    return code.value(node.value)


def _comprehension(
    code: Evaluator, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
) -> object:
    code.scopes.append({})
    made: list[object] = []
    _generate(code, node, 0, made)
    code.scopes.pop()
    if isinstance(node, ast.DictComp):
        return {
            pair[0]: pair[1]
            for pair in made
            if isinstance(pair, tuple) and isinstance(pair[0], (str, int, bytes))
        }
    return made


def _generate(
    code: Evaluator,
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
    place: int,
    made: list[object],
) -> None:
    if place == len(node.generators):
        if isinstance(node, ast.DictComp):
            made.append((code.value(node.key), code.value(node.value)))
        else:
            made.append(code.value(node.elt))
        return
    generator = node.generators[place]
    for value in code.each(code.value(generator.iter), 300):
        if len(made) > 500 or not code.call.findings.step():
            return
        code.bind(generator.target, value)
        if any(code.truth(code.value(test)) is False for test in generator.ifs):
            continue
        for test in generator.ifs:
            code.refine(test)
        _generate(code, node, place + 1, made)


def _call(code: Evaluator, node: ast.Call) -> object:
    return called(code, node)


_READERS: dict[type[ast.expr], Callable[..., object]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.JoinedStr: _joined,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.Subscript: subscript,
    ast.UnaryOp: unary,
    ast.Compare: compare,
    ast.BoolOp: boolean,
    ast.IfExp: choice,
    ast.Lambda: _lambda,
    ast.NamedExpr: _walrus,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Await: _await,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Call: _call,
}
