/** What one server process took from its file: the values the model needs, with the server's defaults. */
import * as Either from "effect/Either"
import { type ParameterTable, parameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import { type ConfigSection, entriesOf, lastEntry, sectionOf, sectionsOf, type StartRefusal } from "./ConfigTree.js"
import { type HostFacts, permissiveHost } from "./HostFacts.js"
import { parseConfiguration } from "./parseConfiguration.js"
import { hangsAtStart, ruleAtOpen, rulesAtClose, startRules, storageBytes } from "./startRules.js"

export interface NamespaceConfiguration {
  readonly name: string
  readonly replicationFactor: number
  readonly engine: "memory" | "device"
  /** Files or devices behind the namespace, empty for pure memory: what decides whether data outlives the process. */
  readonly paths: ReadonlyArray<string>
  /** Whether `paths` are block devices. */
  readonly raw: boolean
  readonly storageBytes: number
  readonly section: ConfigSection
}

export interface MeshSeed {
  readonly host: string
  readonly port: number
}

export interface NodeConfiguration {
  readonly file: ConfigSection
  readonly clusterName: string
  /** Upper-case hex; absent when the server derives it. */
  readonly nodeId: string | undefined
  readonly servicePort: number
  readonly accessAddresses: ReadonlyArray<string>
  readonly accessPort: number
  readonly alternateAddresses: ReadonlyArray<string>
  readonly alternatePort: number
  readonly heartbeatPort: number
  readonly fabricPort: number
  readonly adminPort: number
  readonly seeds: ReadonlyArray<MeshSeed>
  readonly minClusterSize: number
  readonly heartbeatInterval: number
  readonly heartbeatTimeout: number
  readonly namespaces: ReadonlyArray<NamespaceConfiguration>
  /** The process would wait for a free socket for ever. */
  readonly hangs: boolean
}

const text = (section: ConfigSection | undefined, name: string): string | undefined =>
  lastEntry(section, name)?.values[0]

const number = (section: ConfigSection | undefined, name: string, fallback: number): number =>
  Number(text(section, name) ?? fallback)

const all = (section: ConfigSection | undefined, name: string): ReadonlyArray<string> =>
  entriesOf(section, name).flatMap((entry) => entry.values.slice(0, 1))

const namespaceConfiguration = (section: ConfigSection): NamespaceConfiguration => {
  const engine = sectionOf(section, "storage-engine")
  const files = all(engine, "file")
  const devices = all(engine, "device")
  return {
    name: section.label,
    replicationFactor: number(section, "replication-factor", 2),
    engine: engine?.label === "device" ? "device" : "memory",
    paths: [...files, ...devices],
    raw: devices.length > 0,
    storageBytes: storageBytes(section),
    section,
  }
}

const toConfiguration = (file: ConfigSection): NodeConfiguration => {
  const service = sectionOf(file, "service")
  const network = (name: string): ConfigSection | undefined => sectionOf(file, "network", name)
  const servicePort = number(network("service"), "port", 3000)
  const accessPort = number(network("service"), "access-port", servicePort)
  return {
    file,
    clusterName: text(service, "cluster-name") ?? "",
    nodeId: text(service, "node-id"),
    servicePort,
    accessAddresses: all(network("service"), "access-address"),
    accessPort,
    alternateAddresses: all(network("service"), "alternate-access-address"),
    alternatePort: number(network("service"), "alternate-access-port", accessPort),
    heartbeatPort: number(network("heartbeat"), "port", 3002),
    fabricPort: number(network("fabric"), "port", 3001),
    adminPort: number(network("admin"), "port", 0),
    seeds: entriesOf(network("heartbeat"), "mesh-seed-address-port").map(({ values }) => ({
      host: values[0] ?? "",
      port: Number(values[1] ?? 0),
    })),
    minClusterSize: number(service, "min-cluster-size", 1),
    heartbeatInterval: number(network("heartbeat"), "interval", 150),
    heartbeatTimeout: number(network("heartbeat"), "timeout", 10),
    namespaces: sectionsOf(file, "namespace").map(namespaceConfiguration),
    hangs: hangsAtStart(file),
  }
}

/**
 * Reads a file the way a starting server does: the configuration, or the refusal the process ends with.
 *
 * @param table what the server's release knows; by default the newest
 */
export const readConfiguration = (
  source: string,
  host: HostFacts = permissiveHost,
  table: ParameterTable = parameterTable(),
): Either.Either<NodeConfiguration, StartRefusal> =>
  Either.flatMap(parseConfiguration(source, table, rulesAtClose, ruleAtOpen), (file) => {
    for (const rule of startRules) {
      const found = rule(file, host)
      if (found !== undefined) return Either.left(found)
    }
    return Either.right(toConfiguration(file))
  })
