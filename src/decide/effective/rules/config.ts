/** What the configuration tree must be for a cluster to be safe: V8, V9, V11, V13, V47–V49, and the server's own traps with ports and names. */
import type { Json, JsonObject } from "../../../domain/Json.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { intOr, isList, isObject, kindOf, section, namespaceEntries } from "../configTree.js"
import { checkConfiguration, type Subject } from "../../configuration/check/checkConfiguration.js"
import type { Finding } from "../../configuration/check/Finding.js"
import { problem, repeated, when } from "./problem.js"

/** Aerospike namespaces Community Edition allows. */
export const maximumNamespaces = 2

const namespaceListProblems = (namespaces: Json | undefined, path: string): ReadonlyArray<SpecProblem> => {
  if (namespaces === undefined || namespaces === null) return []
  if (!isList(namespaces)) {
    const count = isObject(namespaces) ? Object.keys(namespaces).length : 0
    return [
      ...when(
        count > maximumNamespaces,
        "V9",
        path,
        `${count} namespaces; the maximum is ${maximumNamespaces}`,
        `keep at most ${maximumNamespaces}`,
      ),
      problem(
        "V9",
        path,
        `namespaces must be a list, it is ${kindOf(namespaces)}`,
        "write each namespace as a list entry with a name",
      ),
    ]
  }
  const names = namespaces.map((entry) =>
    isObject(entry) && typeof entry["name"] === "string" ? entry["name"] : undefined,
  )
  return [
    ...when(
      namespaces.length > maximumNamespaces,
      "V8",
      path,
      `${namespaces.length} namespaces; the maximum is ${maximumNamespaces}`,
      `keep at most ${maximumNamespaces}`,
    ),
    ...repeated(names).map(({ value, index }) =>
      problem(
        "ns.duplicate",
        `${path}[${index}].name`,
        `namespace ${value} occurs more than once`,
        "merge the entries",
      ),
    ),
  ]
}

/** Replication factor of one namespace: V11 and V47–V49 are independent of each other (vectors C.3). `size` 0: not known yet. */
const replicationProblems = (namespace: JsonObject, size: number, path: string): ReadonlyArray<SpecProblem> => {
  if (!Object.hasOwn(namespace, "replication-factor")) return []
  const value = namespace["replication-factor"]
  const name = typeof namespace["name"] === "string" ? namespace["name"] : "<unknown>"
  const at = `${path}.replication-factor`
  const factor = typeof value === "number" ? value : 0
  const range = when(
    typeof value === "number" && (value < 1 || value > 4),
    "V11",
    at,
    `namespace ${name}: replication-factor ${JSON.stringify(value)} is outside 1–4`,
    "use a factor from 1 to 4",
  )
  const fix = "use a whole number from 1 to the cluster size, as a number and not as text"
  if (typeof value === "number" && (!Number.isInteger(value) || value < 0))
    return [...range, problem("V47", at, `namespace ${name}: replication-factor ${value} is no whole number`, fix)]
  const shown = `namespace ${name}: replication-factor ${JSON.stringify(value)}`
  return [
    ...range,
    ...(factor < 1
      ? [problem("V48", at, `${shown} is ${typeof value === "number" ? "below 1" : "not a number"}`, fix)]
      : when(
          size > 0 && factor > size,
          "V49",
          at,
          `namespace ${name}: replication-factor ${factor} exceeds the cluster size ${size}`,
          "lower the factor or raise spec.size",
        )),
  ]
}

const heartbeatProblems = (config: JsonObject, path: string): ReadonlyArray<SpecProblem> => {
  const mode = section(section(config, "network"), "heartbeat")["mode"]
  return when(
    mode !== undefined && mode !== "mesh",
    "V13",
    `${path}.network.heartbeat.mode`,
    `heartbeat mode ${JSON.stringify(mode)}; only "mesh" works in Kubernetes`,
    "set mode: mesh, or remove it",
  )
}

/** A whole number, or digits in a string. */
const isWhole = (value: Json): boolean =>
  typeof value === "number" ? Number.isInteger(value) : typeof value === "string" && /^\d{1,15}$/.test(value)

/** The ports of the listeners must be numbers in the server's range, and differ: with equal ports a node starts without end. */
const portProblems = (config: JsonObject, path: string): ReadonlyArray<SpecProblem> => {
  const network = section(config, "network")
  const listeners = ["service", "fabric", "heartbeat", "admin"].flatMap((name) => {
    const value = section(network, name)["port"]
    return value === undefined ? [] : [{ name, value, port: intOr(value, 0) }]
  })
  return [
    ...listeners.flatMap(({ name, value, port }) =>
      when(
        !isWhole(value) || port < 1024 || port > 65_535,
        "port.range",
        `${path}.network.${name}.port`,
        `port ${JSON.stringify(value)} is not a whole number from 1024 to 65535`,
        "use a port from 1024 to 65535",
      ),
    ),
    ...repeated(listeners.map(({ port }) => port)).map(({ value, index }) =>
      problem(
        "port.same",
        `${path}.network.${listeners[index]?.name ?? ""}.port`,
        `port ${value} is used by more than one of service, fabric, heartbeat and admin: the server would never finish starting`,
        "give each its own port",
      ),
    ),
  ]
}

/** Names that travel in the info protocol must not contain its separators. */
const nameProblems = (config: JsonObject, path: string): ReadonlyArray<SpecProblem> => {
  const clusterName = section(config, "service")["cluster-name"]
  return [
    ...when(
      typeof clusterName !== "string" || !/^[\x21-\x7e]{1,63}$/.test(clusterName) || /[:;=/]/.test(clusterName),
      "name.cluster",
      `${path}.service.cluster-name`,
      `cluster-name ${JSON.stringify(clusterName)} must be text of 1 to 63 characters without : ; = /`,
      "choose a plain name",
    ),
    ...namespaceEntries(config).flatMap((entry, index) => {
      const name = isObject(entry) ? entry["name"] : undefined
      return when(
        typeof name !== "string" || !/^[\x21-\x7e]{1,31}$/.test(name) || /[:;=/{}#"]/.test(name),
        "ns.name",
        `${path}.namespaces[${index}].name`,
        `a namespace needs a name of 1 to 31 characters without : ; = /, ${name === undefined ? "this has none" : `not ${JSON.stringify(name)}`}`,
        typeof name === "boolean" || typeof name === "number"
          ? "write the name in quotes: without them it is no text"
          : "give the namespace a plain name",
      )
    }),
  ]
}

const asProblem = ({ rule = "config", path, message, fix }: Finding): SpecProblem => problem(rule, path, message, fix)

/** All findings about one effective tree. Which parameters are legal depends on the release of the server (X-01). */
export const configProblems = (config: JsonObject, subject: Subject): ReadonlyArray<SpecProblem> => {
  const { path, size } = subject
  return [
    ...namespaceListProblems(config["namespaces"], `${path}.namespaces`),
    ...namespaceEntries(config).flatMap((entry, index) =>
      isObject(entry) ? replicationProblems(entry, size, `${path}.namespaces[${index}]`) : [],
    ),
    ...heartbeatProblems(config, path),
    ...portProblems(config, path),
    ...nameProblems(config, path),
    ...checkConfiguration(config, subject)
      .filter(({ severity }) => severity === "refused")
      .map(asProblem),
  ]
}

const oddities = (config: JsonObject, path: string): ReadonlyArray<SpecProblem> => [
  ...namespaceEntries(config).flatMap((entry, index) =>
    when(
      isObject(entry) && section(entry, "storage-engine")["data-in-memory"] === true,
      "W5",
      `${path}.namespaces[${index}].storage-engine.data-in-memory`,
      "data-in-memory doubles the memory a namespace needs, and servers since 7.0 refuse it",
      "use storage-engine type memory with a file or device as backing",
    ),
  ),
  ...when(
    section(section(config, "network"), "heartbeat")["mesh-seed-address-port"] !== undefined,
    "seeds",
    `${path}.network.heartbeat.mesh-seed-address-port`,
    "mesh seeds are written by the operator, one per pod; the given ones are ignored",
    "remove the key",
  ),
]

/** Odd but accepted content, and what would be refused if the image named a release that is known. */
export const configWarnings = (config: JsonObject, subject: Subject): ReadonlyArray<SpecProblem> => {
  const own = oddities(config, subject.path)
  const told = new Set(own.map((found) => found.path))
  return [
    ...own,
    ...checkConfiguration(config, subject)
      .filter(({ severity, path: at }) => severity === "advised" && !told.has(at))
      .map(asProblem),
  ]
}
