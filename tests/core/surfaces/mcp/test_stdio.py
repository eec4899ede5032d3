"""The stdio server as a process, at the other end of its pipes."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.service.client import VERSION
from hookwright.core.service.mcp_messages import MAX_MESSAGE, REVISIONS
from hookwright.core.surfaces.mcp.daemon_tools import CACHE

from .conftest import SERVER

if TYPE_CHECKING:
    from .conftest import Session

CHANGED = "notifications/tools/list_changed"
Connect = Callable[..., "Session"]
Start = Callable[..., int]


def text_of(result: dict[str, Any]) -> str:
    (content,) = result["content"]
    assert content["type"] == "text"
    text: str = content["text"]
    return text


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_opens_in_the_revision_that_the_client_asks_for(connect: Connect) -> None:
    session = connect(open_it=False)
    for wanted in (*REVISIONS, "1999-01-01", None):
        result = session.ask("initialize", protocolVersion=wanted)["result"]
        spoken = wanted if wanted in REVISIONS else REVISIONS[0]
        assert result["protocolVersion"] == spoken
        assert result["serverInfo"] == {
            "name": "hookwright",
            "title": "Hookwright",
            "version": VERSION,
        }
        assert result["capabilities"] == {"tools": {"listChanged": True}}
    assert session.ask("ping")["result"] == {}


def test_without_a_usable_data_directory_it_opens_and_says_what_is_wrong(
    connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    session = connect(HOOKWRIGHT_DATA_DIR=str(tmp_path / "file"))

    error = session.ask("tools/list")["error"]
    assert error["code"] == -32603
    assert "daemon does not come up" in error["message"]
    result = session.call("session_list")
    assert result["isError"]
    assert "daemon does not come up" in text_of(result)
    assert session.ask("ping")["result"] == {}
    assert session.end() == 0


@pytest.mark.parametrize(
    ("line", "code", "number"),
    [
        (b"{", -32700, None),
        (b"\xff\xfe{}", -32700, None),
        (b"[" * 100_000, -32700, None),
        (b"[]", -32600, None),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', -32600, None),
        (b'"ping"', -32600, None),
        (b'{"jsonrpc": "2.0", "id": 1}', -32600, 1),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": "a", "method": "ping", "params": []}', -32602, "a"),
        (b'{"jsonrpc": "2.0", "id": 2, "method": "server/discover"}', -32601, 2),
        (b'{"jsonrpc": "2.0", "id": 3, "method": "resources/list"}', -32601, 3),
        (b'{"jsonrpc": "2.0", "id": 4, "method": "tools/call"}', -32602, 4),
        (
            b'{"jsonrpc": "2.0", "id": 5, "method": "tools/call", '
            b'"params": {"name": "x", "arguments": [1]}}',
            -32602,
            5,
        ),
    ],
)
def test_what_it_does_not_understand_gets_an_error_and_it_goes_on(
    connect: Connect, line: bytes, code: int, number: object
) -> None:
    session = connect()
    # Nothing is said to these, and nothing harmed by them.
    session.send(b"")
    session.send({"jsonrpc": "2.0", "method": "notifications/unheard_of"})
    session.send({"jsonrpc": "2.0", "id": 9, "result": {}})
    for unknown in (99, None, [1]):
        note = {"method": "notifications/cancelled", "params": {"requestId": unknown}}
        session.send({"jsonrpc": "2.0", **note})
    session.send(line)
    answer = session.receive()
    assert answer is not None
    assert answer["id"] == number
    assert answer["error"]["code"] == code
    assert session.ask("ping")["result"] == {}


def test_a_message_that_is_too_large_is_refused_and_the_next_one_answered(
    connect: Connect,
) -> None:
    session = connect()
    session.send(b'{"jsonrpc": "2.0", "id": 1, "x": "' + b"a" * MAX_MESSAGE + b'"}')
    answer = session.receive()
    assert answer is not None
    assert answer["id"] is None
    assert f"accepted: {MAX_MESSAGE} bytes" in answer["error"]["message"]
    assert session.ask("ping")["result"] == {}


def test_tools_are_listed_with_schemas_and_those_of_people_are_not(
    connect: Connect, daemon: Start
) -> None:
    daemon()
    session = connect()
    tools = {it["name"]: it for it in session.ask("tools/list")["result"]["tools"]}
    assert tools["give_object"] == {
        "name": "give_object",
        "description": "Give an object.\n\nMore about it.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "whose it is."},
                "count": {"type": "integer", "default": 1},
            },
            "required": ["name"],
            "additionalProperties": False,
        },
        "annotations": {"readOnlyHint": True, "openWorldHint": False},
    }
    assert not tools["wait_and_write"]["annotations"]["readOnlyHint"]
    assert "session_list" in tools
    assert "decide" not in tools


def test_results_are_text_and_structure(connect: Connect, daemon: Start) -> None:
    daemon()
    session = connect()
    result = session.call("give_object", name="ü")
    assert json.loads(text_of(result)) == {"name": "ü", "count": 1}
    assert result["structuredContent"] == {"name": "ü", "count": 1}
    result = session.call("give_list")
    assert json.loads(text_of(result)) == [1, 2]
    assert result["structuredContent"] == {"result": [1, 2]}
    result = session.call("give_text")
    assert text_of(result) == "one\ntwo ü"
    assert result["structuredContent"] == {"result": "one\ntwo ü"}
    assert "isError" not in result


def test_errors_of_tools_are_sentences_for_the_model(
    connect: Connect, daemon: Start
) -> None:
    daemon()
    session = connect()
    said = {
        "refuse": session.call("refuse"),
        "broken": session.call("break_down"),
        "missing": session.call("give_object"),
        "wrong": session.call("give_object", name="a", count="many"),
        "more": session.call("give_object", name="a", colour="red"),
        "people": session.call("decide"),
    }
    assert all(result["isError"] for result in said.values())
    texts = {name: text_of(result) for name, result in said.items()}
    assert texts["refuse"] == "Name the moon first."
    assert "break_down failed: KeyError" in texts["broken"]
    assert texts["missing"] == "give_object: name: Field required"
    assert "count: Input should be a valid integer" in texts["wrong"]
    assert "colour: Extra inputs are not permitted" in texts["more"]
    assert "ask the person to run `hookwright decide`" in texts["people"]

    error = session.ask("tools/call", name="give_lists")["error"]
    assert error["code"] == -32602
    assert error["message"] == (
        "there is no tool 'give_lists'; did you mean give_list?"
    )


def test_paths_start_where_the_session_is(
    connect: Connect, daemon: Start, project: Path
) -> None:
    daemon()
    session = connect()
    found = session.call("where", path="a/b")["structuredContent"]
    assert found == {"path": f"{project}/a/b", "directory": str(project)}
    found = session.call("where", path="/a", directory="sub")["structuredContent"]
    assert found == {"path": "/a", "directory": f"{project}/sub"}


def test_secrets_in_results_are_redacted_those_of_the_project_too(
    connect: Connect, daemon: Start, project: Path
) -> None:
    daemon()
    known, own = "AKIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(18)
    (project / ".env").write_text(f"SHOP_PASSWORD={own}\n")
    (project / "notes").write_text(f"key {known}, and {own} for the shop")
    session = connect()
    result = json.dumps(session.call("read_file", path="notes"))
    assert known not in result
    assert own not in result
    assert result.count("[REDACTED:") == 4


def test_a_cancelled_call_is_not_answered_and_holds_up_nothing(
    connect: Connect, daemon: Start, project: Path
) -> None:
    daemon()
    session = connect()
    number = session.request("tools/call", name="wait", arguments={"mark": "mark"})
    wait_for(project / "mark")
    assert session.ask("ping")["result"] == {}
    again = {"jsonrpc": "2.0", "id": number, "method": "tools/list"}
    session.send(again)
    answer = session.receive()
    assert answer is not None
    assert "is being answered" in answer["error"]["message"]
    note = {"method": "notifications/cancelled", "params": {"requestId": number}}
    session.send({"jsonrpc": "2.0", **note})
    assert session.call("give_list")["structuredContent"] == {"result": [1, 2]}
    assert session.end() == 0


def test_a_daemon_that_died_between_two_calls_is_replaced(
    connect: Connect, paths: Paths
) -> None:
    session = connect()
    assert session.call("session_list")["structuredContent"] == {"result": []}
    pid = (lifetime.holder(paths) or {})["pid"]
    os.kill(pid, signal.SIGKILL)
    assert session.call("session_list")["structuredContent"] == {"result": []}
    assert (lifetime.holder(paths) or {})["pid"] != pid


def test_a_daemon_that_dies_while_a_tool_writes_gives_an_error(
    connect: Connect, daemon: Start, project: Path
) -> None:
    # First: the server's own daemon would not have these tools.
    pid = daemon()
    session = connect(open_it=False)
    session.ask("initialize")
    session.ask("tools/list")
    mark = project / "mark"
    session.request("tools/call", name="wait_and_write", arguments={"mark": "mark"})
    wait_for(mark)
    os.kill(pid, signal.SIGKILL)
    answer = session.receive()
    assert answer is not None
    assert answer["result"]["isError"]
    assert "wait_and_write was begun and did not end" in text_of(answer["result"])
    # The next one is answered by the daemon that the server has had started.
    assert session.call("session_list")["structuredContent"] == {"result": []}


def test_a_daemon_that_hangs_is_given_up_and_pings_are_answered_meanwhile(
    connect: Connect, daemon: Start
) -> None:
    pid = daemon()
    session = connect()
    os.kill(pid, signal.SIGSTOP)
    try:
        number = session.request("tools/call", name="give_list")
        assert session.ask("ping")["result"] == {}
        answer = session.receive()
        assert answer is not None
        assert answer["id"] == number
        assert "does not answer; run hookwright doctor" in text_of(answer["result"])
    finally:
        os.kill(pid, signal.SIGCONT)
    assert session.call("give_list")["structuredContent"] == {"result": [1, 2]}


def test_other_plugins_in_the_next_daemon_are_told_of(
    connect: Connect, daemon: Start, paths: Paths
) -> None:
    pid = daemon()
    session = connect()
    before = {it["name"] for it in session.ask("tools/list")["result"]["tools"]}
    assert "give_list" in before
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while (paths.run / lifetime.SOCKET).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    # It is not started again only to be watched; an event or a call does that.
    assert "isError" not in session.call("session_list")
    assert session.notice() == CHANGED
    after = {it["name"] for it in session.ask("tools/list")["result"]["tools"]}
    assert "session_list" in after
    assert "give_list" not in after


def test_the_list_is_remembered_for_the_time_before_a_daemon_is_up(
    connect: Connect, paths: Paths
) -> None:
    paths.run.mkdir(parents=True, mode=0o700)
    remembered = [{"name": "old", "annotations": {"readOnlyHint": True}}]
    content = {"version": VERSION, "tools": remembered}
    (paths.run / CACHE).write_text(json.dumps(content))
    session = connect()
    # At once, while the daemon is only starting.
    assert session.ask("tools/list")["result"]["tools"] == remembered
    assert session.notice() == CHANGED
    tools = session.ask("tools/list")["result"]["tools"]
    assert "session_list" in {it["name"] for it in tools}
    assert json.loads((paths.run / CACHE).read_text())["tools"] == tools


@pytest.mark.parametrize("content", ["", "{}", '{"version": "0", "tools": []}', "[]"])
def test_a_remembered_list_that_is_none_is_not_used(
    connect: Connect, paths: Paths, content: str
) -> None:
    paths.run.mkdir(parents=True, mode=0o700)
    (paths.run / CACHE).write_text(content)
    tools = connect().ask("tools/list")["result"]["tools"]
    assert "session_list" in {it["name"] for it in tools}


def test_it_ends_when_nobody_reads_its_answers(connect: Connect) -> None:
    session = connect()
    assert session.process.stdout is not None
    session.process.stdout.close()
    session.send({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    # Its input is open still, unless it has left already.
    with suppress(BrokenPipeError):
        session.send({"jsonrpc": "2.0", "id": 2, "method": "ping"})
    assert session.process.wait(30) == 0


def test_it_stays_light(paths: Paths) -> None:
    code = (
        "import sys, hookwright.core.surfaces.mcp.stdio\n"
        "print(*sorted({'asyncio', 'h11', 'logging', 'mcp', 'pydantic', 'subprocess',"
        " 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout == "\n", done.stdout + done.stderr


def test_the_command_becomes_the_server(connect: Connect, project: Path) -> None:
    command = [sys.executable, "-P", "-m", "hookwright.core.surfaces.cli", "mcp"]
    ping = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n'
    done = subprocess.run(
        command, cwd=project, input=ping, capture_output=True, text=True, check=False
    )
    assert json.loads(done.stdout) == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert done.returncode == 0
    done = subprocess.run(
        [*command[:-1], "--no-plugins", "mcp"],
        input=ping,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "leave out --set and --no-plugins" in done.stderr


def test_wrong_arguments_are_named() -> None:
    for words in (["--nothing"], ["--data-dir"]):
        done = subprocess.run(
            [*SERVER, *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert f"cannot take {words[0]!r}; accepted: --data-dir DIR" in done.stderr
