"""Ordinary commands: the shell's reader finds neither an access nor a doubt in them."""

from __future__ import annotations

from typing import Any

import pytest

from hookwright.plugins.env_protection.shell import read_command

PROJECT = "/home/dev/app"

HARMLESS = [
    "make -j$(nproc)",
    'npm test -- "$@"',
    'cd "$(git rev-parse --show-toplevel)" && pytest',
    "for i in $(seq 3); do curl localhost:$i; done",
    "for i in {1..500}; do curl -s localhost:8000/$i; done",
    "git status && git diff --stat HEAD~1 -- src/",
    'git commit -m "document .env"',
    "git commit -m \"$(cat <<'EOF'\nRead .env late\n\nIt's (so) `good`;\nEOF\n)\"",
    "echo .env >> .gitignore",
    "grep '\\.env' .gitignore",
    "ls -la .env",
    "test -f .env && echo yes",
    "[ -f .env ] || cp .env.example example.bak",
    "[[ -f .env ]] && echo there",
    "if [ ! -f .env ]; then echo missing; fi",
    "rm -f build/*.o",
    "find . -name '*.py' | xargs wc -l",
    "for f in src/*.py; do python -m py_compile $f; done",
    "ls | while read f; do echo $f; done",
    "cat src/*.py | wc -l",
    "cat README.md | head -20",
    "cat .env.example",
    "cat .env.e*",
    "export PATH=$HOME/bin:$PATH",
    'PATH="/opt/bin:$PATH" npm run build',
    "export NODE_ENV=production; npm start",
    'eval "$(pyenv init -)"; pyenv local 3.11',
    'eval "$(ssh-agent -s)"',
    'eval "$(direnv hook bash)"',
    "source venv/bin/activate && pip install -r requirements.txt",
    ". ~/.nvm/nvm.sh && nvm use 20",
    '. "$HOME/.cargo/env"',
    "source <(kubectl completion bash)",
    "$(which python3) -m pytest",
    "$(npm bin)/eslint src",
    "${PYTHON:-python3} -m pytest tests",
    "$CC -O2 -o app main.c",
    '"$EDITOR" README.md',
    "cat <<EOF > notes.md\n# Notes\nkeep secrets in .env\nEOF",
    "cat > conf.toml <<'EOF'\nkey = \"$VALUE\"\nEOF\ncat conf.toml",
    "cat <<< 'never read .env'",
    "echo 'cat .env'",
    'echo "run: source .env"',
    "printf '%s\\n' .env .env.local >> .gitignore",
    "while true; do sleep 1; curl -sf localhost:8000 && break; done",
    "until curl -sf localhost:8000; do sleep 1; done",
    'i=0; while [ $i -lt 10 ]; do echo "$i"; i=$((i+1)); done',
    "timeout 60 npm test 2>&1 | tail -40",
    "npm run build > build.log 2>&1 &",
    "(cd frontend && npm ci) && (cd backend && pip install .)",
    "pushd src > /dev/null; ls; popd > /dev/null",
    'for d in */; do (cd "$d" && git pull); done',
    'case "$1" in start) npm start;; stop) pkill node;; esac',
    "set -euo pipefail; npm ci; npm test",
    "trap 'rm -rf \"$TMP\"' EXIT; TMP=$(mktemp -d); ls $TMP",
    'f() { echo "$1"; }; f hello',
    "arr=(a b c); echo ${#arr[@]} ${arr[0]}",
    'VERSION=$(jq -r .version package.json); git tag "v$VERSION"',
    'echo "$(date +%Y-%m-%d) done" >> log.txt',
    "docker run --rm -it -v $(pwd):/app -w /app node:20 npm test",
    "docker exec -it $(docker ps -q | head -1) ls",
    "kill -9 $(lsof -ti:3000)",
    "git log --oneline | head -5; git diff $(git merge-base HEAD main)",
    "python - <<'EOF'\nprint('hello')\nEOF",
    "python3 -c 'import sys; print(sys.version)'",
    'node -e "console.log(process.version)"',
    "curl -X POST -H 'Content-Type: application/json' -d '{\"a\": 1}' localhost:8000",
    "echo ${VAR:-default} ${#VAR} ${VAR%.*}",
    "echo $((1 + 2 * 3)) $RANDOM $$ $?",
    "alias ll='ls -la'; ll",
    "time make",
    "read -p 'Go on? ' answer",
    "command -v node >/dev/null 2>&1 || echo missing",
    "type -a python",
    "shopt -s globstar; ls src/**/*.py",
    "mkdir -p {src,tests}/{unit,api} && touch src/unit/{a,b}.py",
    "mv file.{txt,md}",
    "diff <(sort a.txt) <(sort b.txt)",
    "cat <file>",
    "git checkout <branch>",
    "npm install <package>@<version>",
    "ls *(.om[1])",
    "echo (a b)",
    "foo() { bar",
    "git add -A && git commit -m 'fix: it'\\''s done'",
    'bash -c "cd $DIR && make"',
    "bash -c 'for i in 1 2 3; do echo $i; done'",
    "sh -c 'exec \"$@\"' _ ls",
    "xargs -I{} echo {} < names.txt",
    "seq 1 100 | xargs -P4 -n1 echo",
    "ls -1 | sort | uniq -c | sort -rn | head",
    "cd src; ls; cd -; cd ..",
    "unset FOO; export -n BAR; declare -p PATH",
    "! grep -q TODO src/app.py",
    "curl -H 'Authorization: Bearer [REDACTED:bearer-token:0123abcd]' localhost",
    "X=$(cat VERSION); echo $X",
    't=$(mktemp) && echo hi > "$t" && cat "$t"',
    "hash -r; umask 022; ulimit -n 4096; wait; jobs",
]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_is_let_through(command: str, world: Any) -> None:
    reading = read_command(command, PROJECT, world)
    touched = [
        (access.mode, access.path)
        for access in reading.accesses
        if access.mode not in ("look", "remove") and world.is_secret(access.path)
    ]
    assert touched == []
    assert reading.doubts == ()
