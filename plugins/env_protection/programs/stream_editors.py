"""`sed` and `awk`: scripts whose commands read and write files and start programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..words import UNKNOWN
from .call import Call, Reader, programs
from .script_tokens import AWK, MOST_TOKENS, Token, tokens_of

_SED = (
    "e= f< l= E. i. s. n. r. u. z. expression= file< line-length= in-place. separate."
)


def _sed(call: Call) -> None:
    """`sed`: the first operand is the script unless `-e` or `-f` gave one."""
    parsed = call.parse(_SED)
    scripts = [word.text for word in parsed.values("e", "expression")]
    for word in parsed.values("f", "file"):
        call.read(word.text, "takes commands from it")
        scripts.append(call.world.text_of(call.path(word.text)) or "")
    files = [word.text for word in parsed.operands]
    if not parsed.has("e", "expression", "f", "file"):
        scripts, files = files[:1], files[1:]
    edits = parsed.has("i", "in-place", "I")
    for text in files:
        call.access("write" if edits else "read", text)
    for text in scripts:
        sed_script(call, text)


def sed_script(call: Call, text: str) -> None:
    """Report what a sed script opens and runs: `r`, `R`, `w`, `W`, `e`, `s///e`."""
    for kind, value in _sed_commands(text):
        if not call.findings.step():
            return
        if kind in "rR":
            call.read(value)
        elif kind in "wW":
            call.access("write", value)
        elif kind == "e" and value:
            call.command(value)
        elif kind == "E":
            call.doubt("sed s///e", "the command it makes is not known") if (
                _names_secret(call, value)
            ) else None
            call.command(value)


def _names_secret(call: Call, text: str) -> bool:
    return any(call.world.is_secret(call.path(part)) for part in text.split()[:50])


def _sed_commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield the commands that take a file or a command, with it."""
    place = 0
    while place < len(text):
        letter = text[place]
        if letter in " \t\n;{}!0123456789,$~+":
            place += 1
        elif letter in "/\\":
            place = _after_pattern(text, place + (letter == "\\"))
        elif letter in "rRwWe":
            end = text.find("\n", place)
            end = len(text) if end < 0 else end
            yield letter, text[place + 1 : end].strip().rstrip("}").strip()
            place = end
        elif letter in "sy":
            place, found = _substitution(text, place)
            yield from found
        elif letter in "aic:btT#vqQlLF":
            stops = "\n" if letter in "aic#" else "\n;}"
            while place < len(text) and text[place] not in stops:
                place += 2 if text[place] == "\\" else 1
        else:
            place += 1


def _after_pattern(text: str, place: int) -> int:
    """Return where an address that begins at `place` with its delimiter has ended."""
    mark = text[place : place + 1]
    place += 1
    in_set = False
    while place < len(text) and (text[place] != mark or in_set):
        if text[place] == "\\":
            place += 1
        elif text[place] == "[":
            in_set = True
        elif text[place] == "]":
            in_set = False
        place += 1
    return place + 1


def _substitution(text: str, place: int) -> tuple[int, list[tuple[str, str]]]:
    """Return where `s/a/b/flags` ends, and what its flags `e` and `w` do."""
    mark = text[place + 1 : place + 2]
    if not mark:
        return place + 1, []
    at, parts, start = place + 2, 0, place + 2
    middle = start
    while at < len(text) and parts < 2:
        if text[at] == "\\":
            at += 1
        elif text[at] == mark:
            parts += 1
            if parts == 1:
                middle = at + 1
        at += 1
    replacement = text[middle : at - 1]
    found: list[tuple[str, str]] = []
    while text[place] == "s" and at < len(text) and text[at] in "gpIiMme0123456789w":
        if text[at] == "e":
            found.append(("E", replacement.replace("&", UNKNOWN)))
        if text[at] == "w":
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            found.append(("w", text[at + 1 : end].strip()))
            at = end
            break
        at += 1
    return at, found


_AWK = ("F= v= f< i< e= E< l= M. d. p. o> file< assign= source= include< exec< "
        "field-separator= load=")  # fmt: skip


def _awk(call: Call) -> None:
    """`awk`: the first operand is the program; `name=value` operands are no files."""
    parsed = call.parse(_AWK)
    sources = [word.text for word in parsed.values("e", "source")]
    for word in parsed.values("f", "file", "E", "exec", "i", "include"):
        call.read(word.text, "takes its program from it")
        content = call.world.text_of(call.path(word.text))
        if content is not None:
            with call.script() as inner:
                awk_program(inner, content, {})
    operands = [word.text for word in parsed.operands]
    if not sources and not parsed.has("f", "file", "E", "exec"):
        sources, operands = operands[:1], operands[1:]
    values: dict[str, str] = {}
    for word in parsed.values("v", "assign"):
        name, _, value = word.text.partition("=")
        values[name] = value
    for text in operands:
        name, equals, value = text.partition("=")
        if equals and name.isidentifier():
            values[name] = value
        else:
            call.read(text)
    for text in sources:
        awk_program(call, text, values)


#: Longer programs are not followed.
_LONGEST_PROGRAM = 16_000


def awk_program(call: Call, text: str, values: dict[str, str]) -> None:
    """Report what an awk program opens and runs: `getline`, `print >`, `system`..."""
    if len(text) > _LONGEST_PROGRAM:
        call.doubt("awk", "the program is too long to be followed")
        return
    if not call.findings.step(1 + len(text) // 4):
        return
    tokens = tokens_of(text, AWK)
    if len(tokens) > MOST_TOKENS:
        call.doubt("awk", "the program is too long to be followed")
        return
    known = dict(values)
    for place, token in enumerate(tokens):
        if not call.findings.step():
            return
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.kind == "w" and after is not None and after.text == "=":
            known[token.text] = _text(tokens, place + 2, known)
        elif token.kind == "w" and token.text == "getline":
            _getline(call, tokens, place, known)
        elif token.kind == "w" and token.text == "system":
            call.command(_text(tokens, place + 2, known))
        elif token.kind == "w" and token.text in ("print", "printf"):
            _print(call, tokens, place, known)
        elif token.text == "ARGV" and token.kind == "w":
            _argv(call, tokens, place, known)
        elif (
            token.text == "@"
            and after is not None
            and after.text in ("include", "load")
        ):
            call.read(_text(tokens, place + 2, known))


def _text(tokens: Sequence[Token], place: int, known: dict[str, str]) -> str:
    """Return texts that stand side by side from a place on, as one."""
    made: list[str] = []
    nested = 0
    while place < len(tokens):
        token = tokens[place]
        if token.kind == "s":
            made.append(token.text or "".join(token.parts))
        elif token.kind == "n":
            made.append(token.text)
        elif token.kind == "w" and token.text in ("getline", "print", "while", "if"):
            break
        elif token.kind == "w":
            if token.text in ("sprintf", "substr", "toupper", "tolower", "$"):
                return UNKNOWN
            made.append(known.get(token.text, UNKNOWN))
        elif token.text == "(":
            nested += 1
        elif token.text == ")" and nested:
            nested -= 1
        elif token.text == "$":
            made.append(UNKNOWN)
            place += 1
        else:
            break
        place += 1
    return "".join(made)


def _getline(
    call: Call, tokens: Sequence[Token], place: int, known: dict[str, str]
) -> None:
    at = place + 1
    if at < len(tokens) and tokens[at].kind == "w":
        at += 1
        if at < len(tokens) and tokens[at].text == "[":
            while at < len(tokens) and tokens[at].text != "]":
                at += 1
            at += 1
    if at < len(tokens) and tokens[at].text == "<":
        text = _text(tokens, at + 1, known)
        if text != UNKNOWN or call.strict:
            call.read(text)
    before = place - 1
    if before >= 0 and tokens[before].text in ("|", "|&"):
        start = before - 1
        while (
            start >= 0
            and tokens[start].kind in ("s", "w")
            and (tokens[start].text not in ("while", "if"))
        ):
            start -= 1
        call.command(_text(tokens, start + 1, known))


def _print(
    call: Call, tokens: Sequence[Token], place: int, known: dict[str, str]
) -> None:
    at = place + 1
    nested = 0
    while at < len(tokens) and tokens[at].kind != ";":
        text = tokens[at].text
        if tokens[at].kind == "o":
            nested += {"(": 1, ")": -1}.get(text, 0)
            if text == "}" or nested < 0:
                return
            if text in (">", ">>") and not nested:
                target = _text(tokens, at + 1, known)
                if target != UNKNOWN:
                    call.access("write", target)
                return
            if text in ("|", "|&") and not nested:
                call.command(_text(tokens, at + 1, known))
                return
        at += 1


def _argv(
    call: Call, tokens: Sequence[Token], place: int, known: dict[str, str]
) -> None:
    at = place + 1
    while at < len(tokens) and tokens[at].text != "]":
        at += 1
    if at + 1 < len(tokens) and tokens[at + 1].text == "=":
        call.read(_text(tokens, at + 2, known))


TABLE: dict[str, Reader] = {
    **programs("sed gsed ssed minised", _sed),
    **programs("awk gawk mawk nawk goawk original-awk frawk", _awk),
}
