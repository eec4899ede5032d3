from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.host import RESERVED_COMMANDS
from hookwright.core.paths import Paths
from hookwright.core.service import client
from hookwright.core.surfaces.cli import CORE, main
from hookwright.core.surfaces.invocation import Invocation, client_command

Run = Callable[..., Any]


def in_a_process(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    program = code or "from hookwright.core.surfaces.cli import main; exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True
    )


def test_version_names_hookwright_and_python(run: Run) -> None:
    ran = run("--version")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("hookwright 0.")
    assert json.loads(run("--json", "--version").out)["hookwright"] in ran.out


def test_version_imports_no_engine_and_touches_no_file(paths: Paths) -> None:
    code = (
        "import sys\n"
        "from hookwright.core.surfaces.cli import main\n"
        "main(['--version'])\n"
        "heavy = 'lmdb pydantic rich pluggy watchdog hookwright.plugins.demo'.split()\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = in_a_process(code=code)

    assert done.stdout.splitlines()[1:] == ["[]"]
    assert done.stderr == ""
    assert not paths.data.exists()


def test_help_lists_every_command_of_core(run: Run) -> None:
    shown = run("--help").out

    assert all(f"  {word} " in shown for word in CORE)
    assert max(map(len, shown.splitlines())) <= 80


def test_help_needs_no_store_and_no_readable_configuration(
    run: Run, paths: Paths
) -> None:
    paths.data.mkdir()
    paths.store.write_text("no store")
    paths.config.mkdir()
    paths.config_file.write_text("[store\n")

    ran = run("--help")

    assert ran.code == 0
    assert paths.store.read_text() == "no store"


def test_no_arguments_show_the_help(run: Run) -> None:
    ran = run()

    assert "Usage: hookwright" in ran.out + ran.err


def test_no_plugins_holds_before_any_plugin_is_imported(run: Run) -> None:
    code = (
        "import sys\n"
        "from hookwright.core.surfaces.cli import main\n"
        "main(['--no-plugins', '--help'])\n"
        "print([name for name in sys.modules if name.startswith('hookwright.plugins')])"
    )

    done = in_a_process(code=code)

    assert done.stdout.splitlines()[-1] == "[]"
    assert "demo" not in done.stdout.partition("Commands:")[2]


def test_a_command_that_does_not_exist_is_wrong_usage(run: Run) -> None:
    ran = run("--no-plugins", "doktor")

    assert ran.code == 2
    assert "doctor" in ran.err
    assert ran.out == ""


def test_an_option_that_does_not_exist_is_wrong_usage(run: Run) -> None:
    assert run("config", "show", "--wrong").code == 2


def test_cores_words_are_kept_from_plugins() -> None:
    assert set(CORE) <= RESERVED_COMMANDS


@pytest.mark.parametrize(
    ("arguments", "command", "overrides", "as_json"),
    [
        ((), "", (), False),
        (("--json", "doctor", "--set", "a.b=1"), "doctor", (), True),
        (
            ("--set", "a.b=1", "--set=c.d=2", "events"),
            "events",
            ("a.b=1", "c.d=2"),
            False,
        ),
        (("--set",), "", ("",), False),
        (("-h",), "", (), False),
    ],
)
def test_the_options_before_the_command_are_read_early(
    arguments: tuple[str, ...], command: str, overrides: tuple[str, ...], as_json: bool
) -> None:
    found = Invocation.read(arguments)

    assert (found.command, found.overrides, found.json) == (command, overrides, as_json)
    assert found.wants_own_settings is bool(overrides)


def test_no_plugins_is_told_to_child_processes_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOKWRIGHT_NO_PLUGINS", "")

    found = Invocation.read(["--no-plugins", "plugins"])

    assert os.environ["HOOKWRIGHT_NO_PLUGINS"] == "1"
    assert found.wants_own_settings


def test_set_changes_one_run(run: Run) -> None:
    ran = run("--set", "store.max_size=7 MB", "config", "show")

    rows = [line.split(maxsplit=1) for line in ran.out.splitlines()]
    assert ["store.max_size", '"7 MB"'] in rows


def test_a_bad_setting_is_one_plain_line(run: Run) -> None:
    ran = run("--set", "store.max_size=3 GB", "config", "show")

    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("hookwright: ")
    assert "1 MB to 2 GB" in ran.err
    assert ran.err.count("\n") == 1


def test_the_client_is_started_without_site_packages() -> None:
    interpreter, *flags, loader = client_command()
    done = subprocess.run(
        [interpreter, *flags, f"{loader}\nprint('went on')"],
        input=b"",
        capture_output=True,
    )

    assert Path(interpreter).is_absolute()
    assert flags == ["-I", "-S", "-c"]
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"usage: hookwright-hook")


def test_an_agents_shell_is_no_person(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run("agent", "create", "codex/one").code == 0
    assert run("agent", "halt", "codex/one", "--reason", "a test").code == 0
    file = tmp_path / ".hookwright.toml"
    file.write_text("")
    monkeypatch.setenv("CLAUDECODE", "1")

    resumed = run("agent", "resume", "codex/one", "--reason", "please")
    trusted = run("trust", str(file))

    assert resumed.code == 1
    assert "person" in resumed.err
    assert trusted.code == 2
    assert "in a terminal of your own" in trusted.err
    monkeypatch.delenv("CLAUDECODE")
    assert run("agent", "resume", "codex/one", "--reason", "ok").code == 0


def test_hooks_of_a_removed_hookwright_say_nothing_and_refuse_nothing(
    tmp_path: Path,
) -> None:
    # `python -I -S GONE.py` exits with 2, which is a refusal to an agent host.
    *command, loader = client_command()
    folder = str(Path(client.__file__).parent)
    assert repr(folder) in loader
    gone = loader.replace(repr(folder), repr(str(tmp_path / "gone")))
    done = subprocess.run(
        [*command, gone, "claude-code", "PreToolUse"], input=b"{}", capture_output=True
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_text_that_the_terminal_cannot_show_ends_no_command(tmp_path: Path) -> None:
    project = tmp_path / "gr\u00fc\u00df \udcff"
    os.makedirs(os.fsencode(project))
    done = subprocess.run(
        [sys.executable, "-m", "hookwright.core.surfaces.cli", "config", "path"],
        cwd=os.fsencode(project),
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
    )

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_fault_of_ours_exits_with_3(
    run: Run, monkeypatch: pytest.MonkeyPatch, paths: Paths
) -> None:
    def broken(self: Invocation) -> Path:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(Invocation, "project", property(broken))

    ran = run("config", "path")

    assert ran.code == 3
    assert str(paths.logs) in ran.err


def test_main_reads_the_arguments_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["hookwright", "--version"])

    assert main() == 0
    assert capsys.readouterr().out.startswith("hookwright ")
