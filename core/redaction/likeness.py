"""Whether a value that stands where a secret would stand looks like one."""

from __future__ import annotations

import math
from itertools import pairwise

from .lazy import DOTALL, lazy

#: How much of a value is judged; a longer one is taken whole or left whole.
JUDGED = 96
#: What people write where a secret belongs, and what documentation prints.
_PLACEHOLDER = lazy(
    r"<.*>?|\$.*|\{.*|\(.*\)|%[({]?\w+[)}]?s?%?|@\w+@|#\{.*"
    r"|(?:your|example|change|replace|insert|todo|dummy|fake|placeholder|redacted"
    r"|some|any|enter)(?:[-_. ].*|me|this|)\d*"
    r"|.*(?:EXAMPLE|_here|-here|placeholder).*"
    r"|none|null|nil|undefined|true|false|string|password|passwd|pass|pwd|secret|token|test"
    r"|user|admin|root|default|required|optional|hidden|masked|encrypted|empty"
    r"|[xX*.\-_#0 ]+|(?:os\.|process\.|env\.|secrets\.|vault:|ssm:|op://|ref\+).*",
    DOTALL,
)
_SEQUENCE = "0123456789abcdefghijklmnopqrstuvwxyz01234567890"
_PATH = lazy(r"(?:~|\.{1,2})?(?:/[\w.@ -]{0,30})+|[A-Za-z]:\\.*")
_WORDS = lazy(r"[^\W\d_]+(?:[-_. :/]{1,2}[^\W\d_]+)*[.:;!?]?")
_ADDRESS = lazy(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://.*", DOTALL)
_IDENTIFIER = lazy(r"[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)*")
_SEPARATOR = lazy(r"[-_./:]")
_HEX = lazy(r"[0-9a-fA-F]{20,}")
_UUID = lazy(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGEST = lazy(r"(?:sha\d{1,3}|md5)[-:=][A-Za-z0-9+/=]+|[0-9a-f]{7,64}")


def is_placeholder(value: str) -> bool:
    """Return whether value is a stand-in, a reference or a documented sample."""
    if _PLACEHOLDER.fullmatch(value) or _PLACEHOLDER.fullmatch(value.lower()):
        return True
    return value.lower() in _SEQUENCE


def is_public_identifier(value: str) -> bool:
    """Return whether value is a uuid, a commit or a digest: long, but no secret."""
    return bool(_UUID.fullmatch(value) or _DIGEST.fullmatch(value))


def entropy(value: str) -> float:
    """Return the Shannon entropy of value's characters, in bits a character."""
    if not value:
        return 0.0
    counts: dict[str, int] = {}
    for character in value:
        counts[character] = counts.get(character, 0) + 1
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in counts.values())


def turns(value: str) -> float:
    """Return how often the kind of character changes, from 0 to 1.

    Random text changes between lower case, upper case, digit and sign at about
    every second character; words and camelCase do so at every sixth.
    """
    kinds = [
        0 if c.islower() else 1 if c.isupper() else 2 if c.isdigit() else 3
        for c in value
    ]
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes / max(1, len(value) - 1)


def _is_elsewhere(value: str) -> bool:
    """Return whether value only names a file, an address or a variable."""
    return bool(_PATH.fullmatch(value) or _ADDRESS.fullmatch(value))


def is_password(value: str, *, literal: bool, words: bool) -> bool:
    """Return whether value can be a password.

    :param literal: it is quoted or stands alone, so it cannot be code.
    :param words: letters only, and spaces, are enough (`PASSWORD=letmein` in a shell
        file).
    """
    if len(value) < 6 or is_placeholder(value) or _is_elsewhere(value):
        return False
    if not words and any(character.isspace() for character in value):
        return False
    if not literal and not _is_plain(value):
        return False
    if _WORDS.fullmatch(value):
        return words or _is_random_letters(value)
    return literal or not _IDENTIFIER.fullmatch(value) or is_random(value)


def is_token(value: str, *, literal: bool) -> bool:
    """Return whether value can be an API key, token or other made-up secret.

    :param literal: it is quoted or stands alone, so it cannot be code.
    """
    if len(value) < 8 or is_placeholder(value) or _is_elsewhere(value):
        return False
    if " " in value or value.replace(".", "").isdigit():
        return False
    if _WORDS.fullmatch(value):
        return _is_random_letters(value)
    if literal:
        return entropy(value) >= 2.5
    return _is_plain(value) and is_random(value)


def is_random(value: str) -> bool:
    """Return whether value is long and mixed enough not to be a name."""
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


def _is_random_letters(value: str) -> bool:
    return len(value) >= 16 and turns(value) >= 0.3 and entropy(value) >= 3.2


def _is_plain(value: str) -> bool:
    """Return whether value has none of the signs of a call, an index or a type."""
    return not any(sign in value for sign in "(){}[]")
