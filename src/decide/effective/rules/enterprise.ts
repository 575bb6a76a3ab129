/** Directives a Community Edition server refuses to start with, by section (checked on CE 8.1.2; V6, V7, V10, V12, R119). */
import type { JsonObject, SpecProblem } from "../../../domain/EffectiveCluster.js"
import { isObject, section, namespaceEntries } from "../configTree.js"
import { problem } from "./problem.js"

/** Why a namespace key is refused, where there is more to say than "Enterprise-only" (V10). */
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

const keys = (text: string): ReadonlySet<string> => new Set(text.split(" "))
const otherNamespaceKeys = keys(
  "active-rack auto-revive conflict-resolve-writes disable-mrt-writes disallow-expunge ignore-migrate-fill-delay mrt-duration prefer-uniform-balance strong-consistency-allow-expunge tomb-raider-unmark-threads xdr-bin-tombstone-ttl xdr-tomb-raider-period xdr-tomb-raider-threads",
)
const storageKeys = keys(
  "commit-to-device compression compression-acceleration compression-level encryption encryption-key-file encryption-old-key-file serialize-tomb-raider tomb-raider-sleep",
)
const serviceKeys = keys(
  "feature-key-file migrate-fill-delay secrets-address-port secrets-tls-context secrets-uds-path stay-quiesced tls-refresh-period vault-ca vault-namespace vault-path vault-token-file vault-url",
)
const isNetworkKey = (key: string): boolean => key.startsWith("tls-") && key !== "tls-mesh-seed-address-port"
/** Parts of `security` that even a lenient reading cannot accept (V12); the rest of that section is ignored. */
const securityKeys = keys("tls ldap log syslog")

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

const inNamespace = (namespace: JsonObject, path: string): ReadonlyArray<SpecProblem> => {
  const name = typeof namespace["name"] === "string" ? namespace["name"] : "<unknown>"
  const refused = Object.keys(namespace)
    .filter((key) => Object.hasOwn(namespaceKeys, key) || otherNamespaceKeys.has(key))
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
    ...inSection(engine, `${path}.storage-engine`, "V10", (key) => storageKeys.has(key)),
    ...(engine["type"] === "pmem" ? [enterpriseOnly("V10", `${path}.storage-engine.type`, "storage-engine pmem")] : []),
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
    ...inSection(section(config, "security"), `${path}.security`, "V12", (key) => securityKeys.has(key)),
    ...inSection(section(config, "service"), `${path}.service`, "enterprise", (key) => serviceKeys.has(key)),
    ...["service", "heartbeat", "fabric", "admin"].flatMap((key) =>
      inSection(section(network, key), `${path}.network.${key}`, "enterprise", isNetworkKey),
    ),
  ]
}
