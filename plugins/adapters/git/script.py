"""The shell scripts that git runs.

Each is plain POSIX sh in one marked block. It runs the hook that was there before
with the same arguments and input and ends with that hook's exit code; ours is started
only when its program still exists. Its exit code is thrown away, but for the one before
a commit that says "refused": what else goes wrong with ours stops nobody.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

HOOKS = ("pre-commit", "post-commit", "pre-push")
#: Hooks whose answer git waits for.
ANSWERED = ("pre-commit",)
#: The client's exit code for a commit that is refused; no crash has it.
REFUSED = 10
_SUFFIX = ".before-hookwright"
_BEGIN = "# >>> hookwright >>>"
_END = "# <<< hookwright <<<"
_BLOCK = re.compile(
    rf"^{re.escape(_BEGIN)}$.*?^{re.escape(_END)}$\n?".encode(),
    re.MULTILINE | re.DOTALL,
)
_SHEBANG = "#!/bin/sh\n"
_SHELLS = re.compile(
    rb"#! *((?:/\S*/)?(?:env +(?:-S +)?)?(?:sh|bash|dash|zsh|ksh)(?: +-\w+)*) *$"
)
_OWN_NAME = re.compile(rb"\$\{?0|BASH_SOURCE")

_PRE_COMMIT = """\
if [ -x "$hookwright_previous" ]; then
  {chain} || exit $?
fi
{guard} || exit 0
{client} </dev/null >/dev/null
[ "$?" -ne {refused} ] || exit 1
exit 0
"""
_POST_COMMIT = """\
hookwright_status=0
if [ -x "$hookwright_previous" ]; then
  {chain} || hookwright_status=$?
fi
{guard} || exit "$hookwright_status"
# Asked here, because HEAD may have moved on when the message is read.
hookwright_head=$(git rev-parse HEAD --abbrev-ref HEAD 2>/dev/null) || :
set -f
{client} $hookwright_head </dev/null >/dev/null || :
exit "$hookwright_status"
"""
# The list of refs comes on standard input, and both hooks want it.
_PRE_PUSH = """\
hookwright_refs=$(cat)
hookwright_print() {{
  [ -z "$hookwright_refs" ] || printf '%s\\n' "$hookwright_refs" 2>/dev/null
}}
if [ -x "$hookwright_previous" ]; then
  hookwright_print | {chain} || exit $?
fi
{guard} || exit 0
hookwright_print | {client} "$@" >/dev/null || :
exit 0
"""
_SCRIPTS = {
    "pre-commit": _PRE_COMMIT,
    "post-commit": _POST_COMMIT,
    "pre-push": _PRE_PUSH,
}


def previous_of(path: Path) -> Path:
    """Return where the hook that was at path is kept."""
    return path.with_name(path.name + _SUFFIX)


def is_ours(content: bytes | None) -> bool:
    """Return whether the hook holds our block."""
    return content is not None and _BLOCK.search(content) is not None


def programs_of(content: bytes) -> list[str]:
    """Return the programs that our block in a hook looks for before it runs."""
    block = _BLOCK.search(content)
    text = block[0].decode("utf-8", "surrogateescape") if block else ""
    return [
        word
        for guard in re.findall(r"^\[ -[xe] .* \](?= (?:&&|\|\|))", text, re.MULTILINE)
        for word in shlex.split(guard)
        if word.startswith("/")
    ]


def strip_block(content: bytes) -> bytes | None:
    """Return the hook without our block; None when nothing else is in it."""
    if not is_ours(content):
        return content
    rest = _BLOCK.sub(b"", content)
    return None if not rest.strip() or rest == _SHEBANG.encode() else rest


def write_script(
    name: str, client: Sequence[str], chained: bytes | None, *, linked: bool = False
) -> bytes:
    """Return the hook of that name.

    :param client: the client's command, absolute.
    :param chained: the hook that was there before, to see how it must be run.
    :param linked: whether that hook is a link to a file elsewhere.
    """
    flags = [] if name in ANSWERED else ["--observe"]
    command = shlex.join([*client, "git", name, *flags])
    body = _SCRIPTS[name].format(
        chain=_chain(chained, linked),
        guard=" && ".join(
            f"[ -{'x' if number == 0 else 'e'} {shlex.quote(word)} ]"
            for number, word in enumerate(client)
            if number == 0 or word.startswith("/")
        ),
        client=command,
        refused=REFUSED,
    )
    return (
        f"{_SHEBANG}{_BEGIN}\n"
        "# Written by `hookwright install`; `hookwright uninstall` takes it out.\n"
        f'hookwright_previous="${{0%/*}}/{previous_of(Path(name)).name}"\n'
        f"{body}{_END}\n"
    ).encode("utf-8", "surrogateescape")


def _chain(chained: bytes | None, linked: bool) -> str:
    """Return the command that runs the hook that was there before.

    A link is run by itself: what is behind it finds its own place through the link.

    Some hook managers find their own script by the name they were called by (husky:
    `basename "$0"`), so a shell hook that looks at `$0` keeps the old one.
    """
    content = chained or b""
    first, _, rest = content.partition(b"\n")
    if content and not first.startswith(b"#!"):
        # What has no first line of that kind is run by sh.
        first, rest = b"#!/bin/sh", content
    shell = _SHELLS.fullmatch(first.rstrip())
    if linked or shell is None or not _OWN_NAME.search(rest):
        return '"$hookwright_previous" "$@"'
    interpreter = shell[1].decode()
    return f"""{interpreter} -c '. "$0{_SUFFIX}"' "$0" "$@\""""
