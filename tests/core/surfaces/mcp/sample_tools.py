"""A plugin whose tools return every kind of result, for the MCP server's tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hookwright.core.api import ToolError
from hookwright.hookspecs import PluginContext, Tool, hookimpl


def give_object(context: PluginContext, name: str, count: int = 1) -> dict[str, Any]:
    """Give an object.

    More about it.

    :param name: whose it is.
    """
    return {"name": name, "count": count}


def give_list(context: PluginContext) -> list[int]:
    """Give a list."""
    return [1, 2]


def give_text(context: PluginContext) -> str:
    """Give a text with a line's end and an ü."""
    return "one\ntwo ü"


def where(context: PluginContext, path: Path, directory: str = "") -> dict[str, str]:
    """Say where the caller is."""
    return {"path": str(path), "directory": directory}


def read_file(context: PluginContext, path: Path) -> str:
    """Read a file, whatever is in it."""
    return path.read_text("utf-8")


def refuse(context: PluginContext) -> None:
    """Say what is wrong with the request."""
    raise ToolError("Name the moon first.")


def break_down(context: PluginContext) -> None:
    """Raise what a plugin should not."""
    raise KeyError("oops")


def wait(context: PluginContext, mark: Path, seconds: float = 30.0) -> str:
    """Make a file, then wait."""
    mark.touch()
    time.sleep(seconds)
    return "waited"


def wait_and_write(context: PluginContext, mark: Path) -> str:
    """Make a file, then wait; it writes."""
    mark.write_text(str(os.getpid()))
    time.sleep(30)
    return "written"


def decide(context: PluginContext) -> str:
    """Do what is a person's to do."""
    return "decided"


@hookimpl
def hookwright_register_tools() -> list[Tool]:
    """Offer them."""
    functions: list[Callable[..., Any]] = [
        *(give_object, give_list, give_text, where, read_file),
        *(refuse, break_down, wait),
    ]
    return [
        *(Tool(function) for function in functions),
        Tool(wait_and_write, writes=True),
        Tool(decide, command=("decide",), person_only=True),
    ]
