"""Programs that put files into archives and take them out."""

from __future__ import annotations

from ..words import Word
from .call import Call, Program, Reader, programs
from .tree import Found, any_matches, secrets_below

_TAR = (
    "f= C@ T< X< b= g> H= I! K= L= N= V= F! file= directory@ files-from< exclude-from< "
    "exclude= exclude-tag= transform= xform= to-command! checkpoint-action= "
    "use-compress-program! strip-components= owner= group= mode= mtime= newer= "
    "after-date= label= rsh-command! info-script! new-volume-script! "
    "listed-incremental> volno-file> warning= format= blocking-factor= suffix= "
    "add-file% checkpoint. one-top-level. null. exclude-vcs. exclude-vcs-ignores."
)
_KEYS = frozenset("cxtruAdvfzjJZapPmkwWhOSlBGiMnsoqUHICTX")


def _old_style(call: Call) -> None:
    """Turn `tar czf a.tgz DIR` into `tar -c -z -f a.tgz DIR`."""
    if not call.words:
        return
    first = call.words[0].text
    if not first or first.startswith("-") or not set(first) <= _KEYS:
        return
    rest = list(call.words[1:])
    made: list[Word] = []
    for key in first:
        made.append(Word(f"-{key}"))
        if key in "fCTXbgHILNVFK" and rest:
            made.append(rest.pop(0))
    call.words = [*made, *rest]


def _tar(call: Call) -> None:
    """`tar`: what `--exclude` keeps out is not taken in."""
    _old_style(call)
    parsed = call.parse(_TAR)
    excluded = [word.text.removeprefix("./") for word in parsed.values("exclude")]
    creates = parsed.has("c", "r", "u", "create", "append", "update", "A")
    compares = parsed.has("d", "diff", "compare")
    archive = [word.text for word in parsed.values("f", "file")]
    for text in archive:
        call.access("write" if creates else "read", text)
    for item in parsed.items:
        if item.value is None:
            continue
        if item.name in ("checkpoint-action",):
            _checkpoint(call, item.value.text)
        elif item.name in ("T", "files-from"):
            for name in call.named_in(item.value.text):
                _take_in(call, name, excluded, archive[0] if archive else "")
        elif item.name and item.name not in ("f", "file"):
            call.apply(item.role, item.value)
        elif not item.name and creates:
            target = archive[0] if archive else ""
            _take_in(call, item.value.text.removeprefix("@"), excluded, target)
        elif not item.name:
            # Taken out: the names are those in the archive, and files are written.
            call.access("look" if compares else "write", item.value.text)


def _take_named(call: Call, excluded: list[str], target: str) -> None:
    """Report the files whose names a program is fed."""
    stdin = call.shell.stdin
    for line in stdin.text.replace("\0", "\n").split("\n") if stdin else ():
        if line.strip():
            _take_in(call, line.strip(), excluded, target)


def _checkpoint(call: Call, text: str) -> None:
    action, _, command = text.partition("=")
    if action == "exec":
        call.command(command)


def _take_in(call: Call, text: str, excluded: list[str], target: str) -> None:
    """Report what of a file or directory goes into an archive."""
    path = call.path(text)
    if not call.world.is_directory(path):
        if not any_matches(excluded, path.rpartition("/")[2]):
            call.access("copy", text, "archives it", target=target)
        return
    if not excluded:
        call.access("copy", text, "archives it", target=target, below=True)
        return

    def wanted(item: Found) -> bool:
        names = (*item.parts, "/".join(item.parts))
        return not any(any_matches(excluded, name) for name in names)

    found, is_whole = secrets_below(call, path, wanted)
    for each in found:
        call.access("copy", each, "archives it", target=target)
    if not is_whole and not any_matches(excluded, ".env"):
        call.access("copy", text, "archives it", target=target, below=True)


def _zip(call: Call) -> None:
    """`zip`: an archive, what goes in, `-x` what does not, `-@` names from stdin."""
    parsed = call.parse("b? n= t= tt= P= s= ")
    words = list(call.words)
    excluded: list[str] = []
    for place, word in enumerate(words):
        if word.text in ("-x", "--exclude"):
            excluded = [each.text.removeprefix("./") for each in words[place + 1 :]]
            words = words[:place]
            break
    call.words = words
    parsed = call.parse("b? n= t= P= s= password= temp-path? suffixes=")
    operands = [word.text for word in parsed.operands]
    for archive in operands[:1]:
        call.access("write", archive)
    below = parsed.has("r", "R", "recurse-paths")
    for text in operands[1:]:
        if below or not call.world.is_directory(call.path(text)):
            _take_in(call, text, excluded, operands[0])
    if parsed.has("@", "names-stdin"):
        _take_named(call, excluded, operands[0] if operands else "")


def _unzip(call: Call) -> None:
    parsed = call.parse("d@ x= P=")
    for word in parsed.operands[:1]:
        call.read(word.text)


def _seven(call: Call) -> None:
    """`7z a ARCHIVE FILES`, `rar a`: a switch holds its value itself (`-x!.env`)."""
    texts = [word.text for word in call.words]
    excluded = [
        text.partition("!")[2] for text in texts if text.startswith(("-x!", "-xr!"))
    ]
    operands = [text for text in texts if not text.startswith("-")]
    if not operands:
        return
    if operands[0] in ("a", "u", "m"):
        for text in operands[2:]:
            if text.startswith("@"):
                call.read(text[1:])
            else:
                _take_in(call, text, excluded, operands[1] if operands[1:] else "")
    elif operands[0] in ("x", "e", "t", "l", "h"):
        for text in operands[1:2]:
            call.access("look" if operands[0] == "h" else "read", text)


def _cpio(call: Call) -> None:
    """`cpio -o`: the names come from its input."""
    parsed = call.parse(
        "F= I< O> E< H= C= R= M= D@ file= directory@ format= owner= "
        "pattern-file< block-size="
    )
    call.apply_options(parsed)
    stdin = call.shell.stdin
    if parsed.has("o", "p", "create", "pass-through") and stdin is not None:
        for line in stdin.text.replace("\0", "\n").split("\n"):
            call.access("copy", line.strip(), "archives it")


def _ar(call: Call) -> None:
    operands = [word.text for word in call.parse("").operands]
    keys = operands[:1]
    if keys and set(keys[0]) & set("rq"):
        for text in operands[2:]:
            call.access("copy", text, "archives it")


def _compress(call: Call) -> None:
    """`gzip`, `xz`, ...: the file is copied into a packed one, or printed with `-c`."""
    parsed = call.parse(
        "S= b= M= T= C= F= o> D< suffix= memlimit= threads= check= format= output> p= "
        "block-size= dictionary< B= "
    )
    call.apply_options(parsed)
    shows = parsed.has("c", "stdout", "to-stdout", "d", "decompress")
    lists = parsed.has("l", "t", "list", "test") and not shows
    for word in parsed.operands:
        text = word.text
        below = parsed.has("r", "recursive") and call.world.is_directory(
            call.path(text)
        )
        call.access("look" if lists else "read" if shows else "copy", text, below=below)


def _shar(call: Call) -> None:
    for word in call.parse("o> n= s= d= l= L= output-prefix>").operands:
        _take_in(call, word.text, [], "")


TABLE: dict[str, Reader] = {
    **programs("tar gtar bsdtar star pax", _tar),
    "zip": _zip,
    **programs("unzip zipinfo bsdunzip", _unzip),
    **programs("7z 7za 7zr 7zz rar unrar arj", _seven),
    "cpio": _cpio,
    **programs("ar gar llvm-ar", _ar),
    **programs(
        "gzip gunzip bzip2 bunzip2 xz unxz lzma unlzma zstd unzstd lz4 lzop lzip "
        "brotli "
        "compress uncompress pigz pbzip2 pixz snzip",
        _compress,
    ),
    **programs(
        "shar mksquashfs genisoimage mkisofs xorriso restic borg duplicity", _shar
    ),
    "zipnote": Program("w.", "?"),
}
