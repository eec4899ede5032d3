"""Variables that programs obey: files they read, commands they run by them."""

from __future__ import annotations

from ..words import UNKNOWN
from .call import Call

_GIT = [
    "GIT_PAGER",
    "GIT_EDITOR",
    "GIT_EXTERNAL_DIFF",
    "GIT_SSH_COMMAND",
    "GIT_SSH",
    "GIT_ASKPASS",
    "PAGER",
    "EDITOR",
    "VISUAL",
    "GIT_SEQUENCE_EDITOR",
    "GIT_PROXY_COMMAND",
]
#: Program -> variables whose value is a command line.
_COMMANDS: dict[str, list[str]] = {
    "git": _GIT,
    "man": ["MANPAGER", "PAGER"],
    "crontab": ["EDITOR", "VISUAL"],
    "gh": ["GH_PAGER", "PAGER", "EDITOR"],
    "psql": ["PAGER", "PSQL_PAGER", "EDITOR"],
    "rsync": ["RSYNC_RSH", "RSYNC_CONNECT_PROG"],
}
#: Program -> variables whose value names a file, or options with files.
_FILES: dict[str, list[str]] = {
    "python": ["PYTHONSTARTUP"],
    "python3": ["PYTHONSTARTUP"],
    "node": ["NODE_OPTIONS"],
    "npm": ["NPM_CONFIG_USERCONFIG", "npm_config_userconfig", "NODE_OPTIONS"],
    "npx": ["NPM_CONFIG_USERCONFIG", "npm_config_userconfig", "NODE_OPTIONS"],
    "perl": ["PERL5OPT", "PERL5DB"],
    "ruby": ["RUBYOPT"],
    "git": ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG"],
    "wget": ["WGETRC"],
    "less": ["LESSKEY", "LESSKEYIN"],
    "ansible": ["ANSIBLE_CONFIG"],
    "java": ["JDK_JAVA_OPTIONS"],
    "docker": ["COMPOSE_ENV_FILES"],
    "pip": ["PIP_CONFIG_FILE", "PIP_REQUIREMENT"],
}
_MOST_SETTINGS = 20


def follow_variables(call: Call) -> None:
    """Report what variables that are set have the program read or run."""
    variables = call.shell.variables
    for name in _COMMANDS.get(call.name, ()):
        if name in variables and variables[name].text != UNKNOWN:
            call.command(variables[name].text)
    for name in _FILES.get(call.name, ()):
        if name in variables:
            for part in variables[name].text.split():
                call.perhaps(part)
                if part.startswith("dotenv/") and name == "NODE_OPTIONS":
                    call.access("load", ".env")
    if call.name == "less" and "LESSOPEN" in variables:
        call.command(variables["LESSOPEN"].text.lstrip("|-").replace("%s", ""))


def git_settings(call: Call) -> list[tuple[str, str]]:
    """Return git's settings from `GIT_CONFIG_KEY_n` and `GIT_CONFIG_VALUE_n`."""
    variables = call.shell.variables
    if "GIT_CONFIG_COUNT" not in variables:
        return []
    found = []
    for place in range(_MOST_SETTINGS):
        name = variables.get(f"GIT_CONFIG_KEY_{place}")
        value = variables.get(f"GIT_CONFIG_VALUE_{place}")
        if name is not None and value is not None:
            found.append((name.text, value.text))
    return found
