from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hookwright.core.paths import Paths
from hookwright.core.settings import LoadedSettings, load_settings

Loader = Callable[..., LoadedSettings]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the directory of a project."""
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


@pytest.fixture
def load(paths: Paths, project: Path) -> Loader:
    """Return a function that writes the given texts to the files and loads them."""

    def load(user: str | bytes = "", in_project: str = "", **more: object) -> object:
        paths.config.mkdir(exist_ok=True)
        content = user if isinstance(user, bytes) else user.encode()
        paths.config_file.write_bytes(content)
        if in_project:
            (project / ".hookwright.toml").write_text(in_project)
        more.setdefault("environment", {})
        return load_settings(paths, project=project, **more)  # type: ignore[arg-type]

    return load  # type: ignore[return-value]
