"""The story that the demo plays, act by act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hookwright.core.api import ToolError

from .claude import ClaudeSession, Meter
from .handlers import Handlers
from .scratch import Scratch

_GREETING = "def greet(name):\n    return 'Hello ' + name\n"
_CHECK = """import greeting

assert greeting.greet('Ada') == 'Hello, Ada!', greeting.greet('Ada')
print('1 check passed')
"""
_FAREWELL = "def part(name):\n    return f'Goodbye, {name}.'\n"


@dataclass(frozen=True)
class Act:
    """One part of the day.

    :param title: what happens, for people.
    :param play: makes it happen.
    """

    title: str
    play: Callable[[], None]


class Day:
    """Several sessions, a subagent, a failure, commits, a push and a crash."""

    def __init__(self, scratch: Scratch, handlers: Handlers, meter: Meter) -> None:
        self._scratch = scratch
        self._handlers = handlers
        self._meter = meter
        # No scanner may take a line of this file for a secret, so it is put together.
        self.secret = "".join(("gh", "p_", "R7kQ2mZ9xW4vT8bN", "5cJ1hL6fD3sA0yGuPeIo"))

    def acts(self) -> tuple[Act, ...]:
        """Return the acts in order."""
        return (
            Act("Claude Code writes code, fails a check, mends it", self.morning),
            Act("a second session sends a subagent and pushes", self.noon),
            Act("a third session types a secret, then is killed", self.afternoon),
            Act("a person commits and pushes by hand", self.evening),
        )

    def morning(self) -> None:
        """Play a session that ends as sessions should."""
        claude = self._begin("Add a greeting and a check for it")
        claude.write("greeting.py", _GREETING)
        claude.write("check_greeting.py", _CHECK)
        if not claude.shell(self._check()).exit_code:
            raise ToolError("the demo's check passed before it was mended")
        claude.edit("greeting.py", "'Hello ' + name", "f'Hello, {name}!'")
        self._must_pass(claude, self._check())
        self._commit(claude, "Add a greeting", "greeting.py check_greeting.py")
        claude.stop("The greeting works and is committed.")
        claude.end()

    def noon(self) -> None:
        """Play a session with a subagent and a push."""
        claude = self._begin("Add a farewell in the style of the greeting")
        with claude.subagent("general-purpose", "find the style of the greeting"):
            claude.read("greeting.py")
            self._must_pass(claude, "git log --oneline")
        claude.write("farewell.py", _FAREWELL)
        self._commit(claude, "Add a farewell", "farewell.py")
        self._must_pass(claude, "git push --quiet origin main")
        claude.stop("The farewell is pushed.")
        claude.end()

    def afternoon(self) -> None:
        """Play a session that nobody ended: what it did must be there all the same."""
        claude = self._begin("Call the service with our token")
        self._must_pass(claude, f"SERVICE_TOKEN={self.secret} true")

    def evening(self) -> None:
        """Play a person who works without an agent."""
        path = self._scratch.workspace / "README.md"
        path.write_text("Lighthouse greets people and says goodbye.\n", "utf-8")
        self._scratch.git("add", "README.md")
        self._scratch.git("commit", "--quiet", "--message", "Say what this is")
        self._scratch.git("push", "--quiet", "origin", "main")

    def _begin(self, prompt: str) -> ClaudeSession:
        claude = ClaudeSession(self._scratch, self._handlers, self._meter)
        claude.start()
        claude.prompt(prompt)
        return claude

    def _commit(self, claude: ClaudeSession, message: str, files: str) -> None:
        command = f"git add {files} && git commit --quiet -m '{message}'"
        self._must_pass(claude, command)

    def _must_pass(self, claude: ClaudeSession, command: str) -> None:
        ran = claude.shell(command)
        if ran.exit_code:
            raise ToolError(f"{command} failed: {ran.stderr.strip()}")

    def _check(self) -> str:
        return f"'{self._scratch.python}' -B check_greeting.py"
