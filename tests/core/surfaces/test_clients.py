from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.errors import InstallError
from hookwright.core.paths import Paths
from hookwright.core.service import client, native
from hookwright.core.service.native import build, copies
from hookwright.core.surfaces import clients

Run = Callable[..., Any]
NOT_OURS = "#!/bin/sh\necho hookwright-hook 9.9.9\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the package's native client is; there is none at first."""
    program = tmp_path / "package" / native.NAME
    program.parent.mkdir()
    monkeypatch.setattr(copies, "__file__", str(program.with_name("copies.py")))
    return program


@pytest.fixture
def with_native(package: Path, native_client: Path) -> Path:
    """Return the package's native client."""
    package.write_bytes(native_client.read_bytes())
    return package


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory that holds no repository."""
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def commands(project: Path) -> set[str]:
    """Return what the hooks of Claude Code run."""
    file = project / ".claude" / "settings.local.json"
    events = json.loads(file.read_text())["hooks"].values()
    lines = {hook["command"] for (group,) in events for hook in group["hooks"]}
    return {shlex.split(line.removeprefix("exec "))[0] for line in lines}


def findings(run: Run) -> dict[str, tuple[str, str, str]]:
    return {
        found["subject"]: (found["state"], found["text"], found["cure"])
        for found in json.loads(run("doctor", "--json").out)["findings"]
    }


def test_the_native_client_is_taken_where_it_works(
    with_native: Path, paths: Paths
) -> None:
    for wanted in ("auto", "native"):
        chosen = clients.choose(paths, wanted)

        assert chosen.command == native.native_command(copies.copy_of(paths))
        assert chosen.notes == ()
    assert copies.copy_of(paths).read_bytes() == with_native.read_bytes()


def test_the_one_in_python_is_taken_on_request(with_native: Path, paths: Paths) -> None:
    chosen = clients.choose(paths, "python")

    assert chosen == clients.Chosen(native.python_command())
    assert not paths.data.exists()


def test_a_dry_run_makes_no_copy(with_native: Path, paths: Paths) -> None:
    chosen = clients.choose(paths, "auto", dry_run=True)

    assert chosen.command == native.native_command(copies.copy_of(paths))
    assert not paths.data.exists()


def test_without_a_compiler_python_does_it(package: Path, paths: Paths) -> None:
    chosen = clients.choose(paths, "auto")

    assert chosen.command == native.python_command()
    assert chosen.notes == (f"Hooks run the client in Python: {clients.NOT_BUILT}.",)
    with pytest.raises(InstallError, match="no C compiler"):
        clients.choose(paths, "native")


def test_a_directory_that_runs_no_programs_is_told_and_left_as_it_was(
    with_native: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on a file system that is mounted noexec.
    monkeypatch.setattr(copies, "_MODE", 0o644)

    chosen = clients.choose(paths, "auto")

    assert chosen.command == native.python_command()
    assert "is it mounted noexec?" in chosen.notes[0]
    assert not copies.copy_of(paths).parent.exists()
    with pytest.raises(InstallError, match="noexec"):
        clients.choose(paths, "native")


def test_a_data_directory_that_cannot_be_made_is_told(
    with_native: Path, paths: Paths
) -> None:
    paths.data.write_text("a file")

    chosen = clients.choose(paths, "auto")

    assert chosen.command == native.python_command()
    assert "cannot be written" in chosen.notes[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no native client"),
        (b"\x7fELF hookwright-hook 0.1.0\n", "is for another kind of machine"),
        (b"#!/bin/sh\n# hookwright-hook 1.0\nexit 3\n", "it exits with 3"),
        (NOT_OURS.encode(), "is of version 9.9.9"),
        (b"#!/nowhere/sh\n# hookwright-hook 1.0\n", "No such file"),
    ],
)
def test_what_is_wrong_with_a_program_is_said(
    tmp_path: Path, content: bytes, said: str
) -> None:
    program = tmp_path / native.NAME
    program.write_bytes(content)
    program.chmod(0o755)

    assert said in clients.problem_of(program)


def test_a_program_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / native.NAME
    program.write_text("#!/bin/sh\n# hookwright-hook 1.0\nexec sleep 30\n")
    program.chmod(0o755)
    monkeypatch.setattr(clients, "_SECONDS", 0.2)

    assert "does not end" in clients.problem_of(program)


def test_install_writes_the_native_client_and_doctor_says_so(
    run: Run, project: Path, with_native: Path, paths: Paths
) -> None:
    before = findings(run)["client"]
    ran = run("install", "claude-code")

    assert before == (
        "ok",
        f"native, {client.VERSION}; hookwright install puts it in use",
        "",
    )
    assert ran.code == 0
    assert commands(project) == {str(copies.copy_of(paths))}
    found = findings(run)
    assert found["client"][:2] == (
        "ok",
        f"native, {client.VERSION}, {copies.copy_of(paths)}",
    )
    said = ("ok", "its hooks run the native client", "")
    assert found[f"claude-code in {project}"] == said


def test_install_goes_back_to_python_on_request(
    run: Run, project: Path, with_native: Path, paths: Paths
) -> None:
    run("install", "claude-code")

    ran = run("install", "claude-code", "--client", "python")

    assert ran.code == 0
    assert commands(project) == {native.python_command()[0]}
    _, text, cure = findings(run)[f"claude-code in {project}"]
    assert text == "its hooks run the client in Python"
    assert "for the native one" in cure
    assert run("uninstall", "claude-code").code == 0
    assert not (project / ".claude").exists()
    # Agents that are running know their hooks from before.
    assert copies.copy_of(paths).exists()


def test_doctor_says_why_it_is_python(run: Run, project: Path, package: Path) -> None:
    run("install", "claude-code")

    found = findings(run)

    state, text, cure = found["client"]
    assert (state, text) == ("note", f"the one in Python: {clients.NOT_BUILT}")
    assert "install Hookwright again" in cure
    assert found[f"claude-code in {project}"][1:] == (
        "its hooks run the client in Python",
        "",
    )


@pytest.mark.parametrize("harm", ["gone", "not executable"])
def test_hooks_that_can_do_nothing_are_broken(
    run: Run, project: Path, with_native: Path, paths: Paths, harm: str
) -> None:
    run("install", "claude-code")
    copy = copies.copy_of(paths)
    if harm == "gone":
        copy.unlink()
    else:
        copy.chmod(0o644)

    state, text, cure = findings(run)[f"claude-code in {project}"]

    assert state == "broken"
    assert text.startswith("its hooks do nothing")
    assert cure == "Run hookwright install claude-code there again"
    assert run("install", "claude-code").code == 0
    assert findings(run)[f"claude-code in {project}"][0] == "ok"


def test_an_old_copy_is_a_note(
    run: Run, project: Path, with_native: Path, paths: Paths
) -> None:
    run("install", "claude-code")
    source = Path(build.__file__).with_name(build.SOURCE)
    assert build.compile_client(source, copies.copy_of(paths), "0.0.9") == ""

    found = findings(run)

    assert found["client"][0] == "note"
    assert "the next start of the daemon replaces it" in found["client"][1]
    assert found[f"claude-code in {project}"][0] == "ok"


def test_a_script_in_its_place_is_a_note(
    run: Run, project: Path, with_native: Path, paths: Paths
) -> None:
    run("install", "claude-code")
    with_native.unlink()
    copies.refresh(paths)

    found = findings(run)

    assert found["client"][0] == "note"
    assert "stands in for the native client" in found["client"][1]
    assert found[f"claude-code in {project}"][0] == "ok"


def test_a_client_that_nobody_knows_is_refused(run: Run, project: Path) -> None:
    ran = run("install", "claude-code", "--client", "rust")

    assert ran.code == 2
    assert "'auto', 'native', 'python'" in ran.err
