"""Calling a tool: validated arguments in, a JSON value out."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from hookwright.hookspecs import Tool, thaw

from ..errors import HookwrightError, PluginError, ToolError, UnknownNameError
from .chain import Fault, ProcessLostError, describe
from .context import CallContext, Services
from .guard import kind_name, tell_once
from .plugin import Plugin

if TYPE_CHECKING:
    from ..store import Stage


def call_tool(
    services: Services,
    tool: Tool,
    plugin: Plugin,
    arguments: Mapping[str, Any],
    *,
    from_agent: bool,
) -> tuple[Any, list[Stage]]:
    """Run the tool here, in the caller's thread and without a time limit.

    :raises ToolError: it may not be called, its arguments do not fit, or it failed.
    :raises HookwrightError: what the tool itself raised of these.
    """
    if tool.person_only and from_agent:
        raise ToolError(
            f"{tool.name} is for people only: ask the person to run "
            f"`hookwright {' '.join(tool.command) or tool.name}`"
        )
    if tool.writes:
        # What a person or an agent types is stored like anything else.
        arguments = {
            name: services.redact(value) if isinstance(value, str) else value
            for name, value in arguments.items()
        }
    values = validated(tool, arguments)
    context = CallContext(services, plugin, from_agent=from_agent, writable=tool.writes)
    ledger = plugin.ledger(f"tool {tool.name}")
    started = time.monotonic()
    try:
        result = _run(plugin, tool, context, arguments, values)
        stages = context.end()
    except BaseException as error:  # a tool may call sys.exit
        context.abandon()
        if _is_interrupt(error):
            raise
        if isinstance(error, HookwrightError) and not isinstance(error, PluginError):
            # The tool says what is wrong with the request: an answer, not a fault.
            ledger.count_call(time.monotonic() - started)
            raise _redacted(services, error) from error
        text = services.redact(describe(error))
        lost = isinstance(error, ProcessLostError)
        fault = Fault("lost", text) if lost else Fault("raised", text, error)
        failure = text if lost else f"raised {text}"
        ledger.count_call(time.monotonic() - started, failure)
        tell_once(services, plugin, f"tool {tool.name}", fault)
        text = f"it {text}" if lost else text
        raise ToolError(
            f"{tool.name} failed: {text} (plugin {plugin.label})"
        ) from error
    ledger.count_call(time.monotonic() - started)
    return result, stages


def unknown_tool(name: str, known: list[str]) -> UnknownNameError:
    """Return the error for a name that no tool has."""
    import difflib

    near = difflib.get_close_matches(name, known, 1)
    cure = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    cure = cure if known else "no plugin offers any"
    return UnknownNameError(f"there is no tool {name!r}; {cure}")


@lru_cache(maxsize=512)
def arguments_model(tool: Tool) -> type[BaseModel]:
    """Return the tool's arguments model, made once."""
    return tool.arguments_model()


def _run(
    plugin: Plugin,
    tool: Tool,
    context: CallContext,
    arguments: Mapping[str, Any],
    values: Mapping[str, Any],
) -> Any:
    """Return the tool's result as a JSON value, wherever the plugin runs."""
    if plugin.outside is not None:
        return plugin.outside.call_tool(context, tool.name, arguments)
    if plugin.recorder is None:
        return jsonable(tool.function(context, **values))
    with plugin.recorder.during(plugin.mark(f"tool {tool.name}")):
        return jsonable(tool.function(context, **values))


def validated(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as the tool's own types.

    :raises ToolError: they do not fit.
    """
    try:
        model = arguments_model(tool)
    except Exception as error:
        raise ToolError(
            f"{tool.name} cannot be called: its signature gives no model "
            f"({describe(error)})"
        ) from error
    try:
        values = model.model_validate(dict(arguments))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'arguments'}: "
            f"{item['msg']}"
            for item in error.errors(include_url=False, include_input=False)
        )
        raise ToolError(f"{tool.name}: {problems}") from error
    return {name: getattr(values, name) for name in type(values).model_fields}


def jsonable(result: Any) -> Any:
    """Return a tool's result as a JSON value.

    :raises TypeError: it is none.
    """
    try:
        return to_jsonable_python(result, fallback=_thawed, inf_nan_mode="null")
    except (PydanticSerializationError, ValueError, TypeError) as error:
        raise TypeError(
            f"its result, {kind_name(result)}, is no JSON value: {error}"
        ) from error


def _thawed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return thaw(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _is_interrupt(error: BaseException) -> bool:
    """Return whether a person pressed ^C; only the main thread is told of that."""
    main = threading.current_thread() is threading.main_thread()
    return isinstance(error, KeyboardInterrupt) and main


def _redacted(services: Services, error: HookwrightError) -> HookwrightError:
    text = services.redact(str(error))
    return error if text == str(error) else type(error)(text)
