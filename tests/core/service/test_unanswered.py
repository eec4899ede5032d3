from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from hookwright.core.paths import Paths
from hookwright.core.service import rescue, unanswered
from hookwright.core.service.cold_rules import ColdRules, HostRules, save, stamp_of
from hookwright.core.service.intake import RawDelivery
from hookwright.core.service.runtime import Runtime
from hookwright.core.service.unanswered import Unanswered
from hookwright.hookspecs import (
    Answer,
    Decision,
    Delivery,
    GateKind,
    PluginInfo,
    hookimpl,
)

MakeRaw = Callable[..., RawDelivery]


class Guard:
    """A guard that judges tool calls, and nothing else."""

    def __init__(self, policy: Any) -> None:
        self.policy = policy

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        return PluginInfo(on_gate_failure=self.policy)

    @hookimpl
    def hookwright_tool_before(self) -> None:
        return None


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ToolVerdict(Strict):
    """`PreToolUseHookSpecificOutput` of Claude Code's types package 0.3.329."""

    hookEventName: Literal["PreToolUse"]
    permissionDecision: Literal["allow", "deny", "ask", "defer"]
    permissionDecisionReason: str = Field(min_length=1, max_length=10_000)


class ToolAnswer(Strict):
    hookSpecificOutput: ToolVerdict


class Refusal(Strict):
    """What Codex CLI 0.169.0 obeys: `ask` is an error to it, as is a blank reason."""

    hookEventName: Literal["PreToolUse"]
    permissionDecision: Literal["deny"]
    permissionDecisionReason: str = Field(pattern=r"\S")


class RefusalAnswer(Strict):
    hookSpecificOutput: Refusal


class FlatToolAnswer(Strict):
    """`PreToolUseHookOutput` of Copilot CLI's types, 1.0.102."""

    permissionDecision: Literal["allow", "deny", "ask"]
    permissionDecisionReason: str = Field(min_length=1)


class PromptAnswer(Strict):
    decision: Literal["block"]
    reason: str = Field(min_length=1, max_length=10_000)


class Thrown(Strict):
    """What our plugin in OpenCode throws for a tool call."""

    deny: str = Field(min_length=1)


class Replaced(Strict):
    """What our plugin in OpenCode puts in place of a prompt."""

    replace: str = Field(min_length=1)


class Denial(Strict):
    """Gemini CLI 0.61.0, of a tool call and of a prompt."""

    decision: Literal["deny"]
    reason: str = Field(min_length=1)


class CursorDenial(Strict):
    """What the hook engine of @cursor/sdk 1.0.18 reads of a tool call's answer."""

    permission: Literal["deny"]
    user_message: str = Field(min_length=1)
    agent_message: str = Field(min_length=1)


class CursorStop(Strict):
    """The same of a prompt's."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    goes_on: Literal[False] = Field(alias="continue")
    user_message: str = Field(min_length=1)


#: What each agent host obeys, by the client's first argument.
CONTRACTS: Mapping[str, Mapping[str, type[BaseModel]]] = {
    "claude-code": {"PreToolUse": ToolAnswer, "UserPromptSubmit": PromptAnswer},
    "codex": {"PreToolUse": RefusalAnswer, "UserPromptSubmit": PromptAnswer},
    "copilot": {
        "preToolUse": FlatToolAnswer,
        "PreToolUse": FlatToolAnswer,
        "userPromptSubmitted": PromptAnswer,
        "UserPromptSubmit": PromptAnswer,
    },
    "cursor": {
        "preToolUse": CursorDenial,
        "PreToolUse": CursorDenial,
        "beforeSubmitPrompt": CursorStop,
        "UserPromptSubmit": CursorStop,
    },
    "gemini": {"BeforeTool": Denial, "BeforeAgent": Denial},
    # Not JSON: see below.
    "git": {},
    "opencode": {"tool.execute.before": Thrown, "chat.message": Replaced},
}


def written(paths: Paths) -> dict[str, dict[str, list[Any]]]:
    content = unanswered.file_of(paths, os.environ).read_bytes()
    answers: dict[str, dict[str, list[Any]]] = json.loads(content)["answers"]
    return answers


class BothGates(Guard):
    @hookimpl
    def hookwright_prompt_submit(self) -> None:
        return None


@pytest.mark.parametrize("policy", ["deny", "ask"])
def test_every_answer_holds_to_its_hosts_contract(paths: Paths, policy: str) -> None:
    Runtime.open(paths, plugins=[(BothGates(policy), "guard")]).close()

    found = written(paths)

    # An adapter that is new here needs its contract above.
    assert set(found) == set(CONTRACTS)
    for agent_host, models in CONTRACTS.items():
        assert set(found[agent_host]) - {"pre-commit"} == set(models)
        for word, model in models.items():
            stdout, stderr, exit_code = found[agent_host][word]
            said = model.model_validate_json(stdout)
            # Claude Code takes what does not begin and end so for plain text.
            assert stdout.startswith("{")
            assert stdout.endswith("}\n")
            assert (stderr, exit_code) == ("", 0)
            assert "Plugin guard could not judge this" in said.model_dump_json()


def test_a_commit_is_refused_by_the_exit_code_that_its_hook_waits_for(
    paths: Paths,
) -> None:
    Runtime.open(paths, plugins=[(Guard("ask"), "guard")]).close()

    stdout, stderr, exit_code = written(paths)["git"]["pre-commit"]

    assert (stdout, exit_code) == ("", 10)
    assert "Plugin guard could not judge this" in stderr
    assert "--no-verify" in stderr


def test_a_prompt_is_not_refused_for_a_guard_of_tool_calls(paths: Paths) -> None:
    Runtime.open(paths, plugins=[(Guard("deny"), "guard")]).close()

    found = written(paths)["claude-code"]

    assert found["PreToolUse"][0]
    assert found["UserPromptSubmit"] == ["", "", 0]


def test_without_a_guard_the_answer_is_no_opinion(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The bundled guard.
    monkeypatch.setenv("HOOKWRIGHT__PLUGINS__DISABLED", '["env_protection"]')
    Runtime.open(paths, plugins=[(Guard("allow"), "guard")]).close()

    assert written(paths)["claude-code"] == {
        "PreToolUse": ["", "", 0],
        "UserPromptSubmit": ["", "", 0],
    }
    assert unanswered.policies(paths, os.environ) == {}


def test_an_adapter_says_the_same_of_a_message_with_and_without_its_payload(
    paths: Paths,
) -> None:
    runtime = Runtime.open(paths)
    for adapter in runtime.host.adapters.values():
        for word in [*adapter.refusable_events, "SomethingElse", "post-commit"]:
            delivery = Delivery(
                id="0" * 20,
                agent_host=adapter.agent_host,
                time=runtime.clock.now(),
                arguments=(word,),
                cwd="/",
            )
            assert adapter.refusable(delivery) == (word in adapter.refusable_events)
    runtime.close()


def test_an_adapter_that_cannot_render_hurts_no_other(
    paths: Paths, sample: ModuleType
) -> None:
    class Broken(sample.SampleAdapter):  # type: ignore[misc, name-defined]
        agent_host = "broken"
        refusable_events: Mapping[str, GateKind] = {"before": "tool_before"}

        def render(self, delivery: Delivery, decision: Decision) -> Answer:
            raise RuntimeError("a bug")

    class Adds(Guard):
        @hookimpl
        def hookwright_register_adapters(self) -> list[Any]:
            return [Broken()]

    Runtime.open(paths, plugins=[(Adds("deny"), "guard")]).close()

    found = written(paths)
    assert found["broken"] == {}
    assert found["claude-code"]["PreToolUse"][0]


def test_the_file_is_its_users_alone_and_left_alone_when_nothing_changes(
    paths: Paths,
) -> None:
    file = paths.run / "unanswered.json"
    answers = {"git": {"pre-push": Unanswered("out", "err", 1)}}
    policies: unanswered.Policies = {"guard": ("ask", ("hookwright_tool_before",))}

    unanswered.save(file, answers, policies)
    first = file.stat()
    unanswered.save(file, answers, policies)

    assert first.st_mode & 0o777 == 0o600
    assert file.stat().st_ino == first.st_ino
    assert unanswered.find(file, "git", ("pre-push", "origin")) == ("out", "err", 1)
    assert unanswered.find(file, "git", ("--direct", "pre-push")).exit_code == 1
    assert unanswered.policies(paths, {}) == policies


def test_an_answer_of_another_version_is_better_than_none(paths: Paths) -> None:
    file = paths.run / "unanswered.json"
    unanswered.save(file, {"git": {"pre-push": Unanswered("out")}}, {})
    content = json.loads(file.read_bytes())
    file.write_text(json.dumps({**content, "version": "0.0.1", "more": 1}))

    assert unanswered.find(file, "git", ("pre-push",)) == Unanswered("out")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"answers": [], "policies": []}',
        '{"answers": {"git": {"pre-push": 3}}, "policies": {"guard": "deny"}}',
        '{"answers": {"git": {"pre-push": ["a"]}}, "policies": {"guard": ["x", []]}}',
    ],
)
def test_a_damaged_file_is_none(paths: Paths, content: str) -> None:
    paths.run.mkdir(parents=True)
    file = paths.run / "unanswered.json"
    file.write_text(content)

    assert unanswered.find(file, "git", ("pre-push",)) == Unanswered()
    assert unanswered.find(file, "git", ()) == Unanswered()
    assert unanswered.policies(paths, {}) == {}


def test_a_file_that_others_may_write_is_none(paths: Paths, tmp_path: Path) -> None:
    file = paths.run / "unanswered.json"
    unanswered.save(file, {"git": {"pre-push": Unanswered("out")}}, {})
    file.chmod(0o622)

    assert unanswered.find(file, "git", ("pre-push",)) == Unanswered()

    file.chmod(0o600)
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    assert unanswered.find(file, "git", ("pre-push",)) == Unanswered()


def test_each_choice_of_plugins_has_a_file_of_its_own(paths: Paths) -> None:
    choices: list[dict[str, str]] = [
        {},
        {"HOOKWRIGHT__SERVICE__IDLE_EXIT": "3"},
        {"HOOKWRIGHT__PLUGINS__DISABLED": '["a"]'},
        {"HOOKWRIGHT__PLUGINS__DISABLED": '["b"]'},
    ]

    files = [unanswered.file_of(paths, choice) for choice in choices]

    assert files[0] == files[1]
    assert len(set(files)) == 3


def test_options_of_one_command_change_no_answer(paths: Paths) -> None:
    plugins = [(Guard("deny"), "guard")]
    Runtime.open(paths, plugins=plugins).close()
    before = written(paths)

    overrides = ['plugins.disabled=["guard"]']
    Runtime.open(paths, plugins=plugins, overrides=overrides).close()
    Runtime.open(paths, entry_points=False).close()

    assert written(paths) == before


def test_a_failed_processs_event_is_redacted_by_every_rule_that_is_found(
    paths: Paths, raw: MakeRaw, tmp_path: Path
) -> None:
    hosts = {"sample": HostRules("json", ("CLAUDE_SAMPLE",))}
    known = ColdRules(hosts, (("known", "K-[0-9]+"),), ("K-1",), False, stamp_of(paths))
    save(paths, known)
    variables = dict(os.environ)

    # All is well: the rules in force hold.
    assert rescue.rules_for(raw("before", environment=variables)) == known

    paths.config.mkdir()
    user = {"name": "user", "pattern": "U-[0-9]+"}
    paths.config_file.write_text(
        f'[[redaction.extra]]\nname = "{user["name"]}"\npattern = "{user["pattern"]}"\n'
        '[[redaction.extra]]\nname = "bad"\npattern = "("\n[[redaction.extra]]\n'
    )
    (tmp_path / ".hookwright.toml").write_text("redaction = not toml")
    variables["HOOKWRIGHT__REDACTION__EXTRA"] = '[{"name": "v", "pattern": "V-"}, 7]'

    found = rescue.rules_for(raw("before", environment=variables))

    assert found.extra == (("user", "U-[0-9]+"), ("v", "V-"))
    # What is redacted without need is no harm: nothing is allowed, all files count.
    assert (found.allow, found.env_files, found.hosts) == ((), True, None)


@pytest.mark.parametrize("text", ["{", '{"redaction": 3}', "redaction = 3", "\x00"])
def test_rules_that_cannot_be_read_are_none(
    paths: Paths, raw: MakeRaw, tmp_path: Path, text: str
) -> None:
    (tmp_path / ".hookwright.toml").write_text(text)
    variables = {**os.environ, "HOOKWRIGHT__REDACTION__EXTRA": text}

    assert rescue.rules_for(raw("before", environment=variables)).extra == ()
