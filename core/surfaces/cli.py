"""The command `hookwright`: core's commands, and one for each declared tool."""

from __future__ import annotations

import importlib
import inspect
import logging
import platform
import sys
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import typer
from typer.main import get_command

from ..errors import PluginError
from .failures import run_guarded
from .invocation import Invocation, own_version
from .options import AsJson, NoPlugins, Overrides
from .output import warn, write, write_json

if TYPE_CHECKING:
    from hookwright.hookspecs import Command

_HELP = """One plugin host for every coding agent: guard, record, remember, report.

Start with: hookwright demo, then hookwright install claude-code."""
#: Core's commands by their first word: the module of `commands` and the function that
#: adds it. Modules are imported when they are needed; none needs plugins to be built.
CORE = MappingProxyType(
    {
        "install": ("install", "add_install"),
        "uninstall": ("install", "add_uninstall"),
        "doctor": ("doctor", "add"),
        "statusline": ("statusline", "add"),
        "plugins": ("plugins", "add"),
        "events": ("events", "add"),
        "config": ("config", "add"),
        "trust": ("trust", "add"),
        "store": ("store", "add"),
        "daemon": ("daemon", "add"),
        "mcp": ("mcp", "add"),
    }
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    :param arguments: without the program's name; those of this process by default.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not end a command.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    return run_guarded(lambda: run(given), given)


def run(arguments: list[str]) -> Any:
    """Build the commands that these arguments can reach, and run one."""
    # Without a handler of its own, `logging` prints what the engine reports.
    logging.getLogger("hookwright").addHandler(logging.NullHandler())
    app = build_app(Invocation.read(arguments))
    return get_command(app)(args=arguments, prog_name="hookwright")


def build_app(invocation: Invocation) -> typer.Typer:
    """Return the app with the commands that this run can reach."""
    app = typer.Typer(
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    _add_options(app, invocation)
    if invocation.version:
        return app
    if invocation.command in CORE:
        _add_core(app, invocation, invocation.command)
        return app
    for word in CORE:
        _add_core(app, invocation, word)
    _add_plugin_commands(app, invocation)
    return app


def _add_core(app: typer.Typer, invocation: Invocation, word: str) -> None:
    module, function = CORE[word]
    found = importlib.import_module(f".commands.{module}", __package__)
    add: Callable[[typer.Typer, Invocation], None] = getattr(found, function)
    add(app, invocation)


def _add_options(app: typer.Typer, invocation: Invocation) -> None:
    def show_version(wanted: bool) -> None:
        if wanted:
            write_version(as_json=invocation.json)
            raise typer.Exit

    shows_version = typer.Option(
        False, "--version", is_eager=True, callback=show_version, help="Show it."
    )

    # `Invocation.read` has seen them all; here they are only declared for typer.
    @app.callback()
    def options(
        as_json: AsJson = False,
        no_plugins: NoPlugins = False,
        overrides: Overrides = None,
        version: bool = shows_version,
    ) -> None:
        pass


def write_version(*, as_json: bool) -> None:
    """Write the versions of Hookwright and Python."""
    found = {"hookwright": own_version(), "python": platform.python_version()}
    if as_json:
        write_json(found)
    else:
        write(f"hookwright {found['hookwright']} (Python {found['python']})")


def _add_plugin_commands(app: typer.Typer, invocation: Invocation) -> None:
    # Late, like all that `--version` does not need.
    from .tool_commands import add_tools

    host = invocation.host()
    add_tools(app, host.tools.values(), invocation)
    for name, command in sorted(host.commands.items()):
        wanted = invocation.all_commands or invocation.command == name
        loaded = _loaded(command) if wanted else None
        if isinstance(loaded, typer.Typer):
            app.add_typer(loaded, name=name, help=command.help)
        else:
            app.command(name, help=_help_of(loaded) or command.help)(
                loaded or _not_needed
            )
    for status in host.report():
        if status.state == "failed":
            warn(f"hookwright: plugin {status.label} is not loaded: {status.why}")


def _loaded(command: Command) -> Any:
    try:
        return command.load()
    except Exception as error:
        raise PluginError(
            f"the command {command.name} cannot be loaded: "
            f"{type(error).__name__}: {error}; see hookwright plugins"
        ) from error


def _help_of(loaded: Any) -> str:
    return inspect.getdoc(loaded) or "" if loaded else ""


def _not_needed() -> None:
    """Stand for a command that this run does not call."""


if __name__ == "__main__":
    sys.exit(main())
