from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from hookwright.hookspecs import Delivery
from hookwright.plugins.adapters.copilot.adapter import CopilotAdapter

CLAUDE = "claude-format:"
ENVIRONMENT = {"COPILOT_PROJECT_DIR": "/workspace", "COPILOT_HOME": "/no such home"}


@pytest.fixture
def adapter() -> CopilotAdapter:
    return CopilotAdapter()


@pytest.fixture
def deliver(make_delivery: Callable[..., Delivery]) -> Callable[..., Delivery]:
    """Return a function that makes the delivery of a captured message."""

    def make(
        event: str, payload: object, environment: Mapping[str, str] = ENVIRONMENT
    ) -> Delivery:
        name = event.removeprefix(CLAUDE)
        # What the client says for an entry of Claude Code's (`lent_hooks`).
        words = (name, "claude-code", name) if name != event else (name,)
        return make_delivery("copilot", payload, *words, environment=environment)

    return make


@pytest.fixture
def parse(
    adapter: CopilotAdapter,
    deliver: Callable[..., Delivery],
    load_sample: Callable[[str], dict[str, Any]],
) -> Callable[..., list[Any]]:
    """Return a function that parses a sample, some of its fields changed."""

    def run(name: str, **changes: object) -> list[Any]:
        sample = load_sample(f"copilot/{name}")
        payload = sample["stdin"] | changes
        return list(adapter.parse(deliver(sample["event"], payload)))

    return run
