"""What git shows of files: the work tree, the index and commits alike."""

from __future__ import annotations

from .git_command import Git, is_revision, without_magic
from .options import Parsed
from .search import search_below, shows_code_only

_LOG = (
    "S= G= L= n= U= O< format= pretty. author= committer= grep= since= until= after= "
    "before= max-count= skip= output> unified= inter-hunk-context= find-object= "
    "diff-filter= date. decorate. abbrev. encoding= word-diff-regex= anchored= "
    "src-prefix= dst-prefix= line-prefix= ignore-matching-lines= I= stat. glob= "
    "exclude= "
    "branches. tags. remotes. contents< ignore-rev= ignore-revs-file< C. M. B. f<"
)


_QUIET = ("stat", "name-only", "name-status", "shortstat", "numstat", "summary",
          "no-patch", "s", "quiet", "check", "dirstat", "exit-code.")  # fmt: skip


def show(git: Git) -> None:
    """`show`: objects by name; without paths, what the commit changed."""
    parsed = git.parse(_LOG)
    if not _prints_content(parsed, always=True):
        return
    _outputs(git, parsed)
    specs = git.pathspecs()
    named = False
    for word in parsed.operands:
        if ":" in word.text and word.text not in specs:
            git.shown(word.text)
            named = True
        elif word.text in specs or not is_revision(git, word.text):
            git.pathspec(word.text)
            named = True
    if not named:
        tracked(git)


def tracked(git: Git, verb: str = "shows") -> None:
    """Report that files are shown which are tracked; the policy looks up which are."""
    git.call.read(f"{git.top}/.git", f"{verb} tracked files")


def _prints_content(parsed: Parsed, *, always: bool) -> bool:
    if parsed.has("p", "u", "patch", "c", "cc", "patch-with-stat", "unified", "U", "L"):
        return True
    if parsed.has("word-diff", "color-words", "binary", "full-diff", "patch-with-raw"):
        return True
    return always and not parsed.has(*_QUIET)


def _outputs(git: Git, parsed: Parsed) -> None:
    for word in parsed.values("output"):
        git.call.access("write", word.text)


def diff(git: Git) -> None:
    """`diff`: lines of what it names; of whatever is tracked if it names nothing."""
    parsed = git.parse(_LOG)
    _outputs(git, parsed)
    if not _prints_content(parsed, always=True):
        return
    if parsed.has("no-index"):
        for word in parsed.operands:
            below = git.call.world.is_directory(git.call.path(word.text))
            git.call.read(word.text, "compares it", below=below)
        return
    # Against the last commit, only what has changed since is shown.
    recent = all(word.text == "HEAD" for word in parsed.operands)
    _changes(git, parsed, "shows changes of" if recent else "shows")


def _changes(git: Git, parsed: Parsed, verb: str = "shows") -> None:
    """Report the files whose changes are printed."""
    specs = git.pathspecs()
    named = False
    for word in parsed.operands:
        text = word.text
        if ":" in text and text not in specs and not text.startswith(":("):
            git.shown(text)
            named = True
        elif text in specs or not is_revision(git, text):
            git.pathspec(text)
            named = named or text not in (".", ":/")
        elif ("." in text.lstrip(".") and ".." not in text) or "/" in text:
            named = True  # a path that is not protected, or a branch: little
    if not named:
        tracked(git, verb)


def log(git: Git) -> None:
    """`log -p`: the changes of commits; without `-p` names only."""
    parsed = git.parse(_LOG)
    _outputs(git, parsed)
    for word in parsed.values("L"):
        git.pathspec(word.text.rpartition(":")[2])
    if _prints_content(parsed, always=False) and not parsed.values("L"):
        _changes(git, parsed)


def export(git: Git) -> None:
    """`format-patch`, `fast-export`, `bundle`: whole commits."""
    parsed = git.parse(f"{_LOG} o> output-directory> export-marks> import-marks<")
    if parsed.operands[:1] and parsed.operands[0].text in ("verify", "list-heads"):
        return
    tracked(git, "copies")


def rev_parse(git: Git) -> None:
    """`rev-parse HEAD:.env` gives an object's name, by which it is shown later."""
    for word in git.parse(
        "default= prefix= short. git-path= resolve-git-dir="
    ).operands:
        if ":" in word.text:
            git.shown(word.text)


def blame(git: Git) -> None:
    """`blame`: every line of a file."""
    parsed = git.parse(f"{_LOG} contents< L= date= porcelain. e.")
    for word in parsed.operands:
        if not is_revision(git, word.text) or word.text in git.pathspecs():
            git.pathspec(word.text)
    for word in parsed.values("contents"):
        git.call.read(word.text)


def archive(git: Git) -> None:
    """`archive`: all that a commit holds, or the paths that are named."""
    parsed = git.parse(
        "o> output> format= prefix= remote= exec= add-file% add-virtual-file="
    )
    git.call.apply_options(parsed)
    if not parsed.operands[1:] and not parsed.has("l", "list"):
        tracked(git, "archives")
    for word in parsed.operands[1:]:
        git.call.access("copy", without_magic(word.text)[0], "archives it")
    if parsed.operands and ":" in parsed.operands[0].text:
        git.shown(parsed.operands[0].text)


def grep(git: Git) -> None:
    """`git grep`: tracked files, unless told otherwise or a path is named."""
    parsed = git.parse(
        "e= f< A= B= C= O. max-depth= m= threads= max-count= "
        "after-context= before-context= context= open-files-in-pager!"
    )
    git.call.apply_options(parsed)
    operands = [word.text for word in parsed.operands]
    patterns = [word.text for word in parsed.values("e")]
    if not patterns and not parsed.has("f"):
        patterns, operands = operands[:1], operands[1:]
    wide = parsed.has("untracked", "no-index", "no-exclude-standard")
    specs = git.pathspecs()
    paths = [text for text in operands if text in specs or not is_revision(git, text)]
    harmless = shows_code_only(patterns)
    for text in paths:
        if wide and git.call.world.is_directory(git.call.path(text)):
            search_below(git.call, text, (), (), (), harmless=harmless)
        else:
            git.pathspec(text)
    if wide and not paths:
        search_below(git.call, ".", (), (), (), harmless=harmless)


def cat_file(git: Git) -> None:
    """`cat-file`: objects by name; with `--batch` the names come from the input."""
    parsed = git.parse("batch. batch-check. path=")
    shows = not parsed.has("e", "t", "s", "batch-check")
    for word in parsed.operands:
        if shows and ":" in word.text:
            git.shown(word.text)
    stdin = git.call.shell.stdin
    if parsed.has("batch") and stdin is not None:
        for line in stdin.text.split("\n")[:200]:
            if ":" in line:
                git.shown(line.strip())
    for word in parsed.values("path"):
        git.shown(word.text)


def merge_file(git: Git) -> None:
    """`merge-file`: three files as one."""
    for word in git.parse("L=").operands:
        git.call.read(word.text)


def restore(git: Git) -> None:
    """`checkout -- .env`, `restore .env`: the file is written, nothing is shown."""
    parsed = git.parse("s= b= B= source= conflict= pathspec-from-file<")
    if parsed.has("p", "patch"):
        for word in parsed.operands:
            if word.text in git.pathspecs() or not is_revision(git, word.text):
                git.pathspec(word.text)
        return
    for word in parsed.operands:
        if word.text in git.pathspecs() or not is_revision(git, word.text):
            unstages = git.name == "reset" or (
                parsed.has("staged", "S") and not parsed.has("worktree", "W")
            )
            git.call.access("look" if unstages else "write", word.text)


def look(git: Git) -> None:
    """Report files of which only names or states are shown."""
    parsed = git.parse(
        "x= X< o. format= exclude= exclude-from< exclude-per-directory= with-tree= e="
    )
    git.call.apply_options(parsed)
    for word in parsed.operands:
        git.call.access("look", word.text)
