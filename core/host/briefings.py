"""What of a briefing reaches the model when not all of it fits."""

from __future__ import annotations

from collections.abc import Iterable

from hookwright.hookspecs import BriefingPart

#: Tokens for the marks and line breaks around one part.
_AROUND = 4


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a model makes of text, rather too many.

    An estimate without any model's vocabulary: four ASCII characters a token,
    rounded up, and one token for every other character.
    """
    ascii_characters = sum(character.isascii() for character in text)
    return -(-ascii_characters // 4) + len(text) - ascii_characters


def cut_briefing(parts: Iterable[BriefingPart], tokens: int) -> list[BriefingPart]:
    """Return the parts that fit into tokens, in order of falling value.

    A part is whole or not there; one that does not fit makes room for a smaller one
    of less value. Parts of equal value keep their order, repeats are left out.
    """
    taken: list[BriefingPart] = []
    seen: set[tuple[str, str]] = set()
    left = tokens
    for part in sorted(parts, key=lambda item: -item.value):
        cost = estimate_tokens(part.title) + estimate_tokens(part.text) + _AROUND
        if cost > left or (part.title, part.text) in seen:
            continue
        seen.add((part.title, part.text))
        taken.append(part)
        left -= cost
    return taken
