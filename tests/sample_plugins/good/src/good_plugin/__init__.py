"""Counts the words that people write in prompts.

A sample of a third-party plugin: a record type, hooks, a hook of its own that other
plugins may implement, a tool with a CLI command, and a CLI command of its own.

Configuration (`[word_count]`): `shortest`, the fewest letters a word must have to be
counted (default 1).
"""

from __future__ import annotations

from typing import Any

from hookwright.core.api import ToolError
from hookwright.hookspecs import (
    Command,
    Context,
    Event,
    Merge,
    PluginConfig,
    PluginContext,
    PluginInfo,
    PromptSubmit,
    Record,
    RecordType,
    StatusPart,
    StatusQuery,
    Tool,
    Verdict,
    hookimpl,
    hookspec,
)


class WordCountConfig(PluginConfig):
    """The plugin's table of the configuration."""

    #: Letters a word must have to be counted.
    shortest: int = 1


class AgentWords(Record):
    """How many words one agent was given, and in how many prompts."""

    agent: str
    words: int = 0
    prompts: int = 0


WORDS = RecordType(
    name="agent_words",
    model=AgentWords,
    key=lambda record: (record.agent,),
    merge={"words": Merge.SUM, "prompts": Merge.SUM},
)


class Specifications:
    """Hooks that this plugin calls and other plugins may implement."""

    @hookspec
    def hookwright_word_count_ignored(self) -> list[str] | None:
        """Return words that are not to be counted."""


def word_count_show(context: PluginContext, agent: str) -> AgentWords:
    """Show how many words an agent was given.

    :param agent: the agent's id, for example `claude-code/main`.
    """
    found = context.store.get(WORDS, agent)
    if found is None:
        raise ToolError(f"no prompt of agent {agent!r} has been seen")
    return found


def load_app() -> Any:
    """Return the typer app of `hookwright words`."""
    import typer

    app = typer.Typer(help="Words and how to count them.")

    @app.command()
    def count(text: str) -> None:
        """Count the words of a text."""
        typer.echo(str(len(text.split())))

    return app


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Tell what this plugin is."""
    return PluginInfo(summary="Counts words.", config=WordCountConfig)


@hookimpl
def hookwright_register_records() -> list[RecordType[Any]]:
    """Declare what is stored."""
    return [WORDS]


@hookimpl
def hookwright_register_tools() -> list[Tool]:
    """Offer the count to people and agents."""
    return [Tool(word_count_show, command=("words-of",))]


@hookimpl
def hookwright_register_commands() -> list[Command]:
    """Add `hookwright words`."""
    return [Command("words", "Words and how to count them.", load=load_app)]


@hookimpl
def hookwright_register_hookspecs() -> list[object]:
    """Let other plugins name words to ignore."""
    return [Specifications]


@hookimpl
def hookwright_prompt_submit(event: PromptSubmit) -> Verdict | None:
    """Tell the model about a very long prompt."""
    if len(event.prompt.split()) > 1000:
        return Context(text="This prompt has more than a thousand words.")
    return None


@hookimpl
def hookwright_status_line(
    query: StatusQuery, context: PluginContext
) -> list[StatusPart]:
    """Show how many words the agent was given, and what was refused last."""
    parts = []
    found = context.store.get(WORDS, query.agent.id) if query.agent else None
    if found is not None:
        parts.append(StatusPart(text=f"{found.words} words"))
    if query.refusal is not None:
        parts.append(StatusPart(text=f"refused: {query.refusal.what}", order=70))
    return parts


@hookimpl
def hookwright_event(event: Event, context: PluginContext) -> None:
    """Count the words of a prompt."""
    if not isinstance(event, PromptSubmit):
        return
    ignored = {
        word
        for words in context.call_hook("hookwright_word_count_ignored")
        for word in words
    }
    shortest = context.config(WordCountConfig).shortest
    words = sum(
        len(word) >= shortest and word not in ignored for word in event.prompt.split()
    )
    context.store.put_if_absent(WORDS, AgentWords(agent=event.agent.id))
    context.store.merge(WORDS, (event.agent.id,), words=words, prompts=1)
