"""The plugin for OpenCode in a JavaScript engine, between a door and a client."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hookwright.plugins.adapters.opencode.shim_file import shim_file

#: Runs hooks as it is told, and prints what they left and threw.
DRIVER = """\
import {{ readFileSync }} from "node:fs"
const shim = (await import({shim})).default
const steps = JSON.parse(readFileSync(0, "utf8"))
const lookups = []
const client = {{
  session: {{ get: async (q) => (lookups.push(q.path.id), {{ data: {found} }}) }},
  app: {{ log: async (entry) => lookups.push(entry.body.message) }},
}}
const context = {{ client, directory: {directory}, worktree: {directory} }}
const hooks = await shim.server(context)
const twin = (await import({shim} + "?twin")).default
const told = {{ twin: Object.keys(await twin.server(context)), steps: [], lookups }}
told.hooks = Object.keys(hooks)
for (const [hook, input, output] of steps) {{
  if (hook === "exit") {{ process.stdout.write(JSON.stringify(told)); process.exit(0) }}
  if (hook === "wait") process.stdout.write("waiting\\n")
  const pause = {{ wait: 60_000, pause: 200 }}[hook]
  if (pause) await new Promise((go) => setTimeout(go, pause))
  const began = performance.now()
  let thrown = ""
  try {{
    await hooks[hook]?.(input, output)
  }} catch (error) {{ thrown = error.message }}
  told.steps.push({{ output, thrown, ms: performance.now() - began }})
}}
process.stdout.write(JSON.stringify(told))
process.exit(0)
"""
CLIENT = """\
#!{python} -IS
import json, os, sys
given = json.load(sys.stdin)
with open({log!r}, "a") as file:
    words, data = sys.argv[1:], os.environ["HOOKWRIGHT_DATA_DIR"]
    file.write(json.dumps([words, given, data, os.getcwd()]) + "\\n")
answers = json.load(open({answers!r}))
sys.stdout.write(answers.get(given["event"], ""))
"""
CREATED = {"id": "ses_a", "title": "t"}


@dataclass
class Request:
    """What the door was asked."""

    event: str
    headers: dict[str, str]
    body: dict[str, Any]


class Door:
    """The daemon's HTTP door, as far as the plugin sees it."""

    def __init__(self, data: Path) -> None:
        self.requests: list[Request] = []
        self.answers: dict[str, str] = {}
        #: What happens to requests of an event: a status, or "close" after reading.
        self.faults: dict[str, int | str] = {}
        #: Events that are answered only when `released` is set, which a call of the
        #: name `release` does.
        self.slow: frozenset[str] = frozenset()
        self.released = threading.Event()
        self._data = data
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        (data / "http.port").write_text(f"{self._server.server_address[1]} installed\n")
        self.token = ""
        self.change_token("a" * 64)

    def change_token(self, token: str) -> None:
        self.token = token
        (self._data / "http.token").write_text(f"{token}\n")

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def events(self) -> list[str]:
        return [request.event for request in self.requests]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            connections: ClassVar[set[object]] = set()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
                """Keep the test's output clean."""

            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                body = json.loads(self.rfile.read(size))
                event = self.path.rpartition("/")[2]
                headers = {name.lower(): value for name, value in self.headers.items()}
                headers["connection-port"] = str(self.client_address[1])
                assert headers["authorization"] == f"Bearer {door.token}"
                door.requests.append(Request(event, headers, body))
                if body.get("input", {}).get("callID") == "release":
                    door.released.set()
                if event in door.slow:
                    door.released.wait(30)
                fault = door.faults.get(event, 200)
                if fault == "close":
                    self.close_connection = True
                    return
                answer = door.answers.get(event, "").encode()
                assert isinstance(fault, int)
                self.send_response(fault)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        return Handler


@dataclass
class Ran:
    """How a run of the plugin ended."""

    code: int
    told: dict[str, Any]

    @property
    def steps(self) -> list[dict[str, Any]]:
        steps: list[dict[str, Any]] = self.told["steps"]
        return steps


@dataclass
class Engine:
    """Runs the plugin as OpenCode would."""

    folder: Path
    program: str
    found: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def directory(self) -> Path:
        return self.folder / "a prøject"

    def spooled(self) -> list[list[Any]]:
        """Return what the client was given: words, event, data directory, cwd."""
        log = self.folder / "client.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [json.loads(line) for line in lines]

    def answer(self, **answers: str) -> None:
        """Let the client answer events, by their names with _ for dots."""
        named = {name.replace("_", "."): text for name, text in answers.items()}
        (self.folder / "answers").write_text(json.dumps(named))

    def start(self, *, client: str = "") -> subprocess.Popen[str]:
        words = (client or str(self.folder / "client"),)
        shim = self.folder / "hookwright.mjs"
        shim.write_bytes(shim_file(words, self.data))
        driver = self.folder / "driver.mjs"
        driver.write_text(
            DRIVER.format(
                shim=json.dumps(str(shim)),
                directory=json.dumps(str(self.directory)),
                found=json.dumps(self.found),
            )
        )
        return subprocess.Popen(
            [self.program, str(driver)],
            env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin", **self.variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *steps: tuple[Any, ...], client: str = "") -> Ran:
        process = self.start(client=client)
        out, _ = process.communicate(json.dumps(steps), timeout=60)
        return Ran(process.returncode, json.loads(out))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, so there is no engine for JavaScript")
    made = Engine(tmp_path, node)
    made.data.mkdir()
    made.directory.mkdir()
    made.answer()
    client = tmp_path / "client"
    log, answers = str(tmp_path / "client.log"), str(tmp_path / "answers")
    client.write_text(CLIENT.format(python=sys.executable, log=log, answers=answers))
    client.chmod(0o755)
    return made


@pytest.fixture
def door(engine: Engine) -> Iterator[Door]:
    made = Door(engine.data)
    yield made
    made.close()


def created(info: dict[str, Any] = CREATED) -> tuple[Any, ...]:
    properties = {"sessionID": info["id"], "info": info}
    return "event", {"event": {"type": "session.created", "properties": properties}}


def happened(kind: str, **properties: Any) -> tuple[Any, ...]:
    return "event", {"event": {"type": kind, "properties": properties}}


def before(call: str = "c1", tool: str = "bash", **args: Any) -> tuple[Any, ...]:
    given = {"tool": tool, "sessionID": "ses_a", "callID": call}
    return "tool.execute.before", given, {"args": args}


def after(call: str = "c1", tool: str = "bash", **output: Any) -> tuple[Any, ...]:
    given = {"tool": tool, "sessionID": "ses_a", "callID": call, "args": {}}
    return "tool.execute.after", given, {"title": "", "metadata": {}, **output}


def prompt(session: str = "ses_a", *parts: dict[str, Any]) -> tuple[Any, ...]:
    text = {"id": "prt_1", "type": "text", "text": "hello"}
    output = {"message": {"id": "msg_1", "agent": "build"}, "parts": parts or (text,)}
    return "chat.message", {"sessionID": session}, output


def test_a_day_is_told_in_order_to_the_door_over_kept_connections(
    engine: Engine, door: Door
) -> None:
    child = {"id": "ses_b", "parentID": "ses_a", "agent": "general"}
    step = {
        "type": "step-finish",
        "id": "prt_9",
        "messageID": "m",
        "sessionID": "ses_a",
    }
    answer = {"id": "m", "role": "assistant", "sessionID": "ses_a"}
    ran = engine.run(
        created(),
        prompt(),
        happened("message.updated", info={**answer, "providerID": "p", "modelID": "x"}),
        before(command="ls"),
        after(output="done"),
        happened("message.part.updated", part=step),
        happened("message.part.updated", part=step),
        created(child),
        prompt("ses_b"),
        ("experimental.text.complete", {"sessionID": "ses_b"}, {"text": "found it"}),
        happened("session.idle", sessionID="ses_b"),
        ("experimental.session.compacting", {"sessionID": "ses_a"}, {"context": []}),
        happened("session.idle", sessionID="ses_a"),
        happened("session.idle", sessionID="ses_a"),
        ("dispose",),
    )

    assert [step["thrown"] for step in ran.steps] == [""] * 15
    observed = [r for r in door.requests if "x-hookwright-observe" in r.headers]
    asked = [r.event for r in door.requests if r not in observed]
    assert asked == [
        "session.created",
        "chat.message",
        "tool.execute.before",
        "chat.message",
    ]
    assert [(one.event, one.body["session"]["id"]) for one in observed] == [
        ("tool.execute.after", "ses_a"),
        ("message.part.updated", "ses_a"),
        ("session.created", "ses_b"),
        ("session.idle", "ses_b"),
        ("experimental.session.compacting", "ses_a"),
        ("session.idle", "ses_a"),
        ("dispose", "ses_a"),
    ]
    assert observed[1].body["model"] == "p/x"
    assert observed[2].body["session"] == {**child_of(), "agent": "general"}
    assert observed[3].body["message"] == "found it"
    assert observed[5].body["prompt_id"] == "msg_1"
    for request in door.requests:
        assert len(request.headers["x-hookwright-delivery"]) == 20
        assert request.headers["x-hookwright-cwd"].endswith("a%20pr%C3%B8ject")
        assert request.body["cwd"] == str(engine.directory)
    connections = {r.headers["connection-port"] for r in door.requests}
    assert len(connections) < len(door.requests)
    assert engine.spooled() == []


def child_of() -> dict[str, str]:
    return {"id": "ses_b", "root": "ses_a"}


def test_a_refusal_is_the_only_thing_that_is_thrown(engine: Engine, door: Door) -> None:
    door.answers["tool.execute.before"] = json.dumps({"deny": "keep out"})
    failed = {"type": "tool", "tool": "bash", "callID": "c1", "sessionID": "ses_a"}
    ran = engine.run(
        created(),
        before(command="x"),
        # OpenCode tells the refused call as a failed one, which it is not.
        happened("message.part.updated", part={**failed, "state": {"status": "error"}}),
        ("dispose",),
    )
    assert [step["thrown"] for step in ran.steps] == ["", "keep out", "", ""]
    assert door.events() == ["session.created", "tool.execute.before", "dispose"]


def test_a_rewrite_changes_the_arguments_where_they_are(
    engine: Engine, door: Door
) -> None:
    answer = {"args": {"command": "echo better"}, "context": "and mind this"}
    door.answers["tool.execute.before"] = json.dumps(answer)
    content = [{"type": "text", "text": "probe says"}]
    ran = engine.run(
        created(),
        before(command="x", timeout=5),
        after(output="better\n"),
        before("c2", "server_tool", word="x"),
        after("c2", "server_tool", content=content),
        ("dispose",),
    )
    assert ran.steps[1]["output"] == {"args": {"command": "echo better"}}
    assert ran.steps[2]["output"]["output"] == "better\n\n\nand mind this"
    assert ran.steps[4]["output"]["content"][-1]["text"] == "and mind this"
    told = [one.body["output"] for one in door.requests if "after" in one.event]
    assert told[0]["output"] == "better\n"
    assert told[1]["content"] == content


def test_what_the_model_is_to_read_reaches_it(engine: Engine, door: Door) -> None:
    door.answers["session.created"] = json.dumps({"context": "the briefing"})
    door.answers["chat.message"] = json.dumps({"context": "with the prompt"})
    transform = "experimental.chat.system.transform"
    title = ["You are a title generator. You output ONLY a thread title."]
    ran = engine.run(
        created(),
        prompt(),
        (transform, {"sessionID": "ses_a"}, {"system": title}),
        (transform, {"sessionID": "ses_a"}, {"system": ["You are a coder."]}),
        (transform, {}, {"system": ["You make agents."]}),
    )
    added = ran.steps[1]["output"]["parts"][1]
    assert added == {
        "id": "prt_10",
        "sessionID": "ses_a",
        "messageID": "msg_1",
        "type": "text",
        "text": "with the prompt",
        "synthetic": True,
    }
    assert [len(step["output"]["system"]) for step in ran.steps[2:]] == [1, 2, 1]
    assert ran.steps[3]["output"]["system"][1] == "the briefing"


def test_a_refused_prompt_goes_with_its_files(engine: Engine, door: Door) -> None:
    door.answers["chat.message"] = json.dumps({"replace": "refused, because"})
    file = {"id": "prt_2", "type": "file", "url": "data:,secret", "filename": "f"}
    text = {"id": "prt_1", "type": "text", "text": "hello"}
    ran = engine.run(created(), prompt("ses_a", text, file))
    (part,) = ran.steps[1]["output"]["parts"]
    assert (part["id"], part["text"]) == ("prt_1", "refused, because")
    assert "secret" not in json.dumps(door.requests[1].body)


def test_without_a_door_the_client_is_asked_and_told(engine: Engine) -> None:
    engine.answer(
        tool_execute_before=json.dumps({"deny": "keep out"}),
        session_created=json.dumps({"context": "the briefing"}),
    )
    transform = "experimental.chat.system.transform"
    ran = engine.run(
        created(),
        before(command="x"),
        (transform, {"sessionID": "ses_a"}, {"system": ["x"]}),
        ("dispose",),
    )
    assert ran.steps[1]["thrown"] == "keep out"
    assert ran.steps[2]["output"]["system"] == ["x", "the briefing"]
    found = engine.spooled()
    names = ["session.created", "tool.execute.before", "dispose"]
    assert [words[1:3] for words, *_ in found] == [["opencode", name] for name in names]
    assert [words[3:] for words, *_ in found] == [[], [], ["--observe"]]
    for words, _, data, cwd in found:
        assert words[0].startswith("--delivery=")
        assert (data, cwd) == (str(engine.data), str(engine.directory))


@pytest.mark.parametrize("fault", [401, 409, 503, "close"])
def test_what_the_door_does_not_take_goes_to_the_client_under_the_same_id(
    engine: Engine, door: Door, fault: int | str
) -> None:
    door.faults = {"tool.execute.before": fault, "tool.execute.after": fault}
    engine.run(created(), before(command="x"), after(output="o"), ("dispose",))
    told = {r.event: r.headers["x-hookwright-delivery"] for r in door.requests}
    spooled = {words[2]: words[0] for words, *_ in engine.spooled()}
    assert spooled == {
        name: f"--delivery={told[name]}"
        for name in ("tool.execute.before", "tool.execute.after")
    }


def test_a_door_that_says_nothing_is_not_asked_again_at_once(
    engine: Engine, door: Door
) -> None:
    door.slow = frozenset({"session.created"})
    ran = engine.run(created(), before(command="x"), after(output="o"), ("dispose",))
    assert door.events() == ["session.created"]
    spooled = [words[2] for words, *_ in engine.spooled()]
    assert spooled[:2] == ["session.created", "tool.execute.before"]
    assert sorted(spooled[2:]) == ["dispose", "tool.execute.after"]
    assert [step["thrown"] for step in ran.steps] == [""] * 4


def test_what_is_only_recorded_holds_nothing_up_and_is_told_before_the_end(
    engine: Engine, door: Door
) -> None:
    compacting = "experimental.session.compacting"
    door.slow = frozenset({compacting})
    compaction = {"type": "compaction", "sessionID": "ses_a", "auto": True}
    engine.run(
        created(),
        (compacting, {"sessionID": "ses_a"}, {"context": []}),
        happened("message.part.updated", part=compaction),
        (compacting, {"sessionID": "ses_a"}, {"context": []}),
        before("release"),
        ("dispose",),
    )
    assert door.released.is_set()
    in_line = [one for one in door.requests if "x-hookwright-observe" in one.headers]
    assert [one.event for one in in_line] == [compacting] * 2 + ["dispose"]
    assert [one.body.get("trigger") for one in in_line] == [None, "auto", None]
    assert engine.spooled() == []


def test_what_a_tool_gave_back_is_replaced_before_the_model_reads_it(
    engine: Engine, door: Door
) -> None:
    redacted = {"title": "t", "output": "[gone]", "metadata": {"output": "[gone]"}}
    door.answers["tool.execute.before"] = json.dumps({"context": "mind this"})
    door.answers["tool.execute.after"] = json.dumps({"output": redacted})
    content = [{"type": "text", "text": "[gone]"}]
    ran = engine.run(
        created(),
        before("c1"),
        after("c1", output="a secret", metadata={"output": "a secret"}),
        ("dispose",),
    )
    left = ran.steps[2]["output"]
    assert left == {**redacted, "output": "[gone]\n\nmind this"}

    door.answers["tool.execute.after"] = json.dumps({"output": {"content": content}})
    shown = [{"type": "text", "text": "a secret"}]
    ran = engine.run(created(), before("c2"), after("c2", content=shown), ("dispose",))
    left = ran.steps[2]["output"]["content"]
    assert left == [*content, {"type": "text", "text": "mind this"}]


def test_without_a_door_the_client_replaces_what_a_tool_gave_back(
    engine: Engine,
) -> None:
    engine.answer(tool_execute_after=json.dumps({"output": {"output": "[gone]"}}))
    ran = engine.run(created(), before(), after(output="a secret"), ("dispose",))
    assert ran.steps[2]["output"]["output"] == "[gone]"
    told = [words for words, *_ in engine.spooled() if "tool.execute.after" in words]
    assert [words[3:] for words in told] == [["--observe"]]


def test_another_token_is_read_when_it_is_used(engine: Engine, door: Door) -> None:
    engine.run(created(), ("dispose",))
    door.change_token("b" * 64)
    engine.run(created(), ("dispose",))
    told = [one.headers["authorization"][-1] for one in door.requests]
    assert told == ["a", "a", "b", "b"]
    assert engine.spooled() == []


def test_a_resumed_session_is_looked_up(engine: Engine, door: Door) -> None:
    engine.found = {"id": "ses_b", "parentID": "ses_a", "agent": "explore"}
    ran = engine.run(prompt("ses_b"), ("dispose",))
    assert ran.told["lookups"] == ["ses_b"]
    assert sorted(door.events()) == ["chat.message", "session.created"]
    for request in door.requests:
        assert request.body["session"] == {**child_of(), "agent": "explore"}
    engine.found = {}
    engine.run(prompt("ses_c"))
    (begun,) = [one for one in door.requests if one.body.get("source")]
    assert begun.body["source"] == "resume"


def test_only_calls_that_were_let_go_can_fail(engine: Engine, door: Door) -> None:
    part = {"type": "tool", "tool": "edit", "sessionID": "ses_a"}
    part["state"] = {"status": "error", "error": "no"}  # type: ignore[assignment]
    ran = engine.run(
        ("config", {"mcp": {"my server": {}}}),
        created(),
        before("c1", "my_server_find"),
        happened("message.part.updated", part={**part, "callID": "other"}),
        happened("message.part.updated", part={**part, "callID": "c1"}),
        happened("message.part.updated", part={**part, "callID": "c1"}),
        ("dispose",),
    )
    assert len(ran.steps) == 7
    failed = [one for one in door.requests if one.event == "message.part.updated"]
    assert [one.body["input"]["properties"]["part"]["callID"] for one in failed] == [
        "c1"
    ]
    assert failed[0].body["duration_ms"] >= 0
    asked = next(one for one in door.requests if one.event == "tool.execute.before")
    assert asked.body["mcp_server"] == "my_server"


def test_the_shell_knows_the_session_that_a_person_began(
    engine: Engine, door: Door
) -> None:
    child = {"id": "ses_b", "parentID": "ses_a", "agent": "general"}
    ran = engine.run(
        created(),
        created(child),
        ("shell.env", {"sessionID": "ses_b"}, {"env": {}}),
        ("shell.env", {}, {"env": {}}),
    )
    assert ran.steps[2]["output"]["env"] == {"OPENCODE_SESSION_ID": "ses_a"}
    assert ran.steps[3]["output"]["env"] == {}


def test_nothing_that_fails_here_reaches_opencode(engine: Engine) -> None:
    ran = engine.run(
        created(),
        before(command="x"),
        ("chat.message", {}, {}),
        ("event", {}),
        ("event", {"event": {"type": "message.part.updated"}}),
        ("tool.execute.after", {}, {}),
        ("experimental.chat.system.transform", {"sessionID": "s"}, {}),
        ("dispose",),
        client=str(engine.folder / "gone"),
    )
    assert [step["thrown"] for step in ran.steps] == [""] * 8
    assert any("could not be told" in text for text in ran.told["lookups"])


@pytest.mark.parametrize("word", ["1", "true", " On "])
def test_switched_off_it_has_no_hooks(engine: Engine, door: Door, word: str) -> None:
    engine.variables["HOOKWRIGHT_NO_PLUGINS"] = word
    ran = engine.run(created())
    assert ran.told["hooks"] == ran.told["twin"] == []
    assert door.requests == []


def test_of_two_installs_one_works(engine: Engine, door: Door) -> None:
    ran = engine.run(created(), ("dispose",))
    assert "tool.execute.before" in ran.told["hooks"]
    assert ran.told["twin"] == []
    assert door.events() == ["session.created", "dispose"]


def test_the_data_directory_can_be_named(engine: Engine, door: Door) -> None:
    other = engine.folder / "other"
    other.mkdir()
    for name in ("http.port", "http.token"):
        shutil.move(engine.data / name, other / name)
    for named in (str(other), "~/other", "other"):
        engine.variables["HOOKWRIGHT_DATA_DIR"] = named
        engine.run(created(), ("dispose",))
    assert door.events() == ["session.created", "dispose"] * 3


def test_what_is_left_when_opencode_exits_is_kept(engine: Engine, door: Door) -> None:
    door.slow = frozenset({"tool.execute.after"})
    steps = (created(), before(command="x"), after(output="1"), after("c2"))
    engine.run(*steps, ("pause",), ("exit",))
    assert [words[2] for words, *_ in engine.spooled()] == [
        "tool.execute.after",
        "tool.execute.after",
        "dispose",
    ]
    assert engine.spooled()[-1][1]["reason"] == "exit"
    # The first was on its way: it has the id that the door was told.
    told = door.requests[2].headers["x-hookwright-delivery"]
    assert engine.spooled()[0][0][0] == f"--delivery={told}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_as_before_and_the_session_with_it(
    engine: Engine, door: Door, number: signal.Signals
) -> None:
    process = engine.start()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([created(), prompt(), ("wait",)]))
    process.stdin.close()
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(number)
    assert process.wait(30) == -number
    process.stdout.close()
    (ended,) = engine.spooled()
    assert (ended[0][2], ended[1]["reason"]) == ("dispose", number.name)
