from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.hookspecs import Decision, Delivery
from hookwright.plugins.adapters.copilot.adapter import CopilotAdapter
from hookwright.plugins.adapters.copilot.hook_file import hook_entries
from hookwright.plugins.adapters.copilot.own_hooks import PROJECT_FILE, USER_FILE

Deliver = Callable[..., Delivery]
Load = Callable[[str], dict[str, Any]]
OURS = json.dumps({"version": 1, "hooks": hook_entries(("/opt/client", "-x"))})


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Return a hook's variables, with a home and a project that have nothing."""
    (tmp_path / "project").mkdir()
    return {
        "COPILOT_HOME": str(tmp_path / "home"),
        "COPILOT_PROJECT_DIR": str(tmp_path / "project"),
    }


@pytest.fixture
def lent(
    adapter: CopilotAdapter, deliver: Deliver, load_sample: Load, places: dict[str, str]
) -> Callable[[], tuple[int, str]]:
    """Return a function: what a lent message gives, events and answer."""

    def run() -> tuple[int, str]:
        sample = load_sample("copilot/claude-format.PreToolUse.Bash")
        delivery = deliver(sample["event"], sample["stdin"], places)
        events = adapter.parse(delivery)
        decision = Decision(outcome="deny", reason="no") if events else Decision()
        return len(events), adapter.render(delivery, decision).stdout

    return run


def file_in(places: dict[str, str], user: bool) -> Path:
    variable, name = (
        ("COPILOT_HOME", USER_FILE) if user else ("COPILOT_PROJECT_DIR", PROJECT_FILE)
    )
    path = Path(places[variable]) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.mark.parametrize("user", [True, False], ids=["user", "project"])
def test_what_hooks_of_our_own_tell_is_not_told_again(
    user: bool, lent: Callable[[], tuple[int, str]], places: dict[str, str]
) -> None:
    count, answer = lent()
    assert count == 1
    assert '"deny"' in answer
    path = file_in(places, user)
    path.write_text(OURS)
    assert lent() == (0, "")
    # An uninstall is noticed, and a file that holds something else is not ours.
    path.write_text('{"version": 1, "hooks": {"preToolUse": [{"bash": "mine"}]}}')
    os.utime(path, ns=(1, 1))
    assert lent()[0] == 1
    path.unlink()
    assert lent()[0] == 1


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"hooks": 4}', '{"hooks": {"preToolUse": 4}}', "[" * 100_000,
     '{"hooks": {"preToolUse": [4, {"exec": 1}, {"exec": "x", "args": 4}]}}',
     '{"hooks": {"preToolUse": [{"exec": "x", "args": ["copilot", "agentStop"]}]}}',
     '{"hooks": {"agentStop": [{"exec": "x", "args": ["copilot", "agentStop"]}]}}',
     OURS + " " * 2**20],
)  # fmt: skip
def test_a_file_without_a_gate_of_ours_silences_nobody(
    content: str, lent: Callable[[], tuple[int, str]], places: dict[str, str]
) -> None:
    file_in(places, user=True).write_text(content)
    assert lent()[0] == 1


def test_a_message_of_its_own_hook_is_always_told(
    adapter: CopilotAdapter, deliver: Deliver, load_sample: Load, places: dict[str, str]
) -> None:
    file_in(places, user=True).write_text(OURS)
    sample = load_sample("copilot/preToolUse.bash")
    assert adapter.parse(deliver(sample["event"], sample["stdin"], places))


def test_without_variables_the_usual_places_are_looked_at(
    adapter: CopilotAdapter, deliver: Deliver, load_sample: Load, home: Path
) -> None:
    sample = load_sample("copilot/claude-format.PreToolUse.Bash")
    delivery = deliver(sample["event"], sample["stdin"], {})
    assert adapter.parse(delivery)
    path = home / ".copilot" / USER_FILE
    path.parent.mkdir(parents=True)
    path.write_text(OURS)
    assert not adapter.parse(delivery)
