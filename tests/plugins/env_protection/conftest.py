"""A machine made of a dictionary, for commands that are judged and never run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import pytest

from hookwright.plugins.env_protection import access, disk
from hookwright.plugins.env_protection.words import UNKNOWN, may_equal


@pytest.fixture(scope="session", autouse=True)
def _no_clock() -> Iterator[None]:
    """Let steps alone end a reading: how long one takes is the machine's affair."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(access, "CLOCK_S", 60.0)
        patched.setattr(disk, "_SECONDS", 60.0)
        yield


HOME = "/home/dev"
PROJECT = "/home/dev/app"

#: Names that are protected wherever they are; lower case.
_NAMES = (".env", ".env.*", ".envrc", "*.pem", "*.key", "id_rsa*", "id_ed25519*")
_NOT = ("*.pub", ".env.example", ".env.sample", ".env.template", ".env.dist")
_PATHS = (".aws/credentials", ".netrc", ".git-credentials", ".config/gh/hosts.yml")
_MORE_PATHS = (".kube/config", ".npmrc", ".pypirc")
#: What a name with unknown stretches is held against.
_SAMPLES = (".env", ".env.local", ".env.production", ".envrc", "a.pem", "a.key")
_MORE_SAMPLES = ("id_rsa", "id_ed25519", ".env.test", ".env.dev", ".env.staging")

_FILES = {
    ".env": "",
    ".env.local": "",
    ".env.example": "PORT=8000\nAPI_KEY=\n",
    ".gitignore": ".env\n.env.local\n*.pem\n",
    "Makefile": "build:\n\tcc -o app main.c\n\nleak:\n\tcat .env\n",
    "README.md": "# App\n\nCopy .env.example to .env.\n",
    "certs/server.pem": "",
    "config/.env.production": "",
    "config/settings.toml": "debug = false\n",
    "package.json": '{"scripts": {"build": "tsc", "leak": "cat .env"}}',
    "src/__init__.py": "",
    "src/app.py": "import os\n",
    "src/main.py": "print('hello')\n",
    "tests/test_app.py": "def test_it():\n    pass\n",
}
_HOME_FILES = {
    ".ssh/id_ed25519": "",
    ".ssh/id_ed25519.pub": "",
    ".ssh/known_hosts": "",
    ".aws/credentials": "",
    ".netrc": "",
    ".bashrc": "alias ll='ls -l'\n",
}


class FakeWorld:
    """The machine as a dictionary: `access.World` for tests.

    :ivar files: absolute path -> content.
    :ivar links: absolute path -> what a symbolic link there leads to.
    """

    def __init__(
        self, files: Mapping[str, str] | None = None, home: str = HOME
    ) -> None:
        self.files: dict[str, str] = dict(files or {})
        self.links: dict[str, str] = {}
        self._home = home
        self.variables: Mapping[str, str] = {
            "HOME": home,
            "USER": posixpath.basename(home),
            "PWD": PROJECT,
        }
        self.largest_directory = 2000
        self.asked = 0

    def add(self, path: str, text: str = "") -> None:
        """Put a file there; a relative path is one of the project."""
        self.files[posixpath.normpath(posixpath.join(PROJECT, path))] = text

    @property
    def home(self) -> str:
        return self._home

    def names_in(self, directory: str) -> Sequence[str] | None:
        start = directory.rstrip("/") + "/"
        found: dict[str, None] = {}
        for path in (*self.files, *self.links):
            if path.startswith(start):
                found[path[len(start) :].split("/", 1)[0]] = None
        return None if len(found) > self.largest_directory else sorted(found)

    def is_directory(self, path: str) -> bool:
        start = path.rstrip("/") + "/"
        return any(name.startswith(start) for name in self.files)

    def text_of(self, path: str) -> str | None:
        return None if self.is_secret(path) else self.files.get(path)

    def is_secret(self, path: str) -> bool:
        self.asked += 1
        path = self.links.get(path, path)
        name = posixpath.basename(path).lower()
        if UNKNOWN in path:
            return self._may_be_secret(path, name)
        if any(fnmatchcase(name, kept) for kept in _NOT):
            return False
        below = path[len(self._home) + 1 :] if self._is_at_home(path) else ""
        if below == ".ssh" or below.startswith(".ssh/"):
            return True
        if below in _PATHS or below in _MORE_PATHS:
            return True
        if fnmatchcase(path, "/proc/*/environ"):
            return True
        return any(fnmatchcase(name, pattern) for pattern in _NAMES)

    def _is_at_home(self, path: str) -> bool:
        return path.startswith(self._home + "/")

    def _may_be_secret(self, path: str, name: str) -> bool:
        if UNKNOWN not in name:
            return name != "" and self.is_secret(f"{PROJECT}/{name}")
        if any(may_equal(name, sample) for sample in (*_SAMPLES, *_MORE_SAMPLES)):
            return True
        return any(may_equal(path, f"{self._home}/{held}") for held in _PATHS)


def project_files() -> dict[str, str]:
    """Return the files of a small project and of its user's home."""
    files = {f"{PROJECT}/{name}": text for name, text in _FILES.items()}
    files.update({f"{HOME}/{name}": text for name, text in _HOME_FILES.items()})
    return files


@pytest.fixture
def world() -> FakeWorld:
    """Return a machine with a project at `/home/dev/app`, for one test."""
    return FakeWorld(project_files())
