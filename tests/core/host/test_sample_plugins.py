"""Really installed third-party plugins, one good and one for each fault."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[2] / "sample_plugins"
#: Runs in a process of its own that has the samples installed; prints one JSON line.
PROGRAM = """
import json, logging, os, sys
from pathlib import Path
from hookwright.core.testing.factory import EventFactory
from hookwright.core.testing.hosting import make_host, open_store
from hookwright.hookspecs import StatusQuery

directory = Path(sys.argv[1])
logging.basicConfig(level=logging.WARNING, filename=directory / "log")
answers = os.dup(1)
os.dup2(2, 1)

store = open_store(directory)
host = make_host(store, directory)
host.load()
make_event = EventFactory(directory)
prompt = make_event("prompt_submit", prompt="count these four words")
tool = make_event("tool_before", command="ls")
decision, stages = host.decide(tool)
store.commit(stages)
for _ in range(4):
    store.commit(host.observe(prompt))
result, _ = host.call_tool("word_count_show", {"agent": "test-host/main"},
                           from_agent=True)
query = StatusQuery(project=prompt.project, agent=prompt.agent, cwd=prompt.cwd)
parts = host.status_line(query)
app = host.commands["words"].load()
found = {
    "report": [status.model_dump(mode="json") for status in host.report()],
    "decision": decision.model_dump(mode="json"),
    "tool": result,
    "status": [part.text for part in parts],
    "tools": sorted(host.tools),
    "types": sorted(host.record_types),
    "app": type(app).__name__,
}
store.close()
os.write(answers, json.dumps(found).encode())
"""


def install(target: Path, source: Path) -> None:
    """Install a sample with pip, from a copy: a build writes beside its sources."""
    copy = target.parent / source.name
    shutil.copytree(source, copy)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", target, copy],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    # setuptools before 70.1 cannot build a wheel without the package `wheel`.
    assert not done.returncode, (
        f"pip failed; setuptools here is {version('setuptools')}, the build needs 77 "
        f"or newer\n{done.stderr}"
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("samples") / "site"
    install(target, SAMPLES / "good")
    install(target, SAMPLES / "faulty")
    return target


@pytest.fixture(scope="module")
def found(site: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the program found, with its log and its other output."""
    directory = tmp_path_factory.mktemp("run")
    inherited = os.environ.get("PYTHONPATH", "")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, directory],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), inherited])},
        capture_output=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    content: dict[str, Any] = json.loads(done.stdout)
    content["log"] = (directory / "log").read_text()
    content["stderr"] = done.stderr.decode()
    return content


def status(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item for item in found["report"] if item["name"] == name)


def errors(found: dict[str, Any], name: str) -> dict[str, str]:
    return {
        hook["hook"]: hook["last_error"]
        for hook in status(found, name)["hooks"]
        if hook["errors"]
    }


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (
            "faulty_import_error",
            "importing it raised ModuleNotFoundError: No module named "
            "'a_module_that_nobody_has'",
        ),
        ("faulty_exits_at_import", "importing it raised SystemExit: 3"),
        (
            "faulty_generator",
            "hookwright_briefing is a generator function; return a list instead",
        ),
        (
            "faulty_misspelt",
            "it implements hookwright_tool_befor, which nobody specifies; did you mean "
            "hookwright_tool_before?",
        ),
        ("faulty_duplicate_record", "adds record type 'faulty_things' twice"),
        ("faulty_config", "faulty_config.needed is missing; it has no default"),
        (
            "faulty_register_garbage",
            "hookwright_register_tools returned an int; it must return a list of Tool "
            "values",
        ),
    ],
)
def test_what_cannot_be_loaded_is_reported_with_its_distribution(
    found: dict[str, Any], name: str, why: str
) -> None:
    assert status(found, name) == {
        "name": name,
        "distribution": "hookwright-sample-faulty",
        "version": "6.6.6",
        "source": "installed",
        "summary": "",
        "state": "failed",
        "why": why,
        "hooks": [],
        "notes": [],
        "own_process": False,
        "process": None,
    }
    assert f"plugin {name} (hookwright-sample-faulty 6.6.6): is not" in found["log"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("faulty_raises", "raised KeyError: 'raised in an observer'"),
        ("faulty_exits_in_hook", "raised SystemExit: exits in an observer"),
        ("faulty_recurses", "raised RecursionError: maximum recursion depth exceeded"),
        ("faulty_hangs", "still running after"),
    ],
)
def test_what_fails_again_and_again_is_left_alone(
    found: dict[str, Any], name: str, error: str
) -> None:
    assert status(found, name)["state"] == "tripped"
    assert errors(found, name)["hookwright_event"].startswith(error)
    assert set(errors(found, name)) == {"hookwright_event", "hookwright_tool_before"}
    label = f"{name} (hookwright-sample-faulty 6.6.6)"
    assert f"plugin {label}: hookwright_event is left alone" in found["log"]


def test_a_wrong_result_is_reported(found: dict[str, Any]) -> None:
    wrong = errors(found, "faulty_wrong_result")

    assert wrong["hookwright_event"] == "returned a bool; it must return nothing"
    assert wrong["hookwright_tool_before"].startswith("returned a str; it must return")


def test_gates_follow_their_policies(found: dict[str, Any]) -> None:
    decision = found["decision"]

    assert decision["outcome"] == "deny"
    assert "Plugin faulty_raises could not judge this" in decision["reason"]
    said = {step["plugin"]: step for step in decision["steps"]}
    assert "declared to ask" in said["faulty_hangs"]["reason"]
    assert "declared to ask" in said["faulty_wrong_result"]["reason"]
    assert {name for name, step in said.items() if step["said"] == "failed"} == {
        "faulty_careless",
        "faulty_exits_in_hook",
        "faulty_hangs",
        "faulty_raises",
        "faulty_recurses",
        "faulty_wrong_result",
    }
    assert said["faulty_prints"]["said"] == "none"


def test_the_good_plugin_is_not_hurt(found: dict[str, Any]) -> None:
    good = status(found, "word_count")

    assert (good["state"], good["version"]) == ("active", "1.2.3")
    assert [hook["errors"] for hook in good["hooks"]] == [0] * len(good["hooks"])
    assert found["tool"] == {"agent": "test-host/main", "words": 16, "prompts": 4}
    assert "16 words" in found["status"]
    assert "word_count_show" in found["tools"]
    assert "agent_words" in found["types"]
    assert found["app"] == "Typer"


def test_nothing_of_a_plugin_that_failed_stays(found: dict[str, Any]) -> None:
    assert "faulty_orphan" not in found["tools"]
    assert "faulty_things" not in found["types"]


def test_what_a_plugin_prints_stays_out_of_the_answer(found: dict[str, Any]) -> None:
    assert "printed at import" in found["stderr"]
    assert "printed in a gate" in found["stderr"]


def test_a_plugin_that_changes_what_all_share_is_noted(found: dict[str, Any]) -> None:
    assert status(found, "faulty_changes_process")["notes"] == [
        "hookwright_event changes environment variable FAULTY_WAS_HERE, which all "
        "plugins share",
        "hookwright_event changes the working directory, which all plugins share",
    ]
    assert status(found, "word_count")["notes"] == []
