"""Programs that print a credential which they keep in a protected file.

Who asks them for it has read the file. What only uses a credential (`gh pr list`,
`aws s3 ls`) is nobody's business.
"""

from __future__ import annotations

import re

from . import building, network, reading
from .call import Call, Reader, programs

_GH = ".config/gh/hosts.yml"
_AWS = ".aws/credentials"
_GCLOUD = ".config/gcloud/credentials.db"
_GNUPG = ".gnupg/private-keys-v1.d/keys"
_DOCKER = ".docker/config.json"
_GIT = ".git-credentials"
_AWS_SECRETS = ("aws_secret_access_key", "aws_session_token")
_NPM_SECRETS = ("_authtoken", "_auth", "_password")
#: Letters of `ps` that a value follows: `-o etime`, `-C node`, `axo user`.
_PS_VALUES = tuple("oOCuUgGptsqkn")
_MACOS = re.compile(r"-[A-Za-z]*E[A-Za-z]*")


def _prints(call: Call, file: str) -> None:
    call.read(f"{call.world.home}/{file}", "prints what is in it")


def _words(call: Call) -> list[str]:
    """Return the subcommands and operands, as far as they stand by themselves."""
    return [word.text for word in call.words if not word.text.startswith("-")]


def _gh(call: Call) -> None:
    """`gh auth token`, `gh auth status --show-token`."""
    words = _words(call)
    given = {word.text for word in call.words}
    if words[:2] == ["auth", "token"] or (
        words[:2] == ["auth", "status"] and given & {"-t", "--show-token"}
    ):
        _prints(call, _GH)
        return
    network.TABLE["gh"](call)


def _aws(call: Call) -> None:
    """`aws configure export-credentials`, `aws configure get [PROFILE.]NAME`."""
    words = _words(call)
    if "configure" in words:
        after = words[words.index("configure") + 1 :]
        asked = after[1:] if after[:1] == ["get"] else []
        if after[:1] == ["export-credentials"] or any(
            name.rpartition(".")[2].lower() in _AWS_SECRETS for name in asked
        ):
            _prints(call, _AWS)
            return
    network.TABLE["aws"](call)


def _gcloud(call: Call) -> None:
    """`gcloud auth [application-default] print-access-token`."""
    words = _words(call)
    printing = {"print-access-token", "print-identity-token"} & set(words[1:4])
    if ("auth" in words and printing) or words[:2] == ["config", "config-helper"]:
        _prints(call, _GCLOUD)
        return
    network.TABLE["gcloud"](call)


def _gpg(call: Call) -> None:
    """`gpg --export-secret-keys`: long options may be shortened."""
    if any(word.text.startswith("--export-se") for word in call.words):
        _prints(call, _GNUPG)
    reading.TABLE["gpg"](call)


def _npm(call: Call) -> None:
    """`npm config get //registry/:_authToken`."""
    words = _words(call)
    if words[:1] in (["config"], ["c"], ["get"]):
        asked = [name.lower().rpartition(":")[2] for name in words[1:]]
        if any(name in _NPM_SECRETS for name in asked):
            _prints(call, ".npmrc")
            call.read(".npmrc", "prints what is in it")
            return
    building.TABLE[call.name](call)


def _helper(call: Call) -> None:
    """`docker-credential-pass get`, `git-credential-store get`: they print logins."""
    if "get" in _words(call):
        _prints(call, _DOCKER if call.name.startswith("docker") else _GIT)


def _ps(call: Call) -> None:
    """`ps e`, `ps auxe`: BSD's letter shows the variables of processes; `-e` not."""
    before = ""
    for word in call.words:
        text = word.text
        of_bsd = text.isalpha() and "e" in text
        # `-E` is macOS's word for the same.
        if (of_bsd and not _takes_value(before)) or _MACOS.fullmatch(text):
            call.read("/proc/1/environ", "shows such files of all processes")
            return
        before = "" if _takes_value(before) else text


def _takes_value(option: str) -> bool:
    """Return whether `ps` takes the next word for this option's value."""
    if option.startswith("--"):
        return "=" not in option
    return option[-1:] in _PS_VALUES and option.lstrip("-").isalpha()


TABLE: dict[str, Reader] = {
    "gh": _gh,
    "aws": _aws,
    "gcloud": _gcloud,
    **programs("gpg gpg2", _gpg),
    **programs("npm pnpm yarn", _npm),
    **programs(
        "docker-credential-desktop docker-credential-osxkeychain "
        "docker-credential-pass docker-credential-secretservice "
        "docker-credential-wincred git-credential-store git-credential-cache "
        "git-credential-libsecret git-credential-osxkeychain git-credential-manager",
        _helper,
    ),
    "ps": _ps,
}
