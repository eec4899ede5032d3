"""Secrets that only what surrounds them gives away.

Passwords and tokens in URLs (RFC 3986, 3.2.1), signatures of signed URLs,
authorization headers (RFC 9110, 11.6.2), cookies (RFC 6265), netrc(5), npm's `_auth`
and the `auth` members of Docker's config.json. Private keys are in `private_keys`,
arguments of programs in `arguments`.
"""

from __future__ import annotations

from .lazy import lazy
from .likeness import JUDGED, QUOTED, is_password, is_placeholder, is_random, is_token
from .private_keys import find_private_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator

    _Found = Iterator[tuple[int, int, str]]

#: Without one of these, in lower case, nothing here finds anything.
WORDS = ("://", "bearer ", "curl", "login", "auth", "cookie", "sig=", "signature=")

_URL_LOGIN = lazy(
    r"://(?P<user>[^\s/:@\"'<>`]{0,512}+)(?::(?P<s>[^\s/\"'<>`]{0,256}))?"
    r"@(?=[\w\[$.-])"
)
#: What stands for a password where the user is a token.
_NO_PASSWORD = ("", "x-oauth-basic", "x-token-auth", "x", "api", "token")
_SIGNATURE = lazy(r"sig(?:nature)?=(?P<s>[a-z0-9%+/_-]{20,512}+(?:=|%3d){0,2})")
_HEADER = lazy(
    r"authorization\\{0,3}[\"'\]]{0,2}[ \t]{0,4}[:=,][ \t]{0,4}\\{0,3}[\"'`]?"
    r"(?P<scheme>[a-z][a-z0-9-]{2,20} {1,4})?(?P<s>[^\s\"'`,;\\<>]{8,4096}+)"
)
_BEARER = lazy(r"(?P<scheme>bearer {1,4})(?P<s>[a-z0-9._~+/=:-]{16,4096}+)")
_NETRC = lazy(
    r"login\s{1,8}\S{1,128}\s{1,8}(?:account\s{1,8}\S{1,128}\s{1,8})?"
    r"password\s{1,8}(?P<s>[^\s\"']{3,128})"
)
_AUTH_MEMBER = lazy(
    r"\"auth\\{0,3}\"[ \t]{0,4}:[ \t]{0,4}\\{0,3}\"(?P<s>[a-z0-9+/=]{8,1024})"
)
#: npm's own file, with user and password in base64.
_AUTH_LINE = lazy(
    r"_auth(?P<scheme>)[ \t]{0,4}[=\t ][ \t]{0,4}[\"']?(?P<s>[a-z0-9+/=]{8,1024})"
)
#: `auth=("user", "password")`, `HTTPBasicAuth("user", "password")`.
_AUTH_PAIR = lazy(
    r"auth[ \t]{0,2}=?[ \t]{0,2}\([ \t]{0,4}[\"'][^\"'\r\n]{0,64}[\"'][ \t]{0,4},"
    r"[ \t]{0,4}[\"'](?P<s>[^\"'\r\n]{4,128})"
)
_PLAIN_WORD = lazy(r"[A-Za-z]?[a-z]+(?:[-_.][a-z]+)*[.!?]?")
_COOKIES = lazy(
    r"(?:cookies?2?\\{0,3}[\"'\]]{0,2}[ \t]{0,4}[:=,(][ \t]{0,4}|-b[ \t]{1,4}"
    r"|--cookie[ \t]{1,4})\\{0,3}[\"'`]?(?P<all>[^\r\n\"'`\\]{8,4096})"
)
_COOKIE = lazy(r"(?P<name>[\w.$%-]{1,64}+)=(?P<s>[^;,\s]{8,4096}+)")
_SESSION = lazy(
    r"sess|sid|auth|token|jwt|csrf|xsrf|remember|login|secret|credential|key"
)


def find_surrounded(text: str, low: str, words: Collection[str]) -> _Found:
    """Yield begin, end and rule of each secret found by its surroundings.

    :param low: text in lower case, of the same length.
    :param words: of `WORDS` and `names.WORDS` those that can be in it.
    """
    if "key" in words and "PRIVATE KEY" in text:
        yield from find_private_keys(text)
    if "://" in words and "@" in text:
        yield from _url_logins(text)
    if "sig=" in words or "signature=" in words:
        yield from _signatures(text, low)
    if "auth" in words:
        yield from _after(text, low, "authorization", _HEADER, "authorization")
        yield from _after(text, low, '"auth', _AUTH_MEMBER, "authorization")
        yield from _after(text, low, "_auth", _AUTH_LINE, "authorization")
        yield from _auth_pairs(text, low)
    if "bearer " in words:
        yield from _after(text, low, "bearer ", _BEARER, "authorization")
    if "login" in words and "pass" in words:
        yield from _after(text, low, "login", _NETRC, "login-password")
    if "cookie" in words or "curl" in words:
        yield from _cookies(text, low)


def _after(
    text: str, searched: str, word: str, pattern: re.Pattern[str], rule: str
) -> _Found:
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
    if not groups["scheme"]:
        return is_token(value, 0)
    return not _PLAIN_WORD.fullmatch(value)


def _auth_pairs(text: str, low: str) -> _Found:
    for match in _AUTH_PAIR.finditer(low):
        begin, end = match.span("s")
        value = text[begin:end]
        if not value.isalpha() and is_password(value, QUOTED):
            yield begin, end, "login-password"


def _url_logins(text: str) -> _Found:
    for match in _URL_LOGIN.finditer(text):
        password = match["s"]
        if password is None or password in _NO_PASSWORD:
            if _is_user_token(match["user"][:JUDGED], password):
                begin, end = match.span("user")
                yield begin, end, "url-token"
        elif not is_placeholder(password[:JUDGED]):
            begin, end = match.span("s")
            yield begin, end, "url-password"
            if len(match["user"]) >= 20 and is_random(match["user"][:JUDGED]):
                begin, end = match.span("user")
                yield begin, end, "url-token"


def _is_user_token(user: str, password: str | None) -> bool:
    """Return whether the user of a URL is a token, which needs no password."""
    if len(user) < 16:
        return False
    if is_random(user):
        return True
    if password is None:
        return len(user) >= 20 and not user.islower() and is_token(user, QUOTED)
    return is_token(user, QUOTED)


def _signatures(text: str, low: str) -> _Found:
    for match in _SIGNATURE.finditer(low):
        if low[match.start() - 1 : match.start()] in ("?", "&", ";", "-"):
            begin, end = match.span("s")
            if is_token(text[begin:end][:JUDGED], QUOTED):
                yield begin, end, "url-signature"


def _cookies(text: str, low: str) -> _Found:
    for match in _COOKIES.finditer(low):
        if match[0][0] == "-" and "curl" not in low[: match.start()]:
            continue
        begin, end = match.span("all")
        for cookie in _COOKIE.finditer(text, begin, end):
            value = cookie["s"][:JUDGED]
            if is_placeholder(value):
                continue
            session = _SESSION.search(cookie["name"].lower())
            if is_random(value) or (session and is_token(value, QUOTED)):
                yield *cookie.span("s"), "cookie"
