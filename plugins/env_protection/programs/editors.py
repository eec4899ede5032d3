"""Editors and debuggers: files that are opened, and commands that are given to them."""

from __future__ import annotations

from collections.abc import Sequence

from .call import Call, Program, Reader, programs

_VIM = (
    "c= S< T= u< U< i< s< w> W> t= q< cmd= servername= remote. listen= startuptime> V."
)


def _vim(call: Call) -> None:
    """`vim -es -c CMD FILE`, `+CMD`, `-S SCRIPT`; commands on its input with `-s`."""
    # Behind `-e`, `-s` means "silent"; by itself it takes a script.
    silent = call.name == "ex" or any(
        word.text in ("-es", "-Es", "-e", "-E") for word in call.words
    )
    parsed = call.parse(_VIM.replace(" s< ", " s. ") if silent else _VIM)
    commands = [word.text for word in parsed.values("c", "cmd")]
    for item in parsed.items:
        if item.name and item.value is not None:
            call.apply(item.role, item.value)
    for word in parsed.values("S", "u"):
        content = call.world.text_of(call.path(word.text))
        commands.extend((content or "").split("\n")[:200])
    for word in parsed.operands:
        if word.text.startswith("+"):
            commands.append(word.text[1:])
        else:
            call.read(word.text, "opens it")
    if call.shell.stdin is not None:
        commands.extend(call.shell.stdin.text.split("\n")[:200])
    for text in commands:
        vim_command(call, text)


_OPENING = frozenset(
    [
        "e",
        "edit",
        "r",
        "read",
        "sp",
        "split",
        "vs",
        "vsp",
        "vsplit",
        "tabe",
        "tabedit",
        "tabnew",
        "view",
        "sview",
        "so",
        "source",
        "new",
        "vnew",
        "badd",
        "balt",
        "argadd",
        "arga",
        "args",
        "n",
        "next",
        "fin",
        "find",
        "sfind",
        "tabfind",
        "ar",
        "dr",
        "drop",
        "vie",
        "diffs",
        "diffsplit",
        "pedit",
        "ped",
        "vim",
        "vimgrep",
        "grep",
        "lv",
        "lvimgrep",
        "luafile",
        "luaf",
        "pyf",
        "pyfile",
        "py3f",
        "py3file",
        "ru",
        "runtime",
        "hide",
        "enew",
        "ped",
        "rundo",
        "rviminfo",
    ]
)
_WRITING = frozenset(
    ["w", "write", "sav", "saveas", "wq", "x", "up", "update", "wn", "mks", "mksession"]
)


def vim_command(call: Call, text: str) -> None:
    """Report what one command line of vim's does."""
    for part in _bars(text):
        part = part.strip().lstrip(":").strip()
        while part[:1] and part[0] in "%$.,0123456789+-'<>;":
            part = part[1:].lstrip()
        if part.startswith("!"):
            call.command(part[1:])
            continue
        name, rest = _name_of(part)
        if name in ("silent", "sil", "noautocmd", "noa", "keepalt", "exe", "execute",
                    "normal", "norm", "call", "echo", "put", "pu", "let", "bufdo",
                    "argdo", "windo", "g", "v", "global"):  # fmt: skip
            _nested(call, name, rest)
        elif name in _OPENING:
            if rest.startswith("!"):
                call.command(rest[1:])
            else:
                for path in rest.split() or [""]:
                    call.read(path.lstrip("!"), "opens it")
        elif name in ("lua", "luado", "py3", "python3", "py", "python", "perl", "ruby"):
            _code(call, name, rest)
        elif name in _WRITING and rest:
            if rest.startswith("!"):
                call.command(rest[1:])
            else:
                call.access("write", rest.lstrip(">! "))
        elif name in ("sys", "system", "ter", "term", "terminal", "make"):
            call.command(rest)


def _code(call: Call, name: str, text: str) -> None:
    """Follow code of another language in a command of vim's."""
    if name.startswith("py"):
        from .python_code import read_python

        read_python(call, text)
    else:
        from .script_languages import read_script

        read_script(call, "lua" if name.startswith("lua") else name, text)


def _nested(call: Call, name: str, rest: str) -> None:
    """Follow commands in commands, and functions that read files or start any."""
    if name in (
        "silent",
        "sil",
        "noautocmd",
        "noa",
        "keepalt",
        "bufdo",
        "argdo",
        "windo",
    ):
        vim_command(call, rest.lstrip("! "))
        return
    if name in ("g", "v", "global"):
        vim_command(call, rest.rpartition("/")[2])
        return
    for start in ("readfile(", "system(", "systemlist(", "readblob(", "writefile(",
                  "job_start(", "term_start("):  # fmt: skip
        _, found, inner = rest.partition(start)
        if not found:
            continue
        value = inner.lstrip("[ ").strip("'\"").partition("'")[0].partition('"')[0]
        if "read" in start:
            call.read(value)
        elif start != "writefile(":
            call.command(value)
    if name in ("exe", "execute", "normal", "norm"):
        vim_command(call, rest.strip("'\" "))


def _bars(text: str) -> list[str]:
    """Cut a line at its bars, but for those of a shell's command."""
    parts = text.split("|")
    for place, part in enumerate(parts):
        bare = part.strip().lstrip(":%$.,0123456789 ")
        if bare.startswith("!") or " !" in bare or bare[:2] in ("g/", "v/", "r!"):
            return [*parts[:place], "|".join(parts[place:])]
    return parts


def _name_of(text: str) -> tuple[str, str]:
    end = 0
    while end < len(text) and (text[end].isalpha() or (text[end].isdigit() and end)):
        end += 1
    name, rest = text[:end], text[end:]
    if rest.startswith("!") and name not in ("r", "read", "w", "write"):
        rest = rest[1:]
    return name, rest.strip()


def ed_commands(call: Call, lines: Sequence[str]) -> None:
    """Report what the commands of `ed` and `ex` do: `e`, `r`, `w`, `!`."""
    for line in lines:
        text = line.strip()
        if text[:1] in ("e", "E", "r", "f") and text[1:2] in (" ", "!"):
            rest = text[1:].strip()
            if rest.startswith("!"):
                call.command(rest[1:])
            else:
                call.read(rest, "opens it")
        elif text.startswith("!"):
            call.command(text[1:])
        else:
            vim_command(call, text)


def _ed(call: Call) -> None:
    parsed = call.parse("p= c= v.")
    for word in parsed.operands:
        if word.text.startswith("!"):
            call.command(word.text[1:])
        else:
            call.read(word.text, "opens it")
    if call.shell.stdin is not None:
        ed_commands(call, call.shell.stdin.text.split("\n")[:500])


def _emacs(call: Call) -> None:
    """`emacs --batch --eval LISP FILE`: strings in the Lisp that are secret paths."""
    parsed = call.parse(
        "eval= execute= l< load< script< file< visit< insert< find-file< f= funcall= "
        "L? "
        "directory? Q. q. u= user= chdir@ d= display= fn= title= T=",
        single_dash=True,
    )
    call.apply_options(parsed)
    for word in parsed.operands:
        if not word.text.startswith("+"):
            call.read(word.text, "opens it")
    for word in parsed.values("eval", "execute"):
        lisp(call, word.text)


def lisp(call: Call, text: str) -> None:
    """Report files and commands in strings of Lisp code that opens files."""
    opening = ("insert-file", "find-file", "file-contents", "load", "open", "slurp",
               "read-file", "call-with-input", "with-input-from", "copy-file",
               "file->")  # fmt: skip
    starting = ("shell-command", "call-process", "start-process", "system", "process")
    strings = text.split('"')[1::2]
    for each in strings[:200]:
        if any(mark in text for mark in opening):
            call.perhaps(each)
        if any(mark in text for mark in starting):
            call.command(each)


def _gdb(call: Call) -> None:
    """Debuggers: `-ex 'shell cat .env'`, `-x SCRIPT`, `--args PROGRAM`."""
    words = list(call.words)
    for place, word in enumerate(words):
        if word.text in ("--args", "-args", "--"):
            call.start(words[place + 1 :])
            call.words = words[:place]
            break
    parsed = call.parse(
        "ex= eval-command= iex= o= one-line= x< command< p= pid= c? core? "
        "d? directory? cd@ k= s< source< S< b. batch.",
        single_dash=True,
    )
    call.apply_options(parsed)
    for word in parsed.values("ex", "eval-command", "iex", "o", "one-line", "k"):
        name, _, rest = word.text.strip().partition(" ")
        if name in ("shell", "!", "platform", "pipe", "|", "make"):
            call.command(rest.removeprefix("shell "))
        elif name.startswith("!"):
            call.command(word.text.strip()[1:])
        elif name in ("source", "file", "dump", "restore", "list", "command"):
            for part in rest.split():
                call.perhaps(part)
        elif name in ("python", "py", "script", "python-interactive"):
            call.perhaps(rest)
    for word in parsed.operands:
        call.perhaps(word.text)


TABLE: dict[str, Reader] = {
    **programs(
        "vim vi nvim view gvim mvim ex rvim rview evim eview vimx elvis nvi vile", _vim
    ),
    **programs("ed red gnu-ed", _ed),
    **programs("emacs emacsclient xemacs mg.lisp", _emacs),
    **programs("gdb lldb cgdb rr dlv radare2 r2 rizin", _gdb),
    **programs(
        "nano pico micro joe jed ne mcedit mcview mc helix hx kak kakoune amp zile mg "
        "code code-insiders cursor subl atom gedit kate kwrite mousepad notepad zed "
        "notepad++ textedit xed pluma leafpad geany open xdg-open start editor "
        "sensible-editor visudo",
        Program(
            "a= A= e= n= b= g= r= user-data-dir? extensions-dir? line= p. "
            "install-extension= uninstall-extension= f= o= s= T= Y=",
            how="opens it",
        ),
    ),
}
