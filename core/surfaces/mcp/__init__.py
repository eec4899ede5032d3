"""The MCP server for agent hosts: every tool that plugins declare, over stdio.

`hookwright mcp` is one light process for each agent session. It answers `initialize`
and `ping` itself and everything about tools by asking the daemon, which it starts when
none runs. It loads no plugin and not the official SDK: `claude -p` waits for it to
start, and the SDK alone takes over a second to import. Over HTTP the daemon's own door
serves the same (`service/http_mcp.py`).
"""
