"""`grep` and its kin: a pattern first, files after it, directories below them."""

from __future__ import annotations

from collections.abc import Sequence

from ..words import UNKNOWN
from .call import Call, Reader, programs
from .options import Parsed
from .tree import Found, any_matches, as_unknown, secrets_below

_GREP = (
    "e= f< A= B= C= m= d= D= regexp= file< after-context= before-context= context= "
    "max-count= include= exclude= exclude-from< exclude-dir= include-dir= label= "
    "binary. binary-files= directories= devices= color. colour. group-separator="
)
#: Notes that people look for in all of a project; no secret has them on its line.
_NOTES = frozenset({"TODO", "FIXME", "XXX", "HACK", "DEPRECATED", "NOQA"})
_CODE = ("def ", "class ", "import ", "from ", "function ", "func ", "fn ", "const ",
         "interface ", "struct ", "public ", "private ", "return ", "export default",
         "describe(", "it(", "async ", "await ", "type ", "enum ", "impl ",
         "<<<<<<<", ">>>>>>>", "console.log", "print(")  # fmt: skip


def shows_code_only(patterns: Sequence[str]) -> bool:
    """Return whether these patterns match lines of source code, none of settings.

    Such a search in a whole directory shows no secret, although it opens the files.
    """
    if not patterns:
        return False
    for pattern in patterns:
        bare = pattern.strip("\\b^$<>").replace("\\(", "(").replace("\\s+", " ")
        if any(mark in bare for mark in ("|", "\n", UNKNOWN, "=", "*", "KEY", "key")):
            return False
        code = bare.startswith(_CODE) and len(bare) > 4 and not set(bare) & set("[?+{")
        if not code and bare.rstrip(":(") not in _NOTES:
            return False
    return True


def _patterns(parsed: Parsed) -> tuple[list[str], list[str]]:
    """Return the patterns and the files that a search is given."""
    operands = [word.text for word in parsed.operands]
    named = [word.text for word in parsed.values("e", "regexp")]
    if named or parsed.has("f", "file"):
        return named, operands
    return operands[:1], operands[1:]


def _grep(call: Call) -> None:
    parsed = call.parse(_GREP)
    call.apply_options(parsed)
    patterns, files = _patterns(parsed)
    recurse = parsed.has("r", "R", "recursive", "dereference-recursive") or any(
        word.text == "recurse" for word in parsed.values("d", "directories")
    )
    recurse = recurse or call.name == "rgrep"
    if recurse and not files:
        files = ["."]
    included = [word.text for word in parsed.values("include")]
    excluded = [word.text for word in parsed.values("exclude")]
    without = [word.text.rstrip("/") for word in parsed.values("exclude-dir")]
    harmless = shows_code_only(patterns)
    for text in files:
        if not recurse or not _is_below(call, text):
            call.read(text, "searches it")
        else:
            search_below(call, text, included, excluded, without, harmless=harmless)


def _is_below(call: Call, text: str) -> bool:
    path = call.path(text)
    return UNKNOWN in path or call.world.is_directory(path)


def search_below(
    call: Call,
    text: str,
    included: Sequence[str],
    excluded: Sequence[str],
    without: Sequence[str],
    *,
    harmless: bool = False,
) -> None:
    """Report what a search in a directory reads.

    :param included: patterns of names; none means all.
    :param without: patterns of directories that are not entered.
    :param harmless: whether nothing secret can match what is looked for.
    """
    if harmless and not call.world.is_secret(call.path(text)):
        call.access("look", text, "searches it for code")
        return
    if not (included or excluded or without):
        call.read(text, "searches it", below=True)
        return

    def wanted(item: Found) -> bool:
        if included and not any_matches(included, item.name):
            return False
        if any_matches(excluded, item.name):
            return False
        return not any(any_matches(without, name) for name in item.parts[:-1])

    path = call.path(text)
    found, is_whole = secrets_below(call, path, wanted)
    for each in found:
        call.read(each, "searches it")
    if found or is_whole or any_matches(excluded, ".env"):
        return
    if not included:
        call.read(text, "searches it", below=True)
    for pattern in included:
        call.read(f"{text}/{as_unknown(pattern)}", "searches it")


_RG = (
    "e= f< A= B= C= m= g= t= T= j= M= E= r= d= regexp= file< after-context= "
    "before-context= context= max-count= glob= iglob= type= type-not= type-add= "
    "threads= max-columns= encoding= replace= max-depth= maxdepth= ignore-file? pre! "
    "pre-glob= sort= sortr= color= colors= context-separator= engine= max-filesize= "
    "path-separator= dfa-size-limit= regex-size-limit= hostname-bin! hyperlink-format= "
    "field-match-separator= field-context-separator= stop-on-nonmatch."
)


def _rg(call: Call) -> None:
    """ripgrep: hidden and ignored files only when it is told so, or when named."""
    parsed = call.parse(_RG)
    call.apply_options(parsed)
    if parsed.has("files", "type-list"):
        files = [word.text for word in parsed.operands]
        for text in files:
            call.access("look", text)
        return
    patterns, files = _patterns(parsed)
    unrestricted = sum(item.name in ("u", "unrestricted") for item in parsed.items)
    hidden = parsed.has("hidden", ".") or unrestricted > 1
    _search(call, parsed, patterns, files, hidden)


def _search(
    call: Call, parsed: Parsed, patterns: list[str], files: list[str], hidden: bool
) -> None:
    globs = [
        w.text for w in parsed.values("g", "glob", "iglob", "G", "file-search-regex")
    ]
    included = [glob.rpartition("/")[2] for glob in globs if not glob.startswith("!")]
    excluded = [glob[1:].rpartition("/")[2] for glob in globs if glob.startswith("!")]
    harmless = shows_code_only(patterns)
    typed = parsed.has("t", "type")
    for text in files or ["."]:
        path = call.path(text)
        if not _is_below(call, text):
            call.read(text, "searches it")
        elif included and not typed:
            search_below(call, text, included, excluded, (), harmless=harmless)
        elif typed:
            call.access("look", text, "searches files of a type")
        elif hidden or call.world.is_secret(path):
            search_below(call, text, (), excluded, (), harmless=harmless)
        elif _is_word(patterns):
            call.access("look", text, "searches what is not hidden")
        else:
            found, _ = secrets_below(
                call, path, lambda i: not any_matches(excluded, i.name), hidden=False
            )
            for each in found:
                call.read(each, "searches it")


def _is_word(patterns: Sequence[str]) -> bool:
    """Return whether somebody looks for something, not for every line."""
    telling = "".join(patterns).replace("\\b", "")
    return sum(
        letter.isalnum() or letter == "_" for letter in telling
    ) >= 3 and not any(
        mark in telling.upper() for mark in ("BEGIN", "PRIVATE", ".*$", "^.*")
    )


_AG = (
    "A= B= C= G= m= p= W= g= ignore= ignore-dir= depth= file-search-regex= pager! "
    "path-to-ignore? after= before= context= max-count= workers="
)


def _ag(call: Call) -> None:
    """The silver searcher, ack, pt, ugrep: as ripgrep."""
    parsed = call.parse(_AG)
    if parsed.has("g", "l.files") and call.name == "ag":
        return
    call.apply_options(parsed)
    operands = [word.text for word in parsed.operands]
    hidden = parsed.has("hidden", "u", "unrestricted", "U", "skip-vcs-ignores.", "a")
    _search(call, parsed, operands[:1], operands[1:], hidden)


def _fzf(call: Call) -> None:
    parsed = call.parse(
        "q= f= preview! bind= d= n= m. query= filter= delimiter= height= "
        "prompt= header= nth= with-nth= execute!"
    )
    call.apply_options(parsed)


TABLE: dict[str, Reader] = {
    **programs(
        "grep egrep fgrep zgrep zegrep zfgrep bzgrep xzgrep pcregrep pcre2grep "
        "ggrep rgrep agrep sgrep ripgrep-all",
        _grep,
    ),
    **programs("rg rga", _rg),
    **programs("ag ack ack-grep pt ugrep ug sift", _ag),
    **programs("fzf sk peco", _fzf),
}
