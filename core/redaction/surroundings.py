"""Secrets that only what surrounds them gives away.

Private key blocks (RFC 7468, OpenSSH, OpenPGP), passwords in URLs (RFC 3986, 3.2.1),
authorization headers (RFC 9110, 11.6.2), `curl -u`, netrc(5) and the `auth` members
of Docker's config.json.
"""

from __future__ import annotations

from .lazy import lazy
from .likeness import JUDGED, is_placeholder, is_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

_KEY_BEGIN = lazy(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = lazy(r"-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
#: Without one of these, in lower case, nothing here finds anything.
WORDS = ("private key", "://", "authorization", "bearer ", "curl", "login", "auth")
#: Sixteen characters of the key itself, anywhere between the two lines.
_KEY_BODY = lazy(r"[A-Za-z0-9+/=]{16}")
#: What a key block without its end line, or without its first, is made of.
_KEY_TEXT = lazy(r"(?:[A-Za-z0-9+/=\s:,>|→-]|\\[nr])+")
_LONGEST_KEY = 32 * 1024

_URL_LOGIN = lazy(
    r"://(?P<user>[^\s/:@\"'<>`]{0,128}):(?P<s>[^\s/\"'<>`]{1,256})@(?=[\w\[$.-])"
)
_HEADER = lazy(
    r"authorization\\?[\"'\]]{0,2}[ \t]{0,4}[:=,][ \t]{0,4}\\?[\"'`]?"
    r"(?P<scheme>[a-z][a-z0-9-]{2,20} {1,4})?(?P<s>[^\s\"'`,;\\<>]{8,4096})"
)
_BEARER = lazy(r"(?P<scheme>bearer {1,4})(?P<s>[a-z0-9._~+/=:-]{16,4096})")
_CURL_USER = lazy(
    r"(?<=\s)(?:-u|--user|--proxy-user)[ =]{0,2}[\"']?[^\s:\"']{1,64}:"
    r"(?P<s>(?!//)[^\s\"']{3,128})"
)
_NETRC = lazy(r"login\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(?P<s>[^\s\"']{3,128})")
_DOCKER_AUTH = lazy(r"\"auth\\?\"[ \t]{0,4}:[ \t]{0,4}\\?\"(?P<s>[a-z0-9+/=]{8,512})")
_PLAIN_WORD = lazy(r"[A-Za-z]?[a-z]+(?:[-_.][a-z]+)*[.!?]?")


def find_surrounded(text: str, low: str) -> Iterator[tuple[int, int, str]]:
    """Yield begin, end and rule of each secret found by its surroundings.

    :param low: text in lower case, of the same length.
    """
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)
    if "://" in text:
        yield from _after(text, text, "://", _URL_LOGIN, "url-password")
    if "authorization" in low:
        yield from _after(text, low, "authorization", _HEADER, "authorization")
    if "bearer " in low:
        yield from _after(text, low, "bearer ", _BEARER, "authorization")
    if "curl" in low:
        yield from _after(text, text, "-u", _CURL_USER, "login-password")
        yield from _after(text, text, "--", _CURL_USER, "login-password")
    if "login" in low and "password" in low:
        yield from _after(text, low, "login", _NETRC, "login-password")
    if 'auth"' in low or 'auth\\"' in low:
        yield from _after(text, low, '"auth', _DOCKER_AUTH, "authorization")


def _after(
    text: str, searched: str, word: str, pattern: re.Pattern[str], rule: str
) -> Iterator[tuple[int, int, str]]:
    """Yield what pattern finds at each place of word in searched."""
    place = searched.find(word)
    while place >= 0:
        match = pattern.match(searched, place)
        end = place + len(word)
        if match is not None:
            begin, stop = match.span("s")
            value = text[begin : min(stop, begin + JUDGED)]
            if not is_placeholder(value) and _credible(match, value):
                yield begin, stop, rule
                end = stop
        place = searched.find(word, end)


def _credible(match: re.Match[str], value: str) -> bool:
    """Return whether an authorization's value is more than a word or code."""
    groups = match.groupdict()
    if "scheme" not in groups:
        return True
    if groups["scheme"] is None:
        return is_token(value, literal=False)
    return not _PLAIN_WORD.fullmatch(value)


def _private_keys(text: str) -> Iterator[tuple[int, int, str]]:
    last = 0
    begin = _KEY_BEGIN.search(text)
    end = _KEY_END.search(text)
    while begin is not None:
        following = _KEY_BEGIN.search(text, begin.end())
        limit = following.start() if following else len(text)
        while end is not None and end.start() < begin.end():
            yield from _tail_of_key(text, last, end)
            last = end.end()
            end = _KEY_END.search(text, last)
        stop = _key_stop(text, begin, end, limit)
        if stop is not None:
            yield begin.start(), stop, "private-key"
            last = stop
        begin = following
        # A key that was taken whole took its end line too.
        while end is not None and end.end() <= last:
            end = _KEY_END.search(text, last)
    while end is not None:
        yield from _tail_of_key(text, last, end)
        last = end.end()
        end = _KEY_END.search(text, last)


def _key_stop(
    text: str, begin: re.Match[str], end: re.Match[str] | None, limit: int
) -> int | None:
    """Return where the key that starts at begin ends, None when there is no key."""
    if end is not None and end.end() <= min(limit, begin.end() + _LONGEST_KEY):
        found = _KEY_BODY.search(text, begin.end(), end.start())
        return end.end() if found else None
    body = _KEY_TEXT.match(text, begin.end(), min(limit, begin.end() + _LONGEST_KEY))
    if body is None or not _KEY_BODY.search(text, body.start(), body.end()):
        return None
    return body.end()


def _tail_of_key(
    text: str, last: int, end: re.Match[str]
) -> Iterator[tuple[int, int, str]]:
    """Yield the end of a key whose first line is not in the text."""
    begin = end.start()
    floor = max(last, begin - _LONGEST_KEY)
    while begin > floor and (
        text[begin - 1] in "+/=\r\n\t \\" or _plain(text[begin - 1])
    ):
        begin -= 1
    if _KEY_BODY.search(text, begin, end.start()):
        yield begin, end.end(), "private-key"


def _plain(character: str) -> bool:
    return character.isascii() and character.isalnum()
