"""PowerShell and `cmd`: commands that read, copy and send files, by their own names."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from ..access import Mode
from ..words import UNKNOWN, Word
from .call import Call, Reader, programs
from .wrappers import joined

_CMDLETS: dict[str, Mode] = {
    **dict.fromkeys(
        [
            "get-content",
            "gc",
            "type",
            "cat",
            "select-string",
            "get-filehash",
            "sls",
            "import-csv",
            "ipcsv",
            "import-clixml",
            "format-hex",
            "fhx",
            "import-powershelldatafile",
            "import-module",
            "ipmo",
            "more",
            "notepad",
            "invoke-item",
            "ii",
            "compare-object",
            "convertfrom-json",
        ],
        "read",
    ),
    **dict.fromkeys(
        [
            "copy-item",
            "cp",
            "copy",
            "cpi",
            "move-item",
            "mv",
            "move",
            "mi",
            "rename-item",
            "ren",
            "rni",
            "compress-archive",
            "new-item.link",
        ],
        "copy",
    ),
    **dict.fromkeys(
        [
            "set-content",
            "sc",
            "add-content",
            "ac",
            "out-file",
            "tee-object",
            "tee",
            "new-item",
            "ni",
        ],
        "write",
    ),
    **dict.fromkeys(
        [
            "get-item",
            "gi",
            "get-childitem",
            "gci",
            "ls",
            "dir",
            "test-path",
            "resolve-path",
            "rvpa",
            "get-itemproperty",
            "split-path",
            "join-path",
            "get-acl",
        ],
        "look",
    ),
    **dict.fromkeys(
        ["remove-item", "rm", "del", "ri", "erase", "rd", "rmdir"], "remove"
    ),
    **dict.fromkeys(["write-host", "write-output", "echo", "write-verbose"], "look"),
}
_PATH_OPTIONS = frozenset(
    [
        "-path",
        "-literalpath",
        "-lp",
        "-pspath",
        "-filepath",
        "-infile",
        "-inputobject",
        "-form",
        "-attachments",
        "-destination",
        "-pa",
    ]
)
_TEXT_OPTIONS = frozenset(
    [
        "-pattern",
        "-encoding",
        "-totalcount",
        "-tail",
        "-head",
        "-delimiter",
        "-value",
        "-itemtype",
        "-name",
        "-filter",
        "-include",
        "-exclude",
        "-erroraction",
        "-ea",
        "-first",
        "-last",
        "-property",
        "-readcount",
    ]
)
_READERS = ("readalltext", "readalllines", "readlines", "readallbytes", "openread",
            "opentext", "open", "streamreader", "filestream")  # fmt: skip


def _powershell(call: Call) -> None:
    """`pwsh -Command TEXT`, `-File FILE`, `-EncodedCommand BASE64`."""
    words = list(call.words)
    while words:
        option = words.pop(0).text
        name = option.lower().lstrip("-/")
        if option[:1] not in ("-", "/"):
            if option.lower().endswith(".ps1"):
                _file(call, option, words)
            else:
                powershell(call, " ".join([option, joined(words)]))
            return
        if name in ("c", "command", "comman", "com", "commandwithargs", "cwa"):
            powershell(call, joined(words))
            return
        if name in ("f", "file"):
            _file(call, words[0].text, words[1:]) if words else None
            return
        if name in ("e", "ec", "en", "enc", "encodedcommand", "encodedcomman"):
            _encoded(call, words[0].text if words else "")
            return
        if name in ("executionpolicy", "ep", "ex", "exec", "workingdirectory", "wd",
                    "outputformat", "inputformat", "of", "if", "windowstyle", "w",
                    "configurationname", "version", "settingsfile",
                    "psconsolefile"):  # fmt: skip
            if name in ("workingdirectory", "wd") and words:
                call.cwd = call.path(words[0].text)
            words = words[1:]
    if call.shell.stdin is not None:
        powershell(call, call.shell.stdin.text)


def _encoded(call: Call, text: str) -> None:
    try:
        decoded = base64.b64decode(text).decode("utf-16-le")
    except ValueError:
        call.doubt("pwsh -EncodedCommand", "the command cannot be decoded")
        return
    powershell(call, decoded)


def _file(call: Call, text: str, arguments: Sequence[Word]) -> None:
    path = call.path(text.replace("\\", "/"))
    call.access("run", path)
    for word in arguments:
        call.perhaps(word.text)
    content = call.world.text_of(path) if UNKNOWN not in path else None
    if content is not None:
        with call.script() as inner:
            powershell(inner, content)


def powershell(call: Call, text: str) -> None:
    """Report what PowerShell code does."""
    values: dict[str, str] = {}
    for command in _commands(text):
        if not call.findings.step(1 + len(command)):
            return
        _command(call, command, values)


def _commands(text: str) -> list[list[str]]:
    """Cut code into commands and those into words; quotes are taken off."""
    commands: list[list[str]] = [[]]
    word: list[str] = []
    quote, place = "", 0
    started = False
    while place < len(text):
        letter = text[place]
        place += 1
        if quote:
            if letter == quote:
                quote = ""
                place = _behind_plus(text, place)
            elif letter == "`" and quote == '"':
                word.append(text[place : place + 1])
                place += 1
            else:
                word.append(letter)
        elif letter in "'\"":
            quote, started = letter, True
        elif letter == "`":
            word.append(text[place : place + 1])
            place += 1
        elif letter in " \t\n;|{}(),&":
            is_method = letter == "(" and bool(word)
            if word or started:
                commands[-1].append("".join(word))
            word, started = [], False
            is_value = letter == "(" and text[place:].lstrip()[:1] in ("'", '"')
            if letter in "\n;|{}(&" and not (is_method or is_value):
                commands.append([])
        else:
            word.append(letter)
    if word or started:
        commands[-1].append("".join(word))
    return [command for command in commands if command]


def _behind_plus(text: str, place: int) -> int:
    """Return where a text that is joined on with `+` begins, else the same place."""
    at = place
    while text[at : at + 1] == " ":
        at += 1
    if text[at : at + 1] != "+":
        return place
    at += 1
    while text[at : at + 1] == " ":
        at += 1
    return at if text[at : at + 1] in ("'", '"') else place


def _command(call: Call, words: list[str], values: dict[str, str]) -> None:
    name, equals, value = words[0].partition("=")
    if equals and name.startswith("$") and value:
        words = [name, "=", value, *words[1:]]
    if len(words) > 2 and words[0].startswith("$") and words[1] in ("=", "+="):
        made = "".join(words[2:]).replace("+", "")
        values[words[0].lower()] = _filled(made, values)
        words = words[2:]
    name = words[0].lower().lstrip(".\\")
    words = [words[0], *[_filled(word, values) for word in words[1:]]]
    if any(reader in name for reader in _READERS) and ("]::" in name or "." in name):
        for word in words[1:]:
            call.read(_plain(word), "opens it")
        return
    if "]::" in name or name.startswith(("$", "[")):
        _after_method(call, words)
        return
    if name in ("iex", "invoke-expression", "powershell", "pwsh", "cmd",
                "start-process", "saps", "start", "invoke-command", "icm",
                "sh", "bash"):  # fmt: skip
        _started(call, name, words)
        return
    if name in (".", "source", "import-module"):
        for word in words[1:]:
            call.read(_plain(word))
        return
    mode = _CMDLETS.get(name)
    if mode is not None:
        _cmdlet(call, name, mode, words[1:])
    elif name in ("invoke-webrequest", "iwr", "invoke-restmethod", "irm", "curl",
                  "wget", "send-mailmessage"):  # fmt: skip
        for word in words[1:]:
            call.perhaps(_plain(word))
    else:
        call.start([Word(words[0]), *[Word(_plain(word)) for word in words[1:]]])


def _after_method(call: Call, words: list[str]) -> None:
    for word in words:
        lowered = word.lower()
        if any(reader in lowered for reader in _READERS):
            for other in words[1:]:
                call.perhaps(_plain(other))
    for word in words[1:]:
        call.perhaps(_plain(word))


def _started(call: Call, name: str, words: list[str]) -> None:
    if name in ("start-process", "saps", "start"):
        rest = [w for w in words[1:] if not w.startswith("-")]
        call.start([Word(_plain(w)) for w in rest])
    elif name == "cmd":
        call.start([Word("cmd"), *[Word(w) for w in words[1:]]])
    elif name in ("iex", "invoke-expression", "icm", "invoke-command"):
        text = " ".join(words[1:])
        if text and text != UNKNOWN:
            powershell(call, text)
        else:
            call.doubt(name, "the command it runs is not known")
    else:
        call.start([Word(name), *[Word(w) for w in words[1:]]])


def _cmdlet(call: Call, name: str, mode: Mode, words: Sequence[str]) -> None:
    skip = False
    place = 0
    pattern_first = name in ("select-string", "sls")
    for word in words:
        lowered = word.lower()
        if skip:
            skip = False
            continue
        if lowered in _TEXT_OPTIONS:
            skip = True
            pattern_first = pattern_first and lowered != "-pattern"
            continue
        if word.startswith("-") and len(word) > 1 and not word[1].isdigit():
            pattern_first = pattern_first and lowered not in _PATH_OPTIONS
            continue
        place += 1
        if pattern_first and place == 1:
            continue
        if name in ("write-host", "write-output", "echo"):
            continue
        if mode == "copy" and place > 1:
            call.access("write", _plain(word))
        else:
            for each in _matches(call, _plain(word)):
                call.access(mode, each)


def _matches(call: Call, text: str) -> list[str]:
    if not set(text) & set("*?["):
        return [text]
    from .python_listing import matching

    return matching(call, "", text, hidden=True, deep=False)


def _plain(word: str) -> str:
    return word.strip("@").replace("\\", "/")


def _filled(word: str, values: dict[str, str]) -> str:
    lowered = word.lower()
    if lowered in values:
        return values[lowered]
    if not word.startswith("$"):
        for name, value in values.items():
            if name in lowered:
                at = lowered.index(name)
                return word[:at] + value + word[at + len(name) :]
        return word
    if lowered in ("$home", "$env:userprofile", "$env:home"):
        return "~"
    return word if lowered in ("$true", "$false", "$null", "$_") else UNKNOWN


def _cmd(call: Call) -> None:
    """`cmd /c TEXT`: `type`, `more`, `findstr`, `copy`."""
    words = [word.text for word in call.words]
    for place, text in enumerate(words):
        if text.lower() in ("/c", "/k", "/r", "//c"):
            for command in " ".join(words[place + 1 :]).replace("&&", "&").split("&"):
                _cmd_command(call, command.strip().strip('"'))
            return


def _cmd_command(call: Call, text: str) -> None:
    parts = [
        part.strip('"') for part in text.replace("<", " ").replace("|", " ").split()
    ]
    if not parts:
        return
    name = parts[0].lower()
    reads = name in (
        "type",
        "more",
        "findstr",
        "find",
        "certutil",
        "print",
        "fc",
        "sort",
    )
    for part in parts[1:]:
        if part.startswith("/"):
            continue
        path = part.replace("\\", "/")
        if reads:
            call.perhaps(path)
        elif name in ("copy", "xcopy", "move", "ren", "rename", "mklink", "robocopy"):
            call.access("copy", path)
    if not reads and name not in ("copy", "xcopy", "move", "ren", "del", "dir", "echo"):
        call.start([Word(part) for part in parts])


def _findstr(call: Call) -> None:
    for word in call.words:
        if not word.text.startswith("/"):
            call.perhaps(word.text)


TABLE: dict[str, Reader] = {
    **programs("pwsh powershell pwsh-preview", _powershell),
    **programs("cmd command.com", _cmd),
    **programs(
        " ".join([name for name in _CMDLETS if "-" in name] + ["gc", "sls"]),
        lambda call: _cmdlet(
            call,
            call.name,
            _CMDLETS[call.name],
            [word.text for word in call.words],
        ),
    ),
    **programs("findstr certutil", _findstr),
}
