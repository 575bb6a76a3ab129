import { spawn } from "node:child_process"
import * as net from "node:net"
import { fileURLToPath } from "node:url"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { expect } from "vitest"
import { AerospikeWorld, layerWorld, type World } from "../../../src/testing/aerospike/AerospikeWorld.js"
import { listenOnLoopback } from "../../../src/testing/aerospike/loopback.js"
import type { Fault } from "../../../src/testing/aerospike/Settings.js"
import { address, type NodeOptions, pod } from "./support.js"

/** Ports of their own: the sandbox and other tests use 3000. */
const port = 13_900
const options: NodeOptions = { port, annotations: { "sim.acko.io/start-ms": "1", "sim.acko.io/migrate-ms": "20" } }

const scripted = fileURLToPath(new URL("./client.js", import.meta.url))

/** Runs the client script; its last line as JSON. */
const runClient = (...args: ReadonlyArray<string>): Effect.Effect<Record<string, unknown>> =>
  Effect.async((resume) => {
    const child = spawn(process.execPath, [scripted, ...args], { stdio: ["ignore", "pipe", "inherit"] })
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.on("close", () => {
      resume(Effect.sync(() => JSON.parse(output.trim().split("\n").at(-1) ?? "{}") as Record<string, unknown>))
    })
    return Effect.sync(() => {
      child.kill("SIGKILL")
    })
  })

/**
 * Sends bytes; gives what came back and the state of the connection (`<bytes>|<state>`) once that matches, or what there is in the end.
 * Whether nothing comes is looked at for a moment only.
 */
const exchange = (n: number, chunks: ReadonlyArray<Uint8Array>, expected: RegExp): Effect.Effect<string> =>
  Effect.async((resume) => {
    const received: Array<Buffer> = []
    let state = "open"
    const now = (): string => `${Buffer.concat(received).toString("latin1")}|${state}`
    const socket = net.connect(port, address(n))
    const finish = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resume(Effect.succeed(now()))
    }
    const timer = setTimeout(finish, expected.source === nothing.source ? 150 : 5_000)
    const check = (): void => {
      if (expected.test(now())) finish()
    }
    socket.on("data", (chunk: Buffer) => {
      received.push(chunk)
      check()
    })
    socket.on("error", (error: NodeJS.ErrnoException) => {
      state = error.code ?? "error"
      check()
    })
    socket.on("end", () => {
      state = "closed"
      check()
    })
    socket.on("connect", () => {
      chunks.forEach((chunk, index) => setTimeout(() => socket.write(chunk), index * 10))
    })
    return Effect.sync(() => {
      clearTimeout(timer)
      socket.destroy()
    })
  })

const frame = (body: string, version = 2, type = 1): Uint8Array => {
  const bytes = Buffer.alloc(8 + body.length)
  bytes.writeUInt8(version, 0)
  bytes.writeUInt8(type, 1)
  bytes.writeUIntBE(body.length, 2, 6)
  bytes.write(body, 8)
  return bytes
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
/** Exactly these answers, connection open. */
const answered = (...bodies: ReadonlyArray<string>): RegExp =>
  new RegExp(`^${escaped(bodies.map((body) => Buffer.from(frame(body)).toString("latin1")).join(""))}\\|open$`)
const nothing = /^\|open$/
const refused = /^\|ECONNREFUSED$/
const closed = /^\|closed$/

const nodes = (count: number, use: (world: World) => Effect.Effect<void, never, Scope.Scope>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const world = yield* AerospikeWorld
    yield* listenOnLoopback
    const running = yield* Effect.forEach(
      Array.from({ length: count }, (_, i) => i + 1),
      (n) => world.start(pod(n, options)),
    )
    yield* Effect.forEach(running, (process) => process.serving, { discard: true })
    yield* use(world)
  }).pipe(Effect.scoped, Effect.provide(layerWorld()))

describe("nodes on real sockets", () => {
  it.live("section C: protocol edges as recorded", () =>
    nodes(1, () =>
      Effect.gen(function* () {
        const build = frame("build\n")
        const cases: ReadonlyArray<readonly [string, ReadonlyArray<Uint8Array>, RegExp]> = [
          [
            "one frame split in 3 writes",
            [build.subarray(0, 3), build.subarray(3, 9), build.subarray(9)],
            answered("build\t8.1.2.0\n"),
          ],
          [
            "two frames in one write",
            [Buffer.concat([build, frame("node\n")])],
            answered("build\t8.1.2.0\n", "node\tA1\n"),
          ],
          ["two commands in one frame", [frame("build\nnode\n")], answered("build\t8.1.2.0\nnode\tA1\n")],
          ["body without trailing newline", [frame("build")], answered("")],
          ["version 1", [frame("build\n", 1)], closed],
          ["version 3", [frame("build\n", 3)], closed],
          ["type 9", [frame("build\n", 2, 9)], nothing],
          ["length 2 GiB header", [Uint8Array.of(2, 1, 0, 0, 0x80, 0, 0, 0)], closed],
          ["HTTP GET", [Buffer.from("GET / HTTP/1.1\r\n\r\n")], closed],
          ["nothing sent", [], nothing],
          ["unknown command", [frame("nope\n")], answered("nope\tERROR:4:unrecognized command\n")],
          ["empty line", [frame("\n")], answered("\tERROR:4:unrecognized command\n")],
          ["crlf", [frame("build\r\n")], answered("build\r\tERROR:4:unrecognized command\n")],
        ]
        const results = yield* Effect.forEach(cases, ([, chunks, then]) => exchange(1, chunks, then), {
          concurrency: 4,
        })
        cases.forEach(([name, , then], index) => expect(results[index], name).toMatch(then))
        const login = yield* exchange(1, [frame("\0".repeat(16), 2, 2)], /^.{24}\|/s)
        expect(login.charCodeAt(9)).toBe(51)
      }),
    ),
  )

  it.live("R65–R67: faults act on bytes: hang, refuse, reset, garbage, half an answer", () =>
    nodes(1, (world) =>
      Effect.gen(function* () {
        const cases: ReadonlyArray<readonly [Fault, RegExp]> = [
          [{ _tag: "Hang" }, nothing],
          [{ _tag: "Reset" }, /^\|ECONNRESET$/],
          [{ _tag: "Garbage" }, /^HTTP.*\|closed$/s],
          [{ _tag: "MidAnswer" }, /^.{11}\|open$/s],
          [{ _tag: "Truncate" }, /^.{11}\|closed$/s],
          [{ _tag: "Drip", ms: 1 }, answered("build\t8.1.2.0\n")],
          [{ _tag: "Slow", ms: 20 }, answered("build\t8.1.2.0\n")],
          [{ _tag: "Freeze" }, nothing],
          [{ _tag: "Refuse" }, refused],
          [{ _tag: "None" }, answered("build\t8.1.2.0\n")],
        ]
        for (const [fault, then] of cases) {
          yield* world.setFault("node-1", fault)
          expect(yield* exchange(1, [frame("build\n")], then), fault._tag).toMatch(then)
        }
      }),
    ),
  )

  it.live(
    "an application with the aerospike package finds all nodes, reads and writes",
    () =>
      nodes(3, (world) =>
        Effect.gen(function* () {
          yield* Effect.sleep("2 seconds")
          const report = yield* runClient(`${address(1)}:${port}`, "loop", "3")
          const seen = report["nodes"] as ReadonlyArray<{ name: string; address: string }>
          expect([...seen].sort((a, b) => a.name.localeCompare(b.name))).toEqual([
            { name: "A1", address: `${address(1)}:${port}` },
            { name: "A2", address: `${address(2)}:${port}` },
            { name: "A3", address: `${address(3)}:${port}` },
          ])
          const infoAll = report["infoAll"] as ReadonlyArray<readonly [string, string]>
          expect([...infoAll].sort()).toEqual(["A1", "A2", "A3"].map((id) => [id, `build\t8.1.2.0\nnode\t${id}\n`]))
          expect(report).toMatchObject({ put: "ok", get: { i: 42, s: "text" }, exists: true, many: "ok", remove: "ok" })
          expect(report).toMatchObject({ gone: { error: 2 }, noNamespace: { error: expect.any(Number) as number } })
          expect(yield* world.records()).toBe(201)
        }),
      ),
    20_000,
  )

  it.live("closes every port when a process ends, and all when the world is left", () =>
    Effect.gen(function* () {
      yield* nodes(1, (world) =>
        Effect.gen(function* () {
          const then = answered("node\tA1\n")
          expect(yield* exchange(1, [frame("node\n")], then)).toMatch(then)
          const waiting = yield* Effect.fork(exchange(1, [], /^\|ECONNRESET$/))
          yield* Effect.sleep("100 millis")
          yield* world.setFault("node-1", { _tag: "Crash", code: 3 })
          expect(yield* Fiber.join(waiting)).toBe("|ECONNRESET")
          expect(yield* exchange(1, [], refused)).toMatch(refused)
        }),
      )
      expect(yield* exchange(1, [], refused)).toMatch(refused)
    }),
  )
})
