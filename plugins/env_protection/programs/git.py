"""`git`: what its subcommands show of files, and what they take into a commit.

The content of a tracked file that is protected is the same whether it is read from the
work tree, the index or a commit, so `git show HEAD:.env` counts as reading `.env`.
Access mode `commit` with `below` means "whatever is not ignored below this directory".
"""

from __future__ import annotations

from collections.abc import Callable

from ..words import Word
from . import git_showing as showing
from . import git_taking as taking
from .call import Call, Reader, programs
from .git_command import Git
from .obeyed import git_settings

_GLOBAL = (
    "C@ c= git-dir= work-tree@ namespace= exec-path= super-prefix= config-env= "
    "attr-source= list-cmds="
)


def _config(git: Git) -> None:
    """`config --file .env` reads it; an alias that is set runs later."""
    parsed = git.parse("f< file< blob= t= type= default= comment= value= url=")
    git.call.apply_options(parsed)
    for word in parsed.values("blob"):
        git.shown(word.text)
    operands = [word.text for word in parsed.operands if word.text != "set"]
    if len(operands) > 1:
        _setting(git.call, operands[0], operands[1])


#: Settings whose value git gives to a shell, by their last part.
_COMMANDS = ("editor", "pager", "fsmonitor", "sshcommand", "textconv", "command", "cmd",
             "clean", "smudge", "process", "driver", "helper", "program", "sendpack",
             "uploadpack", "receivepack", "askpass", "diff", "external",
             "hookspath")  # fmt: skip


_FILES = ("core.excludesfile", "core.attributesfile", "commit.template", "include.path",
          "mailmap.file", "blame.ignorerevsfile")  # fmt: skip


def _setting(call: Call, name: str, value: str) -> None:
    """Follow what a setting would have git start or read."""
    lowered = name.lower()
    if lowered.startswith("alias."):
        if value.startswith("!"):
            call.command(value[1:])
        return
    if lowered in _FILES:
        call.perhaps(value)
    elif lowered.rpartition(".")[2] in _COMMANDS and set(value) & set(" !"):
        call.command(value.lstrip("!"))


def _credential(git: Git) -> None:
    """`git credential fill`, `git credential-store get`: they print a login."""
    if git.words and git.words[0].text in ("fill", "get"):
        home = git.call.world.home
        git.call.read(f"{home}/.git-credentials", "prints what is in it")


def _bisect(git: Git) -> None:
    if git.words and git.words[0].text == "run":
        git.call.start(git.words[1:])


def _rebase(git: Git) -> None:
    parsed = git.parse("x! exec! onto= s= X= C= strategy= strategy-option=")
    git.call.apply_options(parsed)


def _each(git: Git) -> None:
    """`submodule foreach`, `for-each-repo`, `filter-branch`: commands for a shell."""
    texts = [word.text for word in git.words]
    if texts[:1] == ["foreach"]:
        rest = [
            text for text in texts[1:] if text not in ("--recursive", "--quiet", "-q")
        ]
        git.call.command(" ".join(rest))


def _difftool(git: Git) -> None:
    git.call.apply_options(git.parse("x! extcmd! t= tool="))
    showing.diff(git)


def _filter_branch(git: Git) -> None:
    parsed = git.parse(
        "tree-filter= index-filter= msg-filter! env-filter= "
        "parent-filter! commit-filter= subdirectory-filter= original= d="
    )
    git.call.apply_options(parsed)


#: Subcommands that show names, states and settings, no content.
_LOOKING = [
    "ls-files",
    "ls-tree",
    "check-ignore",
    "check-attr",
    "status",
    "clean",
    "ls-remote",
    "branch",
    "sparse-checkout",
    "worktree",
    "init",
    "lfs",
    "count-objects",
    "fsck",
    "gc",
    "remote",
    "fetch",
    "pull",
    "clone",
]
_SUBCOMMANDS: dict[str, Callable[[Git], None]] = {
    **dict.fromkeys(("show", "whatchanged", "range-diff"), showing.show),
    **dict.fromkeys(("diff", "diff-index", "diff-files", "diff-tree"), showing.diff),
    "difftool": _difftool,
    **dict.fromkeys(("log", "reflog", "shortlog", "rev-list"), showing.log),
    **dict.fromkeys(("format-patch", "fast-export", "bundle"), showing.export),
    **dict.fromkeys(("blame", "annotate", "praise"), showing.blame),
    **dict.fromkeys(("add", "stage"), taking.add),
    "commit": taking.commit,
    "stash": taking.stash,
    "archive": showing.archive,
    "grep": showing.grep,
    "config": _config,
    "hash-object": taking.hash_object,
    "update-index": taking.update_index,
    **dict.fromkeys(("apply", "am", "mailinfo", "mailsplit", "patch-id"), taking.apply),
    **dict.fromkeys(
        ("credential", "credential-store", "credential-cache"), _credential
    ),
    "bisect": _bisect,
    "rebase": _rebase,
    **dict.fromkeys(("submodule", "for-each-repo"), _each),
    "filter-branch": _filter_branch,
    "mv": taking.move,
    **dict.fromkeys(("checkout", "restore", "reset", "switch"), showing.restore),
    "rm": taking.remove,
    "rev-parse": showing.rev_parse,
    **dict.fromkeys(_LOOKING, showing.look),
    "cat-file": showing.cat_file,
    **dict.fromkeys(("merge-file", "merge-tree"), showing.merge_file),
    **dict.fromkeys(("push", "send-pack"), taking.push),
    **dict.fromkeys(("tag", "notes", "merge", "revert", "cherry-pick"), taking.note),
    **dict.fromkeys(
        ("send-email", "imap-send", "interpret-trailers"), taking.send_files
    ),
}


_ALIASED = 3


def _git(call: Call) -> None:
    """Options of git itself, then a subcommand, which may be an alias given with it."""
    parsed = call.parse(_GLOBAL, first_operand_ends=True)
    aliases: dict[str, str] = {}
    settings = git_settings(call)
    for item in parsed.items:
        if item.value is None or not item.name:
            continue
        if item.name == "c":
            name, _, value = item.value.text.partition("=")
            settings.append((name, value))
        else:
            call.apply(item.role, item.value)
    for name, value in settings:
        if name.lower().startswith("alias."):
            aliases[name[6:].lower()] = value
        else:
            _setting(call, name, value)
    words = parsed.operands
    if words:
        _subcommand(call, words, aliases, _ALIASED)


def _subcommand(
    call: Call, words: list[Word], aliases: dict[str, str], left: int
) -> None:
    name = words[0].text.lower()
    reader = _SUBCOMMANDS.get(name)
    alias = aliases.get(name)
    if reader is not None:
        reader(Git(call, name, words[1:]))
    elif alias is not None and alias.startswith("!"):
        rest = " ".join(word.text for word in words[1:])
        call.command(f"{alias[1:]} {rest}")
    elif alias is not None and left:
        parts = [Word(part.strip("'\"")) for part in alias.split()]
        _subcommand(call, [*parts, *words[1:]], aliases, left - 1)
    else:
        for word in words[1:]:
            call.perhaps(word.text)
            if ":" in word.text:
                call.perhaps(word.text.partition(":")[2])


TABLE: dict[str, Reader] = programs("git git.exe yadm jj-git", _git)
