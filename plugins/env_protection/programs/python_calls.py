"""Calls in Python code: what is called, and what that does."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from ..words import UNKNOWN
from .places import is_telling, secret_in
from .python_effects import EFFECTS, Given
from .python_functions import FUNCTIONS
from .python_methods import format_text, method
from .python_paths import archive_method, path_method
from .python_values import (
    NOTHING,
    Archive,
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
    text_of,
)

if TYPE_CHECKING:
    from .python_code import Interpreter
    from .python_expressions import Evaluator

#: Functions and methods that do nothing with a file whose name they are given.
_HARMLESS = frozenset(
    [
        "print",
        "append",
        "add",
        "insert",
        "remove",
        "discard",
        "extend",
        "update",
        "write",
        "writelines",
        "info",
        "debug",
        "warning",
        "error",
        "exception",
        "critical",
        "log",
        "index",
        "count",
        "find",
        "rfind",
        "startswith",
        "endswith",
        "replace",
        "split",
        "rsplit",
        "join",
        "strip",
        "lstrip",
        "rstrip",
        "format",
        "get",
        "setdefault",
        "pop",
        "exit",
        "add_argument",
        "match",
        "search",
        "sub",
        "subn",
        "fullmatch",
        "findall",
        "compile",
        "isinstance",
        "hasattr",
        "setattr",
        "delattr",
        "len",
        "sorted",
        "ValueError",
        "Exception",
        "RuntimeError",
        "KeyError",
        "FileNotFoundError",
        "SystemExit",
        "set",
        "list",
        "tuple",
        "dict",
        "str",
        "repr",
        "bytes",
        "encode",
        "decode",
        "getenv",
        "putenv",
        "unsetenv",
        "dumps",
        "echo",
        "secho",
        "style",
        "assertEqual",
        "assertIn",
        "raises",
        "fnmatch",
        "fnmatchcase",
        "filter",
        "relpath",
        "commonpath",
        "commonprefix",
        "partition",
        "rpartition",
        "title",
        "lower",
        "upper",
        "setText",
        "put",
        "send_json",
        "is_file",
        "exists",
        "push",
        "note",
        "warn",
        "check_ignore",
        "lookup",
        "namedtuple",
        "Namespace",
        "contains",
        "has",
        "removeprefix",
        "removesuffix",
        "any",
        "all",
    ]
)
#: Methods of objects nobody knows here that give a text to a shell.
_STARTING = frozenset({"system", "popen", "getoutput", "WinExec", "execSync"})
#: Modules from which anything may be called by a name that is not known.
_STRONG = frozenset(
    {"os", "builtins", "subprocess", "io", "shutil", "posix", "importlib"}
)


def called(evaluator: Evaluator, node: ast.Call) -> object:
    """Follow a call and return what it gives, as far as that is known."""
    code = cast("Interpreter", evaluator)
    function = code.value(node.func)
    positional: list[object] = []
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            positional.extend(code.each(code.value(argument.value), 100))
        else:
            positional.append(code.value(argument))
    named: dict[str, object] = {}
    for keyword in node.keywords:
        value = code.value(keyword.value)
        if keyword.arg is not None:
            named[keyword.arg] = value
        elif isinstance(value, dict):
            named.update({text_of(key): each for key, each in value.items()})
    made: object = NOTHING
    for place, each in enumerate(alternatives(function)):
        one = _apply(code, each, Given(positional, named), node)
        made = one if not place else either(made, one)
    return made


def _apply(code: Interpreter, function: object, given: Given, node: ast.Call) -> object:
    if not code.call.findings.step():
        return NOTHING
    if isinstance(function, Dotted):
        return _dotted(code, function.name, given, node)
    if isinstance(function, Function):
        return code.invoke(function, given.positional, dict(given.named))
    if isinstance(function, Bound):
        return _method(code, function, given, node)
    _unknown(code, given, node)
    return NOTHING


def _dotted(code: Interpreter, name: str, given: Given, node: ast.Call) -> object:
    own = _OWN.get(name)
    if own is not None:
        return own(code, given)
    effect = EFFECTS.get(name)
    if effect is not None:
        return effect(code, given)
    function = FUNCTIONS.get(name)
    if function is not None and not given.named:
        return _over(function, given.positional)
    if name == "print" or name.rpartition(".")[2] in _HARMLESS:
        return _class_method(code, name, given)
    if UNKNOWN in name and name.partition(".")[0] in _STRONG:
        code.call.doubt("python", "the function it calls is not known")
        return NOTHING
    if name.startswith("sys.stdin."):
        stdin = code.call.shell.stdin
        text = UNKNOWN if stdin is None else stdin.text
        return text.split("\n") if name.endswith("lines") else text
    found = _class_method(code, name, given)
    if isinstance(found, Nothing):
        _unknown(code, given, node)
    return found


def _over(function: object, arguments: Sequence[object]) -> object:
    """Apply a computing function, to each value that its first argument may have."""
    from collections.abc import Callable

    compute = cast("Callable[..., object]", function)
    if arguments and isinstance(arguments[0], Either):
        made: object = NOTHING
        for place, each in enumerate(arguments[0].values):
            one = compute(each, *arguments[1:])
            made = one if not place else either(made, one)
        return made
    return compute(*arguments)


def _class_method(code: Interpreter, name: str, given: Given) -> object:
    """`Path.read_text(p)`, `str.join(sep, parts)`: methods called on their class."""
    head, _, last = name.rpartition(".")
    if not given.positional:
        return NOTHING
    rest = Given(given.positional[1:], given.named)
    first = given.positional[0]
    if head.startswith("pathlib.") and isinstance(first, (PathValue, str)):
        return path_method(code, PathValue(text_of(first)), last, rest)
    if head in ("str", "bytes") and isinstance(first, (str, bytes)):
        return method(first, last, rest.positional)
    return NOTHING


def _method(code: Interpreter, bound: Bound, given: Given, node: ast.Call) -> object:
    value, name = bound.value, bound.name
    if isinstance(value, PathValue):
        return path_method(code, value, name, given)
    if isinstance(value, Archive):
        return archive_method(code, value, name, given)
    if isinstance(value, Instance):
        function = value.of.names.get(name)
        if isinstance(function, Function):
            return code.invoke(function, [value, *given.positional], dict(given.named))
        return NOTHING
    if isinstance(value, FileValue):
        return _file_method(code, value, name)
    if isinstance(value, str) and name == "format":
        return format_text(value, given.positional, dict(given.named))
    if isinstance(value, list) and name in (
        "append",
        "insert",
        "extend",
        "remove",
        "add",
    ):
        _grow(code, value, name, given)
        return None
    found = method(value, name, given.positional)
    if isinstance(found, Nothing) and name not in _HARMLESS:
        _unknown(code, given, node)
    return found


def _grow(code: Interpreter, value: list[object], name: str, given: Given) -> None:
    if len(value) > 2000 or not given.positional:
        return
    item = given.positional[-1]
    if name == "extend":
        value.extend(code.each(item, 200))
    elif name == "insert" and isinstance(given.positional[0], int):
        value.insert(given.positional[0], item)
    elif name in ("append", "add"):
        value.append(item)


def _file_method(code: Interpreter, value: FileValue, name: str) -> object:
    """What is in a file that may be read here is known, as far as it is short."""
    if name not in ("read", "readline", "readlines"):
        return NOTHING
    text = None
    if UNKNOWN not in value.path:
        text = code.call.world.text_of(code.call.path(value.path))
    if text is None or len(text) > 8_000:
        return UNKNOWN
    return text.split("\n") if name == "readlines" else text


def _unknown(code: Interpreter, given: Given, node: ast.Call) -> None:
    """Report the protected files that a function nobody knows is given."""
    name = ""
    if isinstance(node.func, ast.Attribute):
        name = node.func.attr
    elif isinstance(node.func, ast.Name):
        name = node.func.id
    if name in _HARMLESS:
        return
    nameless = not isinstance(node.func, (ast.Attribute, ast.Name))
    if name in _STARTING and given.positional:
        for each in given.positional[:1]:
            if isinstance(each, (str, bytes)):
                code.start_text(text_of(each))
    for value in [*given.positional, *given.named.values()]:
        for each in value if isinstance(value, (list, tuple)) else [value]:
            _perhaps(code, each, nameless=nameless)


def _perhaps(code: Interpreter, value: object, *, nameless: bool) -> None:
    if not isinstance(value, (str, bytes, PathValue)):
        return
    text = text_of(value)
    if len(text) > 500 or (UNKNOWN in text and not is_telling(text)):
        return
    path = code.call.path(text) if text else ""
    if path and "\n" not in text and code.call.world.is_secret(path):
        code.call.read(text, "may read it")
    elif nameless:
        for part in text.split():
            if secret_in(part, code.call.cwd, code.call.world) is not None:
                code.call.doubt(text, "what it is given to is not known")


def _import_module(code: Interpreter, given: Given) -> object:
    name = given.get(0, "name")
    if not isinstance(name, str) or UNKNOWN in name:
        return Dotted(f"importlib.{UNKNOWN}")
    return code.module(name)


def _getattr(code: Interpreter, given: Given) -> object:
    name = given.get(1)
    holder = given.get(0)
    if isinstance(name, str) and UNKNOWN not in name:
        return code.attribute(holder, name)
    if isinstance(holder, Dotted):
        return Dotted(f"{holder.name}.{UNKNOWN}")
    return NOTHING


def _vars(code: Interpreter, given: Given) -> object:
    del code
    return given.positional[0] if given.positional else Dotted("names")


def _map(code: Interpreter, given: Given) -> object:
    """`map(f, values)`, `filter`, `starmap`: a function applied to each value."""
    function, values = given.get(0), given.get(1)
    node = ast.Call(ast.Name("map", ast.Load()), [], [])
    return [
        _apply(code, function, Given([each], {}), node)
        for each in code.each(values, 100)
    ]


def _filter(code: Interpreter, given: Given) -> object:
    function, values = given.get(0), given.get(1)
    node = ast.Call(ast.Name("filter", ast.Load()), [], [])
    kept = []
    for each in code.each(values, 200):
        answer = None
        if isinstance(function, (Function, Dotted, Bound)):
            answer = code.truth(_apply(code, function, Given([each], {}), node))
        if answer is not False:
            kept.append(each)
    return kept


def _reduce(code: Interpreter, given: Given) -> object:
    function = given.get(0)
    node = ast.Call(ast.Name("reduce", ast.Load()), [], [])
    made = given.get(2)
    for each in code.each(given.get(1), 100):
        started = not isinstance(made, Nothing)
        made = (
            _apply(code, function, Given([made, each], {}), node) if started else each
        )
    return made


def _partial(code: Interpreter, given: Given) -> object:
    """`functools.partial(f, a)` is `lambda *r: f(a, *r)`."""
    function, *rest = given.positional or [NOTHING]
    scope = {"_function": function, "_given": list(rest)}
    text = "lambda *r: _function(*_given, *r)"
    node = ast.parse(text, mode="eval").body
    code.scopes[0].update(scope)
    return Function(cast("ast.Lambda", node), scope)


def _attrgetter(code: Interpreter, given: Given) -> object:
    name = text_of(given.get(0))
    node = ast.parse("lambda o: getattr(o, _attribute_name)", mode="eval").body
    code.scopes[0]["_attribute_name"] = name
    return Function(cast("ast.Lambda", node), {})


def _type(code: Interpreter, given: Given) -> object:
    del code, given
    return NOTHING


_OWN = {
    "__import__": _import_module,
    "importlib.import_module": _import_module,
    "importlib.__import__": _import_module,
    "getattr": _getattr,
    "vars": _vars,
    "globals": _vars,
    "locals": _vars,
    "map": _map,
    "itertools.starmap": _map,
    "multiprocessing.Pool.map": _map,
    "filter": _filter,
    "functools.reduce": _reduce,
    "functools.partial": _partial,
    "operator.attrgetter": _attrgetter,
    "type": _type,
}
