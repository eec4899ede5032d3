"""The rules on paths, on a real file system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hookwright.plugins.env_protection.config import EnvProtectionConfig
from hookwright.plugins.env_protection.disk import Disk, TooMuchError
from hookwright.plugins.env_protection.words import UNKNOWN
from hookwright.plugins.env_protection.world import DiskWorld

SECRET = "API_KEY=" + "k" * 30 + "\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture
def project(home: Path) -> Path:
    """Return a project with secret files in the user's home."""
    top = home / "app"
    (top / "src").mkdir(parents=True)
    (top / ".env").write_text(SECRET)
    (top / ".env.example").write_text("API_KEY=\n")
    (top / "src" / "main.py").write_text("print('hello')\n")
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519").write_text("key")
    return top


def world(project: Path, **settings: object) -> DiskWorld:
    config = EnvProtectionConfig.model_validate(settings)
    return DiskWorld(config, str(project), str(project))


def judged(project: Path, path: str, **settings: object) -> str | None:
    return world(project, **settings).policy.judge(
        os.path.normpath(project / os.path.expanduser(path))
    )


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (".env", "env-file"),
        (".ENV", "env-file"),
        (".env.local", "env-file"),
        (".env.production", "env-file"),
        (".env.example.local", "env-file"),
        (".env~", "env-file"),
        (".env.swp", "env-file"),
        (".env.bak", "env-file"),
        ("#.env#", "env-file"),
        (".#.env", "env-file"),
        (".envrc", "env-file"),
        ("sub/dir/.env", "env-file"),
        ("server.pem", "private-key"),
        ("server.key", "private-key"),
        ("server.key.bak", "private-key"),
        (".server.key.swp", "private-key"),
        ("id_rsa", "private-key"),
        ("id_rsa.old", "private-key"),
        ("ID_ED25519", "private-key"),
        ("~/.ssh", "ssh"),
        ("~/.ssh/config", "ssh"),
        ("~/.ssh/id_ed25519", "ssh"),
        ("~/.aws/credentials", "cloud-credentials"),
        ("/root/.aws/credentials", "cloud-credentials"),
        ("~/.netrc", "login"),
        ("~/.git-credentials", "login"),
        ("~/.config/gh/hosts.yml", "login"),
        ("~/.kube/config", "kube-config"),
        ("deploy/service-account.json", "service-account"),
        ("/proc/1/environ", "process-environment"),
        ("/proc/self/environ", "process-environment"),
        ("/proc/self/task/1/environ", "process-environment"),
        ("/proc/self/cwd/.env", "env-file"),
        ("/proc/1/root/srv/.env", "env-file"),
    ],
)
def test_what_is_secret_by_its_name(project: Path, path: str, rule: str) -> None:
    assert judged(project, path) == rule


@pytest.mark.parametrize(
    "path",
    [
        ".env.example",
        ".env.sample",
        ".env.template",
        ".env.dist",
        ".env.local.example",
        ".envelope",
        ".environment",
        "env",
        "src/main.py",
        "src/env.py",
        "id_rsa.pub",
        "~/.ssh/id_ed25519.pub",
        "~/.ssh/known_hosts",
        "~/.aws/config",
        ".kube",
        "keyboard.py",
        "monkey",
        "package.json",
        "/dev/fd/3",
        "/dev/stdin",
        "/proc/self/fd/0",
        "/proc/cpuinfo",
    ],
)
def test_what_is_no_secret_by_its_name(project: Path, path: str) -> None:
    assert judged(project, path) is None


def test_strict_protects_examples_too(project: Path) -> None:
    assert judged(project, ".env.example", strict=True) == "env-file"


def test_a_virtual_environment_called_env_is_no_secret(project: Path) -> None:
    (project / "tool" / ".env" / "bin").mkdir(parents=True)

    assert judged(project, "tool/.env") is None
    assert judged(project, "tool/.env/bin/activate") is None


def test_links_are_followed(project: Path, home: Path) -> None:
    (project / "notes.txt").symlink_to(".env")
    (project / "cloud").symlink_to(home / ".ssh")
    (project / "loop").symlink_to("loop")

    assert judged(project, "notes.txt") == "env-file"
    assert judged(project, "cloud/config") == "ssh"
    assert judged(project, "loop") is None


def test_a_hard_link_and_a_copy_are_as_secret_as_the_file(project: Path) -> None:
    os.link(project / ".env", project / "linked.txt")
    (project / "copied.txt").write_text(SECRET)
    (project / "other.txt").write_text("x" * len(SECRET))

    assert judged(project, "linked.txt") == "copy"
    assert judged(project, "copied.txt") == "copy"
    assert judged(project, "other.txt") is None


def test_a_sample_that_env_was_made_of_is_no_copy_of_it(home: Path) -> None:
    project = home / "new"
    project.mkdir()
    (project / "defaults.txt").write_text(SECRET)
    while (project / "defaults.txt").stat().st_ctime_ns >= (
        _touched(project / ".env").stat().st_ctime_ns
    ):
        (project / ".env").unlink()
    (project / ".env.example").write_text(SECRET)

    assert judged(project, "defaults.txt") is None
    assert judged(project, ".env.example") is None


def _touched(path: Path) -> Path:
    path.write_text(SECRET)
    return path


def test_copies_are_found_after_a_secret_file_came(project: Path) -> None:
    assert judged(project, "src/main.py") is None
    (project / "src" / ".env.local").write_text("TOKEN=" + "t" * 40)
    (project / "src" / "dump").write_text("TOKEN=" + "t" * 40)

    assert judged(project, "src/dump") == "copy"


def test_text_decides_where_a_name_says_too_little(project: Path) -> None:
    (project / "ca.pem").write_text(CERTIFICATE)
    both = "-----BEGIN PRIVATE" + " KEY-----\nx\n"
    (project / "both.pem").write_text(CERTIFICATE + both)
    (project / ".npmrc").write_text("save-exact=true\n")
    (project / "sub").mkdir()
    (project / "sub/.npmrc").write_text("//r.example/:_auth" + "Token=abcdef012345\n")
    (project / "src/.npmrc").write_text("//r.example/:_auth" + "Token=${NPM}\n")
    (project / "service-account.json").write_text('{"kind": "ServiceAccount"}')
    (project / "gcp.json").write_text('{"private' + '_key": "x"}')

    assert judged(project, "ca.pem") is None
    assert judged(project, "both.pem") == "private-key"
    assert judged(project, ".npmrc") is None
    assert judged(project, "sub/.npmrc") == "package-token"
    assert judged(project, "src/.npmrc") is None
    assert judged(project, "service-account.json") is None
    assert judged(project, "gcp.json") == "service-account"


def test_settings_protect_more_and_exempt(project: Path) -> None:
    assert judged(project, "x.tfvars", protect=["*.tfvars"]) == "protected"
    assert judged(project, "certs/a.pem", allow=["certs/*.pem"]) is None
    assert judged(project, "a.pem", allow=["certs/*.pem"]) == "private-key"


def test_a_link_under_an_exempted_name_is_judged_by_what_it_leads_to(
    project: Path, home: Path
) -> None:
    (project / "ok.pem").symlink_to(home / ".ssh" / "id_ed25519")

    assert judged(project, "ok.pem", allow=["ok.pem"]) == "ssh"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("?", ("possible", "")),
        ("src/?", ("possible", "")),
        ("?/.env", ("certain", "env-file")),
        ("?.pem", ("certain", "private-key")),
        ("?.txt", ("no", "")),
        (".e?", ("possible", "env-file")),
        (".env.?", ("possible", "env-file")),
        (".env.?.example", ("no", "")),
        ("?/package.json", ("no", "")),
        ("?/credentials", ("possible", "cloud-credentials")),
        ("?/.aws/credentials", ("certain", "cloud-credentials")),
        ("log-?", ("no", "")),
        ("sr?", ("no", "")),
        ("src?", ("possible", "")),
        ("~/.ssh/?", ("certain", "ssh")),
        ("~/.ssh/?.pub", ("no", "")),
        ("/proc/?/environ", ("certain", "process-environment")),
        ("?/x.tfvars", ("certain", "protected")),
    ],
)
def test_unknown_stretches_are_weighed(
    project: Path, path: str, found: tuple[str, str]
) -> None:
    spelled = path.replace("?", UNKNOWN)
    if not spelled.startswith(UNKNOWN):
        spelled = os.path.normpath(project / os.path.expanduser(spelled))

    assert world(project, protect=["*.tfvars"]).policy.reach(spelled) == found


def test_an_unknown_name_is_held_against_the_names_that_are_there(
    project: Path,
) -> None:
    (project / "build.txt").symlink_to(".env")
    there = f"{project}/build{UNKNOWN}"

    assert world(project).policy.reach(there) == ("possible", "env-file")
    assert world(project).policy.reach(f"{project}/src/b{UNKNOWN}") == ("no", "")


def test_the_text_of_a_protected_file_is_not_given_away(project: Path) -> None:
    here = world(project)

    assert here.text_of(f"{project}/.env") is None
    assert here.text_of(f"{project}/src/main.py") == "print('hello')\n"
    assert here.text_of(f"{project}/src") is None
    assert here.is_secret(f"{project}/{UNKNOWN}")


def test_a_pipe_is_not_read(project: Path) -> None:
    os.mkfifo(project / "pipe.pem")

    assert judged(project, "pipe.pem") == "private-key"


def test_too_many_questions_are_refused() -> None:
    disk = Disk()

    with pytest.raises(TooMuchError, match="too many files"):
        disk.ask(10_000_000)


def test_a_large_directory_is_not_listed(tmp_path: Path) -> None:
    for number in range(2_005):
        (tmp_path / f"f{number}").touch()

    assert Disk().names_in(str(tmp_path)) is None
    assert Disk().names_in(str(tmp_path / "none")) == ()


def test_a_lock_of_hookwrights_own_is_never_opened(tmp_path: Path) -> None:
    # Closing it again would drop the lock of the daemon, in which this runs.
    (tmp_path / "daemon.lock").write_text("cat .env\n")
    (tmp_path / "linked.sh").symlink_to("daemon.lock")
    (tmp_path / "other.sh").write_text("ls\n")

    assert Disk().read(str(tmp_path / "daemon.lock")) is None
    assert Disk().read(str(tmp_path / "linked.sh")) is None
    assert Disk().read(str(tmp_path / "other.sh")) == b"ls\n"
