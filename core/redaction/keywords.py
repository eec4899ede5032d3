"""Which rules can find anything in a text at all: nearly always none.

Looking for each rule's keyword costs one pass over the text, a hundred passes in all.
Most keywords have a short word before their first `_`, `-` or `.`, so those are looked
up in the set of words that stand before such a sign: three passes.
"""

from __future__ import annotations

from .rules import RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .rules import Rule

_SIGNS = "_-."
#: How much of the word before a sign is looked at.
_TAIL = 3
#: With more signs than one in so many characters, taking a text apart is the slow way.
_DENSE = 6


def _grouped() -> tuple[
    dict[str, dict[str, list[tuple[str, Rule]]]], list[tuple[str, Rule]]
]:
    """Return keywords by sign and the end of the word before it, and the others."""
    groups: dict[str, dict[str, list[tuple[str, Rule]]]] = {sign: {} for sign in _SIGNS}
    others = []
    for rule in RULES:
        for keyword in rule.keywords:
            places = [(keyword.find(sign, 2), sign) for sign in _SIGNS]
            place, sign = min(each for each in (*places, (99, "")) if each[0] > 0)
            if sign:
                tail = keyword[max(0, place - _TAIL) : place]
                groups[sign].setdefault(tail, []).append((keyword, rule))
            else:
                others.append((keyword, rule))
    return groups, others


_GROUPS, _OTHERS = _grouped()


def rules_in(text: str) -> list[Rule]:
    """Return the rules that a text has to be looked through with."""
    found = [rule for keyword, rule in _OTHERS if keyword in text]
    for sign, tails in _GROUPS.items():
        number = text.count(sign)
        if number == 0:
            continue
        if number * _DENSE > len(text):
            maybe = [each for pairs in tails.values() for each in pairs]
        else:
            words = {piece[-_TAIL:] for piece in text.split(sign)}
            words |= {word[1:] for word in words}
            maybe = [each for word in words & tails.keys() for each in tails[word]]
        found += [rule for keyword, rule in maybe if keyword in text]
    if not found:
        return found
    # In the order of the table: of two that find the same, the first names it.
    kept = {rule for rule in found if rule.may_be_in(text)}
    return [rule for rule in RULES if rule in kept]
