"""What of a tool's output the model may read, and what not.

Everything that is found is taken out of what is stored. The model needs more than the
store: text that only looks like a secret may be the very line that it has to edit. So
by default only the known values of the project's own `.env` files are kept from it.
"""

from __future__ import annotations

from .tokens import MARK, TOKEN, collect, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .tokens import Redaction

#: What the tokens of known values begin with, and those of a text that was too long to
#: be looked through.
_KNOWN = MARK + "env-value:"
_MIDDLE = MARK + "middle-of-"


def hidden(
    redaction: Redaction, known: Iterable[str], *, everything: bool
) -> frozenset[str]:
    """Return the tokens that stand for what the model must not read.

    :param known: texts that are secret wherever they occur, see `Redactor.values`.
    :param everything: whether all that was found is kept from it, not those alone.
    """
    if everything or not redaction.originals:
        return frozenset(redaction.originals)
    return frozenset(
        token
        for token, secret in redaction.originals.items()
        if token.startswith(_KNOWN)
        or (token.startswith(_MIDDLE) and any(text in secret for text in known))
    )


def shown(output: Any, redaction: Redaction, tokens: frozenset[str]) -> Any:
    """Return a redacted output with everything put back but what `tokens` stand for.

    None where none of them is in it: the model may read it as it was.

    :param output: a part of the redacted value; lists may have become tuples.
    :raises ValueError: it is nested deeper than `MAX_DEPTH`.
    """
    texts: list[str] = []
    collect(output, texts)
    if not any(token in text for text in texts if MARK in text for token in tokens):
        return None

    def text(given: str) -> str:
        if MARK not in given:
            return given
        return TOKEN.sub(
            lambda match: (
                match[0]
                if match[0] in tokens
                else redaction.originals.get(match[0], match[0])
            ),
            given,
        )

    return walk(output, text, None)
