"""Commands made from declared tools: one tool, one command, from one signature."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

import typer
from pydantic import BaseModel, TypeAdapter

from hookwright.hookspecs import Tool

from .invocation import Invocation
from .output import plain, to_json, warn, write, write_json, write_rendered, write_table
from .parameters import given_value, parameter

#: The command's own option, unless the tool has an argument of that name.
_JSON_OPTION = "as_json"
Groups = dict[tuple[str, ...], typer.Typer]


def add_tools(app: typer.Typer, tools: Iterable[Tool], invocation: Invocation) -> None:
    """Add a command for every tool that has command words, groups where needed."""
    groups: Groups = {(): app}
    shown = sorted((tool for tool in tools if tool.command), key=lambda it: it.command)
    for tool in shown:
        *words, name = tool.command
        group = _group(groups, tuple(words), shown)
        group.command(name, help=help_text(tool), short_help=tool.summary)(
            tool_command(tool, invocation)
        )


def tool_command(tool: Tool, invocation: Invocation) -> Callable[..., None]:
    """Return the function that typer makes the tool's command of."""
    hints = typing.get_type_hints(tool.function, include_extras=True)
    declared = list(inspect.signature(tool.function).parameters.values())[1:]
    texts = tool.descriptions

    def run(**given: Any) -> None:
        as_json = bool(given.pop(_JSON_OPTION)) or invocation.json
        arguments = {
            name: sent
            for name, value in given.items()
            if (sent := given_value(name, hints[name], value, invocation.cwd))
            is not None
        }
        # Late: help for a hundred commands needs no engine.
        from .engine import engine

        with engine(invocation) as working:
            result = working.call_tool(tool.name, arguments)
        show_result(tool, result, as_json=as_json)
        if tool.exit_code and (code := tool.exit_code(typed_result(tool, result))):
            raise typer.Exit(code)

    parameters = [
        parameter(item.name, hints[item.name], item.default, texts.get(item.name, ""))
        for item in declared
    ]
    parameters.append(_json_parameter(taken="json" in hints))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {item.name: item.annotation for item in parameters}
    run.__name__ = tool.name
    return run


def help_text(tool: Tool) -> str:
    """Return the docstring up to its field list, without reStructuredText marks."""
    text = inspect.getdoc(tool.function) or tool.summary
    return text.partition("\n:")[0].strip().replace("`", "")


def typed_result(tool: Tool, result: Any) -> Any:
    """Return a result that came as JSON as the type that the tool declares."""
    adapter: TypeAdapter[Any] = TypeAdapter(tool.result_type)
    return adapter.validate_python(result)


def show_result(tool: Tool, result: Any, *, as_json: bool) -> None:
    """Write a tool's result: JSON, what the tool renders, a table, or plain text."""
    if as_json:
        write_json(result)
        return
    if tool.render:
        try:
            rendered = tool.render(typed_result(tool, result))
            if isinstance(rendered, str):
                write(rendered)
            else:
                write_rendered(rendered)
        except Exception as error:  # noqa: BLE001 - a plugin's code; the result is there
            warn(f"hookwright: tool {tool.name} cannot show its result: {error!r}")
        else:
            return
    _write_result(to_json(result))


def _write_result(result: Any) -> None:
    if isinstance(result, dict):
        write_table(("", ""), ((plain(key), value) for key, value in result.items()))
    elif isinstance(result, list) and result and all(map(_is_row, result)):
        columns = list(dict.fromkeys(key for row in result for key in row))
        write_table(columns, ([row.get(key) for key in columns] for row in result))
    elif isinstance(result, list):
        write("\n".join(map(str, result)) if result else "Nothing.")
    elif isinstance(result, str):
        write(result)
    elif result is not None:
        write_json(result)


def _is_row(value: Any) -> bool:
    return isinstance(value, dict) and not any(
        isinstance(item, dict | list | BaseModel) for item in value.values()
    )


def _group(
    groups: Groups, words: tuple[str, ...], tools: Sequence[Tool]
) -> typer.Typer:
    if words not in groups:
        made = typer.Typer(no_args_is_help=True)
        depth = len(words)
        below = [it.command[depth] for it in tools if it.command[:depth] == words]
        text = ", ".join(dict.fromkeys(below))
        _group(groups, words[:-1], tools).add_typer(made, name=words[-1], help=text)
        groups[words] = made
    return groups[words]


def _json_parameter(*, taken: bool) -> inspect.Parameter:
    name = "--as-json" if taken else "--json"
    option = typer.Option(name, help="Print JSON.")
    return inspect.Parameter(
        _JSON_OPTION,
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[bool, option],
    )
