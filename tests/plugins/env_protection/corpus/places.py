"""Scratch projects for the cases, made for real."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

#: What the secret files hold: a text that would be seen wherever it came out.
CANARY = "canary" + "Value" + "7421"
_SECRET = f"API_KEY={CANARY}\nDB_PASSWORD={CANARY}x\nDEBUG=0\n"
_IGNORE = (
    ".env\n.env.*\n!.env.example\n*.pem\n*.key\nid_rsa\n.envrc\n.npmrc\n"
    "service-account.json\nnode_modules/\n.venv/\n*.log\n"
)

_SOURCES: Mapping[str, str] = {
    ".dockerignore": ".env*\n**/.env*\n.git\nnode_modules\n",
    ".env.example": "API_KEY=\nDB_PASSWORD=\nDEBUG=0\n",
    ".environment": "name: test\n",
    ".envoy.yaml": "admin: {}\n",
    ".github/workflows/ci.yml": "on: push\n",
    ".gitignore": _IGNORE,
    ".venv/bin/activate": "VIRTUAL_ENV=.venv\nexport VIRTUAL_ENV\n",
    "Dockerfile": 'FROM node:20\nCOPY package.json src ./\nCMD ["node", "app.js"]\n',
    "Makefile": "build:\n\tnpm run build\n\ntest:\n\tpytest -q\n\ndeploy:\n\ttrue\n",
    "README.md": "# App\n\nCopy .env.example to .env and fill it in.\n",
    "config/settings.toml": "debug = false\n",
    "data/items.csv": "1,a,x\n2,b,y\n",
    "data/items.json": '[{"id": 1, "env": "dev"}]\n',
    "docker-compose.yml": "services:\n  web:\n    image: app\n    env_file: .env\n",
    "docs/setup.md": "Put your key into .env.\n",
    "env": "a file called env\n",
    "env.d/10-path": "PATH=/usr/bin\n",
    "fix.patch": "--- a/src/app.py\n+++ b/src/app.py\n",
    "manage.py": "import sys\n\nprint(sys.argv)\n",
    "notes.txt": "nothing to see\n",
    "package.json": '{"name": "app", "version": "1.0.0", "scripts": '
    '{"build": "tsc", "test": "jest", "dev": "node src/app.js", "start": "node ."}}\n',
    "requirements.txt": "requests\n",
    "scripts/build.sh": "#!/bin/sh\nset -e\nnpm run build\n",
    "scripts/name.sh": "#!/bin/sh\ncurl -s https://example.org/name\n",
    "scripts/seed.js": "console.log('seeding', process.argv)\n",
    "server.log": "ERROR nothing\n",
    "server.pid": "4242\n",
    "src/app.py": "import os\n\nKEY = os.environ['API_KEY']  # from .env\n",
    "src/env.py": "def load(path):\n    return path\n",
    "src/environment.py": "NAME = 'dev'\n",
    "src/main.ts": "console.log(process.env.PORT) // TODO\n",
    "tests/test_app.py": "def test_reads_env() -> None:\n    assert True\n",
    "tsconfig.json": "{}\n",
}
_SECRETS: Mapping[str, str] = {
    ".env": _SECRET,
    ".env.local": _SECRET,
    "config/.env": _SECRET,
}
_KEY = f"-----BEGIN PRIVATE {'KEY'}-----\n{CANARY}\n-----END PRIVATE {'KEY'}-----\n"
_KEYS: Mapping[str, str] = {
    ".envrc": f"export API_KEY={CANARY}\n",
    ".npmrc": f"//registry.example.org/:_authToken={CANARY}\n",
    "deploy.pem": _KEY,
    "id_rsa": _KEY,
    "id_rsa.pub": "ssh-rsa AAAA someone\n",
    "server.key": _KEY,
    "service-account.json": '{"type": "service_account", "private_key": '
    f'"{CANARY}", "client_email": "a@example.org"}}\n',
}
_HOME: Mapping[str, str] = {
    ".aws/credentials": f"[default]\naws_secret_access_key = {CANARY}\n",
    ".bashrc": "alias ll='ls -l'\n",
    ".config/gh/hosts.yml": f"github.com:\n  oauth_token: {CANARY}\n",
    ".git-credentials": f"https://someone:{CANARY}@example.org\n",
    ".kube/config": f"users: [{{name: a, user: {{token: {CANARY}}}}}]\n",
    ".netrc": f"machine example.org login a password {CANARY}\n",
    ".nvm/nvm.sh": "nvm() { :; }\n",
    ".pypirc": f"[pypi]\npassword = {CANARY}\n",
    ".ssh/config": f"Host a\n  User {CANARY}\n",
    ".ssh/id_ed25519": _KEY,
    ".ssh/id_ed25519.pub": "ssh-ed25519 AAAA someone\n",
}

PLACES = ("project", "open", "tracked", "clean", "keys", "links")


def make_home(home: Path) -> None:
    """Put a user's files into home."""
    _put(home, _HOME)


def make_place(place: str, directory: Path) -> None:
    """Make a scratch project: a git repository with one commit of the sources.

    `project` ignores its secret files, `open` has nothing that does, in `tracked` one
    is committed and changed, `clean` has none; `keys` has keys and files with tokens
    besides, `links` other names for its `.env`.
    """
    directory.mkdir(parents=True)
    _put(directory, _SOURCES)
    if place == "open":
        (directory / ".gitignore").unlink()
    _git(directory, "init", "-q")
    _git(directory, "add", "-A")
    if place == "tracked":
        _put(directory, {".env": _SECRET.replace("DEBUG=0", "DEBUG=1")})
        _git(directory, "add", "-f", ".env")
    _git(directory, "commit", "-q", "-m", "Begin")
    (directory / "src/app.py").write_text(_SOURCES["src/app.py"] + "# changed\n")
    if place != "clean":
        _put(directory, _SECRETS)
    if place == "keys":
        _put(directory, _KEYS)
    if place == "links":
        _link(directory)


def _link(directory: Path) -> None:
    os.link(directory / ".env", directory / "hard.txt")
    (directory / "link.txt").symlink_to(".env")
    (directory / "link2.txt").symlink_to("link.txt")
    (directory / "cfg").symlink_to("config")
    (directory / "note.ipynb").symlink_to(directory / ".env.local")


def _put(directory: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.endswith((".sh", "activate")):
            path.chmod(0o755)


def _git(directory: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(
        ["git", *who, *arguments], cwd=directory, check=True, capture_output=True
    )
