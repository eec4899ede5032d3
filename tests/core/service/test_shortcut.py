from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hookwright.core.clock import Clock
from hookwright.core.host import PluginHost
from hookwright.core.paths import Paths
from hookwright.core.service import cold_rules, shortcut
from hookwright.core.service.intake import RawDelivery
from hookwright.core.service.runtime import Runtime
from hookwright.core.settings import Settings
from hookwright.core.store import Store, StoreOptions

LIFT = "hookwright agent resume claude-code/main --reason x"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    found = tmp_path / "project"
    (found / ".git").mkdir(parents=True)
    return found


@pytest.fixture
def rules_left(paths: Paths) -> Iterator[Runtime]:
    """Let a whole runtime leave its rules, as a daemon does."""
    runtime = Runtime.open(paths)
    yield runtime
    runtime.close()


def delivery(project: Path, event: str, **payload: Any) -> RawDelivery:
    known = {"session_id": "s1", "cwd": str(project), "hook_event_name": event}
    return RawDelivery(
        id=os.urandom(10).hex(),
        agent_host="claude-code",
        arguments=(event,),
        cwd=str(project),
        environment={},
        stdin=json.dumps(known | payload).encode(),
    )


def shell(project: Path, command: str) -> RawDelivery:
    return delivery(
        project,
        "PreToolUse",
        tool_name="Bash",
        tool_use_id="t1",
        tool_input={"command": command},
    )


def every_kind(project: Path) -> list[RawDelivery]:
    return [
        shell(project, "ls"),
        shell(project, LIFT),
        delivery(project, "UserPromptSubmit", prompt="do it"),
        delivery(project, "SessionStart", source="startup"),
        delivery(project, "PreToolUse", tool_name=7),
        delivery(project, "NobodyKnowsThisOne"),
    ]


def test_the_answer_is_that_of_the_whole_program(paths: Paths, project: Path) -> None:
    # One process cannot open the store twice.
    with closing(Runtime.open(paths)) as runtime:
        wanted = [runtime.answer(raw)[0] for raw in every_kind(project)]

    found = [shortcut.answer(raw, paths) for raw in every_kind(project)]

    assert found == wanted
    assert '"permissionDecision":"deny"' in wanted[1].stdout.replace(" ", "")
    assert "Agent ledger" in wanted[3].stdout
    assert "tool_name" in wanted[4].stderr


def test_other_agent_hosts_adapters_are_not_loaded(
    paths: Paths,
    project: Path,
    rules_left: Runtime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: set[str] = set()

    def load(self: PluginHost, *, only: set[str]) -> None:
        loaded.update(only)
        _load(self, only=only)

    _load = PluginHost.load
    monkeypatch.setattr(PluginHost, "load", load)

    assert shortcut.answer(shell(project, "ls"), paths) is not None

    assert "claude_code" in loaded
    assert "tracking" in loaded
    assert not {"codex", "copilot", "cursor", "gemini", "git", "opencode"} & loaded


def test_the_event_is_durable_and_observed_by_whoever_comes_next(
    paths: Paths, project: Path, rules_left: Runtime
) -> None:
    raw = delivery(project, "UserPromptSubmit", prompt="remember this")
    kept: list[bool] = []

    assert shortcut.answer(raw, paths, lambda: kept.append(True)) is not None

    (left,) = rules_left.recover()
    assert kept == [True]
    assert left.delivery.id == raw.id
    assert left.events[0].host_event == "UserPromptSubmit"


def test_anything_out_of_the_ordinary_is_left_to_the_whole_program(
    paths: Paths, project: Path, rules_left: Runtime
) -> None:
    raw = shell(project, "ls")

    def given_up(delivery: RawDelivery) -> bool:
        return shortcut.answer(delivery, paths) is None

    assert not given_up(raw)
    assert given_up(raw._replace(agent_host="nobody"))
    assert given_up(raw._replace(environment={"HOOKWRIGHT__SERVICE__X": "1"}))
    assert given_up(raw._replace(environment={"HOOKWRIGHT_NO_PLUGINS": "1"}))
    own = project / ".hookwright.toml"
    own.write_text("")
    assert given_up(raw)
    own.unlink()
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.config_file.write_text("")
    assert given_up(raw)
    paths.config_file.unlink()
    left = cold_rules.load(paths, {})
    assert left is not None
    for plugins in ({}, {**left.plugins, "another": "1"}, {"tracking": "0"}):
        cold_rules.save(paths, left._replace(plugins=plugins))
        assert given_up(raw)
    (paths.run / cold_rules.FILE).unlink()
    assert given_up(raw)
    # What was given up has left nothing behind that would be observed twice.
    assert len(rules_left.recover()) == 1


def test_a_plugin_that_failed_leaves_no_rules_for_the_short_way(
    paths: Paths, project: Path
) -> None:
    with closing(Runtime.open(paths, plugins=[(object, "broken")])):
        pass

    assert shortcut.answer(shell(project, "ls"), paths) is None


def test_what_plugins_write_is_kept(paths: Paths, sample: ModuleType) -> None:
    store = shortcut.LateStore(paths, Clock())
    store.register(sample.SEEN)
    assert not paths.store.exists()
    stage = store.stage()
    stage.put(sample.SEEN, sample.Seen(session="s1"))

    store.keep([stage])

    assert store.problem == ""
    with closing(Store.open(paths)) as opened:
        opened.register(sample.SEEN)
        opened.recover()
        assert opened.stage().get(sample.SEEN, "s1") is not None


def test_a_store_that_cannot_be_opened_is_told_and_gone_without(
    paths: Paths, sample: ModuleType
) -> None:
    paths.data.mkdir(parents=True, exist_ok=True)
    paths.store.write_text("no store of ours")
    store = shortcut.LateStore(paths, Clock())
    store.register(sample.SEEN)

    stage = store.stage()
    stage.put(sample.SEEN, sample.Seen(session="s1"))
    store.keep([stage])

    assert stage.get(sample.SEEN, "s1") is None
    assert store.problem.startswith("nothing is recorded, the store cannot be opened:")


def test_its_defaults_are_those_of_the_settings() -> None:
    settings = Settings()

    assert settings.service.briefing_tokens == shortcut.BRIEFING_TOKENS
    assert settings.redaction.redact_output == shortcut.REDACT_OUTPUT
    for name, value in vars(StoreOptions()).items():
        assert getattr(settings.store, name) == value, name
