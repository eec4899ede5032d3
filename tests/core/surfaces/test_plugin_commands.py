from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import typer

from hookwright.core.clock import Clock
from hookwright.core.errors import StoreError
from hookwright.core.host import PluginHost
from hookwright.core.paths import Paths
from hookwright.core.surfaces.invocation import Invocation, NoStore
from hookwright.hookspecs import Command, PluginInfo, hookimpl

Run = Callable[..., Any]


def single(name: str = "you") -> None:
    """Greet somebody."""
    typer.echo(f"hello {name}")


def group() -> typer.Typer:
    app = typer.Typer()
    app.command("one")(lambda: typer.echo("one"))
    app.command("two")(lambda: typer.echo("two"))
    return app


def broken() -> Any:
    raise ImportError("no module named words")


class Commands:
    @hookimpl
    def hookwright_register_commands(self) -> list[Command]:
        return [
            Command("greet", "Greet.", load=lambda: single),
            Command("several", "Do several things.", load=group),
            Command("broken", "Break.", load=broken),
        ]


class Misdeclared:
    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        raise ZeroDivisionError("oops")


@pytest.fixture(autouse=True)
def host(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> PluginHost:
    made = PluginHost(
        store=NoStore(), clock=Clock(), paths=paths, tables={}, redact=str
    )
    made.register(Commands(), "commands")
    monkeypatch.setattr(Invocation, "host", lambda self: made)
    return made


def test_a_plugins_command_runs_with_its_own_options(run: Run) -> None:
    assert run("greet", "--name", "Ada").out == "hello Ada\n"
    assert "Greet somebody." in run("greet", "--help").out


def test_a_plugins_app_is_a_group(run: Run) -> None:
    assert run("several", "two").out == "two\n"


def test_help_loads_no_plugins_command(run: Run) -> None:
    ran = run("--help")

    assert ran.code == 0
    assert all(text in ran.out for text in ("Greet.", "Do several things.", "Break."))


def test_a_command_that_cannot_be_loaded_names_itself(run: Run) -> None:
    ran = run("broken")

    assert ran.code == 1
    assert ran.err == (
        "hookwright: the command broken cannot be loaded: "
        "ImportError: no module named words; see hookwright plugins\n"
    )


def test_a_plugin_that_is_not_loaded_is_told_on_standard_error(
    run: Run, host: PluginHost
) -> None:
    host.register(Misdeclared(), "misdeclared")

    ran = run("greet")

    assert ran.out == "hello you\n"
    assert "plugin misdeclared is not loaded" in ran.err


def test_no_store_is_open_while_plugins_are_only_asked() -> None:
    with pytest.raises(StoreError):
        NoStore().stage()
