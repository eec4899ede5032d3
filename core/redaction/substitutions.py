"""Keep what a shell or an interpreter would run out of what is hidden.

A guard judges commands after their secrets were taken out. Whoever writes
`PASSWORD="x1$(cat FILE)"` must not get the command out of its sight that way, so only
the constant parts of a value are taken for a secret.
"""

from __future__ import annotations

from .lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Command, process and parameter substitution, backquotes, a call in an f-string.
_OPENING = lazy(r"\$[({]|`|[<>]\(|\{[^{}]{0,200}\(")
_CLOSING = ")}`"
#: What ends a command outside of quotes.
_ENDS = lazy(r"[;|&<>\r\n]")
#: A quote inside of a value, with what would be a command if it ended the quotes.
_QUOTE = lazy(r"[\"']")
_COMMAND = lazy(r"[;|&<>\s]")
#: Less than this of a secret tells nothing.
_LEAST = 3


def constant_parts(
    text: str, begin: int, end: int, *, bare: bool
) -> Iterator[tuple[int, int]]:
    """Yield begin and end of what of a value is no substitution.

    :param bare: no quotes belong to the value, so it ends where a command would.
    """
    piece = text[begin:end]
    cut = _ENDS.search(piece) if bare else None
    if cut is None and ('"' in piece or "'" in piece) and _COMMAND.search(piece):
        cut = _QUOTE.search(piece)
    if cut is not None:
        end = begin + cut.start()
        piece = text[begin:end]
    if "(" not in piece and "`" not in piece and "${" not in piece:
        if end - begin >= _LEAST:
            yield begin, end
        return
    opening = _OPENING.search(piece)
    if opening is None:
        yield begin, end
        return
    if opening.start() >= _LEAST:
        yield begin, begin + opening.start()
    last = max(piece.rfind(sign) for sign in _CLOSING) + 1
    if last > opening.end() and len(piece) - last >= _LEAST:
        yield begin + last, end
