"""Shells: a command in an option, a script in a file or on their input."""

from __future__ import annotations

import re

from ..words import UNKNOWN, Word
from .call import Call, Reader, programs
from .places import is_telling
from .wrappers import quoted

#: A variable that stands for `$0`, which only a shell itself can set.
_NAME = "__own_name"
#: zsh: a pattern that takes in what begins with a dot, `*(D)`.
_QUALIFIED = re.compile(r"([*?\]])\([^()|\s]*D[^()|\s]*\)")


def _shell(call: Call) -> None:
    """`sh -c TEXT NAME ARGS`, `sh FILE ARGS`, `sh < FILE`."""
    words = list(call.words)
    text: Word | None = None
    reads_input = False
    settings = ""
    while words and words[0].text[:1] in ("-", "+") and len(words[0].text) > 1:
        option = words.pop(0).text
        if option == "--":
            break
        if option in ("--rcfile", "--init-file"):
            _script(call, words[:1])
            words = words[1:]
        elif option == "-O" and words:
            settings += f"shopt -s {words.pop(0).text}\n"
        elif option in ("-o", "+o", "+O", "--features", "-C", "--init-command"):
            if option in ("-C", "--init-command") and words and call.name == "fish":
                call.command(words[0].text)
            words = words[1:] if call.name != "bash" or option != "-C" else words
        elif option.startswith("--command="):
            text = Word(option.partition("=")[2])
        elif option in ("-c", "--command", "--commands") or _has_c(option):
            text = words.pop(0) if words else None
        reads_input = reads_input or (option[:2] != "--" and "s" in option[1:])
    if text is not None:
        if words:
            text = Word(_named(words[0]) + _with_name(text.text), text.many)
        if (
            call.name == "zsh"
            and (bare := _QUALIFIED.sub(r"\1", text.text)) != text.text
        ):
            settings, text = f"shopt -s dotglob\n{settings}", Word(bare, text.many)
        text = Word(settings + text.text, text.many) if settings else text
        _text(call, text, words[1:])
    elif words and not reads_input and words[0].text != "-":
        _script(call, words)
    elif call.shell.stdin is not None:
        _text(call, call.shell.stdin, words)


def _has_c(option: str) -> bool:
    return option[0] == "-" and option[1:2] != "-" and "c" in option[1:]


def _text(call: Call, text: Word, arguments: list[Word]) -> None:
    if not text.text.replace(UNKNOWN, "").strip():
        if UNKNOWN in text.text:
            call.doubt(call.name, "the commands it is given are not known")
        return
    call.command(_with(arguments) + text.text)


def _named(word: Word) -> str:
    """Return what keeps the name that a command text is given: its `$0`."""
    return f"{_NAME}={quoted(word)}\n"


def _with_name(text: str) -> str:
    return text.replace("${0", f"${{{_NAME}").replace("$0", f"${{{_NAME}}}")


def _with(arguments: list[Word]) -> str:
    """Return what gives a command line its positional parameters."""
    if not arguments:
        return ""
    return f"set -- {' '.join(quoted(word) for word in arguments)}\n"


def _script(call: Call, words: list[Word]) -> None:
    """Follow a script file that can be read; others are their project's own."""
    for word in words[:1]:
        run_script(call, word.text, words[1:])


def run_script(call: Call, text: str, arguments: list[Word]) -> bool:
    """Follow a shell script in a file; return whether it could be read."""
    path = call.path(text)
    call.access("run", text)
    if UNKNOWN in path:
        if is_telling(path):
            call.read(text, "shows its lines when they are no commands")
        return False
    content = call.world.text_of(path)
    if content is None or "\0" in content:
        return False
    with call.script() as inner:
        inner.shell.command(_with(arguments) + content, inner.cwd)
    return True


TABLE: dict[str, Reader] = programs(
    "sh bash dash zsh ksh ksh93 mksh ash fish rbash yash csh tcsh elvish nu xonsh posh "
    "oksh loksh hush bash5 osh ysh oil git-bash",
    _shell,
)
