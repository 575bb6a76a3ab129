import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import type * as Net from "node:net"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { expect } from "vitest"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { absent, type NodeAddress, serverError, value } from "../../src/domain/NodeFacts.js"
import {
  answerFrom,
  answering,
  frame,
  scriptedNode,
  type ScriptedNodeOptions,
  type ScriptedRequest,
  until,
} from "../support/scriptedNode.js"

const values = { node: "A1", build: "8.1.2.0" }
const ask = (address: NodeAddress, commands: ReadonlyArray<string> = ["node"]) =>
  Effect.flatMap(AerospikeInfo, (info) => info.ask(address, commands))
const failure = (address: NodeAddress, commands?: ReadonlyArray<string>) => Effect.flip(ask(address, commands))
/** Writes chunks one event-loop turn apart, so that each arrives alone. */
const writeSlowly = (socket: Net.Socket, bytes: Uint8Array): void => {
  const step = (at: number): void => {
    if (at >= bytes.length || socket.destroyed) return
    socket.write(bytes.subarray(at, at + 1), () => setImmediate(step, at + 1))
  }
  step(0)
}

/** Writes for ever, as fast as the other side reads. */
const writeEndlessly = (socket: Net.Socket): void => {
  const block = Buffer.alloc(64 * 1024, "statistics\tx=y;")
  const step = (error?: Error | null): void => {
    if (!error && !socket.destroyed) socket.write(block, step)
  }
  step()
}

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

/** Bytes in buffers that somebody still holds. */
const retained = (): number => {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

describe("answers over TCP", () => {
  it.scopedLive("one request carries all commands; answers come in their order", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({ onRequest: answering(values) })
      const answers = yield* ask(node.address, ["build", "quiesce:", "node"])
      expect(answers).toEqual([value("8.1.2.0"), serverError(4, "unrecognized command"), value("A1")])
      expect(node.requests()).toEqual([["build", "quiesce:", "node"]])
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("a line that is missing is absent", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({ onRequest: ({ socket }) => socket.write(frame("node\tA1\n")) })
      expect(yield* ask(node.address, ["node", "build"])).toEqual([value("A1"), absent])
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("R68: one byte at a time", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({
        onRequest: ({ commands, socket }) => writeSlowly(socket, answerFrom(values, commands)),
      })
      expect(yield* ask(node.address, ["node", "build"])).toEqual([value("A1"), value("8.1.2.0")])
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )
})

describe("R121: what is sent", () => {
  it.scopedLive("a command that would be two is refused before a connection is made", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({ onRequest: answering(values) })
      for (const commands of [["node", "namespace/x\ntruncate-namespace:namespace=x"], [""], []]) {
        expect((yield* failure(node.address, commands)).reason).toBe("Protocol")
      }
      expect(node.connections()).toBe(0)
      yield* ask(node.address, ["node", "build"])
      expect(node.requests()).toEqual([["node", "build"]])
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.effect("the memory layer refuses the same", () =>
    Effect.gen(function* () {
      const error = yield* failure({ host: "10.0.0.1", port: 3000 }, ["a\nb"])
      expect(error.reason).toBe("Protocol")
    }).pipe(Effect.provide(AerospikeInfo.layerMemory(() => Effect.die("asked")))),
  )
})

describe("a node that is not there or not well", () => {
  it.scopedLive("R66: refused", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({})
      yield* node.stop
      const error = yield* failure(node.address)
      expect(error.reason).toBe("Refused")
      expect(error.message).toContain(`127.0.0.1:${node.port}`)
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.live.each([
    { host: "", port: 3000 },
    { host: "127.0.0.1", port: 0 },
    { host: "127.0.0.1", port: 70_000 },
    { host: "127.0.0.1", port: Number.NaN },
    // A label of more than 63 characters: refused by the resolver itself, without asking anybody.
    { host: "a".repeat(70), port: 3000 },
  ])("R66: %j leads nowhere", (address) =>
    Effect.map(failure(address), (error) => expect(error.reason).toBe("Unresolved")).pipe(
      Effect.provide(AerospikeInfo.layer),
    ),
  )

  const reset = ({ socket }: ScriptedRequest): unknown => socket.resetAndDestroy()
  const whole = frame("node\tA1\n")
  it.live.each([
    ["reset after the request", reset, "Reset"],
    ["closed without an answer", ({ socket }: ScriptedRequest) => socket.end(), "Reset"],
    ["closed in the header", ({ socket }: ScriptedRequest) => socket.end(whole.subarray(0, 5)), "Protocol"],
    ["closed in the body", ({ socket }: ScriptedRequest) => socket.end(whole.subarray(0, 12)), "Protocol"],
    ["wrong version", ({ socket }: ScriptedRequest) => socket.write(frame("node\tA1\n", { 0: 3 })), "Protocol"],
    ["wrong type", ({ socket }: ScriptedRequest) => socket.write(frame("node\tA1\n", { 1: 3 })), "Protocol"],
    ["HTTP", ({ socket }: ScriptedRequest) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), "Protocol"],
    [
      "body longer than announced",
      ({ socket }: ScriptedRequest) => socket.write(frame("node\tA1\nx", { 7: 8 })),
      "Protocol",
    ],
    ["no newline", ({ socket }: ScriptedRequest) => socket.write(frame("node\tA1")), "Protocol"],
    ["no tab", ({ socket }: ScriptedRequest) => socket.write(frame("node\n")), "Protocol"],
    ["NULs", ({ socket }: ScriptedRequest) => socket.write(frame("node\t\0\0\n")), "Protocol"],
    ["not UTF-8", ({ socket }: ScriptedRequest) => socket.write(frame(Buffer.from([0x6e, 9, 0xff, 10]))), "Protocol"],
    [
      "2^48-1 bytes announced",
      ({ socket }: ScriptedRequest) => socket.write(Buffer.alloc(8, 0xff).fill(2, 0, 1).fill(1, 1, 2)),
      "TooLarge",
    ],
    [
      "128 MiB announced, endless",
      ({ socket }: ScriptedRequest) => {
        socket.write(frame("", { 4: 8 }))
        writeEndlessly(socket)
      },
      "TooLarge",
    ],
    ["endless without a frame", ({ socket }: ScriptedRequest) => writeEndlessly(socket), "Protocol"],
  ] as const)("R66–R68: %s", ([, onRequest, reason]) =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({ onRequest })
      expect((yield* failure(node.address)).reason).toBe(reason)
      yield* node.drained
    }).pipe(Effect.scoped, Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("R67, R68: the longest answer, all but there, holds less than 16 MiB", () =>
    Effect.gen(function* () {
      const bytes = frame(Buffer.alloc(8 * 1024 * 1024, "x")).subarray(0, -1)
      let isSent = false
      const node = yield* scriptedNode({ onRequest: ({ socket }) => void socket.write(bytes, () => (isSent = true)) })
      const before = retained()
      const fiber = yield* Effect.fork(ask(node.address))
      yield* until(() => isSent)
      // Polled: what the collector freed is given back a little later.
      yield* until(() => retained() - before < 16 * 1024 * 1024)
      expect(node.open()).toBe(1)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )
})

describe("interruption", () => {
  it.live.each<readonly [string, ScriptedNodeOptions]>([
    ["accepts and says nothing", {}],
    [
      "stops in the middle of the answer",
      { onRequest: ({ socket }: ScriptedRequest) => void socket.write(frame("node\tA1\n").subarray(0, 10)) },
    ],
    [
      "sends a byte now and then",
      { onRequest: ({ socket }: ScriptedRequest) => writeSlowly(socket, frame(Buffer.alloc(5_000_000, "x"))) },
    ],
  ])("R65, W3: frees the connection of a node that %s", ([, behaviour]) =>
    Effect.gen(function* () {
      const node = yield* scriptedNode(behaviour)
      const fiber = yield* Effect.fork(ask(node.address))
      yield* until(() => node.requests().length === 1)
      expect(node.open()).toBe(1)
      yield* Fiber.interrupt(fiber)
      yield* node.drained
    }).pipe(Effect.scoped, Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("interrupting one question leaves another to the same node alone", () =>
    Effect.gen(function* () {
      const waiting: Array<ScriptedRequest> = []
      const node = yield* scriptedNode({ onRequest: (request) => void waiting.push(request) })
      const first = yield* Effect.fork(ask(node.address, ["node"]))
      const second = yield* Effect.fork(ask(node.address, ["build"]))
      yield* until(() => waiting.length === 2)
      yield* Fiber.interrupt(first)
      yield* until(() => node.open() === 1)
      answering(values)(waiting.find(({ commands }) => commands[0] === "build")!)
      expect(yield* Fiber.join(second)).toEqual([value("8.1.2.0")])
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )
})

describe("connections are kept", () => {
  it.scopedLive("R83, W4: many questions in a row, one connection", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({ onRequest: answering(values) })
      yield* Effect.repeatN(ask(node.address), 99)
      expect([node.connections(), node.open(), node.requests().length]).toEqual([1, 1, 100])
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("questions at the same time open more connections; one is kept", () =>
    Effect.gen(function* () {
      const waiting: Array<ScriptedRequest> = []
      const node = yield* scriptedNode({
        onRequest: (request) => {
          waiting.push(request)
          if (waiting.length === 4) waiting.forEach(answering(values))
          if (waiting.length > 4) answering(values)(request)
        },
      })
      yield* Effect.all(
        Array.from({ length: 4 }, () => ask(node.address)),
        { concurrency: "unbounded" },
      )
      yield* until(() => node.open() === 1)
      expect(node.mostOpen()).toBe(4)
      yield* ask(node.address)
      expect(node.connections()).toBe(4)
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("a node that restarted is asked on a fresh connection", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({ onRequest: answering(values) })
      yield* ask(node.address)
      node.dropConnections()
      yield* node.drained
      expect(yield* ask(node.address)).toEqual([value("A1")])
      expect(node.connections()).toBe(2)
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.live.each(["end", "resetAndDestroy"] as const)(
    "a kept connection that breaks before a byte of the answer (%s) is replaced once",
    (breaking) =>
      Effect.gen(function* () {
        const node = yield* scriptedNode({
          onRequest: (request) => {
            const asked = node.requests().filter(([command]) => command === "node").length
            if (request.connection === 0 && asked > 1) request.socket[breaking]()
            else answering(values)(request)
          },
        })
        yield* ask(node.address)
        expect(yield* ask(node.address)).toEqual([value("A1")])
        expect([node.connections(), node.requests().length]).toEqual([2, 3])
      }).pipe(Effect.scoped, Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("broken in the middle of the answer, nothing is asked again", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({
        onRequest: (request) => {
          if (node.requests().length === 1) answering(values)(request)
          else request.socket.end(frame("node\tA1\n").subarray(0, 9))
        },
      })
      yield* ask(node.address)
      expect((yield* failure(node.address)).reason).toBe("Protocol")
      expect([node.connections(), node.requests().length]).toEqual([1, 2])
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("a node that breaks every connection is asked twice, not for ever", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({
        onRequest: (request) => {
          if (node.requests().length === 1) answering(values)(request)
          else request.socket.resetAndDestroy()
        },
      })
      yield* ask(node.address)
      expect((yield* failure(node.address)).reason).toBe("Reset")
      expect(node.requests().length).toBe(3)
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("bytes nobody asked for are not taken for the next answer", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({
        onRequest: (request) => {
          answering(values)(request)
          if (node.requests().length === 1) setTimeout(() => request.socket.write(frame("node\tFALSE\n")), 5)
        },
      })
      yield* ask(node.address)
      yield* node.drained
      expect(yield* ask(node.address)).toEqual([value("A1")])
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("S12: an unused connection is closed", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({ onRequest: answering(values) })
      yield* ask(node.address)
      yield* node.drained
      expect(yield* ask(node.address)).toEqual([value("A1")])
    }).pipe(Effect.provide(AerospikeInfo.layerWith({ idleMs: 20 }))),
  )

  it.scopedLive("S12: the layer closes all connections with it, used or not", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({ onRequest: answering(values) })
      const silent = yield* scriptedNode({})
      yield* Effect.gen(function* () {
        yield* ask(node.address)
        yield* Effect.forkDaemon(Effect.either(ask(silent.address)))
        yield* until(() => silent.open() === 1)
      }).pipe(Effect.provide(AerospikeInfo.layer))
      yield* node.drained
      yield* silent.drained
    }),
  )

  it.scopedLive("S12: a question after the layer opens nothing", () =>
    Effect.gen(function* () {
      const node = yield* scriptedNode({ onRequest: answering(values) })
      const late = yield* AerospikeInfo.pipe(Effect.provide(AerospikeInfo.layer))
      expect((yield* Effect.flip(late.ask(node.address, ["node"]))).reason).toBe("Interrupted")
      expect(node.connections()).toBe(0)
    }),
  )

  it.scopedLive("S12: whatever happens, at most one connection stays open", () =>
    Effect.gen(function* () {
      const behaviours = [
        answering(values),
        () => undefined,
        ({ socket }: ScriptedRequest) => socket.end(),
        ({ socket }: ScriptedRequest) => socket.resetAndDestroy(),
        ({ socket }: ScriptedRequest) => socket.write("rubbish"),
        (request: ScriptedRequest) => void setTimeout(answering(values), 3, request),
      ]
      const node = yield* scriptedNode({
        onRequest: (request) => behaviours[node.requests().length % behaviours.length]!(request),
      })
      yield* Effect.forEach(
        Array.from({ length: 120 }, (_, index) => index),
        (index) => Effect.either(ask(node.address)).pipe(Effect.timeoutOption(1 + (index % 6))),
        { concurrency: 6 },
      )
      yield* until(() => node.open() <= 1)
      const result = yield* Effect.either(
        ask(node.address).pipe(Effect.timeout("20 millis"), Effect.retry({ times: 12 })),
      )
      expect(Either.isRight(result)).toBe(true)
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )
})
