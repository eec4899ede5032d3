"""`find` and `fd`: which files are found, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..globs import name_matches
from ..words import UNKNOWN, Word
from .call import Call, Reader, programs
from .places import absolute
from .tree import Found, Walk, as_unknown

#: What a test says of a file: yes, no, or None for "it cannot be told here".
Answer = bool | None
Test = Callable[[Found], Answer]

#: Tests that take a value and depend on what a directory listing does not show.
_WITH_VALUE = frozenset(
    [
        "-size",
        "-mtime",
        "-mmin",
        "-atime",
        "-amin",
        "-ctime",
        "-cmin",
        "-newer",
        "-anewer",
        "-cnewer",
        "-newermt",
        "-newerct",
        "-newerat",
        "-perm",
        "-user",
        "-group",
        "-uid",
        "-gid",
        "-links",
        "-inum",
        "-fstype",
        "-samefile",
        "-used",
        "-xtype",
        "-lname",
        "-ilname",
        "-context",
        "-regextype",
        "-Bmin",
        "-Btime",
        "-flags",
    ]
)
_ACTIONS = frozenset(["-exec", "-execdir", "-ok", "-okdir"])
_FILES = frozenset(["-fprint", "-fprint0", "-fls", "-fprintf"])
_MOST_OTHERS = 6


@dataclass
class Search:
    """A find command taken apart.

    :ivar tests: alternatives (`-o`) of tests that all must hold.
    :ivar names: `-name` patterns that a found file must match, for places unknown.
    """

    starts: list[str] = field(default_factory=list)
    test: Test = field(default=lambda _: True)
    runs: list[tuple[str, list[Word]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    deletes: bool = False
    least: int = 0
    most: int = 99


class _Parser:
    """Reads find's expression: `!`, `-a`, `-o`, `,`, parentheses, tests, actions."""

    def __init__(self, call: Call, words: Sequence[Word], search: Search) -> None:
        self.call = call
        self.words = words
        self.place = 0
        self.search = search
        self.depth = 0

    def _peek(self) -> str:
        return self.words[self.place].text if self.place < len(self.words) else ""

    def _next(self) -> str:
        text = self._peek()
        self.place += 1
        return text

    def either(self) -> Test:
        """Read tests joined by `-o` or `,`."""
        found = [self._all()]
        while self._peek() in ("-o", "-or", ","):
            self._next()
            found.append(self._all())
        return found[0] if len(found) == 1 else _any_of(found)

    def _all(self) -> Test:
        found: list[Test] = []
        while self.place < len(self.words) and self._peek() not in (
            "-o", "-or", ",", ")",
        ):  # fmt: skip
            if self._peek() in ("-a", "-and"):
                self._next()
                continue
            found.append(self._one())
        return _all_of(found)

    def _one(self) -> Test:
        text = self._next()
        negated = False
        while text in ("!", "-not") and self.place < len(self.words):
            negated, text = not negated, self._next()
        test = self._plain(text)
        return _not(test) if negated else test

    def _plain(self, text: str) -> Test:
        if text == "(" and self.depth < 40:
            self.depth += 1
            inside = self.either()
            self.depth -= 1
            self._next()
            return inside
        if text in _ACTIONS:
            self._action(text)
            return _yes if text.startswith("-exec") else _maybe
        if text in _FILES:
            self.search.writes.append(self._next())
            if text == "-fprintf":
                self._next()
            return _yes
        if text == "-delete":
            self.search.deletes = True
            return _yes
        if text == "-prune":
            return _yes
        return self._test(text)

    def _test(self, text: str) -> Test:
        if text in ("-name", "-iname"):
            pattern = self._next()
            if self.depth == 0 and self.words[max(self.place - 3, 0)].text not in (
                "!", "-not",
            ):  # fmt: skip
                self.search.names.append(pattern)
            return _named(pattern, fold=text == "-iname")
        if text in ("-path", "-ipath", "-wholename", "-iwholename"):
            return _placed(self._next(), self.search, self.call.cwd)
        if text in ("-regex", "-iregex"):
            return _by_regex(self._next(), self.search, self.call.cwd)
        if text in ("-maxdepth", "-mindepth"):
            value = self._next()
            number = int(value) if value.isdigit() else 99
            if text == "-maxdepth":
                self.search.most = number
            else:
                self.search.least = number
            return _yes
        if text in ("-type",):
            kinds = self._next()
            return lambda item: (
                None
                if "l" in kinds
                else (("d" in kinds) if item.is_directory else ("f" in kinds))
            )
        if text in _WITH_VALUE:
            self._next()
            return _maybe
        if text in ("-printf", "-D", "-files0-from"):
            value = self._next()
            if text == "-files0-from":
                self.call.read(value)
            return _yes
        if text == "-false":
            return lambda _: False
        return (
            _yes if text in ("-true", "-print", "-print0", "-ls", "-depth") else _maybe
        )

    def _action(self, text: str) -> None:
        words: list[Word] = []
        while self.place < len(self.words):
            word = self.words[self.place]
            self.place += 1
            if word.text == ";" or (
                word.text == "+" and words and "{}" in words[-1].text
            ):
                break
            words.append(word)
        self.search.runs.append((text, words))


def _yes(_: Found) -> Answer:
    return True


def _maybe(_: Found) -> Answer:
    return None


def _not(test: Test) -> Test:
    def negated(item: Found) -> Answer:
        answer = test(item)
        return None if answer is None else not answer

    return negated


def _all_of(tests: Sequence[Test]) -> Test:
    def every(item: Found) -> Answer:
        answer: Answer = True
        for test in tests:
            each = test(item)
            if each is False:
                return False
            answer = None if each is None else answer
        return answer

    return every


def _any_of(tests: Sequence[Test]) -> Test:
    def some(item: Found) -> Answer:
        answer: Answer = False
        for test in tests:
            each = test(item)
            if each:
                return True
            answer = None if each is None else answer
        return answer

    return some


def _named(pattern: str, *, fold: bool) -> Test:
    if UNKNOWN in pattern:
        return _maybe
    folded = pattern.lower() if fold else pattern
    return lambda item: name_matches(folded, item.name.lower() if fold else item.name)


def _placed(pattern: str, search: Search, cwd: str) -> Test:
    """`-path`: a pattern on the path as find prints it; `*` matches slashes too."""
    if UNKNOWN in pattern:
        return _maybe

    def placed(item: Found) -> Answer:
        below = "/".join(item.parts)
        spelled = [
            f"{start.rstrip('/')}/{below}" if below else start
            for start in search.starts
        ]
        return any(
            name_matches(pattern, text)
            for text in spelled
            if absolute(text, cwd) == item.path
        )

    return placed


def _by_regex(pattern: str, search: Search, cwd: str) -> Test:
    """Return what a regular expression says of a path, where a pattern can say it."""
    made: list[str] = []
    place = 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\" and pattern[place + 1 : place + 2] in (".", "-", "/", "_"):
            made.append(pattern[place + 1])
            place += 2
        elif pattern.startswith(".*", place):
            made.append("*")
            place += 2
        elif letter == ".":
            made.append("?")
            place += 1
        elif letter in "[](){}|+?^$*\\":
            if letter not in "^$":
                return _maybe
            place += 1
        else:
            made.append(letter)
            place += 1
    return _placed("".join(made), search, cwd)


def parse_find(call: Call) -> Search:
    """Take a find command apart."""
    words = list(call.words)
    search = Search()
    while words and words[0].text in (
        "-H",
        "-L",
        "-P",
        "-D",
        "-E",
        "-X",
        "-s",
        "-x",
        "-d",
    ):
        words = words[2:] if words[0].text == "-D" else words[1:]
    if words and words[0].text.startswith("-O"):
        words = words[1:]
    while words and words[0].text[:1] not in ("-", "(", "!"):
        search.starts.append(words.pop(0).text)
    if words and words[0].text == "-f" and len(words) > 1:
        search.starts.append(words[1].text)
        words = words[2:]
    search.starts = search.starts or ["."]
    search.test = _Parser(call, words, search).either()
    return search


def found_by(call: Call, search: Search) -> list[Word]:
    """Return the files that a search finds: all secret ones, and a few others.

    Where there is too much to look through, a path of unknown stretches stands for the
    rest.
    """
    secrets: list[Word] = []
    others: list[Word] = []
    is_whole = True
    for start in search.starts:
        walk = Walk(call, call.path(start))
        for item in walk:
            if not search.least <= len(item.parts) <= search.most:
                continue
            if search.test(item) is False:
                continue
            spelled = "/".join((start.rstrip("/") or "/", *item.parts))
            if walk.is_secret(item):
                secrets.append(Word(spelled))
            elif len(others) < _MOST_OTHERS:
                others.append(Word(spelled))
        is_whole = is_whole and walk.is_whole
        if not walk.is_whole:
            names = [as_unknown(name) for name in search.names] or [UNKNOWN]
            others.extend(Word(f"{start}/{UNKNOWN}/{name}") for name in names)
    return [*secrets, *others]


def _find(call: Call) -> None:
    search = parse_find(call)
    for text in search.writes:
        call.access("write", text)
    for start in search.starts:
        call.access("look", start, "lists it")
    if not search.runs and not search.deletes:
        return
    found = found_by(call, search)
    if search.deletes:
        for word in found:
            call.access("remove", word.text)
    for kind, words in search.runs:
        _run(call, kind, words, found)


def _run(call: Call, kind: str, words: list[Word], found: list[Word]) -> None:
    """Follow what is started with the files that were found."""
    if not any("{}" in word.text for word in words):
        call.start(words)
        return
    for file in found or [Word("./nothing-found")]:
        text = file.text
        inner = Call(call.name, (), call.shell, call.findings, call.cwd, call.strict)
        if kind.endswith("dir"):
            inner.cwd = call.path(text).rpartition("/")[0] or "/"
            text = f"./{text.rstrip('/').rpartition('/')[2]}"
        if not call.findings.step(len(words)):
            return
        inner.start([Word(word.text.replace("{}", text), word.many) for word in words])


_FD = (
    "e= E= t= d= S= o= x. X. g. extension= exclude= type= max-depth= min-depth= "
    "exact-depth= size= owner= changed-within= changed-before= color= threads= j= "
    "base-directory@ search-path= C@ max-results= path-separator= ignore-file? format= "
    "and= glob."
)


def _fd(call: Call) -> None:
    """`fd`: a pattern, directories; hidden files with `-H`."""
    words = list(call.words)
    run: list[Word] = []
    for place, word in enumerate(words):
        if word.text in ("-x", "-X", "--exec", "--exec-batch"):
            run, words = words[place + 1 :], words[:place]
            break
    call.words = words
    search = _fd_search(call)
    if not run:
        return
    if any(word.text == ";" for word in run):
        run = run[: [word.text for word in run].index(";")]
    if not any("{" in word.text for word in run):
        run = [*run, Word("{}")]
    _run(call, "-exec", run, found_by(call, search))


def _fd_search(call: Call) -> Search:
    parsed = call.parse(_FD)
    call.apply_options(parsed)
    hidden = parsed.has("H", "hidden", "u", "unrestricted")
    operands = [word.text for word in parsed.operands]
    suffixes = [word.text.lstrip(".") for word in parsed.values("e", "extension")]
    excluded = [word.text for word in parsed.values("E", "exclude")]
    glob = parsed.has("g", "glob")
    pattern = operands[0] if operands else ""
    exact = pattern.strip("^$").replace("\\.", ".")

    def test(item: Found) -> Answer:
        if not hidden and any(name.startswith(".") for name in item.parts):
            return False
        if any(name_matches(skip, name) for skip in excluded for name in item.parts):
            return False
        if suffixes and not any(item.name.endswith(f".{each}") for each in suffixes):
            return False
        if glob and pattern:
            return name_matches(pattern, item.name)
        if exact and not set(exact) & set("*[](){}|+?\\"):
            return exact.lower() in item.name.lower()
        return None if pattern else True

    search = Search(starts=operands[1:] or ["."], test=test)
    search.names = [f"*.{each}" for each in suffixes] or (
        [pattern] if glob and pattern else []
    )
    if not hidden and not search.names:
        search.names = ["[a-z]*.x"]  # nothing hidden: no `.env`
    return search


def _locate(call: Call) -> None:
    del call  # names only, of a data base


TABLE: dict[str, Reader] = {
    **programs("find gfind bfs", _find),
    **programs("fd fdfind", _fd),
    **programs("locate mlocate plocate mdfind", _locate),
}
FINDS = frozenset({"find", "gfind", "bfs"})
FDS = frozenset({"fd", "fdfind"})


def fd_names(call: Call) -> list[Word]:
    """Return what an `fd` command prints."""
    return found_by(call, _fd_search(call))
