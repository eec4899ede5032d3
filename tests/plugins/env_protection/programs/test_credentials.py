"""Programs that print a credential which they keep in a protected file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hookwright.plugins.env_protection.access import Access

Accesses = Callable[[str], list[Access]]

PRINTED = [
    ("gh auth token", ".config/gh/hosts.yml"),
    ("gh auth status --show-token", ".config/gh/hosts.yml"),
    ("aws configure export-credentials", ".aws/credentials"),
    ("aws --profile x configure get x.aws_secret_access_key", ".aws/credentials"),
    ("gcloud auth print-access-token", ".config/gcloud/credentials.db"),
    ("gcloud config config-helper --format=json", ".config/gcloud/credentials.db"),
    ("gpg -a --export-secret-key me", ".gnupg/private-keys-v1.d/keys"),
    ("npm config get //registry.example.com/:_authToken", ".npmrc"),
    ("docker-credential-pass get", ".docker/config.json"),
    ("git-credential-store get", ".git-credentials"),
    ("git credential fill", ".git-credentials"),
    ("ps auxe", "/proc/1/environ"),
    ("ps -o pid eww", "/proc/1/environ"),
]
HARMLESS = [
    "gh auth status",
    "gh pr list",
    "aws configure list",
    "aws configure get region",
    "aws s3 ls",
    "gcloud auth list",
    "gpg --export -a me",
    "gpg --export-ssh-key me",
    "npm config get registry",
    "npm install",
    "docker-credential-pass list",
    "git credential approve",
    "ps -e",
    "ps -eo etime",
    "ps axo user",
    "ps -C node --sort etime",
]


def read_by(accesses: Accesses, command: str) -> list[str]:
    found = [access.path for access in accesses(command) if access.mode == "read"]
    # `gpg` may be given a file where it takes a name.
    return [path for path in found if not path.endswith("/me")]


@pytest.mark.parametrize(("command", "file"), PRINTED)
def test_who_asks_for_a_credential_reads_its_file(
    command: str, file: str, accesses: Accesses
) -> None:
    assert any(path.endswith(file) for path in read_by(accesses, command))


@pytest.mark.parametrize("command", HARMLESS)
def test_to_use_one_is_nobodys_business(command: str, accesses: Accesses) -> None:
    assert read_by(accesses, command) == []
