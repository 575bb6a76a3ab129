/** Changes on a running node, against the simulated one. */
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { type ConfigurationChange, configurationChange } from "../../../src/decide/configuration/dynamic/changes.js"
import { isDynamic, setConfigCommand } from "../../../src/decide/configuration/dynamic/setConfig.js"
import type { Json, JsonObject } from "../../../src/domain/Json.js"
import type { Parameter } from "../../../src/domain/serverParameters/Parameter.js"
import { parameterTable } from "../../../src/domain/serverParameters/ParameterTable.js"
import type { ParameterTarget } from "../../../src/domain/RunningConfiguration.js"
import { newestOf80 } from "../../../src/domain/serverParameters/ServerVersion.js"
import { device, rig } from "../../testing/aerospike/support.js"

const table = parameterTable()

const targetOf = ({ context, name }: Parameter, variant: string): ParameterTarget => ({
  context,
  name,
  ...(variant === "" ? {} : { variant }),
  ...(context.startsWith("namespace") ? { namespace: "test" } : {}),
  ...(context === "namespace.set" ? { set: "s" } : {}),
})

/** Every target that can change on a node with a device namespace. */
const targets = table.contexts.flatMap((context) => {
  const variant = context === "namespace.storage-engine" ? "device" : ""
  return table
    .of(context, variant)
    .map((parameter) => ({ parameter, target: targetOf(parameter, variant) }))
    .filter(({ target }) => isDynamic(table, target))
})

/** A legal value, most often another one than the default. */
const legalValue = ({ kind, min = 0, max = 4, powerOf2, enum: words = [], default: usual = "" }: Parameter): Json => {
  if (kind === "bool") return usual !== "true"
  if (kind === "enum") return words.find((word) => word !== usual) ?? usual
  if (powerOf2 === true) return Math.max(min, 1)
  return Math.max(1, min, Math.min(max, min + 1))
}

const node = () => {
  const world = rig()
  const server = world.start(1, { seeds: 0, engine: device })
  world.pass(5_000)
  return (command: string): string => world.ask(server, command)
}

describe("set-config", () => {
  it("knows what changes at run time, and leaves out what must not", () => {
    expect(targets.length).toBeGreaterThan(85)
    const dynamic = (target: ParameterTarget): boolean => isDynamic(table, target)
    expect(dynamic({ context: "service", name: "migrate-threads" })).toBe(true)
    expect(dynamic({ context: "service", name: "cluster-name" }), "would split the cluster").toBe(false)
    expect(dynamic({ context: "namespace", name: "replication-factor" }), "needs a recluster").toBe(false)
    expect(dynamic({ context: "service", name: "advertise-ipv6" }), "does nothing").toBe(false)
    expect(dynamic({ context: "network.service", name: "port" })).toBe(false)
    expect(dynamic({ context: "namespace.storage-engine", name: "read-page-cache", variant: "device" })).toBe(true)
    expect(dynamic({ context: "namespace.storage-engine", name: "read-page-cache", variant: "memory" })).toBe(false)
    const reductions = { context: "namespace", name: "apply-ttl-reductions" }
    expect([dynamic(reductions), isDynamic(parameterTable(newestOf80), reductions)]).toEqual([true, false])
  })

  it("W17: every key is sent so that the node takes it", () => {
    const ask = node()
    ask("set-config:context=namespace;namespace=test;nsup-period=60")
    const refused = targets.flatMap(({ parameter, target }) => {
      // Checked against other values of the node: see the order of changes.
      if (target.name.endsWith("connect-timeout-ms") || target.name === "microsecond-histograms") return []
      if (target.name === "min-cluster-size") return []
      const isFixed = ["mtu", "channel-rw-recv-threads"].includes(target.name)
      const fixed = target.name === "mtu" ? 1500 : 32
      const value = target.context === "network.heartbeat" ? Number(parameter.default ?? 0) + 1 : legalValue(parameter)
      const command = setConfigCommand(table, target, isFixed ? fixed : value)
      if (Either.isLeft(command)) return [command.left]
      const got = ask(command.right)
      return got === "ok" ? [] : [`${command.right} ${got}`]
    })
    expect(refused).toEqual([])
  })

  it.each<[ParameterTarget, Json, string]>([
    [{ context: "service", name: "migrate-threads" }, 2, "set-config:context=service;migrate-threads=2"],
    [
      { context: "service", name: "enable-health-check" },
      "TRUE",
      "set-config:context=service;enable-health-check=true",
    ],
    [{ context: "network.heartbeat", name: "interval" }, "250", "set-config:context=network;heartbeat.interval=250"],
    [
      { context: "namespace", namespace: "test", name: "nsup-period" },
      "2m",
      "set-config:context=namespace;namespace=test;nsup-period=120",
    ],
    [
      { context: "namespace.storage-engine", variant: "device", namespace: "test", name: "max-write-cache" },
      "1Gi",
      "set-config:context=namespace;namespace=test;max-write-cache=1073741824",
    ],
    [
      { context: "namespace.geo2dsphere-within", namespace: "test", name: "max-cells" },
      8,
      "set-config:context=namespace;namespace=test;geo2dsphere-within-max-cells=8",
    ],
    [
      { context: "namespace.set", namespace: "test", set: "users", name: "stop-writes-count" },
      "2K",
      "set-config:context=namespace;namespace=test;set=users;stop-writes-count=2048",
    ],
  ])("%j = %j", (target, value, command) => {
    expect(setConfigCommand(table, target, value)).toEqual(Either.right(command))
  })

  it("refuses what the node would store although its file refuses it", () => {
    const stored = targets.flatMap(({ parameter, target }) =>
      (parameter.quirks ?? [])
        .filter(([sent, kept]) => sent !== kept && sent !== "2K" && !(parameter.kind === "seconds" && sent === "-1"))
        .filter(([sent]) => !(parameter.kind === "int" && parameter.bits === 64 && /^\d+$/.test(sent)))
        .flatMap(([sent]) => (Either.isRight(setConfigCommand(table, target, sent)) ? [`${target.name}=${sent}`] : [])),
    )
    expect(stored).toEqual([])
  })

  it("R121: whatever the names and the value, there is exactly one command that sets exactly one key, or none", () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "test",
        "a;b",
        "a:b",
        "a=b",
        "a\nset-config:context=service;proto-fd-max=1",
        "a/b",
        "",
        "1;x=2",
        "é",
      ),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...targets),
        hostile,
        hostile,
        fc.oneof(hostile, fc.integer(), fc.boolean(), fc.double(), fc.constantFrom<Json>(null, {}, ["1"])),
        ({ target }, namespace, set, value) => {
          const hasNamespace = target.namespace !== undefined
          const command = setConfigCommand(
            table,
            { ...target, ...(hasNamespace ? { namespace } : {}), ...(target.set === undefined ? {} : { set }) },
            value,
          )
          if (Either.isLeft(command)) return
          const parts = /^set-config:([\x21-\x7e]+)$/.exec(command.right)?.[1]?.split(";") ?? []
          const scope = parts.slice(0, -1).map((part) => part.split("=")[0])
          expect(scope).toEqual([
            "context",
            ...(hasNamespace ? ["namespace"] : []),
            ...(target.set === undefined ? [] : ["set"]),
          ])
          expect(parts.at(-1)).toMatch(/^[a-z0-9.-]+=-?[a-z0-9-]+$/)
          expect(command.right.slice("set-config:".length)).not.toContain(":")
        },
      ),
      { numRuns: 2000 },
    )
  })
})

const base: JsonObject = {
  service: { "cluster-name": "demo", "migrate-threads": 1 },
  network: { service: { port: 3000 }, heartbeat: { mode: "mesh", port: 3002 }, fabric: { port: 3001 } },
  namespaces: [
    {
      name: "test",
      "replication-factor": 2,
      "storage-engine": { type: "device", file: "/opt/a.dat", filesize: "4Gi", "defrag-lwm-pct": 50 },
      sets: [{ name: "s", "disable-eviction": true }],
    },
  ],
}
const namespace = (more: JsonObject): JsonObject => ({
  ...base,
  namespaces: [{ ...((base["namespaces"] as ReadonlyArray<JsonObject>)[0] ?? {}), ...more }],
})
const change = (to: JsonObject, from: JsonObject = base): ConfigurationChange => configurationChange(table, from, to)
const commands = (found: ConfigurationChange) =>
  found.dynamic.map(({ command }) => command.replace("set-config:context=", ""))

describe("what changed", () => {
  it("nothing, however it is spelled (W15, W16)", () => {
    expect(change(base)).toEqual({ dynamic: [], static: [] })
    const engine = { type: "device", file: "/opt/a.dat", filesize: 4 * 2 ** 30, "defrag-lwm-pct": "50" }
    expect(change(namespace({ "storage-engine": engine, "nsup-period": "0" }))).toEqual({ dynamic: [], static: [] })
  })

  it("values, each with the command that takes it back", () => {
    expect(change({ ...base, service: { "cluster-name": "demo", "migrate-threads": 4 } }).dynamic).toEqual([
      {
        path: "service.migrate-threads",
        target: { context: "service", name: "migrate-threads" },
        command: "set-config:context=service;migrate-threads=4",
        undo: "set-config:context=service;migrate-threads=1",
        read: "get-config:context=service",
        key: "migrate-threads",
      },
    ])
  })

  it("W17: a value that is removed goes back to the server's default", () => {
    expect(commands(change({ ...base, service: { "cluster-name": "demo" } }))).toEqual([])
    const engine = { type: "device", file: "/opt/a.dat", filesize: "4Gi" }
    const from = namespace({ "storage-engine": { ...engine, "defrag-sleep": 1 } })
    expect(commands(change(namespace({ "storage-engine": engine }), from))).toEqual([
      "namespace;namespace=test;defrag-sleep=1000",
    ])
    expect(change(namespace({ sets: [] })).dynamic.map(({ command }) => command)).toEqual([
      "set-config:context=namespace;namespace=test;set=s;disable-eviction=false",
    ])
  })

  it.each<[string, JsonObject]>([
    ["service.node-id", { ...base, service: { "cluster-name": "demo", "migrate-threads": 1, "node-id": "a1" } }],
    ["network.service.port", { ...base, network: { ...(base["network"] as JsonObject), service: { port: 4000 } } }],
    ["namespace test.replication-factor", namespace({ "replication-factor": 1 })],
    ["logging", { ...base, logging: [{ name: "console", any: "info" }] }],
    ["service.service-threads", { ...base, service: { ...(base["service"] as JsonObject), "service-threads": 8 } }],
  ])("%s needs a restart", (path, to) => {
    expect(change(to).static).toEqual([path])
  })

  it("a namespace that comes or goes, or another engine, needs a restart", () => {
    const two = {
      ...base,
      namespaces: [...(base["namespaces"] as ReadonlyArray<Json>), { name: "b", "storage-engine": "memory" }],
    }
    expect(change(two).static).toContain("namespace b")
    expect(change(base, two).static).toContain("namespace b")
    expect(change(namespace({ "storage-engine": { type: "memory", "data-size": "1G" } })).static).toContain(
      "namespace test",
    )
  })

  it("in an order the node accepts at every step, forth and back", () => {
    const heartbeat = (more: JsonObject): JsonObject => ({
      ...base,
      network: { ...(base["network"] as JsonObject), heartbeat: { mode: "mesh", port: 3002, ...more } },
    })
    const slow = heartbeat({ interval: 250, timeout: 20, "connect-timeout-ms": 1500 })
    const tight = heartbeat({ interval: 146, timeout: 11 })
    const expiring = namespace({ "default-ttl": "30d", "nsup-period": 120 })
    for (const [from, to] of [
      [base, slow],
      [slow, base],
      [base, tight],
      [tight, base],
      [base, expiring],
      [expiring, base],
    ] as const) {
      const ask = node()
      for (const { command } of change(from).dynamic) expect([command, ask(command)]).toEqual([command, "ok"])
      for (const { command } of change(to, from).dynamic) expect([command, ask(command)]).toEqual([command, "ok"])
    }
  })
})
