"""What happened: one frozen model for each kind of event.

An adapter turns one delivery of an agent host into these; plugins read nothing
else. Every string in an event was redacted before the event was built.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from .frozen import FrozenObject, FrozenValue, nothing


class Value(BaseModel):
    """A frozen model that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")


class Project(Value):
    """Where the work happens: a repository, and the work tree inside it.

    Two work trees of one repository are one project, because they share the git
    common directory; outside git the project is the directory itself.
    """

    #: Directory that holds the git common directory, absolute; the key of records.
    path: str
    #: Top of the work tree in use, absolute; equal to `path` in a plain checkout.
    worktree: str
    #: The git common directory, absolute, or None outside git.
    git_dir: str | None = None

    @property
    def name(self) -> str:
        """Return the last part of the path, for people."""
        return self.path.rstrip("/\\").replace("\\", "/").rpartition("/")[2] or "/"


class Agent(Value):
    """Who acts. `id` is the ledger's name of the agent, stable across sessions."""

    #: `<agent host>/<name>`, for example `claude-code/main` or `git/Ada Lovelace`.
    id: str
    #: `main`, or the subagent type (`general-purpose`).
    name: str
    #: One run of a subagent as the agent host numbers it; "" for the main agent.
    instance: str = ""
    model: str | None = None

    @property
    def is_subagent(self) -> bool:
        """Return whether another agent started this one."""
        return bool(self.instance)


class Event(Value):
    """What every event has."""

    #: `<delivery id>.<n>`: the same delivery parsed again gives the same ids. What has
    #: a name of its own that lasts (a model call, a commit) may be called by it; such
    #: an event is observed once, whatever message tells of it.
    id: str
    #: When the agent host's message reached us (UTC).
    time: AwareDatetime
    #: The adapter's name: `claude-code`, `git`, ...
    agent_host: str
    #: The agent host's own name of the event: `PreToolUse`, `post-commit`, ...
    host_event: str
    session_id: str
    project: Project
    agent: Agent
    #: Working directory of the agent host when it spoke, absolute.
    cwd: str


class SessionStart(Event):
    """A session began, was resumed, cleared or compacted."""

    kind: Literal["session_start"] = "session_start"
    #: `startup`, `resume`, `clear`, `compact`, `fork`, or the host's own word.
    source: str = "startup"
    model: str | None = None


class PromptSubmit(Event):
    """A prompt is about to reach the model. Can be refused."""

    kind: Literal["prompt_submit"] = "prompt_submit"
    prompt: str
    prompt_id: str = ""
    #: `user`, or what else wrote it (`system`, `subagent`), as the host says.
    source: str = "user"


#: What a tool does, whatever the agent host calls it.
ToolName = Literal[
    "shell", "read", "write", "edit", "search", "fetch", "agent", "mcp", "other"
]


class ToolCall(Value):
    """One call of one tool, named the same for every agent host."""

    #: The agent host's id of this call; equal before and after the call.
    id: str
    tool: ToolName
    #: The agent host's own name: `Bash`, `mcp__github__search`, ...
    native_name: str
    #: The arguments as the agent host gave them, redacted.
    input: FrozenObject = Field(default_factory=nothing)
    #: The command line when `tool` is `shell`, else "".
    command: str = ""
    #: Paths that the arguments name, absolute where they can be made so.
    paths: tuple[str, ...] = ()
    #: The MCP server when `tool` is `mcp`, else "".
    mcp_server: str = ""


class ToolBefore(Event):
    """A tool is about to run. Can be refused, and its input rewritten."""

    kind: Literal["tool_before"] = "tool_before"
    call: ToolCall
    #: The input before any plugin rewrote it; None while nobody has.
    original_input: FrozenValue = None


class ToolAfter(Event):
    """A tool ran, or failed to."""

    kind: Literal["tool_after"] = "tool_after"
    call: ToolCall
    succeeded: bool
    #: What the tool gave back, in the agent host's own shape, redacted.
    output: FrozenValue = None
    #: The error text when it failed, else "".
    error: str = ""
    #: A person stopped it.
    interrupted: bool = False
    duration_ms: float | None = None


class FileChanged(Event):
    """An agent's tool changed a file in the work tree."""

    kind: Literal["file_changed"] = "file_changed"
    #: Absolute path.
    path: str
    change: Literal["created", "modified", "deleted"]
    #: The tool call that did it, when known.
    call_id: str = ""


class TurnEnd(Event):
    """The agent finished answering one prompt."""

    kind: Literal["turn_end"] = "turn_end"
    prompt_id: str = ""
    #: The agent's last message, redacted.
    message: str = ""
    #: An earlier end of the same turn was held open by a hook, so this one repeats it.
    repeated: bool = False
    failed: bool = False


class FileStat(Value):
    """Lines that one file of a commit gained and lost (None for a binary file)."""

    path: str
    added: int | None = None
    removed: int | None = None


class Commit(Event):
    """A commit landed in the project's repository."""

    kind: Literal["commit"] = "commit"
    #: Full object name, hexadecimal.
    hash: str
    branch: str = ""
    subject: str = ""
    author: str = ""
    #: How git made it, from its reflog.
    action: Literal[
        "commit", "amend", "merge", "rebase", "cherry-pick", "revert", "other"
    ] = "commit"
    #: The commit that this one replaces, when `action` is `amend`.
    replaces: str = ""
    #: Filled off the answer path; empty while the event is only acknowledged.
    files: tuple[FileStat, ...] = ()


class PushRef(Value):
    """One ref of a push, as git's pre-push hook is told of it."""

    local_ref: str
    local_hash: str
    remote_ref: str
    remote_hash: str


class Push(Event):
    """Commits are about to leave for a remote."""

    kind: Literal["push"] = "push"
    remote: str
    #: Redacted: a remote's address can carry a password.
    url: str = ""
    refs: tuple[PushRef, ...] = ()


class Compaction(Event):
    """The agent host shortens, or has shortened, the model's context."""

    kind: Literal["compaction"] = "compaction"
    phase: Literal["before", "after"]
    #: `manual`, `auto`, or the host's own word.
    trigger: str = ""
    #: The new context's summary, after compaction, redacted.
    summary: str = ""


class SubagentStart(Event):
    """An agent started another; `agent` is the one that was started."""

    kind: Literal["subagent_start"] = "subagent_start"


class SubagentStop(Event):
    """A subagent finished; `agent` is the one that finished."""

    kind: Literal["subagent_stop"] = "subagent_stop"
    message: str = ""
    repeated: bool = False


class UsageReported(Event):
    """One model call's tokens, as the agent host counted them."""

    kind: Literal["usage_reported"] = "usage_reported"
    model: str
    #: Input tokens that were not read from a cache.
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cache_read_tokens: int = Field(default=0, ge=0)
    cache_write_tokens: int = Field(default=0, ge=0)
    #: The agent host's id of the model call, so that it is counted once.
    message_id: str = ""


class SessionEnd(Event):
    """A session ended. It is never the only chance to save anything."""

    kind: Literal["session_end"] = "session_end"
    reason: str = ""


AnyEvent = Annotated[
    SessionStart
    | PromptSubmit
    | ToolBefore
    | ToolAfter
    | FileChanged
    | TurnEnd
    | Commit
    | Push
    | Compaction
    | SubagentStart
    | SubagentStop
    | UsageReported
    | SessionEnd,
    Field(discriminator="kind"),
]

#: Every kind of event, by the name in its `kind` field.
EVENT_KINDS: dict[str, type[Event]] = {
    "session_start": SessionStart,
    "prompt_submit": PromptSubmit,
    "tool_before": ToolBefore,
    "tool_after": ToolAfter,
    "file_changed": FileChanged,
    "turn_end": TurnEnd,
    "commit": Commit,
    "push": Push,
    "compaction": Compaction,
    "subagent_start": SubagentStart,
    "subagent_stop": SubagentStop,
    "usage_reported": UsageReported,
    "session_end": SessionEnd,
}


def kind_of(event: Event) -> str:
    """Return the event's kind, one of `EVENT_KINDS`."""
    kind: str = getattr(event, "kind", "")
    return kind
