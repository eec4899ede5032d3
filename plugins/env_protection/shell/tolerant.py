"""Commands in a text that is no valid bash: tree-sitter reads over the faults.

Bash does not run such a text. Another shell may: what can be told apart is followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_TAKEN = frozenset(
    ["command", "variable_assignment", "declaration_command", "redirected_statement"]
)
#: More nodes are not looked at, the text is mostly rubbish then.
_MOST_NODES = 2000


@cache
def _parser() -> Parser:
    # Imported with the first broken text, not with the daemon.
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def commands_in(text: str) -> list[str]:
    """Return the pieces of a broken text that are commands, in their order."""
    data = text.encode("utf-8", "surrogatepass")
    pieces = _pieces(_parser().parse(data).root_node)
    return [data[start:end].decode("utf-8", "replace") for start, end in pieces]


def _pieces(root: Node) -> Iterator[tuple[int, int]]:
    waiting = [root]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if node.type in _TAKEN and not node.has_error:
            yield node.start_byte, node.end_byte
        else:
            waiting.extend(reversed(node.children))
