/**
 * What the server checks beyond single lines, each with the server's literal message. Ids of the rules are those of the recorded
 * start-up runs (`required.*`, `ns.*`, `mem.*`, `hb.*` …).
 */
import {
  type ConfigSection,
  entriesOf,
  lastEntry,
  refusal,
  sectionOf,
  sectionsOf,
  type StartRefusal,
} from "./ConfigTree.js"
import type { HostFacts } from "./HostFacts.js"
import type { SectionRule } from "./parseConfiguration.js"

const text = (section: ConfigSection | undefined, name: string): string | undefined =>
  lastEntry(section, name)?.values[0]

const number = (section: ConfigSection | undefined, name: string, fallback: number): number =>
  Number(text(section, name) ?? fallback)

/** Most Aerospike namespaces of a CE node. */
export const maxNamespaces = 2

/** Checked while the line is read: `ns.max`, `ns.duplicate`, `ns.two-engines`, `log.max`, `set.max`. */
export const ruleAtOpen = (parent: ConfigSection, section: ConfigSection): string | undefined => {
  const siblings = sectionsOf(parent, section.name)
  switch (section.name) {
    case "namespace":
      if (siblings.length > maxNamespaces) return `too many namespaces (max is ${maxNamespaces})`
      if (Buffer.byteLength(section.label) > 31) {
        return `{${section.label}} namespace name too long (max length is 31)`
      }
      return siblings.filter((sibling) => sibling.label === section.label).length > 1
        ? `{${section.label}} duplicate namespace`
        : undefined
    case "storage-engine":
      return siblings.length > 1 ? `{${parent.label}} can only configure one 'storage-engine'` : undefined
    case "set":
      return new Set(siblings.map((sibling) => sibling.label)).size > 4095
        ? `{${parent.label}} too many sets`
        : undefined
    default:
      return parent.context === "logging" && parent.sections.length > 8 ? "can't configure > 8 log sinks" : undefined
  }
}

const heartbeatTimes: SectionRule = (heartbeat) =>
  number(heartbeat, "connect-timeout-ms", 500) >
  (number(heartbeat, "interval", 150) * number(heartbeat, "timeout", 10)) / 3
    ? "'connect-timeout-ms' must be <= 'interval' * 'timeout' / 3"
    : undefined

/** Checked at the closing brace of the section. */
export const rulesAtClose: Readonly<Record<string, SectionRule>> = {
  "network.heartbeat": heartbeatTimes,
  "network.fabric": (fabric) =>
    number(fabric, "channel-rw-recv-threads", 16) % number(fabric, "channel-rw-recv-pools", 1) !== 0
      ? "'channel-rw-recv-threads' must be a multiple of 'channel-rw-recv-pools'"
      : undefined,
}

/** A whole-file check. The first that complains ends the start. */
type StartRule = (file: ConfigSection, host: HostFacts) => StartRefusal | undefined

const namespaceRule =
  (rule: (namespace: ConfigSection, name: string, host: HostFacts) => StartRefusal | undefined): StartRule =>
  (file, host) => {
    for (const namespace of sectionsOf(file, "namespace")) {
      const found = rule(namespace, `{${namespace.label}}`, host)
      if (found !== undefined) return found
    }
    return undefined
  }

const mustHave =
  (message: string, ...path: ReadonlyArray<string>): StartRule =>
  (file) =>
    lastEntry(sectionOf(file, ...path.slice(0, -1)), path.at(-1) ?? "") === undefined ? refusal(message) : undefined

const engineOf = (namespace: ConfigSection): ConfigSection | undefined => sectionOf(namespace, "storage-engine")

const ttlNeedsNsup = namespaceRule((namespace, name) =>
  number(namespace, "default-ttl", 0) !== 0 &&
  number(namespace, "nsup-period", 0) === 0 &&
  text(namespace, "allow-ttl-without-nsup") !== "true"
    ? refusal(
        `${name} must configure non-zero 'nsup-period' or 'allow-ttl-without-nsup' true if 'default-ttl' is non-zero`,
      )
    : undefined,
)

const setTtl = namespaceRule((namespace) => {
  for (const set of sectionsOf(namespace, "set")) {
    const ttl = number(set, "default-ttl", 0)
    if (ttl > 315_360_000 && ttl !== 4_294_967_295) {
      return refusal(`{${namespace.label}|${set.label}} default-ttl must be <= 315360000 seconds`)
    }
  }
  return undefined
})

const memoryRules = (engine: ConfigSection, name: string): string | undefined => {
  const backed = entriesOf(engine, "file").length + entriesOf(engine, "device").length > 0
  const sized = lastEntry(engine, "data-size") !== undefined
  if (!backed && !sized) return `${name} must configure 'data-size' if not using storage backing`
  if (backed && sized) return `${name} can't configure 'data-size' if using storage backing`
  return !backed && lastEntry(engine, "flush-size") !== undefined
    ? `${name} can't configure 'flush-size' if not using storage backing`
    : undefined
}

const storageRules = (engine: ConfigSection, name: string): string | undefined => {
  const files = entriesOf(engine, "file")
  const devices = entriesOf(engine, "device")
  if (files.length > 128) return `${name} too many storage files`
  if (devices.length > 128) return `${name} too many storage devices`
  if (files.length > 0 && devices.length > 0) return `${name} mixture of storage files and devices`
  if (files.length > 0 && lastEntry(engine, "filesize") === undefined) {
    return `${name} must configure 'filesize' if using storage files`
  }
  const seen = new Set<string>()
  for (const { name: kind, values } of [...files, ...devices]) {
    for (const path of values) {
      if (seen.has(path)) return `${name} duplicate storage ${kind} ${path}`
      seen.add(path)
    }
  }
  for (const list of [files, devices]) {
    const bare = list.find((entry) => entry.values.length < 2)
    if (bare !== undefined && list.some((entry) => entry.values.length > 1)) {
      return `${name} no shadow for ${bare.name} ${bare.values[0] ?? ""}`
    }
  }
  return undefined
}

const storage = namespaceRule((namespace, name) => {
  const engine = engineOf(namespace)
  if (engine === undefined) return refusal(`${name} must configure 'storage-engine'`)
  const none = entriesOf(engine, "file").length + entriesOf(engine, "device").length === 0
  const message =
    (engine.label === "memory" ? memoryRules(engine, name) : none ? `${name} has no devices or files` : undefined) ??
    storageRules(engine, name)
  return message === undefined ? undefined : refusal(message)
})

/** Bytes of unique data CE allows per node. */
const maxUniqueBytes = 640 * 2 ** 30

/** Assumed size of a raw device: the configuration does not tell, and no fixture is meant to reach the limit by devices. */
const deviceBytes = 100 * 2 ** 30

/** Storage of a namespace on one node, in bytes. */
export const storageBytes = (namespace: ConfigSection): number => {
  const engine = engineOf(namespace)
  return (
    number(engine, "data-size", 0) +
    number(engine, "filesize", 0) * entriesOf(engine, "file").length +
    deviceBytes * entriesOf(engine, "device").length
  )
}

const communityLimit: StartRule = (file) =>
  sectionsOf(file, "namespace").reduce(
    (sum, namespace) => sum + storageBytes(namespace) / (2 * number(namespace, "replication-factor", 2)),
    0,
  ) > maxUniqueBytes
    ? refusal("Community Edition limit exceeded")
    : undefined

const seeds: StartRule = (file) => {
  const heartbeat = sectionOf(file, "network", "heartbeat")
  const seedCount =
    entriesOf(heartbeat, "mesh-seed-address-port").length + entriesOf(heartbeat, "tls-mesh-seed-address-port").length
  if (seedCount > 8) return refusal("can't configure more than 8 mesh-seed-address-port entries")
  const groups = entriesOf(heartbeat, "multicast-group").length
  if (text(heartbeat, "mode") === "mesh") {
    return groups > 0 ? refusal("invalid config option: multicast-group not supported in mesh mode") : undefined
  }
  if (seedCount > 0 && text(heartbeat, "mode") === "multicast") {
    return refusal("invalid config option: mesh-seed-address-port not supported for multicast mode")
  }
  return groups === 0 ? refusal("no multicast groups specified") : undefined
}

const isName = (address: string): boolean =>
  !/^[0-9.]+$/.test(address) && !address.includes(":") && address !== "any" && address !== "local"

const addresses: StartRule = (file, host) => {
  const service = sectionOf(file, "network", "service")
  for (const { values } of entriesOf(service, "address")) {
    const address = values[0] ?? ""
    if (isName(address) && !host.resolves(address)) return refusal(`Invalid default access address: ${address}`)
    if (!isName(address) && address !== "any" && address !== "0.0.0.0" && !host.isLocal(address)) {
      return refusal("couldn't initialize service socket", 134)
    }
  }
  for (const kind of ["access-address", "alternate-access-address"]) {
    for (const { values } of entriesOf(service, kind)) {
      const address = values[0] ?? ""
      const wrong = address === "any" || address === "0.0.0.0" || (isName(address) && !host.resolves(address))
      if (wrong) return refusal(`Invalid access address: ${address}`)
    }
  }
  return undefined
}

const identity: StartRule = (file, host) => {
  const service = sectionOf(file, "service")
  const adapter = text(service, "node-id-interface")
  if (adapter === undefined) return undefined
  if (text(service, "node-id") !== undefined) {
    return refusal("may not configure both 'node-id' and ''node-id-interface")
  }
  return host.hasInterface(adapter) ? undefined : refusal("could not get node id")
}

const host: StartRule = (file, facts) => {
  const service = sectionOf(file, "service")
  const descriptors = number(service, "proto-fd-max", 15_000)
  if (descriptors > facts.fileLimit) {
    return refusal(`${facts.fileLimit} system file descriptors not enough, config specified ${descriptors}`)
  }
  const pin = text(service, "auto-pin")
  const address = text(sectionOf(file, "network", "service"), "address")
  if ((pin === "cpu" || pin === "numa") && address !== undefined && !isName(address)) {
    return refusal(
      `auto-pinning requires binding the service to network interfaces; "${address}" isn't a network interface`,
    )
  }
  return text(service, "enforce-best-practices") === "true" && !facts.passesBestPractices
    ? refusal(
        "failed best-practices checks - see 'https://docs.aerospike.com/docs/operations/install/linux/bestpractices/index.html'",
      )
    : undefined
}

const accounts: StartRule = (file, facts) => {
  const service = sectionOf(file, "service")
  const user = lastEntry(service, "user")
  if (user !== undefined && !facts.hasUser(user.values[0] ?? "")) {
    return refusal(`line ${user.line} :: user not found: ${user.values[0] ?? ""}`)
  }
  const group = lastEntry(service, "group")
  return group !== undefined && !facts.hasGroup(group.values[0] ?? "")
    ? refusal(`line ${group.line} :: group not found: ${group.values[0] ?? ""}`)
    : undefined
}

const logging: StartRule = (file, facts) => {
  for (const sink of sectionOf(file, "logging")?.sections ?? []) {
    if (sink.name === "file" && !facts.hasDirectory(sink.label.replace(/\/[^/]*$/, "") || "/")) {
      return refusal(`can't open ${sink.label}: 2 (No such file or directory)`)
    }
    if (sink.name === "syslog" && !facts.hasSyslog) {
      return refusal("can't connect to /dev/log: 2 (No such file or directory)")
    }
  }
  return undefined
}

const missing = "No such file or directory"

const directories: StartRule = (file, facts) => {
  const work = text(sectionOf(file, "service"), "work-directory") ?? "/opt/aerospike"
  const lua = text(sectionOf(file, "mod-lua"), "user-path") ?? "/opt/aerospike/usr/udf/lua"
  if (!facts.hasDirectory(work)) return refusal(`work directory '${work}' is not set up properly: ${missing}`)
  if (!facts.hasDirectory(`${work}/smd`)) {
    return refusal(`system metadata directory '${work}/smd' is not set up properly: ${missing}`)
  }
  return facts.hasDirectory(lua) ? undefined : refusal(`Lua user directory '${lua}' is not set up properly: ${missing}`)
}

const openStorage = namespaceRule((namespace, name, facts) => {
  const engine = engineOf(namespace)
  for (const { values } of entriesOf(engine, "device")) {
    const path = values[0] ?? ""
    if (!facts.canOpen(path)) return refusal(`${name} unable to open device ${path}: ${missing}`, 134)
  }
  for (const { values } of entriesOf(engine, "file")) {
    const path = values[0] ?? ""
    if (!facts.canOpen(path)) return refusal(`unable to open file ${path}: ${missing}`, 134)
  }
  return undefined
})

/** `defrag-lwm-pct` far above 100 ends the server with SIGSEGV (seen at 1000; 200 still starts). */
const defragCrash = namespaceRule((namespace) =>
  number(engineOf(namespace), "defrag-lwm-pct", 50) >= 1000 ? refusal("SIGSEGV received, aborting", 139) : undefined,
)

/** In the server's order. */
export const startRules: ReadonlyArray<StartRule> = [
  accounts,
  mustHave("must configure 'cluster-name'", "service", "cluster-name"),
  (file) => (sectionsOf(file, "namespace").length === 0 ? refusal("must configure at least one namespace") : undefined),
  ttlNeedsNsup,
  setTtl,
  storage,
  logging,
  host,
  identity,
  mustHave("no service ports configured", "network", "service", "port"),
  mustHave("no heartbeat ports configured", "network", "heartbeat", "port"),
  mustHave("no fabric ports configured", "network", "fabric", "port"),
  directories,
  seeds,
  addresses,
  communityLimit,
  openStorage,
  defragCrash,
]

/** Two listeners on one address and port: the server neither stops nor opens its service (`port.same*`). */
export const hangsAtStart = (file: ConfigSection): boolean => {
  const ports = ["service", "admin", "heartbeat", "fabric"]
    .map((name) => number(sectionOf(file, "network", name), "port", 0))
    .filter((port) => port !== 0)
  const impossibleDefrag = sectionsOf(file, "namespace").some((namespace) => {
    const engine = engineOf(namespace)
    return number(engine, "defrag-startup-minimum", 0) >= (engine?.label === "memory" ? 90 : 97)
  })
  return new Set(ports).size < ports.length || impossibleDefrag
}
