"""Programs that start another one: `sudo`, `env`, `timeout`, `xargs`, `ssh`..."""

from __future__ import annotations

from collections.abc import Sequence

from ..words import ANY, REST, UNKNOWN, Word
from .addresses import is_this_machine
from .call import Call, Reader, programs
from .options import Parsed

#: name -> its options, how many operands come before the program.
_WRAPPERS: dict[str, tuple[str, int]] = {
    "sudo": ("u= g= p= h= C= r= t= T= U= R@ D@ chdir@ user= group= prompt= host=", 0),
    "doas": ("u= C<", 0),
    "nice": ("n= adjustment=", 0),
    "ionice": ("c= n= p= class= classdata=", 0),
    "nohup": ("", 0),
    "setsid": ("", 0),
    "stdbuf": ("i= o= e= input= output= error=", 0),
    "timeout": ("k= s= kill-after= signal=", 1),
    "gtimeout": ("k= s= kill-after= signal=", 1),
    "time": ("f= o> format= output>", 0),
    "chrt": ("T= P= D=", 1),
    "taskset": ("", 1),
    "numactl": ("m= N= C= i= p=", 0),
    "strace": ("e= o> p= s= u= E= P= a= O= S= b= I= X=", 0),
    "ltrace": ("e= o> p= s= u= l= n= a= A= F< w=", 0),
    "perf": ("", 1),
    "valgrind": ("", 0),
    "chroot": ("", 1),
    "unshare": ("S= G= R= w@ wd@ root= setuid= setgid= propagation=", 0),
    "nsenter": ("t= S= G= target= setuid= setgid=", 0),
    "bwrap": ("", 0),
    "firejail": ("", 0),
    "dbus-run-session": ("", 0),
    "xvfb-run": ("n= s= e= f= w= server-args= server-num= error-file= auth-file=", 0),
    "fakeroot": ("l= s= i< f= b=", 0),
    "proot": ("r= b= w= q= R= S=", 0),
    "unbuffer": ("", 0),
    "rlwrap": ("f= H= C= p= b= P= s= t= z=", 0),
    "script": ("", 0),
    "caffeinate": ("t= w=", 0),
    "arch": ("e= d=", 0),
    "setarch": ("", 1),
    "linux64": ("", 0),
    "prlimit": ("p= o= pid= output=", 0),
    "setpriv": ("", 0),
    "runuser": ("u= g= G= user= group=", 0),
    "gosu": ("", 1),
    "su-exec": ("", 1),
    "capsh": ("", 0),
    "systemd-run": ("p= u= E= M= H= slice= unit= property= setenv= description=", 0),
    "systemd-inhibit": ("what= who= why= mode=", 0),
    "cpulimit": ("l= p= e= P=", 0),
    "chpst": ("u= U= b= e< n= l= L= m= d= o= p= f= c= r= t=", 0),
    "setuidgid": ("", 1),
    "envdir": ("", 1),
    "softlimit": ("a= m= d= s= l= o= p= f= c= r= t=", 0),
    "pv": ("", 0),
    "hyperfine": ("", 0),
    "entr": ("", 0),
    "aws-vault": ("", 0),
    "winpty": ("", 0),
    "dumb-init": ("r= rewrite=", 0),
    "tini": ("p= e=", 0),
    "catchsegv": ("", 0),
    "torsocks": ("", 0),
    "proxychains": ("f=", 0),
    "proxychains4": ("f=", 0),
    "choom": ("n= p=", 0),
    "ts": ("", 0),
    "chronic": ("", 0),
    "ifne": ("", 0),
    "mispipe": ("", 0),
    "zpipe": ("", 0),
    "builtin": ("", 0),
    "command": ("", 0),
    "exec": ("a=", 0),
    "nocorrect": ("", 0),
    "noglob": ("", 0),
    "coproc": ("", 0),
}
#: Of these every operand or one option is a command line, not an argument list.
_NOT_HERE = ("script", "pv", "hyperfine", "mispipe", "perf", "ts", "zpipe")


def _wrapped(call: Call) -> None:
    options, before = _WRAPPERS[call.name]
    parsed = call.parse(options, first_operand_ends=True)
    call.apply_options(parsed)
    words = parsed.operands[before:]
    while words and _is_assignment(words[0]):
        words = words[1:]
    if call.name in ("command", "exec") and parsed.has("v", "V"):
        return
    if call.name == "sudo" and parsed.has("e", "edit"):
        for word in words:
            call.read(word.text, "opens it in an editor")
        return
    if call.name == "sudo" and parsed.has("s", "i", "shell", "login") and words:
        call.command(joined(words))
        return
    call.start(words)


def _is_assignment(word: Word) -> bool:
    name, equals, _ = word.text.partition("=")
    if not equals or not name or name[0].isdigit():
        return False
    return name.replace("_", "a").isalnum() or name.startswith("BASH_FUNC_")


def joined(words: Sequence[Word]) -> str:
    """Return words as one command line, as programs that take one join them."""
    return " ".join(word.text for word in words)


def _env(call: Call) -> None:
    """`env`: variables, then a program; `-S` holds both in one text."""
    parsed = call.parse(
        "u= C@ S= unset= chdir@ split-string= f$ file$ P= a= argv0=",
        first_operand_ends=True,
    )
    call.apply_options(parsed)
    words = parsed.operands
    if words and words[0].text == "-":  # as `-i`
        rest = Call(
            call.name, words[1:], call.shell, call.findings, call.cwd, call.strict
        )
        _env(rest)
        return
    variables: dict[str, Word] = {}
    functions = ""
    while words and _is_assignment(words[0]):
        name, _, value = words[0].text.partition("=")
        variables[name] = Word(value)
        if name.startswith("BASH_FUNC_") and value.startswith("()"):
            functions += _exported(name, value)
        words = words[1:]
    split = parsed.values("S", "split-string")
    if split:
        call.command(" ".join([joined(split), *[quoted(word) for word in words]]))
    elif words and functions:
        call.command(functions + " ".join(quoted(word) for word in words))
    elif words and call.findings.step():
        call.shell.argv(words, cwd=call.cwd, variables=variables or None)


def _exported(name: str, value: str) -> str:
    """Return the definition of a function that a shell takes from a variable."""
    own = name.removeprefix("BASH_FUNC_").removesuffix("%%").removesuffix("()")
    return f"{own} {value}\nexport -f {own}\n"


def quoted(word: Word) -> str:
    """Return a word as a shell reads it back."""
    if word.many and word.text == UNKNOWN:
        return UNKNOWN
    return "'" + word.text.replace("'", "'\\''") + "'"


_XARGS = (
    "I= i. J= L= n= P= s= d= E= a< replace. max-lines. max-args= max-procs= max-chars= "
    "delimiter= eof. arg-file< process-slot-var= R= S="
)


def _xargs(call: Call) -> None:
    parsed = call.parse(_XARGS, first_operand_ends=True)
    words = parsed.operands or [Word("echo")]
    listed = parsed.values("a", "arg-file")
    call.apply_options(parsed)
    text = call.shell.stdin
    if listed:
        content = call.world.text_of(call.path(listed[0].text))
        text = Word(UNKNOWN if content is None else content)
    marks = [word.text for word in parsed.values("I", "J")]
    if not marks and parsed.has("i", "replace"):
        marks = [_mark_of(call) or "{}"]
    if marks:
        lines = [REST] if text is None else _lines(text)
        for line in lines:
            if not call.findings.step(len(words)):
                return
            call.start([_replaced(word, marks[0], line) for word in words], Word(""))
        return
    delimiter = parsed.values("d", "delimiter")
    given = _split(
        text, delimiter[0].text if delimiter else "", parsed.has("0", "null")
    )
    if call.findings.step(len(given)):
        call.start([*words, *given], Word(""))


def _mark_of(call: Call) -> str:
    for word in call.words:
        if word.text.startswith("--replace="):
            return word.text.partition("=")[2]
        if word.text.startswith("-i") and len(word.text) > 2:
            return word.text[2:]
    return ""


def _split(text: Word | None, delimiter: str, null: bool) -> list[Word]:
    if text is None:
        return []
    if null:
        parts = text.text.replace("\0", "\n").split("\n")
    elif delimiter:
        mark = {"\\n": "\n", "\\t": "\t", "\\0": "\0"}.get(delimiter, delimiter)
        parts = text.text.rstrip("\n").split(mark)
    else:
        parts = _unquoted(text.text).split("\0")
    words = [REST if part == UNKNOWN else Word(part) for part in parts if part]
    return [*words, REST] if text.many and REST not in words else words


def _unquoted(text: str) -> str:
    """Return what xargs reads, its items separated by NUL."""
    made: list[str] = []
    quote, place = "", 0
    while place < len(text):
        letter = text[place]
        if quote:
            quote, letter = ("", "") if letter == quote else (quote, letter)
        elif letter in "'\"":
            quote, letter = letter, ""
        elif letter == "\\" and place + 1 < len(text):
            place += 1
            letter = text[place]
        elif letter.isspace():
            letter = "\0"
        made.append(letter)
        place += 1
    return "".join(made)


def _lines(text: Word) -> list[Word]:
    return [Word(line.strip()) for line in text.text.split("\n") if line.strip()]


def _replaced(word: Word, mark: str, value: Word) -> Word:
    if mark not in word.text:
        return word
    return Word(word.text.replace(mark, value.text), value.many and word.text == mark)


def _parallel(call: Call) -> None:
    """GNU parallel and `rush`: a command line, `:::` values, `::::` files of values."""
    parsed = call.parse(
        "j= jobs= a< arg-file< S= sshlogin= C= colsep= d= delimiter= I= n= N= "
        "max-args= joblog> results= tmpdir= retries= timeout= delay= workdir@ wd@",
        first_operand_ends=True,
    )
    call.apply_options(parsed)
    template: list[str] = []
    values: list[Word] = []
    kind = ""
    for word in parsed.operands:
        if word.text in (":::", ":::+", "::::", "::::+"):
            kind = word.text.rstrip("+")
        elif kind == ":::":
            values.append(word)
        elif kind == "::::":
            call.read(word.text)
            values.append(ANY)
        else:
            template.append(word.text)
    if not kind:
        values = _lines(call.shell.stdin) if call.shell.stdin is not None else []
    line = " ".join(template)
    for value in values or [Word("")]:
        if not template:
            call.command(value.text)
            continue
        filled = line
        for mark in ("{}", "{.}", "{/}", "{//}", "{1}"):
            filled = filled.replace(mark, value.text)
        call.command(filled if filled != line else f"{line} {quoted(value)}")


def _xargs_like_lines(call: Call) -> None:
    """Programs whose operands are command lines (`watch`, `hyperfine`, `ts`)."""
    options = {
        "watch": "n= d. t. interval=",
        "hyperfine": "w= r= m= M= s= p! c! S= L= P= D= n= u= prepare! setup! cleanup! "
        "warmup= runs= shell= export-json> export-markdown> export-csv> style=",
        "script": "c! E= I> O> B> T> m= t. command! o=",
        "concurrently": "n= c= p= k. names= prefix= prefix-colors= max-processes=",
        "at": "f< q= t=",
        "batch": "",
        "mispipe": "",
        "tmux": "c@ n= s= t= F= x= y= e= L= S= f<",
        "screen": "S= c< t= T= s= h= e= p= X.",
        "zellij": "",
        "xterm": "e! T= title= geometry=",
        "nodemon": "w= e= i= x! exec! watch= ext= ignore= delay= config<",
        "chokidar": "c! command! i= ignore= d= t= p=",
        "watchexec": "w= e= f= i= d= s= watch= exts= filter= ignore= shell= o= "
        "debounce=",
        "reflex": "r= g= R= G= regex= glob= inverse-regex= inverse-glob=",
        "fswatch": "",
        "dotnet-watch": "",
    }[call.name]
    parsed = call.parse(options, first_operand_ends=call.name not in ("hyperfine",))
    call.apply_options(parsed)
    words = parsed.operands
    if call.name in ("hyperfine", "concurrently", "mispipe"):
        for word in words:
            call.command(word.text)
    elif call.name in ("tmux", "screen"):
        _multiplexer(call, words)
        if call.name == "screen":
            call.start(words)
    elif call.name in ("at", "batch"):
        if call.shell.stdin is not None:
            call.command(call.shell.stdin.text)
    elif call.name == "script":
        for word in words[:1]:
            call.access("write", word.text)
        if len(words) > 1:
            call.start(words[1:])
    elif words:
        call.command(joined(words))


def _multiplexer(call: Call, words: Sequence[Word]) -> None:
    """Follow the commands that a terminal multiplexer is given in their own words."""
    for word in words:
        if " " in word.text:
            call.command(word.text)
    actions = ("new-session", "new", "new-window", "split-window", "run-shell", "neww")
    if words and words[0].text in actions:
        rest = call.__class__(
            call.name, words[1:], call.shell, call.findings, call.cwd, call.strict
        ).parse("c@ n= s= t= F= x= y= e= l= p=", first_operand_ends=True)
        call.start(rest.operands)


def _su(call: Call) -> None:
    """`su -c TEXT`, `sg GROUP -c TEXT`, `runuser -u USER -- PROGRAM`."""
    parsed = call.parse("c! command! session-command! s= shell= g= G= w= u= user=")
    call.apply_options(parsed)
    if call.name == "runuser" and parsed.has("u", "user"):
        call.start(parsed.operands)


def _ssh(call: Call) -> None:
    """`ssh`: identity files stay where they are; what runs elsewhere is not ours."""
    parsed = call.parse(
        "b= c= D= E> e= F? I= i? J= L= l= m= O= o= p= Q= R= S= W= w= B=",
        first_operand_ends=True,
    )
    for word in parsed.values("o"):
        name, _, value = word.text.partition("=")
        if name.strip().lower() in (
            "proxycommand",
            "localcommand",
            "knownhostscommand",
        ):
            call.command(value)
    host, *words = parsed.operands or [Word("")]
    if words and is_this_machine(host.text):
        call.command(joined(words))
    elif words:
        # A secret file of another machine, by the names it would have on this one.
        with call.script() as inner:
            inner.command(joined(words))


def _flock(call: Call) -> None:
    parsed = call.parse(
        "w= c! E= command! timeout= conflict-exit-code=", first_operand_ends=True
    )
    call.apply_options(parsed)
    words = parsed.operands
    if len(words) > 1 and words[1].text in ("-c", "--command"):
        call.command(joined(words[2:3]))
    else:
        call.start(words[1:])


def _busybox(call: Call) -> None:
    words = list(call.words)
    if words and words[0].text.startswith("--coreutils-prog"):
        words[0] = Word(words[0].text.partition("=")[2])
    if words and not words[0].text.startswith("-"):
        call.start(words)


def _run_after(call: Call, parsed: Parsed, skip: Sequence[str]) -> None:
    words = parsed.operands
    if words and words[0].text in skip:
        words = words[1:]
    if words and words[0].text == "--":
        words = words[1:]
    call.start(words)


_AFTER = ("exec", "run", "--", "x")


def _loader(call: Call) -> None:
    """Programs that start another with variables from files: `dotenv run`..."""
    files = "f$ e$ file$ env-file$ p= o. v= path$ c= environments$ env="
    if call.name in ("op", "doppler", "infisical", "chamber", "teller", "varlock"):
        files = "env-file$ f= c= p= project= config= env= account="
    parsed = call.parse(files, first_operand_ends=True)
    call.apply_options(parsed)
    words = parsed.operands
    if call.name == "direnv":
        if words and words[0].text == "exec" and len(words) > 1:
            call.access("load", f"{words[1].text.rstrip('/')}/.envrc")
            call.start(words[2:])
        elif words and words[0].text in (
            "allow",
            "reload",
            "export",
            "permit",
            "grant",
        ):
            named = words[1:2] if words[0].text != "export" else []
            call.access("load", named[0].text if named else ".envrc")
        return
    if call.name in ("op", "doppler", "infisical", "chamber", "teller"):
        inner = Call(
            call.name, words[1:], call.shell, call.findings, call.cwd, call.strict
        )
        given = inner.parse(
            files + " i< o> in-file< out-file>", first_operand_ends=True
        )
        inner.apply_options(given)
        if words and words[0].text in ("run", "exec"):
            inner.start(given.operands)
        return
    named = parsed.values("f", "e", "file", "env-file", "path", "environments") or [
        Word(".env")
    ]
    if call.name in (
        "env-cmd", "foreman", "honcho", "nf", "dotenv", "dotenvx", "dotenv-cli",
    ):  # fmt: skip
        call.access("load", named[0].text)
    if call.name in ("dotenv", "dotenvx") and words:
        if words[0].text in ("list", "get", "ls", "decrypt"):
            call.read(named[0].text)
            return
        if words[0].text in ("set", "unset", "encrypt"):
            call.access("write", named[0].text)
            return
    if call.name in ("foreman", "honcho", "nf"):
        call.start(words[1:] if words and words[0].text in ("run", "exec") else [])
        return
    _run_after(call, parsed, _AFTER)


TABLE: dict[str, Reader] = {
    **programs(" ".join(n for n in _WRAPPERS if n not in _NOT_HERE), _wrapped),
    **programs(
        "watch hyperfine script concurrently at batch mispipe tmux screen xterm "
        "nodemon chokidar watchexec reflex",
        _xargs_like_lines,
    ),
    **programs("env genv", _env),
    **programs("xargs gxargs", _xargs),
    **programs("parallel rush", _parallel),
    **programs("su runuser runas sg newgrp", _su),
    **programs("ssh autossh mosh", _ssh),
    "flock": _flock,
    **programs("busybox toybox coreutils", _busybox),
    **programs(
        "dotenv dotenvx dotenv-cli env-cmd foreman honcho nf direnv op doppler "
        "infisical chamber "
        "teller",
        _loader,
    ),
}
