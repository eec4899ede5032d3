"""Node, Deno, Bun, Perl, Ruby, PHP and Lua: what their functions are called."""

from __future__ import annotations

from collections.abc import Sequence

from ..words import UNKNOWN, Word
from .addresses import fetch
from .call import Call
from .python_values import NOTHING, Either, text_of
from .script_functions import (
    computes,
    copies,
    decodes,
    from_codes,
    gives,
    globs,
    joins_paths,
    lists,
    opens,
    perhaps,
    runs_code,
    starts,
    starts_list,
    text_methods,
    texts,
    touches,
    unescape,
)
from .script_reader import Handler, Script
from .script_tokens import JAVASCRIPT, LUA, PERL, PHP, RUBY, Dialect
from .script_values import Name


def _table(names: str, handler: Handler) -> dict[str, Handler]:
    return dict.fromkeys(names.split(), handler)


def _require(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`require("fs")`, `import("./x")`: a module, or a file that is run."""
    for text in texts(arguments[0]) if arguments else []:
        module = text.removeprefix("node:")
        if module in ("dotenv/config", "dotenv-flow/config"):
            script.call.access("load", ".env")
        elif (
            module[:1] in (".", "/")
            or UNKNOWN in module
            or script.call.world.is_secret(script.call.path(module))
        ):
            script.call.read(module, f"(`{name}`)")
        return Name(module)
    return NOTHING


def _import(script: Script, name: str, arguments: Sequence[object]) -> object:
    return _require(script, name, arguments)


def _dotenv(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`dotenv.config({path})`, `Dotenv.load(path)`, `process.loadEnvFile(path)`."""
    given = arguments[0] if arguments else NOTHING
    if isinstance(given, dict):
        given = given.get("path", NOTHING)
    found = texts(given) if isinstance(given, (str, Either, list)) else [".env"]
    for text in found:
        script.call.access("load", text, f"(`{name}`)")
    return NOTHING


def _config(script: Script, name: str, arguments: Sequence[object]) -> object:
    if "dotenv" in name.lower():
        return _dotenv(script, name, arguments)
    return perhaps(script, name, arguments)


def _argv(script: Script) -> object:
    return ["node", *script.argv]


def _variable(script: Script, name: str, arguments: Sequence[object]) -> object:
    wanted = text_of(arguments[0]) if arguments else name
    found = script.call.shell.variables.get(wanted)
    if found is not None:
        return found.text
    return script.call.world.variables.get(wanted, UNKNOWN)


def _named_variables(prefix: str) -> dict[str, Handler]:
    return {f"={prefix}.{name}": _variable for name in ("HOME", "USER", "PWD")}


def _function(script: Script, name: str, arguments: Sequence[object]) -> object:
    return runs_code(script, name, arguments)


def _spawned(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`Bun.spawn(["cat", ".env"])`, `new Deno.Command("cat", {args: [...]})`."""
    if arguments and isinstance(arguments[0], list):
        return starts(script, name, arguments[:1])
    given = arguments[1] if len(arguments) > 1 else NOTHING
    if isinstance(given, dict) and "args" in given:
        return starts_list(script, name, [arguments[0], given["args"]])
    return starts_list(script, name, arguments)


def _fetch(script: Script, name: str, arguments: Sequence[object]) -> object:
    for text in texts(arguments[0]) if arguments else []:
        if text.startswith("file:"):
            script.call.read(
                text.removeprefix("file:").replace("//", "/"), f"(`{name}`)"
            )
        elif "://" in text:
            fetch(script.call, text)
    return UNKNOWN


NODE: dict[str, Handler] = {
    **_table(
        "readFile readFileSync createReadStream readTextFile readTextFileSync "
        "readlines openAsBlob sendFile Bun.file Deno.readFile",
        touches("read"),
    ),
    **_table("openSync open", opens),
    **_table(
        "writeFile writeFileSync appendFile appendFileSync createWriteStream "
        "writeTextFile writeTextFileSync truncate truncateSync outputFile Bun.write",
        touches("write", gives=NOTHING),
    ),
    **_table(
        "copyFile copyFileSync rename renameSync cp cpSync link linkSync symlink "
        "symlinkSync copySync move moveSync",
        copies,
    ),
    **_table("unlink unlinkSync rm rmSync rmdir rmdirSync", touches("remove")),
    **_table(
        "stat statSync lstatSync existsSync access accessSync exists chmodSync",
        touches("look", gives=NOTHING),
    ),
    **_table("exec execSync", starts),
    **_table("spawn spawnSync execFile execFileSync fork", _spawned),
    "Deno.Command": _spawned,
    **_table("require import createRequire.require", _require),
    **_table(
        "eval runInThisContext runInNewContext runInContext Function Script "
        "setTimeout setImmediate setInterval",
        runs_code,
    ),
    **_table("readdir readdirSync readDirSync readDir", lists),
    **_table("globSync glob", globs),
    **_table("path.join path.resolve join resolve", joins_paths),
    **_table("fromCharCode fromCodePoint", from_codes),
    **_table("atob Buffer.from", decodes),
    **_table("decodeURIComponent unescape decodeURI", computes(unescape)),
    **_table("loadEnvFile", _dotenv),
    **_table("config", _config),
    **_table("fetch", _fetch),
    **_table("homedir", gives(lambda script: script.call.world.home)),
    **_table("cwd", gives(lambda script: script.call.cwd)),
    "=process.argv": gives(_argv),
    **_named_variables("process.env"),
    "": perhaps,
}


def _perl_open(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`open(my $f, "<", ".env")`, `open F, "<.env"`, `open F, "cat .env |"`."""
    rest = list(arguments[1:])
    if not rest:
        return NOTHING
    if len(rest) > 1:
        mode = text_of(rest[0]).strip()
        if "|" in mode:
            return starts(script, name, rest[1:])
        for text in texts(rest[1]):
            writes = mode.startswith((">", ">>"))
            script.call.access("write" if writes else "read", text, "opens it")
        return NOTHING
    for text in texts(rest[0]):
        bare = text.strip()
        if bare.startswith("|") or bare.endswith("|"):
            script.call.command(bare.strip("| "))
        elif bare.startswith(">"):
            script.call.access("write", bare.lstrip("> "))
        else:
            script.call.read(bare.lstrip("<+ "), "opens it")
    return NOTHING


def _second_reads(script: Script, name: str, arguments: Sequence[object]) -> object:
    return touches("read", 1)(script, name, arguments)


def _pack(script: Script, name: str, arguments: Sequence[object]) -> object:
    kind = text_of(arguments[0]) if arguments else ""
    rest = list(arguments[1:])
    if len(rest) == 1 and isinstance(rest[0], list):
        rest = list(rest[0])
    if kind[:1] in ("C", "U", "c", "W"):
        return from_codes(script, name, rest)
    if kind[:1] in ("H", "h", "u") and rest:
        return decodes(script, name, [rest[0], "hex"])
    return UNKNOWN


def _join(script: Script, name: str, arguments: Sequence[object]) -> object:
    flat: list[object] = []
    for each in arguments[1:]:
        flat.extend(each) if isinstance(each, list) else flat.append(each)
    separator = text_of(arguments[0]) if arguments else ""
    if arguments and isinstance(arguments[0], list):
        flat, separator = (
            list(arguments[0]),
            "".join(text_of(a) for a in arguments[1:2]),
        )
    elif len(arguments) == 2 and isinstance(arguments[1], str) and not flat:
        flat = [arguments[1]]
    del script, name
    return separator.join(text_of(each) for each in flat)


def _perl_reverse(script: Script, name: str, arguments: Sequence[object]) -> object:
    del script, name
    if len(arguments) == 1 and isinstance(arguments[0], str):
        return arguments[0][::-1]
    if len(arguments) == 1 and isinstance(arguments[0], list):
        return arguments[0][::-1]
    return list(arguments)[::-1]


_PERL: dict[str, Handler] = {
    "open": _perl_open,
    "sysopen": _second_reads,
    **_table("require do", touches("read")),
    **_table("system exec", starts),
    **_table("eval", runs_code),
    **_table("glob", globs),
    **_table("read_file slurp read_text read_lines path.slurp IO.File.new IO::File "
             "edit_file File.Slurp.read_file", touches("read")),
    **_table("copy move rename link symlink cp mv", copies),
    **_table("unlink", touches("remove")),
    **_table("chr", from_codes),
    **_table("pack", _pack),
    **_table("join", _join),
    **_table("reverse", _perl_reverse),
    **_table("decode_base64 MIME.Base64.decode", decodes),
    **_table("lc", computes(str.lower)),
    **_table("uc", computes(str.upper)),
    **_table("scalar", computes(str)),
    **_table("write_file spew", touches("write", gives=NOTHING)),
    **{f"=$ENV.{name}": _variable for name in ("HOME", "USER", "PWD")},
    "": perhaps,
}  # fmt: skip

_RUBY: dict[str, Handler] = {
    **_table(
        "read readlines foreach binread File.new sysopen load_file safe_load_file "
        "File.readlines IO.read require_relative load Pathname.read",
        touches("read"),
    ),
    **_table("open File.open", opens),
    **_table("File.write IO.write binwrite", touches("write", gives=NOTHING)),
    **_table(
        "cp copy mv copy_file cp_r ln ln_s link symlink rename copy_stream install "
        "copy_entry",
        copies,
    ),
    **_table("rm unlink", touches("remove")),
    **_table(
        "system exec spawn popen capture2 capture2e capture3 popen3 pipeline syscall",
        starts,
    ),
    **_table("eval instance_eval class_eval module_eval", runs_code),
    **_table("glob Dir.[] Dir", globs),
    **_table("children entries each_child", lists),
    **_table("File.join expand_path", joins_paths),
    **_table("decode64 strict_decode64 urlsafe_decode64", decodes),
    **_table("Dotenv.load Dotenv.overload Dotenv.parse", _dotenv),
    **_table("home", gives(lambda script: script.call.world.home)),
    **_table("pwd getwd", gives(lambda script: script.call.cwd)),
    "=ARGV[]": lambda s, _n, a: (
        s.argv[a[0]] if a and isinstance(a[0], int) and a[0] < len(s.argv) else UNKNOWN
    ),
    "=Dir[]": globs,
    "=ENV.HOME": _variable,
    "send": lambda s, _n, a: (
        s.apply(Name(text_of(a[0])), list(a[1:])) if a else NOTHING
    ),
    "public_send": lambda s, _n, a: (
        s.apply(Name(text_of(a[0])), list(a[1:])) if a else NOTHING
    ),
    "": perhaps,
}

_PHP: dict[str, Handler] = {
    **_table(
        "file_get_contents readfile file show_source highlight_file "
        "php_strip_whitespace "
        "parse_ini_file SplFileObject include include_once require require_once "
        "simplexml_load_file gzopen gzfile readgzfile DOMDocument.load finfo_file "
        "getimagesize exif_read_data bzopen CURLFile curl_file_create fpassthru "
        "md5_file.x",
        touches("read"),
    ),
    **_table("fopen popen.x", opens),
    **_table("file_put_contents touch", touches("write", gives=NOTHING)),
    **_table("copy rename link symlink move_uploaded_file", copies),
    **_table("unlink", touches("remove")),
    **_table("file_exists is_file stat filesize is_readable", touches("look")),
    **_table("system exec shell_exec passthru popen proc_open pcntl_exec", starts),
    **_table("eval assert create_function", runs_code),
    **_table("glob", globs),
    **_table("scandir", lists),
    **_table("chr", from_codes),
    **_table("base64_decode hex2bin", decodes),
    **_table("implode join", _join),
    **_table("strrev", computes(lambda text: text[::-1])),
    **_table("strtolower trim strval", computes(str.lower)),
    **_table("urldecode rawurldecode", computes(unescape)),
    **_table("getcwd", gives(lambda script: script.call.cwd)),
    **_table("getenv", _variable),
    **_table(
        "call_user_func",
        lambda s, _n, a: s.apply(Name(text_of(a[0])), list(a[1:])) if a else NOTHING,
    ),
    "=$argv[]": lambda s, _n, a: (
        s.argv[a[0]] if a and isinstance(a[0], int) and a[0] < len(s.argv) else UNKNOWN
    ),
    "": perhaps,
}

_LUA: dict[str, Handler] = {
    **_table("io.lines lines dofile loadfile io.input", touches("read")),
    **_table("open", opens),
    **_table("execute popen", starts),
    **_table("load loadstring", runs_code),
    **_table("rename", copies),
    **_table("remove", touches("remove")),
    **_table("char", from_codes),
    **_table("reverse", computes(lambda text: text[::-1])),
    **_table("table.concat", _join),
    "=arg[]": lambda s, _n, a: (
        s.argv[a[0]]
        if a and isinstance(a[0], int) and 0 <= a[0] < len(s.argv)
        else UNKNOWN
    ),
    "": perhaps,
}

_TABLES: dict[str, tuple[Dialect, dict[str, Handler]]] = {
    "node": (JAVASCRIPT, NODE),
    "perl": (PERL, _PERL),
    "ruby": (RUBY, _RUBY),
    "php": (PHP, _PHP),
    "lua": (LUA, _LUA),
}


def read_script(
    call: Call, language: str, text: str, argv: Sequence[Word] = ()
) -> None:
    """Report what code of a language does.

    :param language: `node`, `perl`, `ruby`, `php` or `lua`.
    :param argv: the program's own arguments.
    """
    dialect, table = _TABLES[language]
    script = Script(call, dialect, table, text_methods, argv)
    script.names["@ARGV"] = [word.text for word in argv]
    try:
        script.run(text)
    except RecursionError:
        call.doubt(language, "the code is nested too deep")
