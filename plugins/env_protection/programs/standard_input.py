"""Texts that a program is fed, in which files are named: what of them it would open."""

from __future__ import annotations

from ..words import UNKNOWN
from .call import Call, Program, Reader, programs

_MOST = 500
_MARKS = str.maketrans(dict.fromkeys("\"'<>()[]{},;=`", " "))


def names_in_text(call: Call, text: str) -> None:
    """Report the protected files that a text names as a word of its own."""
    if len(text) > 50_000:
        return
    for word in text.translate(_MARKS).split()[:_MOST]:
        call.perhaps(word)


def _including(call: Call) -> None:
    """Typesetters and the like: files by name, and files that their input includes."""
    Program("o> f= m= T= d= t= l= P= s= K= M= F= xpath= output> schema< relaxng<")(call)
    if call.shell.stdin is not None:
        names_in_text(call, call.shell.stdin.text)


def _man(call: Call) -> None:
    """`man`: a page by name; a file with `-l` or a path."""
    local = any(word.text in ("-l", "--local-file") for word in call.words)
    for word in call.words:
        if local or "/" in word.text:
            call.perhaps(word.text)


def _crontab(call: Call) -> None:
    """`crontab FILE`, `crontab -`: commands behind five fields of time."""
    parsed = call.parse("u=")
    text = call.shell.stdin.text if call.shell.stdin is not None else ""
    for word in parsed.operands:
        if word.text != "-":
            call.read(word.text)
            text = call.world.text_of(call.path(word.text)) or ""
    if parsed.has("l", "r"):
        return
    for line in text.split("\n")[:_MOST]:
        fields = line.split(None, 1 if line.startswith("@") else 5)
        if fields and not line.startswith("#") and "=" not in fields[0]:
            call.command(fields[-1])


def _patch(call: Call) -> None:
    """`patch`: the files that a patch changes; messages show lines of them."""
    parsed = call.parse("i< p= d@ o> r> B= D= F= Y= z= input< directory@ output>")
    call.apply_options(parsed)
    for word in parsed.operands[:1]:
        call.access("write", word.text)
    if call.shell.stdin is not None:
        changed_files(call, call.shell.stdin.text)


def _apply_patch(call: Call) -> None:
    """`apply_patch`: a patch as its argument or on its input."""
    texts = [word.text for word in call.words]
    if call.shell.stdin is not None:
        texts.append(call.shell.stdin.text)
    for text in texts:
        changed_files(call, text)


def changed_files(call: Call, text: str) -> None:
    """Report the files a patch names: unified, or of the `*** Update File:` kind."""
    for line in text.split("\n")[:20_000]:
        if not line.startswith(("+++ ", "--- ", "*** ")) or not call.findings.step():
            continue
        kind, colon, path = line.partition(": ")
        if colon and kind.startswith("*** "):
            mode = "remove" if "Delete" in kind else "write"
            call.access("remove" if mode == "remove" else "write", path.strip())
        elif not line.startswith("*** "):
            name = line[4:].partition("\t")[0].strip()
            for prefix in ("a/", "b/"):
                name = name.removeprefix(prefix)
            if name != "/dev/null" and UNKNOWN not in name:
                call.access("write", name)


def _console(call: Call) -> None:
    for word in call.words:
        call.perhaps(word.text)
    if call.shell.stdin is not None:
        names_in_text(call, call.shell.stdin.text)


TABLE: dict[str, Reader] = {
    **programs(
        "groff troff nroff tbl pic eqn soelim xmllint xsltproc tex latex pdflatex "
        "xelatex "
        "lualatex asciidoctor rst2html graphviz dot",
        _including,
    ),
    "man": _man,
    "crontab": _crontab,
    "patch": _patch,
    **programs("apply_patch applypatch", _apply_patch),
    **programs("mlr tesseract exiftool identify magick convert ffmpeg", _console),
}
