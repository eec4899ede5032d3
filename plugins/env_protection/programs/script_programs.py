"""`node`, `deno`, `bun`, `perl`, `ruby`, `php`, `lua`: options, scripts, input."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..words import UNKNOWN, Word
from .call import Call, Reader, programs
from .code import read_script
from .standard_input import names_in_text

#: Code that changes which files are read as the input, and code that reads it.
_NAMES_INPUT = re.compile(r"@ARGV|ARGV *(?:<<|\.|\[)")
_READS_INPUT = re.compile(r"<(?:<>|ARGV)?>|ARGF|readline|\bgets\b|\$<")


def _file(call: Call, language: str, words: Sequence[Word]) -> None:
    """Follow a script file when it can be read."""
    path = call.path(words[0].text)
    call.access("run", words[0].text)
    if call.world.is_secret(path):
        call.read(words[0].text, "shows its lines when they are no code")
    for word in words[1:]:
        call.perhaps(word.text)
    content = call.world.text_of(path) if UNKNOWN not in path else None
    if content is not None:
        with call.script() as inner:
            read_script(inner, language, content, words)


_NODE = (
    "e= p= r= c+ eval= print= require= import= env-file$ env-file-if-exists$ loader= "
    "experimental-loader= input-type= C= conditions= inspect-port= title= "
    "icu-data-dir= openssl-config< redirect-warnings> es-module-specifier-resolution= "
    "test-reporter= watch-path= build-snapshot. check. c. i. run= import-map< config<"
)


def _node(call: Call) -> None:
    """`node -e CODE`, `node -p CODE`, `node --env-file=F X.js`, `tsx X.ts`."""
    words = [Word("-p") if word.text == "-pe" else word for word in call.words]
    if words and words[0].text in ("eval", "run", "repl", "x", "test", "watch"):
        kind = words.pop(0).text
        if kind == "eval" and call.name == "deno":
            code = [w for w in words if not w.text.startswith("-")]
            for word in code[:1]:
                read_script(call, "node", word.text, code[1:])
            return
        of_package = kind in ("run", "x") and call.name == "bun" and bool(words)
        if of_package and "." not in words[0].text:
            call.start([Word("npm"), Word("run"), *words])
            return
    if call.name == "deno":
        # Its option takes no word of its own.
        bare = "--env-file"
        words = [Word(f"{bare}=.env") if w.text == bare else w for w in words]
    call.words = words
    parsed = call.parse(_NODE, first_operand_ends=True)
    for word in parsed.values("r", "require", "import", "loader"):
        if word.text.startswith("dotenv"):
            named = [w.text.partition("=")[2] for w in parsed.operands
                     if w.text.startswith("dotenv_config_path=")]  # fmt: skip
            call.access("load", named[0] if named else ".env")
        else:
            call.perhaps(word.text)
    call.apply_options(parsed)
    code = parsed.values("e", "p", "eval", "print")
    for word in code:
        read_script(call, "node", word.text, parsed.operands)
    if code:
        return
    if parsed.operands and parsed.operands[0].text != "-":
        _file(call, "node", parsed.operands)
    elif call.shell.stdin is not None:
        read_script(call, "node", call.shell.stdin.text, parsed.operands)


_PERL = "e= E= I? M= m= F= i. l. 0. C. D. x. V. d."


def _input_of_code(call: Call, code: Sequence[Word]) -> None:
    """Report what code names that chooses the files of its input by itself."""
    for word in code:
        if _NAMES_INPUT.search(word.text) and _READS_INPUT.search(word.text):
            names_in_text(call, word.text)


def _is_script(call: Call, language: str, operands: Sequence[Word]) -> bool:
    """Follow what is no one-liner; return whether a file is the program."""
    if operands and operands[0].text != "-":
        _file(call, language, operands)
        return True
    if call.shell.stdin is not None:
        read_script(call, language, call.shell.stdin.text, operands)
    return False


def _input_files(
    call: Call, operands: Sequence[Word], *, edits: bool, reads: bool
) -> None:
    """Report the files that follow a one-liner, by what it does with its input."""
    for word in operands:
        if edits:
            call.access("write", word.text)
        elif reads:
            call.read(word.text)
        else:
            call.perhaps(word.text)


def _perl(call: Call) -> None:
    """`perl -ne CODE FILES`: with `-n` and `-p` the operands are read."""
    parsed = call.parse(_PERL, first_operand_ends=False)
    words = _perl_words(call.words)
    code, operands, loops, edits = words
    for word in parsed.values("M", "m"):
        call.perhaps(word.text)
    for word in code:
        argv = operands if not loops else []
        read_script(call, "perl", _perl_text(word.text, loops=loops), argv)
    _input_of_code(call, code)
    reads = loops or any("<>" in w.text or "<ARGV>" in w.text for w in code)
    if not code and _is_script(call, "perl", operands):
        return
    _input_files(call, operands, edits=edits, reads=reads)


def _perl_text(text: str, *, loops: bool) -> str:
    """Return the code; in a loop `@ARGV` set in `BEGIN` is what is read."""
    if loops and "ARGV" in text:
        return text + "; <>"
    return text


def _perl_words(
    words: Sequence[Word],
) -> tuple[list[Word], list[Word], bool, bool]:
    """Return code, operands, whether it loops over lines, whether it edits in place."""
    code: list[Word] = []
    rest = list(words)
    loops = edits = False
    while rest:
        text = rest[0].text
        if text == "--":
            rest = rest[1:]
            break
        if len(text) < 2 or text[0] != "-":
            break
        rest = rest[1:]
        place = 1
        while place < len(text):
            letter = text[place]
            if letter in "eE":
                tail = text[place + 1 :]
                code.extend([Word(tail)] if tail else rest[:1])
                rest = rest if tail else rest[1:]
                break
            if letter in "ImMFC":
                rest = (
                    rest if text[place + 1 :] else (rest[1:] if letter == "I" else rest)
                )
                break
            loops = loops or letter in "np"
            if letter == "i":
                edits = True
                break
            place += 1
    return code, rest, loops, edits


def _ruby(call: Call) -> None:
    """`ruby -ne CODE FILES`, as perl."""
    code, operands, loops, edits = _perl_words(
        [word for word in call.words if not word.text.startswith("-r")]
    )
    for word in call.words:
        if word.text.startswith("-r") and len(word.text) > 2:
            call.perhaps(word.text[2:])
            if word.text.startswith("-rdotenv"):
                call.access("load", ".env")
    for word in code:
        read_script(call, "ruby", word.text, operands)
    _input_of_code(call, code)
    reads = loops or any(
        mark in w.text for w in code for mark in ("ARGF", "gets", "readlines", "$<")
    )
    if not code and _is_script(call, "ruby", operands):
        return
    _input_files(call, operands, edits=edits, reads=reads)


def _php(call: Call) -> None:
    parsed = call.parse(
        "r= f+ B= R= E= F+ d= c< z< S= t? run= file+ define= php-ini< server= docroot? "
        "process-code= process-file+ s.",
        first_operand_ends=True,
    )
    for name in ("r", "run", "B", "R", "E", "process-code"):
        for word in parsed.values(name):
            read_script(call, "php", word.text, [Word("-"), *parsed.operands])
    for word in parsed.values("d", "define"):
        call.perhaps(word.text)
    for word in parsed.values("c", "z", "php-ini"):
        call.read(word.text)
    files = [*parsed.values("f", "file", "F"), *parsed.operands]
    has_code = parsed.has("r", "run", "B", "R", "E")
    if parsed.has("s", "w", "l"):
        for word in files:
            call.read(word.text)
    elif files and not has_code:
        _file(call, "php", files)
    elif call.shell.stdin is not None and not has_code:
        read_script(call, "php", call.shell.stdin.text)


def _lua(call: Call) -> None:
    parsed = call.parse("e= l= i. v. E. W. j= O. b. o>", first_operand_ends=True)
    for word in parsed.values("e"):
        read_script(call, "lua", word.text, parsed.operands)
    if parsed.operands and parsed.operands[0].text != "-":
        _file(call, "lua", parsed.operands)
    elif call.shell.stdin is not None and not parsed.has("e"):
        read_script(call, "lua", call.shell.stdin.text)


def _other(call: Call) -> None:
    """R, Julia, Groovy, Elixir, Tcl...: strings of their code that name secrets."""
    parsed = call.parse(
        "e= E= c= f+ l= x= eval= expr= exec= execute= print= load+ s= F= p="
    )
    for item in parsed.items:
        if item.value is None:
            continue
        if item.name and item.role == "=" and len(item.value.text) > 3:
            foreign(call, item.value.text)
        elif not item.name:
            call.perhaps(item.value.text)
            foreign_file(call, item.value.text)
    for word in call.words:
        # Versions differ in how code is given: `-eval CODE`, `--eval:CODE`.
        if any(quote in word.text for quote in "\"'`"):
            foreign(call, word.text)
    if call.shell.stdin is not None:
        foreign(call, call.shell.stdin.text)


def foreign(call: Call, text: str) -> None:
    """Report strings of code in a language without a reader that are secret paths.

    Strings that hold a command line with one are followed as a command.
    """
    opening = ("read", "open", "load", "file", "slurp", "source", "include", "import",
               "cat", "get", "scan", "lines", "stream", "path", "ifelse",
               "copy")  # fmt: skip
    starting = ("system", "exec", "run", "shell", "process", "spawn", "cmd", "`", "sh")
    lowered = text.lower()
    for quote in ('"', "'", "`"):
        for part in text.split(quote)[1::2][:100]:
            if any(mark in lowered for mark in opening):
                call.perhaps(part)
            if " " in part and any(mark in lowered for mark in starting):
                call.command(part)
    if call.name in ("tclsh", "expect", "wish", "gnuplot", "bc"):
        for part in text.replace("[", " ").replace("]", " ").split()[:200]:
            call.perhaps(part.strip("{}\"';"))


def foreign_file(call: Call, text: str) -> None:
    """Follow a script file in a language without a reader."""
    path = call.path(text)
    content = call.world.text_of(path) if UNKNOWN not in path else None
    if content is not None and len(content) < 16_000:
        with call.script() as inner:
            foreign(inner, content)


TABLE: dict[str, Reader] = {
    **programs(
        "node nodejs deno bun tsx ts-node esno jsc qjs d8 swc-node babel-node coffee",
        _node,
    ),
    **programs("perl rakudo raku.perl", _perl),
    **programs("ruby jruby irb mruby truffleruby", _ruby),
    **programs("php hhvm php-cgi php-cli", _php),
    **programs("lua luajit texlua lua5 luau lune", _lua),
    **programs(
        "Rscript R r julia groovy elixir erl escript iex tclsh expect wish guile "
        "racket sbcl clisp scala clojure clj bb jshell java ghci runghc octave "
        "gnuplot swipl raku janet nim factor gforth newlisp chicken-csi csi "
        "osascript dart maxima gp sage gawk.x swift crystal",
        _other,
    ),
}
