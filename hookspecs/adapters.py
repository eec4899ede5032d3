"""What an adapter is: a plugin that speaks one agent host's wire.

Core hands it a delivery and sends what it renders; core knows no agent host.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pydantic import AwareDatetime, Field

from .events import Event, Value
from .frozen import FrozenObject, FrozenValue, nothing
from .verdicts import Decision

#: Kinds of events that can be refused.
GateKind = Literal["prompt_submit", "tool_before"]


class Delivery(Value):
    """One message of an agent host, redacted, not yet understood.

    This is what the spool holds, so it has all that `Adapter.parse` needs.
    """

    #: Made by the client (20 hexadecimal digits): a retried delivery is one delivery.
    id: str
    agent_host: str
    time: AwareDatetime
    #: The client's arguments after the agent host's name, for example
    #: `("PreToolUse",)` or `("pre-push", "origin", "ssh://...")`.
    arguments: tuple[str, ...] = ()
    cwd: str
    #: The variables named by `Adapter.environment` that were set.
    environment: FrozenObject = Field(default_factory=nothing)
    #: Standard input as JSON, or as text where the host sends text.
    payload: FrozenValue = None


@dataclass(frozen=True)
class Answer:
    """What the client prints and how it exits."""

    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0


@runtime_checkable
class Adapter(Protocol):
    """Translate between one agent host and Hookwright.

    `parse`, `refusable` and `render` run while the agent waits: no process, no
    network, no file larger than a few kilobytes.
    """

    @property
    def agent_host(self) -> str:
        """The name given to `hookwright-hook`: `claude-code`, `git`, ..."""
        ...

    @property
    def input_format(self) -> Literal["json", "text"]:
        """What the agent host writes to standard input."""
        ...

    @property
    def environment(self) -> Sequence[str]:
        """Environment variables that `parse` reads; no secret may be among them."""
        ...

    @property
    def refusable_events(self) -> Mapping[str, GateKind]:
        """The client's first argument for each message that can be refused.

        With the kind of event that it stands for. What the agent host is to be told
        of such a message when no plugin can be asked is rendered beforehand, from a
        delivery that has only its arguments. Whoever installs the hook gives it at
        least 10 s, so that this answer comes before the agent host goes on alone.
        """
        ...

    def refusable(self, delivery: Delivery) -> bool:
        """Return whether the agent host honours a refusal of this message.

        It must answer for a payload it cannot parse too, from `arguments`.
        """
        ...

    def parse(self, delivery: Delivery) -> Sequence[Event]:
        """Return the events that the message stands for; none when it is of no use.

        :raises ValueError: the message is malformed; the text names the field.
        """
        ...

    def complete(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return the events with what only slow work can find (git, transcripts).

        Runs after the agent has its answer. May fill fields in and add events;
        ids must be the same each time: an added event is observed once, though
        another message or another daemon finds it again.
        """
        ...

    def render(self, delivery: Delivery, decision: Decision) -> Answer:
        """Return the decision in the agent host's own words and nothing else.

        Called for every message that waits for an answer. A decision without outcome,
        contexts and output must render as the answer that means "no opinion" to this
        host.
        """
        ...


@runtime_checkable
class OutputAdapter(Protocol):
    """What an adapter is besides, whose agent host lets a tool's output be replaced.

    Where a tool's output holds a secret, `Adapter.render` is given a decision whose
    `output` is that of the message's `ToolAfter`, redacted. The hook may have been
    installed as one that only records: it is answered as soon as it is kept.
    """

    @property
    def output_events(self) -> Collection[str]:
        """The client's first argument for each message whose answer can do that.

        Whoever installs the hook gives it at least 10 s: without a daemon the answer
        takes a process that loads the adapter.
        """
        ...


Scope = Literal["project", "user", "plugin-dir"]


@dataclass(frozen=True)
class HttpAccess:
    """How Hookwright's HTTP door on this machine is reached.

    :param url: `http://127.0.0.1:PORT`; `/v1/hooks/AGENT_HOST/EVENT` follows it.
    :param token: the bearer token, a secret: only into files that their owner alone
        can read (`FileEdit.private`).
    """

    url: str
    token: str


@dataclass(frozen=True)
class InstallRequest:
    """What `hookwright install AGENT_HOST` was asked for.

    :param scope: where to install.
    :param directory: the project's top directory, or the directory to write the
        plugin to when scope is `plugin-dir`.
    :param home: the user's home directory.
    :param client: the command and arguments that run the client, absolute; the
        agent host's name and event follow them.
    :param data_dir: Hookwright's data directory.
    :param environment: the variables `install` was run with.
    :param version: Hookwright's version.
    :param http: the HTTP door: where hooks are to use it, for `Installer.plan`; where
        there is one, for `Installer.detect`.
    :param mcp: the command and arguments that run the MCP server, absolute, to be
        registered as `hookwright` in the agent host; () when nobody wants it.
    :param status_line: whether the agent host's status line is to be Hookwright's where
        it has one and the user has chosen none.
    """

    scope: Scope
    directory: Path
    home: Path
    client: tuple[str, ...]
    data_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    version: str = "0"
    http: HttpAccess | None = None
    mcp: tuple[str, ...] = ()
    status_line: bool = False


@dataclass(frozen=True)
class FileEdit:
    """One file that install writes.

    :param path: absolute.
    :param content: the whole new content, made from what the file held when the
        plan was made; None removes the file.
    :param mode: permission bits for a new file.
    :param private: whether the content holds a secret: the file, new or not, is for
        its owner alone until uninstall.
    :param moved_to: where the file that was there is kept and called from (a git
        hook that ours chains to); None when nothing was there.
    """

    path: Path
    content: bytes | None
    mode: int = 0o644
    moved_to: Path | None = None
    private: bool = False


@dataclass(frozen=True)
class InstallPlan:
    """The edits of one install, and what to tell the person afterwards."""

    edits: tuple[FileEdit, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostFinding:
    """What `hookwright doctor` says of one agent host on this machine."""

    agent_host: str
    found: bool
    version: str | None = None
    #: Where Hookwright is installed in it, for people: `project (/path)`.
    installed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    next_step: str = ""
    #: Whether the agent host runs our hooks, for one that a person must first tell so;
    #: None where nobody must.
    trusted: bool | None = None


class Installer(Protocol):
    """Put Hookwright into one agent host and find out whether it is there."""

    @property
    def agent_host(self) -> str:
        """The name given to `hookwright install`."""
        ...

    @property
    def scopes(self) -> Sequence[Scope]:
        """Scopes it can install to; the first is the default."""
        ...

    @property
    def companions(self) -> Sequence[str]:
        """Agent hosts that are installed along with this one where they can be.

        Git, for an agent host that does not say when a commit lands.
        """
        ...

    def plan(self, request: InstallRequest) -> InstallPlan:
        """Return the edits that make the install; running it twice changes nothing.

        :raises ValueError: it cannot be done here; the text says why and the cure.
        """
        ...

    def strip(self, path: Path, content: bytes) -> bytes | None:
        """Return the file without our part, or None where it is wholly ours.

        Uninstall asks this when a file was changed after install wrote it.
        """
        ...

    def detect(self, request: InstallRequest) -> HostFinding:
        """Return what is on this machine; may run the host's own program."""
        ...


@runtime_checkable
class HttpInstaller(Protocol):
    """An installer whose agent host tells its events by HTTP, unasked for.

    Where an installer has this attribute and it is true, an install opens the HTTP
    door, and the door stays open until the last of its installs is gone.
    """

    @property
    def wants_http(self) -> bool:
        """Return whether `InstallRequest.http` is to be filled in.

        It stays None where the settings forbid the door.
        """
        ...


@runtime_checkable
class SharingInstaller(Protocol):
    """An installer several of whose installs may edit one and the same file.

    Such as a file of the user's in which each project has its own part. Where an
    installer has this method, it is asked instead of `Installer.strip`.
    """

    def strip_from(
        self, request: InstallRequest, path: Path, content: bytes
    ) -> bytes | None:
        """Return the file without what the install of this request put there.

        None where nothing else is in it.
        """
        ...
