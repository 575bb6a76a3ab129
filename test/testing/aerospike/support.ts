/** Builders for nodes of the in-memory Aerospike. */
import type { ProcessSpec } from "../../../src/testing/PodRuntime.js"
import { permissiveHost } from "../../../src/testing/aerospike/configuration/HostFacts.js"
import { answer } from "../../../src/testing/aerospike/commands/answer.js"
import { start } from "../../../src/testing/aerospike/model/lifecycle.js"
import { makeModel, type Model } from "../../../src/testing/aerospike/model/Model.js"
import type { Server } from "../../../src/testing/aerospike/model/Server.js"

export interface NodeOptions {
  readonly cluster?: string
  /** Seeds are `127.0.1.1 … 127.0.1.<seeds>`. */
  readonly seeds?: number
  readonly engine?: string
  readonly replicationFactor?: number
  readonly service?: string
  readonly network?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly volumes?: Readonly<Record<string, string>>
  readonly restart?: number
  readonly nodeId?: string
  readonly port?: number
  /** Its tag says the release. Default: `aerospike:ce-8.1.2`. */
  readonly image?: string
}

export const address = (n: number): string => `127.0.1.${n}`

export const configuration = (n: number, options: NodeOptions = {}): string =>
  [
    "service {",
    ` cluster-name ${options.cluster ?? "loop"}`,
    ` node-id ${options.nodeId ?? `A${n}`}`,
    ` ${options.service ?? ""}`,
    "}",
    "logging {",
    " console {",
    "  context any info",
    " }",
    "}",
    "network {",
    " service {",
    `  address ${address(n)}`,
    `  access-address ${address(n)}`,
    `  port ${options.port ?? 3000}`,
    " }",
    " heartbeat {",
    "  mode mesh",
    `  address ${address(n)}`,
    "  port 3002",
    ...Array.from({ length: options.seeds ?? 3 }, (_, i) => `  mesh-seed-address-port ${address(i + 1)} 3002`),
    ` ${options.network ?? ""}`,
    " }",
    " fabric {",
    `  address ${address(n)}`,
    "  port 3001",
    " }",
    // 8.0 knows no such section.
    ...(options.image?.includes(":ce-8.0") === true
      ? []
      : [" admin {", `  address ${address(n)}`, "  port 3003", " }"]),
    "}",
    "namespace test {",
    ` replication-factor ${options.replicationFactor ?? 2}`,
    ` ${options.engine ?? "storage-engine memory {\n data-size 512M\n }"}`,
    "}",
    "",
  ].join("\n")

export const device = "storage-engine device {\n file /opt/aerospike/data/test.dat\n filesize 4G\n }"

/** Process specification of pod `node-<n>`. */
export const pod = (n: number, options: NodeOptions = {}): ProcessSpec => ({
  id: `uid-${n}/${options.restart ?? 0}`,
  podUid: `uid-${n}`,
  namespace: "default",
  podName: `node-${n}`,
  address: address(n),
  host: `host-${n}`,
  image: options.image ?? "aerospike:ce-8.1.2",
  configuration: configuration(n, options),
  volumes: options.volumes ?? {},
  annotations: options.annotations ?? {},
})

export interface Rig {
  readonly model: Model
  readonly start: (n: number, options?: NodeOptions) => Server
  /** Moves time forward by that many ms. */
  readonly pass: (ms: number) => void
  readonly now: () => number
  readonly ask: (server: Server, command: string) => string
  readonly statistics: (server: Server) => Readonly<Record<string, string>>
  readonly namespace: (server: Server) => Readonly<Record<string, string>>
}

export const pairs = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text.split(";").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  )

/** A model that is driven by hand, without Effect. */
export const rig = (): Rig => {
  const model = makeModel(0, {
    seed: "test",
    host: permissiveHost,
    watchers: { serving: () => undefined, exited: () => undefined },
  })
  const ask = (server: Server, command: string): string => answer(model, server, command)
  return {
    model,
    start: (n, options) => start(model, pod(n, options)),
    pass: (ms) => model.agenda.runUntil(model.agenda.now() + ms),
    now: () => model.agenda.now(),
    ask,
    statistics: (server) => pairs(ask(server, "statistics")),
    namespace: (server) => pairs(ask(server, "namespace/test")),
  }
}
