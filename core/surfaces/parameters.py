"""What one argument of a tool looks like on the command line.

Text, numbers, booleans, paths, `Literal` and enums, lists of them and optional ones
become what they are. Any other type is given as JSON. The tool's own model has the
last word on every value, so nothing is checked twice here.
"""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer

#: An argument of this name that is left empty is the caller's working directory.
DIRECTORY = "directory"
_SCALARS = (str, int, float, bool, Path)
_MISSING = inspect.Parameter.empty


@dataclass(frozen=True)
class Shape:
    """How one argument is given.

    :param kind: the type that typer is told.
    :param is_json: the text is JSON, for types that the command line has no form for.
    """

    kind: Any
    is_json: bool = False


def shape_of(annotation: Any) -> Shape:
    """Return how an argument of this type is given."""
    bare = _bare(annotation)
    if _is_scalar(bare):
        return Shape(bare)
    origin, arguments = get_origin(bare), get_args(bare)
    if inspect.isclass(origin) and issubclass(origin, Collection) and arguments:
        alike = origin is not tuple or arguments[1:] == (Ellipsis,)
        item = _bare(arguments[0])
        if alike and _is_scalar(item) and not issubclass(origin, Mapping):
            return Shape(list[item])  # type: ignore[valid-type] # made at run time
    return Shape(str, is_json=True)


def parameter(name: str, annotation: Any, default: Any, text: str) -> inspect.Parameter:
    """Return the parameter that typer turns into an option or an argument.

    A required one is an argument, except a flag; one with a default is an option,
    except an id, because it is the thing that the command is about, and a path that is
    `.` by default.
    """
    shape = shape_of(annotation)
    if name == DIRECTORY and shape.kind in (str, Path):
        names = ("--directory", "--cwd")
        return _option(
            name, shape.kind, None, text, *names, show_default="where you are"
        )
    if default is _MISSING and shape.kind is not bool:
        return _parameter(
            name, Annotated[shape.kind, typer.Argument(help=text or None)], _MISSING
        )
    if name.endswith("_id") and default == "":
        argument = typer.Argument(help=text or None, show_default=False)
        return _parameter(name, Annotated[str, argument], "")
    if shape.kind is Path and default == Path():
        where = typer.Argument(help=text or None, show_default="where you are")
        return _parameter(name, Annotated[Path, where], default)
    if shape.kind is bool and default is False:
        return _option(name, bool, False, text, f"--{name.replace('_', '-')}")
    if shape.is_json:
        # The tool fills in its own default where nothing is given.
        return _option(name, str, None, f"{text} (JSON)".strip())
    if isinstance(default, set | frozenset | tuple):
        default = sorted(default) if not isinstance(default, tuple) else list(default)
    return _option(name, shape.kind, default, text)


def given_value(name: str, annotation: Any, value: Any, cwd: Path) -> Any:
    """Return what is sent to the tool; None when nothing was given.

    Paths are made absolute: the daemon has another working directory.
    """
    shape = shape_of(annotation)
    if name == DIRECTORY and shape.kind in (str, Path):
        return str(cwd / value) if value else str(cwd)
    if value is None:
        return None
    if shape.is_json:
        return _from_json(value)
    if shape.kind is Path:
        return str(cwd / value)
    if shape.kind == list[Path]:
        return [str(cwd / item) for item in value]
    return value.value if isinstance(value, Enum) else value


def _option(
    name: str,
    kind: Any,
    default: Any,
    text: str,
    *names: str,
    show_default: bool | str = True,
) -> inspect.Parameter:
    info = typer.Option(*names, help=text or None, show_default=show_default)
    return _parameter(
        name, Annotated[kind | None if default is None else kind, info], default
    )


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _bare(annotation: Any) -> Any:
    """Return the annotation without `Annotated` and without `| None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        others = [item for item in get_args(annotation) if item is not type(None)]
        if len(others) == 1:
            return _bare(others[0])
    return annotation


def _is_scalar(annotation: Any) -> bool:
    if get_origin(annotation) is Literal:
        return True
    if get_origin(annotation) is not None or not inspect.isclass(annotation):
        return False
    return annotation in _SCALARS or issubclass(annotation, Enum)


def _from_json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        # Text that is no JSON is text: a date, a name. The tool judges it.
        return value
