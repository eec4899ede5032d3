"""Clients of databases: every access is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Reached = Callable[[str], list[str]]

ACCESSES = [
    "psql -f .env",
    'sqlite3 x ".read .env"',
    "sqlite3 :memory: '.import .env t'",
    "sqlite3 :memory: \"select readfile('.env')\"",
    "psql -c \"\\copy t from '.env'\"",
    'psql -c "\\! cat .env"',
    'mysql -e "source .env"',
    'mysql -e "\\! cat .env"',
    "duckdb -c \"select * from read_csv('.env')\"",
    "mysqldump --defaults-file=.env",
    "psql --file=.env",
    "redis-cli -x set k < .env",
]
HARMLESS = [
    'sqlite3 x.db "select 1"',
    'psql -c "select 1"',
    'psql -U app -d app -c "select * from users limit 1"',
    "psql $DATABASE_URL -c 'select 1'",
    "mysql -u root -e 'show databases'",
    "redis-cli ping",
    "sqlite3 db.sqlite3 .tables",
]


@pytest.mark.parametrize("command", ACCESSES)
def test_an_access_to_a_protected_file_is_found(command: str, reached: Reached) -> None:
    assert [found for found in reached(command) if found != "?"]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_reaches_nothing_protected(
    command: str, reached: Reached
) -> None:
    assert reached(command) == []
