"""The readers of code, which are loaded when there is code to be read.

Most commands have none, and an agent waits while the first one is judged.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..words import Word
from .call import Call


def read_python(call: Call, text: str, argv: Sequence[Word] = ()) -> None:
    """Report what Python code does.

    :param argv: `sys.argv`.
    """
    from . import python_code

    python_code.read_python(call, text, argv)


def read_tests(call: Call, text: str, path: str) -> None:
    """Report what a Python test file does: its code, then each of its tests."""
    from . import python_code

    python_code.read_tests(call, text, path)


def read_script(
    call: Call, language: str, text: str, argv: Sequence[Word] = ()
) -> None:
    """Report what code of another language does.

    :param language: `node`, `perl`, `ruby`, `php` or `lua`.
    :param argv: the program's own arguments.
    """
    from . import script_languages

    script_languages.read_script(call, language, text, argv)
