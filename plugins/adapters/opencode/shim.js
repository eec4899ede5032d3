// Hookwright's plugin for OpenCode, put here by `hookwright install opencode`.
//
// It tells Hookwright what happens and does what Hookwright answers. Events go to the
// daemon's HTTP door; where that does not answer, to the command client, under the same
// id, so that an event which both were told counts once. Whatever goes wrong here,
// OpenCode goes on: the only throw is the one that refuses a tool call.
import { spawn, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import http from "node:http" // `fetch` would give the token to a proxy that is set
import { homedir } from "node:os"
import { join, resolve } from "node:path"

const INSTALLED = { client: [], data: "" } // install fills this line in
const DOOR_MS = 2500 // the daemon answers within 2 s, or says that it cannot
const DOOR_AGAIN_MS = 30_000 // after a door that was open and said nothing
const CLIENT_MS = 20_000
const LOOK_UP_MS = 2000
const WORKERS = 8 // for what is left at the end when the door is shut
const PATIENT = { agent: new http.Agent({ keepAlive: true, maxSockets: 8 }) }

const off = (process.env.HOOKWRIGHT_NO_PLUGINS ?? "").trim().toLowerCase()
const instances = new Set()
// Where the project and its user have both installed this file, one of them works.
const serving = (globalThis[Symbol.for("hookwright.opencode")] ??= new Map())
let doorShutUntil = 0
let watching = false

function dataDirectory() {
  const chosen = (process.env.HOOKWRIGHT_DATA_DIR ?? "").trim()
  if (!chosen) return INSTALLED.data
  return resolve(process.env.HOME || homedir(), chosen.replace(/^~($|\/)/, ""))
}

function byDoor(message) {
  // Read each time: another daemon can have another port and another token.
  const directory = dataDirectory()
  const read = (name) => readFileSync(join(directory, name), "ascii").trim().split(" ")[0]
  const headers = {
    authorization: `Bearer ${read("http.token")}`,
    "content-type": "application/json",
    "content-length": message.body.length,
    "x-hookwright-cwd": encodeURIComponent(message.cwd),
    "x-hookwright-delivery": message.id,
    ...(message.observe ? { "x-hookwright-observe": "1" } : {}),
  }
  const path = `/v1/hooks/opencode/${message.event}`
  const where = { ...PATIENT, host: "127.0.0.1", port: read("http.port"), method: "POST" }
  return new Promise((answer, fail) => {
    const request = http.request({ ...where, path, headers }, (response) => {
      const parts = []
      response.on("data", (part) => parts.push(part))
      response.on("error", fail)
      response.on("end", () => {
        clearTimeout(timer)
        if (response.statusCode !== 200) fail(new Error(`status ${response.statusCode}`))
        else answer(Buffer.concat(parts).toString())
      })
    })
    const timer = setTimeout(() => {
      doorShutUntil = Date.now() + DOOR_AGAIN_MS
      request.destroy()
      fail(new Error("no answer in time"))
    }, DOOR_MS)
    request.on("error", (error) => {
      clearTimeout(timer)
      fail(error)
    })
    request.end(message.body)
  })
}

function clientCommand(message) {
  const [program, ...first] = INSTALLED.client
  const last = message.observe ? ["--observe"] : []
  const words = [...first, `--delivery=${message.id}`, "opencode", message.event, ...last]
  const env = { ...process.env, HOOKWRIGHT_DATA_DIR: dataDirectory() }
  return [program, words, { cwd: message.cwd, env }]
}

function byClient(message) {
  return new Promise((answer, fail) => {
    const [program, words, options] = clientCommand(message)
    const child = spawn(program, words, { ...options, timeout: CLIENT_MS })
    const parts = []
    child.stdout.on("data", (part) => parts.push(part))
    child.stderr.resume()
    child.stdin.on("error", () => {}) // it has left; its exit code says why
    child.on("error", fail)
    child.on("close", (code) => {
      if (code === 0) answer(Buffer.concat(parts).toString())
      else fail(new Error(`${program} ended with ${code}`))
    })
    child.stdin.end(message.body)
  })
}

async function deliver(message) {
  // Once more: the daemon may have closed a connection that was kept.
  for (let attempt = 0; attempt < 2 && Date.now() > doorShutUntil; attempt += 1) {
    try {
      return await byDoor(message)
    } catch (error) {
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") break
    }
  }
  return await byClient(message)
}

class Instance {
  constructor({ client, directory, worktree }) {
    this.place = { cwd: directory, worktree }
    this.host = client
    this.sessions = new Map()
    this.open = new Map() // tool calls that were let go: when, and what to add
    this.counted = new Set()
    this.servers = []
    this.queue = []
    this.sending = new Set() // messages on their way
    this.workers = new Set()
    this.asking = new Set()
    this.said = new Set()
  }

  complain(text) {
    if (this.said.has(text)) return
    this.said.add(text)
    const body = { service: "hookwright", level: "warn", message: text }
    Promise.resolve(this.host?.app?.log?.({ body })).catch(() => {})
  }

  message(event, session, facts, observe) {
    const { id, root, agent } = session
    const told = { event, ...this.place, session: { id, root, agent }, ...facts }
    const body = Buffer.from(JSON.stringify(told))
    return { event, body, observe, cwd: this.place.cwd, id: randomBytes(10).toString("hex") }
  }

  // Returns what Hookwright answers, {} for nothing or when it cannot be asked.
  async ask(event, session, facts, observe = false) {
    try {
      const asked = this.deliver(this.message(event, session, facts, observe))
      this.asking.add(asked)
      const answer = await asked.finally(() => this.asking.delete(asked))
      return answer ? JSON.parse(answer) : {}
    } catch (error) {
      this.complain(`${event} has no answer: ${error.message}`)
      return {}
    }
  }

  async deliver(message) {
    this.sending.add(message)
    try {
      return await deliver(message)
    } catch (error) {
      this.complain(`${message.event} could not be told: ${error.message}`)
      return ""
    } finally {
      this.sending.delete(message)
    }
  }

  // Puts what is only recorded in line. Nobody waits for it before the end.
  tell(event, session, facts = {}) {
    const after = session.ready // its beginning is told first
    this.queue.push({ ...this.message(event, session, facts, true), after })
    this.work(1)
  }

  work(most) {
    while (this.workers.size < most && this.queue.length) {
      const worker = this.send().finally(() => this.workers.delete(worker))
      this.workers.add(worker)
    }
  }

  async send() {
    for (let message; (message = this.queue.shift()); ) {
      this.sending.add(message)
      await message.after
      await this.deliver(message)
    }
  }

  async drain() {
    for (;;) {
      this.work(Date.now() > doorShutUntil ? 1 : WORKERS)
      const busy = [...this.workers, ...this.asking]
      if (!busy.length) return
      await Promise.race(busy)
    }
  }

  end(reason) {
    for (const session of this.sessions.values())
      if (!session.agent) this.tell("dispose", session, { reason })
    this.sessions.clear()
  }

  // For when nothing can wait any more: what is left, one after another.
  endAtOnce(reason) {
    this.end(reason)
    for (const message of [...this.sending, ...this.queue.splice(0)]) {
      // The same id again: what was on its way and arrives counts once.
      const [program, words, options] = clientCommand({ ...message, observe: true })
      spawnSync(program, words, { ...options, input: message.body, timeout: DOOR_MS })
    }
  }

  // Returns the session of that id, which is new to us when it was resumed.
  meet(id, info, source) {
    const known = this.sessions.get(id)
    if (known) return known
    const session = { id, root: id, agent: "", said: "", ready: undefined }
    this.sessions.set(id, session)
    session.ready = info
      ? this.begin(session, info, source)
      : this.lookUp(id).then((found) => this.begin(session, found, source))
    return session
  }

  async lookUp(id) {
    const none = new Promise((done) => setTimeout(done, LOOK_UP_MS))
    const asked = Promise.resolve(this.host?.session?.get?.({ path: { id } }))
    const found = await Promise.race([asked.catch(() => undefined), none])
    return found?.data ?? {}
  }

  async begin(session, info, source) {
    if (info.parentID) {
      session.root = this.sessions.get(info.parentID)?.root ?? info.parentID
      session.agent = info.agent || "subagent"
      return
    }
    const { id, title } = info
    const answer = await this.ask("session.created", session, {
      source,
      input: { properties: { info: { id: id ?? session.id, title } } },
    })
    session.context = answer.context
  }

  async known(id) {
    const session = this.meet(id, undefined, "resume")
    await session.ready
    return session
  }

  happened({ type, properties }) {
    const { sessionID, part, info } = properties ?? {}
    const id = sessionID ?? part?.sessionID ?? info?.sessionID ?? info?.id
    const session = this.sessions.get(id)
    if (type === "session.created") this.meet(info.id, info, "startup")
    if (!session) return
    if (type === "session.status") session.busy = properties.status.type !== "idle"
    else if (type === "session.idle") this.turnEnded(session)
    else if (type === "session.error") session.error = problem(properties.error)
    else if (type === "session.compacted") this.compacted(session)
    else if (type === "session.deleted") this.deleted(session)
    else if (type === "message.updated" && info.role === "assistant") session.answer = info
    else if (type === "message.part.updated") this.part(session, part)
  }

  turnEnded(session) {
    session.busy = false
    if (!session.turn) return
    const { turn, said, error } = session
    this.tell("session.idle", session, { prompt_id: turn, message: said, error })
    session.turn = ""
  }

  compacted(session) {
    const { trigger, said } = session
    this.tell("session.compacted", session, { trigger, summary: said })
  }

  deleted(session) {
    if (!session.agent) this.tell("session.deleted", session, { reason: "deleted" })
    this.sessions.delete(session.id)
  }

  part(session, part) {
    if (part.type === "compaction") session.trigger = part.auto ? "auto" : "manual"
    const facts = { input: { properties: { part } } }
    if (part.type === "step-finish" && session.busy && !this.counted.has(part.id)) {
      // Not those of a session that was copied: they have been counted.
      this.counted.add(part.id)
      const { id, providerID, modelID } = session.answer ?? {}
      facts.model = id === part.messageID ? `${providerID}/${modelID}` : ""
      this.tell("message.part.updated", session, facts)
    }
    if (part.type === "tool" && part.state.status === "error" && this.open.has(part.callID))
      this.tell("message.part.updated", session, { ...facts, ...this.closed(part) })
  }

  // Returns what is known of a call that ended, and forgets it.
  closed({ callID, tool }) {
    const call = this.open.get(callID)
    this.open.delete(callID)
    const duration_ms = call && performance.now() - call.began
    return { mcp_server: this.server(tool), duration_ms, context: call?.context }
  }

  server(tool) {
    return this.servers.find((name) => tool.startsWith(`${name}_`)) ?? ""
  }

  async prompted(input, output) {
    const session = await this.known(input.sessionID)
    if (session.agent && !session.turn) this.tell("session.created", session)
    session.turn = output.message.id
    session.busy = true
    session.said = ""
    session.error = undefined
    const parts = output.parts.map(({ type, text, synthetic, filename, name }) => {
      return { type, text, synthetic, filename, name }
    })
    const { id, agent, model } = output.message
    const facts = { input, output: { message: { id, agent, model }, parts } }
    const answer = await this.ask("chat.message", session, facts)
    const last = output.parts.at(-1)?.id ?? id.replace(/^msg/, "prt")
    const part = { sessionID: input.sessionID, messageID: id, type: "text" }
    if (answer.replace) {
      // Files that came with it go as well; the message is stored as it is left here.
      const first = { ...part, id: output.parts[0]?.id ?? last, text: answer.replace }
      output.parts.splice(0, output.parts.length, first)
    } else if (answer.context) {
      // Parts are kept in the order of their ids.
      output.parts.push({ ...part, id: `${last}0`, text: answer.context, synthetic: true })
    }
  }

  // Returns why the call is refused, or "".
  async toolBefore(input, output) {
    const session = await this.known(input.sessionID)
    const mcp_server = this.server(input.tool)
    const facts = { mcp_server, input, output: { args: output.args } }
    const answer = await this.ask("tool.execute.before", session, facts)
    if (answer.deny) return answer.deny
    this.open.set(input.callID, { began: performance.now(), context: answer.context })
    if (answer.args) {
      for (const name of Object.keys(output.args)) delete output.args[name]
      Object.assign(output.args, answer.args)
    }
    return ""
  }

  async toolAfter(input, output) {
    const session = await this.known(input.sessionID)
    const { context, ...facts } = this.closed(input)
    const { title, metadata, content, isError } = output
    const shown = { title, output: output.output, metadata, content, isError }
    const told = { ...facts, input, output: shown }
    const answer = await this.ask("tool.execute.after", session, told, true)
    // What the model must not read is no longer in it.
    if (answer.output) Object.assign(output, answer.output)
    if (!context) return
    if (typeof output.output === "string") output.output += `\n\n${context}`
    else if (Array.isArray(output.content))
      output.content.push({ type: "text", text: context })
  }

  async system(input, output) {
    if (!input.sessionID || /^You are a title generator/.test(output.system[0])) return
    const session = await this.known(input.sessionID)
    if (session.context) output.system.push(session.context)
  }

  environment(input, output) {
    if (!input.sessionID) return
    // Git's hooks in the agent's shell know by this whose session it is.
    const root = this.sessions.get(input.sessionID)?.root
    output.env.OPENCODE_SESSION_ID = root ?? input.sessionID
  }

  async dispose() {
    this.end("dispose")
    await this.drain()
    instances.delete(this)
    serving.delete(this.place.cwd)
  }
}

function problem(error) {
  return String(error?.data?.message ?? error?.name ?? "error")
}

function endAllAtOnce(reason) {
  for (const instance of instances) instance.endAtOnce(reason)
  instances.clear()
}

function watchForTheEnd() {
  process.on("exit", () => endAllAtOnce("exit"))
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.once(signal, () => {
      endAllAtOnce(signal)
      // Without a listener of OpenCode's own the signal ends it, as it would have.
      if (!process.listenerCount(signal)) process.kill(process.pid, signal)
    })
}

async function server(context) {
  if (!["", "0", "false", "no", "off"].includes(off)) return {}
  const { directory } = context
  if ((serving.get(directory) ?? import.meta.url) !== import.meta.url) return {}
  serving.set(directory, import.meta.url)
  if (!watching) watchForTheEnd()
  watching = true
  const instance = new Instance(context)
  instances.add(instance)
  const guarded = (work) => async (input, output) => {
    try {
      return await work(input, output)
    } catch (error) {
      instance.complain(`a fault of its own: ${error?.message}`)
    }
  }
  const before = guarded((input, output) => instance.toolBefore(input, output))
  return {
    config: guarded((config) => {
      const names = Object.keys(config.mcp ?? {})
      instance.servers = names.map((name) => name.replace(/[^a-zA-Z0-9_-]/g, "_"))
    }),
    event: guarded(({ event }) => instance.happened(event)),
    "chat.message": guarded((input, output) => instance.prompted(input, output)),
    "tool.execute.before": async (input, output) => {
      const reason = await before(input, output)
      if (reason) throw new Error(reason)
    },
    "tool.execute.after": guarded((input, output) => instance.toolAfter(input, output)),
    "shell.env": guarded((input, output) => instance.environment(input, output)),
    "experimental.chat.system.transform": guarded((...both) => instance.system(...both)),
    "experimental.session.compacting": guarded(async ({ sessionID }) => {
      const session = await instance.known(sessionID)
      session.busy = true
      instance.tell("experimental.session.compacting", session, { trigger: session.trigger })
    }),
    "experimental.text.complete": guarded(({ sessionID }, { text }) => {
      const session = instance.sessions.get(sessionID)
      if (session) session.said = text
    }),
    dispose: guarded(() => instance.dispose()),
  }
}

export default { id: "hookwright", server }
