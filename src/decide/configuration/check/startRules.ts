/**
 * What a server checks at start beyond single values, as far as the configuration alone decides it. Ids are those of the recorded start-up
 * runs of servers 8.1.2.0 and 8.0.0.15.
 */
import type { Json, JsonObject } from "../../../domain/Json.js"
import { isObject, listOf, namespaceEntries, section } from "../../effective/configTree.js"
import { amountOf, isOn, lastOf } from "./amounts.js"
import { advised, type Findings, refused, type Rules } from "./Finding.js"
import { engineFindings, uniqueBytes } from "./storageRules.js"

const found = (condition: boolean, rule: string, path: string, message: string, fix: string): Findings =>
  condition ? [refused(rule, path, `${message}: the server would not start`, fix)] : []

/** A number of a section, or the server's default. */
const amount = (rules: Rules, context: string, tree: JsonObject, name: string, fallback: number): number =>
  amountOf(rules.table.find(context, name), tree, fallback)

const heartbeatFindings = (rules: Rules, heartbeat: JsonObject, path: string, size: number): Findings => {
  const value = (name: string, fallback: number): number =>
    amount(rules, "network.heartbeat", heartbeat, name, fallback)
  const timeout = value("connect-timeout-ms", 500)
  const span = value("interval", 150) * value("timeout", 10)
  const given = listOf(heartbeat["tls-mesh-seed-address-port"]).length
  return [
    ...found(
      timeout > span / 3,
      "hb.connect-timeout",
      `${path}.connect-timeout-ms`,
      `network.heartbeat: connect-timeout-ms ${timeout} exceeds interval × timeout / 3 (${Math.floor(span / 3)})`,
      `set connect-timeout-ms to at most ${Math.floor(span / 3)}, or raise interval or timeout`,
    ),
    ...found(
      listOf(heartbeat["multicast-group"]).length > 0,
      "hb.mesh-group",
      `${path}.multicast-group`,
      "network.heartbeat: multicast-group together with mode mesh",
      "remove multicast-group",
    ),
    ...found(
      given > 0 && given + size > 8,
      "hb.seeds-max",
      `${path}.tls-mesh-seed-address-port`,
      `network.heartbeat: ${given} seeds besides one per pod are more than 8`,
      "remove them: Community Edition has no TLS",
    ),
  ]
}

const fabricFindings = (rules: Rules, fabric: JsonObject, path: string): Findings => {
  const threads = amount(rules, "network.fabric", fabric, "channel-rw-recv-threads", 16)
  const pools = amount(rules, "network.fabric", fabric, "channel-rw-recv-pools", 1)
  return found(
    pools > 0 && threads % pools !== 0,
    "fabric.pools",
    `${path}.channel-rw-recv-threads`,
    `network.fabric: channel-rw-recv-threads ${threads} is no multiple of channel-rw-recv-pools ${pools}`,
    "make the threads a multiple of the pools",
  )
}

const isAnyAddress = (address: Json): boolean => address === "any" || address === "0.0.0.0"

const listenerFindings = (listener: JsonObject, service: JsonObject, path: string): Findings => [
  ...["access-address", "alternate-access-address"].flatMap((name) =>
    found(
      listOf(listener[name]).some(isAnyAddress),
      "access.any",
      `${path}.${name}`,
      `network.service: ${name} must be an address clients can connect to, not any`,
      "name an address, or leave it to spec.aerospikeNetworkPolicy",
    ),
  ),
  ...found(
    (lastOf(service["auto-pin"]) === "cpu" || lastOf(service["auto-pin"]) === "numa") &&
      listOf(listener["address"]).some((address) => typeof address === "string" && /^[0-9.]+$/.test(address)),
    "pin.address",
    `${path}.address`,
    "network.service: auto-pin needs the name of an interface as address",
    "name an interface, or remove auto-pin",
  ),
]

const present = (value: Json | undefined): boolean => lastOf(value) !== undefined

/** What containers may usually open (`fs.nr_open` of Linux). */
const usualDescriptors = 1_048_576

const serviceFindings = (rules: Rules, service: JsonObject, path: string, size: number): Findings => [
  ...(amount(rules, "service", service, "proto-fd-max", 15_000) > usualDescriptors
    ? [
        advised(
          "fd.limit",
          `${path}.proto-fd-max`,
          `service: with proto-fd-max above the file descriptors a container may open (usually ${usualDescriptors}) the server does not start`,
          `use a value of at most ${usualDescriptors}`,
        ),
      ]
    : []),
  ...found(
    present(service["node-id"]) && present(service["node-id-interface"]),
    "node-id.both",
    `${path}.node-id`,
    "service: node-id together with node-id-interface",
    "remove one of them",
  ),
  ...(present(service["node-id"]) && size > 1
    ? [
        advised(
          "node-id.shared",
          `${path}.node-id`,
          "service: all nodes would have the same node-id and could not form a cluster",
          "remove node-id: each node finds its own",
        ),
      ]
    : []),
  ...(isOn(service["enforce-best-practices"])
    ? [
        advised(
          "best-practices",
          `${path}.enforce-best-practices`,
          "service: on a host that fails one of its checks the server does not start",
          "remove enforce-best-practices unless all hosts are prepared for it",
        ),
      ]
    : []),
]

/** Sets of one namespace. */
const maximumSets = 4095

const namespaceFindings = (rules: Rules, namespace: JsonObject, path: string): Findings => {
  const words = `namespace ${typeof namespace["name"] === "string" ? namespace["name"] : "<unknown>"}`
  const sets = [...listOf(namespace["set"]), ...listOf(namespace["sets"])]
  return [
    ...found(
      amount(rules, "namespace", namespace, "default-ttl", 0) !== 0 &&
        amount(rules, "namespace", namespace, "nsup-period", 0) === 0 &&
        !isOn(namespace["allow-ttl-without-nsup"]),
      "ns.ttl-nsup",
      `${path}.default-ttl`,
      `${words}: default-ttl without nsup-period, so that nothing would ever be removed`,
      "set nsup-period to a number of seconds, or allow-ttl-without-nsup to true",
    ),
    ...found(
      new Set(sets.map((set) => (isObject(set) ? set["name"] : set))).size > maximumSets,
      "set.max",
      `${path}.sets`,
      `${words}: ${sets.length} sets are more than ${maximumSets}`,
      "remove some",
    ),
    ...engineFindings(namespace, words, path),
  ]
}

/** Where the tree stands, and what it will run on. */
export interface StartSubject {
  readonly path: string
  /** Pods of the cluster; 0 when not known. */
  readonly size: number
  /** Bytes of raw devices by path, as far as they are known. */
  readonly devices?: ReadonlyMap<string, number>
}

/** Bytes of unique data a Community Edition node may be given. */
const maximumUniqueBytes = 640 * 2 ** 30

const communityLimit = (
  rules: Rules,
  namespaces: ReadonlyArray<JsonObject>,
  { path, devices }: StartSubject,
): Findings => {
  const unique = namespaces.reduce((sum, namespace) => sum + uniqueBytes(rules, namespace, devices), 0)
  return found(
    unique > maximumUniqueBytes,
    "ce.storage",
    `${path}.namespaces`,
    `${Math.ceil(unique / 2 ** 30)} GiB of storage for unique data per node (bytes / (2 × replication-factor), all namespaces) exceed the Community Edition limit of 640 GiB`,
    "give the namespaces less storage",
  )
}

/** All findings about the tree. */
export const startFindings = (rules: Rules, config: JsonObject, subject: StartSubject): Findings => {
  const { path, size } = subject
  const network = section(config, "network")
  const service = section(config, "service")
  const namespaces = namespaceEntries(config).map((entry) => (isObject(entry) ? entry : {}))
  return [
    ...found(
      listOf(config["namespaces"]).length === 0,
      "required.namespace",
      `${path}.namespaces`,
      "there is no namespace",
      "add a namespace with a name and a storage-engine",
    ),
    ...serviceFindings(rules, service, `${path}.service`, size),
    ...listenerFindings(section(network, "service"), service, `${path}.network.service`),
    ...heartbeatFindings(rules, section(network, "heartbeat"), `${path}.network.heartbeat`, size),
    ...fabricFindings(rules, section(network, "fabric"), `${path}.network.fabric`),
    ...namespaces.flatMap((namespace, index) => namespaceFindings(rules, namespace, `${path}.namespaces[${index}]`)),
    ...communityLimit(rules, namespaces, subject),
  ]
}
