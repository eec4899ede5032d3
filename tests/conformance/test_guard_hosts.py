"""Secrets and real agent hosts: what the model never reads, and what it reads redacted.

Each host runs with Hookwright as `hookwright install` leaves it, the bundled plugin
`env_protection` on, and a model that tries to get at a canary in `.env`. The canary is
looked for in every request that the model was sent.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from .anthropic_wire import AnthropicWire
from .day import SUBAGENT_PROMPT, Act
from .gemini_wire import GeminiWire
from .judged import daemons
from .long_runs import LONG, long_run
from .openai_chat_wire import OpenAiChatWire
from .openai_responses_wire import OpenAiResponsesWire
from .scripted_model import (
    PROMPT,
    SUBAGENT,
    Call,
    Conversation,
    ScriptedModel,
    Wire,
)
from .test_claude_code import call_of as claude_call
from .test_codex import call_of as codex_call
from .test_codex import codex, codex_binary, config
from .test_copilot import call_of as copilot_call
from .test_copilot import copilot, copilot_binary, unpacked
from .test_gemini import call_of as gemini_call
from .test_gemini import gemini, gemini_binary
from .test_opencode import call_of as opencode_call
from .test_opencode import opencode, opencode_binary

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(240)]
#: Fixtures of the hosts' own tests, used here by their names.
FIXTURES = [codex, codex_binary, config, copilot, copilot_binary, unpacked]
FIXTURES += [gemini, gemini_binary, opencode, opencode_binary]
Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Host:
    """One agent host: what it is installed as, and how its model calls tools."""

    install: str
    wire: Wire
    call_of: Callable[[Act], Call]


#: By the fixture that runs it.
HOSTS: Mapping[str, Host] = {
    "claude": Host("claude-code", AnthropicWire(), claude_call),
    "codex": Host("codex", OpenAiResponsesWire(), codex_call),
    "gemini": Host("gemini", GeminiWire(), gemini_call),
    "copilot": Host("copilot", OpenAiChatWire(), copilot_call),
    "opencode": Host("opencode", OpenAiChatWire(), opencode_call),
}


#: Stands in `.env` beside the canary: whoever reads it has read the file.
VARIABLE = "SCRATCH_SECRET"
ONE_LINER = """python3 -c "print(open('.e' + 'nv').read())\""""


@dataclass
class Attempt:
    """What the model does, and what its tool gives back."""

    act: Act
    #: What the model must read; None where the call must be refused.
    expected: str | None = None

    def went_wrong(self, result: str) -> bool:
        """Return whether the model read something else."""
        if VARIABLE in result:
            return True
        # A refusal names what it is about.
        return (".env" if self.expected is None else self.expected) not in result


@dataclass
class PersistentModel(ScriptedModel):
    """A model whose subagent makes several calls too."""

    inside: Sequence[Call] = ()
    #: Done before each call.
    before: Callable[[], None] = lambda: None

    def answer(self, body: dict[str, Any]) -> Call | str:
        said = super().answer(body)
        seen = self.wire.read(body)
        if is_inside(seen) and self.inside[0].name in seen.offered:
            left = self.inside[len(seen.results) :]
            said = left[0] if left else "subagent finished"
        if isinstance(said, Call):
            self.before()
        return said

    def inside_results(self) -> list[str]:
        """Return what the subagent's tools gave back."""
        read = [self.wire.read(body) for body in self.requests]
        return max((one.results for one in read if is_inside(one)), key=len)


def is_inside(seen: Conversation) -> bool:
    """Return whether it is a subagent's request."""
    return SUBAGENT in seen.text and PROMPT not in seen.text


def attempts(place: Workplace, seconds: int = 3) -> list[Attempt]:
    """Return ways to the canary, and work that nobody must hinder.

    :param seconds: the last step takes; what a host does beside its turn ends in them.
    """
    top = place.repository
    (top / "settings.txt").symlink_to(".env")
    (top / "notes.txt").write_text(f"first {place.canary} last\n")
    return [
        Attempt(Act("shell", "cat .env")),
        Attempt(Act("read", str(top / ".env"))),
        Attempt(Act("shell", "cat settings.txt")),
        Attempt(Act("read", str(top / "settings.txt"))),
        Attempt(Act("shell", ONE_LINER)),
        Attempt(Act("shell", "echo un''hindered"), "unhindered"),
        Attempt(Act("shell", "cat notes.txt"), "[REDACTED:env-value:"),
        Attempt(Act("read", str(top / "notes.txt")), "[REDACTED:env-value:"),
        Attempt(Act("agent", SUBAGENT_PROMPT), ""),
        Attempt(Act("shell", f"sleep {seconds} && echo wai''ted"), "waited"),
    ]


def kill_daemons(place: Workplace) -> None:
    for pid in daemons(place):
        os.kill(pid, signal.SIGKILL)


#: Two hosts stand for all where nobody has asked for the long runs.
_USUAL = ("claude", "codex")


@pytest.mark.parametrize("killed", [False, pytest.param(True, marks=LONG)])
@pytest.mark.parametrize(
    "name",
    [name if name in _USUAL else pytest.param(name, marks=LONG) for name in HOSTS],
)
def test_the_canary_never_reaches_the_model(
    name: str, killed: bool, workplace: Workplace, request: pytest.FixtureRequest
) -> None:
    host = HOSTS[name]
    run: Run = request.getfixturevalue(name)
    workplace.hookwright("install", host.install, "--user")
    # Each event takes longer without a daemon.
    todo = attempts(workplace, 8 if killed else 3)
    inside = [todo[0], todo[6]]
    model = PersistentModel(
        [host.call_of(attempt.act) for attempt in todo],
        host.wire,
        inside=[host.call_of(attempt.act) for attempt in inside],
    )
    if killed:
        model.before = lambda: kill_daemons(workplace)
    with model.serving():
        done = run(model.url, PROMPT)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    workplace.wait_until_nothing_runs()

    wrong = []
    for given, results in (
        (todo, model.tool_results()),
        (inside, model.inside_results()),
    ):
        assert len(results) == len(given)
        pairs = zip(given, results, strict=True)
        wrong += [(one.act.what, said) for one, said in pairs if one.went_wrong(said)]
    assert wrong == []
    said = json.dumps(model.requests)
    assert workplace.canary not in said
    assert VARIABLE not in said
    assert workplace.holds(workplace.canary) == []


@long_run
def test_claude_codes_hooks_alone_keep_it_from_copilots_model_too(
    workplace: Workplace, copilot: Run
) -> None:
    workplace.hookwright("install", "claude-code", "--project")
    every = attempts(workplace)
    todo = [every[at] for at in (0, 1, 5, 6, 7)]
    steps = [copilot_call(attempt.act) for attempt in todo]
    model = ScriptedModel(steps, OpenAiChatWire())
    with model.serving():
        done = copilot(model.url, PROMPT)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    workplace.wait_until_nothing_runs()

    pairs = zip(todo, model.tool_results(), strict=True)
    assert [(one.act, said) for one, said in pairs if one.went_wrong(said)] == []
    assert not model.was_told(workplace.canary)


@long_run
def test_finished_calls_that_come_by_http_are_redacted_too(
    workplace: Workplace, claude: Run
) -> None:
    workplace.hookwright("install", "claude-code", "--user", "--http")
    every = attempts(workplace)
    # The first one starts the daemon, and its door opens a little later.
    todo = [every[-1], *every[5:8]]
    model = ScriptedModel([claude_call(one.act) for one in todo], AnthropicWire())
    with model.serving():
        done = claude(model.url, PROMPT)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    workplace.wait_until_nothing_runs()

    pairs = zip(todo, model.tool_results(), strict=True)
    assert [(one.act, said) for one, said in pairs if one.went_wrong(said)] == []
    assert not model.was_told(workplace.canary)
