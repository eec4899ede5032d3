"""What build tools and runners run: every access is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Reached = Callable[[str], list[str]]

ACCESSES = [
    "gcc -E .env",
    "gcc @.env",
    "gcc -x c -include .env y.c",
    "make -f .env",
    "make leak",
    "npm run leak",
    "dotenv run -- env",
    "poetry run cat .env",
    "npx cat .env",
    "npm exec -- cat .env",
    "conda run -n x cat .env",
    "make -f - <<< 'all: ; cat .env'",
    "make SHELL='cat .env'",
    "make --eval='x: ; @cat .env' x",
    'npm config set x "$(cat .env)"',
    "direnv exec . env",
    "direnv allow",
    "dotenv -f .env run env",
    "dotenv list",
    "env-cmd env",
    "foreman run env",
    "uv run --env-file .env x",
    "flask --env-file .env run",
    "aspell list < .env",
    "gcc -xc -E .env",
    "as .env",
    "m4 .env",
    "tcc -run .env",
    "go run .env",
    "rustc .env",
    "javac @.env",
    "ld -T .env",
]
HARMLESS = [
    "npm run build",
    "npm test",
    "npm install",
    "npx tsc --noEmit",
    "make",
    "make build",
    "make -C src",
    "cargo build",
    "go test ./...",
    "pip install -r requirements.txt",
    "uv run pytest",
    "poetry run pytest",
    "CC=gcc make",
    "eslint --fix src",
    "prettier --check .",
    "black .",
    "ruff check .",
    "mypy src",
    "make test",
    "make -j4 all",
    "make CC=clang",
    "npm ci",
    "npm run dev",
    "npm run lint -- --fix",
    "npm publish --dry-run",
    "npx prettier --write .",
    "npx create-react-app x",
    "cargo test -- --nocapture",
    "cargo run --release",
    "go build ./...",
    "go test -run TestEnv ./...",
    "gcc -O2 -o app main.c -lm",
    "pip freeze > requirements.txt",
    "uv sync",
    "uv pip install -r requirements.txt",
    "poetry install",
    "conda activate x",
    "black src tests",
    "mypy --strict src",
    "eslint . --ext .ts",
]


@pytest.mark.parametrize("command", ACCESSES)
def test_an_access_to_a_protected_file_is_found(command: str, reached: Reached) -> None:
    assert [found for found in reached(command) if found != "?"]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_reaches_nothing_protected(
    command: str, reached: Reached
) -> None:
    assert reached(command) == []
