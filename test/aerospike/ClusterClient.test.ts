import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect } from "vitest"
import { ClusterClient, type ClusterClientOptions } from "../../src/aerospike/ClusterClient.js"
import { buildClientViewWorker, temporaryFolder } from "../support/clientViewWorker.js"
import { answering, discoverableValues, scriptedNode, type ScriptedNode, until } from "../support/scriptedNode.js"

let folder = ""
let workerPath = ""

beforeAll(async () => {
  folder = temporaryFolder()
  workerPath = await buildClientViewWorker(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A process that is not the real one: its text runs with the request in `request` and `reply(outcome)`; its pid is in a file. */
const fakeWorker = (
  name: string,
  onRequest: string,
): { readonly path: string; readonly pid: () => number; readonly starts: () => number } => {
  const path = join(folder, `${name}.mjs`)
  const pids = join(folder, `${name}.pid`)
  writeFileSync(
    path,
    `import { appendFileSync } from "node:fs"
appendFileSync(${JSON.stringify(pids)}, process.pid + "\\n")
process.once("disconnect", () => process.exit(0))
process.on("message", (request) => {
  const reply = (outcome) => process.send({ id: request.id, outcome })
  ${onRequest}
})`,
  )
  const started = () => {
    try {
      return readFileSync(pids, "utf8").trim().split("\n").map(Number)
    } catch {
      return []
    }
  }
  return { path, pid: () => started().at(-1) ?? 0, starts: () => started().length }
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const seeds = (...nodes: ReadonlyArray<ScriptedNode>) => nodes.map(({ address }) => address)
const view = (nodes: ReadonlyArray<ScriptedNode>, clusterName = "loop") =>
  Effect.flatMap(ClusterClient, (client) => client.view({ seeds: seeds(...nodes), clusterName }))
const outcome = (nodes: ReadonlyArray<ScriptedNode>, clusterName?: string) =>
  Effect.map(view(nodes, clusterName), (seen) => seen.outcome)
const anywhere = Effect.flatMap(ClusterClient, (client) =>
  client.view({ seeds: [{ host: "127.0.0.1", port: 1 }], clusterName: "loop" }),
).pipe(Effect.map((seen) => seen.outcome))

const real = (options: Partial<ClusterClientOptions> = {}) =>
  Effect.provide(Layer.suspend(() => ClusterClient.layer({ workerPath, ...options })))
const fake = (worker: { readonly path: string }, options: Partial<ClusterClientOptions> = {}) =>
  Effect.provide(ClusterClient.layer({ workerPath: worker.path, ...options }))

const cluster = (
  options: { readonly extraPeers?: ReadonlyArray<readonly [string, string]>; readonly advertises?: string } = {},
) =>
  Effect.gen(function* () {
    let told: Array<ScriptedNode> = []
    const nodeOf = (index: number) =>
      scriptedNode({
        onRequest: (request) => {
          const addressOf = (node: ScriptedNode) => `${node.host}:${node.port}`
          const peers = told.flatMap((node, peer) =>
            peer === index ? [] : [[`A${peer + 1}`, addressOf(node)] as const],
          )
          const own = told[index]
          answering(
            discoverableValues({
              id: `A${index + 1}`,
              clusterName: "loop",
              advertises:
                index === 0 && options.advertises !== undefined
                  ? options.advertises
                  : own === undefined
                    ? ""
                    : addressOf(own),
              peers: [...peers, ...(options.extraPeers ?? [])],
            }),
          )(request)
        },
      })
    told = [yield* nodeOf(0), yield* nodeOf(1)]
    return told
  })

const closedAddress = Effect.gen(function* () {
  const node = yield* scriptedNode({})
  yield* node.stop
  return `127.0.0.1:${node.port}`
})

describe("with the real client", () => {
  it.scopedLive("connects like an application: all nodes by id, nothing unreachable", () =>
    Effect.gen(function* () {
      const nodes = yield* cluster()
      const seen = yield* view(nodes.slice(0, 1))
      expect(seen.outcome).toEqual({
        _tag: "Connected",
        nodes: { A1: `127.0.0.1:${nodes[0]!.port}`, A2: `127.0.0.1:${nodes[1]!.port}` },
        unreachable: [],
      })
      expect(Math.abs(seen.checkedAt - Date.now())).toBeLessThan(60_000)
      for (const node of nodes) yield* node.drained
    }).pipe(real()),
  )

  it.scopedLive("names an advertised address that nobody can reach", () =>
    Effect.gen(function* () {
      const wrong = yield* closedAddress
      const nodes = yield* cluster({ advertises: wrong })
      expect(yield* outcome(nodes)).toMatchObject({ _tag: "Connected", unreachable: [wrong] })
    }).pipe(real()),
  )

  it.scopedLive("a peer that cannot be reached is named, whatever the client makes of it", () =>
    Effect.gen(function* () {
      const wrong = yield* closedAddress
      const nodes = yield* cluster({ extraPeers: [["A9", wrong]] })
      expect(JSON.stringify(yield* outcome(nodes))).toContain(wrong)
    }).pipe(real()),
  )

  it.scopedLive("another cluster's name is not connected", () =>
    Effect.gen(function* () {
      const nodes = yield* cluster()
      expect((yield* outcome(nodes, "other"))._tag).toBe("Disconnected")
    }).pipe(real()),
  )

  it.scopedLive("R65, R66: refused and silent nodes are not connected; this process goes on meanwhile", () =>
    Effect.gen(function* () {
      const gone = yield* scriptedNode({})
      yield* gone.stop
      const silent = yield* scriptedNode({})
      expect((yield* outcome([gone]))._tag).toBe("Disconnected")
      let turns = 0
      const turning = yield* Effect.fork(
        Effect.forever(
          Effect.zipRight(
            Effect.sync(() => turns++),
            Effect.sleep("5 millis"),
          ),
        ),
      )
      expect((yield* outcome([silent]))._tag).toBe("Disconnected")
      yield* Fiber.interrupt(turning)
      expect(turns).toBeGreaterThan(10)
      const nodes = yield* cluster()
      expect((yield* outcome(nodes))._tag).toBe("Connected")
    }).pipe(real()),
  )

  it.scopedLive("S12: many views leave no connection", () =>
    Effect.gen(function* () {
      const nodes = yield* cluster()
      for (let round = 0; round < 10; round++) expect((yield* outcome(nodes))._tag).toBe("Connected")
      for (const node of nodes) yield* node.drained
    }).pipe(real()),
  )

  it.live("without seeds nothing is started", () =>
    Effect.map(outcome([]), (seen) => expect(seen._tag).toBe("Unknown")).pipe(fake({ path: "/nowhere" })),
  )
})

describe("the process around it", () => {
  const connected = `reply({ _tag: "Connected", nodes: {}, unreachable: [] })`

  it.live("one process for all requests, gone with the layer", () =>
    Effect.gen(function* () {
      const worker = fakeWorker("one", connected)
      yield* Effect.all([anywhere, anywhere, anywhere], { concurrency: "unbounded" }).pipe(
        Effect.tap((outcomes) =>
          expect(outcomes.map(({ _tag }) => _tag)).toEqual(["Connected", "Connected", "Connected"]),
        ),
        Effect.tap(() => expect(isRunning(worker.pid())).toBe(true)),
        fake(worker),
      )
      expect(worker.starts()).toBe(1)
      yield* until(() => !isRunning(worker.pid()))
    }),
  )

  it.live("started on first use only", () =>
    Effect.gen(function* () {
      const worker = fakeWorker("lazy", connected)
      yield* Effect.void.pipe(fake(worker))
      expect(worker.starts()).toBe(0)
    }),
  )

  it.live("S12: a request after the layer starts nothing", () =>
    Effect.gen(function* () {
      const worker = fakeWorker("late", connected)
      const late = yield* ClusterClient.pipe(fake(worker))
      const seen = yield* late.view({ seeds: [{ host: "127.0.0.1", port: 1 }], clusterName: "loop" })
      expect(seen.outcome).toEqual({ _tag: "Unknown", message: "client process is stopped" })
      expect(worker.starts()).toBe(0)
    }),
  )

  it.live("S12: the end of the layer does not wait for a request", () =>
    Effect.gen(function* () {
      const worker = fakeWorker("end", "for (;;);")
      const late = yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkDaemon(anywhere)
        yield* until(() => worker.starts() === 1)
        return fiber
      }).pipe(fake(worker))
      expect(yield* Fiber.join(late)).toMatchObject({ _tag: "Unknown" })
      yield* until(() => !isRunning(worker.pid()))
    }),
  )

  it.live("requests come one after the other", () =>
    Effect.gen(function* () {
      const worker = fakeWorker(
        "serial",
        `globalThis.busy = (globalThis.busy ?? 0) + 1
  const together = globalThis.busy
  setTimeout(() => { globalThis.busy--; reply(together === 1 ? { _tag: "Connected", nodes: {}, unreachable: [] } : { _tag: "Disconnected", message: "together" }) }, 5)`,
      )
      const outcomes = yield* Effect.all(
        Array.from({ length: 5 }, () => anywhere),
        { concurrency: "unbounded" },
      ).pipe(fake(worker))
      expect(outcomes.map(({ _tag }) => _tag)).toEqual(Array(5).fill("Connected"))
    }),
  )

  it.live("one that hangs is killed; the next request gets a fresh one", () =>
    Effect.gen(function* () {
      const worker = fakeWorker("hang", `if (request.clusterName === "hang") for (;;); ${connected}`)
      yield* Effect.gen(function* () {
        const client = yield* ClusterClient
        const seed = [{ host: "127.0.0.1", port: 1 }]
        const hung = yield* client.view({ seeds: seed, clusterName: "hang" })
        expect(hung.outcome).toMatchObject({
          _tag: "Unknown",
          message: expect.stringContaining("no answer within 500 ms") as string,
        })
        expect(isRunning(worker.pid())).toBe(false)
        expect((yield* anywhere)._tag).toBe("Connected")
        expect(worker.starts()).toBe(2)
      }).pipe(fake(worker, { probeTimeoutMs: 500 }))
    }),
  )

  it.live("interrupting a request ends a busy process", () =>
    Effect.gen(function* () {
      const worker = fakeWorker("busy", "for (;;);")
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(anywhere)
        yield* until(() => worker.starts() === 1)
        yield* Fiber.interrupt(fiber)
        yield* until(() => !isRunning(worker.pid()))
      }).pipe(fake(worker))
    }),
  )

  it.live("one that dies is an Unknown with its last words, and is not started again at once", () =>
    Effect.gen(function* () {
      const worker = fakeWorker("crash", `console.error("native trouble"); process.exitCode = 7; process.disconnect()`)
      const [first, second] = yield* Effect.all([anywhere, anywhere]).pipe(fake(worker))
      expect(first).toMatchObject({ _tag: "Unknown", message: expect.stringContaining("native trouble") as string })
      expect(second).toMatchObject({
        _tag: "Unknown",
        message: expect.stringContaining("failed to start 1 times") as string,
      })
      expect(worker.starts()).toBe(1)
    }),
  )

  it.live("one that retired between two requests is replaced without a word", () =>
    Effect.gen(function* () {
      const worker = fakeWorker("retire", `${connected}; setTimeout(() => process.exit(0), 5)`)
      yield* Effect.gen(function* () {
        expect((yield* anywhere)._tag).toBe("Connected")
        yield* until(() => !isRunning(worker.pid()))
        expect((yield* anywhere)._tag).toBe("Connected")
        expect(worker.starts()).toBe(2)
      }).pipe(fake(worker))
    }),
  )

  it.live("a script that is not there is an Unknown", () =>
    Effect.map(anywhere, (seen) =>
      expect(seen).toMatchObject({ _tag: "Unknown", message: expect.stringContaining("missing.mjs") as string }),
    ).pipe(Effect.provide(Layer.suspend(() => ClusterClient.layer({ workerPath: join(folder, "missing.mjs") })))),
  )

  it.live("an addon that cannot be loaded is an Unknown that says so", () =>
    Effect.gen(function* () {
      const path = join(folder, "no-addon.mjs")
      writeFileSync(path, readFileSync(workerPath, "utf8").replaceAll(`import("aerospike")`, `import("no-such-addon")`))
      const seen = yield* anywhere.pipe(fake({ path }))
      expect(seen).toMatchObject({ _tag: "Unknown", message: expect.stringContaining("cannot be loaded") as string })
    }),
  )

  it.live("replies that are none, or to another request, are not taken", () =>
    Effect.gen(function* () {
      const worker = fakeWorker(
        "rubbish",
        `process.send("rubbish"); process.send({ id: request.id, outcome: { _tag: "Connected" } }); process.send({ id: request.id - 1, outcome: { _tag: "Disconnected", message: "old" } }); ${connected}`,
      )
      expect(yield* anywhere.pipe(fake(worker))).toEqual({ _tag: "Connected", nodes: {}, unreachable: [] })
    }),
  )

  it.live("S7: sees nothing of the environment", () =>
    Effect.gen(function* () {
      const worker = fakeWorker(
        "environment",
        `reply({ _tag: "Disconnected", message: Object.keys(process.env).join() })`,
      )
      process.env["ACKO_TEST_CANARY"] = "canary"
      const seen = yield* anywhere.pipe(fake(worker))
      delete process.env["ACKO_TEST_CANARY"]
      expect(
        seen._tag === "Disconnected" &&
          seen.message.split(",").filter((name) => !/^(NODE_CHANNEL_.*|LD_LIBRARY_PATH)$/.test(name)),
      ).toEqual(["UV_THREADPOOL_SIZE"])
    }),
  )
})

describe("other layers", () => {
  it.effect("layerNoop says that nobody looked", () =>
    Effect.map(anywhere, (seen) => expect(seen).toEqual({ _tag: "Unknown", message: "not probed" })).pipe(
      Effect.provide(ClusterClient.layerNoop),
    ),
  )

  it.effect("layerMemory answers from a function", () =>
    Effect.map(anywhere, (seen) => expect(seen._tag).toBe("Disconnected")).pipe(
      Effect.provide(
        ClusterClient.layerMemory(({ clusterName }) =>
          Effect.succeed({ checkedAt: 0, outcome: { _tag: "Disconnected", message: clusterName } }),
        ),
      ),
    ),
  )
})
