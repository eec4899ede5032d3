"""Programs that start another: every access is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Reached = Callable[[str], list[str]]

ACCESSES = [
    "sudo cat .env",
    "sudo -u root cat .env",
    "env A=b cat .env",
    "env -S 'cat .env'",
    "timeout 5 cat .env",
    "nohup cat .env",
    "nice -n 5 cat .env",
    "bash -c 'cat .env'",
    "bash -lc 'cat .env'",
    "sh -c 'cat \"$1\"' x .env",
    "echo .env | xargs cat",
    "echo .env | xargs -I{} cat {}",
    "busybox cat .env",
    "parallel cat ::: .env",
    "watch cat .env",
    "script -c 'cat .env'",
    "su -c 'cat .env'",
    "xargs -a .env echo",
    "ionice -c 3 cat .env",
    "strace cat .env",
    "setsid cat .env",
    "unshare cat .env",
    "flock /tmp/l cat .env",
    "flock /tmp/l -c 'cat .env'",
    "strace -e read cat .env",
    "ltrace cat .env",
    "xargs cat <<< .env",
    "xargs -d '\\n' cat <<< .env",
    "printf '.env\\0' | xargs -0 cat",
    "ls -a | xargs cat",
    "ls -A | while read f; do cat $f; done",
    "toybox cat .env",
    "parallel -a .env echo",
    "echo .env | parallel cat",
    "watch -n1 'cat .env'",
    "timeout -k 1 5 cat .env",
    "stdbuf -oL cat .env",
    "sudo -E -u x -- cat .env",
    "sudo sh -c 'cat .env'",
    "doas cat .env",
    "chroot / cat /home/dev/app/.env",
    "systemd-run --pipe cat .env",
    "nsenter -t 1 -m cat .env",
    "script -qc 'cat .env' /dev/null",
    "at now <<< 'cat .env'",
    "entr cat .env",
    "time cat .env",
    "command cat .env",
    "builtin source .env",
    "tmux new -d 'cat .env'",
    "screen -dm sh -c 'cat .env > x'",
    "sh -c 'cat $0' .env",
    "bash -c 'cat \"${0}\"' .env",
    "env - cat .env",
    "env -i cat .env",
    "sudo A=b cat .env",
    "timeout --foreground 5 cat .env",
]
HARMLESS = [
    "echo .env >> .gitignore",
    'echo "cp .env.example .env"',
    "ls -la .env",
    "ls -la",
    "xargs -n1 echo < README.md",
    "echo foo | tee out.txt",
    "env | grep PATH",
    "timeout 10 npm test",
    "sudo apt-get install -y jq",
    "ls -la ~/.ssh",
    "ls -R | head",
    "echo aGk= | base64 -d",
    "env",
    "env NODE_ENV=test npm test",
    "time make",
    "timeout 60 pytest",
    "nohup node server.js &",
    "watch -n 2 kubectl get pods",
    "xargs -I{} echo {} < list.txt",
    "ls src | xargs -n1 basename",
    'echo "a b" | xargs -n1 echo',
    "printf '%s\\n' .env >> .gitignore",
    "echo '.env' | tee -a .gitignore",
    "ls .env*",
    "tmux new -d -s dev 'npm run dev'",
    "screen -ls",
    "lsof -i :3000",
    "bash scripts/setup.sh",
    "sh -c 'echo $0' x",
    "bash -c 'cd src && ls'",
    "sudo systemctl restart nginx",
    "sudo apt install -y ripgrep",
    "strace -f ./app",
]


@pytest.mark.parametrize("command", ACCESSES)
def test_an_access_to_a_protected_file_is_found(command: str, reached: Reached) -> None:
    assert [found for found in reached(command) if found != "?"]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_reaches_nothing_protected(
    command: str, reached: Reached
) -> None:
    assert reached(command) == []
