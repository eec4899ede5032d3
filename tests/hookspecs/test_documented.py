"""Every hook is documented in the form that its docstring has."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from types import FunctionType, ModuleType

import pytest

from hookwright.hookspecs import (
    EVENT_KINDS,
    PREFIX,
    briefing,
    extension,
    gates,
    lifecycle,
    status_line,
    storage,
)

MODULES = (lifecycle, gates, briefing, status_line, storage, extension)
HOOKS = [
    pytest.param(module, function, id=name)
    for module in MODULES
    for name, function in vars(module).items()
    if isinstance(function, FunctionType) and hasattr(function, "hookwright_spec")
]
each_hook = pytest.mark.parametrize(("module", "hook"), HOOKS)


def doc(hook: FunctionType) -> str:
    return inspect.getdoc(hook) or ""


def example(hook: FunctionType) -> str:
    """Return the code of the docstring's example."""
    found = re.search(r"^Example::\n\n((?: {4}.*\n?|\n)+)", doc(hook), re.MULTILINE)
    assert found, "no Example:: block"
    return textwrap.dedent(found.group(1))


def test_there_are_hooks() -> None:
    assert len(HOOKS) >= 24


@each_hook
def test_its_name_begins_with_the_projects(
    module: ModuleType, hook: FunctionType
) -> None:
    assert hook.__name__.startswith(PREFIX)


@each_hook
def test_it_has_a_one_line_summary(module: ModuleType, hook: FunctionType) -> None:
    summary, _, rest = doc(hook).partition("\n")

    assert summary.endswith(".")
    assert rest.startswith("\n")


@each_hook
def test_each_parameter_is_annotated_and_described(
    module: ModuleType, hook: FunctionType
) -> None:
    parameters = inspect.signature(hook).parameters
    described = re.findall(r"^:param (\w+): \S", doc(hook), re.MULTILINE)

    assert described == list(parameters)
    assert all(name in hook.__annotations__ for name in (*parameters, "return"))
    assert len(parameters) <= 4


@each_hook
def test_it_says_what_it_returns(module: ModuleType, hook: FunctionType) -> None:
    returns_nothing = hook.__annotations__["return"] == "None"

    assert (":returns:" in doc(hook)) != returns_nothing


@each_hook
def test_when_it_is_called_and_what_a_failure_does_is_written(
    module: ModuleType, hook: FunctionType
) -> None:
    said = " ".join(f"{module.__doc__}\n{doc(hook)}".split())

    assert "Call rule" in said
    assert "Failure policy" in said


@each_hook
def test_its_example_is_python_that_implements_it(
    module: ModuleType, hook: FunctionType
) -> None:
    (function,) = [
        node
        for node in ast.parse(example(hook)).body
        if isinstance(node, ast.FunctionDef)
    ]

    assert function.name == hook.__name__
    assert [ast.unparse(item) for item in function.decorator_list] == ["hookimpl"]
    taken = [argument.arg for argument in function.args.args]
    assert set(taken) <= set(inspect.signature(hook).parameters)


def test_each_kind_of_event_has_a_hook_of_its_name() -> None:
    names = {parameter.id for parameter in HOOKS}

    assert {f"{PREFIX}{kind}" for kind in EVENT_KINDS} <= names
