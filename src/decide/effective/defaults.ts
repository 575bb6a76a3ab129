/** Admission defaults D1–D14 (api.md §5.1). Idempotent; a key that is present is never overwritten, whatever its value. */
import * as Either from "effect/Either"
import type { JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { isObject, kindOf, section, withDefaults } from "./configTree.js"

/** V57–V59: these must be maps, in the tree at `path`. */
export const shapeProblems = (config: JsonObject, path: string): ReadonlyArray<SpecProblem> => {
  const notMap = (rule: string, tree: JsonObject, at: string, key: string): ReadonlyArray<SpecProblem> =>
    Object.hasOwn(tree, key) && !isObject(tree[key])
      ? [
          {
            rule,
            path: `${at}.${key}`,
            message: `${key} must be a map, it is ${kindOf(tree[key])}`,
            fix: `write ${key} as a map of parameters, or remove it`,
          },
        ]
      : []
  return [
    ...notMap("V57", config, path, "service"),
    ...notMap("V58", config, path, "network"),
    ...["service", "heartbeat", "fabric"].flatMap((key) =>
      notMap("V59", section(config, "network"), `${path}.network`, key),
    ),
  ]
}

const onlyMaps = (tree: JsonObject, keys: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(Object.entries(tree).filter(([key, value]) => !keys.includes(key) || isObject(value)))

/** The tree without what V57–V59 refuse, so that the rest can be judged, too. */
export const wellShaped = (config: JsonObject): JsonObject => {
  const rest = onlyMaps(config, ["service", "network"])
  return Object.hasOwn(rest, "network")
    ? { ...rest, network: onlyMaps(section(rest, "network"), ["service", "heartbeat", "fabric"]) }
    : rest
}

/** D3, D4, D8: what a template may say too. They wait until a template has been applied (api.md appendix B 1). */
const templatable = {
  service: (clusterName: string | undefined): JsonObject => ({
    // An object that is still to be named (`generateName`) gets its cluster name when it has one (B20).
    ...(clusterName === undefined ? {} : { "cluster-name": clusterName }),
    "proto-fd-max": 15_000,
  }),
  heartbeat: { mode: "mesh" },
}

export interface ConfigDefaults {
  /** `metadata.name`; undefined while the object has none. */
  readonly clusterName: string | undefined
  /** A template is still to be applied: what it may say is left open. */
  readonly awaitsTemplate?: boolean
}

/** D1–D9: the tree with its defaults, or every reason why it cannot have them. */
export const defaultedConfig = (
  config: JsonObject,
  defaults: ConfigDefaults,
): Either.Either<JsonObject, ReadonlyArray<SpecProblem>> => {
  const problems = shapeProblems(config, "spec.aerospikeConfig")
  return problems.length > 0 ? Either.left(problems) : Either.right(withConfigDefaults(config, defaults))
}

/** D1–D9 for a tree that is well shaped. */
export const withConfigDefaults = (
  config: JsonObject,
  { clusterName, awaitsTemplate = false }: ConfigDefaults,
): JsonObject => {
  const network = section(config, "network")
  return {
    ...config,
    service: withDefaults(section(config, "service"), awaitsTemplate ? {} : templatable.service(clusterName)),
    network: {
      ...network,
      service: withDefaults(section(network, "service"), { port: 3000 }),
      heartbeat: withDefaults(section(network, "heartbeat"), {
        ...(awaitsTemplate ? {} : templatable.heartbeat),
        port: 3002,
      }),
      fabric: withDefaults(section(network, "fabric"), { port: 3001 }),
    },
  }
}

/** D10, D11: what is missing from `monitoring`. */
export const missingMonitoring = (
  monitoring: { readonly enabled?: unknown; readonly exporterImage?: unknown; readonly port?: unknown } | undefined,
): { readonly exporterImage?: string; readonly port?: number } =>
  monitoring?.enabled !== true
    ? {}
    : {
        ...(monitoring.exporterImage ? {} : { exporterImage: "aerospike/aerospike-prometheus-exporter:1.16.1" }),
        ...(monitoring.port ? {} : { port: 9145 }),
      }

/** D12: what is missing from `monitoring.serviceMonitor`. */
export const missingServiceMonitor = (
  monitoring: { readonly enabled?: unknown } | undefined,
  serviceMonitor: { readonly enabled?: unknown; readonly interval?: unknown } | undefined,
): { readonly interval?: string } =>
  monitoring?.enabled === true && serviceMonitor?.enabled === true && !serviceMonitor.interval
    ? { interval: "30s" }
    : {}

/** D13, D14: what is missing from `podSpec`. */
export const missingPodSpec = (
  pod: { readonly hostNetwork?: unknown; readonly multiPodPerHost?: unknown; readonly dnsPolicy?: unknown } | undefined,
): { readonly multiPodPerHost?: boolean; readonly dnsPolicy?: string } =>
  pod?.hostNetwork !== true
    ? {}
    : {
        ...(pod.multiPodPerHost === undefined || pod.multiPodPerHost === null ? { multiPodPerHost: false } : {}),
        ...(pod.dnsPolicy ? {} : { dnsPolicy: "ClusterFirstWithHostNet" }),
      }

const replaced = (tree: JsonObject, key: string, change: (value: JsonObject) => JsonObject): JsonObject =>
  isObject(tree[key]) ? { ...tree, [key]: change(tree[key]) } : tree

const withMonitoring = (monitoring: JsonObject): JsonObject =>
  replaced({ ...monitoring, ...missingMonitoring(monitoring) }, "serviceMonitor", (serviceMonitor) => ({
    ...serviceMonitor,
    ...missingServiceMonitor(monitoring, serviceMonitor),
  }))

const withPodSpec = (pod: JsonObject): JsonObject => ({ ...pod, ...missingPodSpec(pod) })

/** D10–D14 on a spec as written. What is no map where one belongs stays as it is: the schema refuses it. */
export const withDefaultedParts = (spec: JsonObject): JsonObject =>
  replaced(replaced(spec, "monitoring", withMonitoring), "podSpec", withPodSpec)
