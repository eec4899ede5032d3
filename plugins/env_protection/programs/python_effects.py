"""Python's functions that touch files, start programs or run text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..access import Mode
from ..words import ANY, UNKNOWN, Word
from .python_listing import matching, names_in, walked
from .python_values import (
    NOTHING,
    Archive,
    Code,
    Dotted,
    FileValue,
    Nothing,
    PathValue,
    alternatives,
    text_of,
)

if TYPE_CHECKING:
    from .python_code import Interpreter


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of one call."""

    positional: Sequence[object]
    named: Mapping[str, object]

    def get(self, place: int, *names: str) -> object:
        """Return an argument by place or by name, `NOTHING` when it is not given."""
        if place < len(self.positional):
            return self.positional[place]
        for name in names:
            if name in self.named:
                return self.named[name]
        return NOTHING

    def has(self, place: int, *names: str) -> bool:
        """Return whether an argument is given."""
        return place < len(self.positional) or any(n in self.named for n in names)


Effect = Callable[["Interpreter", Given], object]


def touch(
    code: Interpreter, mode: Mode, value: object, how: str = "", *, below: bool = False
) -> None:
    """Report what is done with each file that a value may name."""
    for each in alternatives(value):
        if isinstance(each, (list, tuple)):
            for item in each[:50]:
                touch(code, mode, item, how, below=below)
            continue
        if (
            isinstance(each, (int, float))
            or each is None
            or isinstance(each, FileValue)
        ):
            continue  # a file number, or a file that is open already
        text = text_of(each)
        code.call.access(mode, text, how, below=below)


def _open(code: Interpreter, given: Given) -> object:
    path = given.get(
        0, "file", "path", "filename", "name", "fname", "filepath_or_buffer"
    )
    mode = text_of(given.get(1, "mode")) if given.has(1, "mode") else "r"
    writes = mode[:1] in ("w", "a", "x") and "+" not in mode
    touch(code, "write" if writes else "read", path, "opens it")
    return FileValue(text_of(path))


def _os_open(code: Interpreter, given: Given) -> object:
    touch(code, "read", given.get(0, "path"), "opens it")
    return FileValue(text_of(given.get(0, "path")))


def _reads(*names: str, below: bool = False) -> Effect:
    def effect(code: Interpreter, given: Given) -> object:
        if given.has(0, "path", "filename", *names):
            touch(code, "read", given.get(0, "path", "filename", *names), below=below)
        return UNKNOWN

    return effect


def _does(mode: Mode, *, below: bool = False) -> Effect:
    def effect(code: Interpreter, given: Given) -> object:
        touch(code, mode, given.get(0, "path", "src", "source", "name"), below=below)
        return NOTHING

    return effect


def _copies(*, below: bool = False) -> Effect:
    def effect(code: Interpreter, given: Given) -> object:
        target = given.get(1, "dst", "target", "destination")
        for each in alternatives(given.get(0, "src", "source", "path")):
            code.call.access("copy", text_of(each), target=text_of(target), below=below)
        touch(code, "write", target)
        return NOTHING

    return effect


def _make_archive(code: Interpreter, given: Given) -> object:
    root = given.get(2, "root_dir")
    touch(code, "copy", "." if isinstance(root, Nothing) else root, below=True)
    return UNKNOWN


def _archive(code: Interpreter, given: Given) -> object:
    path = given.get(0, "name", "file")
    mode = text_of(given.get(1, "mode")) if given.has(1, "mode") else "r"
    touch(code, "write" if mode[:1] in "wax" else "read", path)
    return Archive(text_of(path))


def _shell_text(code: Interpreter, given: Given) -> object:
    """`os.system(TEXT)` and the like."""
    for each in alternatives(given.get(0, "cmd", "command", "args")):
        code.start_text(text_of(each))
    return UNKNOWN


def _subprocess(code: Interpreter, given: Given) -> object:
    """`subprocess.run` and its kin: a list, or a text when `shell` is set."""
    shell = given.named.get("shell", False)
    where = given.named.get("cwd")
    stdin = given.named.get("input")
    for each in alternatives(given.get(0, "args", "popenargs")):
        with code.elsewhere(where):
            if isinstance(each, (list, tuple)):
                words = words_of(each)
                if shell is not False and words:
                    code.start_text(words[0].text)
                else:
                    code.start(words, stdin)
            elif shell is False and isinstance(each, (str, bytes, PathValue)):
                code.start([Word(text_of(each))], stdin)
            else:
                code.start_text(text_of(each))
    return UNKNOWN


def words_of(values: Sequence[object]) -> list[Word]:
    """Return a list of arguments as words."""
    return [
        ANY if isinstance(each, Nothing) else Word(text_of(each)) for each in values
    ]


def _exec(code: Interpreter, given: Given) -> object:
    """`os.execvp(FILE, ARGS)`, `os.posix_spawn`: the list holds the program's name."""
    listed = given.get(1, "args", "argv")
    if isinstance(listed, (list, tuple)):
        program = Word(text_of(given.get(0, "file", "path")))
        code.start([program, *words_of(listed)[1:]], None)
    else:
        code.start_text(UNKNOWN)
    return NOTHING


def _spawn(code: Interpreter, given: Given) -> object:
    return _exec(code, Given(given.positional[1:], given.named))


def _exec_flat(code: Interpreter, given: Given) -> object:
    """`os.execlp(FILE, ARG0, ARG1, ...)`, `create_subprocess_exec(FILE, ARG1)`."""
    words = words_of(given.positional)
    code.start([*words[:1], *words[2:]], None)
    return NOTHING


def _exec_words(code: Interpreter, given: Given) -> object:
    code.start(words_of(given.positional), None)
    return NOTHING


def _pexpect(code: Interpreter, given: Given) -> object:
    arguments = given.get(1, "args")
    if isinstance(arguments, (list, tuple)):
        code.start([Word(text_of(given.get(0, "command"))), *words_of(arguments)], None)
    elif isinstance(listed := given.get(0), (list, tuple)):
        code.start(words_of(listed), None)
    else:
        code.start_text(text_of(given.get(0, "command", "argv")))
    return NOTHING


def _run_text(code: Interpreter, given: Given) -> object:
    """`exec`, `eval`: text that is run as code."""
    result: object = NOTHING
    for each in alternatives(given.get(0, "source")):
        if isinstance(each, Code):
            result = code.run_text(each.text)
        elif isinstance(each, (str, bytes)):
            result = code.run_text(text_of(each))
        else:
            code.call.doubt("exec", "the code it runs is not known")
    return result


def _compile(code: Interpreter, given: Given) -> object:
    del code
    value = given.get(0, "source")
    return Code(text_of(value)) if isinstance(value, (str, bytes)) else NOTHING


def _load_env(code: Interpreter, given: Given) -> object:
    path = given.get(0, "dotenv_path", "path", "env_file")
    missing = (isinstance(path, Nothing) and not given.positional) or path is None
    touch(code, "load", ".env" if missing else path)
    return NOTHING


def _load_own_env(code: Interpreter, given: Given) -> object:
    """`decouple.config(NAME)`: it looks for the file by itself."""
    del given
    touch(code, "load", ".env")
    return NOTHING


def _env_values(code: Interpreter, given: Given) -> object:
    path = given.get(0, "dotenv_path")
    touch(code, "read", ".env" if isinstance(path, Nothing) else path)
    return NOTHING


def _chdir(code: Interpreter, given: Given) -> object:
    code.call.cwd = code.call.path(text_of(given.get(0, "path")))
    return None


def _glob(code: Interpreter, given: Given) -> object:
    pattern = text_of(given.get(0, "pathname"))
    root = given.named.get("root_dir")
    start = text_of(root) if isinstance(root, (str, PathValue)) else ""
    hidden = given.named.get("include_hidden") is True
    found = matching(code.call, start, pattern, hidden=hidden, deep=False)
    prefix = f"{start.rstrip('/')}/" if start else ""
    return [text.removeprefix(prefix) for text in found]


def _listdir(code: Interpreter, given: Given) -> object:
    start = text_of(given.get(0, "path")) if given.has(0, "path") else "."
    return list(names_in(code.call, start))


def _scandir(code: Interpreter, given: Given) -> object:
    start = text_of(given.get(0, "path")) if given.has(0, "path") else "."
    return [PathValue(f"{start.rstrip('/')}/{n}") for n in names_in(code.call, start)]


def _walk(code: Interpreter, given: Given) -> object:
    return walked(code.call, text_of(given.get(0, "top")))


def _run_path(code: Interpreter, given: Given) -> object:
    code.start([Word("python"), Word(text_of(given.get(0, "path_name")))], None)
    return NOTHING


def _expand(code: Interpreter, given: Given) -> object:
    text = text_of(given.get(0, "path"))
    if text == "~" or text.startswith("~/"):
        return code.call.world.home + text[1:]
    made = text
    for name, value in code.call.world.variables.items():
        made = made.replace(f"${{{name}}}", value).replace(f"${name}", value)
    return UNKNOWN if "$" in made else made


def _cwd(code: Interpreter, given: Given) -> object:
    del given
    return code.call.cwd


def _path(code: Interpreter, given: Given) -> object:
    del code
    made = ""
    for each in given.positional:
        text = text_of(each)
        made = (
            text if not made or text.startswith("/") else f"{made.rstrip('/')}/{text}"
        )
    return PathValue(made or ".")


def _home(code: Interpreter, given: Given) -> object:
    del given
    return PathValue(code.call.world.home)


def _path_cwd(code: Interpreter, given: Given) -> object:
    del given
    return PathValue(code.call.cwd)


def _getenv(code: Interpreter, given: Given) -> object:
    name = text_of(given.get(0, "key"))
    return code.variable(name, given.get(1, "default"))


def _input(code: Interpreter, given: Given) -> object:
    del given
    stdin = code.call.shell.stdin
    return UNKNOWN if stdin is None else stdin.text.split("\n", 1)[0]


def _looks(code: Interpreter, given: Given) -> object:
    touch(code, "look", given.get(0, "path"))
    return NOTHING


def _doubtful(why: str) -> Effect:
    def effect(code: Interpreter, given: Given) -> object:
        del given
        code.call.doubt("python", why)
        return NOTHING

    return effect


def _table(names: str, effect: Effect) -> dict[str, Effect]:
    return dict.fromkeys(names.split(), effect)


def _temporary(*, opened: bool) -> Effect:
    def effect(code: Interpreter, given: Given) -> object:
        del code
        ending = given.named.get("suffix", "")
        path = f"/tmp/tmp{UNKNOWN}{text_of(ending)}"  # noqa: S108
        return FileValue(path) if opened else path

    return effect


#: Full name -> what it does. Other spellings are in `ALIASES`.
EFFECTS: dict[str, Effect] = {
    **_table("open gzip.open bz2.open lzma.open tokenize.open aiofiles.open "
             "io.FileIO anyio.open_file fsspec.open smart_open.open", _open),
    **_table("codecs.open", _open),
    "os.open": _os_open,
    **_table(
        "linecache.getline linecache.getlines linecache.updatecache fileinput.input "
        "fileinput.FileInput numpy.loadtxt numpy.genfromtxt numpy.fromfile "
        "pandas.read_csv "
        "pandas.read_table pandas.read_fwf pandas.read_json polars.read_csv "
        "polars.scan_csv configobj.ConfigObj io.open_code "
        "yaml.load.x envparse.env.read_envfile",
        _reads("fname", "files", "filepath_or_buffer"),
    ),
    **_table("shutil.copy shutil.copy2 shutil.copyfile shutil.move os.rename "
             "os.replace "
             "os.link os.symlink os.renames", _copies()),
    "shutil.copytree": _copies(below=True),
    "shutil.make_archive": _make_archive,
    **_table("zipfile.ZipFile tarfile.open tarfile.TarFile zipfile.PyZipFile "
             "tarfile.TarFile.open", _archive),
    **_table("os.remove os.unlink shutil.rmtree os.rmdir", _does("remove")),
    **_table("os.stat os.lstat os.path.exists os.path.isfile os.path.isdir os.access "
             "os.path.getsize os.path.getmtime os.path.islink os.path.lexists os.chmod "
             "os.chown os.utime os.readlink os.path.samefile pathlib.Path.exists",
             _looks),
    **_table("os.mkdir os.makedirs os.mkfifo os.truncate", _does("write")),
    **_table("os.system os.popen os.popen2 os.popen3 os.popen4 subprocess.getoutput "
             "subprocess.getstatusoutput commands.getoutput commands.getstatusoutput "
             "asyncio.create_subprocess_shell invoke.run popen2.popen2 platform.popen "
             "_posixsubprocess.x", _shell_text),
    **_table("subprocess.run subprocess.call subprocess.check_call "
             "subprocess.check_output "
             "subprocess.Popen pty.spawn trio.run_process anyio.run_process "
             "sh.Command.x", _subprocess),
    **_table("os.execv os.execve os.execvp os.execvpe os.posix_spawn os.posix_spawnp "
             "posix.execv posix.execve", _exec),
    **_table("os.spawnv os.spawnve os.spawnvp os.spawnvpe", _spawn),
    **_table("os.execl os.execle os.execlp os.execlpe", _exec_flat),
    "os.spawnl": lambda c, g: _exec_flat(c, Given(g.positional[1:], g.named)),
    "os.spawnlp": lambda c, g: _exec_flat(c, Given(g.positional[1:], g.named)),
    **_table("asyncio.create_subprocess_exec", _exec_words),
    **_table("pexpect.spawn pexpect.run pexpect.runu pexpect.spawnu ptyprocess."
             "PtyProcess.spawn", _pexpect),
    **_table("exec eval", _run_text),
    "compile": _compile,
    **_table("dotenv.load_dotenv environ.Env.read_env environs.Env.read_env "
             "dotenv.main.load_dotenv decouple.RepositoryEnv", _load_env),
    **_table("decouple.config decouple.AutoConfig", _load_own_env),
    **_table("dotenv.dotenv_values dotenv.get_key "
             "dotenv.main.dotenv_values", _env_values),
    "dotenv.set_key": _does("write"),
    "os.chdir": _chdir,
    **_table("glob.glob glob.iglob", _glob),
    "os.listdir": _listdir,
    "os.scandir": _scandir,
    "os.walk": _walk,
    **_table("runpy.run_path", _run_path),
    **_table("os.path.expanduser os.path.expandvars", _expand),
    **_table("os.getcwd os.getcwdb", _cwd),
    **_table("pathlib.Path pathlib.PosixPath pathlib.PurePath pathlib.PurePosixPath "
             "anyio.Path trio.Path", _path),
    "pathlib.Path.home": _home,
    "pathlib.Path.cwd": _path_cwd,
    **_table("os.getenv os.environ.get os.environ.pop", _getenv),
    "input": _input,
    **_table("tempfile.NamedTemporaryFile tempfile.TemporaryFile",
             _temporary(opened=True)),
    **_table("tempfile.mkdtemp tempfile.TemporaryDirectory tempfile.mktemp",
             _temporary(opened=False)),
    "tempfile.gettempdir": lambda _c, _g: "/tmp",  # noqa: S108
    "tempfile.mkstemp": lambda _c, _g: [3, f"/tmp/tmp{UNKNOWN}"],  # noqa: S108
    **_table("marshal.loads pickle.loads dill.loads",
             lambda _c, _g: NOTHING),
    "breakpoint": _doubtful("what is typed in a debugger is not known"),
    **_table("code.interact code.InteractiveInterpreter",
             _doubtful("what is typed is not known")),
}  # fmt: skip

ALIASES = {
    "io.open": "open",
    "_io.open": "open",
    "builtins.open": "open",
    "builtins.exec": "exec",
    "builtins.eval": "eval",
    "posix.open": "os.open",
    "posix.system": "os.system",
    "nt.system": "os.system",
    "posix.listdir": "os.listdir",
    "gzip.GzipFile": "gzip.open",
    "_pyio.open": "open",
    "io.open_code": "open",
}


def dotted_of(name: str) -> Dotted:
    """Return a dotted name in the spelling that the tables use."""
    return Dotted(ALIASES.get(name, name.removeprefix("builtins.")))
