"""Clients of databases: scripts from files, and commands of theirs that read files."""

from __future__ import annotations

from .call import Call, Reader, programs
from .code import read_script

_OPTIONS = ("f< file< c= command= e= execute= o> output> L> log-file> d= dbname= h= "
            "host= "
            "U= user= p= port= v= variable= set= F= P= T= R= A. q. t. cmd= init< "
            "separator= "
            "u= password= defaults-file< defaults-extra-file< ssl-ca< ssl-cert< "
            "ssl-key^ "
            "eval= D= S= socket= source<")  # fmt: skip
#: In a text for a database: what is followed by a file.
_READING = (".read", ".import", ".load", ".open", "\\i", "\\ir", "\\include", "\\copy",
            "source", "\\.", "copy", "infile", "load_file", "pg_read_file", "readfile",
            "read_text", "read_csv", "read_blob", "read_csv_auto", "attach", "from",
            "load_data", "pg_read_binary_file", "lo_import", "readblob")  # fmt: skip
#: Their first operand is a query already: the tables in it are files.
_OF_FILES = ("q", "textql", "trdsql", "dsq", "octosql")
_STARTING = (".shell", ".system", "\\!", "system", "!")


def _database(call: Call) -> None:
    """`sqlite3 DB COMMAND...`, `psql -c`, `mysql -e`, `duckdb -c`."""
    parsed = call.parse(_OPTIONS, single_dash=call.name in ("sqlite3", "duckdb"))
    call.apply_options(parsed)
    texts = [
        w.text for w in parsed.values("c", "command", "e", "execute", "cmd", "eval")
    ]
    operands = [word.text for word in parsed.operands]
    if operands:
        call.perhaps(operands[0])
    texts.extend(operands if call.name in _OF_FILES else operands[1:])
    if call.shell.stdin is not None:
        texts.append(call.shell.stdin.text)
    for text in texts:
        if call.name in ("mongosh", "mongo"):
            read_script(call, "node", text)
        else:
            statement(call, text)


def statement(call: Call, text: str) -> None:
    """Report files and commands in a text for a database."""
    for line in text.split("\n")[:300]:
        stripped = line.strip()
        for start in _STARTING:
            if stripped.startswith(start) and len(start) > 1:
                call.command(stripped[len(start) :].strip())
        words = _words(stripped)
        lowered = [word.lower() for word in words]
        for place, word in enumerate(words[1:], 1):
            before = lowered[max(0, place - 4) : place]
            if any(mark in _READING for mark in before):
                call.perhaps(word.removeprefix("file:"))
                if word.startswith("|"):
                    call.command(stripped.partition("|")[2])


def _words(text: str) -> list[str]:
    for mark in "(),;'\"":
        text = text.replace(mark, " ")
    return text.split()[:400]


TABLE: dict[str, Reader] = programs(
    "sqlite3 sqlite psql mysql mariadb duckdb pgcli mycli litecli usql mongosh mongo "
    "redis-cli clickhouse clickhouse-client cqlsh sqlcmd sqlplus pg_restore "
    "mysqlimport q textql trdsql dsq octosql",
    _database,
)
