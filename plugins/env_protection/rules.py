"""What is protected, by names and places, and what to do instead."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, NamedTuple


class Rule(NamedTuple):
    """One kind of protected file.

    :param name: what it is called in reasons and records.
    :param holds: what such a file holds, for people.
    :param instead: what the agent is to do.
    """

    name: str
    holds: str
    instead: str


_ASK = "ask the user for what you need"
_RULES = (
    Rule(
        "env-file",
        "the project's secret values",
        "Read .env.example or the code for the names; `git check-ignore .env` and "
        "`ls -l .env` are allowed; ask the user for anything else",
    ),
    Rule(
        "private-key",
        "a private key",
        f"Public parts (.pub) may be read; else {_ASK}, or to run the command",
    ),
    Rule("ssh", "SSH keys and hosts", f"Public keys (.pub) may be read; else {_ASK}"),
    Rule(
        "cloud-credentials",
        "keys of a cloud account",
        f"The provider's own program uses them by itself; else {_ASK}",
    ),
    Rule(
        "login",
        "passwords or tokens of a service",
        f"The service's own program uses them by itself; else {_ASK}",
    ),
    Rule(
        "kube-config",
        "keys of a cluster",
        "`kubectl config get-contexts` shows the contexts; else " + _ASK,
    ),
    Rule(
        "package-token",
        "a token of a package registry",
        f"The package manager uses it by itself; else {_ASK}",
    ),
    Rule(
        "service-account",
        "a service account's private key",
        f"Name the file to the program that needs it by a variable; else {_ASK}",
    ),
    Rule(
        "process-environment",
        "the variables of a running process",
        f"`printenv NAME` shows one variable of your own shell; else {_ASK}",
    ),
    Rule(
        "copy",
        "a copy of a secret file",
        "Delete the copy, or ask the user what you need of it",
    ),
    Rule(
        "secret-text",
        "a secret in its text",
        "Take it out of the text, and read it from a variable instead; a value that is "
        "no secret can be named in `allow` of the table [redaction]",
    ),
    Rule("protected", "what the settings protect", f"{_ASK[0].upper()}{_ASK[1:]}"),
    Rule(
        "guard",
        "what this guard itself rests on",
        "A person changes it: ask the user to do that in a terminal of their own",
    ),
)
RULES = MappingProxyType({rule.name: rule for rule in _RULES})

#: Last parts of names that say "no secrets here"; `strict` does not believe them.
EXAMPLES = ("example", "sample", "template", "dist")
#: Begin names of private keys.
KEYS = ("id_rsa", "id_ed25519", "id_ecdsa", "id_dsa")
#: Ends of names that editors and careful people give to copies.
BACKUPS = (
    "~",
    ".bak",
    ".backup",
    ".copy",
    ".old",
    ".orig",
    ".save",
    ".sav",
    ".tmp",
    ".swp",
    ".swo",
    ".swn",
    ".swx",
)
#: Names that are protected wherever they are.
NAMES = MappingProxyType(
    {
        ".netrc": "login",
        "_netrc": "login",
        ".git-credentials": "login",
        ".pgpass": "login",
        ".vault-token": "login",
    }
)
#: Ends of paths that are protected wherever they are, so under any home directory.
PLACES: tuple[tuple[tuple[str, ...], str], ...] = (
    ((".aws", "credentials"), "cloud-credentials"),
    ((".config", "gh", "hosts.yml"), "login"),
    ((".config", "git", "credentials"), "login"),
    ((".kube", "config"), "kube-config"),
    ((".docker", "config.json"), "login"),
    (
        (".config", "gcloud", "application_default_credentials.json"),
        "cloud-credentials",
    ),
    ((".config", "gcloud", "credentials.db"), "cloud-credentials"),
)
#: Directories whose files are all protected, by the directory's own names.
DIRECTORIES: tuple[tuple[tuple[str, ...], str], ...] = (
    ((".ssh",), "ssh"),
    ((".gnupg", "private-keys-v1.d"), "private-key"),
    ((".aws", "sso", "cache"), "cloud-credentials"),
)
#: What lies in `.ssh` for everybody to see.
PUBLIC = ("known_hosts",)
#: Files that are protected only when they hold a token: their text decides.
WITH_TOKENS = (".npmrc", ".pypirc")

Certainty = Literal["certain", "possible", "no"]
