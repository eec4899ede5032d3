"""Programs whose output is trusted to hide no command."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

#: Programs whose output says nothing that somebody could have hidden in it.
HARMLESS = frozenset(
    """
    arch asdf basename bazel brew bundle cargo cmake command conda curl date df dig
    dirname docker du env expr file find free gem getconf getent gh git go groups head
    helm host hostname id ip jobs kubectl ldd ls lsb_release lscpu lsof md5sum mise
    mktemp npm nproc npx pgrep pidof pip pip3 pipenv pkg-config pnpm poetry ps pwd
    pyenv readlink realpath ruff rustc seq sha256sum shasum stat sw_vers sysctl tput
    tty type uname uptime uuidgen uv wc wget which whoami xcode-select xcrun yarn
    """.split()  # noqa: SIM905 - a table
)
#: Of these, the ones that print exactly one word without blanks.
ONE_WORD = frozenset(
    """
    arch basename date dirname getconf hostname mktemp nproc pwd readlink realpath tty
    uname uuidgen which whoami
    """.split()  # noqa: SIM905 - a table
)
#: Arguments with which a program prints code that sets up the shell for it.
_SET_UP = frozenset(
    """
    -c -s activate bash completion docker-env env hook init shell shellenv zsh
    """.split()  # noqa: SIM905 - a table
)
#: Programs that print such code.
_SETTING_UP = frozenset(
    """
    asdf atuin brew conda dircolors direnv docker-machine fnm fzf gh helm keychain
    kubectl mamba micromamba minikube mise nodenv opam pipx pyenv rbenv
    register-python-argcomplete rustup ssh-agent starship thefuck zoxide
    """.split()  # noqa: SIM905 - a table
)
#: What a program may be told to print: blanks, operators, coded letters.
_TELLING = re.compile(r"[\s\\;|&`$<>]|%x")


def sets_up(argv: Sequence[str]) -> bool:
    """Return whether a program prints its own code for `eval`: `pyenv init -`."""
    name = posixpath.basename(argv[0])
    return name in _SETTING_UP and (
        len(argv) == 1 or any(word in _SET_UP for word in argv[1:])
    )


def is_harmless(argv: Sequence[str]) -> bool:
    """Return whether nobody can have hidden a command in what a program prints.

    Its arguments must not hold one, as in `date "+cat FILE"`.
    """
    if argv[-1] in ("--version", "-V", "--help"):
        return True
    if posixpath.basename(argv[0]) not in HARMLESS:
        return False
    return not any(_TELLING.search(word) for word in argv[1:])
