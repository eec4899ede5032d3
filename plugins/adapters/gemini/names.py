"""The names on Gemini CLI's wire that more than one module here needs.

Source: the hooks reference and the source in the bundle of Gemini CLI 0.61.0.
"""

from __future__ import annotations

from collections.abc import Mapping

from hookwright.hookspecs import GateKind

AGENT_HOST = "gemini"
MAIN_AGENT = "main"
#: Names the directory that Gemini CLI was started in.
PROJECT_VARIABLE = "GEMINI_PROJECT_DIR"
#: Where `.gemini` is, when it is not in the home directory.
HOME_VARIABLE = "GEMINI_CLI_HOME"

#: Events whose answer Gemini CLI obeys when it says no.
REFUSABLE: Mapping[str, GateKind] = {
    "BeforeTool": "tool_before",
    "BeforeAgent": "prompt_submit",
}

#: Events that take text for the model; what is to be said with a tool call is said
#: with its result, because `BeforeTool` takes none.
ANSWERED = frozenset({*REFUSABLE, "SessionStart", "AfterTool"})

#: Events whose answer can put another output in place of a tool's.
OUTPUTS = frozenset({"AfterTool"})

#: Every event that becomes one of ours, with the milliseconds its hook may take.
#: `AfterModel` and `BeforeModel` would be a process for each piece of an answer.
TIMEOUTS = {
    "SessionStart": 10_000,
    "BeforeAgent": 10_000,
    "BeforeTool": 10_000,
    "AfterTool": 10_000,
    "AfterAgent": 5_000,
    "PreCompress": 5_000,
    "SessionEnd": 5_000,
}

#: `PreCompress` comes before every model request as `auto`, to find out whether the
#: context is too long; only `manual` (`/compress`) means that it will be shortened.
MATCHERS = {"PreCompress": "manual"}
