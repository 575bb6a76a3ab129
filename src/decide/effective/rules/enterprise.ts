/**
 * Directives a Community Edition server refuses to start with, by section (V6, V7, V10, V12, R119). Releases added such names and freed none: the
 * newest table counts for all.
 */
import type { JsonObject } from "../../../domain/Json.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { parameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import { isEnterpriseOnly } from "../../configuration/check/enterprise.js"
import { engineKind } from "../../configuration/check/entries.js"
import { isObject, section, namespaceEntries } from "../configTree.js"
import { problem, when } from "./problem.js"

/** What a namespace key is about, where there is more to say than "Enterprise feature" (V10). */
const namespaceKeys: Readonly<Record<string, string>> = {
  compression: "data compression",
  "compression-level": "data compression",
  "durable-delete": "durable deletes",
  "fast-restart": "fast restart",
  "index-type": "index on flash or pmem",
  "sindex-type": "secondary index on flash or pmem",
  "rack-id": "rack id in the namespace; use spec.rackConfig",
  "strong-consistency": "strong consistency",
  "tomb-raider-eligible-age": "tomb raider",
  "tomb-raider-period": "tomb raider",
}

/** Parts of `security` that even a lenient reading cannot accept (V12); the rest of that section is ignored. */
const securityKeys: ReadonlySet<string> = new Set(["tls", "ldap", "log", "syslog"])

const enterpriseOnly = (rule: string, path: string, what: string): SpecProblem =>
  problem(rule, path, `${what} is Enterprise-only: a Community Edition server would not start`, `remove ${path}`)

const inSection = (
  tree: JsonObject,
  path: string,
  rule: string,
  isRefused: (key: string) => boolean,
): ReadonlyArray<SpecProblem> =>
  Object.keys(tree)
    .filter(isRefused)
    .sort()
    .map((key) => enterpriseOnly(rule, `${path}.${key}`, key))

const isEngineKey = (key: string): boolean =>
  ["device", "memory"].some((kind) => isEnterpriseOnly(parameterTable(), "namespace.storage-engine", key, kind))

const inNamespace = (namespace: JsonObject, path: string): ReadonlyArray<SpecProblem> => {
  const name = typeof namespace["name"] === "string" ? namespace["name"] : "<unknown>"
  const refused = Object.keys(namespace)
    .filter((key) => isEnterpriseOnly(parameterTable(), "namespace", key))
    .sort()
    .map((key) =>
      enterpriseOnly(
        "V10",
        `${path}.${key}`,
        `namespace ${name}: ${key} (${namespaceKeys[key] ?? "Enterprise feature"})`,
      ),
    )
  const engine = section(namespace, "storage-engine")
  return [
    ...refused,
    ...inSection(engine, `${path}.storage-engine`, "V10", isEngineKey),
    ...(engineKind(namespace["storage-engine"]) === "pmem"
      ? [
          {
            ...enterpriseOnly(
              "V10",
              isObject(namespace["storage-engine"]) ? `${path}.storage-engine.type` : `${path}.storage-engine`,
              "storage-engine pmem",
            ),
            fix: "use memory or device",
          },
        ]
      : []),
  ]
}

/** Every Enterprise-only directive of the tree at `path`. */
export const enterpriseProblems = (config: JsonObject, path: string): ReadonlyArray<SpecProblem> => {
  const network = section(config, "network")
  return [
    ...(Object.hasOwn(config, "xdr") ? [enterpriseOnly("V6", `${path}.xdr`, "xdr")] : []),
    ...(Object.hasOwn(config, "tls") ? [enterpriseOnly("V7", `${path}.tls`, "tls")] : []),
    ...(Object.hasOwn(network, "tls") ? [enterpriseOnly("V7", `${path}.network.tls`, "tls")] : []),
    ...namespaceEntries(config).flatMap((namespace, index) =>
      isObject(namespace) ? inNamespace(namespace, `${path}.namespaces[${index}]`) : [],
    ),
    ...when(
      Object.hasOwn(config, "security") && config["security"] !== null && !isObject(config["security"]),
      "V12",
      `${path}.security`,
      "security must be a map; without access control in Community Edition it has no effect anyway",
      `remove ${path}.security`,
    ),
    ...inSection(section(config, "security"), `${path}.security`, "V12", (key) => securityKeys.has(key)),
    ...inSection(section(config, "service"), `${path}.service`, "enterprise", (key) =>
      isEnterpriseOnly(parameterTable(), "service", key),
    ),
    ...["service", "heartbeat", "fabric", "admin"].flatMap((key) =>
      inSection(section(network, key), `${path}.network.${key}`, "enterprise", (name) =>
        isEnterpriseOnly(parameterTable(), `network.${key}`, name),
      ),
    ),
  ]
}
