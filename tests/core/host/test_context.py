from __future__ import annotations

import logging
import stat
from collections.abc import Callable
from typing import Any

import pytest

from hookwright.core.host import PluginHost
from hookwright.core.paths import Paths
from hookwright.hookspecs import PluginConfig, PluginContext, PluginInfo, hookimpl

MakeHost = Callable[..., PluginHost]
MakeEvent = Callable[..., Any]
SECRET = "hunter" + "2hunter2"


class Config(PluginConfig):
    limit: int = 3


class Calls:
    """Runs a function with its context."""

    def __init__(self, function: Callable[[PluginContext], Any]) -> None:
        self.function = function
        self.got: Any = None

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        return PluginInfo(config=Config)

    @hookimpl
    def hookwright_turn_end(self, context: PluginContext) -> None:
        self.got = self.function(context)


@pytest.fixture
def within(make_host: MakeHost, make_event: MakeEvent) -> Callable[..., Any]:
    """Return `within(function)`: what function(context) gives inside a call."""

    def run(function: Callable[[PluginContext], Any]) -> Any:
        plugin = Calls(function)
        host = make_host(
            {"notes": plugin},
            {"notes": {"limit": 7}},
            redact=lambda text: text.replace(SECRET, "[REDACTED]"),
        )
        host.observe(make_event("turn_end"))
        assert host.report()[0].hooks[0].last_error == ""
        return plugin.got

    return run


def test_a_plugin_has_its_name_and_configuration(within: Callable[..., Any]) -> None:
    assert within(lambda context: context.name) == "notes"
    assert within(lambda context: context.config(Config).limit) == 7
    assert within(lambda context: context.from_agent) is False


def test_asking_for_another_model_is_an_error(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    class Other(PluginConfig):
        pass

    host = make_host({"notes": Calls(lambda context: context.config(Other))})

    host.observe(make_event("turn_end"))

    assert "its config model is Config, not Other" in (
        host.report()[0].hooks[0].last_error
    )


def test_the_state_directory_is_made_at_first_use_and_private(
    within: Callable[..., Any], paths: Paths
) -> None:
    within(lambda context: None)
    assert not paths.plugin_state.exists()

    made = within(lambda context: context.state_dir)
    again = within(lambda context: context.state_dir)

    assert made == again == paths.plugin_state / "notes"
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert stat.S_IMODE(paths.plugin_state.stat().st_mode) == 0o700


def test_times_and_ids_only_grow(within: Callable[..., Any]) -> None:
    ids = within(lambda context: [context.new_id() for _ in range(50)])
    times = within(lambda context: [context.now() for _ in range(50)])

    assert ids == sorted(set(ids))
    assert times == sorted(times)


def test_secrets_are_redacted_on_request_and_in_the_log(
    within: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hookwright")

    assert within(lambda context: context.redact(f"x {SECRET}")) == "x [REDACTED]"
    within(lambda context: context.log.info("it is %s", SECRET))
    within(lambda context: context.log.getChild("part").info(SECRET))

    assert "it is [REDACTED]" in caplog.text
    assert SECRET not in caplog.text
    assert {record.name for record in caplog.records} == {
        "hookwright.plugins.notes",
        "hookwright.plugins.notes.part",
    }
