"""Private keys in text form: RFC 7468, OpenSSH, OpenPGP, whole or in part.

Only what can be text of a key is taken, line by line: nothing else that stands between
its first line and its last may disappear with it.
"""

from __future__ import annotations

from .lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

_BEGIN = lazy(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_END = lazy(r"-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
#: What tools put in front of a line: its number, a diff's or a quotation's sign, the
#: name of the file that it was found in.
_FRONT = (
    r"[ \t]{0,40}(?:\d{1,6}[ \t]{0,2}[→:|\t ]|[>|+-][ \t]?"
    r"|[\w./-]{1,80}[-:]\d{0,6}[-:]?)?"
    r"[ \t]{0,40}[\"']?"
)
_BREAK = r"[\"']?,?[ \t]{0,4}[+\\]?(?:\\+r)?(?:\\+n|\r?\n|$)[\"']?"
_HEADER = (
    r"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID|X-[\w-]{1,20}"
    r"|Key-Info|Subject|Content-Domain):[\w .,:;<>@()/+-]{0,120}"
)
#: Lines, or what was lines before line breaks became spaces.
_TEXT = lazy(
    rf"[ \t]{{0,4}}(?:{_BREAK})?"
    rf"(?:{_FRONT}(?:{_HEADER}|[A-Za-z0-9+/=]{{0,4096}}+)(?:{_BREAK})"
    r"|[A-Za-z0-9+/=]{40,}+[ ]|[A-Za-z0-9+/=]{16,}+(?=[\s\"'`<,;-]|$)[ ]?)*+"
)
#: Sixteen characters of the key itself.
_BODY = lazy(r"[A-Za-z0-9+/=]{16}")
_LAST = lazy(rf"{_FRONT}")
_LINE = lazy(r"[^\n]+")
_WALL = lazy(r"-----(?:BEGIN|END) ")
#: The key's part of a line, without what tools put around it.
_RUN = lazy(r"[A-Za-z0-9+/=]{4,}+(?=(?:\\+[nr])*[\s\"'`,+\\]*$)")
_LONGEST = 32 * 1024


def find_private_keys(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield begin, end and `private-key` of each private key, line by line.

    Line breaks are left: behind one, a shell begins another command.
    """
    for begin, end in _keys(text):
        if "\n" not in text[begin:end]:
            yield begin, end, "private-key"
            continue
        for line in _LINE.finditer(text, begin, end):
            if not _WALL.search(line[0]):
                run = _RUN.search(text, line.start(), line.end())
                if run is not None:
                    yield *run.span(), "private-key"


def _keys(text: str) -> Iterator[tuple[int, int]]:
    last = 0
    end = _END.search(text)
    begin = _BEGIN.search(text)
    while begin is not None:
        while end is not None and end.start() < begin.end():
            yield from _tail(text, last, end)
            last = end.end()
            end = _END.search(text, last)
        stop = _stop(text, begin, end)
        if stop is not None:
            yield begin.start(), stop
            last = stop
        begin = _BEGIN.search(text, max(last, begin.end()))
        # A key that was taken whole took its end line too.
        while end is not None and end.end() <= last:
            end = _END.search(text, last)
    while end is not None:
        yield from _tail(text, last, end)
        last = end.end()
        end = _END.search(text, last)


def _stop(text: str, begin: re.Match[str], end: re.Match[str] | None) -> int | None:
    """Return where the key that starts at begin ends, None when there is no key."""
    limit = min(len(text), begin.end() + _LONGEST)
    body = _TEXT.match(text, begin.end(), limit)
    if body is None or not _BODY.search(text, body.start(), body.end()):
        return None
    stop = body.end()
    if end is None or end.start() < stop:
        return stop
    front = _LAST.match(text, stop, end.start())
    is_next = front is not None and front.end() == end.start()
    return end.end() if is_next else stop


def _tail(text: str, last: int, end: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield the end of a key whose first line is not in the text."""
    floor = max(last, end.start() - _LONGEST)
    begin = end.start()
    while begin > floor:
        start = max(text.rfind("\n", floor, begin - 1) + 1, floor)
        if not _TEXT.fullmatch(text, start, begin):
            # The line's end may be the key's: `KEY="MII... -----END`.
            while begin > start and (
                text[begin - 1] in "+/= \\" or _is_plain(text[begin - 1])
            ):
                begin -= 1
            break
        begin = start
    if _BODY.search(text, begin, end.start()):
        yield begin, end.end()


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()
