"""The guard as a plugin host calls it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.host import PluginHost
from hookwright.core.store import Store
from hookwright.core.testing.hosting import make_host
from hookwright.core.testing.outcomes import (
    assert_asks,
    assert_context,
    assert_denied,
    assert_healthy,
    assert_no_opinion,
)
from hookwright.hookspecs import Decision, FileStat, Project, StatusQuery
from hookwright.plugins.env_protection import EnvProtectionPlugin
from hookwright.plugins.env_protection.records import GUARD_EVENTS, GuardEvent

MakeEvent = Callable[..., Any]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the directory that `make_event` makes events in, with a secret file."""
    (tmp_path / ".env").write_text("API_KEY=" + "k" * 30 + "\n")
    (tmp_path / "a.py").write_text("x = 1\n")
    return tmp_path


class Guarded:
    """A plugin host with the guard, over a real store."""

    def __init__(self, store: Store, host: PluginHost) -> None:
        self.store = store
        self.host = host
        host.register(EnvProtectionPlugin(), "env_protection")

    def decide(self, event: Any) -> Decision:
        decision, stages = self.host.decide(event)
        self.store.commit(stages)
        return decision

    def observe(self, event: Any) -> None:
        self.store.commit(self.host.observe(event))

    def call(self, tool: str, **arguments: Any) -> Any:
        result, stages = self.host.call_tool(tool, arguments, from_agent=False)
        self.store.commit(stages)
        return result

    def events(self) -> list[GuardEvent]:
        return list(self.store.stage().scan(GUARD_EVENTS))


@pytest.fixture
def guarded(plugin_store: Store, plugin_host: PluginHost) -> Guarded:
    return Guarded(plugin_store, plugin_host)


def test_a_secret_file_is_denied_and_the_denial_kept(
    guarded: Guarded, make_event: MakeEvent, project: Path
) -> None:
    decision = guarded.decide(make_event("tool_before", command="cat .env"))

    assert_denied(decision, "rule env-file")
    (kept,) = guarded.events()
    assert (kept.outcome, kept.kind, kept.call) == ("deny", "tool", "cat .env")
    assert kept.rules == ("env-file",)
    assert kept.steps[0].what == f"{project}/.env"
    assert kept.session_id == "session-1"
    assert_healthy(guarded.host)


def test_what_is_harmless_has_no_opinion_and_no_record(
    guarded: Guarded, make_event: MakeEvent, project: Path
) -> None:
    for command in ("ls -la", "cat a.py", "git status", 'echo "see .env"'):
        assert_no_opinion(guarded.decide(make_event("tool_before", command=command)))
    assert guarded.events() == []


def test_what_cannot_be_told_is_asked_about(
    guarded: Guarded, make_event: MakeEvent, project: Path
) -> None:
    assert_asks(guarded.decide(make_event("tool_before", command='cat "$X"')))
    assert [event.outcome for event in guarded.events()] == ["ask"]


def test_a_guard_that_fails_asks(
    guarded: Guarded,
    make_event: MakeEvent,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("hookwright.plugins.env_protection.guarding.judge_call", fails)

    assert_asks(guarded.decide(make_event("tool_before", command="ls")))


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"tool": "read", "paths": ("/x/.env",)}, "deny"),
        ({"tool": "write", "paths": ("/x/.env",)}, "deny"),
        ({"tool": "edit", "paths": ("/x/id_rsa",)}, "deny"),
        ({"tool": "edit", "paths": ("/x/.env",), "native_name": "Delete"}, "none"),
        ({"tool": "read", "paths": ("/x/.env.example",)}, "none"),
        ({"tool": "search", "paths": ("/x",)}, "none"),
        ({"tool": "search", "paths": ("/x/.env",)}, "deny"),
        ({"tool": "search", "paths": ("/x",), "input": {"glob": ".env*"}}, "deny"),
        ({"tool": "search", "paths": ("/x",), "input": {"glob": "*.{pem,py}"}}, "deny"),
        ({"tool": "search", "paths": ("/x",), "input": {"glob": "**/*.py"}}, "none"),
        ({"tool": "search", "paths": ("/x",), "input": {"glob": "*"}}, "none"),
        (
            {"tool": "search", "paths": ("/x/.env",), "native_name": "Glob"},
            "none",
        ),
        ({"tool": "read", "paths": (), "input": {"files": ["/x/.env"]}}, "deny"),
        ({"tool": "read", "paths": (), "input": {"include": ["**/.env*"]}}, "deny"),
        (
            {"tool": "read", "paths": ("/x/[REDACTED:password:0a1b2c3d]",)},
            "ask",
        ),
        ({"tool": "fetch", "paths": (), "input": {"url": "file:///x/.env"}}, "deny"),
        ({"tool": "fetch", "paths": (), "input": {"url": "https://x/.env"}}, "none"),
        ({"tool": "mcp", "paths": (), "input": {"path": "~/.ssh/id_rsa"}}, "deny"),
        ({"tool": "mcp", "paths": (), "input": {"whatever": ".env"}}, "deny"),
        ({"tool": "mcp", "paths": (), "input": {"a": {"b": ["x/.env"]}}}, "deny"),
        ({"tool": "mcp", "paths": (), "input": {"query": ".env"}}, "none"),
        ({"tool": "mcp", "paths": (), "input": {"body": "see .env"}}, "none"),
        ({"tool": "mcp", "paths": (), "input": {"uri": "file:///x/%2eenv"}}, "deny"),
        (
            {"tool": "mcp", "input": {"path": "/x/.env"}, "paths": (),
             "native_name": "mcp__fs__get_file_info"},
            "none",
        ),
        ({"tool": "mcp", "paths": (), "input": {"command": "cat .env"}}, "deny"),
        ({"tool": "other", "paths": (), "input": {"cmd": ["cat", ".env"]}}, "deny"),
        (
            {"tool": "other", "paths": (), "native_name": "write_stdin",
             "input": {"chars": "cat .env\n"}},
            "deny",
        ),
        (
            {"tool": "other", "paths": (), "native_name": "run_python",
             "input": {"code": "print(open('.env').read())"}},
            "deny",
        ),
        (
            {"tool": "other", "paths": (),
             "input": {"commands": [f"echo {n} " for n in range(30)]}},
            "ask",
        ),
        ({"tool": "agent", "paths": (), "input": {"prompt": "read .env"}}, "none"),
    ],
)  # fmt: skip
def test_every_kind_of_tool_is_judged(
    fields: dict[str, Any],
    outcome: str,
    guarded: Guarded,
    make_event: MakeEvent,
    project: Path,
) -> None:
    event = make_event("tool_before", **{"input": {}, **fields})

    assert guarded.decide(event).outcome == outcome
    assert_healthy(guarded.host)


def test_a_shell_is_followed_in_the_directory_that_its_tool_is_told(
    guarded: Guarded, make_event: MakeEvent, project: Path
) -> None:
    (project / "conf").mkdir()
    (project / "conf" / "x").symlink_to("../.env")
    call = {"command": "cat x", "input": {"command": "cat x", "workdir": "conf"}}

    assert_denied(guarded.decide(make_event("tool_before", **call)))


def test_a_pasted_secret_is_told_once_and_kept_without_it(
    guarded: Guarded, make_event: MakeEvent, project: Path
) -> None:
    prompt = "use [REDACTED:aws-access-key:0a1b2c3d] for it"
    now = datetime.now(UTC)
    guarded.observe(make_event("prompt_submit", prompt=prompt, time=now))

    first = guarded.decide(make_event("tool_before", command="ls"))
    second = guarded.decide(make_event("tool_before", command="ls"))

    assert_context(first, "aws-access-key")
    assert second.contexts == ()
    (kept,) = guarded.events()
    assert (kept.kind, kept.outcome) == ("prompt", "report")
    assert kept.rules == ("aws-access-key",)
    query = StatusQuery(
        project=Project(path=str(project), worktree=str(project)), cwd=str(project)
    )
    (part,) = guarded.host.status_line(query)
    assert "aws-access-key" in part.text


def test_other_prompts_are_nobodys_business(
    guarded: Guarded, make_event: MakeEvent
) -> None:
    guarded.observe(make_event("prompt_submit", prompt="hello"))
    guarded.observe(
        make_event("prompt_submit", prompt="[REDACTED:x:0a1b2c3d]", source="system")
    )

    assert guarded.events() == []


def test_a_commit_that_took_a_secret_file_in_is_asked_about_when_it_is_pushed(
    guarded: Guarded, make_event: MakeEvent, project: Path
) -> None:
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    push = make_event("tool_before", command="git push")
    assert_no_opinion(guarded.decide(push))
    files = (FileStat(path=".env", added=1, removed=0), FileStat(path="a.py", added=1))
    guarded.observe(make_event("commit", files=files))

    assert_asks(guarded.decide(make_event("tool_before", command="git push")), ".env")

    # A person pushed it all the same.
    guarded.observe(make_event("push"))
    assert_no_opinion(guarded.decide(make_event("tool_before", command="git push")))


def test_the_project_may_protect_more_and_exempt_nothing(
    plugin_store: Store, tmp_path: Path, make_event: MakeEvent, project: Path
) -> None:
    tables = {"env_protection": {"protect": ["a.py"], "allow": [".env"]}}
    host = make_host(plugin_store, tmp_path / "hookwright", tables)
    guarded = Guarded(plugin_store, host)

    assert_denied(guarded.decide(make_event("tool_before", command="cat a.py")))
    assert_no_opinion(guarded.decide(make_event("tool_before", command="cat .env")))
    may = host.project_may_set["env_protection"]
    assert set(may) == {"strict", "protect"}


def test_the_tools_answer(
    guarded: Guarded, make_event: MakeEvent, project: Path
) -> None:
    guarded.decide(make_event("tool_before", command="cat .env"))

    (logged,) = guarded.call("guard_log")
    tail = logged["id"][-8:]
    assert guarded.call("guard_explain", event_id=tail)["id"] == logged["id"]
    told = guarded.call("guard_test", command="cat .env", directory=str(project))
    assert (told["outcome"], told["steps"][0]["rule"]) == ("deny", "env-file")
    fine = guarded.call("guard_test", command="ls", directory=str(project))
    assert (fine["outcome"], fine["reason"]) == ("allow", "")
