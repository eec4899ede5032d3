"""What git takes in: `add`, `commit`, `stash`, and texts from files."""

from __future__ import annotations

from collections.abc import Sequence

from ..words import UNKNOWN
from .git_command import Git, matching_pathspec, without_magic
from .tree import any_matches, secrets_below


def add(git: Git) -> None:
    """`add`: what is named, or all that is not ignored below a directory."""
    parsed = git.parse("chmod= pathspec-from-file<")
    for word in parsed.values("pathspec-from-file"):
        _listed(git, word.text)
    if parsed.has("dry-run", "n"):
        return
    operands = [word.text for word in parsed.operands]
    everything = parsed.has("A", "all", "no-ignore-removal", "u", "update")
    if everything and not operands:
        operands = [":/"]
    forced = parsed.has("f", "force")
    without = [without_magic(text)[0] for text in operands if without_magic(text)[1]]
    for text in operands:
        if not without_magic(text)[1]:
            _add_one(git, text, without, forced=forced, only=parsed.has("u", "update"))


def _listed(git: Git, text: str) -> None:
    """Follow a list of paths in a file: `--pathspec-from-file`."""
    content = None
    if text == "-":
        content = git.call.shell.stdin.text if git.call.shell.stdin is not None else ""
    else:
        git.call.read(text)
        content = git.call.world.text_of(git.call.path(text))
    for line in (content or "").split("\n")[:500]:
        if line.strip():
            git.call.access("commit", line.strip(), "adds it")


def _add_one(
    git: Git, spec: str, without: Sequence[str], *, forced: bool, only: bool
) -> None:

    call = git.call
    text, _, at_top = without_magic(spec)
    place = f"{git.top}/{text}" if at_top else text
    if only and text in ("", ".") and not forced:
        call.access("commit", call.cwd, "adds what is changed", below=True)
        return
    path = call.path(place or ".")
    if set(text) & set("*?[") and not call.world.is_secret(path):
        for each in matching_pathspec(call, git.top if at_top else call.cwd, text):
            call.access("commit", each, "adds it")
    elif not call.world.is_directory(path):
        call.access("commit", place, "adds it")
    elif forced or without:
        names = [name.rpartition("/")[2] for name in without]
        found, is_whole = secrets_below(
            call, path, lambda i: not any(any_matches(names, n) for n in i.parts)
        )
        if forced:
            for each in found:
                call.access("commit", each, "adds it, ignored or not")
        elif not any_matches(names, ".env") or found:
            call.access("commit", place, "adds it", below=True)
        if forced and not is_whole:
            call.access("commit", f"{place}/{UNKNOWN}", "adds it, ignored or not")
    else:
        call.access("commit", place, "adds what is below it", below=True)


def commit(git: Git) -> None:
    """`commit`: messages are mentions; a message from a file is read."""
    parsed = git.parse(
        "m= F^ C= c= t< message= file^ template< author= date= fixup= squash= "
        "reuse-message= reedit-message= trailer= cleanup= S. gpg-sign. u. "
        "pathspec-from-file<"
    )
    git.call.apply_options(parsed)
    if parsed.has("dry-run"):
        return
    git.call.access("commit", f"{git.top}/.git", "commits what is staged")
    if parsed.has("a", "all"):
        git.call.access("commit", git.call.cwd, "commits what is changed", below=True)
    for word in parsed.values("pathspec-from-file"):
        _listed(git, word.text)
    for word in parsed.operands:
        text = without_magic(word.text)[0]
        if text:
            path = git.call.path(text)
            below = git.call.world.is_directory(path)
            git.call.access("look" if below else "commit", text)


def stash(git: Git) -> None:
    """`stash -u`, `-a` take untracked, ignored files in; `show -p` prints them."""
    parsed = git.parse("m= message= pathspec-from-file<")
    operands = [word.text for word in parsed.operands]
    action = (
        operands[0] if operands and not git.words[0].text.startswith("-") else "push"
    )
    if action == "show" and parsed.has("p", "u", "patch"):
        git.call.read(f"{git.top}/.git", "shows tracked files")
    if action in ("push", "save") and parsed.has("a", "all"):
        git.call.access("commit", git.top, "puts ignored files away", below=True)
        _all_below(git)
    elif action in ("push", "save") and parsed.has("u", "include-untracked"):
        git.call.access("commit", git.top, "puts untracked files away", below=True)
    if action == "push":
        for text in git.pathspecs() or operands[1:]:
            git.call.access("commit", without_magic(text)[0], "puts it away")


def _all_below(git: Git) -> None:

    found, _ = secrets_below(git.call, git.call.path(git.top))
    for path in found:
        git.call.access("commit", path, "puts it away, ignored or not")


def hash_object(git: Git) -> None:
    """`hash-object`: an object of a file, with `-w` kept."""
    parsed = git.parse("t= path=")
    written = parsed.has("w")
    for word in parsed.operands:
        git.call.access("commit" if written else "read", word.text, "sums it up")


def update_index(git: Git) -> None:
    """`update-index --add`: plumbing of `add`."""
    parsed = git.parse("cacheinfo= chmod= index-version=")
    for word in parsed.operands:
        adds = parsed.has("add", "replace") or not parsed.has(
            "assume-unchanged", "skip-worktree", "no-skip-worktree", "force-remove",
            "no-assume-unchanged", "remove", "refresh", "really-refresh", "cacheinfo",
        )  # fmt: skip
        git.call.access("commit" if adds else "look", word.text)


def apply(git: Git) -> None:
    """`apply`, `am`: a file is read as a patch."""
    parsed = git.parse(
        "p= C= directory= exclude= include= build-fake-ancestor> whitespace="
    )
    for word in parsed.operands:
        git.call.read(word.text, "takes it for a patch")


def move(git: Git) -> None:
    """`mv`: a file gets another name."""
    operands = [word.text for word in git.parse("").operands]
    for text in operands[:-1]:
        git.call.access("copy", text, "moves it", target=operands[-1])


def remove(git: Git) -> None:
    """`rm`: with `--cached` only the index changes."""
    parsed = git.parse("pathspec-from-file<")
    git.call.apply_options(parsed)
    for word in parsed.operands:
        git.call.access("look" if parsed.has("cached") else "remove", word.text)


def push(git: Git) -> None:
    """`push`: the commits may hold a protected file, which the policy looks up."""
    if not git.parse("o= repo= receive-pack! exec!").has("n", "dry-run", "d", "delete"):
        git.call.access("send", f"{git.top}/.git", "sends its commits")


def note(git: Git) -> None:
    """Texts from files: `tag -F`, `notes add -F`, `merge -F`, `revert`, `am`."""
    parsed = git.parse(
        "m= F^ message= file^ u= local-user= s= X= strategy= C= c= n. "
        "cleanup= sort= format= points-at= contains= onto="
    )
    git.call.apply_options(parsed)
    for word in parsed.operands:
        git.call.perhaps(word.text)


def send_files(git: Git) -> None:
    """`send-email`: files by name."""
    for word in git.parse("to= cc= from= subject= compose. in-reply-to=").operands:
        git.call.perhaps(word.text)
