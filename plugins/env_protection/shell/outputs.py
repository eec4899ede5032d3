"""What simple programs print, so that a pipe or `$(...)` can be followed."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from collections.abc import Callable, Sequence

from ..access import Findings, World
from ..programs.places import absolute
from ..words import UNKNOWN

#: Longer texts are not worked on.
_LONGEST = 64 * 1024


def printed(
    argv: Sequence[str], stdin: str | None, cwd: str, world: World, findings: Findings
) -> str | None:
    """Return what a program prints; None when it is not known.

    :param stdin: what it is fed; None when nothing is known of it.
    """
    reader = _PROGRAMS.get(posixpath.basename(argv[0]))
    if reader is None or any(UNKNOWN in word for word in argv):
        return None
    if stdin is not None and (UNKNOWN in stdin or len(stdin) > _LONGEST):
        stdin = None
    if not findings.step(1 + len(stdin or "") // 256):
        return None
    try:
        return reader(_Run(argv[1:], stdin, cwd, world))
    except (ValueError, binascii.Error, IndexError):
        return None


class _Run:
    """One program with what it is given."""

    def __init__(
        self, arguments: Sequence[str], stdin: str | None, cwd: str, world: World
    ) -> None:
        self.arguments, self.stdin = list(arguments), stdin
        self.cwd, self.world = cwd, world
        self.options = [a for a in arguments if a.startswith("-") and a != "-"]
        self.operands = [a for a in arguments if not a.startswith("-") or a == "-"]

    def given(self, *names: str) -> bool:
        """Return whether one of these options is given, alone or in a cluster."""
        for option in self.options:
            if option in names:
                return True
            if not option.startswith("--") and any(
                len(name) == 2 and name[1] in option[1:] for name in names
            ):
                return True
        return False

    def text(self, operands: Sequence[str] | None = None) -> str | None:
        """Return the content of the files that are named, else of stdin."""
        names = self.operands if operands is None else operands
        if not names:
            return self.stdin
        found = []
        for name in names:
            if name in ("-", "/dev/stdin"):
                text = self.stdin
            else:
                text = self.world.text_of(absolute(name, self.cwd))
            if text is None:
                return None
            found.append(text)
        return "".join(found)


def _cat(run: _Run) -> str | None:
    return run.text() if not run.options else None


def _base64(run: _Run) -> str | None:
    text = run.text([o for o in run.operands if not o.isdigit()])
    if text is None:
        return None
    if not run.given("-d", "-D", "--decode"):
        return base64.b64encode(text.encode()).decode() + "\n"
    packed = "".join(text.split())
    packed = packed.rstrip("=")
    packed += "=" * (-len(packed) % 4)
    return base64.b64decode(packed).decode("utf-8", "replace")


def _base32(run: _Run) -> str | None:
    text = run.text()
    if text is None or not run.given("-d", "-D", "--decode"):
        return None
    return base64.b32decode("".join(text.split())).decode("utf-8", "replace")


def _xxd(run: _Run) -> str | None:
    text = run.text()
    if text is None or not run.given("-r") or not run.given("-p", "-ps", "-plain"):
        return None
    return bytes.fromhex("".join(text.split())).decode("utf-8", "replace")


def _lines(run: _Run, change: Callable[[list[str]], list[str]]) -> str | None:
    text = run.text()
    if text is None:
        return None
    return "".join([line + "\n" for line in change(text.splitlines())])


def _rev(run: _Run) -> str | None:
    return _lines(run, lambda lines: [line[::-1] for line in lines])


def _tac(run: _Run) -> str | None:
    return _lines(run, lambda lines: lines[::-1])


def _sort(run: _Run) -> str | None:
    if any(option not in ("-u", "-r") for option in run.options):
        return None
    return _lines(
        run,
        lambda lines: sorted(
            set(lines) if run.given("-u") else lines, reverse=run.given("-r")
        ),
    )


def _uniq(run: _Run) -> str | None:
    return None if run.options else _lines(run, lambda x: list(dict.fromkeys(x)))


def _end(run: _Run, *, head: bool) -> str | None:
    count, unit, names = 10, "n", []
    rest = list(run.arguments)
    while rest:
        word = rest.pop(0)
        found = re.fullmatch(r"-(?:-(?:lines|bytes)=|n|c)?(\+?[0-9]+)", word)
        if word in ("-n", "-c"):
            count, unit = int(rest.pop(0)), word[1]
        elif found and not found.group(1).startswith("+"):
            count, unit = int(found.group(1)), "c" if "c" in word[:3] else "n"
        elif word.startswith("-") and word != "-":
            return None
        else:
            names.append(word)
    text = run.text(names)
    if text is None or count < 0:
        return None
    if unit == "c":
        return text[:count] if head else text[len(text) - min(count, len(text)) :]
    lines = text.splitlines(keepends=True)
    return "".join(lines[:count] if head else lines[max(0, len(lines) - count) :])


def _set(text: str) -> str:
    found = text
    for name, letters in (
        ("[:lower:]", "abcdefghijklmnopqrstuvwxyz"),
        ("[:upper:]", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("[:space:]", " \t\n\r\f\v"),
        ("[:digit:]", "0123456789"),
        ("\\n", "\n"),
        ("\\t", "\t"),
        ("\\\\", "\\"),
    ):
        found = found.replace(name, letters)
    if "[" in found or "\\" in found[:-1]:
        raise ValueError(text)
    return re.sub(
        r"(.)-(.)",
        lambda m: "".join(map(chr, range(ord(m.group(1)), ord(m.group(2)) + 1))),
        found,
    )


def _tr(run: _Run) -> str | None:
    flags = {letter for option in run.options for letter in option[1:]}
    if run.stdin is None or flags - set("dsc"):
        return None
    first = _set(run.operands[0])
    text = run.stdin
    if "d" in flags:
        kept = "c" in flags
        return "".join([c for c in text if (c in first) == kept])
    if len(run.operands) == 1:
        return re.sub(f"([{re.escape(first)}])\\1+", r"\1", text)
    if flags:
        return None
    second = _set(run.operands[1])
    second += second[-1:] * (len(first) - len(second))
    return text.translate({ord(a): b for a, b in zip(first, second, strict=False)})


def _cut(run: _Run) -> str | None:
    found = re.fullmatch(
        r"-(?:d ?(.) -?f ?|(c)|f)([0-9]+)?(-)?([0-9]+)?", " ".join(run.arguments)
    ) or re.fullmatch(r"-d ?(.)()() -f ?([0-9]+)", " ".join(run.arguments))
    if found is None or run.stdin is None:
        return None
    mark, by_letter, first, dash, last = (
        found.groups()
        if found.re.groups == 5
        else (found.group(1), None, found.group(4), None, None)
    )
    low = int(first or 1)
    high = int(last) if last else (None if dash else low)
    lines = []
    for line in run.stdin.splitlines():
        if by_letter:
            lines.append(line[low - 1 : high])
        else:
            between = mark or "\t"
            lines.append(between.join(line.split(between)[low - 1 : high]))
    return "".join([line + "\n" for line in lines])


def _sed(run: _Run) -> str | None:
    if len(run.operands) != 1 or run.stdin is None:
        return None
    if any(o not in ("-e", "-E", "-r") for o in run.options):
        return None
    script = run.operands[0]
    mark = script[1]
    pieces = script.split(mark)
    if script[0] != "s" or len(pieces) != 4 or pieces[3] not in ("", "g"):
        return None
    if not _is_simple(pieces[1]) or "\\" in pieces[2] or "&" in pieces[2]:
        return None
    pattern = re.compile(pieces[1])
    count = 0 if pieces[3] else 1
    lines = run.stdin.splitlines(keepends=True)
    return "".join(
        [pattern.sub(lambda _: pieces[2], line, count=count) for line in lines]
    )


def _is_simple(pattern: str) -> bool:
    """Return whether a regular expression means the same everywhere, and is cheap."""
    if len(pattern) > 100 or pattern.count("*") > 2:
        return False
    return not re.search(r"[+?(){}|\[]|\\[^./*$^]|\*\*", pattern)


def _grep(run: _Run) -> str | None:
    if len(run.operands) != 1 or run.stdin is None:
        return None
    if any(set(o[1:]) - set("ivFxEwa") for o in run.options):
        return None
    pattern = run.operands[0]
    if run.given("-F"):
        pattern = re.escape(pattern)
    elif run.given("-E") and "|" in pattern:
        if not all(_is_simple(piece) for piece in pattern.split("|")):
            return None
    elif not _is_simple(pattern):
        return None
    if run.given("-x"):
        pattern = f"^(?:{pattern})$"
    if run.given("-w"):
        pattern = rf"\b(?:{pattern})\b"
    found = re.compile(pattern, re.IGNORECASE if run.given("-i") else 0)
    wanted = not run.given("-v")
    lines = [x for x in run.stdin.splitlines() if bool(found.search(x)) == wanted]
    return "".join([line + "\n" for line in lines])


def _seq(run: _Run) -> str | None:
    numbers = [int(word) for word in run.arguments]
    first, step, last = 1, 1, numbers[-1]
    if len(numbers) == 2:
        first = numbers[0]
    elif len(numbers) == 3:
        first, step = numbers[0], numbers[1]
    if not step or abs(last - first) // abs(step) > 5000:
        return None
    found = range(first, last + (1 if step > 0 else -1), step)
    return "".join([f"{number}\n" for number in found])


def _dirname(run: _Run) -> str | None:
    if run.options:
        return None
    names = [posixpath.dirname(o.rstrip("/")) or "." for o in run.operands]
    return "".join([name + "\n" for name in names])


def _basename(run: _Run) -> str | None:
    if run.options or not 1 <= len(run.operands) <= 2:
        return None
    name = posixpath.basename(run.operands[0].rstrip("/"))
    ending = run.operands[1] if len(run.operands) == 2 else ""
    if ending and name.endswith(ending) and name != ending:
        name = name[: -len(ending)]
    return name + "\n"


def _realpath(run: _Run) -> str | None:
    paths = [absolute(o, run.cwd) for o in run.operands]
    return None if UNKNOWN in run.cwd else "".join([path + "\n" for path in paths])


def _readlink(run: _Run) -> str | None:
    return _realpath(run) if run.given("-f", "-e", "-m") else None


def _paste(run: _Run) -> str | None:
    if run.stdin is None or not run.given("-s"):
        return None
    found = re.search(r"-s?d ?(\S)", " ".join(run.arguments))
    return (found.group(1) if found else "\t").join(run.stdin.splitlines()) + "\n"


def _nothing(_: _Run) -> str:
    return ""


def _mktemp(run: _Run) -> str | None:
    if any(argument not in ("-d", "-q") for argument in run.arguments):
        return None
    return f"/tmp/tmp.{UNKNOWN}\n"  # noqa: S108 - the name that mktemp makes up


_PROGRAMS: dict[str, Callable[[_Run], str | None]] = {
    "base32": _base32,
    "base64": _base64,
    "basename": _basename,
    "cat": _cat,
    "chmod": _nothing,
    "cut": _cut,
    "dirname": _dirname,
    "grep": _grep,
    "egrep": _grep,
    "head": lambda run: _end(run, head=True),
    "mkdir": _nothing,
    "mktemp": _mktemp,
    "paste": _paste,
    "readlink": _readlink,
    "realpath": _realpath,
    "rev": _rev,
    "rm": _nothing,
    "sed": _sed,
    "seq": _seq,
    "sleep": _nothing,
    "sort": _sort,
    "tac": _tac,
    "tail": lambda run: _end(run, head=False),
    "tee": lambda run: run.stdin,
    "touch": _nothing,
    "tr": _tr,
    "uniq": _uniq,
    "xxd": _xxd,
}
