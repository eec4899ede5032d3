"""Commands and code that other tools than an agent host's own shell are given.

A terminal that goes on (`write_stdin`, `write_bash`), a server with a shell, a tool
that takes a command as a list: what they are given is followed as if a shell were.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from hookwright.hookspecs import ToolCall

#: Arguments that hold a command line, or a list of its words.
_COMMANDS = frozenset(
    {
        "argv",
        "bash",
        "bash_command",
        "cmd",
        "command",
        "command_line",
        "commandline",
        "commands",
        "script",
        "shell",
        "shell_command",
    }
)
#: Arguments that hold what is typed, in tools whose name says that they type.
_TYPED = frozenset({"chars", "data", "input", "keys", "line", "text"})
_TYPING = ("bash", "exec", "keys", "process", "shell", "stdin", "terminal", "tmux")
_CODE = frozenset({"code", "source_code", "snippet", "expression", "function"})
#: Words in the name of a tool that runs code, and what runs it.
_LANGUAGES = (
    (("python", "jupyter", "notebook", "ipython"), "python3 -c "),
    (("node", "javascript", "_js", "deno"), "node -e "),
    (("ruby",), "ruby -e "),
    (("bash", "shell", "terminal"), ""),
)
_KEY = re.compile(r"\{(?:enter|return|ctrl-?\w|tab|esc)\}", re.IGNORECASE)
_MOST = 50


def commands_in(call: ToolCall) -> Iterator[str]:
    """Yield the command lines that a call has run, one for each argument."""
    name = call.native_name.casefold()
    types = any(word in name for word in _TYPING)
    for key, value in list(call.input.items())[:_MOST]:
        low = str(key).casefold().replace("-", "_")
        if low in _COMMANDS:
            yield from _lines(value)
        elif low in _TYPED and types and isinstance(value, str):
            yield _KEY.sub("\n", value)
        elif low in _CODE and isinstance(value, str):
            yield from _code(name, value)


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in list(value.values())[:_MOST]:
            yield from _lines(inner)
    elif isinstance(value, Sequence):
        words = [word for word in value[:_MOST] if isinstance(word, str)]
        # A list is one command's words, or several commands.
        if words:
            yield shlex.join(words)
        yield from (word for word in words if " " in word)


def _code(name: str, code: str) -> Iterator[str]:
    for words, start in _LANGUAGES:
        if any(word in name for word in words):
            yield f"{start}{shlex.quote(code)}" if start else code
            return
    if "code" in name:
        yield f"python3 -c {shlex.quote(code)}"
