"""Containers: variables from files, mounts, copies, build contexts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..words import Word
from .call import Call, Reader, programs
from .options import Parsed
from .standard_input import names_in_text
from .wrappers import joined

_RUN = (
    "e= v= p= w= u= l= h= m= c= a= P. env= env-file$ volume= mount= publish= name= "
    "network= net= entrypoint= workdir= user= label= label-file< hostname= memory= "
    "cpus= "
    "platform= restart= device= cap-add= cap-drop= add-host= dns= gpus= ip= link= "
    "log-driver= log-opt= pid= ipc= shm-size= tmpfs= ulimit= volumes-from= cidfile> "
    "security-opt= pull= group-add= secret= userns= runtime= stop-signal= tmpfs= "
    "health-cmd= detach-keys= expose= index= service-ports. pod= annotation="
)
_BUILD = (
    "f< t= o> file< tag= build-arg= target= secret= ssh= platform= cache-from= "
    "cache-to= "
    "label= network= output> iidfile> progress= add-host= memory= build-context= "
    "builder= "
    "metadata-file> shm-size= isolation= env-file$ allow= no-cache-filter="
)
_COMPOSE = (
    "f< p= file< project-name= env-file$ project-directory@ profile= ansi= progress= "
    "context= H="
)
_GLOBAL = "H= c= l= host= context= config? log-level= tlscacert< tlscert< tlskey<"


def _docker(call: Call) -> None:
    """`docker`, `podman`, `nerdctl`."""
    parsed = call.parse(_GLOBAL, first_operand_ends=True)
    words = parsed.operands
    while words and words[0].text in (
        "container",
        "image",
        "buildx",
        "builder",
        "stack",
    ):
        words = words[1:]
    if not words:
        return
    call.words = words[1:]
    name = words[0].text
    if name in ("run", "create", "exec"):
        _run(call)
    elif name == "compose":
        _compose(call)
    elif name in ("build", "bake", "b"):
        _build(call)
    elif name in ("cp", "copy"):
        _copy(call)
    elif name in ("secret", "config", "import", "load", "deploy"):
        for word in call.parse(
            "i< input< c< compose-file< l= d= label= driver= template-driver="
        ).operands:
            call.perhaps(word.text)
        call.apply_options(call.parse("i< input< c< compose-file<"))
    else:
        for word in call.words:
            if word.text.startswith("--env-file"):
                call.perhaps(word.text)


def _run(call: Call) -> None:
    parsed = call.parse(_RUN, first_operand_ends=True)
    mounts: list[tuple[str, str]] = []
    for item in parsed.items:
        if item.value is None or not item.name:
            continue
        if item.name in ("v", "volume"):
            _volume(call, item.value.text)
            source, _, target = item.value.text.partition(":")
            mounts.append((source, target.partition(":")[0]))
        elif item.name == "mount":
            mounts.append(_mount(call, item.value.text))
        else:
            call.apply(item.role, item.value)
    entry = parsed.values("entrypoint")[-1:]
    where = parsed.values("w", "workdir")
    _inside(call, [*entry, *parsed.operands[1:]], mounts, where)


#: What parts the commands of a line.
_COMMANDS = re.compile(r"[;|&\n]+")
#: Options with which a shell lists its variables.
_LISTING = frozenset({"-p", "-x", "-px", "-xp"})


def _inside(
    call: Call,
    words: Sequence[Word],
    mounts: Sequence[tuple[str, str]],
    where: Sequence[Word],
) -> None:
    """Follow what runs in a container, by the names its files have on this machine."""
    with call.script() as inner:
        if where:
            inner.cwd = inner.path(_outside(where[-1].text, mounts))
        given = [Word(_outside(word.text, mounts), word.many) for word in words]
        inner.start(given, inner.shell.stdin)


def _outside(text: str, mounts: Sequence[tuple[str, str]]) -> str:
    """Return a text with the mounted places by their names outside."""
    for source, target in mounts:
        if target == "/" or not target or not source:
            continue
        bare = target.rstrip("/")
        if text == bare:
            return source
        text = text.replace(f"{bare}/", f"{source.rstrip('/')}/")
    return text


def _volume(call: Call, text: str) -> None:
    """Report a file that is mounted; a directory is the project's usual mount."""
    source, colon, _ = text.partition(":")
    if not colon or ("/" not in source and "." not in source and "~" not in source):
        return
    path = call.path(source)
    if call.world.is_secret(path):
        call.read(source, "mounts it")
    else:
        call.access("look", source, "mounts it")


def _mount(call: Call, text: str) -> tuple[str, str]:
    """Report what `--mount type=bind,src=A,dst=B` mounts; return both places."""
    source = target = ""
    for part in text.split(","):
        name, _, value = part.partition("=")
        if name in ("src", "source") and value:
            source = value
            _volume(call, f"{value}:")
        elif name in ("dst", "target", "destination"):
            target = value
    return source, target


def _build(call: Call) -> None:
    """`build`: secrets by `src=`; the context is the project's own `.dockerignore`."""
    parsed = call.parse(_BUILD)
    for item in parsed.items:
        if item.value is None or not item.name:
            continue
        if item.name in ("secret", "ssh", "build-context"):
            for part in item.value.text.split(","):
                name, _, value = part.partition("=")
                if name in ("src", "source", "default"):
                    call.access("load", value)
        else:
            call.apply(item.role, item.value)
    for word in parsed.operands[:1]:
        call.access("look", word.text, "builds from it")
    from_input = any(word.text == "-" for word in parsed.values("f", "file"))
    if from_input and call.shell.stdin is not None:
        for line in call.shell.stdin.text.split("\n")[:500]:
            if line.split()[:1] and line.split()[0].upper() in ("COPY", "ADD"):
                names_in_text(call, line)


def _compose(call: Call) -> None:
    """`docker compose`: `config` prints what is put in from `.env`."""
    parsed = call.parse(_COMPOSE, first_operand_ends=True)
    call.apply_options(parsed)
    words = parsed.operands
    if not words:
        return
    call.words = words[1:]
    name = words[0].text
    stdin = call.shell.stdin
    if stdin is not None and any(w.text == "-" for w in parsed.values("f", "file")):
        names_in_text(call, stdin.text)
    if name in ("config", "convert"):
        given = call.parse("format= o> output> hash=")
        if not given.has(
            "q",
            "quiet",
            "services",
            "images",
            "volumes",
            "profiles",
            "no-interpolate",
            "hash",
        ):
            _shows_loaded(call, parsed)
    elif name in ("run", "exec"):
        _run(call)
        inner = call.parse(_RUN, first_operand_ends=True).operands[1:]
        if _shows_variables([word.text for word in inner]):
            _shows_loaded(call, parsed)
    elif name in ("cp", "copy"):
        _copy(call)


def _shows_loaded(call: Call, parsed: Parsed) -> None:
    for word in parsed.values("env-file") or [Word(".env")]:
        if call.world.is_secret(call.path(word.text)):
            call.access("read", word.text, "prints what is put in from it")


def _shows_variables(words: Sequence[str]) -> bool:
    """Return whether a command prints its environment: `env`, `sh -c 'env | sort'`."""
    commands = [list(words)]
    if list(words[1:2]) == ["-c"]:
        commands = [part.split() for part in _COMMANDS.split(" ".join(words[2:3]))]
    return any(map(_shows, commands))


def _shows(words: Sequence[str]) -> bool:
    if not words or words[0] in ("printenv", "/usr/bin/printenv"):
        return bool(words)
    rest = [word for word in words[1:] if word[:1] != "-"]
    if words[0] in ("env", "/usr/bin/env"):
        return all("=" in word for word in rest)
    flags = {word for word in words[1:] if word[:1] == "-"}
    return words[0] in ("export", "declare", "set") and not rest and flags <= _LISTING


def _copy(call: Call) -> None:
    operands = [word.text for word in call.parse("index=").operands]
    if len(operands) == 2 and ":" not in operands[0]:
        below = call.world.is_directory(call.path(operands[0]))
        call.access("copy", operands[0], target=operands[1], below=below)
    elif len(operands) == 2:
        call.access("write", operands[1])


_KUBECTL = (
    "f^ n= c= l= o= k= R. from-file= from-env-file$ from-literal= filename^ namespace= "
    "context= kubeconfig? output= selector= type= cert^ key^ docker-server= "
    "patch-file^ "
    "values^ set= version= set-file= set-string= t= p= patch= image= container= "
    "kustomize= dry-run. field-selector= sort-by= as= cluster= user= token= server= s="
)


def _kubectl(call: Call) -> None:
    """`kubectl`, `helm`, `oc`: manifests and values are sent."""
    parsed = call.parse(_KUBECTL)
    for item in parsed.items:
        if item.value is None or not item.name:
            continue
        if item.name == "from-file":
            call.access("send", item.value.text.rpartition("=")[2])
        elif item.name == "set-file":
            call.access("send", item.value.text.partition("=")[2])
        else:
            call.apply(item.role, item.value)
    operands = [word.text for word in parsed.operands]
    if operands[:1] == ["config"] and operands[1:2] == ["view"] and parsed.has("raw"):
        call.read(f"{call.world.home}/.kube/config", "prints it")
    if operands[:1] == ["cp"] and len(operands) > 2 and ":" not in operands[1]:
        call.access("send", operands[1])
    elif operands[:1] not in (["get"], ["exec"], ["run"], ["logs"]):
        for text in operands[1:]:
            call.perhaps(text)


def _vagrant(call: Call) -> None:
    if call.words and call.words[0].text in ("ssh", "winrm"):
        return
    for word in call.words[1:]:
        call.perhaps(word.text)


def _nix_shell(call: Call) -> None:
    """`nix-shell --run TEXT`, `nix develop -c CMD`, `guix shell -- CMD`."""
    parsed = call.parse("run! command! p= packages= I= A= attr= arg= argstr= expr= E=")
    call.apply_options(parsed)
    for word in parsed.values("expr", "E"):
        names_in_text(call, word.text)
    texts = [word.text for word in call.words]
    for mark in ("-c", "--command", "--"):
        if mark in texts[1:] and call.name in ("nix", "guix"):
            rest = call.words[texts.index(mark, 1) + 1 :]
            call.start(rest) if len(rest) != 1 else call.command(joined(rest))
            return


def _terraform(call: Call) -> None:
    """`-var-file`, paths by name; `console` evaluates `file(...)` of its input."""
    if call.shell.stdin is not None:
        names_in_text(call, call.shell.stdin.text)
    for word in call.words:
        text = word.text
        if text.startswith(("-var-file=", "--var-file=")):
            call.access("load", text.partition("=")[2])
        elif not text.startswith("-var"):
            call.perhaps(text)


def _ansible(call: Call) -> None:
    parsed = call.parse(
        "i< e= m= a= l= u= b. vault-password-file< private-key? key-file? "
        "extra-vars= inventory< module-name= args= limit= user= t= tags= f="
    )
    local = any(
        word.text in ("localhost", "127.0.0.1", "all") for word in parsed.operands
    )
    for word in parsed.values("e", "extra-vars"):
        if word.text.startswith("@"):
            call.access("load", word.text[1:])
    for word in parsed.values("a", "args") if local else ():
        _module(call, [m.text for m in parsed.values("m", "module-name")], word)


def _module(call: Call, modules: list[str], word: Word) -> None:
    if not modules or modules[-1] in ("command", "shell", "raw", "script"):
        call.command(word.text)
    for part in word.text.split():
        call.perhaps(part)
    names_in_text(call, word.text)


TABLE: dict[str, Reader] = {
    **programs("docker podman nerdctl finch", _docker),
    **programs("docker-compose podman-compose", _compose),
    **programs("kubectl helm oc k3s.kubectl kustomize k9s kubectx microk8s", _kubectl),
    "vagrant": _vagrant,
    **programs("nix-shell nix guix", _nix_shell),
    **programs("terraform tofu terragrunt pulumi packer cdk", _terraform),
    **programs("ansible ansible-playbook", _ansible),
}
