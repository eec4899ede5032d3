"""What is copied, moved, linked, archived: every access is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Reached = Callable[[str], list[str]]

ACCESSES = [
    "cp .env /tmp/x",
    "mv .env x",
    "ln -s .env x",
    "ln .env x",
    "install -m 644 .env /tmp/x",
    "rsync -a .env host:/tmp",
    "rsync -a . /tmp/x",
    "scp .env host:",
    "tar czf x.tgz .",
    "tar cf - .env",
    "tar -cf x.tar --exclude=node_modules .",
    "zip x.zip .env",
    "zip -r x.zip .",
    "7z a x.7z .env",
    "gzip -c .env",
    "gzip -k .env",
    "scp localhost:x .env",
    "split .env",
    "tar -cf - .",
    "tar c . | cat",
    "tar -czf x.tgz -C config .",
    "tar -cf x.tar --files-from=.env",
    "tar -T .env -cf x",
    "tar cf x.tar .env*",
    "bsdtar cf x.tar .env",
    "zip - .env",
    "zip -r - config",
    "rar a x.rar .env",
    "cp -r . /tmp/x",
    "cp -t /tmp .env",
    "cp --target-directory=/tmp .env",
    "cp config/.env* /tmp",
    "mv -t /tmp .env",
    "ln -sf ../app/.env /tmp/x",
    "rsync .env /tmp/x",
    "rsync -av --exclude=node_modules ./ host:/x",
    "scp -r . host:",
    "sftp host <<< 'put .env'",
    "cpp .env",
    "rclone copy .env r:",
]
HARMLESS = [
    "tar czf x.tgz --exclude=.env --exclude='.env.*' --exclude='*.pem' .",
    "tar czf x.tgz src",
    "tar xzf x.tgz",
    "rsync -a --exclude=.env --exclude=.env.* --exclude=*.pem . host:/x",
    "cp .env.example x",
    "gzip README.md",
    "zip -r x.zip src",
    "cp -r src /tmp/src",
    "mv src/a.py src/b.py",
    "ln -s ../src link",
    "tar tzf x.tgz",
    "tar xzf x.tgz -C /tmp",
    "tar czf dist.tgz dist/",
    "zip -r out.zip dist -x '*.map'",
    "rsync -avz src/ host:/srv/src/",
    "scp dist.tgz host:/tmp/",
    "mvn -q package",
]


@pytest.mark.parametrize("command", ACCESSES)
def test_an_access_to_a_protected_file_is_found(command: str, reached: Reached) -> None:
    assert [found for found in reached(command) if found != "?"]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_reaches_nothing_protected(
    command: str, reached: Reached
) -> None:
    assert reached(command) == []
