"""Whether a value that stands where a secret would stand looks like one."""

from __future__ import annotations

import math
from _operator import ne

from .labels import LABELS
from .lazy import DOTALL, IGNORECASE, lazy

#: How much of a value is judged; a longer one is taken whole or left whole.
JUDGED = 96
#: Where a value stands, by how sure it is that it is one. Code may be anything: a
#: name, a type, a call.
CODE = 0
#: All that follows the name on its line (YAML, an INI file).
LINE = 1
#: In quotes, an object's member, a flag's argument, a URL's parameter.
QUOTED = 2
#: `NAME=value` with a name in capitals, as in shells and `.env` files.
SHELL = 3

#: What people write where a secret belongs, and what documentation prints.
_PLACEHOLDER = lazy(
    r"<.*>?|\$(?!(?:\d[a-z]?|argon2\w*)\$).*|\{.*|\(.*\)|%\(\w+\)s|%\{\w+\}|%\w+%"
    r"|%[sdvq]|@\w+@|#\{.*"
    r"|(?:your|example|change|replace|insert|todo|dummy|fake|placeholder|redacted"
    r"|some|any|enter)(?:[-_. ].*|me|this|)\d*"
    r"|.*(?:example|_here|-here|placeholder|changeme).*"
    r"|[x*.\-_#0 ]+|(?:os\.|process\.|env\.|secrets\.|vault:|ssm:|op://|ref\+).*",
    DOTALL,
)
_SEQUENCE = "0123456789abcdefghijklmnopqrstuvwxyz01234567890"
_PATH = lazy(r"(?:~|\.{1,2})?(?:/[\w.@ -]{0,30})+|[A-Za-z]:\\.*")
_WORDS = lazy(r"[^\W\d_]+(?:[-_. :/]{1,2}[^\W\d_]+)*[.:;!?]?")
_ADDRESS = lazy(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://.*", DOTALL)
_IDENTIFIER = lazy(r"[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)*")
#: Types and variables that end in a number.
_TYPE = lazy(
    r"(?:u?int|float|double|utf|sha|base|md|char|varchar|text|str|string|vec|[a-z]|arg"
    r"|args|param|value|val|field|var|tmp|item|test|pass|password|passwd|pwd|pw|token"
    r"|secret|key|user|hash|hashed|input|data|name|new|old|line|row|col|obj|res|ret)"
    r"_?\d{1,3}",
    IGNORECASE,
)
_SEPARATOR = lazy(r"[-_./:]")
_HEX = lazy(r"[0-9a-fA-F]{20,}")
_UUID = lazy(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGEST = lazy(r"(?:sha\d{1,3}|md5)[-:=][A-Za-z0-9+/=]+|[0-9a-f]{7,64}")


class _Kinds(dict[int, str]):
    """Gives each character a letter for its kind, and remembers it."""

    def __missing__(self, code: int) -> str:
        c = chr(code)
        kind = (
            "a" if c.islower() else "A" if c.isupper() else "0" if c.isdigit() else "-"
        )
        if code < 256:
            self[code] = kind
        return kind


_KINDS = _Kinds()


def is_placeholder(value: str) -> bool:
    """Return whether value is a stand-in, a reference or a documented sample."""
    low = value.lower()
    return low in LABELS or bool(_PLACEHOLDER.fullmatch(low)) or low in _SEQUENCE


def is_public_identifier(value: str) -> bool:
    """Return whether value is a uuid, a commit or a digest: long, but no secret."""
    return bool(_UUID.fullmatch(value) or _DIGEST.fullmatch(value))


def entropy(value: str) -> float:
    """Return the Shannon entropy of value's characters, in bits a character."""
    size = len(value)
    # Counted by `count`: judging dense texts takes most of its time here.
    shares = [value.count(character) / size for character in set(value)]
    return -sum([share * math.log2(share) for share in shares])


def turns(value: str) -> float:
    """Return how often the kind of character changes, from 0 to 1.

    Random text changes between lower case, upper case, digit and sign at about
    every second character; words and camelCase do so at every sixth.
    """
    kinds = value.translate(_KINDS)
    changes: int = sum(map(ne, kinds, kinds[1:]))
    return changes / max(1, len(value) - 1)


def is_password(value: str, place: int) -> bool:
    """Return whether value can be a password.

    :param place: where it stands: `CODE`, `LINE`, `QUOTED` or `SHELL`.
    """
    if len(value) < 6 or is_placeholder(value) or _is_elsewhere(value):
        return False
    if place != SHELL and any(character.isspace() for character in value):
        return False
    if place in (CODE, LINE) and not _is_plain(value):
        return False
    if _WORDS.fullmatch(value):
        return _is_word_password(value, place)
    if place >= QUOTED or not _IDENTIFIER.fullmatch(value):
        return True
    digits = sum(character.isdigit() for character in value)
    if "." not in value and not _TYPE.fullmatch(value):
        # Names in code end in one digit or two.
        return digits > (0 if place == LINE else 2)
    return is_random(value)


def _is_word_password(value: str, place: int) -> bool:
    """Return whether a value of letters alone is a password people would choose."""
    if place == SHELL or _is_random_letters(value):
        return True
    if place == CODE or not value.isalpha() or "pass" in value.lower():
        return False
    # `Password` in a form, `SecretStr` in a model and `userName` in code are labels.
    return value.islower() or (place == QUOTED and value.isupper())


def is_token(value: str, place: int, *, words: bool = False) -> bool:
    """Return whether value can be an API key, token or other made-up secret.

    :param place: where it stands: `CODE`, `LINE`, `QUOTED` or `SHELL`.
    :param words: letters alone are enough, for the name says clearly what it is.
    """
    if len(value) < 8 or is_placeholder(value) or _is_elsewhere(value):
        return False
    if " " in value or value.replace(".", "").isdigit():
        return False
    if _WORDS.fullmatch(value):
        if words and place == SHELL:
            return True
        long_word = len(value) >= 12 and value.isalpha() and value.islower()
        if place < QUOTED and (value.isupper() or _is_dotted_name(value)):
            return False
        return _is_random_letters(value) or (words and place == QUOTED and long_word)
    if place >= QUOTED:
        return entropy(value) >= 2.5
    if not _is_plain(value) or _is_dotted_name(value):
        return False
    return is_random(value) or (place == LINE and _is_mixed(value))


def _is_mixed(value: str) -> bool:
    """Return whether a value without separators mixes letters and digits enough."""
    if len(value) < 10 or not value.isalnum() or not value.isascii():
        return False
    digits = sum(map(str.isdigit, value))
    if digits >= 3 and len(value) - digits >= 3:
        return True
    long_mix = len(value) >= 20 and turns(value) >= 0.25
    return long_mix and digits > 0 and not value.islower() and not value.isupper()


def is_random(value: str) -> bool:
    """Return whether value is long and mixed enough not to be a name."""
    if len(value) < 12:
        return False
    if _HEX.fullmatch(value) or _UUID.fullmatch(value):
        return True
    # Names in code turn at their separators too, so those do not count.
    plain = _SEPARATOR.sub("", value)
    if len(plain) < 12 or entropy(plain) < 3.0:
        return False
    # camelCase with a number in it (`parseV2Token`) is not enough.
    digits = sum(character.isdigit() for character in plain)
    sure = digits > 1 and not ("." in value and _IDENTIFIER.fullmatch(value))
    return turns(plain) >= (0.25 if sure else 0.4)


def _is_elsewhere(value: str) -> bool:
    """Return whether value only names a file, an address or a variable."""
    if _ADDRESS.fullmatch(value):
        return True
    if not _PATH.fullmatch(value):
        return False
    # One key of 64 begins with a slash: base64 has it.
    return len(value) < 32 or "." in value or turns(value) < 0.4


def _is_dotted_name(value: str) -> bool:
    """Return whether value is an attribute in code: `Name.Builtin.Pseudo`."""
    if "." not in value or not _IDENTIFIER.fullmatch(value):
        return False
    return sum(character.isdigit() for character in value) < 2


def _is_random_letters(value: str) -> bool:
    return len(value) >= 16 and turns(value) >= 0.3 and entropy(value) >= 3.2


def _is_plain(value: str) -> bool:
    """Return whether value has none of the signs of a call, an index or a type."""
    return not any(sign in value for sign in "(){}[]")
