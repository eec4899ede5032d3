"""Programs that copy, move and link files, here and to other machines."""

from __future__ import annotations

from collections.abc import Sequence

from .call import Call, Reader, programs
from .network import is_remote
from .tree import any_matches, secrets_below

_COPY = (
    "S= t> suffix= target-directory> backup. reflink. sparse= context. no-preserve= "
    "preserve. Z. g= o= m= group= owner= mode= strip-program! x. exclude="
)


def _copy(call: Call) -> None:
    """`cp`, `mv`, `install`, `ditto`: sources, then one target."""
    parsed = call.parse(_COPY)
    call.apply_options(parsed)
    operands = [word.text for word in parsed.operands]
    given = parsed.values("t", "target-directory")
    if given:
        target = given[0].text
    elif parsed.has("d") and call.name == "install":
        return
    elif len(operands) > 1:
        target = operands.pop()
    else:
        target = "."
    below = parsed.has("r", "R", "a", "recursive", "archive") or call.name in (
        "mv", "ditto", "gmv",
    )  # fmt: skip
    for source in operands:
        whole = below and call.world.is_directory(call.path(source))
        moves = call.name in ("mv", "gmv", "move")
        verb = "moves it" if moves else "copies it"
        call.access("copy", source, verb, target=target, below=whole)
        if moves:
            # For what the guard rests on it is gone: only there does that matter.
            call.access("remove", source, verb)
        call.access("write", _landing(call, source, target))


def _landing(call: Call, source: str, target: str) -> str:
    """Return the file that a copy becomes."""
    if target.endswith(("/", "/.")) or call.world.is_directory(call.path(target)):
        return f"{target}/{source.rstrip('/').rpartition('/')[2]}"
    return target


def _link(call: Call) -> None:
    """`ln`: a new name for a file is a copy of it, by which it would be read."""
    parsed = call.parse("S= t> suffix= target-directory> backup.")
    operands = [word.text for word in parsed.operands]
    given = parsed.values("t", "target-directory")
    target = given[0].text if given else "."
    if not given and len(operands) > 1:
        target = operands.pop()
    for source in operands:
        if parsed.has("s", "symbolic") and not source.startswith("/"):
            # A symbolic link's text counts from where the link is.
            place = _landing(call, source, target)
            source = f"{place.rpartition('/')[0] or '.'}/{source}"
        call.access("copy", source, "makes another name for it", target=target)
        call.access("write", _landing(call, source, target), "makes it a link")


_RSYNC = (
    "e! f= B= T? M= exclude= exclude-from< include= include-from< files-from= filter= "
    "rsh! rsync-path= log-file> password-file< compare-dest? copy-dest? link-dest? "
    "backup-dir> suffix= bwlimit= max-size= min-size= port= timeout= chmod= chown= "
    "info= debug= out-format= temp-dir? partial-dir> compress-level= iconv= block-size="
)


def _rsync(call: Call) -> None:
    """`rsync`: what an exclusion keeps out is not copied."""
    parsed = call.parse(_RSYNC)
    call.apply_options(parsed)
    operands = [word.text for word in parsed.operands]
    target = operands.pop() if len(operands) > 1 else ""
    rules: list[tuple[str, str]] = []
    for item in parsed.items:
        text = item.value.text if item.value is not None else ""
        if item.name in ("exclude", "include"):
            rules.append(("-" if item.name == "exclude" else "+", text.strip("/")))
        elif item.name in ("filter", "f"):
            kind, _, pattern = text.replace("_", " ").partition(" ")
            if kind in ("-", "exclude", "+", "include"):
                sign = "-" if kind in ("-", "exclude") else "+"
                rules.append((sign, pattern.strip("/")))
    sends = is_remote(target)
    listed = [name for word in parsed.values("files-from")
              for name in call.named_in(word.text)]  # fmt: skip
    for source in operands:
        if is_remote(source):
            continue
        path = call.path(source)
        if listed:
            for name in listed:
                named = f"{source.rstrip('/')}/{name}"
                call.access("send" if sends else "copy", named, target=target)
        elif not call.world.is_directory(path):
            call.access("send" if sends else "copy", source, target=target)
        elif not target:
            call.access("look", source)
        elif any(kind == "-" for kind, _ in rules):
            _but(call, path, rules, "send" if sends else "copy", target)
        else:
            call.access("send" if sends else "copy", source, target=target, below=True)
    if target and not sends:
        for source in operands:
            call.access("write", _landing(call, source, target))


def _is_taken(rules: Sequence[tuple[str, str]], name: str) -> bool:
    """Return whether the first rule that matches a name takes it in."""
    for kind, pattern in rules:
        if any_matches([pattern.rpartition("/")[2], pattern], name):
            return kind == "+"
    return True


def _but(
    call: Call, path: str, rules: Sequence[tuple[str, str]], mode: str, target: str
) -> None:
    """Report the secrets below a directory that no exclusion keeps out."""
    found, is_whole = secrets_below(
        call, path, lambda item: all(_is_taken(rules, name) for name in item.parts)
    )
    for each in found:
        call.access("send" if mode == "send" else "copy", each, target=target)
    if not is_whole and _is_taken(rules, ".env"):
        call.access("copy", path, target=target, below=True)


_SCP = "c= D= F? i? J= l= o= P= S= X="


def _scp(call: Call) -> None:
    """`scp`, `sftp`: what has a host is elsewhere."""
    parsed = call.parse(_SCP + " b<")
    call.apply_options(parsed)
    operands = [word.text for word in parsed.operands]
    if call.name == "sftp" and call.shell.stdin is not None:
        _batch(call, call.shell.stdin.text)
    target = operands.pop() if operands else ""
    for source in operands:
        if not is_remote(source):
            mode = "send" if is_remote(target) else "copy"
            below = parsed.has("r") and call.world.is_directory(call.path(source))
            call.access(
                "send" if mode == "send" else "copy", source, target=target, below=below
            )
    if target and not is_remote(target):
        call.access("write", target)


def _ftp(call: Call) -> None:
    """`ftp`, `lftp`: files by name, and the commands on their input."""
    parsed = call.parse("e= c= u= p= f< s<")
    for word in [*parsed.operands, *parsed.values("e", "c")]:
        call.perhaps(word.text)
        _batch(call, word.text.replace(";", "\n"))
    if call.shell.stdin is not None:
        _batch(call, call.shell.stdin.text)


def _batch(call: Call, text: str) -> None:
    """Follow the commands that `sftp` is given: `put FILE`, `!COMMAND`."""
    for line in text.split("\n")[:200]:
        words = line.strip().lstrip("-@").split()
        if words and words[0] in ("put", "mput", "reput"):
            for word in [w for w in words[1:] if not w.startswith("-")][:20]:
                call.access("send", word)
        elif line.strip().startswith("!"):
            call.command(line.strip()[1:])


def _rename(call: Call) -> None:
    """`rename`: an expression, then files that get new names."""
    parsed = call.parse("e= f.")
    for word in parsed.operands[0 if parsed.has("e") else 1 :]:
        call.access("copy", word.text, "gives it another name")


def _clipboard(call: Call) -> None:
    parsed = call.parse("selection= sel= i. t= target= o.", single_dash=True)
    for word in parsed.operands:
        call.perhaps(word.text)


def _mount(call: Call) -> None:
    """A mount by which a directory gets another name."""
    parsed = call.parse("t= o= L= U= types= options= B. bind. rbind.")
    for word in parsed.operands[:-1]:
        call.perhaps(word.text)
        if parsed.has("B", "bind", "rbind") or "bind" in " ".join(
            value.text for value in parsed.values("o", "options")
        ):
            call.access("copy", word.text, "mounts it elsewhere", below=True)


TABLE: dict[str, Reader] = {
    **programs("cp mv install gcp gmv ginstall ditto copy move xcopy robocopy", _copy),
    **programs("ln link gln mklink", _link),
    "rsync": _rsync,
    **programs("scp sftp pscp", _scp),
    **programs("ftp lftp tftp", _ftp),
    **programs("rename prename mmv", _rename),
    **programs("xclip xsel pbcopy clip wl-copy", _clipboard),
    **programs("mount bindfs", _mount),
}
