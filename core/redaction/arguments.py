"""Passwords that programs take as arguments: `mysql -pX`, `sshpass -p X`.

Long flags (`--password X`) need no table: their names tell. Here are the short ones,
by program, as the programs' manuals have them.
"""

from __future__ import annotations

from .lazy import lazy
from .likeness import is_placeholder

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

#: Before every flag. One without letters: a text is taken apart at these.
_DASH = " -"
#: The first letters of the flags below, in lower case; `-` is a long one's.
_NO_FLAG = ""
_LETTERS = frozenset("pawus-b")

_WORD = (
    r"(?:\"(?P<d>[^\"\r\n]{3,256})|'(?P<s>[^'\r\n]{3,256})"
    r"|(?P<b>[^\s\"'`;|&<>]{3,256}))"
)
#: The rest of a command up to one of its flags.
_TO = r"[^\n;|]{0,200}?(?:\\\n[^\n;|]{0,200}?){0,3}[ \t]"


def _flag(program: str, flag: str, gap: str) -> re.Pattern[str]:
    return lazy(rf"{program}{_TO}{flag}{gap}{_WORD}")


_ATTACHED = r"(?![ \t=])"
_APART = r"(?:[ \t]{1,4}|=)(?!-)"
_EITHER = r"(?:[ \t]{0,4}|=)(?!-)"
_LOGIN = r"(?P<user>[^\s:%\"']{1,64})"


def _curl(flag: str) -> re.Pattern[str]:
    return lazy(rf"curl{_TO}{flag}[ =]{{0,2}}[\"']?{_LOGIN}:(?!//){_WORD}")


#: The flag's first letter, what of the program's name has to be in the text, and the
#: command. A pattern begins with literal text: it is looked for, not tried everywhere.
_COMMANDS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("p", "mysql", _flag(r"mysql[\w-]{0,20}", "-p", _ATTACHED)),
    ("p", "mariadb", _flag(r"mariadb[\w-]{0,20}", "-p", _ATTACHED)),
    ("p", "sshpass", _flag(r"sshpass", "-p", _EITHER)),
    ("p", "login", _flag(r"login", "-p", _EITHER)),
    ("p", "mongo", _flag(r"mongo\w{0,12}", "-p", _APART)),
    ("p", "7z", _flag(r"7z\w{0,2}", "-p", _ATTACHED)),
    ("p", "rar", _flag(r"rar", "-h?p", _ATTACHED)),
    ("p", "zip", _flag(r"zip", "-P", _EITHER)),
    ("p", "sqlcmd", _flag(r"sqlcmd", "-P", _EITHER)),
    ("p", "plink", _flag(r"plink", "-pw", _APART)),
    ("p", "pscp", _flag(r"pscp", "-pw", _APART)),
    ("p", "pass:", lazy(rf"-pass(?:in|out)?[ \t]{{1,4}}[\"']?pass:{_WORD}")),
    ("a", "redis-cli", _flag(r"redis-cli", "-a", _APART)),
    ("w", "ldap", _flag(r"ldap\w{2,12}", "-w", _EITHER)),
    ("u", "smbclient", lazy(rf"smbclient{_TO}-U[ \t]{{0,4}}[\"']?{_LOGIN}%{_WORD}")),
    ("u", "curl", _curl(r"-u")),
    ("-", "curl", _curl(r"--user")),
    ("-", "curl", _curl(r"--proxy-user")),
    (
        "s",
        "sudo",
        lazy(
            rf"(?:echo|printf)[ \t]{{1,4}}{_WORD}[\"']?[ \t]{{0,4}}\|[ \t]{{0,4}}sudo"
        ),
    ),
    (
        _NO_FLAG,
        "chpasswd",
        lazy(
            rf"(?:echo|printf)[ \t]{{1,4}}[\"']?{_LOGIN}:{_WORD}[\"']?[ \t]{{0,4}}\|"
            r"[ \t]{0,4}(?:sudo[ \t]{1,4})?chpasswd"
        ),
    ),
    (
        "b",
        "htpasswd",
        lazy(
            rf"htpasswd{_TO}-\w{{0,4}}b\w{{0,4}}[ \t]{{1,4}}\S{{1,128}}[ \t]{{1,4}}"
            rf"\S{{1,64}}[ \t]{{1,4}}{_WORD}"
        ),
    ),
)
_VALUES = ("d", "s", "b")


def commands_in(low: str, *, passwd: bool) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of the commands that may be in a text.

    :param low: the text in lower case.
    :param passwd: whether it has the word `pass`.
    """
    flags = {_NO_FLAG} if passwd else set()
    if _DASH in low:
        flags |= _LETTERS.intersection([part[:1] for part in low.split(_DASH)[1:]])
    if not flags:
        return ()
    return tuple(
        [
            pattern
            for flag, program, pattern in _COMMANDS
            if flag in flags and program in low
        ]
    )


def find_arguments(
    text: str, patterns: Iterable[re.Pattern[str]]
) -> Iterator[tuple[int, int, str]]:
    """Yield begin, end and `login-password` of each password given to a program.

    :param patterns: what `commands_in` found.
    """
    for pattern in patterns:
        for match in pattern.finditer(text):
            kind = next(name for name in _VALUES if match[name])
            if not is_placeholder(match[kind]):
                yield *match.span(kind), "login-password"
