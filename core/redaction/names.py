"""Names that tell that what they name is a secret."""

from __future__ import annotations

from .lazy import IGNORECASE, lazy
from .likeness import (
    JUDGED,
    QUOTED,
    SHELL,
    is_password,
    is_public_identifier,
    is_random,
    is_token,
)

PASSWORD_RULE = "password"  # noqa: S105 - a rule's name
TOKEN_RULE = "secret-value"  # noqa: S105 - a rule's name

#: Without one of these, in lower case, no text has a name that tells.
WORDS = ("pass", "pwd", "_pw", "secret", "token", "credential", "key")
_PASSWORD_WORDS = ("pass", "pwd", "_pw")
#: How `pass` goes on in names of passwords.
_PASS = lazy(r"(?:word|wd|phrase|code)s?(?![a-z])|(?:word|wd|phrase)", IGNORECASE)
#: What a word may be followed by without a separator: `password`, `secretKey`.
_CONTINUED = lazy(r"(?:key|token|value|text|base|data)(?![a-z])", IGNORECASE)
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
    r"|column|budget|public|pub|strength|reset|required|enabled|provider|manager"
    r"|store|backend|source|engine|mode|scope|scopes|kind|class|title|description"
    r"|prompt|alg|curve|usages|fingerprint|thumbprint|rules|stdin)$",
    IGNORECASE,
)
_PUBLIC_BEFORE = lazy(r"(?:public|primary|foreign|sort|partition)[_.-]?$", IGNORECASE)
#: `DB_PASS`, `smtp-pass`, `dbPass`; not `bypass`, `compass`.
_PASS_FILLERS = frozenset(("my", "your", "the", "a", "new", "old"))
_PART = lazy(r"[_.-]$")
_CLEAR_NAME = lazy(r"[A-Z][A-Z0-9_]*")
_FILLERS = frozenset(("my", "your", "the", "a", "new", "old"))
_PART = lazy(r"[^\W\d_]+")


class Name:
    """A name that tells; what it is made of."""

    __slots__ = ("clear", "common", "is_password", "is_phrase", "parts")

    def __init__(self, before: str, word: str, rest: str) -> None:
        low = word.lower()
        self.is_password = low in _PASSWORD_WORDS
        #: Spaces are part of it.
        self.is_phrase = self.is_password and rest.lower().startswith("phrase")
        #: A key of something, as also caches and tables have them.
        self.common = low == "key" and not _SECRET_KEY.search(before)
        self.parts = _parts(before + word + rest)
        ends = rest.strip("_-.").lower() in ("", "key", "value", "base", "phrase")
        #: Whether letters alone would be a secret: nowhere, in a shell, in quotes.
        self.clear = (QUOTED if low == "secret" else SHELL) if ends else SHELL + 1


_known: dict[tuple[str, str, str, bool], Name | None] = {}
_MOST_KNOWN = 512


def tells(before: str, word: str, rest: str, quoted: bool) -> Name | None:
    """Return the name, or None when it does not tell of a secret.

    :param before: the name's part before the word that tells.
    :param word: that word, as it is written.
    :param rest: the name's part after it.
    :param quoted: the name is in quotes, or an object's member.
    """
    key = (before, word, rest, quoted)
    try:
        return _known[key]
    except KeyError:  # one look: another thread may empty it meanwhile
        low = word.lower()
    if low in _PASSWORD_WORDS:
        found = _tells_password(before, word, rest, quoted)
    else:
        found = _tells(before, low, rest)
    name = Name(before, word, rest) if found else None
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[key] = name
    return name


def judge(name: Name, value: str, place: int) -> str:
    """Return the rule by which value is a secret, or "".

    :param place: where the value stands, see `likeness`.
    """
    value = value[:JUDGED]
    if name.is_phrase and place == QUOTED:
        place = SHELL
    if name.is_password:
        return PASSWORD_RULE if is_password(value, place) else ""
    if name.common and _is_common(value):
        return ""
    words = place >= name.clear and not _echoes(name, value)
    return TOKEN_RULE if is_token(value, place, words=words) else ""


def judge_member(name: str, value: str) -> str:
    """Return the rule by which value, a member `name` of an object, is a secret."""
    low = name.lower()
    if len(low) != len(name) or len(name) > 100:
        return ""
    for word in WORDS:
        at = low.rfind(word)
        if at >= 0:
            # Not before: hardly any name holds such a word, and patterns are dear.
            place = SHELL if _CLEAR_NAME.fullmatch(name) else QUOTED
            end = at + len(word)
            found = tells(name[:at], name[at:end], name[end:], True)
            rule = judge(found, value, place) if found else ""
            if rule:
                return rule
    return ""


def _parts(text: str) -> frozenset[str]:
    return frozenset(part.lower() for part in _PART.findall(text))


def _echoes(name: Name, value: str) -> bool:
    """Return whether a value says its name again: `GITHUB_TOKEN=github-token`."""
    return _parts(value) <= name.parts | _FILLERS


def _is_common(value: str) -> bool:
    return is_public_identifier(value) or not is_random(value)


def _tells_password(before: str, word: str, rest: str, quoted: bool) -> bool:
    if word.lower() == "_pw":
        return not rest
    if word.lower() == "pwd":
        return not rest[:1].isalpha() and not _ABOUT.search(rest)
    match = _PASS.match(rest)
    if match is not None:
        after = rest[match.end() :]
        if after[:1].isalpha() and after[0].islower() and not _CONTINUED.match(after):
            return False
        return not _ABOUT.search(after)
    if rest:
        return False
    camel = word[0].isupper() and word[1:2].islower() and before[-1:].islower()
    return before[-1:] in ("_", "-", ".") or camel or (quoted and not before)


def _tells(before: str, word: str, rest: str) -> bool:
    if not _continues(rest) or _ABOUT.search(rest):
        return False
    if word != "key":
        return True
    if _PUBLIC_BEFORE.search(before):
        return False
    return bool(_SECRET_KEY.search(before) or _SEPARATED_KEY.search(before))


def _continues(rest: str) -> bool:
    """Return whether the word ends a part of the name, unlike `tokens`."""
    if not rest or not rest[0].isalpha():
        return True
    if rest[0].isupper() and not rest.isupper():
        return True
    return bool(_CONTINUED.match(rest))
