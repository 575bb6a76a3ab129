import { describe, expect, it } from "vitest"
import {
  recordedNamespace,
  recordedNamespaceConfig,
  recordedNetworkConfig,
  recordedServiceConfig,
  recordedStatistics,
} from "../../../src/testing/aerospike/data/recorded.js"
import { parameterTable } from "../../../src/domain/serverParameters/ParameterTable.js"
import { answer, everything } from "../../../src/testing/aerospike/commands/answer.js"
import { respond } from "../../../src/testing/aerospike/wire/respond.js"
import { memberOfThree, principalOfThree, single } from "./recordedSamples.js"
import { device, type NodeOptions, pairs, rig } from "./support.js"

const alone = (options: NodeOptions = {}) => {
  const world = rig()
  const server = world.start(1, { seeds: 0, ...options })
  world.pass(5_000)
  return { ask: (command: string) => world.ask(server, command), world, server }
}

/** Recorded answers that depend on how often the recorded node's cluster had changed or where it logged. */
const ownFigure: Readonly<Record<string, RegExp>> = {
  "partition-generation": /^\d+$/,
  "rebalance-generation": /^\d+$/,
  "peers-generation": /^\d+$/,
  logs: /^0:/,
  "logs/": /^0:/,
}

const matches = (command: string, got: string, recorded: string): void => {
  const own = ownFigure[command]
  if (own !== undefined) expect(got).toMatch(own)
  else if (recorded === "<key>") expect(got).toMatch(/^[0-9A-F]{12}$/)
  else if (command === "peers-clear-std") expect(got.replace(/^\d+/, "")).toBe(recorded.replace(/^\d+/, ""))
  else expect(got).toBe(recorded)
}

const keys = (text: string): ReadonlyArray<string> => text.split(";").map((pair) => pair.split("=")[0] ?? "")

describe("answers of a single node (section A)", () => {
  // One world: `set-config` and `recluster:` of earlier lines must not disturb later ones, as on the recorded node.
  it.each(single)("%s", (command, recorded) => {
    const node = alone({ network: "", service: "" })
    matches(command, node.ask(command), recorded)
  })

  it("statistics and namespace/<ns> have the recorded names in the recorded order (R71)", () => {
    const node = alone()
    expect(keys(node.ask("statistics"))).toEqual(keys(recordedStatistics))
    expect(keys(node.ask("namespace/test"))).toEqual(keys(recordedNamespace))
    expect(pairs(node.ask("statistics"))).toMatchObject({
      cluster_size: "1",
      cluster_principal: "A1",
      cluster_integrity: "true",
      migrate_allowed: "true",
      migrate_partitions_remaining: "0",
    })
  })

  it("get-config has the recorded names and values for a file like the recorded one", () => {
    const node = alone({ service: "proto-fd-max 4096" })
    /** Names whose value is not the recorded one; all recorded names must be there, in order. */
    const different = (command: string, recorded: string): ReadonlyArray<string> => {
      const before = pairs(recorded)
      const now = pairs(node.ask(command).replaceAll("127.0.1.", "127.0.0."))
      expect(Object.keys(now).slice(0, Object.keys(before).length)).toEqual(Object.keys(before))
      return Object.keys(before).filter((key) => before[key] !== now[key])
    }
    expect(different("get-config:context=service", recordedServiceConfig)).toEqual([])
    expect(different("get-config:context=network", recordedNetworkConfig)).toEqual([])
    expect(different("get-config:context=namespace;namespace=test", recordedNamespaceConfig)).toEqual([])
    expect(pairs(node.ask("get-config:context=namespace;id=test"))).toMatchObject({
      "storage-engine": "memory",
      "storage-engine.data-size": "536870912",
      "storage-engine.stripe[7]": "stripe-7",
    })
  })

  it("a device namespace shows its files and keys", () => {
    const node = alone({ engine: device })
    const config = pairs(node.ask("get-config:context=namespace;namespace=test"))
    expect(config).toMatchObject({
      "storage-engine": "device",
      "storage-engine.file[0]": "/opt/aerospike/data/test.dat",
      "storage-engine.filesize": "4294967296",
      "storage-engine.read-page-cache": "false",
    })
  })

  it("an empty request is answered with everything, in order", () => {
    const { world, server } = alone()
    const body = Buffer.from(respond(world.model, server, new Uint8Array(0)))
      .subarray(8)
      .toString("utf8")
    expect(
      body
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t")[0]),
    ).toEqual(everything)
  })
})

describe("answers of three nodes (section B)", () => {
  const world = rig()
  const [a, , c] = [world.start(1), world.start(2), world.start(3)]
  world.pass(5_000)
  it.each(memberOfThree)("A1: %s", (command, recorded) => {
    matches(command, answer(world.model, a, command), recorded)
  })
  it.each(principalOfThree.filter(([command]) => command !== "recluster:"))("A3: %s", (command, recorded) => {
    matches(command, answer(world.model, c, command), recorded)
  })

  it("tells clients which partitions a node has: all 4096 masters once, all replicas twice", () => {
    const masters = Buffer.alloc(512)
    let copies = 0
    for (const server of [...world.model.servers.values()]) {
      const [head = "", regime, factor, ...columns] = answer(world.model, server, "replicas").split(/[:,]/)
      expect([head, regime, factor, columns.length]).toEqual(["test", "0", "2", 2])
      columns.forEach((column, replica) => {
        Buffer.from(column, "base64").forEach((byte, index) => {
          for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) copies += 1
          if (replica === 0) masters[index] = (masters[index] ?? 0) | byte
        })
      })
    }
    expect(masters.every((byte) => byte === 255)).toBe(true)
    expect(copies).toBe(2 * 4096)
  })
})

describe("set-config", () => {
  const namespace = (key: string, value: string): string =>
    `set-config:context=namespace;namespace=test;${key}=${value}`

  it("changes every dynamic parameter to what it is already, under its own key", () => {
    const { ask } = alone({ engine: device, service: "proto-fd-max 2000", network: "" })
    const table = parameterTable()
    const refused = table.contexts
      .flatMap((context) => [...table.of(context, "device")])
      .filter(
        ({ setConfig, context, variant }) =>
          setConfig !== undefined && context !== "namespace.set" && variant !== "memory",
      )
      .flatMap((parameter) => {
        const { context, setConfig = "", default: value = "", kind } = parameter
        if (!/^(\d+|true|false)$/.test(value) && kind !== "enum") return []
        const command = context.startsWith("network.")
          ? `set-config:context=network;${setConfig}=${value}`
          : context === "service"
            ? `set-config:context=service;${setConfig}=${value}`
            : namespace(setConfig, value)
        const got = ask(command)
        return got === "ok" ? [] : [`${command} ${got}`]
      })
    expect(refused).toEqual([])
  })

  it("stores what it is given and shows it in get-config (R79: sizes in bytes)", () => {
    const { ask } = alone()
    expect(ask("set-config:context=service;proto-fd-max=20K")).toBe("ok")
    expect(ask("get-config:context=service")).toContain(";proto-fd-max=20480;")
    expect(ask("set-config:context=network;heartbeat.interval=200")).toBe("ok")
    expect(ask("get-config:context=network")).toContain(";heartbeat.interval=200;")
    expect(ask(namespace("nsup-period", "1h"))).toBe("ok")
    expect(ask(namespace("default-ttl", "30d"))).toBe("ok")
    expect(ask(namespace("defrag-sleep", "500"))).toBe("ok")
    const config = pairs(ask("get-config:context=namespace;namespace=test"))
    expect(config).toMatchObject({
      "nsup-period": "3600",
      "default-ttl": "2592000",
      "storage-engine.defrag-sleep": "500",
    })
  })

  it("R80 X-01 a node of another release knows what its own table says", () => {
    const [older, newer] = [alone({ image: "aerospike:ce-8.0.0.15" }), alone({ image: "aerospike:ce-8.1.2.0" })]
    expect([older.ask("build"), newer.ask("build")]).toEqual(["8.0.0.15", "8.1.2.0"])
    const [mine, theirs] = [older, newer].map(({ ask }) => pairs(ask("get-config:context=service")))
    expect([mine?.["cgroup-mem-tracking"], theirs?.["cgroup-mem-tracking"]]).toEqual([undefined, "false"])
    const [ports, others] = [older, newer].map(({ ask }) => pairs(ask("get-config:context=network")))
    expect([ports?.["info.port"], ports?.["admin.port"], ports?.["admin.address"]]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(others).toMatchObject({ "admin.port": "3003", "heartbeat.interval": ports?.["heartbeat.interval"] })
    const reductions = namespace("apply-ttl-reductions", "false")
    expect([older.ask(reductions), newer.ask(reductions)]).toEqual(["ERROR:4:invalid set-config parameter", "ok"])
  })

  it("applies one key of a command, the first in its own order, and ignores the rest", () => {
    const { ask } = alone()
    expect(ask("set-config:context=service;ticker-interval=20;batch-max-requests=7;nonsense=1")).toBe("ok")
    const config = pairs(ask("get-config:context=service"))
    expect([config["ticker-interval"], config["batch-max-requests"]]).toEqual(["10", "7"])
  })

  it.each([
    ["set-config:context=service;migrate-fill-delay=1", "ERROR:4:invalid set-config parameter"],
    ["set-config:context=service;batch-index-threads=257", "ERROR:4:invalid set-config parameter"],
    ["set-config:context=service;enable-health-check=TRUE", "ERROR:4:invalid set-config parameter"],
    ["set-config:context=namespace;namespace=test;rack-id=1", "ERROR:4:invalid set-config parameter"],
    [
      "set-config:context=namespace;namespace=test;storage-engine.defrag-sleep=1",
      "ERROR:4:invalid set-config parameter",
    ],
    ["set-config:context=namespace;namespace=test;default-ttl=10", "ERROR:4:invalid set-config parameter"],
    ["set-config:context=namespace;namespace=test;read-page-cache=true", "ERROR:4:invalid set-config parameter"],
    ["set-config:context=network;heartbeat.connect-timeout-ms=501", "ERROR:4:invalid set-config parameter"],
    ["set-config:context=network;service.port=3100", "ERROR:4:invalid set-config parameter"],
    ["set-config:context=nonsense;a=1", "ERROR:4:invalid context"],
    ["set-config:a=1", "ERROR:4:missing 'context'"],
    ["set-config:context=namespace;migrate-sleep=1", "ERROR:20:missing 'namespace'"],
    ["set-config:context=security;enable-security=true", "ERROR:25:enterprise only"],
    ["set-config:context=xdr;a=1", "ERROR:25:enterprise only"],
    ["set-config:context=service;min-cluster-size=2", "ERROR:4:invalid set-config parameter"],
  ])("%s", (command, refusal) => {
    expect(alone().ask(command)).toBe(refusal)
  })

  it("an empty value means 0 where the recorded server took it so", () => {
    const { ask } = alone()
    expect(ask("set-config:context=service;migrate-threads=")).toBe("ok")
    expect(pairs(ask("get-config:context=service"))["migrate-threads"]).toBe("0")
  })

  it("replication-factor takes effect with recluster: only", () => {
    const world = rig()
    const servers = [world.start(1), world.start(2)]
    world.pass(5_000)
    const factors = () => servers.map((server) => world.namespace(server)["effective_replication_factor"])
    for (const server of servers) expect(world.ask(server, namespace("replication-factor", "1"))).toBe("ok")
    expect(factors()).toEqual(["2", "2"])
    expect(servers.map((server) => world.ask(server, "recluster:"))).toEqual(["ignored-by-non-principal", "ok"])
    world.pass(1_000)
    expect(factors()).toEqual(["1", "1"])
  })

  it("is forgotten by a restart", () => {
    const world = rig()
    const server = world.start(1)
    world.pass(2_000)
    world.ask(server, "set-config:context=service;ticker-interval=20")
    const again = world.start(1, { restart: 1 })
    world.pass(2_000)
    expect(pairs(world.ask(again, "get-config:context=service"))["ticker-interval"]).toBe("10")
  })

  it("log-set changes the level of one sink", () => {
    const { ask } = alone()
    expect(ask("log-set:id=0;clustering=debug")).toBe("ok")
    expect(ask("log/0")).toContain("clustering:DEBUG;")
    expect(ask("log-set:id=4;clustering=debug")).toMatch(/^ERROR:4/)
    expect(ask("log-set:id=0;clustering=loud")).toMatch(/^ERROR:4/)
  })
})
