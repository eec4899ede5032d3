"""Secrets that only their name gives away: `DB_PASSWORD=...`, `"api_key": "..."`.

The text is searched for the few words such names contain (a plain substring
search), and one anchored pattern reads name, operator and value at each place.
"""

from __future__ import annotations

from .lazy import IGNORECASE, lazy
from .likeness import JUDGED, is_password, is_public_identifier, is_random, is_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

PASSWORD_RULE = "password"  # noqa: S105 - a rule's name
TOKEN_RULE = "secret-value"  # noqa: S105 - a rule's name

_PASSWORD_WORDS = ("passw", "pwd", "passphrase")
_TOKEN_WORDS = ("secret", "token", "credential", "key")
#: Without one of these, in lower case, no text has a name that tells.
WORDS = (*_PASSWORD_WORDS, *_TOKEN_WORDS)
#: What a word may be followed by without a separator: `password`, `secretKey`.
_CONTINUED = lazy(r"(?:ord|d)?(?:key|token|value|text|base|data)?(?![a-z])", IGNORECASE)
#: `key` alone names a dictionary's key; with one of these before it, a secret.
_SECRET_KEY = lazy(
    r"(?:api|app|secret|access|private|encrypt|encryption|decryption|signing|sign"
    r"|master|auth|account|service|storage|shared|client|consumer|license|webhook"
    r"|admin|session|cookie|hmac|aes|jwt|ssh|ssl|tls)[_.-]?$",
    IGNORECASE,
)
_SEPARATED_KEY = lazy(r"[A-Za-z0-9][_.-]$")
#: Names that tell where a secret is or how it is treated, not what it is.
_ABOUT = lazy(
    r"[_.-]?(?:file|files|path|dir|url|uri|endpoint|name|names|id|ids|type|types|count"
    r"|length|len|size|limit|min|max|ttl|expiry|expires|expiration|at|age|prefix"
    r"|suffix|header|field|env|var|pattern|regex|re|policy|rotation|version|algorithm"
    r"|format|label|hint|help|error|message|placeholder|ref|arn|usage|used|index"
    r"|column|budget|public|pub|strength|reset|required|enabled|provider|manager)$",
    IGNORECASE,
)
_PUBLIC_BEFORE = lazy(r"(?:public|primary|foreign|sort|partition)[_.-]?$", IGNORECASE)

_QUOTED = (
    r"\\{1,3}\"(?P<escaped>[^\"\\\r\n]{1,2048})"
    r"|\"(?P<double>(?:[^\"\\\r\n]|\\[^\r\n]){1,2048})"
    r"|'(?P<single>[^'\r\n]{1,2048})"
    r"|`(?P<back>[^`\r\n]{1,2048})"
)
_READ = lazy(
    r"(?P<name>[A-Za-z0-9_.-]{3,48})(?P<close>\\{0,3}[\"']?\]?)"
    r"(?:[ \t]{0,8}:[ \t]{0,4}[A-Za-z][\w.|\[\]]{0,40}[ \t]{0,4}=(?!=)"
    r"|(?P<op>[ \t]{0,8}(?::=|={1,3}>?|:|>)))"
    r"(?P<gap>[ \t]{0,8})"
    rf"(?:[bfru]?(?:{_QUOTED})|(?P<bare>[^\s\"'`,;<>&|\\]{{1,2048}}))"
)
_FLAG = lazy(
    r"(?P<name>[A-Za-z0-9-]{3,32})[ \t]{1,4}"
    r"(?:\"(?P<double>[^\"\r\n]{1,2048})|'(?P<single>[^'\r\n]{1,2048})"
    r"|(?P<bare>[^\s\"'`;<>&|\\-][^\s\"'`;<>&|\\]{0,2047}))"
)
_VALUES = ("escaped", "double", "single", "back", "bare")
_BEFORE = 40
_BRACKET = lazy(r"[()\[\]{}]")
_SHELL_NAME = lazy(r"[A-Z][A-Z0-9_]*")


def find_assigned(text: str, low: str) -> Iterator[tuple[int, int, str]]:
    """Yield begin, end and rule of each value that its name tells to be a secret.

    :param low: text in lower case, of the same length.
    """
    for word in WORDS:
        place = low.find(word)
        while place >= 0:
            end = place + len(word)
            match = _READ.match(text, place) or _flag_at(text, place)
            if match is not None:
                rule, begin, stop = _judge(text, match, word)
                if rule:
                    yield begin, stop, rule
                    end = max(end, stop)
            place = low.find(word, end)


def _flag_at(text: str, place: int) -> re.Match[str] | None:
    """Return the match of `--some-token VALUE` on a command line."""
    dashes = text.rfind("--", max(0, place - _BEFORE), place + 1)
    if dashes < 0 or not _is_name(text[dashes:place]):
        return None
    return _FLAG.match(text, place)


def _is_name(text: str) -> bool:
    return not text or all(c.isalnum() or c in "-_" for c in text)


def _judge(text: str, match: re.Match[str], word: str) -> tuple[str, int, int]:
    groups = match.groupdict()
    kind = next(name for name in _VALUES if groups.get(name))
    begin, stop = match.span(kind)
    before = _name_before(text, match.start())
    rest = match["name"][len(word) :]
    # A shell file's `NAME=value` and a flag's value cannot be code.
    shell = (
        groups.get("op") == "="
        and not groups.get("gap")
        and not groups.get("close")
        and bool(_SHELL_NAME.fullmatch(before + match["name"]))
    )
    literal = kind != "bare" or shell or "close" not in groups
    value = match[kind]
    if kind == "bare":
        value = _trimmed(value, shell)
        stop = begin + len(value)
    rule = judge(before, word, rest, value, literal=literal, shell=shell)
    return rule, begin, stop


def _trimmed(value: str, shell: bool) -> str:
    """Return a bare value without the brackets and stops that end a sentence."""
    if shell:
        return value
    head = _BRACKET.split(value, maxsplit=1)[0]
    if len(head) == len(value):
        return value.rstrip(")]}.:!?")
    # A call or an index, unless what is called can be no name.
    if is_random(head[:JUDGED]):
        return head
    opened = any(bracket in value for bracket in "([{")
    return value if opened else value.rstrip(")]}.:!?")


def _name_before(text: str, place: int) -> str:
    begin = place
    stop = max(0, place - _BEFORE)
    while begin > stop and (text[begin - 1].isalnum() or text[begin - 1] in "_-."):
        begin -= 1
    return text[begin:place]


def judge(
    before: str, word: str, rest: str, value: str, *, literal: bool, shell: bool
) -> str:
    """Return the rule by which value is a secret, or "".

    :param before: the name's part before the word that tells.
    :param word: that word, in lower case.
    :param rest: the name's part after it.
    :param literal: the value cannot be code.
    :param shell: the whole is a line of a shell file.
    """
    if not _tells(before, word, rest):
        return ""
    value = value[:JUDGED]
    if word in _PASSWORD_WORDS:
        words = shell or (literal and word == "passphrase")
        return PASSWORD_RULE if is_password(value, literal=literal, words=words) else ""
    if word == "key" and not _SECRET_KEY.search(before) and _is_common(value):
        return ""
    return TOKEN_RULE if is_token(value, literal=literal) else ""


def _is_common(value: str) -> bool:
    return is_public_identifier(value) or not is_random(value)


def _tells(before: str, word: str, rest: str) -> bool:
    if not _continues(word, rest) or _ABOUT.search(rest):
        return False
    if word != "key":
        return True
    if _PUBLIC_BEFORE.search(before):
        return False
    return bool(_SECRET_KEY.search(before) or _SEPARATED_KEY.search(before))


def _continues(word: str, rest: str) -> bool:
    """Return whether word ends a part of the name, unlike `tokens` and `keyboard`."""
    if word == "passw":
        return bool(_CONTINUED.match(rest)) and rest[:1].lower() in ("o", "d")
    if not rest or not rest[0].isalpha():
        return True
    if rest[0].isupper() and not rest.isupper():
        return True
    match = _CONTINUED.match(rest)
    return match is not None and match.end() > 0 and rest[:3].lower() != "ord"


def judge_member(name: str, value: str) -> str:
    """Return the rule by which value, a member `name` of an object, is a secret."""
    low = name.lower()
    if len(low) != len(name) or len(name) > 100:
        return ""
    for word in WORDS:
        place = low.rfind(word)
        if place >= 0:
            rest = name[place + len(word) :]
            shell = bool(_SHELL_NAME.fullmatch(name))
            rule = judge(name[:place], word, rest, value, literal=True, shell=shell)
            if rule:
                return rule
    return ""
