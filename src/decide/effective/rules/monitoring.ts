/** Monitoring rules V28–V35 and W6–W9, for the cluster and for `spec.overrides` and templates. */
import type { Ports } from "../../../domain/EffectiveCluster.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import type { Monitoring } from "../../../domain/schema/features.js"
import { isObject, kindOf } from "../configTree.js"
import { imageTag } from "./image.js"
import { labelProblems } from "./labels.js"
import { problem, when } from "./problem.js"

/** Ports the server is known by: an exporter there would be taken for it. */
const wellKnownPorts: ReadonlyArray<readonly [number, string]> = [
  [3000, "service"],
  [3001, "fabric"],
  [3002, "heartbeat"],
  [3003, "info"],
]

const portRange = ({ port }: Monitoring, path: string): ReadonlyArray<SpecProblem> =>
  when(
    port !== undefined && (port < 1 || port > 65_535),
    "V28",
    `${path}.port`,
    `port ${port} is outside 1–65535`,
    "use a port such as 9145",
  )

/** V29, against the well-known ports and those the racks really use (W32). */
const portClash = ({ port }: Monitoring, ports: ReadonlyArray<Ports>, path: string): ReadonlyArray<SpecProblem> => {
  const used = [...ports.flatMap((own) => Object.entries(own).map(([role, at]) => [Number(at), role] as const))]
  const role = [...used, ...wellKnownPorts].find(([at]) => at === port)?.[1]
  return when(
    role !== undefined,
    "V29",
    `${path}.port`,
    `port ${port} is the ${role} port of the server`,
    "use another port, such as 9145",
  )
}

const exporterImage = ({ exporterImage: image }: Monitoring, path: string): ReadonlyArray<SpecProblem> =>
  when(image === "", "V30", `${path}.exporterImage`, "exporterImage is empty", "name an image, or remove the field")

const metricLabels = ({ metricLabels: labels = {} }: Monitoring, path: string): ReadonlyArray<SpecProblem> =>
  Object.entries(labels).flatMap(([key, value]) => {
    const at = `${path}.metricLabels`
    const fix = "labels are passed as key=value,key=value: use neither = nor ,"
    return [
      ...when(/[=,]/.test(key), "V31", at, `the key ${JSON.stringify(key)} contains = or ,`, fix),
      ...when(
        /[=,]/.test(value),
        "V32",
        at,
        `the value ${JSON.stringify(value)} of ${JSON.stringify(key)} contains = or ,`,
        fix,
      ),
    ]
  })

/** V33–V35. A null item counts as an empty one. */
const customRule = (rule: unknown, path: string): ReadonlyArray<SpecProblem> => {
  const fix = "write a rule group with name and rules"
  if (rule !== null && !isObject(rule))
    return [problem("V33", path, `a rule group is a map, this is ${kindOf(rule)}`, fix)]
  const has = (key: string): boolean => rule !== null && Object.hasOwn(rule, key)
  return [
    ...when(!has("name"), "V34", `${path}.name`, "the rule group has no name", fix),
    ...when(!has("rules"), "V35", `${path}.rules`, "the rule group has no rules", fix),
  ]
}

const customRules = ({ prometheusRule }: Monitoring, path: string): ReadonlyArray<SpecProblem> =>
  (prometheusRule?.customRules ?? []).flatMap((rule, index) =>
    customRule(rule, `${path}.prometheusRule.customRules[${index}]`),
  )

/** A duration as Prometheus writes it; the API server would refuse the ServiceMonitor otherwise. */
const duration = /^(0|(\d{1,9}y)?(\d{1,9}w)?(\d{1,9}d)?(\d{1,9}h)?(\d{1,9}m)?(\d{1,9}s)?(\d{1,9}ms)?)$/

const interval = ({ serviceMonitor }: Monitoring, path: string): ReadonlyArray<SpecProblem> =>
  when(
    serviceMonitor?.interval !== undefined && !duration.test(serviceMonitor.interval),
    "monitoring.interval",
    `${path}.serviceMonitor.interval`,
    `${JSON.stringify(serviceMonitor?.interval)} is no duration`,
    "write a duration such as 30s",
  )

/** Nothing is judged while monitoring is off. `ports`: those of the racks, as far as they are known. */
export const monitoringProblems = (
  monitoring: Monitoring | undefined,
  ports: ReadonlyArray<Ports>,
  path = "spec.monitoring",
): ReadonlyArray<SpecProblem> =>
  monitoring?.enabled !== true
    ? []
    : [
        ...portRange(monitoring, path),
        ...portClash(monitoring, ports, path),
        ...exporterImage(monitoring, path),
        ...metricLabels(monitoring, path),
        ...customRules(monitoring, path),
        ...interval(monitoring, path),
        ...labelProblems(monitoring.serviceMonitor?.labels, `${path}.serviceMonitor.labels`),
        ...labelProblems(monitoring.prometheusRule?.labels, `${path}.prometheusRule.labels`),
      ]

/** Objects that are asked for but not made. */
const switchedOff = (monitoring: Monitoring, path: string): ReadonlyArray<SpecProblem> => {
  const fix = `set ${path}.enabled`
  return [
    ...when(
      monitoring.serviceMonitor?.enabled === true,
      "W6",
      `${path}.serviceMonitor`,
      "no ServiceMonitor is made while monitoring is off",
      fix,
    ),
    ...when(
      monitoring.prometheusRule?.enabled === true,
      "W7",
      `${path}.prometheusRule`,
      "no PrometheusRule is made while monitoring is off",
      fix,
    ),
  ]
}

const movingExporter = ({ exporterImage: image = "" }: Monitoring, path: string): ReadonlyArray<SpecProblem> => {
  const tag = imageTag(image)
  const at = `${path}.exporterImage`
  return [
    ...when(tag === "latest", "W8", at, `${image} is a moving tag`, "name a version"),
    ...when(
      image !== "" && tag === undefined && !image.includes("@"),
      "W9",
      at,
      `${image} has no tag: what runs may change with every pod start`,
      "name a version",
    ),
  ]
}

export const monitoringWarnings = (
  monitoring: Monitoring | undefined,
  path = "spec.monitoring",
): ReadonlyArray<SpecProblem> => {
  if (monitoring === undefined) return []
  return monitoring.enabled === true ? movingExporter(monitoring, path) : switchedOff(monitoring, path)
}
