"""Strangers' plugins, installed with pip: one adds much, the others only fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .anthropic_wire import AnthropicWire
from .long_runs import long_run
from .scripted_model import PROMPT, Call, ScriptedModel

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = pytest.mark.conformance
SAMPLES = Path(__file__).parents[1] / "sample_plugins"
#: These declare that nothing passes when they fail; the others have no such say.
REFUSING = ["faulty_hangs", "faulty_raises", "faulty_wrong_result"]


@pytest.fixture
def with_strangers(workplace: Workplace, tmp_path: Path) -> Workplace:
    """Return the workplace with a Python that has both sample packages."""
    place = tmp_path / "strangers"
    venv.create(place, with_pip=False, symlinks=True)
    site = Path(
        sysconfig.get_path("purelib", vars={"base": str(place)}, scheme="posix_prefix")
    )
    # What the tests run with, `.pth` files (an editable install) included.
    ours = sysconfig.get_path("purelib")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    for name in ("good", "faulty"):
        copy = tmp_path / name
        shutil.copytree(SAMPLES / name, copy)
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
        subprocess.run(
            [sys.executable, "-m", "pip", "install", *options, "--target", site, copy],
            check=True,
        )
    workplace.python = str(place / "bin" / "python")
    return workplace


def test_an_agent_never_notices_plugins_that_fail_in_every_way(
    with_strangers: Workplace,
    claude: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    place = with_strangers
    place.environment["HOOKWRIGHT__PLUGINS__DISABLED"] = str(REFUSING).replace("'", '"')
    place.hookwright("install", "claude-code", "--project")
    notes = str(place.repository / "notes.txt")
    steps = [
        Call("Bash", {"command": "echo hi"}),
        Call("Write", {"file_path": notes, "content": "alpha\n"}),
        Call("Bash", {"command": "git add notes.txt && git commit -q -m strangers"}),
    ]
    with ScriptedModel(steps, AnthropicWire()).serving() as model:
        started = time.monotonic()
        done = claude(model.url, PROMPT)
        seconds = time.monotonic() - started
    plugins = {each["name"]: each for each in place.json("plugins")}
    place.wait_until_nothing_runs()

    assert done.returncode == 0, done.stdout[-2000:]
    assert model.tool_results()[0].startswith("hi\n")
    assert Path(notes).read_text() == "alpha\n"
    assert place.git("log", "-1", "--format=%s") == "strangers"
    # An hour is what some of them sleep; a hook's own limit is ten seconds.
    assert seconds < 60
    assert "faulty" not in done.stdout

    (session,) = place.json("session", "list")
    main = place.json("agent", "status", "claude-code/main")
    assert (session["tool_calls"], session["commits"], session["prompts"]) == (3, 1, 1)
    assert main["experience_total"] == 3 + 5 + 2
    # The good one adds a record type, hooks, a tool and a command.
    words = place.json("words-of", "claude-code/main")
    assert words["prompts"] == 1
    assert words["words"] == len(PROMPT.split())
    assert place.hookwright("words", "count", "two words").strip() == "2"
    # And each of the others is told by name.
    assert plugins["word_count"]["state"] == "active"
    assert plugins["faulty_import_error"]["state"] == "failed"
    # The first events may have come before the daemon: then the path without one
    # has told it, in a log of its own.
    told = "".join(log.read_text() for log in (place.data / "logs").glob("*.log"))
    label = "faulty_careless (hookwright-sample-faulty 6.6.6)"
    assert f"{label}: hookwright_prompt_submit still running" in told
    assert f"{label}: hookwright_tool_before raised KeyError" in told
    assert f"{label}: hookwright_briefing raised SystemExit" in told
    assert "hookwright_event raised SystemExit: exits in an observer" in told
    assert plugins["faulty_careless"]["distribution"] == "hookwright-sample-faulty"


@long_run
def test_a_gate_that_is_declared_to_refuse_refuses_when_it_fails(
    with_strangers: Workplace,
    claude: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    place = with_strangers
    place.hookwright("install", "claude-code", "--project")
    steps = [Call("Bash", {"command": "echo reached > reached.txt"})]
    with ScriptedModel(steps, AnthropicWire()).serving() as model:
        claude(model.url, PROMPT)

    assert not (place.repository / "reached.txt").exists()
    assert model.was_told("Plugin faulty_raises could not judge this")
