"""Every test runs in a home of its own: nothing of the machine's user is touched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hookwright.core.paths import Paths, find_paths

from .daemons import alive, daemons_of, end_daemons
from .traced_threads import be_patient

_FOREIGN = (
    "CLAUDE",
    "CODEX",
    "GIT_",
    "HOOKWRIGHT",
    "XDG_",
    "AI_AGENT",
    "COPILOT",
    "GEMINI",
)


be_patient()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home; the environment names no other place."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN):
            monkeypatch.delenv(name)
    directory = tmp_path / "home"
    directory.mkdir()
    monkeypatch.setenv("HOME", str(directory))
    monkeypatch.setenv("HOOKWRIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HOOKWRIGHT_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (directory / ".gitconfig").write_text(
        "[user]\n\tname = Test Person\n\temail = person@example.org\n"
        "[init]\n\tdefaultBranch = main\n"
    )
    return directory


@pytest.fixture
def paths(home: Path) -> Paths:
    """Return the paths that this test's environment gives."""
    return find_paths()


@pytest.fixture
def is_alive() -> Callable[[int], bool]:
    """Return `alive`."""
    return alive


@pytest.fixture
def daemons(paths: Paths) -> Iterator[Callable[[], list[int]]]:
    """Return what lists this test's daemons; each is ended afterwards."""
    yield lambda: daemons_of(paths.data)
    end_daemons(paths.data)


@pytest.fixture(scope="session")
def native_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the native client, built for these tests; skips without a C compiler."""
    from hookwright.core.service import client
    from hookwright.core.service.native import NAME, build

    source = Path(build.__file__).with_name(build.SOURCE)
    program = tmp_path_factory.mktemp("native") / NAME
    strict = ("-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")
    problem = build.compile_client(source, program, client.VERSION, strict)
    if problem == build.NO_COMPILER:
        pytest.skip(problem)
    assert problem == ""
    return program


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run first what forks this process.

    Later tests leave threads behind, those that a plugin hung in, and a child that is
    forked while one of them holds coverage's lock waits for that lock for ever.
    """
    items.sort(key=lambda item: "faults" not in item.path.parts)
