"""`python`: code in an option, in a file, on its input; modules run by name."""

from __future__ import annotations

from ..words import UNKNOWN, Word
from .call import Call, Reader, programs
from .code import read_python, read_tests
from .wrappers import quoted

_FILE_MODULES = frozenset(
    [
        "json.tool",
        "base64",
        "tokenize",
        "ast",
        "dis",
        "gzip",
        "quopri",
        "uu",
        "pickletools",
        "calendar",
        "py_compile",
        "mimetypes",
        "pyclbr",
        "tabnanny",
        "zipfile",
        "tarfile",
        "codecs",
        "cProfile.x",
        "symtable",
        "encodings.rot_13",
        "http.client",
        "rich.markdown",
        "rich.syntax",
        "pygments",
        "dotenv.x",
        "csvkit",
        "yq",
    ]
)
_RUNNERS = frozenset(
    [
        "cProfile",
        "profile",
        "pdb",
        "trace",
        "runpy",
        "coverage",
        "debugpy",
        "scalene",
        "memray",
        "viztracer",
        "kernprof",
        "line_profiler",
        "bpython",
        "ipdb",
        "pudb",
    ]
)


def _python(call: Call) -> None:
    """Options up to `-c`, `-m`, a file or `-`; the rest is `sys.argv`."""
    words = list(call.words)
    while words:
        text = words[0].text
        if text in ("-W", "-X", "--check-hash-based-pycs", "-Q"):
            words = words[2:]
        elif text[:2] == "--" or text in ("-", ""):
            break
        elif text[:1] == "-" and not set("cm") & set(text[1:]):
            words = words[1:]
        else:
            break
    if not words or words[0].text in ("-", ""):
        if call.shell.stdin is not None:
            read_python(call, call.shell.stdin.text, words or [Word("-")])
        return
    option = words[0].text
    if option[:1] == "-" and option[:2] != "--":
        letter = min((option.find(x) for x in "cm" if x in option[1:]), default=1)
        rest = Word(option[letter + 1 :]) if option[letter + 1 :] else None
        given = words[1:] if rest is None else [rest, *words[1:]]
        if option[letter] == "c" and given:
            read_python(call, given[0].text, [Word("-c"), *given[1:]])
        elif option[letter] == "m" and given:
            _module(call, given[0].text, given[1:])
        return
    _file(call, words)


def _file(call: Call, words: list[Word]) -> None:
    """Follow a script when it can be read; report protected files given to it."""
    path = call.path(words[0].text)
    call.access("run", words[0].text)
    if call.world.is_secret(path):
        call.read(words[0].text, "shows its lines when they are no Python")
    for word in words[1:]:
        call.perhaps(word.text)
    content = call.world.text_of(path) if UNKNOWN not in path else None
    if content is not None:
        with call.script() as inner:
            read_python(inner, content, words)


def _module(call: Call, name: str, words: list[Word]) -> None:
    top = name.partition(".")[0]
    if name in ("pip", "pytest", "build", "venv"):
        call.start([Word(name), *words])
    elif name in ("dotenv",):
        call.start([Word("dotenv"), *words])
    elif name == "timeit":
        for word in words:
            if not word.text.startswith("-"):
                read_python(call, word.text)
    elif top in _RUNNERS and words:
        rest = [w for w in words if not w.text.startswith("-") or w.text == "-m"]
        if rest and rest[0].text == "run":
            rest = rest[1:]
        call.start([Word("python"), *rest])
    elif name in ("http.server", "SimpleHTTPServer"):
        call.access("look", ".", "serves it")
    elif name in _FILE_MODULES:
        for word in words:
            if not word.text.startswith("-"):
                call.read(word.text)
    else:
        for word in words:
            call.perhaps(word.text)


_MOST_TESTS = 4


def _pytest(call: Call) -> None:
    """`pytest FILE`: test files that are named are followed, and `conftest.py`."""
    files = [w.text.partition("::")[0] for w in call.words if ".py" in w.text]
    for word in call.words:
        call.perhaps(word.text)
    for text in files[:_MOST_TESTS]:
        path = call.path(text)
        place = path.rpartition("/")[0]
        for each in (f"{place}/conftest.py", path):
            content = call.world.text_of(each) if UNKNOWN not in each else None
            if content is not None:
                with call.script() as inner:
                    read_tests(inner, content, each)


def _ipython(call: Call) -> None:
    """IPython: `-c` may hold `!command` and `%magic`."""
    parsed = call.parse("c= m=")
    for word in parsed.values("c"):
        text = word.text.strip()
        if text.startswith("!"):
            call.command(text[1:])
        elif text.startswith("%"):
            for part in text.split()[1:]:
                call.perhaps(part)
        else:
            read_python(call, text)
    for word in parsed.operands:
        call.perhaps(word.text)


def _xonsh_like(call: Call) -> None:
    call.start([Word("sh"), Word("-c"), Word(" ".join(quoted(w) for w in call.words))])


TABLE: dict[str, Reader] = {
    **programs(
        "python python2 python3 pypy pypy3 pythonw py micropython cpython "
        "python-dbg ptpython graalpy",
        _python,
    ),
    **programs("ipython jupyter-run", _ipython),
    **programs("pytest py.test", _pytest),
}
