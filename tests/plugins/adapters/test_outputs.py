"""Every captured result of a tool, with a secret in it, as its model reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.redaction import Redactor
from hookwright.core.service.deliveries import Received
from hookwright.core.service.outputs import output_events, with_output
from hookwright.hookspecs import Adapter, Decision, Delivery
from hookwright.plugins.adapters.claude_code.adapter import ClaudeCodeAdapter
from hookwright.plugins.adapters.codex.adapter import CodexAdapter
from hookwright.plugins.adapters.copilot.adapter import CopilotAdapter
from hookwright.plugins.adapters.gemini.adapter import GeminiAdapter
from hookwright.plugins.adapters.opencode.adapter import OpenCodeAdapter

SAMPLES = Path(__file__).parent / "samples"
OWN = "blue-" + "Horse77" + "-staple"
ADAPTERS: Mapping[str, Callable[[], Adapter]] = {
    "claude": ClaudeCodeAdapter,
    "codex": CodexAdapter,
    "copilot": CopilotAdapter,
    "gemini": GeminiAdapter,
    "opencode": OpenCodeAdapter,
}
#: Where a message has what the tool gave back.
MEMBERS = ("tool_response", "toolResult", "tool_result", "output")
LENT = "claude-format:"


def results() -> list[tuple[str, str]]:
    """Return host and name of each sample that is told after a tool call."""
    found = []
    for host, adapter in ADAPTERS.items():
        events = output_events(adapter())
        for file in sorted((SAMPLES / host).glob("*.json")):
            event = json.loads(file.read_text())["event"].removeprefix(LENT)
            if event in events:
                found.append((host, file.stem))
    return found


def with_secret(value: Any, inside: bool = False) -> Any:
    """Return the message with the secret at the end of every text of the output."""
    if isinstance(value, dict):
        return {
            key: with_secret(item, inside or key in MEMBERS)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [with_secret(item, inside) for item in value]
    return f"{value} {OWN}" if inside and isinstance(value, str) else value


@pytest.mark.parametrize(("host", "name"), results())
def test_the_model_reads_every_result_without_the_secret(
    host: str,
    name: str,
    load_sample: Callable[[str], dict[str, Any]],
    make_delivery: Callable[..., Delivery],
) -> None:
    sample = load_sample(f"{host}/{name}")
    # OpenCode's own are not read from standard input.
    message = with_secret(sample.get("stdin", sample))
    redaction = Redactor(b"k" * 32, values={OWN: "X"}).redact(message)
    adapter = ADAPTERS[host]()
    event = sample["event"].removeprefix(LENT)
    delivery = make_delivery(adapter.agent_host, redaction.value, event)
    events = tuple(adapter.parse(delivery))
    received = Received(delivery, adapter, redaction, events, known=(OWN,))

    decision = with_output(Decision(), received, "project")
    answer = adapter.render(delivery, decision)

    assert (answer.stderr, answer.exit_code) == ("", 0)
    assert OWN not in answer.stdout
    assert "[REDACTED:env-value:" in answer.stdout
    whole = redaction.restore(json.loads(answer.stdout))
    given = next(message[key] for key in MEMBERS if key in message)
    match host:
        case "claude":
            assert whole["hookSpecificOutput"]["updatedToolOutput"] == given
        case "opencode":
            assert whole == {"output": given}
        case "copilot":
            assert sorted(whole["modifiedResult"].values()) == sorted(given.values())
        case "gemini":
            assert whole["decision"] == "deny"
            assert whole["reason"].startswith("The tool has run.")
        case _:
            assert whole["decision"] == "block"
            said = given if isinstance(given, str) else given["content"][0]["text"]
            assert whole["reason"].startswith(said)


def test_there_is_a_result_of_every_agent_host() -> None:
    assert {host for host, _ in results()} == set(ADAPTERS)
    assert len(results()) > 25
