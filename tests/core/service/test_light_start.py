from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from hookwright.core.service.light_start import leave_out_pydantic_plugins
leave_out_pydantic_plugins()
import hookwright.hookspecs as specs
agent = specs.Agent(id="a/b", name="b")
assert specs.Agent.model_validate_json(agent.model_dump_json()) == agent
left_out = {"importlib.metadata", "email", "pydantic.plugin._loader"}
print(sorted(left_out & set(sys.modules)))
"""


def ran(script: str) -> str:
    return subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_models_work_and_nobody_looks_for_distributions() -> None:
    assert ran(SCRIPT) == "['pydantic.plugin._loader']"


def test_pydantic_still_has_the_module_that_is_left_out() -> None:
    # Otherwise the above is true of nothing.
    plain = SCRIPT.replace("\nleave_out_pydantic_plugins()", "")

    assert "importlib.metadata" in ran(plain)
