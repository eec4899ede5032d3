"""Build tools, package managers and runners: which texts of a project they run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ..words import UNKNOWN, Word
from .call import Call, Program, Reader, programs
from .own_commands import changes_guard
from .script_programs import foreign
from .standard_input import names_in_text
from .wrappers import joined

_MOST_RECIPES = 40


def _make(call: Call) -> None:
    """`make`: the recipes of its targets are followed when the Makefile is at hand."""
    parsed = call.parse(
        "f= C@ I? j. l= o= W= file= makefile= directory@ include-dir? jobs. old-file= "
        "eval= what-if= new-file= assume-old= E="
    )
    call.apply_options(parsed)
    named = [word.text for word in parsed.values("f", "file", "makefile")]
    for text in named:
        call.perhaps(text)
    for word in parsed.values("eval", "E"):
        _recipes(call, word.text, [])
        for line in word.text.split("\n"):
            if line.split()[:1] in (["include"], ["-include"], ["sinclude"]):
                names_in_text(call, line)
        for each in _shell_calls(word.text):
            call.command(each)
    targets = [w.text for w in parsed.operands if "=" not in w.text]
    variables = dict(
        word.text.split("=", 1) for word in parsed.operands if "=" in word.text
    )
    for name, value in variables.items():
        if name in ("SHELL", ".SHELLFLAGS"):
            call.command(value)
        call.perhaps(value)
    for text in named or ["GNUmakefile", "makefile", "Makefile"]:
        content = None
        if text == "-" and call.shell.stdin is not None:
            content = call.shell.stdin.text
            names_in_text(call, content)
        elif UNKNOWN not in text:
            content = call.world.text_of(call.path(text))
        if content is not None:
            _recipes(call, content, targets, variables)
            return


def _recipes(
    call: Call,
    content: str,
    targets: Sequence[str],
    variables: dict[str, str] | None = None,
) -> None:
    """Follow the recipes of these targets and of what they need."""
    rules, values = _makefile(content)
    values.update({name.rstrip(":?+"): v for name, v in (variables or {}).items()})
    first = next((name for name in rules if not name.startswith(".")), None)
    waiting = list(targets) or ([first] if first else [])
    done: set[str] = set()
    with call.script() as inner:
        for line in content.split("\n"):
            if "$(shell " in line and not line.startswith(("\t", "#")):
                for each in _shell_calls(line):
                    inner.command(_filled(each, "", [], values))
        while waiting and len(done) < _MOST_RECIPES:
            name = waiting.pop()
            if name in done or name not in rules:
                continue
            done.add(name)
            needs, lines = rules[name]
            waiting.extend(needs)
            for line in lines:
                inner.command(_filled(line.lstrip("@-+ \t"), name, needs, values))


def _shell_calls(text: str) -> list[str]:
    """Return what `$(shell ...)` runs when a Makefile is read."""
    found: list[str] = []
    for part in text.split("$(shell ")[1:50]:
        nested, end = 1, 0
        while end < len(part) and nested:
            nested += {"(": 1, ")": -1}.get(part[end], 0)
            end += 1
        found.append(part[: end - 1])
    return found


def _makefile(
    content: str,
) -> tuple[dict[str, tuple[list[str], list[str]]], dict[str, str]]:
    """Return the rules (needs, recipe lines) and simple variables of a Makefile."""
    rules: dict[str, tuple[list[str], list[str]]] = {}
    values: dict[str, str] = {}
    current: list[str] = []
    for line in content.replace("\\\n", " ").split("\n"):
        if line.startswith("\t"):
            for name in current:
                rules[name][1].append(line[1:])
            continue
        if not line.strip() or line.startswith("#"):
            continue
        head, equals, value = line.partition("=")
        if equals and ":" not in head.rstrip(":?+! ").strip():
            values[head.rstrip(":?+! ").strip().removeprefix("export ")] = value.strip()
            continue
        names, colon, rest = line.partition(":")
        if not colon:
            continue
        needs, _, inline = rest.lstrip(":").partition(";")
        current = names.split()
        for name in current:
            old = rules.setdefault(name, ([], []))
            old[0].extend(needs.split())
            if inline:
                old[1].append(inline)
    return rules, values


def _filled(line: str, name: str, needs: Sequence[str], values: dict[str, str]) -> str:
    """Return a recipe line with make's own variables put in."""
    own = {"@": name, "<": needs[0] if needs else "", "^": " ".join(needs)}
    made: list[str] = []
    place = 0
    while place < len(line):
        letter = line[place]
        following = line[place + 1 : place + 2]
        if letter != "$" or not following:
            made.append(letter)
            place += 1
        elif following == "$":
            made.append("$")
            place += 2
        elif following in "({":
            end = line.find(")" if following == "(" else "}", place)
            inner = line[place + 2 : end] if end > 0 else ""
            if inner.startswith("shell "):
                made.append(f"$({inner[6:]})")
            else:
                made.append(own.get(inner, values.get(inner, UNKNOWN)))
            place = end + 1 if end > 0 else len(line)
        else:
            made.append(own.get(following, values.get(following, UNKNOWN)))
            place += 2
    return "".join(made)


def _just(call: Call) -> None:
    """`just`, `task`: recipes in a file of their own; what is named is followed."""
    parsed = call.parse(
        "f= justfile= d@ working-directory@ taskfile= t= dir@ set= E$ "
        "dotenv-path$ dotenv-filename= shell= c! command!"
    )
    call.apply_options(parsed)
    for name in ("justfile", "Justfile", ".justfile"):
        content = call.world.text_of(call.path(name)) if call.name == "just" else None
        if content is not None:
            tabbed = content.replace("\n    ", "\n\t").replace("\n  ", "\n\t")
            targets = [w.text for w in parsed.operands if "=" not in w.text]
            _recipes(call, tabbed, targets[:1])
            return


def _npm(call: Call) -> None:
    """`npm run NAME`, `npx PROGRAM`, `npm exec`; `package.json` is followed."""
    parsed = call.parse(
        "prefix@ C@ dir@ cwd@ w= workspace= F= filter= registry= c! call! "
        "p= package= loglevel= tag= otp= userconfig= env-file$",
        first_operand_ends=True,
    )
    call.apply_options(parsed)
    words = parsed.operands
    if call.name in ("npx", "bunx", "pnpx", "dlx"):
        call.start(words)
        return
    if not words:
        return
    name, *rest = words
    if name.text in ("exec", "x", "dlx", "execute"):
        inner = Call(call.name, rest, call.shell, call.findings, call.cwd, call.strict)
        given = inner.parse("c! call! p= package=", first_operand_ends=True)
        inner.apply_options(given)
        inner.start(given.operands)
    elif name.text in ("run", "run-script", "rum", "urn"):
        _package_script(call, rest)
    elif name.text in ("test", "start", "stop", "restart", "t", "tst"):
        _package_script(
            call, [Word("test" if name.text[0] == "t" else name.text), *rest]
        )
    elif call.name in ("yarn", "pnpm", "bun") and name.text not in _NPM_OWN:
        if not _package_script(call, words) and call.name != "bun":
            call.start(words)
        elif call.name == "bun" and "." in name.text:
            call.start([Word("node"), *words])
    elif name.text == "config" or name.text == "set":
        for word in rest:
            call.perhaps(word.text)
    elif name.text in ("publish", "pack"):
        call.access("look", ".", "packs what the package lists")


_NPM_OWN = frozenset(
    [
        "install",
        "add",
        "remove",
        "i",
        "ci",
        "init",
        "create",
        "up",
        "upgrade",
        "update",
        "audit",
        "outdated",
        "list",
        "ls",
        "why",
        "link",
        "unlink",
        "publish",
        "pack",
        "version",
        "login",
        "logout",
        "whoami",
        "config",
        "cache",
        "info",
        "view",
        "rebuild",
        "dedupe",
        "workspaces",
        "workspace",
        "import",
        "node",
        "set",
        "store",
        "env",
        "pm",
    ]
)


def _package_script(call: Call, words: Sequence[Word]) -> bool:
    """Follow a script of package.json, with those before and after it."""
    names = [word for word in words if not word.text.startswith("-")]
    content = call.world.text_of(call.path("package.json"))
    if not names or content is None:
        return False
    try:
        scripts = json.loads(content).get("scripts", {})
    except (ValueError, AttributeError, RecursionError):
        return False
    name = names[0].text
    if not isinstance(scripts, dict) or name not in scripts:
        return False
    arguments = joined([word for word in words[1:] if word.text != "--"])
    with call.script() as inner:
        for each in (f"pre{name}", name, f"post{name}"):
            line = scripts.get(each)
            if isinstance(line, str):
                inner.command(f"{line} {arguments}" if each == name else line)
    return True


def _python_runner(call: Call) -> None:
    """`uv run`, `poetry run`, `pipenv run`, `conda run`, `hatch run`, `bundle exec`."""
    options = (
        "n= p= python= with= extra= group= package= project@ directory@ env-file$ "
        "name= prefix= cwd@ only-group= with-requirements< from= index-url= "
        "extra-index-url= C@ t= e= m= default-index= index= toolchain= s$ script= "
        "module= env= with-editable= no-group="
    )
    parsed = call.parse(options, first_operand_ends=True)
    call.apply_options(parsed)
    words = parsed.operands
    if call.name in ("uvx", "pipx.run"):
        call.start(words)
        return
    while words and words[0].text in ("tool", "env"):
        words = words[1:]
    if words and words[0].text in ("run", "exec", "x", "--"):
        inner = Call(
            call.name, words[1:], call.shell, call.findings, call.cwd, call.strict
        )
        given = inner.parse(options, first_operand_ends=True)
        inner.apply_options(given)
        started = given.operands
        for word in given.values("m", "module"):
            started = [Word("python"), Word("-m"), word, *started]
        if started and started[0].text.endswith(".py"):
            started = [Word("python"), *started]
        inner.start(started)
        return
    texts = [word.text for word in words]
    _uninstall(call, texts)
    for text in texts[1:]:
        call.perhaps(text)


#: Options of compilers that run a line of code: `ghc -e`, `nim e --eval:`.
_CODE = ("-e", "--eval")


def _compiler(call: Call) -> None:
    """C compilers and the like: sources are printed by `-E` or in their messages."""
    if any(word.text.partition(":")[0] in _CODE for word in call.words):
        for word in call.words:
            foreign(call, word.text)
    parsed = call.parse(
        "o> I? L? D= U= l= x= include< imacros< isystem? iquote? MF> MT= MQ= T< "
        "std= target= arch= Xlinker= Xpreprocessor= framework= rpath= soname= wrapper= "
        "classpath= cp= d? sourcepath? processor= source= release= module-path? jar= "
        "emit= edition= crate-type= crate-name= cfg= extern= out-dir?",
        single_dash=True,
    )
    call.apply_options(parsed)
    for word in parsed.operands:
        call.read(word.text.removeprefix("@"), "compiles it")
    if call.shell.stdin is not None:
        names_in_text(call, call.shell.stdin.text)
    for word in call.words:
        if word.text.startswith("@"):
            call.read(word.text[1:], "takes arguments from it")


def _assembler(call: Call) -> None:
    """`as`: a warning shows the line it is about; `-D`, `-L` and the like are flags."""
    parsed = call.parse(
        "o> I? MD> a= defsym= march= mcpu= mtune= mfpu= mabi= debug-prefix-map="
    )
    call.apply_options(parsed)
    for word in parsed.operands:
        call.read(word.text.removeprefix("@"), "assembles it")
    if call.shell.stdin is not None:
        names_in_text(call, call.shell.stdin.text)


def _m4(call: Call) -> None:
    parsed = call.parse("D= I? U= s. F> R<  d. l= L= o> G. E.")
    call.apply_options(parsed)
    for word in parsed.operands:
        call.read(word.text)
    if call.shell.stdin is not None and any(
        mark in call.shell.stdin.text for mark in ("include(", "syscmd(", "esyscmd(")
    ):
        for part in _inside(call.shell.stdin.text):
            call.perhaps(part)


def _inside(text: str) -> Iterator[str]:
    for part in text.split("(")[1:200]:
        yield part.partition(")")[0].strip("`' ")


def _tester(call: Call) -> None:
    """Test runners, linters, formatters: what is named by a path is a source of theirs.

    Their messages may show lines of a file that is named to them.
    """
    for word in call.words:
        call.perhaps(word.text)


def _pip(call: Call) -> None:
    parsed = call.parse(
        "r< requirement< c< constraint< e? editable? t? target? i= "
        "index-url= extra-index-url= f= find-links= cert< client-cert^ "
        "log> proxy= python= d? dest? report>"
    )
    call.apply_options(parsed)
    words = [word.text for word in parsed.operands]
    _uninstall(call, words)
    for text in words[1:]:
        call.perhaps(text)


def _uninstall(call: Call, words: Sequence[str]) -> None:
    """Report that Hookwright itself would be taken away."""
    verbs = {"uninstall", "remove"} & set(words[:2])
    packages = [word.lower().partition("[")[0] for word in words[1:]]
    if verbs and "hookwright" in packages:
        changes_guard(call, f"{call.name} {min(verbs)} hookwright")


TABLE: dict[str, Reader] = {
    **programs("make gmake bmake remake mingw32-make nmake", _make),
    **programs("just task", _just),
    **programs("npm npx pnpm yarn bun bunx pnpx", _npm),
    **programs(
        "uv uvx poetry pipenv conda mamba micromamba hatch pdm rye bundle mise "
        "asdf pixi rtx volta pyenv rbenv nvm-exec",
        _python_runner,
    ),
    **programs(
        "gcc g++ cc c++ cpp clang clang++ tcc ld javac rustc ghc ocaml tsc swc "
        "esbuild nasm gfortran dmd ldc2 zig nim kotlinc scalac swiftc mcs csc",
        _compiler,
    ),
    **programs("as gas", _assembler),
    "m4": _m4,
    **programs("pip pip3 pipx", _pip),
    **programs(
        "ruff mypy flake8 pylint black isort pyright eslint prettier "
        "jest vitest mocha tox nox cargo go mvn gradle gradlew rake sbt lein mix "
        "cmake ninja meson bazel buck dune stack cabal dotnet msbuild xcodebuild "
        "shellcheck hadolint yamllint markdownlint rubocop phpstan phpunit rspec "
        "pre-commit nx turbo lerna vite webpack rollup parcel next nuxt ng vue "
        "composer gem bower cocoapods pod stylelint biome deno-lint tsx.check",
        _tester,
    ),
    "detect-secrets": _tester,
    "hadolint": Program("c< f= t="),
}
