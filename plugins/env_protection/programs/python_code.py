"""Follow a piece of Python code without running it.

The code is parsed with `ast` and walked in its order. Constants are folded, the code's
own functions are followed, loops are taken for each value that is known. What cannot be
told becomes an unknown value; a file that is opened by an unknown path is reported as
an access to a path of unknown stretches.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..words import UNKNOWN, Word
from .call import Call
from .python_statements import Runner
from .python_values import NOTHING, Function, Instance, text_of

#: Modules of a project that are followed.
_MOST_MODULES = 8
#: How deep code may run code.
_DEEPEST = 6


class Interpreter(Runner):
    """Follows one program: its code, and what that runs."""

    def __init__(self, call: Call, argv: Sequence[Word]) -> None:
        self.call = call
        self.argv = [word.text for word in argv]
        self.scopes: list[dict[str, object]] = [{}]
        self.stars: list[str] = []
        self.depth = 0
        self.running: list[ast.AST] = []
        self.imported: set[str] = set()

    def run_text(self, text: str) -> object:
        """Follow code in a text; return the value when it is one expression."""
        if not text.replace(UNKNOWN, "").strip():
            if UNKNOWN in text:
                self.call.doubt("python", "the code it runs is not known")
            return NOTHING
        if self.depth >= _DEEPEST or not self.call.findings.step(1 + len(text) // 10):
            self.call.doubt("python", "code that runs code is nested too deep")
            return NOTHING
        tree = _parsed(text)
        if tree is None:
            self._unreadable(text)
            return NOTHING
        self.depth += 1
        try:
            return self._body(tree)
        finally:
            self.depth -= 1

    def _body(self, tree: ast.Module) -> object:
        if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
            return self.value(tree.body[0].value)
        self.block(tree.body)
        return NOTHING

    def _unreadable(self, text: str) -> None:
        """Report what in code of another Python version could be a file."""
        if UNKNOWN in text:
            self.call.doubt("python", "a part of the code is not known")
        for quote in ("'", '"'):
            for part in text.split(quote)[1::2][:100]:
                self.call.perhaps(part)

    def import_file(self, name: str) -> None:
        """Follow a module of the project's own that lies next to the code."""
        if len(self.imported) >= _MOST_MODULES or name in self.imported:
            return
        self.imported.add(name)
        start = self.call.cwd
        if self.argv and "/" in self.argv[0]:
            start = self.call.path(self.argv[0]).rpartition("/")[0]
        if UNKNOWN in start:
            return
        base = f"{start}/{name.replace('.', '/')}"
        for path in (f"{base}.py", f"{base}/__init__.py"):
            content = self.call.world.text_of(path)
            if content is None:
                continue
            with self.call.script() as inner:
                module = Interpreter(inner, [Word(path)])
                module.imported = self.imported
                module.depth = self.depth
                module.run_text(content)
            return

    def start_text(self, text: str) -> None:
        """Follow a command line that the code starts."""
        if not self.call.strict and UNKNOWN in text:
            return
        self.call.command(text)

    def start(self, words: Sequence[Word], stdin: object) -> None:
        """Follow a program that the code starts."""
        if not words:
            return
        given = Word(text_of(stdin)) if isinstance(stdin, (str, bytes)) else None
        if words[0].text == UNKNOWN and len(words) == 1:
            self.call.doubt("python", "the program it starts is not known")
            return
        self.call.start(words, given)

    @contextmanager
    def elsewhere(self, directory: object) -> Iterator[None]:
        """Work in another directory for a while."""
        before = self.call.cwd
        if directory is not None and directory is not NOTHING:
            self.call.cwd = self.call.path(text_of(directory))
        yield
        self.call.cwd = before

    def variable(self, name: str, default: object = NOTHING) -> object:
        """Return an environment variable."""
        found = self.call.shell.variables.get(name)
        if found is not None:
            return found.text
        held = self.call.world.variables.get(name)
        if held is not None:
            return held
        del default
        return UNKNOWN


def _parsed(text: str) -> ast.Module | None:
    """Return the syntax tree; unknown stretches of code become an unknown name."""
    candidates = [text]
    if UNKNOWN in text:
        candidates.append(text.replace(UNKNOWN, " __unknown__ "))
    for each in candidates:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(each)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def read_tests(call: Call, text: str, path: str) -> None:
    """Report what a test file does: its code, then each of its tests."""
    try:
        code = Interpreter(call, [Word(path)])
        code.run_text(text)
        for name, held in list(code.scopes[0].items()):
            if isinstance(held, Function) and name.lower().startswith("test"):
                made = code.invoke(held, [], {})
                for each in _tests_of(made):
                    code.invoke(each, [made], {})
    except RecursionError:
        call.doubt("pytest", "the code is nested too deep")


def _tests_of(made: object) -> list[Function]:
    if not isinstance(made, Instance):
        return []
    held = made.of.names.items()
    return [
        value
        for name, value in held
        if isinstance(value, Function) and name.startswith(("test", "setUp"))
    ]


def read_python(call: Call, text: str, argv: Sequence[Word] = ()) -> None:
    """Report what Python code does.

    :param argv: `sys.argv`.
    """
    try:
        Interpreter(call, argv).run_text(text)
    except RecursionError:
        call.doubt("python", "the code is nested too deep")
