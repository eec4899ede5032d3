"""How a plugin declares a tool: one typed function, served everywhere.

The same signature becomes a CLI command, an MCP tool and an HTTP call::

    def agent_show(context: PluginContext, agent_id: str, limit: int = 5) -> AgentCard:
        '''Show one agent.'''

    @hookimpl
    def hookwright_register_tools():
        return [Tool(agent_show, command=("agent", "show"))]
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Tool:
    """One function that a plugin offers.

    The function's first parameter is the plugin's context; the others, all
    annotated, are the tool's arguments. Its docstring's first line is the summary;
    `:param name:` lines describe the arguments. It returns a pydantic model, a list
    of them, or a plain JSON value, and must say so in its annotation.

    On the command line a parameter without a default is an argument, and so is one
    whose name ends in `_id`; the others are options. One named `directory` that is
    left empty is the caller's working directory.

    :param function: what runs.
    :param name: defaults to the function's name.
    :param command: words of the CLI command, at most three; empty for none.
    :param writes: whether it changes anything; agents' permission rules read this.
    :param person_only: only a person may call it (the CLI), never an agent.
    :param render: turns the result into text or a rich renderable for a person;
        without it the result is shown as a table or as JSON.
    :param exit_code: gives the process's exit code for a result; 0 without it.
    :raises ValueError: the name, the command or the signature is not usable.
    """

    function: Callable[..., Any]
    name: str = ""
    command: tuple[str, ...] = ()
    writes: bool = False
    person_only: bool = False
    render: Callable[[Any], Any] | None = None
    exit_code: Callable[[Any], int] | None = None

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.function.__name__)
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"tool name {self.name!r}: use lower case letters, digits and _"
            )
        if len(self.command) > 3:
            raise ValueError(f"tool {self.name}: a command has at most three words")
        hints = typing.get_type_hints(self.function, include_extras=True)
        missing = [name for name in self._argument_names() if name not in hints]
        if missing or "return" not in hints:
            raise ValueError(
                f"tool {self.name}: annotate {', '.join(missing) or 'the result'}"
            )

    def _argument_names(self) -> list[str]:
        return list(inspect.signature(self.function).parameters)[1:]

    @property
    def summary(self) -> str:
        """Return the first line of the docstring."""
        return (inspect.getdoc(self.function) or self.name).partition("\n")[0]

    @property
    def descriptions(self) -> dict[str, str]:
        """Return the `:param name: text` lines of the docstring."""
        found = re.findall(
            r"^:param (\w+): (.*(?:\n[ \t]+.*)*)",
            inspect.getdoc(self.function) or "",
            re.MULTILINE,
        )
        return {name: " ".join(text.split()) for name, text in found}

    @property
    def result_type(self) -> Any:
        """Return the annotation of the result."""
        return typing.get_type_hints(self.function, include_extras=True)["return"]

    def arguments_model(self) -> type[BaseModel]:
        """Return a model that validates the arguments and gives their JSON Schema."""
        hints = typing.get_type_hints(self.function, include_extras=True)
        parameters = inspect.signature(self.function).parameters
        fields: dict[str, Any] = {}
        for name in self._argument_names():
            default = parameters[name].default
            fields[name] = (
                hints[name],
                ... if default is inspect.Parameter.empty else default,
            )
        return create_model(
            f"{self.name}_arguments",
            __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=True),
            **fields,
        )


@dataclass(frozen=True)
class Command:
    """A CLI command that a plugin adds beside its tools.

    :param name: the word after `hookwright`.
    :param help: one line.
    :param load: gives the `typer.Typer` app, or a function for a single command;
        called only when the command runs, so that typer stays out of the daemon.
    """

    name: str
    help: str
    load: Callable[[], Any]
