"""What each program does with the files that its arguments name.

`run` looks a program up in tables, one for each topic. A program that is in none may
read whatever protected file it is given by name; a name in the middle of a longer
argument is a mention.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ..access import Findings, Shell
from ..words import UNKNOWN, Word
from .call import Call, Reader
from .obeyed import follow_variables
from .places import is_telling
from .shells import run_script

__all__ = ["names_found", "run"]

#: Where programs of the system are; scripts of a project are elsewhere.
_SYSTEM = ("/bin/", "/usr/", "/sbin/", "/opt/", "/snap/", "/nix/")
_DEEPEST = 24


@cache
def _table() -> dict[str, Reader]:
    """Return every program that is known, by name."""
    # Imported with the first command that is judged, not with the daemon.
    from . import (
        archives,
        building,
        containers,
        copying,
        credentials,
        databases,
        editors,
        find,
        git,
        metadata,
        network,
        own_commands,
        python_program,
        reading,
        script_programs,
        search,
        shells,
        standard_input,
        stream_editors,
        windows,
        wrappers,
    )

    table: dict[str, Reader] = {}
    for module in (
        metadata, reading, copying, archives, network, git, containers, editors,
        databases, search, find, building, windows, stream_editors, standard_input,
        wrappers, shells, python_program, script_programs, own_commands, credentials,
    ):  # fmt: skip
        table.update(module.TABLE)
    return table


def name_of_program(text: str) -> str:
    """Return the name by which a program is looked up: no path, version or `.exe`."""
    name = text.rpartition("/")[2].rpartition("\\")[2]
    for ending in (".exe", ".cmd", ".bat"):
        name = name.removesuffix(ending)
    if name in _table():
        return name
    lowered = name.lower()
    bare = lowered.rstrip("0123456789.").rstrip("-")
    for each in (lowered, bare):
        if each in _table():
            return each
    return name


def run(argv: Sequence[Word], shell: Shell, findings: Findings) -> None:
    """Report what one simple command does with files, and follow what it starts.

    :param argv: the program as it was called, and its arguments.
    """
    if not argv or not findings.step(len(argv)):
        return
    first = argv[0].text
    name = name_of_program(first)
    call = Call(name, argv[1:], shell, findings, shell.cwd)
    reader = _table().get(name)
    if reader is not None and _may_be_another(call, first):
        # A program of the project's by a known one's name: `./ls .env`.
        for word in call.words:
            call.perhaps(word.text)
    if "/" in first and not first.startswith(_SYSTEM) and _own_script(call, first):
        return
    if reader is not None:
        follow_variables(call)
        reader(call)
    else:
        _unknown(call, first)


def _may_be_another(call: Call, first: str) -> bool:
    """Return whether a program may be another one than it is called."""
    if "/" in first:
        return not first.startswith(_SYSTEM)
    path = call.shell.variables.get("PATH")
    if path is None or call.name not in _table() or not path.text:
        return False
    start = path.text.partition(":")[0]
    return not start.startswith((*_SYSTEM, UNKNOWN)) and call.name in _looking()


@cache
def _looking() -> frozenset[str]:
    """Return the programs that only look at files."""
    from . import metadata

    return frozenset(metadata.TABLE) - {"[", "test", "echo", "export", "set"}


def _own_script(call: Call, text: str) -> bool:
    """Follow a script that is started by its path, by the interpreter it names."""
    path = call.path(text)
    content = call.world.text_of(path) if UNKNOWN not in path else None
    if content is None:
        return False
    if content.startswith("#!"):
        words = content[2:].partition("\n")[0].split()
        if words and words[0].endswith("/env"):
            words = [word for word in words[1:] if not word.startswith("-")]
        name = name_of_program(words[0]) if words else "sh"
        reader = _table().get(name)
        if reader is not None:
            given = [Word(each) for each in words[1:]]
            inner = Call(
                name, [*given, Word(text), *call.words], call.shell, call.findings,
                call.cwd,
            )  # fmt: skip
            reader(inner)
            for word in call.words:
                call.perhaps(word.text)
            return True
        return False
    for word in call.words:
        call.perhaps(word.text)
    return run_script(call, text, list(call.words))


def _unknown(call: Call, first: str) -> None:
    """Report the protected files that a program nobody knows is given by name."""
    for word in call.words:
        call.perhaps(word.text)
    if not is_telling(first) and first.replace(UNKNOWN, "").strip("/. ") == "":
        _unknown_program(call)


def _unknown_program(call: Call) -> None:
    """Report a program whose name cannot be told, where that could matter."""
    texts = [word.text for word in call.words]
    for place, text in enumerate(texts[:-1]):
        if text == "-c":
            call.command(texts[place + 1])
    if all(UNKNOWN in text for text in texts):
        call.doubt("a program", "what it is cannot be told")


def names_found(argv: Sequence[Word], shell: Shell, findings: Findings) -> Word | None:
    """Return the file names that a command such as `find` or `ls` prints.

    One a line; None for programs that print something else.
    """
    if not argv or not findings.step(len(argv)):
        return None
    from .listing import LISTERS, printed_names

    name = name_of_program(argv[0].text)
    if name not in LISTERS:
        return None
    return printed_names(Call(name, argv[1:], shell, findings, shell.cwd))
