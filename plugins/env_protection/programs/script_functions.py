"""What functions of Node, Perl, Ruby, PHP and Lua do: files, programs, texts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from urllib.parse import unquote

from ..access import Mode
from ..words import ANY, UNKNOWN, Word
from .places import is_telling
from .python_listing import matching, names_in
from .python_values import NOTHING, Either, Nothing, alternatives, text_of
from .script_reader import Handler, Script
from .script_values import Block, Member, Name


def texts(value: object) -> list[str]:
    """Return the texts that a value may be, unknown ones as `UNKNOWN`."""
    found: list[str] = []
    for each in alternatives(value):
        if isinstance(each, (int, float, bool)) or each is None:
            continue  # a file number
        if isinstance(each, (list, tuple)):
            found.extend(text_of(item) for item in each)
        elif isinstance(each, (Name, Block, Member)):
            found.append(UNKNOWN)
        else:
            found.append(text_of(each))
    return found


def touches(mode: Mode, place: int = 0, *, gives: object = UNKNOWN) -> Handler:
    """Return a function that does something with the file it is given."""

    def handler(script: Script, name: str, arguments: Sequence[object]) -> object:
        if place < len(arguments) and not isinstance(arguments[place], (dict, Block)):
            for text in texts(arguments[place]):
                script.call.access(mode, text.removeprefix("file://"), f"(`{name}`)")
        return gives

    return handler


def copies(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`copyFile(a, b)`, `rename(a, b)`, `FileUtils.cp(a, b)`."""
    target = texts(arguments[1])[:1] if len(arguments) > 1 else []
    for text in texts(arguments[0]) if arguments else []:
        script.call.access("copy", text, f"(`{name}`)", target=(target or [""])[0])
    for text in target:
        script.call.access("write", text, f"(`{name}`)")
    return NOTHING


def opens(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`open(path, mode)`: reads unless the mode says that it only writes."""
    if not arguments:
        return NOTHING
    mode = texts(arguments[1])[:1] if len(arguments) > 1 else ["r"]
    writes = bool(mode) and mode[0][:1] in ("w", "a", "x") and "+" not in mode[0]
    for text in texts(arguments[0]):
        if text.startswith("|"):
            script.call.command(text[1:])  # Ruby's and Perl's pipes
        else:
            script.call.access("write" if writes else "read", text, f"(`{name}`)")
    return UNKNOWN


def starts(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`system("text")`, `system("cat", ".env")`: a text for a shell, or a list."""
    given = [each for each in arguments if not isinstance(each, (dict, Block))]
    flat: list[object] = []
    for each in given:
        flat.extend(each) if isinstance(each, list) else flat.append(each)
    if len(flat) > 1:
        script.call.start(words(flat))
    else:
        for text in texts(flat[0]) if flat else []:
            script.call.command(text)
    del name
    return UNKNOWN


def starts_list(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`spawn("cat", [".env"])`, `execFile`: a program and a list."""
    if not arguments:
        return NOTHING
    listed = arguments[1] if len(arguments) > 1 else []
    rest = list(listed) if isinstance(listed, (list, tuple)) else []
    if isinstance(listed, Nothing):
        rest = [UNKNOWN]
    for text in texts(arguments[0]):
        if rest:
            script.call.start([Word(text), *words(rest)])
        else:
            script.call.command(text)
    del name
    return UNKNOWN


def words(values: Sequence[object]) -> list[Word]:
    """Return a list of arguments as words."""
    found = []
    for each in values:
        plain = not isinstance(each, (Nothing, Name, Block, Member))
        found.append(Word(text_of(each)) if plain else ANY)
    return found


def runs_code(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`eval(text)`, `new Function(text)`, `vm.runInThisContext(text)`."""
    value: object = NOTHING
    for each in arguments[-1:] if name.endswith("Function") else arguments[:1]:
        if isinstance(each, Block):
            script.enter(each, [])
            continue
        for text in texts(each):
            value = script.run(text)
    if name.endswith("Function"):
        return Block([], 0, 0, [])
    return value


def lists(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`readdirSync(dir)`, `Dir.children`, `scandir`: names."""
    found: list[object] = []
    for text in texts(arguments[0]) if arguments else ["."]:
        found.extend(names_in(script.call, text))
    script.items = found
    for each in arguments[1:]:
        if isinstance(each, Block):
            script.enter(each, [NOTHING, found])
    del name
    return found


def globs(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`glob(".e*")`, `Dir[".e*"]`: paths that match."""
    found: list[object] = []
    for text in texts(arguments[0]) if arguments else []:
        for pattern in text.split() if name == "glob" else [text]:
            hidden = False
            found.extend(matching(script.call, "", pattern, hidden=hidden, deep=False))
    script.items = found
    return found


def joins_paths(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`path.join`, `path.resolve`, `File.join`, `File.expand_path`."""
    parts = [text_of(each) if isinstance(each, (str, Either)) else UNKNOWN
             for each in arguments if not isinstance(each, dict)]  # fmt: skip
    if name.endswith("expand_path"):
        if parts and parts[0].startswith("~"):
            parts[0] = script.call.world.home + parts[0][1:]
        parts = parts[:2][::-1]
    made = ""
    for part in parts:
        absolute = part.startswith("/") and name.endswith(("resolve", "expand_path"))
        made = part if not made or absolute else f"{made.rstrip('/')}/{part}"
    return made


def from_codes(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`String.fromCharCode(46, 101)`, `chr(46)`, `string.char(46)`."""
    made = ""
    for each in arguments:
        for code in each if isinstance(each, list) else [each]:
            known = isinstance(code, int) and 0 <= code < 0x110000
            made += chr(code) if known and isinstance(code, int) else UNKNOWN
    del script, name
    return made


def decodes(script: Script, name: str, arguments: Sequence[object]) -> object:
    """`atob`, `Buffer.from(text, "base64")`, `base64_decode`, `hex2bin`."""
    value = arguments[0] if arguments else NOTHING
    if isinstance(value, list):
        return from_codes(script, name, [value])
    if not isinstance(value, str) or UNKNOWN in value:
        return UNKNOWN
    kind = text_of(arguments[1]) if len(arguments) > 1 else ""
    hexed = kind == "hex" or name.endswith(("hex2bin", "pack_h"))
    based = kind.startswith("base64") or "64" in name or name.endswith("atob")
    return _decoded(value, hexed=hexed, based=based)


def _decoded(value: str, *, hexed: bool, based: bool) -> object:
    try:
        if hexed:
            return bytes.fromhex(value).decode("utf-8", "replace")
        if based:
            padded = value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4)
            return base64.b64decode(padded).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return NOTHING
    return value


def computes(make: Callable[[str], object]) -> Handler:
    """Return a function of one text."""

    def handler(script: Script, name: str, arguments: Sequence[object]) -> object:
        value = arguments[0] if arguments else NOTHING
        if isinstance(value, list):
            return value[::-1] if name == "reverse" else value
        del script
        if not isinstance(value, str):
            return UNKNOWN
        return make(value)

    return handler


def gives(make: Callable[[Script], object]) -> Handler:
    """Return a function without arguments."""

    def handler(script: Script, name: str, arguments: Sequence[object]) -> object:
        del name, arguments
        return make(script)

    return handler


def perhaps(script: Script, name: str, arguments: Sequence[object]) -> object:
    """Report protected files that a function nobody knows is given."""
    last = name.rpartition(".")[2]
    if last in HARMLESS:
        return NOTHING
    for argument in arguments:
        for text in texts(argument) if not isinstance(argument, dict) else ():
            known = text and "\n" not in text and is_telling(text) and len(text) < 500
            if known and script.call.world.is_secret(script.call.path(text)):
                script.call.read(text, f"may read it (`{last or 'a function'}`)")
    return NOTHING


HARMLESS = frozenset(
    [
        "log",
        "error",
        "warn",
        "info",
        "debug",
        "print",
        "puts",
        "p",
        "pp",
        "printf",
        "sprintf",
        "write",
        "writeln",
        "end",
        "say",
        "echo",
        "push",
        "unshift",
        "includes",
        "include",
        "indexOf",
        "test",
        "match",
        "replace",
        "split",
        "add",
        "has",
        "get",
        "set",
        "startsWith",
        "endsWith",
        "append",
        "concat",
        "equal",
        "strictEqual",
        "deepEqual",
        "ok",
        "assert",
        "emit",
        "on",
        "once",
        "RegExp",
        "Error",
        "String",
        "Symbol",
        "describe",
        "it",
        "expect",
        "toBe",
        "toEqual",
        "warn",
        "die",
        "exit",
        "var_dump",
        "print_r",
        "strcmp",
        "strpos",
        "str_replace",
        "preg_match",
        "preg_replace",
        "in_array",
        "gsub",
        "sub",
        "grep",
        "index",
        "lc",
        "uc",
        "length",
        "defined",
        "ref",
        "bless",
        "join",
        "sort",
        "keys",
        "values",
        "exists",
        "delete",
        "map",
        "each",
        "select",
        "reject",
        "format",
        "tostring",
        "tonumber",
        "ipairs",
        "pairs",
        "type",
        "process.exit",
        "setHeader",
        "send",
        "json",
        "basename",
        "dirname",
        "start_with?",
        "end_with?",
        "include?",
        "stringify",
        "parse",
        "Set",
        "Map",
        "Array",
    ]
)


def text_methods(script: Script, name: str, arguments: Sequence[object]) -> object:
    """Fold methods of texts and lists: `join`, `reverse`, `concat`, `replace`..."""
    value, *rest = arguments
    if isinstance(value, Either):
        made = [text_methods(script, name, [each, *rest]) for each in value.values[:12]]
        return Either(tuple(made))
    if name in ("forEach", "map", "flatMap", "filter", "each", "some", "every", "find",
                "then", "select", "reject", "sort", "each_line", "catch", "finally",
                "to_a", "tap", "collect", "sort_by", "first", "slice"):  # fmt: skip
        return _iterated(script, name, value, rest)
    if isinstance(value, list):
        return _list_method(name, value, rest)
    if isinstance(value, int) and name in ("chr", "toString", "to_s"):
        return chr(value) if name == "chr" and 0 <= value < 0x110000 else str(value)
    if not isinstance(value, str):
        if name in ("toString", "trim", "toLowerCase", "decode"):
            return UNKNOWN
        handler = script.functions.get(name)
        if handler is not None and name in _OF_OBJECTS:
            return handler(script, name, rest)
        return perhaps(script, name, rest)
    return _string_method(script, name, value, rest)


#: Methods of objects that are not known here, which open files all the same.
_OF_OBJECTS = frozenset(
    [
        "readFileSync",
        "readFile",
        "createReadStream",
        "execSync",
        "exec",
        "spawn",
        "spawnSync",
        "execFileSync",
        "execFile",
        "openSync",
        "copyFileSync",
        "copyFile",
        "readTextFile",
        "readTextFileSync",
        "file",
        "config",
        "loadEnvFile",
        "sendFile",
    ]
)


def _iterated(
    script: Script, name: str, value: object, rest: Sequence[object]
) -> object:
    blocks = [each for each in rest if isinstance(each, Block)]
    if name in ("map", "flatMap", "collect") and blocks and isinstance(value, list):
        return [script.enter(blocks[0], [each]) for each in value[:24]]
    for argument in rest:
        if isinstance(argument, Name):
            for each in value if isinstance(value, list) else [NOTHING]:
                script.apply(argument, [each])
    if name == "find" or name == "first":
        return script.item_of(value)
    return value


def _list_method(name: str, value: list[object], rest: Sequence[object]) -> object:
    if name == "join":
        separator = text_of(rest[0]) if rest else ("" if name == "join" else ",")
        if not rest:
            separator = (
                "" if any(isinstance(v, str) and len(v) == 1 for v in value) else ","
            )
        return separator.join(text_of(each) for each in value[:500])
    if name in ("reverse", "reversed"):
        return value[::-1]
    if name in ("concat", "push"):
        extra = [
            item
            for each in rest
            for item in (each if isinstance(each, list) else [each])
        ]
        if name == "push":
            value.extend(extra)
        return [*value, *extra] if name == "concat" else NOTHING
    if name in ("toString", "to_s"):
        return ",".join(text_of(each) for each in value)
    if name == "pack" and all(isinstance(each, int) for each in value):
        return "".join(
            chr(e) for e in value if isinstance(e, int) and 0 <= e < 0x110000
        )
    if name == "pack":
        return _packed(value, rest)
    if name in ("at", "pop", "shift", "last", "first"):
        return value[-1 if name in ("pop", "last") else 0] if value else NOTHING
    return NOTHING


def _packed(value: list[object], rest: Sequence[object]) -> object:
    kind = text_of(rest[0]) if rest else ""
    if value and isinstance(value[0], str) and kind[:1] in ("H", "m"):
        return _decoded(value[0], hexed=kind[0] == "H", based=kind[0] == "m")
    return UNKNOWN


def _string_method(
    script: Script, name: str, value: str, rest: Sequence[object]
) -> object:
    known = UNKNOWN not in value
    simple: dict[str, Callable[[], object]] = {
        "toLowerCase": value.lower, "downcase": value.lower, "lower": value.lower,
        "toUpperCase": value.upper, "upcase": value.upper, "trim": value.strip,
        "strip": value.strip, "chomp": lambda: value.rstrip("\n"),
        "reverse": lambda: value[::-1], "toString": lambda: value,
        "to_s": lambda: value,
        "valueOf": lambda: value, "freeze": lambda: value, "normalize": lambda: value,
        "bytes": lambda: [ord(each) for each in value],
        "chars": lambda: list(value), "lines": lambda: value.split("\n"),
    }  # fmt: skip
    if name in simple:
        return simple[name]()
    if name in ("concat", "<<", "+"):
        return value + "".join(text_of(each) for each in rest)
    if name == "split" and known:
        mark = text_of(rest[0]) if rest else " "
        return list(value) if mark == "" else list(value.split(mark))
    if name in ("replace", "replaceAll", "gsub", "sub", "tr") and len(rest) > 1:
        old, new = rest[0], rest[1]
        if isinstance(old, str) and isinstance(new, str) and len(new) < 200 and known:
            return value.replace(old, new, -1 if name != "replace" else 1)[:20_000]
        return UNKNOWN
    if name in ("slice", "substring", "substr", "sub") and known and rest:
        numbers = [each for each in rest if isinstance(each, int)]
        if len(numbers) == len(rest) == 1:
            return value[numbers[0] :]
        if len(numbers) == len(rest) == 2:
            first, second = numbers
            return value[first : first + second if name == "substr" else second]
        return UNKNOWN
    if name == "repeat" and rest and isinstance(rest[0], int):
        return value * rest[0] if 0 <= rest[0] * len(value) < 20_000 else UNKNOWN
    if name in ("unpack1", "unpack"):
        return _packed([value], rest)
    if name in ("charAt", "at") and rest and isinstance(rest[0], int) and known:
        return value[rest[0] : rest[0] + 1]
    if name in ("padStart", "padEnd", "center", "ljust", "rjust"):
        return UNKNOWN
    del script
    return (
        UNKNOWN if name in ("format", "decode", "encode", "match", "exec") else NOTHING
    )


def unescape(text: str) -> object:
    """Undo `%2e`."""
    return unquote(text)
