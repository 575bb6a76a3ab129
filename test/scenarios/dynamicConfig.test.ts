/** Changes of the configuration of running nodes. What is asserted is what the nodes answer. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { Annotation } from "../../src/domain/Labels.js"
import type { Outside } from "../../src/testing/simulation/OperatorProcess.js"
import { play, resource, type Stage, type Wish } from "./stage.js"

const pods = ["db-0-0", "db-0-1", "db-0-2"]

/** A cluster whose configuration changes while it runs. */
const wish = (service: Readonly<Record<string, unknown>>, more: Wish = {}): Wish => ({
  ...more,
  service,
  extra: { enableDynamicConfigUpdate: true, ...more.extra },
})

const valueOf = (answer: string, key: string): string | undefined =>
  answer
    .split(";")
    .find((pair) => pair.startsWith(`${key}=`))
    ?.slice(key.length + 1)

/** One value of the section `service`, on every node. */
const values = (stage: Stage, key: string) =>
  Effect.forEach(pods, (pod) => Effect.map(stage.ask(pod, "get-config:context=service"), (text) => valueOf(text, key)))

const three = (value: string): ReadonlyArray<string> => [value, value, value]

interface PodEntry {
  readonly configHash?: string
  readonly dynamicConfigStatus?: string
  readonly lastRestartReason?: string
}

const entries = (stage: Stage): ReadonlyArray<PodEntry> =>
  Object.values((stage.status() as { readonly pods?: Readonly<Record<string, PodEntry>> }).pods ?? {})

const wantedHash = (stage: Stage): string | undefined => {
  const [set] = stage.list(Kinds.StatefulSet)
  const spec = set?.["spec"] as { template: { metadata: { annotations: Record<string, string> } } } | undefined
  return spec?.template.metadata.annotations[Annotation.configHash]
}

const configMap = (stage: Stage): string => JSON.stringify(stage.list(Kinds.ConfigMap)[0]?.["data"])

/** File, running value and status say the same on all nodes, and nothing goes on (R5). */
const agrees = (stage: Stage, key: string, value: string) =>
  Effect.gen(function* () {
    expect(yield* values(stage, key)).toEqual(three(value))
    expect(configMap(stage)).toContain(`${key} ${value}`)
    expect(new Set(entries(stage).map(({ configHash }) => configHash))).toEqual(new Set([wantedHash(stage)]))
    expect(stage.condition("ConfigApplied")).toBe("True")
    expect(yield* stage.quiet).toEqual([])
  })

/** The node has done what it was asked for; what happens before its answer arrives. */
const beforeAnswers =
  (happen: (commands: ReadonlyArray<string>) => Effect.Effect<void>) =>
  (outside: Layer.Layer<Outside>): Layer.Layer<Outside> =>
    Layer.provideMerge(
      Layer.effect(
        AerospikeInfo,
        Effect.map(AerospikeInfo, (info) => ({
          ask: (address, commands) => Effect.tap(info.ask(address, commands), () => happen(commands)),
        })),
      ),
      outside,
    )

const isSet = (commands: ReadonlyArray<string>): boolean => commands.some((command) => command.startsWith("set-config"))

describe("a change that running nodes take", () => {
  it("N-02 G-01 R5: restarts nothing, is read back from every node, and back again", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish(wish({ "migrate-threads": 1 }))
        yield* stage.completed()
        const before = stage.pods()
        stage.reset()
        yield* stage.wish(wish({ "migrate-threads": 3, "ticker-interval": 20 }))
        yield* stage.completed()
        expect(yield* values(stage, "ticker-interval")).toEqual(three("20"))
        yield* agrees(stage, "migrate-threads", "3")
        expect(stage.pods()).toEqual(before)
        expect(stage.deletions()).toEqual([])
        expect(stage.mostDown()).toBe(0)
        expect(entries(stage).map(({ dynamicConfigStatus }) => dynamicConfigStatus)).toEqual(three("Applied"))
        expect(stage.events().filter((event) => event.includes("DynamicConfigApplied"))).toEqual([
          "Normal DynamicConfigApplied: service.migrate-threads = 3, service.ticker-interval = 20 on db-0-0, db-0-1, db-0-2, without a restart and read back",
        ])

        yield* stage.wish(wish({ "migrate-threads": 1 }))
        yield* stage.completed()
        expect(yield* values(stage, "ticker-interval"), "the default").toEqual(three("10"))
        yield* agrees(stage, "migrate-threads", "1")
        expect(stage.pods()).toEqual(before)
        expect(entries(stage).map(({ dynamicConfigStatus }) => dynamicConfigStatus)).toEqual([
          undefined,
          undefined,
          undefined,
        ])
      }),
    )
  })

  it("W16 W29: the status holds the spec as it was stored, and its configuration with the defaults", () => {
    play((stage) =>
      Effect.gen(function* () {
        const asked = wish({ "migrate-threads": 2 })
        yield* stage.wish(asked)
        yield* stage.completed()
        const status = stage.status() as { readonly appliedSpec?: unknown; readonly aerospikeConfig?: unknown }
        expect(status.appliedSpec).toEqual(resource(asked).spec)
        expect(status.aerospikeConfig).toMatchObject({
          service: { "cluster-name": "db", "migrate-threads": 2 },
          network: { heartbeat: { mode: "mesh" } },
        })
      }),
    )
  })

  it("W11: a server that starts again in its pod has read its old file: it does not keep the old values", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish(wish({ "migrate-threads": 1 }))
        yield* stage.completed()
        yield* stage.wish(wish({ "migrate-threads": 4 }))
        yield* stage.completed()
        const before = stage.pods()
        yield* stage.world.aerospike.setFault("db-0-1", { _tag: "Crash", code: 1 })
        yield* stage.until("down", () => stage.readyPods().length === 2)
        yield* stage.world.aerospike.clearFault("db-0-1")
        yield* stage.until("up", () => stage.readyPods().length === 3)
        yield* stage.completed()
        yield* agrees(stage, "migrate-threads", "4")
        const after = stage.pods()
        expect([after["db-0-0"], after["db-0-2"]]).toEqual([before["db-0-0"], before["db-0-2"]])
      }),
    )
  })

  it("W11: a server that started again while nobody looked is told once more, and no pod restarts", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish(wish({ "migrate-threads": 1 }))
        yield* stage.completed()
        yield* stage.wish(wish({ "migrate-threads": 4 }))
        yield* stage.completed()
        const before = stage.pods()
        yield* stage.operator().crash
        yield* stage.world.aerospike.setFault("db-0-1", { _tag: "Crash", code: 1 })
        yield* stage.until("down", () => stage.readyPods().length === 2)
        yield* stage.world.aerospike.clearFault("db-0-1")
        yield* stage.until("up", () => stage.readyPods().length === 3)
        expect(yield* values(stage, "migrate-threads")).toEqual(["4", "1", "4"])
        yield* stage.restartOperator
        yield* Effect.sleep("1 minute")
        yield* agrees(stage, "migrate-threads", "4")
        expect(stage.pods()).toEqual(before)
      }),
    )
  })

  it("R79 R80: values of namespaces, in other units, and of the storage", () => {
    const namespaces = (more: Readonly<Record<string, unknown>>, engine: Readonly<Record<string, unknown>>) => [
      {
        name: "test",
        "replication-factor": 2,
        ...more,
        "storage-engine": { type: "memory", "data-size": 1_073_741_824, ...engine },
      },
    ]
    const asked = (list: unknown): Wish => ({
      extra: { enableDynamicConfigUpdate: true, aerospikeConfig: { namespaces: list } },
    })
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish(asked(namespaces({}, {})))
        yield* stage.completed()
        const before = stage.pods()
        yield* stage.wish(asked(namespaces({ "nsup-period": "2m", "default-ttl": "30d" }, { "defrag-lwm-pct": 60 })))
        yield* stage.completed()
        const text = yield* stage.ask("db-0-2", "get-config:context=namespace;namespace=test")
        expect(
          ["nsup-period", "default-ttl", "storage-engine.defrag-lwm-pct"].map((key) => valueOf(text, key)),
        ).toEqual(["120", "2592000", "60"])
        expect(stage.pods()).toEqual(before)
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })
})

describe("a change that needs a restart", () => {
  it.each<[string, Wish, Wish]>([
    [
      "because the user did not ask for anything else",
      { service: { "migrate-threads": 1 } },
      { service: { "migrate-threads": 3 } },
    ],
    [
      "because one of its values cannot change on a running node",
      wish({ "migrate-threads": 1 }),
      wish({ "migrate-threads": 3, "query-threads-limit": 64, "debug-allocations": true }),
    ],
    [
      "because the pod template changes, too (L-03)",
      wish({ "migrate-threads": 1 }),
      wish({ "migrate-threads": 3 }, { extra: { podSpec: { metadata: { annotations: { team: "a" } } } } }),
    ],
  ])("%s", (_why, from, to) => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish(from)
        yield* stage.completed()
        stage.reset()
        yield* stage.wish(to)
        yield* stage.completed()
        expect(stage.deletions()).toEqual(["db-0-2", "db-0-1", "db-0-0"])
        yield* agrees(stage, "migrate-threads", "3")
      }),
    )
  })
})

/** No healthy pod is restarted, so that what comes before a restart stays to be looked at. */
const untouchable: Wish = { extra: { maxUnavailable: 0 } }

describe("a change that one of three nodes refuses", () => {
  it("N-03 R78 G-02: none is changed; the pods are restarted instead, and the reason is told", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish(wish({ "migrate-threads": 1, "ticker-interval": 10 }))
        yield* stage.completed()
        stage.reset()
        const command = "set-config:context=service;ticker-interval=30"
        yield* stage.world.aerospike.setFault("db-0-1", {
          _tag: "Answers",
          byCommand: { [command]: "ERROR:4:invalid set-config parameter" },
        })
        const asked = { "migrate-threads": 3, "ticker-interval": 30 }
        yield* stage.wish(wish(asked, untouchable))
        yield* Effect.sleep("1 minute")
        expect(stage.deletions()).toEqual([])
        expect(yield* values(stage, "migrate-threads")).toEqual(three("1"))
        expect(yield* values(stage, "ticker-interval")).toEqual(three("10"))
        expect(stage.conditionText("DynamicConfigDegraded")).toBe(
          "db-0-1 refused service.ticker-interval = 30: invalid set-config parameter; no node was changed, the pods are restarted instead",
        )
        expect(entries(stage).map(({ dynamicConfigStatus }) => dynamicConfigStatus)).toEqual(three("Failed"))
        expect(stage.events().filter((event) => event.includes("DynamicConfigRollback"))).toHaveLength(1)
        expect(stage.writes().filter((write) => write.startsWith("patch pods/status"))).toHaveLength(6)

        yield* stage.wish(wish(asked))
        yield* stage.completed()
        expect(stage.deletions()).toEqual(["db-0-2", "db-0-1", "db-0-0"])
        expect(stage.mostDown()).toBe(1)
        expect(stage.condition("DynamicConfigDegraded")).toBe("False")
        expect(entries(stage).map(({ dynamicConfigStatus }) => dynamicConfigStatus)).toEqual([
          undefined,
          undefined,
          undefined,
        ])
        yield* agrees(stage, "ticker-interval", "30")
      }),
    )
  })

  it("W18: what could not be taken back is told, and the restart puts it right", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish(wish({ "migrate-threads": 1, "ticker-interval": 10 }))
        yield* stage.completed()
        const refuse = "ERROR:4:invalid set-config parameter"
        const by = (command: string) => ({ _tag: "Answers", byCommand: { [`set-config:${command}`]: refuse } }) as const
        yield* stage.world.aerospike.setFault("db-0-0", by("context=service;migrate-threads=1"))
        yield* stage.world.aerospike.setFault("db-0-1", by("context=service;ticker-interval=30"))
        const asked = { "migrate-threads": 3, "ticker-interval": 30 }
        yield* stage.wish(wish(asked, untouchable))
        yield* Effect.sleep("1 minute")
        expect(yield* values(stage, "migrate-threads")).toEqual(["3", "1", "1"])
        expect(stage.condition("DynamicConfigDegraded")).toBe("True")
        expect(stage.events().some((event) => event.startsWith("Warning DynamicConfigDegraded: "))).toBe(true)
        yield* stage.wish(wish(asked))
        yield* stage.completed()
        yield* agrees(stage, "migrate-threads", "3")
      }),
    )
  })
})

describe("a change in the middle of which something goes wrong (R5)", () => {
  const numbers = [1, 2, 3, 4, 5, 6]

  /** Two values change; `happen` comes between what a node does for the n-th command and its answer, `meanwhile` once the change is wished for. */
  const change = (
    happen: (n: number) => Effect.Effect<void>,
    meanwhile: (stage: Stage, sent: () => number) => Effect.Effect<void>,
    { migrateThreads, tickerInterval }: Readonly<Record<"migrateThreads" | "tickerInterval", string>>,
  ): void => {
    let sent = 0
    const around = beforeAnswers((commands) => (isSet(commands) ? Effect.suspend(() => happen(++sent)) : Effect.void))
    play(
      (stage) =>
        Effect.gen(function* () {
          yield* stage.wish(wish({ "migrate-threads": 1 }))
          yield* stage.completed()
          const before = stage.pods()
          yield* stage.wish(wish({ "migrate-threads": 3, "ticker-interval": 30 }))
          yield* meanwhile(stage, () => sent)
          yield* stage.completed()
          expect(sent).toBeGreaterThanOrEqual(6)
          expect(yield* values(stage, "ticker-interval")).toEqual(three(tickerInterval))
          yield* agrees(stage, "migrate-threads", migrateThreads)
          expect(stage.pods()).toEqual(before)
        }),
      { operator: { around } },
    )
  }
  const changed = { migrateThreads: "3", tickerInterval: "30" }
  const takenBack = { migrateThreads: "1", tickerInterval: "10" }

  /** The operator ends before the n-th answer; another one starts after `meanwhile`. */
  const crash = (n: number, meanwhile: (stage: Stage) => Effect.Effect<void>, outcome: typeof changed): void => {
    let isCrashed = false
    change(
      (sent) => (sent >= n && !isCrashed ? Effect.never : Effect.void),
      (stage, sent) =>
        Effect.gen(function* () {
          yield* stage.until("crash", () => sent() >= n)
          yield* meanwhile(stage)
          yield* stage.restartOperator
          isCrashed = true
        }),
      outcome,
    )
  }

  it.each(numbers)("R11: the answer to set-config %i is lost: read back, and no pod restarts", (n) => {
    change(
      (sent) => (sent === n ? Effect.never : Effect.void),
      () => Effect.void,
      changed,
    )
  })

  it.each(numbers)("R5: a crash after set-config %i: the next operator ends it, and no pod restarts", (n) => {
    crash(n, () => Effect.void, changed)
  })

  it.each(numbers)(
    "R5 W16: a crash after set-config %i, and the user takes it back meanwhile: no node keeps it",
    (n) => {
      crash(n, (stage) => stage.wish(wish({ "migrate-threads": 1 })), takenBack)
    },
  )

  it("S4: whoever was held up for long sends nothing more before it has written anew what it is about to do", () => {
    const history: Array<{ readonly what: "record" | "set"; readonly at: number }> = []
    let now = () => 0
    const around = beforeAnswers((commands) =>
      Effect.suspend(() => {
        if (!isSet(commands)) return Effect.void
        history.push({ what: "set", at: now() })
        return history.filter(({ what }) => what === "set").length === 1 ? Effect.sleep("10 seconds") : Effect.void
      }),
    )
    play(
      (stage) =>
        Effect.gen(function* () {
          now = () => stage.world.server.now()
          stage.world.server.gate.onRequest(({ resource: of, subresource, verb }) => {
            if (`${verb} ${of}/${subresource ?? ""}` === "patch pods/status")
              history.push({ what: "record", at: now() })
            return undefined
          })
          yield* stage.wish(wish({ "migrate-threads": 1 }))
          yield* stage.completed()
          yield* stage.wish(wish({ "migrate-threads": 3, "ticker-interval": 30, "query-threads-limit": 64 }))
          yield* stage.completed()
          expect(yield* values(stage, "query-threads-limit")).toEqual(three("64"))
          yield* agrees(stage, "migrate-threads", "3")
          const ages = history.flatMap(({ at, what }, index) => {
            const record = history.slice(0, index).findLast((earlier) => earlier.what === "record")
            return what === "set" ? [at - (record?.at ?? Number.NaN)] : []
          })
          expect(ages).toHaveLength(9)
          expect(Math.max(...ages)).toBeLessThan(7_500)
        }),
      { operator: { around, settings: { nodeTimeoutMs: 30_000 } } },
    )
  })

  it("unknown means wait: while one node is silent none is changed", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish(wish({ "migrate-threads": 1 }))
        yield* stage.completed()
        const before = stage.pods()
        yield* stage.world.aerospike.setFault("db-0-1", { _tag: "Hang" })
        yield* stage.wish(wish({ "migrate-threads": 3 }))
        yield* Effect.sleep("1 minute")
        expect(stage.status().phase).not.toBe("Completed")
        expect(stage.status().phaseReason).toContain("db-0-1")
        yield* stage.world.aerospike.clearFault("db-0-1")
        expect(yield* values(stage, "migrate-threads")).toEqual(three("1"))
        yield* stage.completed()
        yield* agrees(stage, "migrate-threads", "3")
        expect(stage.pods()).toEqual(before)
      }),
    )
  })
})
