"""Secrets that only their name gives away: `DB_PASSWORD=...`, `"api_key": "..."`.

The text is searched for the few words such names contain (a plain substring
search), and one pattern reads the rest of the name, operator and value at each place.
`names` tells which names are meant, `likeness` which values.
"""

from __future__ import annotations

from .lazy import lazy
from .likeness import CODE, JUDGED, LINE, QUOTED, SHELL, is_random
from .names import Name, judge, tells

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

_QUOTED = (
    r"\\{1,3}\"(?P<escaped>[^\"\\\r\n;|&<>]{6,2048}+)"
    r"|\"(?P<double>(?:[^\"\\\r\n]|\\[^\r\n]){6,2048}+)"
    r"|'(?P<single>[^'\r\n]{6,2048}+)"
    r"|`(?P<back>[^`\s<>(){}]{6,2048}+)(?=`)"
)
_READ = lazy(
    r"(?P<rest>[A-Za-z0-9_.-]{0,45}+)(?:"
    # An assignment, a member, a header, an element; with a type between.
    r"(?P<close>\\{0,3}[\"']?\]?)"
    r"(?:[ \t]{0,8}:[ \t]{0,4}[A-Za-z][\w.|\[\]]{0,40}[ \t]{0,4}=(?!=)"
    r"|(?P<op>[ \t]{0,8}(?::=|={1,3}>?|:(?![:?])|>(?![@:/]))))(?P<gap>[ \t]{0,8})"
    # A name and its value as two members: Kubernetes, Terraform, many an API.
    r"|\\{0,3}[\"']?,?[\s\\n]{1,24}(?P<pair>[\\\"']{0,4}value[\\\"']{0,4}[ \t]{0,4}[:=]"
    r"[ \t]{0,4})"
    # The next argument of a call or of a list.
    r"|(?P<next>\\{0,3}[\"'],[ \t]{0,4})"
    # A flag's argument, `ENV NAME value`, `npm config set name value`.
    r"|(?P<flag>[ \t]{1,4}(?P<said>(?:is|was):?[ \t]{1,4})?)"
    # Not a variable, not a gap to be filled.
    r")(?!\\{0,3}[\"'`]?(?:\$(?!\d|argon)|\{\{|<|%\())"
    rf"(?:[bfru]?(?:{_QUOTED})|(?P<bare>"
    # A comma ends a value only where another one follows.
    r"(?=\S{6})[^\s\"'`,;<>&|\\]{1,2048}+"
    r"(?:,(?![\s\"']|[\w.]{0,40}[=:]|$)[^\s\"'`,;<>&|\\]{1,256}+){0,8}+))"
)
_VALUES = ("escaped", "double", "single", "back", "bare")
_BEFORE = 40
_ESCAPED = ("n", "r", "t")
#: A value's first characters tell enough; brackets further on change nothing.
_JUDGED = 2 * JUDGED
_SHORTEST = 6
_NOTHING = ("", 0, 0)
#: What the part of a name before the word is made of, and what stands in front of it.
_NAME = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
#: What stands right before `key` in names of secrets.
_KEY_BEFORE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.-")
#: Right behind the word, none of these belongs to a name or to an assignment.
_DEAD = frozenset(")(;}{/|*+<[!?#@$%^&~")
_CONTINUES = frozenset("ktvbdowpc")
#: What makes a secret of a key in a sentence: `the API key: ...`.
_KEY_WORDS = frozenset(
    (
        "api",
        "access",
        "secret",
        "private",
        "signing",
        "encryption",
        "license",
        "account",
    )
)
_BRACKET = lazy(r"[()\[\]{}]")
_SHELL_NAME = lazy(r"[A-Z][A-Z0-9_]*")
_SIGN = lazy(r"\d|[!#%&*+?@^~]\w")
_SETS = lazy(
    r"(?:^|\s|\\n)(?:env|arg|setx|setenv|set[ \t]+-\w{1,3}|set)[ \t]+\S{0,60}$"
)
_SECTION = lazy(r"(?:^|\n|\\n)[ \t]*\[[^\]\r\n]{1,60}\][ \t]*(?:\r?\n|\\|$)")
#: Also signs that an unquoted value cannot have in a shell, but has in other files.
_LINE_END = lazy(
    r"[^\s\"'`\\]{0,64}(?:[ \t]+#|[ \t]*(?:\r|\n|\\{1,3}[nr]|\\{0,3}[\"']|$))"
)
_LINE_BREAK = lazy(r"\n|\\n|[\"'][ \t]{0,8}")
_CONNECTION_END = lazy(r"[&|<>]{0,8};|[\"'\r\n]|$")
#: What may stand before a name that begins a line of a configuration file.
_LEAD = " \t-"


def find_assigned(
    text: str, low: str, words: Iterable[str]
) -> Iterator[tuple[int, int, str]]:
    """Yield begin, end and rule of each value that its name tells to be a secret.

    :param low: text in lower case, of the same length.
    :param words: of `names.WORDS` those that can be in it.
    """
    # What stands here many times is judged once.
    judged: dict[tuple[Name, str, int], str] = {}
    for word in words:
        size = len(word)
        place = low.find(word)
        while place >= 0:
            end = place + size
            if low[end : end + 1] not in _DEAD and _may_tell(text, low, place, end):
                # Looked up here: it compiles, and most words found tell nothing.
                match = _READ.match(text, end)
                if match is not None:
                    rule, begin, stop = _judge(text, match, place, judged)
                    if rule:
                        yield begin, stop, rule
                        end = max(end, stop)
            place = low.find(word, end)


def _may_tell(text: str, low: str, place: int, end: int) -> bool:
    """Return whether a look at what follows the word is worth its time."""
    following = low[end : end + 1]
    if "a" <= following <= "z" and _is_dead(text, end, following):
        return False
    if low[place] != "k" or low[place - 1 : place] in _KEY_BEFORE:
        return True
    # `key` by itself is a dictionary's; `API key` is not.
    return low[place - 1 : place] == " " and bool(_before_key(low, place))


def _before_key(text: str, place: int) -> str:
    """Return the word before `key` in a sentence, where the two are a secret's name."""
    head = text[max(0, place - 16) : place].rstrip(" ")
    word = head[len(head.rstrip(_NAME)) :]
    return f"{word}_" if word.lower() in _KEY_WORDS else ""


def _is_dead(text: str, end: int, following: str) -> bool:
    """Return whether the word is part of another one, as in `tokens`, `keyboard`."""
    return following not in _CONTINUES and (
        text[end].islower() or text[end - 1].isupper()
    )


def _judge(
    text: str,
    match: re.Match[str],
    at: int,
    judged: dict[tuple[Name, str, int], str],
) -> tuple[str, int, int]:
    """Return the rule by which the value is a secret, where it begins and ends."""
    kind = match.lastgroup
    assert kind is not None
    head = text[max(0, at - _BEFORE) : at]
    before = head[len(head.rstrip(_NAME)) :]
    if not before and head.endswith(" "):
        before = _before_key(text, at)
    if "\\" in head and before[:1] in _ESCAPED and head[: -len(before)][-1:] == "\\":
        before = before[1:]  # an escaped line break, in a text in JSON
    quoted = match["close"] is None or bool(match["close"])
    name = tells(before, text[at : match.start()], match["rest"], quoted)
    if name is None:
        return _NOTHING
    begin, stop = match.span(kind)
    value = text[begin : min(stop, begin + _JUDGED)]
    if len(value) < _SHORTEST:
        return _NOTHING
    if kind == "bare" and match["gap"] and value[-1] in ")]" and _is_call(value):
        return _NOTHING
    where = _place(text, match, kind, at - len(before))
    if where < 0:
        return _NOTHING
    if kind != "bare":
        return judge(name, value, where), begin, stop
    # What is no value as a whole line may be one with a sentence around it.
    for place in (where, CODE) if where == LINE else (where,):
        whole = _trimmed(value, place)
        key = (name, whole, place)
        rule = judged.get(key)
        if rule is None:
            rule = judged[key] = judge(name, whole, place)
        if rule:
            return rule, begin, stop if whole == value else begin + len(whole)
    return _NOTHING


def _is_call(value: str) -> bool:
    head = value.partition("(")[0].partition("[")[0]
    return len(head) < len(value) and not is_random(head[:JUDGED])


def _place(text: str, match: re.Match[str], kind: str, start: int) -> int:
    """Return where the value stands, or -1 where the name has nothing to do with it.

    :param start: where the name begins.
    """
    if match["said"] is not None:
        # `the password is ...`; `the token is expired` tells none.
        return LINE if _SIGN.search(match[kind]) else -1
    if match["flag"] is not None:
        return _flag_place(text, start)
    if match["next"] is not None:
        # The rest of a list of names is no value; what looks like a secret is.
        return _next_place(text, match, start)
    if match["pair"] is not None:
        return QUOTED
    tight = match["op"] == "=" and not match["gap"] and not match["close"]
    if tight and _SHELL_NAME.fullmatch(text, start, match.end("rest")):
        return SHELL
    if kind != "bare":
        return QUOTED
    front = text[start - 1 : start]
    # A query, npm's own file, a flag: `--name=value`, `-Dname=value`.
    if tight and (front in ("?", "&", ":") or text.startswith("-", start)):
        return QUOTED
    if tight and front == ";" and _CONNECTION_END.match(text, match.end()):
        return QUOTED
    return _line_place(text, match, start, tight)


def _flag_place(text: str, start: int) -> int:
    # The dashes of a flag are among the signs of names.
    if text.startswith("-", start):
        return QUOTED
    line = text[max(0, start - 100) : start].lower()
    return QUOTED if _SETS.search(line) else -1


def _next_place(text: str, match: re.Match[str], start: int) -> int:
    if match["bare"] is not None:
        return -1
    if text.startswith("-", start):
        return QUOTED
    kind = match.lastgroup or ""
    if _SHELL_NAME.fullmatch(text, start, match.end("rest")):
        return -1 if _SHELL_NAME.fullmatch(match[kind]) else QUOTED
    return CODE


def _line_place(text: str, match: re.Match[str], start: int, tight: bool) -> int:
    """Return whether name and value are a line of a configuration file."""
    # A line of a text in JSON begins with an escaped line break, or with the text.
    line = _LINE_BREAK.split(text[max(0, start - 80) : start])[-1]
    if line.strip(_LEAD) or not _LINE_END.match(text, match.end()):
        return CODE
    op = (match["op"] or "").strip()
    if op == ":" and match["gap"] and not match["close"]:
        return LINE
    if op != "=" or match["close"]:
        return CODE
    if tight:
        return LINE
    return LINE if _SECTION.search(text, max(0, start - 400), start) else CODE


def _trimmed(value: str, place: int) -> str:
    """Return a bare value without the brackets and stops that end a sentence."""
    if place >= LINE:
        return value.rstrip(")]}") if place == QUOTED else value
    value = value.partition(",")[0]
    head = _BRACKET.split(value, maxsplit=1)[0]
    if len(head) == len(value):
        return value.rstrip(")]}.:!?")
    # A call or an index, unless what is called can be no name.
    if is_random(head[:JUDGED]):
        return head
    opened = any(bracket in value for bracket in "([{")
    return value if opened else value.rstrip(")]}.:!?")
