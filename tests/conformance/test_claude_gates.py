"""The real Claude Code never reads what a guard keeps from it, whatever fails."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .anthropic_wire import AnthropicWire
from .long_runs import LONG, long_run
from .scripted_model import PROMPT, SUBAGENT, Call, ScriptedModel

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(240)]
GUARD = Path(__file__).parents[1] / "sample_plugins" / "guard"
REASON = "The sample guard keeps this file to itself."
STAND_IN = "Plugin env_guard could not judge this"
READ = Call("Bash", {"command": "cat vault.txt"})
HARMLESS = Call("Bash", {"command": "echo harmless"})
Claude = Callable[..., subprocess.CompletedProcess[str]]


@dataclass
class ActingModel(ScriptedModel):
    """Does something before a step is played, once."""

    before: Mapping[int, Callable[[], object]] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)

    def answer(self, body: dict[str, Any]) -> Call | str:
        said = super().answer(body)
        step = len(self.wire.read(body).results)
        if isinstance(said, Call) and step in self.before and step not in self._done:
            self._done.add(step)
            self.before[step]()
        return said


class Guarded:
    """A workplace whose Hookwright has the sample guard, installed with pip."""

    def __init__(self, place: Workplace) -> None:
        self.place = place

    def daemons(self) -> list[int]:
        """Return the daemons of this workplace."""
        mark = f"HOOKWRIGHT_DATA_DIR={self.place.data}\0".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if b"hookwright.core.service.daemon" not in words:
                    continue
                if mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended while we looked
        return found

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the daemon, which must be there."""
        found = self.daemons()
        assert found
        for pid in found:
            os.kill(pid, number)

    def kill_daemons(self) -> None:
        """Kill the daemon if there is one."""
        for pid in self.daemons():
            os.kill(pid, signal.SIGKILL)

    def counted(self) -> list[str]:
        """Return the agents of the calls that the guard's observer has seen."""
        self.place.hookwright("store", "flush")
        lines = self.place.hookwright("store", "export").splitlines()
        items = [json.loads(line) for line in lines]
        return [
            item["record"]["agent_id"]
            for item in items
            if item["type"] == "guarded_calls"
        ]


@pytest.fixture
def guarded(workplace: Workplace, tmp_path: Path) -> Iterator[Guarded]:
    place = tmp_path / "guarded"
    venv.create(place, with_pip=False, symlinks=True)
    site = Path(
        sysconfig.get_path("purelib", vars={"base": str(place)}, scheme="posix_prefix")
    )
    # What the tests run with, `.pth` files (an editable install) included.
    ours = sysconfig.get_path("purelib")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    copy = tmp_path / "guard"
    shutil.copytree(GUARD, copy)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", site, copy],
        check=True,
    )
    workplace.python = str(place / "bin" / "python")
    # A secret that only the sample guard keeps: `.env` has a guard of its own.
    workplace.canary = f"vault-{secrets.token_hex(8)}"
    (workplace.repository / "vault.txt").write_text(f"{workplace.canary}\n")
    workplace.hookwright("install", "claude-code", "--project")
    made = Guarded(workplace)
    yield made
    for pid in made.daemons():
        os.kill(pid, signal.SIGCONT)


def assert_kept(model: ScriptedModel, canary: str, results: int) -> None:
    """Assert that the model did its steps and never saw the secret."""
    assert len(model.tool_results()) == results
    assert not model.was_told(canary)


@long_run
def test_a_guard_denies_after_the_daemon_was_killed_in_the_middle(
    guarded: Guarded, claude: Claude
) -> None:
    steps = [HARMLESS, READ, READ, HARMLESS, READ]
    acts = {2: lambda: guarded.signal(signal.SIGKILL)}
    with ActingModel(steps, AnthropicWire(), before=acts).serving() as model:
        done = claude(model.url, PROMPT)

    assert done.returncode == 0
    assert_kept(model, guarded.place.canary, 5)
    results = model.tool_results()
    assert [REASON in results[step] for step in (1, 2, 4)] == [True] * 3
    assert results[3].startswith("harmless")
    guarded.place.wait_until_nothing_runs()
    assert guarded.counted() == ["claude-code/main"] * 5


@pytest.mark.parametrize("how", ["waiting", pytest.param("working", marks=LONG)])
def test_a_guard_denies_although_a_plugin_beside_it_hangs(
    guarded: Guarded, claude: Claude, how: str
) -> None:
    hangs = Call("Bash", {"command": f"cat vault.txt # hang-{how}"})
    steps = [HARMLESS, hangs, READ, hangs]
    acts = {3: guarded.kill_daemons}
    with ActingModel(steps, AnthropicWire(), before=acts).serving() as model:
        done = claude(model.url, PROMPT)
    # It may hang with Python's lock held, and would never leave.
    guarded.kill_daemons()

    assert done.returncode == 0
    assert_kept(model, guarded.place.canary, 4)
    results = model.tool_results()
    for step in (1, 2, 3):
        assert REASON in results[step] or STAND_IN in results[step]
    guarded.place.wait_until_nothing_runs(180)
    assert len(guarded.counted()) == 4


@long_run
def test_a_guard_denies_while_the_daemon_is_stopped(
    guarded: Guarded, claude: Claude
) -> None:
    acts = {1: lambda: guarded.signal(signal.SIGSTOP)}
    with ActingModel(
        [HARMLESS, READ, HARMLESS, READ], AnthropicWire(), before=acts
    ).serving() as model:
        done = claude(model.url, PROMPT)
    guarded.signal(signal.SIGCONT)

    assert done.returncode == 0
    assert_kept(model, guarded.place.canary, 4)
    results = model.tool_results()
    assert [REASON in results[step] for step in (1, 3)] == [True] * 2
    guarded.place.wait_until_nothing_runs()
    # What three processes had of it at different times is counted once.
    assert len(guarded.counted()) == 4


def test_a_guard_denies_with_a_read_only_data_directory(
    guarded: Guarded, claude: Claude, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = guarded.place
    unshare = shutil.which("unshare")
    mount = 'mount --bind -o ro "$1" "$1" && shift && exec "$@"'
    alone = [str(unshare), "-m", "sh", "-c", mount, "sh", str(place.data)]
    if unshare is None or place.run(*alone, "true").returncode:
        pytest.skip("a read-only mount of one's own takes unshare and its permission")
    place.hookwright("daemon", "stop")
    run = place.run
    monkeypatch.setattr(place, "run", lambda *words, **env: run(*alone, *words, **env))
    with ScriptedModel([HARMLESS, READ, READ], AnthropicWire()).serving() as model:
        done = claude(model.url, PROMPT)

    assert done.returncode == 0
    assert_kept(model, place.canary, 3)
    assert [REASON in result for result in model.tool_results()] == [False, True, True]


@long_run
@pytest.mark.parametrize("killed", [False, True], ids=["daemon", "no daemon"])
def test_a_guard_denies_inside_a_subagent(
    guarded: Guarded, claude: Claude, killed: bool
) -> None:
    given = {
        "prompt": f"{SUBAGENT} run one command, then say that you are done",
        "description": "scripted subagent",
        "subagent_type": "general-purpose",
    }
    acts = {1: lambda: guarded.signal(signal.SIGKILL)} if killed else {}
    steps = [HARMLESS, Call("Agent", given), Call("Bash", {"command": "sleep 3"})]
    model = ActingModel(
        steps,
        AnthropicWire(),
        subagent_call=Call("Bash", {"command": "cat vault.txt"}),
        before=acts,
    )
    with model.serving():
        done = claude(model.url, PROMPT)

    assert done.returncode == 0
    assert_kept(model, guarded.place.canary, 3)
    assert model.was_told(REASON)
    guarded.place.wait_until_nothing_runs()
    agents = guarded.counted()
    assert sorted(agents) == ["claude-code/general-purpose"] + ["claude-code/main"] * 3
